"""Keep llama.cpp off Intel's matrix tiles (AMX).

Compilers up to GCC 12 drop most of the tile configuration that llama.cpp writes, and the process dies with a
segmentation fault at its first matrix; a wheel built from source on such a machine has AMX switched on by itself.
Its other kernels (repacked weights) stay in use.
"""

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TOO_SMALL_FOR_TILES: Final = 8192
_SWITCHED_OFF: Final = 2


class _SignalStack(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextlib.contextmanager
def without_amx() -> Iterator[None]:
    """Surround the first use of llama.cpp's CPU backend, which asks the kernel once for the use of tiles.

    The kernel refuses while any thread has a signal stack that is too small for a tile's state (8 KB and more):
    https://docs.kernel.org/arch/x86/xstate.html. So this thread has one meanwhile.
    """
    if not _has_amx():
        yield
        return
    library = ctypes.CDLL(None)
    memory = ctypes.create_string_buffer(_TOO_SMALL_FOR_TILES)
    small = _SignalStack(ctypes.addressof(memory), 0, _TOO_SMALL_FOR_TILES)
    before = _SignalStack()
    library.sigaltstack(ctypes.byref(small), ctypes.byref(before))
    try:
        yield
    finally:
        if not before.start:
            before = _SignalStack(None, _SWITCHED_OFF, 0)
        library.sigaltstack(ctypes.byref(before), None)


def _has_amx() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        return "amx_tile" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
