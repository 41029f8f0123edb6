"""A loaded model: its weights, its KV cache, and sampling from its logits."""

import ctypes
import json
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, Literal

import llama_cpp
import numpy
from llama_cpp.llama_grammar import json_schema_to_gbnf

from forethought.engine.api import GenerateRequest
from forethought.engine.host.llama.batching import MAX_PARALLEL_SEQUENCES, Batcher, BatchToken
from forethought.engine.host.llama.native_log import NativeLog
from forethought.engine.host.llama.vocabulary import Vocabulary
from forethought.engine.models.gguf import ModelFile
from forethought.errors import EngineError

_SLOTS: Final = 3 * MAX_PARALLEL_SEQUENCES
"""For the running request, an interrupted one, and what is cached."""
_CPU_BATCH_TOKENS: Final = 256
_GPU_BATCH_TOKENS: Final = 512
_MIN_P: Final = 0.05
_MIN_MEASURED_TOKENS: Final = 16
"""Smaller prompt batches say little about the speed of prompt processing."""
_SPEED_WEIGHT: Final = 0.1
"""Of the latest step in the moving averages of speed."""

Phase = Literal["prompt", "completion"]


class LlamaModel:
    """The `Decoder` of a `Batcher`. Call it from one thread, except `interrupt`."""

    slots = _SLOTS

    def __init__(
        self, vocabulary: Vocabulary, file: ModelFile, gpu_layers: int, context_length: int, log: NativeLog
    ) -> None:
        """Load the weights: `gpu_layers` of them onto an accelerator (-1: all that fit). Raises ModelLoadError."""
        self.vocabulary = vocabulary
        self.context_length = context_length
        self.speeds: dict[Phase, float] = {}
        """Moving averages of tokens per second, over all sequences of a batch."""
        offload = bool(llama_cpp.llama_supports_gpu_offload()) and gpu_layers != 0
        self.batch_size = _GPU_BATCH_TOKENS if offload else _CPU_BATCH_TOKENS
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers if offload else 0
        log.clear()
        self._model = llama_cpp.llama_model_load_from_file(str(file.path).encode(), parameters)
        if not self._model:
            raise log.load_error(file)
        self.device = log.device if offload and log.device else "cpu"
        self._abort_flag = ctypes.create_string_buffer(2)
        self._context = llama_cpp.llama_init_from_model(self._model, self._context_parameters(self.device == "cpu"))
        if not self._context:
            llama_cpp.llama_model_free(self._model)
            raise log.load_error(file)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self.can_share_prefixes = not (
            llama_cpp.llama_model_is_recurrent(self._model) or llama_cpp.llama_model_is_hybrid(self._model)
        )
        self._batch = llama_cpp.llama_batch_init(self.batch_size, 0, 1)
        self.batcher = Batcher(self)

    def close(self) -> None:
        """Free the memory. The model cannot be used afterwards."""
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def interrupt(self) -> None:
        """Abort the decoding step under way (on a CPU), and every later one until `clear_interrupt`. Thread-safe."""
        self._abort_flag[0] = b"\x01"

    def clear_interrupt(self) -> None:
        self._abort_flag[0] = b"\x00"

    def use_threads(self, count: int) -> None:
        llama_cpp.llama_set_n_threads(self._context, count, count)

    def copy(self, source: int, target: int, length: int) -> None:
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def trim(self, slot: int, length: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, slot, length, -1)

    def decode(self, tokens: Sequence[BatchToken]) -> Literal["done", "full", "aborted"]:
        batch = self._batch
        batch.n_tokens = len(tokens)
        outputs = 0
        for index, token in enumerate(tokens):
            batch.token[index] = token.token
            batch.pos[index] = token.position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = token.slot
            batch.logits[index] = token.wants_logits
            outputs += token.wants_logits
        started = time.monotonic()
        status = llama_cpp.llama_decode(self._context, batch)
        if status == 0:
            self._measure(len(tokens), outputs, time.monotonic() - started)
            return "done"
        if status == 1:
            return "full"
        if status == 2:
            return "aborted"
        raise EngineError(f"llama.cpp could not decode (status {status}); the engine's log says more.")

    def new_sampler(self, request: GenerateRequest, index: int) -> Any:
        """A chain of llama.cpp samplers for prompt `index`; free it with `free_sampler`. Raises EngineError.

        The prompts of a request get different seeds, so that equal prompts get different answers.
        """
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        if request.schema is not None:
            llama_cpp.llama_sampler_chain_add(chain, self._new_grammar(request.schema))
        sampling = request.sampling
        if sampling.temperature > 0:
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_min_p(_MIN_P, 1))
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_temp(sampling.temperature))
            seed = (sampling.seed + index) % llama_cpp.LLAMA_DEFAULT_SEED  # which itself means a random seed
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_dist(seed))
        else:
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_greedy())
        return chain

    def free_sampler(self, sampler: Any) -> None:
        llama_cpp.llama_sampler_free(sampler)

    def sample(self, sampler: Any, output: int) -> int:
        """A token from the logits of the last step's token number `output`."""
        return int(llama_cpp.llama_sampler_sample(sampler, self._context, output))

    def log_probability(self, output: int, token: int) -> float:
        """The natural logarithm of the probability that `token` follows the last step's token number `output`."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, output)
        logits = numpy.ctypeslib.as_array(pointer, (self.vocabulary.size,)).astype(numpy.float64)
        top = logits.max()
        return float(logits[token] - top - numpy.log(numpy.exp(logits - top).sum()))

    def _new_grammar(self, schema: dict[str, object]) -> Any:
        try:
            grammar = json_schema_to_gbnf(json.dumps(schema))
        except Exception as error:  # the translation raises bare and built-in exceptions alike
            raise EngineError(f"The answer's JSON schema is not supported ({error}); simplify it.") from error
        sampler = llama_cpp.llama_sampler_init_grammar(self.vocabulary.pointer, grammar.encode(), b"root")
        if not sampler:
            raise EngineError("llama.cpp does not accept the grammar of the answer's JSON schema; simplify it.")
        return sampler

    def _context_parameters(self, on_cpu: bool) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = self.context_length
        parameters.n_batch = parameters.n_ubatch = self.batch_size
        parameters.n_seq_max = _SLOTS
        parameters.kv_unified = True
        parameters.n_outputs_max_per_seq = self.batch_size
        # A full cache, so that models with sliding windows can share prefixes, too.
        parameters.swa_full = True
        # Slow on a CPU for small batches: 44 tokens/s instead of 92 after a context of 2,000 tokens.
        parameters.flash_attn_type = (
            llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED if on_cpu else llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO
        )
        # llama.cpp asks the callback before each of a step's thousand nodes, so it must not need the interpreter
        # lock: `strlen` of a buffer that holds "" or "\x01" is a native one.
        library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        parameters.abort_callback = ctypes.cast(library.strlen, llama_cpp.ggml_abort_callback)
        parameters.abort_callback_data = ctypes.addressof(self._abort_flag)
        return parameters

    def _measure(self, tokens: int, outputs: int, seconds: float) -> None:
        """Update the speed of prompt processing (most tokens have no output) or of generation."""
        phase: Phase = "prompt" if outputs * 2 <= tokens else "completion"
        if seconds <= 0 or (phase == "prompt" and tokens < _MIN_MEASURED_TOKENS):
            return
        speed, average = tokens / seconds, self.speeds.get(phase)
        self.speeds[phase] = speed if average is None else (1 - _SPEED_WEIGHT) * average + _SPEED_WEIGHT * speed
