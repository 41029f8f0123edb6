"""Makes untrusted text safe to show on one line: a file name or a doc comment must not control a terminal or an editor.

`text.markdown` builds on this for Markdown.
"""

import re

# Default_Ignorable_Code_Point of Unicode 16's DerivedCoreProperties.txt, which includes the text-direction and tag
# characters, and the interlinear annotations.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_REMOVED = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_INVISIBLE}]")
_INVISIBLE_CHARACTER = re.compile(f"[{_INVISIBLE}]")
_LINE_SEPARATORS = re.compile("[\u2028\u2029]")


def strip_controls(text: str) -> str:
    """Remove control characters and those that nobody sees; keep tabs and line breaks.

    Unicode's own line separators become spaces: some editors end a line there, and others do not.
    """
    return _LINE_SEPARATORS.sub(" ", _REMOVED.sub("", text))


def one_line(text: str) -> str:
    """Remove the same characters and collapse all whitespace, line breaks included, to single spaces."""
    return " ".join(strip_controls(text).split())


def visible(text: str) -> str:
    """Show unprintable and invisible characters as escape sequences (`\\x1b`). Tabs are kept; line breaks are not."""
    return "".join(
        character if _is_visible(character) or character == "\t" else _escaped(character) for character in text
    )


def printable_path(path: str) -> str:
    """Replace what is unprintable or invisible in a path by U+FFFD: it stays one line of the same length."""
    return "".join(character if _is_visible(character) else "\N{REPLACEMENT CHARACTER}" for character in path)


def _is_visible(character: str) -> bool:
    return character.isprintable() and not _INVISIBLE_CHARACTER.match(character)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
