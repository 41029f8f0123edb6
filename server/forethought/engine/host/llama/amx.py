"""Keeps llama.cpp off Intel's matrix tiles (AMX).

Compilers up to GCC 12 drop most of the tile configuration that llama.cpp writes, so the process dies with a
segmentation fault at its first matrix multiplication; and a wheel that is built from source on a machine with AMX
enables AMX. llama.cpp's other kernels (repacked weights) stay in use.
"""

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_STACK_TOO_SMALL_FOR_TILES: Final = 8192
_SS_DISABLE: Final = 2


class _SignalStack(ctypes.Structure):
    """`stack_t` of `sigaltstack(2)`."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextlib.contextmanager
def without_amx() -> Iterator[None]:
    """Surround the first use of llama.cpp's CPU backend, which asks the kernel once for permission to use tiles.

    The kernel refuses while a thread has a signal stack that is too small for the state of the tiles (8 KB and more):
    https://docs.kernel.org/arch/x86/xstate.html. So this thread gets one in the meantime.
    """
    if not _has_amx():
        yield
        return
    library = ctypes.CDLL(None)
    memory = ctypes.create_string_buffer(_STACK_TOO_SMALL_FOR_TILES)
    small = _SignalStack(ctypes.addressof(memory), 0, _STACK_TOO_SMALL_FOR_TILES)
    before = _SignalStack()
    library.sigaltstack(ctypes.byref(small), ctypes.byref(before))
    try:
        yield
    finally:
        if not before.start:
            before = _SignalStack(None, _SS_DISABLE, 0)
        library.sigaltstack(ctypes.byref(before), None)


def _has_amx() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        return "amx_tile" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
