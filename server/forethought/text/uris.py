"""Converts between paths and file URIs. Writes them as VS Code does, and reads every common spelling."""

import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

_UNRESERVED = "/-._~"
"""Not percent-encoded. Everything else is, as VS Code does it, including `:`, `@`, `+` and `(`."""


def file_uri(path: Path | str) -> str:
    """Return the URI of an absolute path. Undecodable bytes are preserved (see `os.fsdecode`)."""
    text = str(path)
    if os.name == "nt":
        text = text.replace("\\", "/")
        if text.startswith("//"):
            server, _, rest = text[2:].partition("/")
            return f"file://{quote_from_bytes(os.fsencode(server))}/{quote_from_bytes(os.fsencode(rest), _UNRESERVED)}"
        text = f"/{text[:1].lower()}{text[1:]}"
    return f"file://{quote_from_bytes(os.fsencode(text), _UNRESERVED)}"


def path_of(uri: str) -> Path | None:
    """Return the absolute path of a `file:` URI on this machine, or None for any other URI.

    `file:///C:/x` names a drive on Windows and an ordinary absolute path elsewhere, never a relative path.
    """
    try:
        parts = urlsplit(uri)
        if parts.scheme != "file":
            return None
        path = os.fsdecode(unquote_to_bytes(parts.path))
        host = os.fsdecode(unquote_to_bytes(parts.netloc))
    except ValueError:  # a malformed authority, such as `file://[`
        return None
    if "\0" in path or not path.startswith("/"):
        return None
    if os.name == "nt":
        return Path(f"//{host}{path}") if host and host != "localhost" else Path(path.lstrip("/"))
    if host not in ("", "localhost"):
        return None
    return Path(os.path.normpath("/" + path.lstrip("/")))
