"""The tokenizer and the chat template of a model file, loaded without its weights."""

import ctypes
import re
from collections.abc import Iterable
from typing import Final

import llama_cpp

from forethought.engine.api import Prompt
from forethought.engine.host.llama import chat_template
from forethought.engine.host.llama.isolated_template import IsolatedTemplate
from forethought.engine.host.llama.native_log import NativeLog
from forethought.engine.models.gguf import ModelFile

_STRIP_LEFT: Final = llama_cpp.LLAMA_TOKEN_ATTR_LSTRIP
_STRIP_RIGHT: Final = llama_cpp.LLAMA_TOKEN_ATTR_RSTRIP
_CONTROL: Final = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
_USER_DEFINED: Final = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
_MATCHES_NOTHING: Final = "(?!)"
_ZERO_WIDTH_SPACE: Final = "\u200b"


class Vocabulary:
    """Turns conversations into tokens, and tokens into bytes. Never freed: it is small, and prompts keep using it."""

    def __init__(self, file: ModelFile, log: NativeLog) -> None:
        """Raises ModelLoadError when llama.cpp cannot load the file."""
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        parameters.n_gpu_layers = 0
        log.clear()
        self._model = llama_cpp.llama_model_load_from_file(str(file.path).encode(), parameters)
        if not self._model:
            raise log.load_error(file)
        self.pointer = llama_cpp.llama_model_get_vocab(self._model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.pointer)
        self._pieces: dict[int, bytes] = {}
        # SentencePiece puts a space in front of every text; a template's own leading space would be a second one.
        self._prefixes_space = file.tokenizer == "llama" and bool(
            file.metadata.get("tokenizer.ggml.add_space_prefix", True)
        )
        self._special = self._special_tokens()
        texts = {token: text for text, token in self._special.items()}
        self._bos: int = llama_cpp.llama_vocab_bos(self.pointer)
        self._adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.pointer))
        eos: int = llama_cpp.llama_vocab_eos(self.pointer)
        self._template = (
            IsolatedTemplate(file.chat_template, texts.get(self._bos, ""), texts.get(eos, ""))
            if file.chat_template
            else None
        )
        self._default_template = chat_template.plain
        if "[INST]" in self._special:
            self._default_template = chat_template.mistral_instruct
        elif "<|im_start|>" in self._special:
            self._default_template = chat_template.chatml
        self._spoofable = _any_of(
            text
            for text, token in self._special.items()
            if self._attributes(token) & _USER_DEFINED and text in (file.chat_template or "")
        )
        self._specials = _any_of(sorted(self._special, key=len, reverse=True))

    def encode(self, prompt: Prompt) -> list[int]:
        """The tokens of a conversation up to where the assistant's answer begins. Raises EngineError."""
        tokens: list[int] = []
        text = ""
        strip_next = False
        for piece in chat_template.render(prompt.messages, self._template, self._default_template):
            if piece.is_literal:
                # llama.cpp finds user-defined tokens even in plain text; a zero-width space breaks them up.
                text += self._spoofable.sub(lambda match: match[0][0] + _ZERO_WIDTH_SPACE + match[0][1:], piece.text)
                continue
            end = 0
            for match in self._specials.finditer(piece.text):
                text += piece.text[end : match.start()]
                token = self._special[match[0]]
                attributes = self._attributes(token)
                text = text.lstrip() if strip_next else text
                text = text.rstrip() if attributes & _STRIP_LEFT else text
                tokens += [*self.tokenize(text), token]
                text, end, strip_next = "", match.end(), bool(attributes & _STRIP_RIGHT)
            text += piece.text[end:]
        tokens += self.tokenize(text.lstrip() if strip_next else text)
        if self._adds_bos and self._bos >= 0 and tokens[:1] != [self._bos]:
            tokens.insert(0, self._bos)
        return tokens

    def tokenize(self, text: str) -> list[int]:
        """The tokens of plain text: control tokens in it are read as the text they look like."""
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

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token; empty for control tokens."""
        if token not in self._pieces:
            self._pieces[token] = self._read_bytes(token)
        return self._pieces[token]

    def is_end_of_generation(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self.pointer, token))

    def _special_tokens(self) -> dict[str, int]:
        """Control and user-defined tokens, by their text."""
        special: dict[str, int] = {}
        for token in range(self.size):
            if self._attributes(token) & (_CONTROL | _USER_DEFINED):
                text = llama_cpp.llama_vocab_get_text(self.pointer, token).decode("utf-8", "replace")
                if text.strip():
                    special.setdefault(text, token)
        return special

    def _attributes(self, token: int) -> int:
        return int(llama_cpp.llama_vocab_get_attr(self.pointer, token))

    def _read_bytes(self, token: int) -> bytes:
        room = 32
        while True:
            buffer = ctypes.create_string_buffer(room)
            count = llama_cpp.llama_token_to_piece(self.pointer, token, buffer, room, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            room = -count


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, texts)) or _MATCHES_NOTHING)
