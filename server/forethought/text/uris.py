"""File URIs, written as VS Code writes them, and read as anybody writes them."""

import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

_UNRESERVED = "/-._~"
"""What stays as it is; everything else is percent-encoded, as VS Code does it (`:`, `@`, `+`, `(` included)."""


def file_uri(path: Path | str) -> str:
    """The URI of an absolute path. Undecodable bytes survive (`os.fsdecode`)."""
    text = str(path)
    if os.name == "nt":
        text = text.replace("\\", "/")
        if text.startswith("//"):
            server, _, rest = text[2:].partition("/")
            return f"file://{quote_from_bytes(os.fsencode(server))}/{quote_from_bytes(os.fsencode(rest), _UNRESERVED)}"
        text = f"/{text[:1].lower()}{text[1:]}"
    return f"file://{quote_from_bytes(os.fsencode(text), _UNRESERVED)}"


def path_of(uri: str) -> Path | None:
    """The absolute path that a `file:` URI names on this machine; None for any other URI.

    `file:///C:/x` is a drive on Windows and an ordinary absolute path elsewhere, never a relative one.
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
