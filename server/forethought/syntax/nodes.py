"""Code on one line."""

import re

_BLANK = re.compile(r"""(?P<quoted>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\s+""")


def collapse(text: str, longest: int) -> str:
    """Text on one line, cut with an ellipsis when it is too long; what stands in quotes on one line stays as it is."""
    text = text[: 8 * longest]
    if '"' in text or "'" in text:
        line = _BLANK.sub(lambda found: found["quoted"] or " ", text).strip()
    else:
        line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
