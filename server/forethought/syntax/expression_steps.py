"""Assignments, calls, and functions inside of functions."""

from collections.abc import Iterable, Iterator

from tree_sitter import Node

from forethought.syntax.behavior_rules import Role
from forethought.syntax.step_reader import (
    IDENTIFIER,
    StepReader,
    Tail,
    inside_brackets,
    named_children,
    unwrapped,
    without_keyword,
)
from forethought.syntax.steps import Arm, Step, StepKind


def read_opaque(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from reader.read_unlisted(node, tail)


def read_closure(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if tail is not None:
        yield from reader.read_unlisted(node, tail)


def read_define(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    name, parameters, body = (reader.part(node, role, number) for number in (1, 2, 3))
    if name is None:
        return
    text = reader.quoter.quote(name) + (reader.quoter.quote(parameters) if parameters is not None else "")
    reader.locals.add(reader.quoter.text(name))
    arms: tuple[Arm, ...] = ()
    if body is not None:
        inner = reader.inside(parameters, "")
        returns = node.child_by_field_name("return_type") or node.child_by_field_name("type")
        gives = returns is not None or not reader.rules.unit_without_type
        gives = gives and not (returns is not None and reader.quoter.text(returns) == "void")
        arms = (Arm("closure", "", body.start_point.row, inner.function(body, gives)),)
        reader.take_from(inner)
    yield reader.step("define", node, text, arms=arms)


def read_decorated(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    definition = reader.part(node, role, 1)
    if definition is not None:
        yield from reader.read(definition)


def read_yield(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    text = reader.quoter.quote(node)
    if text.startswith("yield break"):
        yield reader.step("return", node)
    elif tail is not None and not reader.rules.bare_calls:
        yield from reader.read_unlisted(node, tail)
    else:
        given = without_keyword(text)
        given = f"from {given[1:].strip()}" if given.startswith("*") and text.startswith("yield*") else given
        yield reader.step("yield", node, given, arms=reader.closures(node))


def read_await(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if tail is not None:
        yield from reader.read_unlisted(node, tail)
    else:
        text, _ = reader.quote_value(node)
        yield reader.step("call", node, text, awaited=True, arms=reader.closures(node))


def read_write(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    target, value = reader.part(node, role, 1), reader.part(node, role, 2)
    reader.written.add(node.id)
    if target is None or value is None:
        if target is not None:  # an annotation alone
            reader.declare(reader.quoter.text(target))
        return
    inner = value
    while reader.role_name(inner) == "write" and (following := reader.part(inner, reader.rules.roles[inner.type], 2)):
        yield from reader.read(inner) if inner is value else ()
        inner = following
    operator = reader.operator(node)
    if inner is not value and set("([{") & set(reader.quoter.text(inner)):  # `a = b = f()`: one object, one call
        shared = reader.part(value, reader.rules.roles[value.type], 1)
        if shared is not None:
            yield reader.assignment(node, target, reader.quoter.text(shared), operator)
            return
    yield from reader.read_value(inner, assigned(reader, node, target, operator))


def assigned(reader: StepReader, node: Node, target: Node, operator: str) -> Tail:
    def make(value: Node) -> Step:
        text, awaited = reader.quote_value(value)
        if reader.is_call(value) and _is_blank(reader.quoter.text(target)):
            return reader.step("call", node, text, awaited=awaited, arms=reader.closures(value))
        if node.type == "reference_assignment_expression":
            text = f"&{text}"
        step = reader.assignment(node, target, text, operator)
        return step._replace(awaited=awaited, is_call=reader.is_call(value), arms=reader.closures(value))

    return make


def read_declare(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    value = reader.part(node, role, 2)
    names = node.children_by_field_name(role[1]) if role[1][0].isalpha() else []
    name = reader.part(node, role, 1)
    if name is None and node.named_children and node.named_children[0].type in reader.rules.patterns:
        name = node.named_children[0]  # C#'s `var (a, b) = …`
    if name is None:
        return
    several = len(names) > 1
    target = reader.quoter.slice(names[0].start_byte, names[-1].end_byte) if several else reader.quoter.quote(name)
    target = target.lstrip("*& ")
    reader.declare(target)
    if value is None or value == name:
        return
    if value.type in ("argument_list", "initializer_list") and node.parent is not None:  # C++'s `Lock lock(mutex)`
        yield reader.step("declare", node, reader.quoter.quote(node.parent))
        return

    def make(found: Node) -> Step:
        text, awaited = reader.quote_value(found)
        if reader.is_call(found) and _is_blank(target):
            return reader.step("call", node, text, awaited=awaited, arms=reader.closures(found))
        return reader.step(
            "bind",
            node,
            target,
            text,
            "=",
            awaited=awaited,
            is_call=reader.is_call(found),
            arms=reader.closures(found),
        )

    yield from reader.read_value(value, make)


def read_let(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    pattern, value, alternative = (reader.part(node, role, number) for number in (1, 2, 3))
    if pattern is not None and value is not None and alternative is not None:
        reader.declare(reader.quoter.text(pattern))
        condition = f"let {reader.quoter.quote(pattern)} = {reader.quoter.quote(value)}"
        arm = Arm("unless", condition, alternative.start_point.row, reader.read_arm(alternative))
        yield reader.step("if", node, arms=(arm,))
    else:
        yield from read_declare(reader, node, role, tail)


def read_update(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if tail is not None:
        yield from reader.read_unlisted(node, tail)
        return
    reader.written.add(node.id)
    target = reader.part(node, role, 1)
    if target is not None:
        yield reader.assignment(node, target, "", reader.operator(node))


def read_unary(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    operand = reader.part(node, role, 1)
    if tail is not None:
        yield from reader.read_unlisted(node, tail)
    elif reader.is_update(node):
        yield from read_update(reader, node, role, tail)
    elif operand is not None and reader.quoter.text(node).startswith("delete "):
        yield reader.step("delete", node, reader.quoter.quote(operand), scope=reader.scope(operand))
    else:
        yield from reader.read_sequence(node.named_children, None)


def read_delete(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    text = reader.quoter.quote(node)
    value = "unset" if text.startswith("unset") else ""
    named = named_children(node)
    scope = reader.scope(named[0]) if named else "local"
    if scope == "local" and node.type == "delete_expression":  # C++ frees what the pointer refers to
        scope = "argument" if reader.quoter.text(named[0]) in reader.parameters else "object"
    yield reader.step("delete", node, unwrapped(without_keyword(text)), value, scope=scope)


def read_outer(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterable[Step]:
    reader.outer.update(IDENTIFIER.findall(reader.quoter.text(node)))
    return ()


def read_call(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    arguments = reader.part(node, role, 2)
    end = arguments.start_byte if arguments is not None else node.end_byte
    name = reader.quoter.slice(node.start_byte, end)
    yield from _called(reader, node, name, tail)


def _called(reader: StepReader, node: Node, name: str, tail: Tail | None) -> Iterator[Step]:
    if name in reader.rules.exits:
        yield reader.step("exit", node, reader.quoter.quote(node))
    elif name in reader.rules.raises:
        text = reader.quoter.quote(node)
        is_keyword = reader.rules.words.get("raise_with") == name
        given = unwrapped(text.removeprefix(name).strip()) if is_keyword else ""
        yield reader.step("raise", node, given or text, "" if given else "call")
    elif name in reader.rules.returns:
        yield reader.step("return", node, reader.quoter.quote(node))
    elif name in reader.rules.asserts and tail is None:
        yield reader.step("assert", node, inside_brackets(reader.quoter.quote(node).removeprefix(name).strip()))
    elif tail is not None:
        yield from reader.read_unlisted(node, tail)
    else:
        yield reader.step("call", node, reader.quoter.quote(node), arms=reader.closures(node))


def read_macro(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    named = reader.part(node, role, 1)
    name = f"{reader.quoter.text(named)}!" if named is not None else ""
    yield from _called(reader, node, name, tail)


def read_effect(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    verb = role[1] if len(role) > 1 else ""
    yield reader.step("evaluate", node, reader.quoter.quote(node), operator=verb, arms=reader.closures(node))


def read_propagate(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if tail is not None:
        yield from reader.read_unlisted(node, tail)
    else:
        text, awaited = reader.quote_value(node)
        yield reader.step("call", node, text, awaited=awaited, arms=reader.closures(node))


def read_defer(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    kind: StepKind = "defer" if role[0] == "defer" else "start"
    yield reader.step(kind, node, without_keyword(reader.quoter.quote(node)), arms=reader.closures(node))


def read_word(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    """A name that stands as a statement: Ruby's calls without arguments, and Kotlin's `break`."""
    word = reader.quoter.text(node)
    if word in ("break", "continue"):
        yield reader.step("break" if word == "break" else "continue", node, "", (reader.within or [""])[-1])
    elif reader.rules.bare_calls and word in reader.rules.raises:
        yield reader.step("raise", node)
    elif reader.rules.bare_calls and word in reader.rules.exits:
        yield reader.step("exit", node, word)
    elif tail is not None:
        yield from reader.read_unlisted(node, tail)
    elif reader.rules.bare_calls and word not in reader.locals and word not in reader.parameters:
        yield reader.step("call", node, word)


def _is_blank(target: str) -> bool:
    """Whether an assignment drops its value: `_, _ = f()`."""
    return set(target) <= set("_, ")
