"""Blocks, branches, loops, switches, errors, and the ways out of them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tree_sitter import Node

from forethought.syntax.behavior_rules import Role
from forethought.syntax.step_reader import (
    RUNNING,
    StepReader,
    Tail,
    is_broken,
    named_children,
    unwrapped,
    without_end,
    without_keyword,
)
from forethought.syntax.steps import Arm, ArmKind, Falls, Step, may_complete

_LABELS = re.compile(r"^(?:case|default)\b\s*")
_RUBY_LABELS = re.compile(r"^(?:when|in)\b\s*")
_EACH = re.compile(r"^(?:(?:var|val|let|const)\s+)?(.+?)\s+in\s+(.+)$", re.DOTALL)
_INITIALIZED = re.compile(r"(\w+)\s*=(?!=)")
_AS = re.compile(r"^(.+?)\s+as\s+(.+)$", re.DOTALL)
_AND, _OR, _ABSENT = frozenset({"&&", "and"}), frozenset({"||", "or"}), frozenset({"??", "?:"})
_DEFAULTS = frozenset({"default", "_", "else", "*", ""})


def read_block(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if node.has_error and any(child.is_missing for child in node.children):
        reader.is_complete = False
    yield from reader.read_sequence(node.children if reader.rules.shell else node.named_children, tail)


def read_statement(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    """An expression with a semicolon behind it has no value, except as an arm of a switch."""
    ends = node.children[-1].type == ";" if node.children else True
    yield from reader.read_sequence(node.named_children, None if ends else tail)


def read_inner(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    part = reader.part(node, role, 1)
    if tail is not None:
        yield from reader.read_unlisted(node, tail)
    else:
        yield from reader.read_sequence(node.named_children if part is None else [part], None)


def read_declarations(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from reader.read_sequence([child for child in node.children if reader.role_name(child) == "declare"], None)


def read_nothing(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterable[Step]:
    return ()


def read_stray(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterable[Step]:
    """A part of a statement without the statement around it."""
    reader.is_complete = False
    return ()


def read_label(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    named = named_children(node)
    if not named:
        return
    steps = reader.read_all(named[1:])
    if not (steps and steps[0].kind in ("loop", "switch")):
        yield reader.step("label", node, reader.quoter.text(named[0]))
    yield from steps


def read_if(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from branches(reader, node, _if_arms(reader, node, tail), reader.part(node, role, 1))


def _if_arms(reader: StepReader, node: Node, tail: Tail | None) -> list[Arm]:
    arms: list[Arm] = []
    current: Node | None = node
    while current is not None:
        role = reader.rules.roles[current.type]
        consequence = reader.part(current, role, 2)
        condition = reader.condition(current, role, consequence)
        kind: ArmKind = "unless" if role[0] == "unless" else "when"
        arms.append(Arm(kind, condition, current.start_point.row, reader.read_arm(consequence, tail)))
        alternatives = reader.alternatives(current, role, 3, consequence)
        current = _chained(reader, alternatives[0]) if len(alternatives) == 1 else None
        if current is not None:
            continue
        for alternative in alternatives:
            if reader.role_name(alternative) == "if":
                arms += _if_arms(reader, alternative, tail)
            else:
                arms.append(Arm("else", "", alternative.start_point.row, reader.read_all([alternative], tail)))
    return arms


def _chained(reader: StepReader, alternative: Node) -> Node | None:
    """The `if` of an `else if`."""
    while reader.role_name(alternative) == "else" and len(named_children(alternative)) == 1:
        alternative = named_children(alternative)[0]
    return alternative if reader.role_name(alternative) in ("if", "unless") and not is_broken(alternative) else None


def branches(reader: StepReader, node: Node, arms: list[Arm], condition: Node | None) -> Iterator[Step]:
    while len(arms) > 1 and not arms[-1].steps:
        arms = arms[:-1]
    if len(arms) == 2 and not arms[0].steps and arms[0].kind == "when" and arms[1].kind == "else":
        arms = [arms[1]._replace(kind="unless", text=arms[0].text)]
    last = arms[-1]
    only = last.steps[0] if last.kind == "else" and len(last.steps) == 1 else None
    if only is not None and only.kind == "if" and only.arms[0].kind in ("when", "unless"):
        arms = [*arms[:-1], *only.arms]
    if any(arm.steps for arm in arms):
        yield reader.step("if", node, arms=tuple(arms))
    elif condition is not None and reader.has(condition, RUNNING):
        yield reader.step("evaluate", node, arms[0].text, arms=reader.closures(condition))


def read_ternary(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    condition, consequence, alternative = (reader.part(node, role, number) for number in (1, 2, 3))
    told = tail is None or reader.is_long(node) or reader.leaves(consequence) or reader.leaves(alternative)
    if condition is None or consequence is None or alternative is None or not told:
        yield from reader.read_unlisted(node, tail)
        return
    text = unwrapped(reader.quoter.quote(condition))
    arms = [Arm("when", text, node.start_point.row, reader.read_value(consequence, tail))]
    steps = reader.read_value(alternative, tail)
    if len(steps) == 1 and steps[0].kind == "if":
        arms += steps[0].arms
    else:
        arms.append(Arm("else", "", alternative.start_point.row, steps))
    yield from branches(reader, node, arms, condition)


def read_logical(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    left, right = reader.part(node, role, 1), reader.part(node, role, 2)
    kind = _logical_kind(reader, node)
    if left is None or right is None or kind is None:
        yield from reader.read_unlisted(node, tail)
        return
    if tail is not None:
        step = tail(left) if kind != "when" and reader.leaves(right) else None
        if step is None:
            yield from reader.read_unlisted(node, tail)
            return
        arm = Arm(kind, "", right.start_point.row, reader.read_all([right]))
        yield step._replace(arms=(*step.arms, arm), end_row=node.end_point.row)
        return
    steps = reader.read_all([right])
    if steps:
        condition = unwrapped(reader.quoter.quote(left))
        yield reader.step("if", node, arms=(Arm(kind, condition, node.start_point.row, steps),))
    else:
        yield from reader.read_all([left])


def _logical_kind(reader: StepReader, node: Node) -> ArmKind | None:
    """Under what the right side of `&&`, `||`, `??` runs: when the left one holds, unless it does …"""
    for child in node.children:
        if not child.is_named:
            operator = child.type
            if operator in _AND:
                return "when"
            if operator in _OR:
                return "unless"
            if operator in _ABSENT:
                return "absent"
    return None


def read_each(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    target, iterable, body = (reader.part(node, role, number) for number in (1, 2, 3))
    if target is None or iterable is None:
        yield from read_for(reader, node, ("for", *role[3:4]), tail)
        return
    if iterable.type == "in" and iterable.named_child_count:  # Ruby's `for`
        iterable = iterable.named_children[0]
    reader.declare(reader.quoter.text(target))
    operator = node.child_by_field_name("operator")
    kind = "keys" if operator is not None and operator.type == "in" else "each"
    yield from read_loop(
        reader,
        node,
        kind,
        reader.quoter.quote(target).lstrip("*& "),
        body,
        reader.quoter.quote(iterable),
        reader.alternatives(node, role, 4, None),
    )


def read_for(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    body = reader.part(node, role, 1)
    header = reader.header(node, body)
    if found := _AS.match(header) if node.type == "foreach_statement" else None:
        reader.declare(found[2])
        yield from read_loop(reader, node, "each", found[2], body, found[1])
    elif (found := _EACH.match(header)) and node.children[0].type != "select":
        reader.declare(found[1])
        yield from read_loop(reader, node, "each", found[1], body, found[2])
    elif not header.strip("; ()"):
        yield from read_loop(reader, node, "forever", "", body)
    else:
        first = header.partition(";")[0]
        reader.declare(" ".join([first.partition("=")[0], *_INITIALIZED.findall(first)]))
        yield from read_loop(reader, node, "for", header, body)


def read_while(reader: StepReader, node: Node, role: Role, tail: Tail | None, kind: str = "while") -> Iterator[Step]:
    body = reader.part(node, role, 2)
    condition = reader.condition(node, role, body if kind in ("while", "until") else None)
    if node.children[0].type == "until":  # the shell's
        kind = "until"
    if node.type.endswith("_modifier") and body is not None and body.type == "begin":  # Ruby runs it once at least
        kind = f"do_{kind}"
    if kind == "while" and condition in ("True", "true", "1", ":"):
        kind, condition = "forever", ""
    if kind == "do_while" and condition in ("0", "false"):  # how C's macros wrap statements
        yield from reader.read_arm(body, within="loop")
        return
    yield from read_loop(reader, node, kind, condition, body, alternatives=reader.alternatives(node, role, 3, body))


def read_until(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from read_while(reader, node, role, tail, "until")


def read_do_while(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from read_while(reader, node, role, tail, "do_while")


def read_do_until(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from read_while(reader, node, role, tail, "do_until")


def read_forever(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from read_loop(reader, node, "forever", "", reader.part(node, role, 1))


def read_loop(reader: StepReader, node: Node, kind: str, text: str, body: Node | None, iterable: str = "",
    alternatives: Sequence[Node] = (),
) -> Iterator[Step]:  # fmt: skip
    arms = [Arm("body", "", node.start_point.row, reader.read_arm(body, within="loop"))]
    arms += [Arm("else", "", other.start_point.row, reader.read_all([other])) for other in alternatives]
    awaited = any(child.type in ("async", "await") for child in node.children[:2])
    yield reader.step("loop", node, text, iterable, kind, awaited=awaited, arms=tuple(arms))


def read_switch(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    body = reader.part(node, role, 2) or node
    if role[1] == "^":
        first = next((child for child in named_children(node) if reader.role_name(child) in ("case", "default")), None)
        subject = reader.header(node, first)
    else:
        value = reader.part(node, role, 1)
        is_subject = value is not None and value != body and reader.role_name(value) not in ("case", "default")
        subject = unwrapped(reader.quoter.quote(value)) if value is not None and is_subject else ""
    kind = "select" if node.type.startswith("select") else ""
    if reader.rules.switch_breaks:
        reader.within.append("switch")
    if tail is not None:
        reader.values.append(tail)
    arms = list(_cases(reader, body, tail))
    if tail is not None:
        reader.values.pop()
    if reader.rules.switch_breaks:
        reader.within.pop()
    if any(arm.steps for arm in arms):
        yield reader.step("switch", node, subject, operator=kind, arms=tuple(arms))


def _cases(reader: StepReader, body: Node, tail: Tail | None) -> Iterator[Arm]:
    labels: list[str] = []
    arms: list[Arm] = []
    is_default = False
    first = next(
        (child.start_byte for child in named_children(body) if reader.role_name(child) == "case"), body.end_byte
    )
    for child in body.named_children:
        role = reader.rules.roles.get(child.type)
        if child.is_error:
            reader.is_complete = False
        if role is None or role[0] not in ("case", "default", "else"):
            if "comment" not in child.type and child.start_byte > first:
                reader.is_complete = False
            continue
        label, steps, falls = _case(reader, child, role, tail)
        is_default = is_default or label in _DEFAULTS
        labels += [label] if label not in _DEFAULTS else []
        if not steps and falls == "always":
            continue
        while steps and steps[-1].kind == "break" and not steps[-1].text and steps[-1].value == "switch":
            steps, falls = steps[:-1], ""
        if is_default:
            arms.append(Arm("else", ", ".join(labels), child.start_point.row, steps, falls))
        else:
            arms.append(Arm("when", ", ".join(labels), child.start_point.row, steps, falls))
        labels, is_default = [], False
    if arms:
        arms[-1] = arms[-1]._replace(falls="")
    yield from arms


def _case(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> tuple[str, tuple[Step, ...], Falls]:
    """(label, steps, whether the next case's steps follow)."""
    if role[0] == "else":
        return "", reader.read_all([node], tail), ""
    separator = role[1]
    cut = node.child_by_field_name(separator) if separator[0].isalpha() else None
    if cut is not None:
        start = cut.start_byte
    elif separator[0].isalpha():
        start = node.end_byte  # a case without a body
    else:
        separators = [child for child in node.children if child.type == separator]
        cut = separators[-1] if separators else None
        start = cut.end_byte if cut is not None else node.end_byte  # the label ends before the separator
    if role[0] == "default":
        label = ""
    else:
        end = cut.start_byte if cut is not None else node.end_byte
        label = _label(reader.quoter.quote_until(node, node.start_byte, end))
        label = _RUBY_LABELS.sub("", without_end(label)) if separator[0].isalpha() else label
        if node.type != "when":  # elsewhere a pattern may bind names
            reader.declare(label)
    rest = [child for child in named_children(node) if child.start_byte >= start]
    if separator in ("->", "=>"):
        steps = tuple(step for child in rest for step in _arrow(reader, child, tail))
    else:
        steps = reader.read_all(rest, tail)
    if any(child.type == ";&" for child in node.children) or _has_fallthrough(reader, rest):
        return label, steps, "always"
    if not reader.rules.falls_through or separator in ("->", "=>"):
        return label, steps, ""
    completes = may_complete(steps)
    return label, steps, "" if completes is False else "always" if completes else "maybe"


def _arrow(reader: StepReader, node: Node, tail: Tail | None) -> Iterable[Step]:
    if reader.role_name(node) == "statement" and len(node.named_children) == 1 and tail is not None:
        return reader.read_value(node.named_children[0], tail)
    if reader.role_name(node) == "block" or tail is None:
        return reader.read_all([node], tail)
    return reader.read_value(node, tail)


def _has_fallthrough(reader: StepReader, nodes: Sequence[Node]) -> bool:
    last = nodes[-1] if nodes else None
    while last is not None and reader.role_name(last) == "block" and last.named_child_count:
        last = last.named_children[-1]
    return last is not None and reader.role_name(last) == "fallthrough"


def read_give(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    named = named_children(node)
    if reader.values and named:
        yield from reader.read_value(named[0], reader.values[-1])
    else:
        reader.is_complete = False


def read_try(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    body, resources = reader.part(node, role, 1), reader.part(node, role, 2)
    handlers = [child for child in named_children(node) if reader.role_name(child) in ("catch", "finally", "else")]
    has_else = any(reader.role_name(child) == "else" for child in handlers)
    steps = reader.read_arm(body, None if has_else else tail)
    inner = _tried(reader, node, steps, handlers, tail)
    if resources is None:
        yield from inner
    else:
        text = unwrapped(reader.quoter.quote(resources))
        reader.declare(text)
        arm = Arm("body", "", node.start_point.row, inner)
        yield reader.step("with", node, text, "using", arms=(arm,))


def read_begin(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    handlers = [child for child in named_children(node) if reader.role_name(child) in ("catch", "finally", "else")]
    main = [child for child in named_children(node) if child not in handlers]
    has_else = any(reader.role_name(child) == "else" for child in handlers)
    steps = reader.read_all(main, None if has_else else tail)
    yield from _tried(reader, node, steps, handlers, tail)


def _tried(
    reader: StepReader, node: Node, steps: tuple[Step, ...], handlers: Sequence[Node], tail: Tail | None
) -> tuple[Step, ...]:
    if not handlers:
        return steps
    arms = [Arm("body", "", node.start_point.row, steps)]
    for handler in handlers:
        role = reader.rules.roles[handler.type]
        if role[0] == "catch":
            arms.append(_catch(reader, handler, role, tail))
        elif role[0] == "else":
            arms.append(Arm("else", "", handler.start_point.row, reader.read_all([handler], tail)))
        else:
            arms.append(Arm("finally", "", handler.start_point.row, reader.read_all(named_children(handler))))
    if not any(arm.steps for arm in arms):
        return ()
    return (reader.step("try", node, arms=tuple(arms)),)


def _catch(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Arm:
    body = reader.part(node, role, 2)
    if body is None:
        body = next((child for child in reversed(named_children(node)) if reader.role_name(child) == "block"), None)
    end = body.start_byte if body is not None else node.end_byte
    what = without_end(without_keyword(reader.quoter.quote_until(node, node.start_byte, end)))
    what = unwrapped(what)
    is_any = what.startswith("=>") or (reader.rules.catches_all and bool(what))
    what = what.removeprefix("=>").strip()
    reader.declare(what)
    return Arm("catch_any" if is_any else "catch", what, node.start_point.row, reader.read_arm(body, tail))


def read_with(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    body = reader.part(node, role, 2)
    text = reader.header(node, body)
    reader.declare(text.rpartition(" as ")[2] if " as " in text else text.partition("=")[0])
    arm = Arm("body", "", node.start_point.row, reader.read_arm(body, tail))
    word = role[3] if len(role) > 3 else ""
    yield reader.step("with", node, text, word, arms=(arm,), awaited=node.children[0].type == "async")


def read_return(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    label = node.child_by_field_name("label")
    named = [child for child in named_children(node) if child != label and child.type != "label"]
    make = reader.returning(node)
    if len(named) == 1:
        yield from reader.read_value(named[0], make)
    elif named:
        yield make(node)
    else:
        yield make(node)._replace(text="")


def read_raise(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield reader.step("raise", node, without_keyword(reader.quoter.quote(node)), arms=reader.closures(node))


def read_assert(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield reader.step("assert", node, without_keyword(reader.quoter.quote(node)))


def read_break(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    left = reader.within[-1] if reader.within else ""
    named = named_children(node)
    label = next((child for child in named if not reader.rules.last_is_result or child.type == "label"), None)
    if label is not None:
        yield reader.step("break", node, reader.quoter.quote(label))
    else:  # Rust's and Ruby's may have a value
        yield reader.step("break", node, reader.quoter.quote(named[0]) if named else "", left)


def read_continue(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    named = named_children(node)
    if reader.in_closure and not reader.within:  # Ruby's `next` in a block
        yield reader.step("return", node, reader.quoter.quote(node).removeprefix("next").strip())
    elif reader.rules.switch_continues and not named and reader.within and reader.within[-1] == "switch":
        yield reader.step("break", node, "", "switch")
    else:
        yield reader.step("continue", node, reader.quoter.quote(named[0]) if named else "")


def read_jump(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield reader.step("jump", node, without_keyword(reader.quoter.quote(node)))


def read_exit(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield reader.step("exit", node, reader.quoter.quote(node))


def _label(text: str) -> str:
    """`1, 2` of `case 1: case 2:`."""
    labels = [_LABELS.sub("", part.strip()).strip() for part in re.split(r":\s*(?=case\b|default\b)", text)]
    return ", ".join(label for label in labels if label)
