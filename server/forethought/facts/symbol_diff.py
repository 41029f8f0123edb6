"""What differs between two versions of some files, symbol by symbol: added, removed, changed, renamed, moved. Pure.

A symbol is the same one when it stands under the same name in the same place. What is missing on one side is looked for
on the other by its own text with its name left out, and then by likeness: moved and renamed code is recognised as such.
"""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Span, Symbol

ChangeKind = Literal["added", "removed", "changed", "renamed", "moved"]

SAME_FILE = 0.5
"""Share of common lines from which a file that came is one that went away, under another name."""
SAME_CODE = 0.75
"""Likeness (difflib's ratio over lines) from which a symbol that came is one that went away."""
MIN_TEXT = 40
"""Characters that a symbol needs to be recognised under another name: one-liners are all alike."""
MAX_COMPARED = 4_000
"""Pairs whose likeness is looked at; with more, only equal code is recognised."""


@dataclass(frozen=True, slots=True)
class Version:
    """One file at one time."""

    tags: FileTags
    source: bytes


@dataclass(frozen=True, slots=True)
class Side:
    """A symbol in one version."""

    path: str
    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Change:
    """One symbol that differs. `before` is None for what was added, `after` for what was removed."""

    kind: ChangeKind
    before: Side | None
    after: Side | None
    details: tuple[str, ...] = ()
    """What differs, each a few plain words with code in back-ticks."""
    interface_changed: bool = False
    """Whether its users can notice without looking inside: name, parameters, result, bases, exceptions."""
    members: int = 0
    """Symbols inside that came, went or moved along with it, and are not listed on their own."""

    @property
    def place(self) -> Side:
        place = self.after or self.before
        assert place is not None, "a change has at least one side"
        return place


def compare(before: Mapping[str, Version], after: Mapping[str, Version]) -> list[Change]:
    """Every symbol that differs between two versions of some files (path → version), by path and place."""
    return sorted(
        _Comparison(before, after).run(),
        key=lambda change: (change.place.path, change.place.symbol.range, change.kind),
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A symbol with what stands in it. What is inside a function belongs to the function."""

    place: Side
    text: str
    """Its own text, without its children: LF endings, indentation of its own taken away."""
    anonymous: str
    """The same without its name."""
    head: str
    """What stands before its name, such as decorators and doc comments."""
    body: str
    """Its body without its children and without its name; empty where it has none."""
    children: "tuple[_Node, ...]"

    @property
    def symbol(self) -> Symbol:
        return self.place.symbol

    def size(self) -> int:
        return sum(1 + child.size() for child in self.children)

    def whole(self) -> str:
        return "\n".join([self.anonymous, *(child.whole() for child in self.children)])


class _Comparison:
    def __init__(self, before: Mapping[str, Version], after: Mapping[str, Version]) -> None:
        self._before = {path: _tree(path, version) for path, version in before.items()}
        self._after = {path: _tree(path, version) for path, version in after.items()}
        self._gone: list[_Node] = []
        self._come: list[_Node] = []
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
            self._gone += self._before[path].children
        for path in new_only:
            self._come += self._after[path].children
        self._match_rest()
        self._changes += [Change("removed", node.place, None, members=node.size()) for node in self._gone]
        self._changes += [Change("added", None, node.place, members=node.size()) for node in self._come]
        for path in old_only:
            self._changes.append(Change("removed", self._before[path].place, None))
        for path in new_only:
            self._changes.append(Change("added", None, self._after[path].place))
        return self._changes

    def _renamed_files(self, old_paths: Sequence[str], new_paths: Sequence[str]) -> list[tuple[str, str]]:
        """Pairs of a file that went and one that came, the most alike first."""
        if len(old_paths) * len(new_paths) > MAX_COMPARED:
            return []
        lines = {
            node.place.path: Counter(line for line in node.whole().split("\n") if line.strip())
            for node in (*(self._before[path] for path in old_paths), *(self._after[path] for path in new_paths))
        }
        likeness = sorted(
            ((_common(lines[old], lines[new]), old, new) for old in old_paths for new in new_paths),
            key=lambda item: (-item[0], item[1], item[2]),
        )
        found: list[tuple[str, str]] = []
        taken: set[str] = set()
        for share, old, new in likeness:
            if share >= SAME_FILE and old not in taken and new not in taken:
                taken |= {old, new}
                found.append((old, new))
        return found

    def _compare(self, old: _Node, new: _Node, kind: Literal["changed", "renamed", "moved"] = "changed") -> None:
        """Two versions of one symbol, and then what stands in them."""
        details = tuple(_differences(old, new))
        interface = kind == "renamed" or any(detail.startswith(_INTERFACE) for detail in details)
        by_name: defaultdict[tuple[str, int], list[_Node]] = defaultdict(list)
        for child, key in _keyed(old.children):
            by_name[key].append(child)
        same = 0
        for child, key in _keyed(new.children):
            if twins := by_name.pop(key, None):
                earlier = len(self._changes)
                self._compare(twins[0], child)
                same += len(self._changes) == earlier
            else:
                self._come.append(child)
        self._gone += [child for left in by_name.values() for child in left]
        if details or kind != "changed":
            members = same if kind != "changed" else 0
            self._changes.append(Change(kind, old.place, new.place, details, interface, members))

    def _match_rest(self) -> None:
        """Recognise what went away among what came: first equal code, then alike code."""
        self._match_equal(lambda node: (node.symbol.kind in FUNCTION_KINDS, node.symbol.short_name, node.whole()))
        self._match_equal(
            lambda node: (node.symbol.kind in FUNCTION_KINDS, node.whole()) if len(node.whole()) > MIN_TEXT else None
        )
        if len(self._gone) * len(self._come) > MAX_COMPARED:
            return
        pairs: list[tuple[float, int, _Node, _Node]] = []
        for old in self._gone:
            matcher = difflib.SequenceMatcher(None, autojunk=False)
            matcher.set_seq2(old.whole().split("\n"))
            for new in self._come:
                if old.symbol.kind != new.symbol.kind or min(len(old.whole()), len(new.whole())) <= MIN_TEXT:
                    continue
                matcher.set_seq1(new.whole().split("\n"))
                if matcher.quick_ratio() >= SAME_CODE and (ratio := matcher.ratio()) >= SAME_CODE:
                    pairs.append((ratio, len(pairs), old, new))
        for ratio, number, old, new in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
            rivals = [pair for pair in pairs if pair[0] == ratio and pair[1] != number]
            if any(rival[2] is old or rival[3] is new for rival in rivals):
                continue  # as alike as another one: nothing is guessed
            if any(node is old for node in self._gone) and any(node is new for node in self._come):
                self._pair(old, new)

    def _match_equal(self, key_of: Callable[[_Node], object]) -> None:
        come: defaultdict[object, list[_Node]] = defaultdict(list)
        gone: defaultdict[object, list[_Node]] = defaultdict(list)
        for node in self._come:
            come[key_of(node)].append(node)
        for node in self._gone:
            gone[key_of(node)].append(node)
        for key, nodes in gone.items():
            if key is not None and len(nodes) == 1 and len(come.get(key, ())) == 1:
                self._pair(nodes[0], come[key][0])

    def _pair(self, old: _Node, new: _Node) -> None:
        self._gone = [node for node in self._gone if node is not old]
        self._come = [node for node in self._come if node is not new]
        same_place = old.place.path == new.place.path and old.symbol.parent == new.symbol.parent
        self._compare(old, new, "renamed" if same_place else "moved")


_INTERFACE = ("parameter", "return type", "bases", "raises", "signature", "kind")
_VALUE_KINDS = frozenset({"constant", "variable"})


def _tree(path: str, version: Version) -> _Node:
    children: defaultdict[str, list[Symbol]] = defaultdict(list)
    for symbol in version.tags.symbols[1:]:
        children[symbol.parent].append(symbol)

    rows = [0, *(found.end() for found in re.finditer(rb"\n", version.source))]

    def node(symbol: Symbol) -> _Node:
        inner = () if symbol.kind in FUNCTION_KINDS else tuple(children.get(symbol.id, ()))
        whole = Span(0, len(version.source)) if symbol.kind == "file" else symbol.span
        text = _text_in(whole, version.source, symbol, inner)
        row = rows[symbol.selection.start.row]
        return _Node(
            place=Side(path, symbol),
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


def _keyed(nodes: Sequence[_Node]) -> Iterator[tuple[_Node, tuple[str, int]]]:
    """Each node with its name and its number among those of the same name."""
    seen: Counter[str] = Counter()
    for node in nodes:
        name = node.symbol.short_name
        yield node, (name, seen[name])
        seen[name] += 1


def _differences(old: _Node, new: _Node) -> Iterator[str]:
    """What differs between two versions of one symbol, in plain words; nothing when their own text is the same."""
    before, after = old.symbol, new.symbol
    if old.text == new.text and before.short_name == after.short_name:
        return
    if before.kind == "file":
        yield "code outside of its definitions"
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
            yield "value" if before.kind in _VALUE_KINDS else "signature"
    elif not interface and _without_name(before.signature, before) != _without_name(after.signature, after):
        yield "signature"


def _interface_differences(before: Symbol, after: Symbol) -> Iterator[str]:
    gone = [item for item in before.parameters if item not in after.parameters]
    come = [item for item in after.parameters if item not in before.parameters]
    names = {_parameter_name(item): item for item in come}
    for item in gone:
        if (now := names.pop(_parameter_name(item), None)) is not None:
            yield f"parameter `{item}` → `{now}`"
        else:
            yield f"parameter `{item}` removed"
    for item in names.values():
        yield f"parameter `{item}` added"
    if not gone and not come and before.parameters != after.parameters:
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
    """The name in a parameter as written; in most languages it is the first word, or the last before the default."""
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


def _common(left: Counter[str], right: Counter[str]) -> float:
    """The share of lines that two texts have in common, of the longer one's."""
    longest = max(left.total(), right.total())
    return (left & right).total() / longest if longest else 0.0
