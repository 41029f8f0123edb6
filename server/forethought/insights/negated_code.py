"""The same code with its conditions turned round: what a text about a condition is held against.

Whether prose states a condition the right way round cannot be read off its words. But a text that follows from the
code is likelier after this code than after code that decides the other way; where it is not, it is a guess. Turning
round twice gives the first code back, so that no text about one condition can be kept for both.
"""

import re

MIN_GAIN = 0.02
"""Log-probability per token by which a text must be likelier after the code than after the code turned round."""

_DECIDES = re.compile(r"\b(?:if|elif|unless|while|until|when|return|and|or|assert)\b|\?|&&|\|\|")
_OPERATOR = re.compile(
    r"===|!==|==|!=|<=|>=|(?<![<=-])<(?![<=-])|(?<![>=-])>(?![>=])|\bis not\b|\bis\b|\bnot in\b|(?<=\S )\bin\b"
)
_OPPOSITE = {
    "===": "!==", "!==": "===", "==": "!=", "!=": "==", "<=": ">", ">": "<=", "<": ">=", ">=": "<",
    "is not": "is", "is": "is not", "not in": "in", "in": "not in",
}  # fmt: skip
_TEST = re.compile(r"\b(if|elif|unless|while|until) (\(?)(not |!)?")
_LOOP = re.compile(r"^\s*(?:async )?for\b")
_PROSE = re.compile(r"^\s*(?:[#*]|//|/\*|\"{3}|'{3})|[.:]\s*$(?<!:)")


def negate_conditions(code: str) -> str | None:
    """The code with each condition turned round; None where it decides nothing."""
    lines = [_turned(line) for line in code.split("\n")]
    text = "\n".join(lines)
    return text if text != code else None


def _turned(line: str) -> str:
    if not _DECIDES.search(line) or _LOOP.match(line) or _PROSE.search(line):
        return line
    turned, count = _OPERATOR.subn(lambda match: _OPPOSITE[match[0]], line)
    if count:
        return turned
    return _TEST.sub(lambda match: f"{match[1]} {match[2]}{'' if match[3] else 'not '}", line, count=1)
