"""Documentation in the source: comments above a definition, docstrings, and a file's first comment."""

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tree_sitter

from forethought.syntax.tags import Position

_LINE_MARKER = re.compile(r"^\s*(?://[/!]?|#[:!]?|--+|;+|%+) ?")
_BLOCK_START = re.compile(r"^\s*(?:/\*[*!]*<?|--\[=*\[|\(\*+|<!--+|\{-+ ?\|)")
_BLOCK_END = re.compile(r"\s*(?:\*+/|\]=*\]|\*+\)|--+>|-+\})\s*$")
_BLOCK_LINE = re.compile(r"^\s*\*+ ?")
_LICENSE = re.compile(r"copyright|licen[cs]e|SPDX|all rights reserved", re.I)
_DIRECTIVE = re.compile(r"(?:go:|\+build\b|-\*-|vim:|eslint|prettier-|@ts-|tslint:|pylint:|ruff:|shellcheck\b)", re.I)
"""How a comment starts that is meant for a tool."""
_QUOTED = re.compile(r"""^(?:@\w*doc\s+(?:~[sS])?)?(?=")""")
"""Before documentation that is a string: Elixir's `@doc`, and nothing in Julia."""
_HADDOCK = re.compile(r"^\s*[|^] ?")
_STRING = re.compile(r"""^[rRuUbBfF]{0,2}("{3}|'{3}|"|')(.*)\1$""", re.S)


@dataclass(frozen=True, slots=True)
class Leading:
    """A comment or attribute on lines of its own, such as may lead a definition."""

    start_byte: int
    end_byte: int
    start: Position
    end_row: int
    """The last row that it has text on."""
    text: str
    """The comment as written; empty for an attribute."""


@dataclass(frozen=True, slots=True)
class LeadingLines:
    """A file's comments and attributes on lines of their own, by the row they end on."""

    by_end_row: dict[int, Leading]

    def above(self, row: int, prefixes: tuple[str, ...]) -> list[Leading]:
        """The unbroken run of documentation and attributes that ends just above the row, topmost first."""
        run: list[Leading] = []
        while (leading := self.by_end_row.get(row - 1)) and (not leading.text or leading.text.startswith(prefixes)):
            run.append(leading)
            row = leading.start.row
        run.reverse()
        return run

    def file_comment(self, before: int, prefixes: tuple[str, ...], documenting: frozenset[int]) -> str | None:
        """The text of the comment that documents the file; None if there is none.

        Comments with one of the prefixes do; else the first other comment does, unless it is a license or for a tool.

        before: byte offset of the file's first definition or import
        documenting: start bytes of the comments that document definitions
        """
        comments = [leading for leading in self.by_end_row.values() if leading.text]
        marked = [comment.text for comment in comments if prefixes and comment.text.startswith(prefixes)]
        if marked:
            return clean_comment(marked)
        for run in _runs(comment for comment in comments if comment.start_byte < before):
            texts = [item.text for item in run if not _DIRECTIVE.match(clean_comment([item.text]) or "")]
            text = clean_comment(texts) if texts else None
            if run[0].start_byte not in documenting and text and not _LICENSE.search(text):
                return text
        return None


def leading_lines(
    source: bytes, comments: Iterable[tree_sitter.Node], attributes: Iterable[tree_sitter.Node]
) -> LeadingLines:
    """Those of the comments and attributes that have lines of their own."""
    by_end_row: dict[int, Leading] = {}
    nodes = [(node, True) for node in comments] + [(node, False) for node in attributes]
    for node, is_comment in sorted(nodes, key=lambda pair: pair[0].start_byte):
        start, end = node.start_point, node.end_point
        start_byte = node.start_byte
        if source[start_byte - start.column : start_byte].strip(b" \t\xef\xbb\xbf"):
            continue
        text = source[start_byte : node.end_byte].decode("utf-8", "replace") if is_comment else ""
        if start.row == 0 and text.startswith("#!"):
            continue
        end_row = end.row if end.column else end.row - 1
        by_end_row[end_row] = Leading(start_byte, node.end_byte, Position(*start), end_row, text)
    return LeadingLines(by_end_row)


def clean_comment(comments: Sequence[str]) -> str | None:
    """The text of consecutive comments without markers and common indentation; None if nothing is left."""
    lines: list[str] = []
    for comment in comments:
        if quoted := _QUOTED.match(comment):
            lines += (clean_docstring(comment[quoted.end() :]) or "").splitlines()
        elif comment.startswith("@"):
            continue  # `@doc false`
        elif _BLOCK_START.match(comment):
            inner = _BLOCK_END.sub("", _BLOCK_START.sub("", comment, count=1))
            lines += [
                _BLOCK_LINE.sub("", line) if index else line.strip() for index, line in enumerate(inner.splitlines())
            ]
        else:
            lines += [_LINE_MARKER.sub("", line) for line in comment.splitlines()]
    if lines and comments[0].startswith(("-- |", "-- ^")):
        lines[0] = _HADDOCK.sub("", lines[0])
    text = "\n".join(line.rstrip() for line in lines)
    if "<summary>" in text:  # C#'s documentation is XML
        text = re.sub(r"</?\w+[^<>]*/?>", "", text)
    return inspect.cleandoc(text).strip() or None


def clean_docstring(literal: str) -> str | None:
    """The text of a string literal as `inspect.getdoc` shows it; None if it is empty or not a plain literal."""
    match = _STRING.match(literal)
    if match is None:
        return None
    return inspect.cleandoc(match.group(2).replace("\r\n", "\n")).strip() or None


def _runs(comments: Iterable[Leading]) -> list[list[Leading]]:
    """Comments on consecutive rows, grouped."""
    runs: list[list[Leading]] = []
    for comment in comments:
        if runs and runs[-1][-1].end_row == comment.start.row - 1:
            runs[-1].append(comment)
        else:
            runs.append([comment])
    return runs
