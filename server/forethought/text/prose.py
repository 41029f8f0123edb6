"""Finds the sentences worth quoting in documentation: the first sentence of a doc comment, the opening of a README."""

import re

from forethought.text.sanitizers import one_line

MAX_README = 20_000
"""Characters of a README that are looked at."""
_MAX_NESTED_BLOCKS = 8

_UNDERLINE = re.compile(r"^[~=*#^_-]{3,}\s*$", re.MULTILINE)
_NOT_PROSE = re.compile(
    r"(?:@\w|copyright\b|\(c\)|licensed\b|spdx|todo\b|fixme\b|noqa|eslint|prettier|type:|pylint|mypy|nolint|go:"
    r"|assert |import |from \S+ import|[\w.]+ = |[-*+] |\d+[.)] |>|\||```|~~~|=|\.\. |<!--|!\[|\[!\[)",
    re.IGNORECASE,
)
"""How a paragraph begins that says nothing about the code."""
_INLINE_TAG = re.compile(r"\{@\w+\s+([^{}]*)\}")
_ROLE = re.compile(r":\w+(?::\w+)?:(?=`)")
_HTML = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?")
_LINK = re.compile(r"\[([^\]\[]*)\](?:\([^)]*\)|\[[^\]]*\])")
_REST_LINK = re.compile(r"`([^`<>]+?)\s*<[^`<>]*>`__?(?!\w)|(`[^`]+`)__?(?!\w)")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|__)(?=\S)(.+?)(?<=\S)\1(?![\w*])")
_BLOCK = re.compile(r"<(div|p|table|center|picture|details|h[1-6]|ul|ol|a)\b[^<>]*>(?:(?!<\1\b).)*?</\1>", re.DOTALL)
_QUOTE = re.compile(r"^ {0,3}> ?", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s.*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s.*$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]?\s+(?=[\"'(`]?[A-Z0-9`])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|Mr|Dr|No|resp|approx)\.$")


def first_sentence(doc: str | None, limit: int = 240) -> str | None:
    """The first sentence of documentation, on one line without its markup; None if it has no prose."""
    for paragraph in _paragraphs(doc or ""):
        parts = _SENTENCE_END.split(paragraph)
        sentence = parts[0]
        for part in parts[1:]:
            if not _ABBREVIATION.search(sentence):
                break
            sentence += f" {part}"
        return _cut(sentence, limit)
    return None


def opening(readme: str | None, limit: int = 600) -> str | None:
    """The first paragraph of a README outside HTML blocks, on one line without its markup; None if there is none."""
    text = _QUOTE.sub("", _FENCE.sub("\n", (readme or "").replace("\r\n", "\n")[:MAX_README]))
    for _ in range(_MAX_NESTED_BLOCKS):
        text, replaced = _BLOCK.subn(" ", text)
        if not replaced:
            break
    paragraphs = _paragraphs(_HEADING.sub("\n", text))
    return next((_cut(paragraph, limit) for paragraph in paragraphs if len(paragraph.split()) > 3), None)


def _paragraphs(text: str) -> list[str]:
    paragraphs = []
    text = _REST_LINK.sub(r"\1\2", _REFERENCE.sub("", _UNDERLINE.sub("\n", text)))
    for paragraph in re.split(r"\n[ \t]*\n|<p>|<br>", text):
        plain = _IMAGE.sub(" ", _HTML.sub(" ", _INLINE_TAG.sub(r"`\1`", paragraph)))
        if _NOT_PROSE.match(plain.strip()):
            continue
        plain = one_line(_EMPHASIS.sub(r"\2", _ROLE.sub("", _LINK.sub(r"\1", plain)))).replace("``", "`")
        if re.search(r"\w{2}", plain):
            paragraphs.append(plain)
    return paragraphs


def _cut(text: str, limit: int) -> str:
    text = text.rstrip(" :")
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
