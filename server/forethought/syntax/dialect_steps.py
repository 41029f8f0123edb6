"""Statements that only one language, or one family, has."""

from collections.abc import Iterator

from tree_sitter import Node

from forethought.syntax.behavior_rules import Role
from forethought.syntax.control_steps import read_loop
from forethought.syntax.expression_steps import assigned
from forethought.syntax.quoting import one_line
from forethought.syntax.step_reader import (
    StepReader,
    Tail,
    inside_brackets,
    named_children,
    without_end,
    without_keyword,
)
from forethought.syntax.steps import Arm, ArmKind, Step


def read_under(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    """What the preprocessor includes under a condition."""
    arms: list[Arm] = []
    current: Node | None = node
    while current is not None:
        alternative = current.child_by_field_name(role[1])
        header = reader.quoter.text(current).partition("\n")[0].strip()
        row = current.start_point.row
        inside = [child for child in current.named_children if child != alternative and child.start_point.row > row]
        kind: ArmKind = "else" if header.startswith("#else") else "under"
        arms.append(Arm(kind, "" if kind == "else" else one_line(header), row, reader.read_all(inside)))
        current = alternative
    if any(arm.steps for arm in arms):
        yield reader.step("if", node, arms=tuple(arms))


def read_initializers(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    yield from _initializers(reader, node)


def initializer_steps(reader: StepReader, function: Node, body: Node) -> Iterator[Step]:
    """What a constructor's initializers do."""
    for child in function.named_children:
        if child.start_byte >= body.start_byte:
            return
        if reader.role_name(child) == "initializers":
            yield from _initializers(reader, child)


def _initializers(reader: StepReader, node: Node) -> Iterator[Step]:
    written = [child for child in node.named_children if child.type == "field_initializer"]
    for child in written:
        name, value = child.named_children[0], child.named_children[-1]
        text = reader.quoter.quote(value)
        yield reader.step("write", child, reader.quoter.text(name), inside_brackets(text), "init", scope="attribute")
    if not written:
        text = reader.quoter.quote(node).lstrip(":").strip()
        yield reader.step("call", node, text)


def read_go_for(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    body = reader.part(node, role, 1)
    head = next((child for child in named_children(node) if child != body), None)
    if head is None:
        yield from read_loop(reader, node, "forever", "", body)
    elif head.type == "range_clause":
        left, right = head.child_by_field_name("left"), head.child_by_field_name("right")
        through = reader.quoter.quote(right) if right is not None else ""
        if left is not None and reader.operator(head) == ":=":
            reader.declare(reader.quoter.text(left))
        key, _, value = (reader.quoter.quote(left) if left is not None else "").partition(", ")
        if not value:  # one name is an index, a key, a number or an element: the type decides
            through = f"range {through}"
        names = value if key == "_" else f"{key}, {value}" if value else key
        yield from read_loop(reader, node, "each", names, body, through)
    elif head.type == "for_clause":
        reader.declare(reader.quoter.text(head).partition(":=")[0])
        yield from read_loop(reader, node, "for", reader.quoter.quote(head), body)
    else:
        yield from read_loop(reader, node, "while", reader.quoter.quote(head), body)


def read_lua_local(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    inner = node.named_children[0] if node.named_children else node
    names = inner.named_children[0] if inner.type == "assignment_statement" and inner.named_children else inner
    reader.declare(reader.quoter.text(names))
    if inner.type == "assignment_statement":
        yield from read_lua_assign(reader, inner, role, tail)


def read_lua_assign(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    reader.written.add(node.id)
    if len(node.named_children) > 1:
        target, value = node.named_children[:2]
        yield from reader.read_value(value, assigned(reader, node, target, "="))


def read_cpp_declaration(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    """`Lock lock(mutex);` reads like the declaration of a function, and so does `ready && go();`."""
    for declarator in node.children_by_field_name("declarator"):
        if "function_declarator" in (declarator.type, *(child.type for child in declarator.named_children)):
            reader.declare(reader.quoter.text(declarator).partition(")")[0])
            is_expression = declarator.type == "reference_declarator" and "&&" in reader.quoter.text(declarator)
            yield reader.step("evaluate" if is_expression else "declare", node, reader.quoter.quote(node))
        elif reader.role_name(declarator) == "declare":
            yield from reader.read(declarator)
        else:
            reader.declare(reader.quoter.text(declarator))


def read_csharp_local(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if any(child.type == "using" for child in node.children[:2]):
        text = without_keyword(reader.quoter.quote(node).removeprefix("await").strip())
        reader.declare(text.partition("=")[0])
        yield reader.step("with", node, text, "using", awaited=node.children[0].type == "await")
    else:
        yield from reader.read_sequence(node.named_children, None)


def read_kotlin_label(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    text = reader.quoter.text(node)
    if text.startswith(("break@", "continue@")):
        word, _, label = text.partition("@")
        yield reader.step("break" if word == "break" else "continue", node, label)
    else:
        yield from reader.read_sequence(named_children(node)[-1:], tail)


def read_kotlin_property(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if any(child.type == "property_delegate" for child in node.named_children):
        yield reader.step("declare", node, reader.quoter.quote(node))
        return
    bound = next((child for child in node.named_children if "variable_declaration" in child.type), None)
    equals = next((child for child in node.children if child.type == "="), None)
    if bound is None:
        return
    names = [bound] if bound.type == "variable_declaration" else bound.named_children
    target = ", ".join(reader.quoter.text(name.named_children[0]) for name in names if name.named_child_count)
    target = f"({target})" if bound.type != "variable_declaration" else target
    reader.declare(target)
    value = next((child for child in node.named_children if equals and child.start_byte >= equals.end_byte), None)
    if value is not None:

        def make(found: Node) -> Step:
            text, awaited = reader.quote_value(found)
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


def read_shell_command(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    name = node.child_by_field_name("name")
    word = reader.quoter.text(name) if name is not None else ""
    text = reader.quoter.quote(node)
    if word in ("return", "exit", "break", "continue"):
        rest = text.removeprefix(word).strip()
        if word == "exit" or (word == "return" and reader.in_subshell):
            yield reader.step("exit", node, text, "subshell" if reader.in_subshell else "")
        elif word == "return":
            yield reader.step("return", node, rest)
        else:
            yield reader.step("break" if word == "break" else "continue", node, rest, "" if rest else "loop")
    elif word not in (":", "true"):
        yield reader.step("call", node, text)


def read_shell_if(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    then = next((child for child in node.children if child.type == "then"), None)
    if then is None:
        reader.is_complete = False
        return
    rest = [child for child in node.children if child.start_byte >= then.end_byte]
    clauses = [child for child in rest if child.type in ("elif_clause", "else_clause")]
    condition = without_end(without_keyword(reader.quoter.quote_until(node, node.start_byte, then.start_byte)))
    steps = reader.read_all([child for child in rest if child not in clauses])
    arms = [Arm("when", condition, node.start_point.row, steps)]
    for clause in clauses:
        found = reader.read_all([clause]) if clause.type == "elif_clause" else reader.read_all(clause.children)
        if clause.type == "elif_clause":
            arms += [arm for step in found for arm in step.arms]
        else:
            arms.append(Arm("else", "", clause.start_point.row, found))
    yield reader.step("if", node, arms=tuple(arms))


def read_shell_declare(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    word = reader.quoter.text(node).partition(" ")[0]
    is_local = word in ("local", "typeset", "declare", "readonly")
    for child in node.named_children:
        name = child.child_by_field_name("name") or child
        if is_local and "name" in name.type:
            reader.declare(reader.quoter.text(name))
    for child in node.named_children:
        if child.type == "variable_assignment":
            yield from reader.read(child)
    if not is_local and not any(child.type == "variable_assignment" for child in node.named_children):
        yield reader.step("call", node, reader.quoter.quote(node))


def read_shell_redirect(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    body = reader.part(node, role, 1)
    if body is None or reader.role_name(body) in ("shell_command", "logical", "shell_pipe", ""):
        yield reader.step("call", node, reader.quoter.quote(node))
        return
    steps = reader.read_arm(body)
    redirect = reader.quoter.quote_until(node, body.end_byte, node.end_byte)
    arm = Arm("body", "", node.start_point.row, steps)
    yield reader.step("with", node, redirect, "redirection", arms=(arm,))


def read_shell_pipe(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    last = node.named_children[-1] if node.named_children else node
    if reader.role_name(last) in ("while", "until", "for", "shell_group", "shell_if", "switch"):
        before = reader.in_subshell
        reader.in_subshell = True
        steps = reader.read_arm(last)
        reader.in_subshell = before
        source = reader.quoter.quote_until(node, node.start_byte, last.start_byte).rstrip("|& ")
        yield reader.step("pipe", node, source, arms=(Arm("body", "", last.start_point.row, steps),))
    else:
        yield reader.step("call", node, reader.quoter.quote(node))


def read_shell_group(reader: StepReader, node: Node, role: Role, tail: Tail | None) -> Iterator[Step]:
    if node.children and node.children[0].type == "((":
        yield reader.step("evaluate", node, reader.quoter.quote(node))
    elif node.type == "subshell":
        before = reader.in_subshell
        reader.in_subshell = True
        steps = reader.read_all(node.children)
        reader.in_subshell = before
        if steps:
            yield reader.step("with", node, "", "subshell", arms=(Arm("body", "", node.start_point.row, steps),))
    else:
        yield from reader.read_sequence(node.children, tail)
