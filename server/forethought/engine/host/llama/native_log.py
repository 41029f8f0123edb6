"""llama.cpp's log: warnings go to stderr, and the first error explains why a model could not be loaded."""

import ctypes
import re
import sys
from typing import Any

import llama_cpp

from forethought.engine.models.gguf import ModelFile
from forethought.errors import ModelLoadError

# `enum ggml_log_level`; the names in llama_cpp's own comments are out of date.
_LEVEL_WARNING, _LEVEL_ERROR, _LEVEL_CONTINUED = 3, 4, 5


class NativeLog:
    """Receives the log of the whole process. Create one, and keep it: llama.cpp holds a pointer to its callback."""

    def __init__(self) -> None:
        self.device = ""
        """The accelerator that the last loaded model uses; "" for a CPU."""
        self._first_error = ""
        self._level = 0
        self._callback = llama_cpp.llama_log_callback(self._write)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def clear(self) -> None:
        """Forget what was logged. Call it before loading a model."""
        self._first_error = self.device = ""

    def load_error(self, file: ModelFile) -> ModelLoadError:
        """The error to raise when llama.cpp could not load `file`."""
        reason = self._first_error or "llama.cpp gives no reason"
        return ModelLoadError(f"Cannot load the model {file.path.name}: {reason}; choose or download another.")

    def _write(self, level: int, text: bytes, _data: Any) -> None:
        self._level = self._level if level == _LEVEL_CONTINUED else level
        line = text.decode("utf-8", "replace")
        if match := re.search(r"using device (\S+) \(([^)]*)\)", line):
            self.device = match[2] or match[1]
        if self._level >= _LEVEL_WARNING:
            sys.stderr.write(line)
        if self._level == _LEVEL_ERROR and line.strip() and not self._first_error:
            self._first_error = line.strip().rpartition(": error loading model: ")[2]
