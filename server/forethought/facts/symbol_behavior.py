"""What the functions and classes of a file do: text about them, and the data to answer questions from.

    bodies = read_bodies(language, source, tags)            one parse a file; see syntax/behavior.py
    behaviors = behaviors_of(bodies, language)              symbol id → Behavior
    behaviors["Jar.open"].text(limit)                       every sentence that fits, in the order of the code
    behaviors["Jar.open"].summary(200)                      the most important of them
    behaviors["Jar.open"].writes / raises / caught …        what it changes, how it fails
    behaviors["Jar.open"].cases_about("path")               what happens when `path` is empty, None …
    member_behavior(tags, behaviors, "Jar", limit)          the same for a class or a file (""), from its functions
    FileBehaviors(language, source, tags)                   all of it, each function read when it is first asked for

Nothing is interpreted: conditions and values are quoted, and a name is found in them by its spelling. Everything is
computed on demand from a file's text, in about a millisecond per function; nothing is stored in the index.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forethought.facts.behavior_text import Sentence, Words, clause_text, condition_text, describe, summary
from forethought.facts.code_quotes import quoted
from forethought.syntax.behavior import BodyReader, FunctionBody
from forethought.syntax.languages import Language
from forethought.syntax.steps import Arm, Scope, Step, all_steps
from forethought.syntax.tags import FileTags, Symbol

MIN_TEXT = 120
"""How many characters the text about a short function may have."""
_CLOSING = re.compile(r"(?:^|[.:>])(?:a?close|Close|dispose|Dispose|fclose|release|unlock|Unlock|shutdown)!?\s*\(")
_CONSTRUCTORS = frozenset({"__init__", "constructor", "initialize", "__construct", "init"})
_NAME = re.compile(r"[^\W\d]\w*[!?]?")


class Write(NamedTuple):
    """A write to something that outlives the call."""

    target: str
    """As written: `self.total`, `cache[key]`."""
    scope: Scope
    value: str
    """As written, after the operator unless that is `=`; just `++` for an increment."""
    row: int
    conditions: tuple[str, ...]
    """Conditions and loops around it, outermost first: `when `x``, `for each `a``. Earlier exits are not listed."""
    in_closure: bool
    """It happens when a function inside this one runs."""


class Caught(NamedTuple):
    what: str
    """As written; empty for anything."""
    is_ignored: bool
    row: int


class Case(NamedTuple):
    """What happens under a condition."""

    condition: str
    """The condition as written."""
    text: str
    """A sentence: `When `not items`, returns `None`.`"""
    row: int


@dataclass(frozen=True, slots=True)
class Behavior:
    """What one function does."""

    steps: tuple[Step, ...]
    words: Words
    writes: tuple[Write, ...]
    raises: tuple[str, ...]
    """What it raises itself, as written, without duplicates; nested functions are not included."""
    caught: tuple[Caught, ...]
    exits: tuple[str, ...]
    """Calls that end the process, as written."""
    opened: tuple[str, ...]
    """What it opens for the duration of a block: `open(path) as file`."""
    closed: tuple[str, ...]
    """Calls that close or release something, deferred ones included."""
    awaits: bool
    yields: bool
    starts: tuple[str, ...]
    """What it starts concurrently: goroutines, background commands."""
    at_least: bool
    """Part of it could not be read: there may be more than this says."""

    def sentences(self, limit: int) -> tuple[Sentence, ...]:
        return describe(self.steps, self.words, limit) if self.steps else ()

    def text(self, limit: int) -> str:
        """What it does, in at most about `limit` characters; empty if nothing can be said."""
        if not self.steps:
            return "" if self.at_least else "Does nothing."
        return " ".join(sentence.text for sentence in self.sentences(limit))

    def summary(self, limit: int) -> str:
        """The most important sentences, for a few lines."""
        return summary(self.steps, self.words, limit) if self.steps else self.text(limit)

    def cases_about(self, name: str) -> tuple[Case, ...]:
        """What happens under each condition that mentions the name, in the order of the code."""
        return tuple(case for case in self.cases() if name in _NAME.findall(case.condition))

    def cases(self) -> Iterator[Case]:
        """What happens under each condition. The sentences name the conditions around it, too."""
        yield from _cases(self.steps, self.words, ())

    def early_returns(self) -> tuple[Case, ...]:
        """What makes it return before its end, in the order of the code; functions inside are not included."""
        return tuple(_early_returns(self.steps, self.words, (), may_be_last=True))


_QUOTE = 60


def _cases(steps: Sequence[Step], words: Words, around: tuple[str, ...]) -> Iterator[Case]:
    for step in steps:
        if step.kind == "define":
            continue
        for arm in step.arms:
            conditions = (*around, *_condition(step, arm, words))
            if step.kind == "if" and arm.text and arm.steps:
                yield Case(arm.text, _sentence(conditions, arm.steps, words), arm.row)
            elif step.kind == "switch" and step.text:
                yield Case(f"{step.text} {arm.text}", _sentence(conditions, arm.steps, words), arm.row)
            if arm.kind != "closure":
                yield from _cases(arm.steps, words, conditions)


def _sentence(conditions: Sequence[str], steps: Sequence[Step], words: Words) -> str:
    head = ", ".join(conditions)
    return f"{head[:1].upper()}{head[1:]}, {clause_text(steps, words) if steps else 'does nothing'}."


def _early_returns(
    steps: Sequence[Step], words: Words, conditions: tuple[str, ...], may_be_last: bool
) -> Iterator[Case]:
    """may_be_last: nothing of the function follows the steps"""
    for number, step in enumerate(steps):
        is_last = may_be_last and number == len(steps) - 1
        if step.kind == "return" and conditions and not is_last:
            yield Case(", ".join(conditions), _sentence(conditions, (step,), words), step.row)
        if step.kind == "define":
            continue
        for arm in step.arms:
            if arm.kind != "closure":
                inner = (*conditions, *_condition(step, arm, words))
                yield from _early_returns(arm.steps, words, inner, is_last and step.kind != "loop")


def text_limit(symbol: Symbol) -> int:
    """How long the text about a function may be: half the length of its code, not counting documentation."""
    length = symbol.span.end - symbol.span.start - len(symbol.doc or "")
    return max(MIN_TEXT, length // 2)


def behaviors_of(bodies: Mapping[str, FunctionBody], language: Language) -> dict[str, Behavior]:
    """Symbol id → behavior, for the bodies read from one file."""
    words = _words(language)
    return {symbol_id: _behavior(body, words) for symbol_id, body in bodies.items()}


class FileBehaviors:
    """What the functions of one file do, each read when it is first asked for. Threads may share it."""

    def __init__(self, language: Language, source: bytes, tags: FileTags) -> None:
        """`tags` must be those of `source`."""
        self._tags = tags
        self._words = _words(language)
        self._reader = BodyReader(language, source, tags)
        self._known: dict[str, Behavior | None] = {}

    def behavior(self, symbol_id: str) -> Behavior | None:
        """What a function or method does; None for other symbols, and where there is no body or no rule for it."""
        if symbol_id not in self._known:
            symbol = self._tags.symbol(symbol_id)
            body = self._reader.read(symbol) if symbol is not None else None
            self._known[symbol_id] = _behavior(body, self._words) if body is not None else None
        return self._known[symbol_id]

    def member_behavior(self, owner_id: str, limit: int) -> str:
        """`member_behavior` of a class or the file (`""`)."""
        owner = self._tags.symbol(owner_id)
        members = [symbol.id for symbol in self._tags.symbols if owner is not None and _is_member(symbol, owner)]
        behaviors = {member: behavior for member in members if (behavior := self.behavior(member)) is not None}
        return member_behavior(self._tags, behaviors, owner_id, limit)


def _words(language: Language) -> Words:
    rules = language.behavior
    return Words.of(rules.words, rules.shell, rules.bare_calls) if rules is not None else Words()


def _is_member(symbol: Symbol, owner: Symbol) -> bool:
    return bool(symbol.id) and symbol.name.rpartition(".")[0] == owner.name


def _behavior(body: FunctionBody, words: Words) -> Behavior:
    own = list(all_steps(body.steps))
    inner = [_write(step, (), in_closure) for step, in_closure in body.writes]
    calls = [step.text for step in own if step.kind in ("call", "defer", "evaluate")]
    return Behavior(
        steps=body.steps,
        words=words,
        writes=tuple(sorted([*_writes(body.steps, words), *inner], key=lambda write: write.row)),
        raises=_distinct(step.text for step in own if step.kind == "raise" and step.text),
        caught=tuple(
            Caught("" if arm.kind == "catch_any" else arm.text, not arm.steps, arm.row)
            for step in own
            for arm in step.arms
            if arm.kind in ("catch", "catch_any")
        ),
        exits=_distinct(step.text for step in own if step.kind == "exit"),
        opened=_distinct(step.text for step in own if step.kind == "with" and step.value in ("", "using", "lock")),
        closed=_distinct(text for text in calls if _CLOSING.search(text)),
        awaits=body.awaits,
        yields=any(step.kind == "yield" for step in own),
        starts=_distinct(step.text for step in own if step.kind == "start"),
        at_least=not body.is_complete,
    )


def _writes(
    steps: Sequence[Step], words: Words, conditions: tuple[str, ...] = (), in_closure: bool = False
) -> Iterator[Write]:
    for step in steps:
        if step.kind == "write":
            yield _write(step, conditions, in_closure)
        elif step.kind == "delete" and step.scope != "local":
            yield Write(step.text, step.scope, "", step.row, conditions, in_closure)
        if step.kind == "define":  # a symbol of its own
            continue
        for arm in step.arms:
            yield from _writes(
                arm.steps, words, (*conditions, *_condition(step, arm, words)), in_closure or arm.kind == "closure"
            )


def _write(step: Step, conditions: tuple[str, ...], in_closure: bool) -> Write:
    value = step.value if step.operator in ("=", ":=") else f"{step.operator} {step.value}".strip()
    return Write(step.text, step.scope, value, step.row, conditions, in_closure)


def _condition(step: Step, arm: Arm, words: Words) -> tuple[str, ...]:
    match arm.kind:
        case "when" | "unless" | "absent" | "under":
            if step.kind == "switch":
                return (f"in the case that {quoted(step.text, _QUOTE)} is {quoted(arm.text, _QUOTE)}",)
            return (condition_text(arm, words),) if arm.text else ()
        case "else" if step.kind == "switch":
            subject = f" of {quoted(step.text, _QUOTE)}" if step.text else ""
            return (f"if no other case{subject} applies",)
        case "else":
            first = step.arms[0]
            if len(step.arms) == 2 and first.text and first.kind in ("when", "unless"):
                opposite = first._replace(kind="unless" if first.kind == "when" else "when")
                return (condition_text(opposite, words),)
            return ("otherwise",)
        case "catch" | "catch_any":
            return (f"on {quoted(arm.text, _QUOTE)}",) if arm.text else ("on any error",)
        case "body" if step.kind == "loop":
            return (f"for each {quoted(step.text, _QUOTE)}",) if step.operator == "each" else ("in a loop",)
    return ()


def member_behavior(tags: FileTags, behaviors: Mapping[str, Behavior], owner_id: str, limit: int) -> str:
    """What the methods of a class, or the functions of a file (`""`), change and raise, in about `limit` characters.

    Constructors are left out of what is changed. Empty when there is nothing to say.
    """
    owner = tags.symbol(owner_id)
    if owner is None:
        return ""
    scope: Scope = "attribute" if owner_id else "outer"
    changed: dict[str, list[str]] = {}
    raised: dict[str, list[str]] = {}
    entered: dict[str, list[str]] = {}
    words = Words()
    for symbol in tags.symbols[1:]:
        behavior = behaviors.get(symbol.id)
        if behavior is None or not _is_member(symbol, owner):
            continue
        words = behavior.words
        name = symbol.short_name
        if name not in _CONSTRUCTORS and name != owner.short_name:
            for write in behavior.writes:
                if write.scope == scope:
                    _add(changed, _attribute(write.target), name)
        for what in behavior.raises:
            if exception := _exception(what):
                _add(raised, exception, name)
        for what in behavior.opened:
            _add(entered, what, name)
    verb = "throw" if words.raises == "throws" else "raise"
    tables = [(does, table) for does, table in (("change", changed), (verb, raised), ("enter", entered)) if table]
    groups = _MAX_GROUPS
    parts = [f"{does} {_grouped(table, groups)}" for does, table in tables]
    while sum(len(part) + 5 for part in parts) > limit and (groups > 1 or len(parts) > 1):
        if len(parts) > 1:
            tables.pop()
        else:
            groups -= 1
        parts = [f"{does} {_grouped(table, groups)}" for does, table in tables]
    subject = "Its methods" if owner_id else "Its functions"
    return f"{subject} {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}." if parts else ""


_ATTRIBUTE = re.compile(r"^[*(&]*((?:\$?\w+(?:\.|->|::))?@{0,2}\$?\w+)")
_EXCEPTION = re.compile(r"^(?:new\s+)?([\w.:\\]+)")


def _attribute(target: str) -> str:
    """`self.jar` of `self.jar[key].size`."""
    found = _ATTRIBUTE.match(target)
    return found[1] if found else target


def _exception(what: str) -> str:
    """The class's name in `new Foo("x")`, `Foo("x") from e`; empty for a variable."""
    found = _EXCEPTION.match(what)
    return found[1] if found and found[1].rpartition(".")[2][:1].isupper() else ""


def _add(table: dict[str, list[str]], key: str, name: str) -> None:
    names = table.setdefault(key, [])
    if name not in names:
        names.append(name)


_MAX_GROUPS = 5
_MAX_NAMES = 3


def _grouped(table: Mapping[str, Sequence[str]], count: int) -> str:
    shown = [
        f"{quoted(key, _QUOTE)} (in {', '.join(f'`{name}`' for name in names[:_MAX_NAMES])}"
        f"{' …' if len(names) > _MAX_NAMES else ''})"
        for key, names in list(table.items())[:count]
    ]
    return ", ".join(shown) + (f" and {len(table) - count} more" if len(table) > count else "")


def _distinct(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
