"""Answers about what goes into a function and what comes out: parameters, defaults, results and exceptions."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.location import Location
from forethought.names.resolver import Resolver, Target
from forethought.qa.fact_rendering.phrasing import (
    MAX_LISTED,
    FactText,
    counted,
    did_you_mean,
    line_of,
    more_lines,
    quoted,
    with_article,
)
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.qa.fact_rendering.symbol_texts import is_declared, value
from forethought.qa.intent import closest_names
from forethought.syntax.parameters import Parameter, default_in_pattern, read_parameter
from forethought.syntax.symbol_kinds import CLASS_KINDS, FIELD_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import Symbol
from forethought.workspace.workspace import Workspace

_SEPARATORS = frozenset({"*", "/"})
_SIGILS = "$*&@-"
"""Characters before a parameter's name that are not part of it."""
_RECEIVERS = frozenset({"self", "cls"})


class _Called(NamedTuple):
    """What is called when the symbol is: the symbol itself, or the constructor of a class."""

    symbol: Symbol
    target: Target
    name: str
    """As an answer names it."""
    parameters: list[Parameter]
    overloads: tuple[Symbol, ...]


def has_parameter(workspace: Workspace, target: Target, name: str) -> bool:
    """Whether a function, or the constructor of a class, has a parameter of this name. Reads the index."""
    resolver = workspace.resolver()
    symbol = resolver.symbol(target)
    outline = resolver.snapshot.outline(target.path)
    if symbol is None or outline is None:
        return False
    called = _constructor(resolver, target) or symbol
    return _named(_parameters(called, outline.language), name) is not None


def parameter_names(workspace: Workspace, target: Target) -> set[str]:
    """The parameters of a function and its overloads, or of the constructor of a class, by name. Reads the index."""
    resolver = workspace.resolver()
    symbol = resolver.symbol(target)
    outline = resolver.snapshot.outline(target.path)
    if symbol is None or outline is None or symbol.kind not in CLASS_KINDS | FUNCTION_KINDS:
        return set()
    called = hierarchy.constructor(resolver, target) or target
    overloads = hierarchy.overloads(resolver, called)
    return {
        name for item in overloads for parameter in _parameters(item, outline.language) for name in parameter.names
    } - _RECEIVERS


def parameters(subject: FactSubject) -> FactText:
    """Every parameter, or whether there is a parameter `intent.other`."""
    called, asked = _called(subject), subject.intent.other
    if called.symbol.kind == "file":
        return FactText(f"{called.name} is a file and takes no parameters.")
    if called.symbol.kind in CLASS_KINDS:
        return FactText(f"{called.name} does not define a constructor.\n\n`{called.symbol.signature}`")
    if asked is not None:
        return FactText(_one_parameter(subject, called, asked))
    if subject.intent.part is not None:
        return FactText(_some_parameters(subject, called, are_required=subject.intent.part == "required"))
    constructor = Location(called.target.path, called.symbol.id, called.symbol.selection)
    places = (constructor,) if called.target != subject.target else ()
    if len(called.overloads) > 1:
        lines = [
            f"- {_taken(overload)}: `{overload.signature}` (line {line_of(overload)})"
            for overload in called.overloads[:MAX_LISTED]
        ]
        head = f"{called.name} has {len(called.overloads)} overloads:\n"
        return FactText(head + "\n".join(lines) + more_lines(len(called.overloads), len(lines)), places)
    return FactText(f"{called.name} takes {_taken(called.symbol)}.\n\n`{called.symbol.signature}`", places)


def default(subject: FactSubject) -> FactText:
    """Every default, or that of the parameter `intent.other`."""
    called, asked = _called(subject), subject.intent.other
    if called.symbol.kind not in FUNCTION_KINDS:
        return FactText(f"{called.name} is {with_article(called.symbol.kind)} and takes no parameters.")
    if len(called.overloads) > 1:
        return _or_as_field(subject, FactText(_defaults_of_overloads(subject, called, asked)))
    signature = f"\n\n`{called.symbol.signature}`"
    if asked is None:
        defaults = [
            f"`{item.names[0]}` = `{item.default}`" for item in called.parameters if item.names and item.default
        ]
        if not defaults:
            return FactText(f"No parameter of {called.name} has a default.{signature}")
        return FactText(f"{called.name} has {counted(len(defaults), 'default')}: {', '.join(defaults)}.{signature}")
    parameter = _named(called.parameters, asked)
    if parameter is None:
        return _or_as_field(subject, FactText(_no_parameter(called, asked)))
    return FactText(_default_of(parameter, asked, called.name) + signature)


def _or_as_field(subject: FactSubject, found: FactText) -> FactText:
    """What a class's field of the name asked for is set to; its default may be meant by the question."""
    own = hierarchy.own_members(subject.resolver, subject.target) if subject.is_class else ()
    field = next(
        (item for item, member in own if member.kind in FIELD_KINDS and member.short_name == subject.intent.other), None
    )
    about_field = subject.about(field) if field is not None else None
    if about_field is None:
        return found
    text, places = value(about_field)
    return FactText(f"{found.text}\n\nThe field {text}", (*found.places, *places))


def returns(subject: FactSubject) -> FactText:
    symbol, overloads = subject.symbol, subject.overloads
    if symbol.kind not in FUNCTION_KINDS:
        what = "calling it creates an instance" if subject.is_class else "it returns nothing"
        return FactText(f"{subject.name} is {with_article(symbol.kind)}; {what}.")
    if len({(overload.returns, overload.returned, overload.yielded) for overload in overloads}) > 1:
        lines = [
            f"- `{overload.signature}` (line {line_of(overload)}): {_result(overload)}"
            for overload in overloads[:MAX_LISTED]
        ]
        head = f"{subject.name} has {len(overloads)} overloads:\n"
        return FactText(head + "\n".join(lines) + more_lines(len(overloads), len(lines)))
    awaited = " It is async, so its result must be awaited." if is_declared(symbol, "async", "suspend") else ""
    return FactText(f"{subject.name} {_returned(symbol)}.{awaited}")


def raises(subject: FactSubject) -> FactText:
    """What the body itself raises, or whether it raises `intent.other`."""
    overloads = subject.overloads or (subject.symbol,)
    raised = tuple(dict.fromkeys(error for overload in overloads for error in overload.raises))
    statement = f"{subject.name} raises {quoted(raised) if raised else 'nothing'} itself"
    asked = subject.intent.other
    if asked is None:
        return FactText(f"{statement}." if raised else f"{statement}; the functions it calls may.")
    if asked.rpartition(".")[2] in raised:
        return FactText(f"Yes: {statement}.")
    return FactText(f"{subject.name} does not raise `{asked}` itself; the functions it calls may. {statement}.")


def _called(subject: FactSubject) -> _Called:
    resolver, language = subject.resolver, subject.info.language
    target = hierarchy.constructor(resolver, subject.target) if subject.is_class else None
    constructor = resolver.symbol(target) if target is not None else None
    if target is None or constructor is None:
        symbol, target, name = subject.symbol, subject.target, subject.name
    else:
        symbol, name = constructor, f"`{constructor.name}` (the constructor of {subject.name})"
    return _Called(symbol, target, name, _parameters(symbol, language), hierarchy.overloads(resolver, target))


def _constructor(resolver: Resolver, target: Target) -> Symbol | None:
    """The constructor of a class, inherited or not; None for anything else."""
    constructor = hierarchy.constructor(resolver, target)
    return resolver.symbol(constructor) if constructor is not None else None


def _parameters(symbol: Symbol, language: str) -> list[Parameter]:
    return [read_parameter(language, text) for text in symbol.parameters]


def _named(parameters: Sequence[Parameter], name: str) -> Parameter | None:
    bare_name = name.lstrip(_SIGILS)
    return next((parameter for parameter in parameters if bare_name in parameter.names), None)


def _one_parameter(subject: FactSubject, called: _Called, asked: str) -> str:
    """Whether any overload has the parameter."""
    for overload in called.overloads or (called.symbol,):
        parameter = _named(_parameters(overload, subject.info.language), asked)
        if parameter is not None:
            return f"Yes: {called.name} takes `{parameter.text}`."
    return _no_parameter(called, asked)


def _some_parameters(subject: FactSubject, called: _Called, are_required: bool) -> str:
    """The parameters that a call must give, or those that it may leave out, overload by overload."""
    overloads = called.overloads or (called.symbol,)
    lines = []
    for overload in overloads:
        given = [
            item
            for item in _parameters(overload, subject.info.language)
            if item.names and not _RECEIVERS.intersection(item.names)
        ]
        chosen = [item.text for item in given if _is_required(item) is are_required]
        of_all = f"{len(chosen)} of {counted(len(given), 'parameter')}"
        state = "required" if are_required else "optional"
        shown = f": {quoted(chosen)}" if chosen else ""
        lines.append(f"{of_all} of {called.name} {'is' if len(chosen) == 1 else 'are'} {state}{shown}.")
        lines.append(f"\n`{overload.signature}`")
    return "\n".join(lines[: 2 * MAX_LISTED])


def _is_required(parameter: Parameter) -> bool:
    is_optional = re.match(r"[\w\s]*\?", parameter.text) is not None
    return parameter.default is None and not parameter.is_variadic and not is_optional


def parameter_type(subject: FactSubject) -> FactText:
    """The type of the parameter `intent.other`, as it is declared."""
    called, asked = _called(subject), subject.intent.other or ""
    for overload in called.overloads or (called.symbol,):
        parameter = _named(_parameters(overload, subject.info.language), asked)
        if parameter is not None:
            text = f"`{asked}` of {called.name} is declared as `{parameter.text}`"
            plain = parameter.text.strip(f"{_SIGILS} ").partition("=")[0].strip()
            note = ", without a type" if plain == asked else ""
            return FactText(f"{text}{note}.\n\n`{overload.signature}`")
    return FactText(_no_parameter(called, asked))


def comparison(subject: FactSubject) -> FactText:
    """What the signatures of the symbol and of `intent.other` have in common, and what not."""
    other = subject.second()
    if other is None:
        return FactText(f"It is unclear which definition `{subject.intent.other}` is; nothing can be compared.")
    left, right = _called(subject), _called(other)
    of_left = {item.names[0]: item.text for item in left.parameters if item.names}
    of_right = {item.names[0]: item.text for item in right.parameters if item.names}
    lines = [f"- {left.name}: `{left.symbol.signature}`", f"- {right.name}: `{right.symbol.signature}`"]
    same = [text for name, text in of_left.items() if of_right.get(name) == text]
    different = [
        f"`{of_left[name]}` and `{of_right[name]}`"
        for name in of_left
        if name in of_right and of_left[name] != of_right[name]
    ]
    lines += [f"- both take {quoted(same)}"] if same else []
    lines += [f"- they declare differently: {'; '.join(different)}"] if different else []
    for one, taken, rest in ((left, of_left, of_right), (right, of_right, of_left)):
        alone = [text for name, text in taken.items() if name not in rest]
        lines += [f"- only {one.name} takes {quoted(alone)}"] if alone else []
    if left.symbol.returns != right.symbol.returns:
        lines.append(f"- they return `{left.symbol.returns or '?'}` and `{right.symbol.returns or '?'}`")
    return FactText("\n".join(lines), (Location(other.info.path, other.symbol.id, other.symbol.selection),))


def _no_parameter(called: _Called, asked: str) -> str:
    hint = did_you_mean(closest_names(asked, [name for item in called.parameters for name in item.names]))
    gathering = (item.text for item in called.parameters if item.is_variadic and not item.text.startswith("*args"))
    catch_all = next(gathering, None)
    note = f" `{catch_all}` may accept it." if catch_all else ""
    return f"{called.name} has no parameter `{asked}`; it takes {_taken(called.symbol)}.{note}{hint}"


def _default_of(parameter: Parameter, asked: str, name: str) -> str:
    default = default_in_pattern(parameter, asked)
    if default is None and len(parameter.names) < 2:
        default = parameter.default
    if default is not None:
        return f"`{asked}` of {name} defaults to `{default}`."
    if parameter.is_variadic:
        return f"`{asked}` of {name} collects any number of arguments and has no default."
    is_optional = re.match(r"[\w\s]*\?", parameter.text) is not None
    return f"`{asked}` of {name} has no default.{' It is optional, though.' if is_optional else ''}"


def _defaults_of_overloads(subject: FactSubject, called: _Called, asked: str | None) -> str:
    bare_name = asked.lstrip(_SIGILS) if asked is not None else None
    lines: dict[str, None] = {}
    has_asked = asked is None
    for overload in called.overloads:
        for parameter in _parameters(overload, subject.info.language):
            if bare_name is None or bare_name in parameter.names:
                has_asked = True
                if parameter.names and parameter.default:
                    line = f"- `{parameter.names[0]}` defaults to `{parameter.default}`: `{overload.signature}`"
                    lines[line] = None
    if lines:
        return f"{called.name} has {len(called.overloads)} overloads:\n" + "\n".join(lines)
    none_of_them = f"None of the {len(called.overloads)} overloads of {called.name}"
    if asked is None:
        return f"{none_of_them} has a parameter with a default."
    return f"{none_of_them} has a {f'default for `{asked}`' if has_asked else f'parameter `{asked}`'}."


def _taken(symbol: Symbol) -> str:
    """“2 parameters besides `self`: …”."""
    counted_ones = [text for text in symbol.parameters if text not in _SEPARATORS]
    first = counted_ones[0] if counted_ones else ""
    is_receiver = first.lstrip("&*").split(":")[0].split()[-1:] in (["self"], ["cls"])
    count = len(counted_ones) - is_receiver
    besides = f" besides `{first}`" if is_receiver else ""
    if not count:
        return f"no parameters{besides}"
    shown = [text for text in symbol.parameters if not (is_receiver and text == first)]
    return f"{counted(count, 'parameter')}{besides}: {quoted(shown)}"


def _returned(symbol: Symbol) -> str:
    """What the declaration and the body say about the result, as the rest of a sentence."""
    parts = [f"is declared to return `{symbol.returns}`"] if symbol.returns else []
    parts += [f"yields {quoted(symbol.yielded)}"] if symbol.yielded else []
    parts += [f"returns {quoted(symbol.returned)}"] if symbol.returned else []
    if parts:
        return " and ".join(parts)
    if symbol.body is None:
        return "has no body here and declares no return type"
    return "returns nothing: no `return` statement in it has a value"


def _result(symbol: Symbol) -> str:
    """The result of one of several overloads."""
    values = (*symbol.yielded, *symbol.returned)
    parts = [f"`{symbol.returns}`"] if symbol.returns else []
    parts += [f"returns {quoted(values)}"] if values else []
    return "; ".join(parts) or "returns nothing"
