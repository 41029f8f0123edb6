"""Makes untrusted text safe to show on one line: a file name or a doc comment must not control a terminal or an editor.

`text.markdown` builds on this for Markdown.
"""

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def strip_controls(text: str) -> str:
    """Remove control, zero-width and text-direction characters; keep tabs and line breaks."""
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """Remove the same characters and collapse all whitespace, line breaks included, to single spaces."""
    return " ".join(strip_controls(text).split())


def visible(text: str) -> str:
    """Make unprintable characters visible as escape sequences (`\\x1b`). Tabs are kept; line breaks are not."""
    return "".join(
        character if character.isprintable() or character == "\t" else _escaped(character) for character in text
    )


def printable_path(path: str) -> str:
    """Replace each unprintable character of a path by U+FFFD, which keeps the path one line of the same length."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in path)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
