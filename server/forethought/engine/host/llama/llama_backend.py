"""llama.cpp: the only module that imports it, and only inside the engine host."""

import ctypes
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import llama_cpp
import numpy
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_grammar import json_schema_to_gbnf

from forethought.engine.api import GenerateRequest, Prompt
from forethought.engine.host.backend import BackendState
from forethought.engine.host.llama import chat_template as chat
from forethought.engine.host.llama.amx import without_amx
from forethought.engine.host.llama.batching import Batcher, Entry
from forethought.engine.host.llama.decoding import SEQUENCES, GenerateWork, ScoringWork
from forethought.engine.models.gguf import ModelFile, check_memory, read_model_file
from forethought.errors import ContextOverflow, EngineError, ModelLoadError

_SLOTS: Final = 3 * SEQUENCES
_CPU_BATCH: Final = 256
_GPU_BATCH: Final = 512
# `enum ggml_log_level`; the names in llama_cpp's own comments are out of date.
_LOG_WARNING, _LOG_ERROR, _LOG_CONTINUED = 3, 4, 5
_STRIP_LEFT: Final = llama_cpp.LLAMA_TOKEN_ATTR_LSTRIP
_STRIP_RIGHT: Final = llama_cpp.LLAMA_TOKEN_ATTR_RSTRIP
_CONTROL: Final = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
_USER_DEFINED: Final = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    path: Path
    context_length: int
    gpu_layers: int
    """-1: all that fit."""


class LlamaBackend:
    """One GGUF file. Raises ModelLoadError at the first call that needs the file."""

    def __init__(
        self,
        options: LlamaOptions,
        choose_threads: Callable[[], int],
        loading: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`choose_threads` says how many threads are free now; `loading` surrounds what may abort the process."""
        self._options = options
        self._choose_threads = choose_threads
        self._loading = loading
        self._log = NativeLog()
        self._lock = threading.Lock()
        self._file: ModelFile | None = None
        self._vocabulary: Vocabulary | None = None
        self._model: Model | None = None
        self._speeds: dict[bool, float] = {}
        self._device = "cpu"

    def state(self) -> BackendState:
        model = self._model
        speeds = model.speeds if model else self._speeds
        return BackendState(
            loaded=model is not None,
            device=self._device,
            context_length=self.context_length if self._file else 0,
            prompt_tokens_per_second=speeds.get(True),
            completion_tokens_per_second=speeds.get(False),
        )

    @property
    def context_length(self) -> int:
        trained = self._file.context_length if self._file else 0
        return min(self._options.context_length, trained or self._options.context_length)

    def generate(self, request: GenerateRequest) -> GenerateWork:
        prompts = [self.vocabulary().encode(prompt) for prompt in request.prompts]
        for tokens in prompts:
            self._check_length(len(tokens), request.max_tokens)
        return GenerateWork(self, request, prompts)

    def score(self, prompts: tuple[Prompt, ...], continuations: tuple[str, ...]) -> ScoringWork:
        vocabulary = self.vocabulary()
        pairs = [
            (vocabulary.encode(prompt), vocabulary.tokenize(text))
            for prompt, text in zip(prompts, continuations, strict=True)
        ]
        for prompt_tokens, text_tokens in pairs:
            self._check_length(len(prompt_tokens), len(text_tokens))
        return ScoringWork(self, pairs)

    def count_tokens(self, prompts: tuple[Prompt, ...]) -> list[int]:
        vocabulary = self.vocabulary()
        return [len(vocabulary.encode(prompt)) for prompt in prompts]

    def unload(self) -> None:
        if self._model is not None:
            self._speeds = self._model.speeds
            self._model.close()
            self._model = None

    def vocabulary(self) -> "Vocabulary":
        """The tokenizer alone: quick to load, without the weights."""
        with self._lock:
            if self._vocabulary is None:
                self._file = read_model_file(self._options.path)
                with self._loading(), without_amx():
                    self._vocabulary = Vocabulary(self._file, self._log)
            return self._vocabulary

    @property
    def loaded_model(self) -> "Model | None":
        return self._model

    def model(self) -> "Model":
        """The weights, loaded when they are first needed."""
        if self._model is None:
            vocabulary = self.vocabulary()
            file = read_model_file(self._options.path)
            check_memory(file, self.context_length)
            with self._loading(), without_amx():
                self._model = Model(vocabulary, file, self._options, self.context_length, self._log)
            self._model.speeds.update(self._speeds)
            self._device = self._model.device
        return self._model

    def threads(self) -> int:
        return self._choose_threads()

    def _check_length(self, prompt: int, more: int) -> None:
        if prompt + more > self.context_length:
            raise ContextOverflow(
                f"The prompt has {prompt} tokens and the answer may have {more}, but the model's context holds "
                f"{self.context_length}; ask about something smaller or raise model.contextLength."
            )


class NativeLog:
    """Takes over llama.cpp's log: errors and warnings go on to stderr, and the first error explains a failed load."""

    def __init__(self) -> None:
        self.first_error = ""
        self.device = ""
        self._level = 0
        self._callback = llama_cpp.llama_log_callback(self._write)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _write(self, level: int, text: bytes, _data: Any) -> None:
        self._level = self._level if level == _LOG_CONTINUED else level
        line = text.decode("utf-8", "replace")
        if found := re.search(r"using device (\S+) \(([^)]*)\)", line):
            self.device = found[2] or found[1]
        if self._level >= _LOG_WARNING:
            sys.stderr.write(line)
        if self._level == _LOG_ERROR and line.strip() and not self.first_error:
            self.first_error = line.strip().rpartition(": error loading model: ")[2]


class Vocabulary:
    """Tokenizer and chat template of one file."""

    def __init__(self, file: ModelFile, log: NativeLog) -> None:
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        parameters.n_gpu_layers = 0
        log.first_error = ""
        self._model = llama_cpp.llama_model_load_from_file(str(file.path).encode(), parameters)
        if not self._model:
            raise _load_error(file, log)
        self.pointer = llama_cpp.llama_model_get_vocab(self._model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.pointer)
        self._pieces: dict[int, bytes] = {}
        # SentencePiece puts a space in front of a text by itself; a template's own one would then be a second.
        self._prefixes_space = file.tokenizer == "llama" and bool(
            file.metadata.get("tokenizer.ggml.add_space_prefix", True)
        )
        self._special = self._special_tokens()
        texts = {token: text for text, token in self._special.items()}
        self._bos: int = llama_cpp.llama_vocab_bos(self.pointer)
        self._adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.pointer))
        self._template = _template(
            file.chat_template, texts.get(self._bos, ""), texts.get(llama_cpp.llama_vocab_eos(self.pointer), "")
        )
        self._default = (
            chat.instruct
            if "[INST]" in self._special
            else chat.chatml
            if "<|im_start|>" in self._special
            else chat.plain
        )
        self._breakable = re.compile(
            "|".join(
                re.escape(text)
                for text, token in self._special.items()
                if self._attribute(token) & _USER_DEFINED and text in (file.chat_template or "")
            )
            or "(?!)"
        )
        self._controls = re.compile(
            "|".join(re.escape(text) for text in sorted(self._special, key=len, reverse=True)) or "(?!)"
        )

    def encode(self, prompt: Prompt) -> list[int]:
        """The tokens of a conversation, up to where the answer begins. Raises EngineError."""
        tokens: list[int] = []
        run = ""
        strip = False
        for piece in chat.render(prompt.messages, self._template, self._default):
            if piece.literal:
                # A user-defined token is found even in plain text; a zero-width space keeps it apart.
                run += self._breakable.sub(lambda found: found[0][0] + "\u200b" + found[0][1:], piece.text)
                continue
            place = 0
            for found in self._controls.finditer(piece.text):
                run += piece.text[place : found.start()]
                token = self._special[found[0]]
                attribute = self._attribute(token)
                run = run.lstrip() if strip else run
                run = run.rstrip() if attribute & _STRIP_LEFT else run
                tokens += [*self.tokenize(run), token]
                run, place, strip = "", found.end(), bool(attribute & _STRIP_RIGHT)
            run += piece.text[place:]
        tokens += self.tokenize(run.lstrip() if strip else run)
        if self._adds_bos and self._bos >= 0 and tokens[:1] != [self._bos]:
            tokens.insert(0, self._bos)
        return tokens

    def tokenize(self, text: str) -> list[int]:
        """Plain text: what looks like a control token is not one."""
        if not text:
            return []
        data = (text.removeprefix(" ") if self._prefixes_space else text).encode("utf-8", "replace")
        room = len(data) + 8
        while True:
            buffer = (llama_cpp.llama_token * room)()
            count = llama_cpp.llama_tokenize(self.pointer, data, len(data), buffer, room, False, False)
            if count >= 0:
                return list(buffer[:count])
            room = -count

    def piece(self, token: int) -> bytes:
        """The bytes of one token; none for control tokens."""
        if token not in self._pieces:
            self._pieces[token] = self._read_piece(token, False)
        return self._pieces[token]

    def ends(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self.pointer, token))

    def _special_tokens(self) -> dict[str, int]:
        wanted = _CONTROL | _USER_DEFINED
        found: dict[str, int] = {}
        for token in range(self.size):
            if self._attribute(token) & wanted:
                text = llama_cpp.llama_vocab_get_text(self.pointer, token).decode("utf-8", "replace")
                if text.strip():
                    found.setdefault(text, token)
        return found

    def _attribute(self, token: int) -> int:
        return int(llama_cpp.llama_vocab_get_attr(self.pointer, token))

    def _read_piece(self, token: int, special: bool) -> bytes:
        room = 32
        while True:
            buffer = ctypes.create_string_buffer(room)
            count = llama_cpp.llama_token_to_piece(self.pointer, token, buffer, room, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            room = -count


class Model:
    """Weights and attention state: the decoder of `Batcher`."""

    slots = _SLOTS

    def __init__(
        self, vocabulary: Vocabulary, file: ModelFile, options: LlamaOptions, context_length: int, log: NativeLog
    ) -> None:
        self.vocabulary = vocabulary
        self.context_length = context_length
        self.speeds: dict[bool, float] = {}
        offload = bool(llama_cpp.llama_supports_gpu_offload()) and options.gpu_layers != 0
        self.batch_size = _GPU_BATCH if offload else _CPU_BATCH
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = options.gpu_layers if offload else 0
        log.first_error = log.device = ""
        self._model = llama_cpp.llama_model_load_from_file(str(file.path).encode(), parameters)
        if not self._model:
            raise _load_error(file, log)
        self.device = log.device if offload and log.device else "cpu"
        self._stop = ctypes.create_string_buffer(2)
        self._context = llama_cpp.llama_init_from_model(self._model, self._context_parameters(self.device == "cpu"))
        if not self._context:
            llama_cpp.llama_model_free(self._model)
            raise _load_error(file, log)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self.can_share = not (
            llama_cpp.llama_model_is_recurrent(self._model) or llama_cpp.llama_model_is_hybrid(self._model)
        )
        self._batch = llama_cpp.llama_batch_init(self.batch_size, 0, 1)
        self.batcher = Batcher(self)

    def close(self) -> None:
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def interrupt(self) -> None:
        """End the step under way (on a CPU); safe from any thread."""
        self._stop[0] = b"\x01"

    def go_on(self) -> None:
        self._stop[0] = b"\x00"

    def use_threads(self, count: int) -> None:
        llama_cpp.llama_set_n_threads(self._context, count, count)

    def copy(self, source: int, target: int, length: int) -> None:
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def trim(self, slot: int, length: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, slot, length, -1)

    def decode(self, entries: Sequence[Entry]) -> Literal["done", "full", "aborted"]:
        batch = self._batch
        batch.n_tokens = len(entries)
        outputs = 0
        for number, entry in enumerate(entries):
            batch.token[number] = entry.token
            batch.pos[number] = entry.position
            batch.n_seq_id[number] = 1
            batch.seq_id[number][0] = entry.slot
            batch.logits[number] = entry.output
            outputs += entry.output
        started = time.monotonic()
        status = llama_cpp.llama_decode(self._context, batch)
        if status == 0:
            self._measure(len(entries), outputs, time.monotonic() - started)
            return "done"
        if status == 1:
            return "full"
        if status == 2:
            return "aborted"
        raise EngineError(f"llama.cpp could not decode (status {status}); the engine's log says more.")

    def new_sampler(self, request: GenerateRequest, index: int) -> Any:
        """A chain of llama.cpp's samplers. Prompts of one batch get different seeds, so that candidates differ."""
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        if request.schema is not None:
            try:
                grammar = json_schema_to_gbnf(json.dumps(request.schema))
            except Exception as error:  # the translation raises bare and built-in exceptions alike
                raise EngineError(f"The answer's JSON schema is not supported ({error}); simplify it.") from error
            rules = llama_cpp.llama_sampler_init_grammar(self.vocabulary.pointer, grammar.encode(), b"root")
            if not rules:
                raise EngineError("The answer's JSON schema gives no grammar that llama.cpp accepts; simplify it.")
            llama_cpp.llama_sampler_chain_add(chain, rules)
        sampling = request.sampling
        if sampling.temperature > 0:
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_min_p(0.05, 1))
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_temp(sampling.temperature))
            seed = (sampling.seed + index) & 0xFFFFFFFE
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_dist(seed))
        else:
            llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_greedy())
        return chain

    def free_sampler(self, sampler: Any) -> None:
        llama_cpp.llama_sampler_free(sampler)

    def sample(self, sampler: Any, output: int) -> int:
        return int(llama_cpp.llama_sampler_sample(sampler, self._context, output))

    def log_probability(self, output: int, token: int) -> float:
        pointer = llama_cpp.llama_get_logits_ith(self._context, output)
        logits = numpy.ctypeslib.as_array(pointer, (self.vocabulary.size,)).astype(numpy.float64)
        top = logits.max()
        return float(logits[token] - top - numpy.log(numpy.exp(logits - top).sum()))

    def _context_parameters(self, on_cpu: bool) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = self.context_length
        parameters.n_batch = parameters.n_ubatch = self.batch_size
        parameters.n_seq_max = _SLOTS
        parameters.kv_unified = True
        parameters.n_outputs_max_per_seq = self.batch_size
        # A full cache, so that the beginning of a prompt can be shared in models with sliding windows as well.
        parameters.swa_full = True
        # Slow on a CPU for small batches: 44 tokens/s instead of 92 after a context of 2,000.
        parameters.flash_attn_type = (
            llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED if on_cpu else llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO
        )
        # `strlen` of a buffer that is "" or "\x01": a native callback, asked before each of a step's thousand nodes,
        # that needs no interpreter lock.
        library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        parameters.abort_callback = ctypes.cast(library.strlen, llama_cpp.ggml_abort_callback)
        parameters.abort_callback_data = ctypes.addressof(self._stop)
        return parameters

    def _measure(self, tokens: int, outputs: int, seconds: float) -> None:
        """Moving averages of reading (most tokens without output) and of writing."""
        reading = outputs * 2 <= tokens
        if seconds <= 0 or (reading and tokens < 16):
            return
        rate, before = tokens / seconds, self.speeds.get(reading)
        self.speeds[reading] = rate if before is None else 0.9 * before + 0.1 * rate


def _template(source: str | None, bos: str, eos: str) -> chat.Render | None:
    if not source:
        return None
    try:
        formatter = Jinja2ChatFormatter(template=source, bos_token=bos, eos_token=eos)
    except Exception as error:  # noqa: BLE001  a template is untrusted text, and jinja raises many kinds
        sys.stderr.write(f"The model's chat template cannot be used ({type(error).__name__}); a default one is.\n")
        return None
    return lambda messages: formatter(messages=messages).prompt  # type: ignore[arg-type]  # plain dicts are what it takes


def _load_error(file: ModelFile, log: NativeLog) -> ModelLoadError:
    reason = log.first_error or "llama.cpp gives no reason"
    return ModelLoadError(f"The model {file.path.name} cannot be loaded: {reason}; choose or download another.")
