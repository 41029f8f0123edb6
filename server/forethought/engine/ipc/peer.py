"""Tells which user is at the other end of a Unix socket."""

import ctypes
import os
import socket
import struct
from typing import Final

_UCRED: Final = struct.Struct("3i")
"""`struct ucred` of Linux: process, user and group."""


def is_own_peer(connection: socket.socket) -> bool | None:
    """Whether the other end of a Unix socket belongs to our user; None where the system does not tell.

    Raises OSError when the connection is gone.
    """
    if not hasattr(os, "geteuid"):
        return None
    user = _peer_user(connection)
    return None if user is None else user == os.geteuid()


def _peer_user(connection: socket.socket) -> int | None:
    if os.uname().sysname == "Linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        return int(_UCRED.unpack(credentials)[1])
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "getpeereid"):  # macOS and the BSDs have it
        return None
    user, group = ctypes.c_uint32(), ctypes.c_uint32()
    if library.getpeereid(connection.fileno(), ctypes.byref(user), ctypes.byref(group)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return user.value
