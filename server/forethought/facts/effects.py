"""A function's effects beyond the process's memory: files, network, processes, clocks …, direct or through calls.

Direct effects are the calls in its body of library names that `effects.toml` lists, resolved through imports and types.
Calls that resolve to exactly one definition of the repository are then followed, breadth first, so each effect comes
with a shortest path. An effect means that some path through the code has it. Nothing is guessed: whatever cannot be
seen makes the result a lower bound (`at_least`).

Everything is computed on demand from the indexed tags, and cached per file in the resolver's query cache.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from forethought.errors import Cancelled
from forethought.facts.call_graph import Call, find_calls
from forethought.facts.class_hierarchy import constructor, subclasses
from forethought.facts.location import Location
from forethought.names.external_names import ExternalNames, Meaning
from forethought.names.file_names import FileNames, Target
from forethought.names.resolver import Resolver
from forethought.syntax.effect_rules import Category, EffectRules
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.syntax.tags import Range, Reference

MAX_SYMBOLS = 300
"""How many definitions are followed from one; effects beyond them are not seen."""
MAX_UNSEEN = 20
"""How many calls with unknown effects are listed."""

LABELS: dict[Category, str] = {
    "file_read": "reads the file system",
    "file_write": "writes to the file system",
    "file": "uses the file system",
    "network": "uses the network",
    "process": "starts or ends processes",
    "environment": "depends on the environment",
    "clock": "reads the clock",
    "sleep": "sleeps",
    "random": "uses randomness",
    "database": "uses a database",
    "log": "logs or prints",
    "wait": "waits",
}
WRITES_TO_DISK: frozenset[Category] = frozenset({"file_write", "file"})
BLOCKS: frozenset[Category] = frozenset(
    {"network", "process", "sleep", "wait", "database", "file_read", "file_write", "file"}
)
"""Effects that may block the caller."""

_MAX_IMPLEMENTATIONS = 12
_TESTS = re.compile(r"(^|/)(tests?|specs?|__tests__)/|(^|/)(test_[^/]*|conftest)\.py$|[._]test\.|Test\.")
_MODE = re.compile(r"""(?:mode\s*[=:]\s*)?[rbuf]?["']([rwaxbtUe+]{1,4})["']""")
_OTHER_KEYWORD = re.compile(r"(?!mode\b)\w+\s*[=:](?!=)")
_TOKEN = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'|[(){}\[\],\n]""")
_ACCESS = re.compile(r"(?:::|\?->|->|\?\.|!!\.|&\.|\.|:)$")
_HARMLESS = frozenset({"unwrap", "expect", "__enter__"})
"""Methods that only return what they are called on."""
_LITERAL = re.compile(r"[rbuf]{0,2}[\"'`][^\"'`]*[\"'`]$")
_STANDARD_STREAM = re.compile(r"(?:std::)?std(in|out|err)", re.IGNORECASE)
_FILES: frozenset[Category | None] = frozenset({"file_read", "file_write", "file"})
_OVERLOAD = re.compile(r"#\d+$")
_BRACKETS_END = frozenset({")", "]", "}"})
_ARGUMENT = 300
"""How many bytes of a call's arguments are examined."""


class Effect(NamedTuple):
    """A call with an effect."""

    category: Category
    call: str
    """What is called, as written: `self._session.get`."""
    path: str
    range: Range
    """The called name in the file `path`."""
    via: tuple[Target, ...] = ()
    """The definitions on the path, from the first one called to the one that makes this call; empty if direct."""
    is_certain: bool = True
    """False if the path leads through an override of the method that is called: only some implementations have it."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of one definition."""

    nearest: tuple[Effect, ...] = ()
    """One per category, with the shortest path to it; direct ones first."""
    direct: tuple[Effect, ...] = ()
    """All effects of its own body, in order."""
    at_least: bool = False
    """There may be more: some calls are unresolved or have unknown effects."""
    unseen: tuple[str, ...] = ()
    """Such calls in its own body, as written."""

    def among(self, categories: frozenset[Category]) -> tuple[Effect, ...]:
        """Those in some categories, such as `WRITES_TO_DISK` or `BLOCKS`, nearest first."""
        return tuple(effect for effect in self.nearest if effect.category in categories)


@dataclass(slots=True)
class _Scope:
    """The calls of one definition's own body."""

    effects: list[Effect] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    is_partial: bool = False
    """Something other than a call may have effects, too."""


RulesOf = Callable[[str], EffectRules | None]
SourceOf = Callable[[str], bytes | None]


def effects_of(
    resolver: Resolver,
    target: Target,
    rules_of: RulesOf,
    source_of: SourceOf = lambda path: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Effects:
    """The effects of a function or method, or of a class's constructor.

    rules_of: language name → its table
    source_of: path → the indexed text, which tells how a file is opened; None if unavailable
    Raises Cancelled as soon as `cancelled` returns true.
    """
    own = _scope(resolver, target, rules_of, source_of)
    nearest: dict[Category, Effect] = {}
    at_least = False
    seen = {target}
    known_subclasses: dict[Target, tuple[Location, ...]] = {}
    waiting: deque[_Visit] = deque([_Visit(target)])
    while waiting:
        if cancelled():
            raise Cancelled
        visit = waiting.popleft()
        scope = _scope(resolver, visit.symbol, rules_of, source_of)
        following = [(callee, visit.is_certain) for callee in scope.targets]
        is_abstract = is_declared_only(resolver, visit.symbol)
        if is_abstract or visit.via:  # a method that is called may be an override
            overrides = implementations(resolver, visit.symbol, known_subclasses)
            following += [(override, False) for override in overrides]
        at_least = at_least or is_abstract
        at_least = at_least or scope.is_partial or bool(scope.unseen)
        for effect in scope.effects:
            if effect.category not in nearest or (visit.is_certain and not nearest[effect.category].is_certain):
                nearest[effect.category] = effect._replace(via=visit.via, is_certain=visit.is_certain)
        for callee, is_certain in following:
            if len(seen) >= MAX_SYMBOLS:
                at_least = True
            elif callee not in seen:
                seen.add(callee)
                waiting.append(_Visit(callee, (*visit.via, callee), is_certain))
    return Effects(tuple(nearest.values()), tuple(own.effects), at_least, tuple(dict.fromkeys(own.unseen))[:MAX_UNSEEN])


class _Visit(NamedTuple):
    symbol: Target
    via: tuple[Target, ...] = ()
    is_certain: bool = True


def is_declared_only(resolver: Resolver, target: Target) -> bool:
    """Whether a method is abstract: it has no body, or only raises that subclasses must implement it."""
    names = resolver.names(target.path)
    symbol = names.symbols.get(target.symbol_id) if names is not None else None
    if symbol is None or symbol.kind != "method":
        return False
    return symbol.body is None or symbol.raises in (("NotImplementedError",), ("NotImplementedException",))


def implementations(
    resolver: Resolver, method: Target, known_subclasses: dict[Target, tuple[Location, ...]] | None = None
) -> list[Target]:
    """The methods of subclasses that implement or override a method, except those in tests.

    known_subclasses: by class, for a caller that asks about several methods; filled in
    """
    owner = resolver.owner(method)
    if owner is None:
        return []
    known = {} if known_subclasses is None else known_subclasses
    if owner not in known:
        known[owner] = subclasses(resolver, owner)
    name = _OVERLOAD.sub("", method.symbol_id.rpartition(".")[2])
    found: dict[Target, None] = {}
    for place in known[owner][:_MAX_IMPLEMENTATIONS]:
        members = resolver.member(Target(place.path, place.symbol_id), name)
        if len(members) == 1 and members[0] != method and not _TESTS.search(members[0].path):
            found[members[0]] = None
    return list(found)


def effect_text(effect: Effect, max_names: int | None = None) -> str:
    """`uses the network: `httpcore.request`, through `send` → `_send_once``.

    max_names: on a longer path, the names in the middle are left out
    """
    names = [_OVERLOAD.sub("", target.symbol_id.rpartition(".")[2]) or target.path for target in effect.via]
    names = [f"`{name}`" for name, _ in groupby(names)]  # a class and its constructor
    if max_names is not None and len(names) > max_names:
        names = [*names[: max_names - 1], "…", names[-1]]
    through = f", through {' → '.join(names)}" if names else ""
    possibly = "" if effect.is_certain else " in some implementations"
    return f"{LABELS[effect.category]}{possibly}: `{effect.call}`{through}"


def _scope(resolver: Resolver, target: Target, rules_of: RulesOf, source_of: SourceOf) -> _Scope:
    names = resolver.names(target.path)
    symbol = names.symbols.get(target.symbol_id) if names is not None else None
    scopes = _scopes(resolver, target.path, rules_of, source_of)
    if symbol is None or symbol.kind not in CLASS_KINDS:
        rules = rules_of(names.tags.language) if names is not None else None
        return scopes.get(target.symbol_id, _Scope(is_partial=rules is None or rules.partial))
    called = constructor(resolver, target)
    return _Scope(targets=[called] if called is not None else [], is_partial=called is None)


def _scopes(resolver: Resolver, path: str, rules_of: RulesOf, source_of: SourceOf) -> dict[str, _Scope]:
    """Symbol id → what its own body calls. Cached with the file's other results."""
    key = ("effects", None)
    known: dict[str, _Scope] | None = resolver.query_cache.file(path).results.get(key)
    if known is not None:
        return known
    calls = find_calls(resolver, path)
    names = resolver.names(path)
    found: dict[str, _Scope] = {}
    rules = rules_of(names.tags.language) if names is not None else None
    if names is not None and rules is not None:
        with resolver.record_dependencies(path):
            tags = resolver.snapshot.tags(path)
            reader = _FileReader(names, rules, path, source_of)
            for call_name, one_name in calls.items():
                for call in one_name:
                    reader.add_call(found.setdefault(call.scope, _Scope()), call_name, call)
            reader.add_uses(found, tags.references if tags is not None else ())
        for scope in found.values():
            scope.effects.sort(key=lambda effect: effect.range)
            scope.is_partial = rules.partial
    resolver.query_cache.file(path).results[key] = found
    return found


class _FileReader:
    """Reads the effects from one file's references."""

    def __init__(self, names: FileNames, rules: EffectRules, path: str, source_of: SourceOf) -> None:
        self._names = names
        self._rules = rules
        self._path = path
        self._source_of = source_of
        self._lines: Sequence[bytes] | None = None
        self._external = ExternalNames(names, rules.implicit, rules.globals)

    def add_call(self, scope: _Scope, name: str, call: Call) -> None:
        if len(call.targets) == 1:
            scope.targets.append(call.targets[0])
            return
        written = self._written(name, call.receiver, call.range)
        category, is_known = (None, False) if call.targets else self._category(name, call)
        if category is not None:
            scope.effects.append(Effect(category, written, self._path, call.range))
        elif not is_known:
            scope.unseen.append(written)

    def _category(self, name: str, call: Call) -> tuple[Category | None, bool]:
        """(the category of a call that leaves the repository, whether its effect is known)."""
        if call.receiver is not None and (name in _HARMLESS or _LITERAL.match(call.receiver)):
            return None, True
        meanings = self._external.of(call.scope, name, call.receiver, call.range.start)
        known = {self._known(meaning, call.range) for meaning in meanings}
        if len(known) == 1 and (only := known.pop()) is not None:
            is_of_result = (call.receiver or "").endswith(")")  # `open(path).close()`: the call before is the effect
            before = {name.rpartition(".")[0] for meaning in meanings for name in meaning} if is_of_result else ()
            return None if any(self._rules.category(name) == only[0] for name in before) else only[0], True
        if call.receiver is not None and name in self._rules.methods:
            return self._rules.methods[name], True
        return None, False

    def _known(self, meaning: Meaning, where: Range) -> tuple[Category | None] | None:
        """(category,) of a call, (None,) if it has no effect; None if nothing is known about it."""
        for name in meaning:
            if self._rules.open.fullmatch(name):
                return (self._opened(where),)
            if name in self._rules.without_arguments:
                return (self._rules.without_arguments[name],) if self._argument_list(where) == [] else None
            category = self._rules.category(name)
            if category in _FILES and (stream := self._standard_stream(where)) is not None:
                return (stream,)
            if category is not None:
                return (category,)
        return (None,) if any(self._rules.pure.fullmatch(name) for name in meaning) else None

    def _written(self, name: str, receiver: str | None, where: Range) -> str:
        if receiver is None:
            return name
        row, column = where.start
        rows = self._rows(row, 1)
        found = _ACCESS.search(rows[0][:column].decode("utf-8", "replace")) if rows else None
        return f"{receiver}{found[0] if found else '.'}{name}"

    def _rows(self, row: int, count: int) -> Sequence[bytes]:
        if self._lines is None:
            source = self._source_of(self._path)
            self._lines = source.split(b"\n") if source is not None else ()
        return self._lines[row : row + count]

    def _opened(self, where: Range) -> Category:
        """Whether a file is opened for reading or writing, by the mode argument; the default is reading."""
        arguments = self._argument_list(where)
        if arguments is None:
            return "file"
        modes = [argument for argument in arguments[1:] if not _OTHER_KEYWORD.match(argument)]
        if not modes:
            return "file_read"
        found = next((match for argument in modes if (match := _MODE.fullmatch(argument))), None)
        if found is None:
            return "file"
        return "file_write" if set(found[1]) & set("wax+") else "file_read"

    def _standard_stream(self, where: Range) -> Category | None:
        """What is done to a standard stream among the arguments: `fputs(line, stderr)` logs."""
        for argument in self._argument_list(where) or ():
            if found := _STANDARD_STREAM.fullmatch(argument):
                return "wait" if found[1].lower() == "in" else "log"
        return None

    def _argument_list(self, where: Range) -> list[str] | None:
        """The first few arguments of a call, as written; None if the text is unavailable."""
        row, column = where.end
        rows = self._rows(row, 4)
        if not rows:
            return None
        text = b"\n".join([rows[0][column:], *rows[1:]])[:_ARGUMENT].decode("utf-8", "replace")
        return [argument for argument in _arguments(text) if argument]

    def add_uses(self, found: dict[str, _Scope], references: Sequence[Reference]) -> None:
        """Add names that are read rather than called and, in C++, what declarations construct."""
        lasts = {name.rpartition(".")[2] for name in self._rules.read}
        for reference in references:
            if reference.name not in lasts or reference.kind not in ("attribute", "name", "type"):
                continue
            meanings = self._external.of(reference.scope, reference.name, reference.receiver, reference.range.start)
            names = {name for meaning in meanings for name in meaning} if len(meanings) == 1 else set()
            category = next((self._rules.read[name] for name in names if name in self._rules.read), None)
            if category is not None:
                written = self._written(reference.name, reference.receiver, reference.range)
                effect = Effect(category, written, self._path, reference.range)
                found.setdefault(reference.scope, _Scope()).effects.append(effect)
        if self._names.tags.language != "cpp":
            return
        for binding in self._names.tags.bindings:
            if binding.annotation is None or not (binding.value or "").startswith(("(", "{")):
                continue
            meanings = self._external.of_type(binding.scope, binding.annotation, binding.range.start)
            known = self._known(meanings[0], binding.range) if len(meanings) == 1 else None
            if known is not None and known[0] is not None:
                effect = Effect(known[0], binding.annotation, self._path, binding.range)
                found.setdefault(binding.scope, _Scope()).effects.append(effect)


def _arguments(text: str) -> list[str]:
    """The arguments of a call, in the text behind what is called."""
    text = text.lstrip()
    depth = 0
    arguments: list[str] = []
    start = 1 if text.startswith("(") else 0
    bare = start == 0
    for found in _TOKEN.finditer(text):
        sign = found[0]
        depth += (sign in ("(", "[", "{")) - (sign in _BRACKETS_END)
        ends = (depth <= 0 and sign in _BRACKETS_END) or (bare and sign in ("\n", "{"))
        if ends or (sign == "," and depth == (0 if bare else 1)):
            arguments.append(text[start : found.start()].strip())
            start = found.end()
        if ends:
            return arguments
    return [*arguments, text[start:].strip()]
