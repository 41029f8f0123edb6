"""What differs between two versions of some files, by symbol: added, removed, changed, renamed, moved. Pure.

Symbols are matched by name and parent. Those that are left over on both sides are matched by their text without the
name, then by similarity, so that moved and renamed code is recognized.
"""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from forethought.syntax.symbol_kinds import FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import FileTags, Span, Symbol

ChangeKind = Literal["added", "removed", "changed", "renamed", "moved"]

MIN_FILE_SIMILARITY = 0.5
"""Share of common lines from which an added file counts as a removed one under another name, as in `git diff -M`."""
MIN_SYMBOL_SIMILARITY = 0.75
"""`difflib` ratio over lines from which an added symbol counts as a removed one; lower finds more, but wrong ones."""
MIN_TEXT_LENGTH = 40
"""Characters that a symbol needs to be recognized under another name, because short ones are all alike."""
MAX_PAIRS = 4_000
"""Pairs that are compared for similarity. If there are more, only equal code is recognized, to limit the time."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file."""

    tags: FileTags
    source: bytes


@dataclass(frozen=True, slots=True)
class Side:
    """A symbol in one version."""

    path: str
    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Change:
    """One symbol that differs. `before` is None if it was added, `after` if it was removed."""

    kind: ChangeKind
    before: Side | None
    after: Side | None
    details: tuple[str, ...] = ()
    """What differs, in a few words each, with code in backticks."""
    interface_changed: bool = False
    """Whether users may notice: its name, parameters, return type, bases or exceptions differ."""
    members: int = 0
    """The number of symbols inside that were added, removed or moved with it and are not listed separately."""

    @property
    def side(self) -> Side:
        """The symbol after the change, or before it if it was removed."""
        side = self.after or self.before
        assert side is not None, "a change has at least one side"
        return side


def compare(before: Mapping[str, Version], after: Mapping[str, Version]) -> list[Change]:
    """Every symbol that differs between two versions of some files (path → version), by path and range."""
    return sorted(
        _Comparison(before, after).run(),
        key=lambda change: (change.side.path, change.side.symbol.range, change.kind),
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A symbol with its children; a function has none, because what is inside is part of it."""

    side: Side
    text: str
    """Its text without its children, with LF endings and without its indentation."""
    anonymous: str
    """The same without its name."""
    head: str
    """What precedes its name, such as decorators and doc comments."""
    body: str
    """Its body without its children and without its name; empty if it has no body."""
    children: "tuple[_Node, ...]"

    @property
    def symbol(self) -> Symbol:
        return self.side.symbol

    def size(self) -> int:
        return sum(1 + child.size() for child in self.children)

    def whole_text(self) -> str:
        return "\n".join([self.anonymous, *(child.whole_text() for child in self.children)])


class _Comparison:
    def __init__(self, before: Mapping[str, Version], after: Mapping[str, Version]) -> None:
        self._before = {path: _tree(path, version) for path, version in before.items()}
        self._after = {path: _tree(path, version) for path, version in after.items()}
        self._removed: list[_Node] = []
        self._added: list[_Node] = []
        self._changes: list[Change] = []

    def run(self) -> list[Change]:
        old_only = sorted(self._before.keys() - self._after.keys())
        new_only = sorted(self._after.keys() - self._before.keys())
        for old, new in self._renamed_files(old_only, new_only):
            old_only.remove(old)
            new_only.remove(new)
            self._compare(self._before[old], self._after[new], "moved")
        for path in self._before.keys() & self._after.keys():
            self._compare(self._before[path], self._after[path])
        for path in old_only:
            self._removed += self._before[path].children
        for path in new_only:
            self._added += self._after[path].children
        self._match_leftovers()
        self._changes += [Change("removed", node.side, None, members=node.size()) for node in self._removed]
        self._changes += [Change("added", None, node.side, members=node.size()) for node in self._added]
        for path in old_only:
            self._changes.append(Change("removed", self._before[path].side, None))
        for path in new_only:
            self._changes.append(Change("added", None, self._after[path].side))
        return self._changes

    def _renamed_files(self, old_paths: Sequence[str], new_paths: Sequence[str]) -> list[tuple[str, str]]:
        """Pairs of a removed and an added file that are one file, most similar first."""
        if len(old_paths) * len(new_paths) > MAX_PAIRS:
            return []
        lines = {
            node.side.path: Counter(line for line in node.whole_text().split("\n") if line.strip())
            for node in (*(self._before[path] for path in old_paths), *(self._after[path] for path in new_paths))
        }
        similarities = sorted(
            ((_similarity(lines[old], lines[new]), old, new) for old in old_paths for new in new_paths),
            key=lambda item: (-item[0], item[1], item[2]),
        )
        pairs: list[tuple[str, str]] = []
        taken: set[str] = set()
        for share, old, new in similarities:
            if share >= MIN_FILE_SIMILARITY and old not in taken and new not in taken:
                taken |= {old, new}
                pairs.append((old, new))
        return pairs

    def _compare(self, old: _Node, new: _Node, kind: Literal["changed", "renamed", "moved"] = "changed") -> None:
        """Compare two versions of one symbol, and their children."""
        details = tuple(_differences(old, new))
        interface = kind == "renamed" or any(detail.startswith(_INTERFACE) for detail in details)
        by_name: defaultdict[tuple[str, int], list[_Node]] = defaultdict(list)
        for child, key in _keyed(old.children):
            by_name[key].append(child)
        unchanged = 0
        for child, key in _keyed(new.children):
            if twins := by_name.pop(key, None):
                earlier = len(self._changes)
                self._compare(twins[0], child)
                unchanged += len(self._changes) == earlier
            else:
                self._added.append(child)
        self._removed += [child for children in by_name.values() for child in children]
        if details or kind != "changed":
            members = unchanged if kind != "changed" else 0
            self._changes.append(Change(kind, old.side, new.side, details, interface, members))

    def _match_leftovers(self) -> None:
        """Match removed with added symbols: first those with equal code, then those with similar code."""
        self._match_equal(lambda node: (node.symbol.kind in FUNCTION_KINDS, node.symbol.short_name, node.whole_text()))
        self._match_equal(_code_of)
        if len(self._removed) * len(self._added) > MAX_PAIRS:
            return
        pairs = self._similar_pairs()
        for similarity, old, new in pairs:
            rivals = [pair for pair in pairs if pair[0] == similarity and (pair[1] is old) != (pair[2] is new)]
            if rivals:
                continue  # another pair is just as similar: do not guess
            if any(node is old for node in self._removed) and any(node is new for node in self._added):
                self._pair(old, new)

    def _similar_pairs(self) -> list[tuple[float, _Node, _Node]]:
        """(similarity, removed symbol, added symbol) of those that may be one symbol, most similar first."""
        added = [(node, text.split("\n")) for node in self._added if len(text := node.whole_text()) > MIN_TEXT_LENGTH]
        pairs: list[tuple[float, _Node, _Node]] = []
        for old in self._removed:
            text = old.whole_text()
            if len(text) <= MIN_TEXT_LENGTH:
                continue
            matcher = difflib.SequenceMatcher(None, autojunk=False)
            matcher.set_seq2(text.split("\n"))
            for new, lines in added:
                if old.symbol.kind != new.symbol.kind:
                    continue
                matcher.set_seq1(lines)
                if matcher.quick_ratio() >= MIN_SYMBOL_SIMILARITY:
                    pairs.append((matcher.ratio(), old, new))
        likely = [pair for pair in pairs if pair[0] >= MIN_SYMBOL_SIMILARITY]
        return sorted(likely, key=lambda pair: -pair[0])

    def _match_equal(self, key_of: Callable[[_Node], object]) -> None:
        added: defaultdict[object, list[_Node]] = defaultdict(list)
        removed: defaultdict[object, list[_Node]] = defaultdict(list)
        for node in self._added:
            added[key_of(node)].append(node)
        for node in self._removed:
            removed[key_of(node)].append(node)
        for key, nodes in removed.items():
            if key is not None and len(nodes) == 1 and len(added.get(key, ())) == 1:
                self._pair(nodes[0], added[key][0])

    def _pair(self, old: _Node, new: _Node) -> None:
        self._removed = [node for node in self._removed if node is not old]
        self._added = [node for node in self._added if node is not new]
        same_parent = old.side.path == new.side.path and old.symbol.parent == new.symbol.parent
        self._compare(old, new, "renamed" if same_parent else "moved")


_INTERFACE = ("parameter", "return type", "bases", "raises", "signature", "kind")


def _tree(path: str, version: Version) -> _Node:
    children: defaultdict[str, list[Symbol]] = defaultdict(list)
    for symbol in version.tags.symbols[1:]:
        children[symbol.parent].append(symbol)

    rows = [0, *(line_break.end() for line_break in re.finditer(rb"\n", version.source))]

    def node(symbol: Symbol) -> _Node:
        inner = () if symbol.kind in FUNCTION_KINDS else tuple(children.get(symbol.id, ()))
        whole = Span(0, len(version.source)) if symbol.kind == "file" else symbol.span
        text = _text_in(whole, version.source, symbol, inner)
        row = rows[symbol.selection.start.row]
        return _Node(
            side=Side(path, symbol),
            text=text,
            anonymous=_without_name(text, symbol),
            head=_text_in(Span(whole.start, max(row, whole.start)), version.source, symbol, ()),
            body=_without_name(_text_in(symbol.body, version.source, symbol, inner), symbol) if symbol.body else "",
            children=tuple(node(child) for child in inner),
        )

    return node(version.tags.symbols[0])


def _text_in(span: Span, source: bytes, symbol: Symbol, children: Sequence[Symbol]) -> str:
    """The text of a span without the symbol's children, with LF endings and without the symbol's indentation."""
    start, end = span
    pieces = []
    for child in children:
        if child.span.start >= start and child.span.end <= end:
            pieces.append(source[start : child.span.start])
            start = child.span.end
    pieces.append(source[start:end])
    text = b"".join(pieces).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    column = symbol.range.start.column
    lines = (line[column:] if not line[:column].strip() else line for line in text.split("\n"))
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _without_name(text: str, symbol: Symbol) -> str:
    name = re.escape(symbol.short_name)
    return re.sub(rf"(?<!\w){name}(?!\w)", "\0", text) if name else text


def _code_of(node: _Node) -> tuple[bool, str] | None:
    """What symbols of one code have in common, whatever their names; None if it is too short to tell them apart."""
    text = node.whole_text()
    return (node.symbol.kind in FUNCTION_KINDS, text) if len(text) > MIN_TEXT_LENGTH else None


def _keyed(nodes: Sequence[_Node]) -> Iterator[tuple[_Node, tuple[str, int]]]:
    """Each node with its name and its index among those with the same name."""
    seen: Counter[str] = Counter()
    for node in nodes:
        name = node.symbol.short_name
        yield node, (name, seen[name])
        seen[name] += 1


def _differences(old: _Node, new: _Node) -> Iterator[str]:
    """What differs between two versions of one symbol, in words; nothing if their own text is equal."""
    before, after = old.symbol, new.symbol
    if old.text == new.text and before.short_name == after.short_name:
        return
    if before.kind == "file":
        yield "code outside its definitions"
        return
    if before.kind != after.kind:
        yield f"kind: {before.kind} → {after.kind}"
    interface = list(_interface_differences(before, after))
    yield from interface
    if _without_docs(old.head, before) != _without_docs(new.head, after):
        yield "decorators"
    if (before.doc or "") != (after.doc or ""):
        yield "docs"
    if _without_docs(old.body, before) != _without_docs(new.body, after):
        yield "body"
    elif not before.body and not after.body and "".join(old.anonymous.split()) != "".join(new.anonymous.split()):
        if not interface:
            yield "value" if before.kind in VALUE_KINDS else "signature"
    elif not interface and _without_name(before.signature, before) != _without_name(after.signature, after):
        yield "signature"


def _interface_differences(before: Symbol, after: Symbol) -> Iterator[str]:
    removed = [item for item in before.parameters if item not in after.parameters]
    added = [item for item in after.parameters if item not in before.parameters]
    by_name = {_parameter_name(item): item for item in added}
    for item in removed:
        if (changed := by_name.pop(_parameter_name(item), None)) is not None:
            yield f"parameter `{item}` → `{changed}`"
        else:
            yield f"parameter `{item}` removed"
    for item in by_name.values():
        yield f"parameter `{item}` added"
    if not removed and not added and before.parameters != after.parameters:
        yield "parameters reordered"
    if before.returns != after.returns:
        yield f"return type {_quoted(before.returns)} → {_quoted(after.returns)}"
    if before.bases != after.bases:
        yield f"bases {_quoted(', '.join(before.bases))} → {_quoted(', '.join(after.bases))}"
    for error in after.raises:
        if error not in before.raises:
            yield f"raises `{error}` now"
    for error in before.raises:
        if error not in after.raises:
            yield f"raises `{error}` no longer"


def _parameter_name(parameter: str) -> str:
    """The name in a parameter as written: the last word before the type or default, which suits most languages."""
    declared = re.split(r"=|:", parameter, maxsplit=1)[0]
    words = re.findall(r"[^\W\d]\w*", declared)
    return words[-1] if words else parameter


def _quoted(text: str | None) -> str:
    return f"`{text}`" if text else "none written"


def _without_docs(text: str, symbol: Symbol) -> list[str]:
    """The lines of a text that are not lines of the symbol's docs."""
    docs = Counter(_bare(line) for line in (symbol.doc or "").splitlines())
    kept = []
    for line in text.split("\n"):
        bare = _bare(line)
        if docs[bare]:
            docs[bare] -= 1
        elif bare:
            kept.append(line)
    return kept


def _bare(line: str) -> str:
    return line.strip().strip("\"'").strip("/*#! ").strip()


def _similarity(left: Counter[str], right: Counter[str]) -> float:
    """The number of lines that two texts have in common, as a share of the longer one's."""
    longest = max(left.total(), right.total())
    return (left & right).total() / longest if longest else 0.0
