"""Answers of fact, as text: worked out from the index each time, never generated."""

import re
from collections.abc import Callable, Sequence

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.symbol_facts import Place, SymbolFacts
from forethought.names.file_names import CLASS_KINDS, FUNCTION_KINDS
from forethought.names.resolver import Resolver, Target
from forethought.qa.intent import Intent, closest_names
from forethought.qa.question import Referent
from forethought.repo.blame import LastChange
from forethought.syntax.decorators import decorators_of
from forethought.syntax.parameters import Parameter, default_in_pattern, read_parameter
from forethought.syntax.tags import Symbol
from forethought.workspace.symbol_info import SymbolInfo

MAX_LISTED = 20
"""Places that an answer of fact lists before it says how many more there are."""

_MAX_VALUE_LENGTH, _MAX_DECORATOR_LENGTH = 50, 160
"""Characters of a constant with its value, and of a decorator, in a list."""

_MAX_CANDIDATES_LISTED = 5
"""Calls that may mean something, shown beside those that do."""

_SEPARATORS = frozenset({"*", "/"})

Text = tuple[str, tuple[Place, ...]]
"""An answer, and the places that it names."""


def fact_text(item: Referent, intent: Intent, others: Sequence[Target] = ()) -> Text:
    """The answer of fact, and the places that it names.

    others: the definitions that `intent.other` may mean, in the same root.
    """
    subject = _Subject(item, intent, others)
    return _TEXTS[intent.aspect](subject)


def has_parameter(item: Referent, name: str) -> bool:
    subject = _Subject(item, Intent("parameters", None, other=name), ())
    return _parameter(subject, subject.callable()[0]) is not None


def shown_path(path: str) -> str:
    """A path as a line of text shows it: what a terminal or a list would take for more than a letter is replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in path)


def where(symbol_info: SymbolInfo) -> str:
    return f"{shown_path(symbol_info.path)}:{symbol_info.symbol.selection.start.row + 1}"


class _Subject:
    """What is asked about, and what is asked of it."""

    def __init__(self, item: Referent, intent: Intent, others: Sequence[Target]) -> None:
        self.item = item
        self.symbol_info = item.symbol_info
        self.symbol = item.symbol_info.symbol
        self.target = Target(item.symbol_info.path, item.symbol_info.symbol.id)
        self.name = f"`{self.symbol.name}`" if self.symbol.name else f"`{shown_path(item.symbol_info.path)}`"
        self.other = intent.other
        self.part = intent.part
        self.others = others

    @property
    def resolver(self) -> Resolver:
        return self.item.workspace.resolver()

    def overloads(self, target: Target) -> tuple[Symbol, ...]:
        """The function and those that have its name beside it, where each is one of its own."""
        return hierarchy.overloads(self.resolver, target)

    @property
    def is_class(self) -> bool:
        return self.symbol.kind in CLASS_KINDS

    def callable(self) -> tuple[Symbol, str, Target]:
        """What is called: the symbol, or the constructor of a class; how to speak of it; where it is."""
        found = hierarchy.constructor(self.resolver, self.target) if self.is_class else None
        outline = self.resolver.snapshot.outline(found.path) if found else None
        symbol = outline.symbol(found.symbol_id) if outline and found else None
        if symbol is None or found is None:
            return self.symbol, self.name, self.target
        return symbol, f"`{symbol.name}`, which makes a {self.name},", found

    def places(self, targets: Sequence[tuple[Target, Symbol]]) -> tuple[Place, ...]:
        return tuple(Place(target.path, symbol.id, symbol.selection) for target, symbol in targets[:MAX_LISTED])


def _location(subject: _Subject) -> Text:
    return f"{subject.name} is defined in {where(subject.symbol_info)}.", ()


def _exists(subject: _Subject) -> Text:
    return f"Yes: {subject.name} is {_kind(subject.symbol)} in {where(subject.symbol_info)}.", ()


def _docs(subject: _Subject) -> Text:
    return subject.symbol.doc or f"{subject.name} has no documentation.", ()


# Parameters


def _parameters(subject: _Subject) -> Text:
    symbol, name, target = subject.callable()
    if symbol.kind == "file":
        return f"{name} is a file; it takes no parameters.", ()
    if symbol.kind in CLASS_KINDS:
        return f"{name} is {_kind(symbol)} that writes no constructor of its own.\n\n`{symbol.signature}`", ()
    if subject.other is not None:
        having = [one for one in subject.overloads(target) if _parameter(subject, one) is not None]
        return _one_parameter(subject, having[0] if having else symbol, name)
    places = () if target == subject.target else (Place(target.path, symbol.id, symbol.selection),)
    if len(several := subject.overloads(target)) > 1:
        taken = [f"- {_taken(one)}: `{one.signature}` (line {_row(one)})" for one in several[:MAX_LISTED]]
        head = f"{name.rstrip(',')} has {len(several)} overloads, which take"
        return f"{head}:\n" + "\n".join(taken) + _more(len(several), len(taken)), places
    return f"{name} takes {_taken(symbol)}.\n\n`{symbol.signature}`", places


def _one_parameter(subject: _Subject, symbol: Symbol, name: str) -> Text:
    found = _parameter(subject, symbol)
    if found is None:
        return _no_parameter(subject, symbol, name), ()
    return f"Yes: {name} takes `{found.text}`.", ()


def _default(subject: _Subject) -> Text:
    symbol, name, target = subject.callable()
    if symbol.kind not in FUNCTION_KINDS:
        return f"{name} is {_kind(symbol)}; it takes no parameters.", ()
    if len(several := subject.overloads(target)) > 1:
        return _defaults_of_overloads(subject, several, name.rstrip(","))
    signature = f"\n\n`{symbol.signature}`"
    if subject.other is None:
        having = [(item.names[0], item.default) for item in _read(subject, symbol) if item.names and item.default]
        if not having:
            return f"No parameter of {name.rstrip(',')} has a default.{signature}", ()
        listed = ", ".join(f"`{parameter}` = `{default}`" for parameter, default in having)
        return f"{name} has {_count(len(having), 'default')}: {listed}.{signature}", ()
    found = _parameter(subject, symbol)
    if found is None:
        return _no_parameter(subject, symbol, name), ()
    asked = f"`{subject.other}` of {name.rstrip(',')}"
    default = default_in_pattern(found, subject.other) or (found.default if len(found.names) < 2 else None)
    if default is not None:
        return f"{asked} defaults to `{default}`.{signature}", ()
    if found.gathers:
        return f"{asked} gathers any number of arguments; it has no default.{signature}", ()
    optional = " It may be left out, though." if re.match(r"[\w\s]*\?", found.text) else ""
    return f"{asked} has no default.{optional}{signature}", ()


def _defaults_of_overloads(subject: _Subject, several: Sequence[Symbol], name: str) -> Text:
    found: dict[str, str] = {}
    for one in several:
        for item in _read(subject, one):
            if item.names and item.default and (subject.other is None or subject.other.lstrip("$*&@-") in item.names):
                found.setdefault(f"- `{item.names[0]}` defaults to `{item.default}`: `{one.signature}`", "")
    about = f"parameter `{subject.other}`" if subject.other else "parameter"
    if not found:
        takes = subject.other is None or any(_parameter(subject, one) is not None for one in several)
        lacks = f"no {about} that has a default" if takes else f"no {about}"
        return f"{name} has {len(several)} overloads, and {lacks}.", ()
    return f"{name} has {len(several)} overloads:\n" + "\n".join(found), ()


def _read(subject: _Subject, symbol: Symbol) -> list[Parameter]:
    return [read_parameter(subject.symbol_info.language, text) for text in symbol.parameters]


def _parameter(subject: _Subject, symbol: Symbol) -> Parameter | None:
    wanted = (subject.other or "").lstrip("$*&@-")
    return next((item for item in _read(subject, symbol) if wanted in item.names), None)


def _no_parameter(subject: _Subject, symbol: Symbol, name: str) -> str:
    parameters = _read(subject, symbol)
    close = closest_names(subject.other or "", [name for item in parameters for name in item.names])
    hint = f" Did you mean {' or '.join(f'`{candidate}`' for candidate in close)}?" if close else ""
    gathering = next((item.text for item in parameters if item.gathers and not item.text.startswith("*args")), None)
    may = f" `{gathering}` may take it." if gathering else ""
    return f"{name} has no parameter `{subject.other}`; it takes {_taken(symbol)}.{may}{hint}"


def _taken(symbol: Symbol) -> str:
    """“2 parameters besides `self`: …”."""
    counted = [text for text in symbol.parameters if text not in _SEPARATORS]
    receiver = (
        counted[0] if counted and counted[0].lstrip("&*").split(":")[0].split()[-1:] in (["self"], ["cls"]) else ""
    )
    counted = counted[1:] if receiver else counted
    besides = f" besides `{receiver}`" if receiver else ""
    if not counted:
        return f"no parameters{besides}"
    listed = ", ".join(f"`{text}`" for text in symbol.parameters if text != receiver)
    return f"{_count(len(counted), 'parameter')}{besides}: {listed}"


# What comes out


def _returns(subject: _Subject) -> Text:
    symbol = subject.symbol
    if symbol.kind not in FUNCTION_KINDS:
        made = "calling it gives an instance" if subject.is_class else "it returns nothing"
        return f"{subject.name} is {_kind(symbol)}; {made}.", ()
    several = subject.overloads(subject.target)
    if len(several) > 1 and len({(one.returns, one.returned, one.yielded) for one in several}) > 1:
        lines = [f"- `{one.signature}` (line {_row(one)}): {_given(one)}" for one in several[:MAX_LISTED]]
        more = _more(len(several), len(lines))
        return f"{subject.name} has {len(several)} overloads:\n" + "\n".join(lines) + more, ()
    declared = f" is declared to return `{symbol.returns}`" if symbol.returns else ""
    given = ", ".join(f"`{text}`" for text in symbol.returned)
    yielded = ", ".join(f"`{text}`" for text in symbol.yielded)
    awaited = " It is async: what it returns is awaited." if _says(symbol, "async", "suspend") else ""
    said = [f"yields {yielded}"] if yielded else []
    said += [f"returns {given}"] if given else []
    if said:
        text = f"{subject.name}{declared}{', and' if declared else ''} {' and '.join(said)}."
    elif declared:
        text = f"{subject.name}{declared}."
    elif symbol.body is None:
        text = f"{subject.name} has no body here and declares no type that it returns."
    else:
        text = f"{subject.name} returns nothing: no `return` in it has a value."
    return f"{text}{awaited}", ()


def _given(symbol: Symbol) -> str:
    given = ", ".join(f"`{text}`" for text in (*symbol.yielded, *symbol.returned))
    declared = f"`{symbol.returns}`" if symbol.returns else ""
    return "; ".join(filter(None, (declared, given and f"returns {given}"))) or "returns nothing"


def _row(symbol: Symbol) -> int:
    return symbol.selection.start.row + 1


def _raises(subject: _Subject) -> Text:
    several = subject.overloads(subject.target) or (subject.symbol,)
    raising = tuple(dict.fromkeys(error for one in several for error in one.raises))
    raised = ", ".join(f"`{error}`" for error in raising)
    itself = f"{subject.name} raises {raised} itself" if raised else f"{subject.name} raises nothing itself"
    if subject.other is None:
        return f"{itself}." if raised else f"{itself}; what it calls may.", ()
    if subject.other.rpartition(".")[2] in raising:
        return f"Yes: {itself}.", ()
    return f"{subject.name} does not raise `{subject.other}` itself; what it calls may. {itself}.", ()


# Who uses it, and what it uses


def _callers(subject: _Subject) -> Text:
    facts = subject.item.workspace.facts(subject.target, "callers")
    least = "at least " if facts.may_call_count else ""
    head = f"{subject.name} is called from {least}{_count(facts.called_by_count, 'place')}"
    none = f"{subject.name} is not called in this repository{_RESOLVED}"
    return _with_possible(subject, facts, listed(head, facts.called_by, facts.called_by_count, none))


def _with_possible(subject: _Subject, facts: SymbolFacts, known: Text) -> Text:
    """A list of those that are certain, and the calls that may mean the symbol, of which it cannot be told."""
    text, places = known
    if not facts.may_call_count:
        return known
    shown = ", ".join(map(_at, facts.ambiguous_calls[:_MAX_CANDIDATES_LISTED]))
    more = (
        f" and {facts.may_call_count - _MAX_CANDIDATES_LISTED} more"
        if facts.may_call_count > _MAX_CANDIDATES_LISTED
        else ""
    )
    calls = _count(facts.may_call_count, "more call" if places else "call")
    return (
        f"{text}\n\nBut {calls} of something named `{subject.symbol.short_name}` may mean it; "
        f"on what they are made cannot be told: {shown}{more}."
    ), places


def _calls(subject: _Subject) -> Text:
    every = [
        subject.item.workspace.facts(Target(subject.target.path, one.id), "calls")
        for one in subject.overloads(subject.target) or (subject.symbol,)
    ]
    calls = tuple(dict.fromkeys(call for facts in every for call in facts.calls))
    may_be = tuple({call.name: call for facts in every for call in facts.ambiguous_callers}.values())
    unsure = [f"{call.receiver}.{call.name}" if call.receiver else call.name for call in may_be]
    if subject.other is not None:
        found = [place for place in calls if Target(place.path, place.symbol_id) in subject.others]
        if found:
            return f"Yes: {subject.name} calls `{found[0].symbol_id}` ({_at(found[0])}).", tuple(found)
        short = subject.other.rpartition(".")[2]
        if call := next((call for call in may_be if call.name == short), None):
            row = call.range.start.row + 1
            return f"It may: {subject.name} calls a `{short}` on line {row}, and it cannot be told of what.", ()
        return f"No: {subject.name} does not call `{subject.other}` itself{_RESOLVED}.", ()
    least = "at least " if unsure else ""
    none = f"{subject.name} calls nothing in this repository{_RESOLVED}"
    text, places = listed(f"{subject.name} calls {least}{len(calls)}", calls, len(calls), none)
    if unsure:
        shown = ", ".join(f"`{_cut(call)}`" for call in unsure[:_MAX_CANDIDATES_LISTED])
        more = f" and {len(unsure) - _MAX_CANDIDATES_LISTED} more" if len(unsure) > _MAX_CANDIDATES_LISTED else ""
        text += f"\n\nOf these calls it cannot be told whether they mean something here: {shown}{more}."
    return text, places


def _tests(subject: _Subject) -> Text:
    facts = subject.item.workspace.facts(subject.target, "tests")
    least = "" if facts.tests_are_all else "at least "
    count = f"{least}{_count(facts.tests_count, 'test')}"
    known = listed(
        f"{subject.name} is reached by {count}, directly or through one of its callers",
        facts.tests,
        facts.tests_count,
        f"{subject.name} is reached by no test in this repository{_RESOLVED}",
    )
    return _with_possible(subject, facts, known)


_RESOLVED = ", as far as names can be resolved"


# Classes and files


def _members(subject: _Subject) -> Text:
    own = [
        item for item in hierarchy.own_members(subject.resolver, subject.target) if _is_wanted(item[1], subject.part)
    ]
    if subject.symbol.kind not in CLASS_KINDS and subject.symbol.kind != "file":
        own = [(target, member) for target, member in own if member.body]
    if subject.other is not None:
        return _one_member(subject)
    wanted = f" {subject.part}" if subject.part not in (None, "member") else ""
    lines = [f"- `{_declared(member)}` ({_line(subject, target, member)})" for target, member in own[: 2 * MAX_LISTED]]
    if not own:
        text = f"{subject.name} defines no{wanted or 'resolved by name'}."
    else:
        head = f"{subject.name} defines {_count(len(own), wanted.strip()) if wanted else len(own)}"
        text = f"{head}:\n" + "\n".join(lines) + _more(len(own), len(lines))
    if subject.is_class and subject.part in (None, "member", "field", "attribute", "property"):
        fields = [
            f"`{field.name}: {field.annotation}`" if field.annotation else f"`{field.name}`"
            for field in hierarchy.fields(subject.resolver, subject.target)
        ]
        if fields:
            listed = ", ".join(fields[: 2 * MAX_LISTED])
            listed += f" and {len(fields) - 2 * MAX_LISTED} more" if len(fields) > 2 * MAX_LISTED else ""
            fielded = f"{_count(len(fields), 'field')}: {listed}."
            text = f"{text}\n\nIt has {fielded}" if own else f"{subject.name} has {fielded}"
    return text + _inherited_text(subject), subject.places(own)


def _declared(member: Symbol) -> str:
    """A member in one line; of a long value, its beginning."""
    return member.signature if member.kind in CLASS_KINDS | FUNCTION_KINDS else _cut(member.signature)


def _cut(text: str, limit: int = _MAX_VALUE_LENGTH) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _inherited_text(subject: _Subject) -> str:
    if not subject.is_class or subject.part not in (None, "member", "method", "function"):
        return ""
    lines = []
    for base, methods in hierarchy.inherited(subject.resolver, subject.target):
        names = ", ".join(f"`{symbol.short_name}`" for _, symbol in methods[: 2 * MAX_LISTED])
        more = f" and {len(methods) - 2 * MAX_LISTED} more" if len(methods) > 2 * MAX_LISTED else ""
        lines.append(f"- from `{base.symbol_id}` ({shown_path(base.path)}): {names}{more}")
    outside = ", ".join(f"`{text}`" for text in hierarchy.external_bases(subject.resolver, subject.target))
    if outside:
        lines.append(f"- and what {outside} brings, which is not in this repository")
    return "\n\nIt inherits\n" + "\n".join(lines) if lines else ""


def _one_member(subject: _Subject) -> Text:
    name = (subject.other or "").rpartition(".")[2]
    if not subject.is_class:
        found = [item for item in hierarchy.own_members(subject.resolver, subject.target) if item[1].short_name == name]
        targets = [target for target, _ in found]
    else:
        targets = list(subject.resolver.member(subject.target, name))
    outline = subject.resolver.snapshot.outline(targets[0].path) if targets else None
    member = outline.symbol(targets[0].symbol_id) if outline else None
    if member is None:
        outside = ", ".join(f"`{text}`" for text in hierarchy.external_bases(subject.resolver, subject.target))
        note = f" It may come from {outside}, which is not in this repository." if outside else ""
        return f"No: {subject.name} defines no `{name}`.{note}", ()
    place = Place(targets[0].path, member.id, member.selection)
    origin = "" if member.name == f"{subject.symbol.name}.{name}" else " by inheritance"
    return f"Yes{origin}: `{member.signature}` ({_at(place)}).", (place,)


def _bases(subject: _Subject) -> Text:
    bases = subject.symbol.bases
    if subject.other is not None:
        return _one_base(subject)
    if not bases:
        return f"{subject.name} names no base.", ()
    found = [classes[0] for _, classes in subject.resolver.bases(subject.target) if len(classes) == 1]
    places = [(base, symbol) for base in found if (symbol := _symbol_of(subject.resolver, base)) is not None]
    return f"{subject.name} is based on {', '.join(f'`{base}`' for base in bases)}.", subject.places(places)


def _one_base(subject: _Subject) -> Text:
    written = [
        text for text in subject.symbol.bases if re.split(r"::|[.\\]", text.partition("[")[0])[-1] == subject.other
    ]
    direct = {base for _, classes in subject.resolver.bases(subject.target) for base in classes}
    reached = [target for target in subject.others if target in subject.resolver.order(subject.target)]
    if written or direct & set(subject.others):
        return f"Yes: {subject.name} is based on `{subject.other}`.", ()
    if reached:
        through = ", ".join(f"`{base.symbol_id}`" for base in subject.resolver.order(subject.target)[1:])
        return f"Yes, through its bases: {through}.", ()
    outside = hierarchy.external_bases(subject.resolver, subject.target)
    note = f" {', '.join(f'`{text}`' for text in outside)} may be, which is not in this repository." if outside else ""
    return f"No: {subject.name} is not based on `{subject.other}`, as far as names can be resolved.{note}", ()


def _subclasses(subject: _Subject) -> Text:
    if not subject.is_class:
        return f"{subject.name} is {_kind(subject.symbol)}; it has no subclasses.", ()
    found = hierarchy.subclasses(subject.resolver, subject.target)
    return listed(
        f"{subject.name} has {_count(len(found), 'direct subclass')}",
        found,
        len(found),
        f"{subject.name} has no subclass in this repository{_RESOLVED}",
    )


def _nature(subject: _Subject) -> Text:
    symbol, asked = subject.symbol, subject.other
    kind = _kind(symbol)
    declaration = f"\n\n`{symbol.signature}`" if symbol.signature else ""
    if asked is None:
        return f"{subject.name} is {kind} ({where(subject.symbol_info)}).{declaration}", ()
    if asked in _ADJECTIVES:
        if _is(subject, asked):
            return f"Yes: {subject.name} is {_ADJECTIVES[asked]}.{declaration}", ()
        return f"No: nothing says that {subject.name} is {_ADJECTIVES[asked]}.{declaration}", ()
    yes = symbol.kind == asked or (asked == "function" and symbol.kind == "method")
    return f"{'Yes' if yes else 'No'}: {subject.name} is {kind} ({where(subject.symbol_info)}).", ()


_ADJECTIVES = {
    "async": "async",
    "abstract": "abstract",
    "static": "static",
    "generator": "a generator",
    "yield": "a generator",
}


def _is(subject: _Subject, asked: str) -> bool:
    symbol = subject.symbol
    names = subject.resolver.names(subject.target.path)
    decorators = {reference.name for reference in names.decorators.get(symbol.id, ())} if names is not None else set()
    if asked == "async":
        return _says(symbol, "async", "suspend")
    if asked == "static":
        return _says(symbol, "static") or "staticmethod" in decorators
    if asked in ("generator", "yield"):
        return bool(symbol.yielded) or "function*" in symbol.signature.replace(" *", "*")
    if _says(symbol, "abstract") or decorators & {"abstractmethod", "abstractproperty", "abstractclassmethod"}:
        return True
    if symbol.kind in ("interface", "trait") or re.search(r"\bvirtual\b.*=\s*0$", symbol.signature):
        return True
    if not subject.is_class or names is None:
        return False
    if re.search(r"[(,]\s*(?:abc\.)?ABC\b|\bmetaclass\s*=\s*(?:abc\.)?ABCMeta\b", symbol.signature):
        return True
    methods = [member for _, member in hierarchy.own_members(subject.resolver, subject.target)]
    marked = [reference.name for member in methods for reference in names.decorators.get(member.id, ())]
    return "abstractmethod" in marked


def _says(symbol: Symbol, *words: str) -> bool:
    """Whether one of the words stands before the symbol's name in its declaration."""
    before = symbol.signature.partition(symbol.short_name)[0]
    return bool(re.search(rf"\b(?:{'|'.join(words)})\b", before)) or bool(
        re.search(rf"=\s*(?:{'|'.join(words)})\b", symbol.signature)
    )


def _decorators(subject: _Subject) -> Text:
    written = decorators_of(subject.symbol, subject.item.workspace.lines(subject.symbol_info.path))
    if not written:
        return f"{subject.name} has no decorator.", ()
    listed = ", ".join(f"`{_cut(text, _MAX_DECORATOR_LENGTH)}`" for text in written)
    return f"{subject.name} has {_count(len(written), 'decorator')}: {listed}.", ()


def _last_change(subject: _Subject) -> Text:
    change: LastChange | None = subject.item.workspace.last_change(subject.target)
    if change is None:
        return f"The last change of {subject.name} is not committed, or its history is not here.", ()
    commit = f"in `{change.commit[:10]}`: {change.subject}"
    return f"{subject.name} was last changed by {change.author} on {change.date[:10]} {commit}", ()


_TEXTS: dict[str, Callable[[_Subject], Text]] = {
    "bases": _bases,
    "callers": _callers,
    "calls": _calls,
    "decorators": _decorators,
    "default": _default,
    "docs": _docs,
    "exists": _exists,
    "last_change": _last_change,
    "location": _location,
    "members": _members,
    "nature": _nature,
    "parameters": _parameters,
    "raises": _raises,
    "returns": _returns,
    "subclasses": _subclasses,
    "tests": _tests,
}


def listed(head: str, places: Sequence[Place], count: int, none: str) -> Text:
    """A list of places under a head, complete or with how many more there are; `none` for an empty one."""
    if not count:
        return f"{none}.", ()
    shown = tuple(places[:MAX_LISTED])
    lines = [f"- `{_shown_name(place)}` ({_at(place)})" for place in shown]
    return f"{head}:\n" + "\n".join(lines) + _more(count, len(shown)), shown


def _shown_name(place: Place) -> str:
    """Without our own mark of a later definition of one name."""
    return re.sub(r"#\d+$", "", place.symbol_id) or shown_path(place.path)


def _more(count: int, listed: int) -> str:
    return f"\n… and {count - listed} more" if count > listed else ""


def _at(place: Place) -> str:
    return f"{shown_path(place.path)}:{place.range.start.row + 1}"


def _line(subject: _Subject, target: Target, member: Symbol) -> str:
    row = member.range.start.row + 1
    return f"line {row}" if target.path == subject.symbol_info.path else f"{shown_path(target.path)}:{row}"


def _is_wanted(member: Symbol, kind: str | None) -> bool:
    if kind in (None, "member"):
        return True
    if kind in ("method", "function"):
        return member.kind in FUNCTION_KINDS
    if kind == "class":
        return member.kind in CLASS_KINDS
    return member.kind == kind


def _symbol_of(resolver: Resolver, target: Target) -> Symbol | None:
    names = resolver.names(target.path)
    return names.symbols.get(target.symbol_id) if names is not None else None


def _kind(symbol: Symbol) -> str:
    return f"{'an' if symbol.kind[:1] in 'aeiou' else 'a'} {symbol.kind}"


def _count(count: int, what: str) -> str:
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"{count} {what if count == 1 else plural}"
