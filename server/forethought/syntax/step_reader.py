"""The steps of one function, read off its syntax tree: what is common to all kinds of statements.

What reads a node of a role stands in `control_steps`, `expression_steps` and `dialect_steps`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tree_sitter import Node

from forethought.syntax.behavior_rules import BehaviorRules, Role
from forethought.syntax.quoting import Quoter, is_string
from forethought.syntax.steps import Arm, Scope, Step, StepKind

Tail = Callable[[Node], Step | None]
"""What becomes of the value of an expression: it is returned, assigned …"""
Read = Callable[["StepReader", Node, Role, Tail | None], Iterable[Step]]

IDENTIFIER = re.compile(r"[^\W\d]\w*[!?]?|[@$]+\w+")
WRAPPERS = frozenset({"parenthesized_expression", "expression_list", "argument_list", "parenthesized_statements"})
RUNNING = frozenset(
    {
        *("call", "new", "macro", "write", "declare", "update", "await", "raise", "return", "propagate", "yield"),
        *("delete", "exit", "effect", "defer", "start", "shell_command", "shell_pipe"),
    }
)
"""Roles of expressions that do something when evaluated."""
_KEYWORDS = re.compile(
    r"^(?:else\s+if|elif|elsif|elseif|if|unless|while|until|for\s+await|foreach|for|switch|select|catch|rescue|except\*?"
    r"|(?:async\s+)?with|using|lock|synchronized|fixed|return|raise|throw|co_return|co_yield|yield\s+return|yield"
    r"|assert|defer|go|del|delete(?:\s*\[\])?|unset|goto)(?![\w!?])"
)
_TRAILING = re.compile(r"\s*(?:;\s*)?(?:\b(?:do|then)\b|[:{;])?\s*$")
_OPERATOR = re.compile(r"^(?:\+\+|--|[^\w\s=<>!]{0,3}=|<<=|>>=|>>>=)$")
_NO_CALL = re.compile(r"(?:vec|format)!|(?:static|dynamic|const|reinterpret)_cast<")
_DECLARED_TUPLE = re.compile(r"var\s*\(|\(\s*[\w.<>\[\]?]+\s+\w+\s*,")
"""C#'s `var (a, b) = …` and `(int a, int b) = …`."""
_LET = re.compile(r"\blet\s+(.+?)\s*=(?![=>])")
"""Rust's patterns in conditions."""
_AWAIT = re.compile(r"^(?:await|co_await)\b\s*")
_LEAVING = frozenset({"return", "raise", "break", "continue", "exit", "kotlin_label"})
_BLOCKS = frozenset(
    {
        *("if", "unless", "each", "for", "while", "until", "do_while", "do_until", "forever", "try", "begin", "switch"),
        *("with", "return", "raise"),
    }
)
_BLOCK_CLOSURES = frozenset({"lambda_literal", "block", "do_block"})
_FARTHEST_FIRST: tuple[Scope, ...] = ("unknown", "outer", "attribute", "argument", "object")
_MAX_DEPTH = 40
"""Statements that are nested deeper are left out."""
_LONG = 60
"""A conditional value with at least this many characters is told arm by arm."""


class InnerWrite(NamedTuple):
    """An assignment inside an expression that a step quotes: whether it runs is not known."""

    step: Step
    in_closure: bool


@dataclass(slots=True)
class StepReader:
    """Reads the steps of one function. `readers`: role → what reads nodes of that role."""

    readers: "Mapping[str, Read]"
    rules: BehaviorRules
    quoter: Quoter
    receivers: frozenset[str]
    parameters: set[str]
    locals: set[str]
    references: frozenset[str] = frozenset()
    """Parameters passed by reference: `out`, `ref`, `&`."""
    undeclared: Scope = "outer"
    """The scope of names that the function does not declare …"""
    members: frozenset[str] = frozenset()
    """… unless it is unknown and they are among these: the members of the function's class."""
    outer: set[str] = field(default_factory=set)
    """Names declared as not local: Python's `global`."""
    is_complete: bool = True
    within: list[str] = field(default_factory=list)
    """Enclosing loops and switches, innermost last."""
    in_closure: str = ""
    """Node type of the enclosing closure."""
    in_subshell: bool = False
    values: list[Tail] = field(default_factory=list)
    """What happens to the values of the enclosing switches."""
    written: set[int] = field(default_factory=set)
    """Nodes of assignments that are steps."""
    depth: int = 0

    # Functions

    def function(self, node: Node, gives_result: bool) -> tuple[Step, ...]:
        text = self.quoter.text(node)
        as_result: Tail | None = self.returning(node) if gives_result else None
        for sign in ("=>", "="):
            if text.startswith(sign) and node.named_child_count:  # an expression in place of a block
                return self.read_value(node.named_children[-1], as_result)
        if self.role_name(node) in ("block", "begin", "shell_group"):
            return self.read_all([node], as_result if self.rules.last_is_result else None)
        return self.read_value(node, as_result)

    def read(self, node: Node, tail: Tail | None = None) -> Iterator[Step]:
        role = self.rules.roles.get(node.type)
        if role is None:
            yield from self.read_unlisted(node, tail)
        elif self.depth > _MAX_DEPTH or (
            node.has_error and role[0] not in ("block", "begin", "shell_group") and is_broken(node)
        ):
            self.is_complete = False
        else:
            self.depth += 1
            yield from self.readers[role[0]](self, node, role, tail)
            self.depth -= 1

    def read_unlisted(self, node: Node, tail: Tail | None) -> Iterator[Step]:
        if tail is not None:
            step = tail(node)
            if step is not None:
                yield step
        elif not is_inert(node):
            if self.has(node, _BLOCKS):
                self.is_complete = False
            yield self.step("evaluate", node, self.quoter.quote(node), arms=self.closures(node))

    def read_sequence(self, nodes: Sequence[Node], tail: Tail | None) -> Iterator[Step]:
        nodes = [node for node in nodes if node.is_named and "comment" not in node.type]
        conditions: list[str] = []
        for number, node in enumerate(nodes):
            if node.is_error:
                self.is_complete = False
                continue
            if self.role_name(node) == "attribute":
                conditions += [text for text in [self.quoter.quote(node)] if text.startswith("#[cfg(")]
                continue
            steps = self.read(node, tail if number == len(nodes) - 1 else None)
            if self.rules.shell and (behind := node.next_sibling) is not None and behind.type == "&":
                yield self.step("start", node, self.quoter.quote(node))
            elif conditions:
                arm = Arm("under", " ".join(conditions), node.start_point.row, tuple(steps))
                if arm.steps:
                    yield self.step("if", node, arms=(arm,))
            else:
                yield from steps
            conditions = []

    def read_all(self, nodes: Sequence[Node], tail: Tail | None = None) -> tuple[Step, ...]:
        return tuple(self.read_sequence(nodes, tail))

    def read_arm(self, node: Node | None, tail: Tail | None = None, within: str = "") -> tuple[Step, ...]:
        if node is None:
            return ()
        if within:
            self.within.append(within)
        steps = self.read_all([node], tail)
        if within:
            self.within.pop()
        return steps

    def inner_writes(self, body: Node) -> tuple[tuple[InnerWrite, ...], bool]:
        """(assignments that are not steps of their own, whether something is awaited)."""
        roles = self.rules.roles
        found: list[InnerWrite] = []
        awaits = False
        waiting = [(body, self)]
        while waiting:
            node, reader = waiting.pop()
            role = roles.get(node.type)
            name = role[0] if role is not None else ""
            in_function = reader is not self
            if name in ("write", "update", "unary"):
                if node.id not in self.written and not self.rules.shell:  # a shell's are those of a command or subshell
                    found += [InnerWrite(step, in_function) for step in reader._written(node) if step.kind == "write"]
            elif name in ("declare", "let", "each") and in_function and role is not None:
                declared = reader.part(node, role, 1)
                reader.declare(reader.quoter.text(declared) if declared is not None else "")
            elif name in ("opaque", "define"):
                continue
            elif name == "await":
                awaits = awaits or not in_function
            elif name == "closure" and role is not None:
                reader = reader.inside(self._parameters(node, role), node.type)
            if node.named_child_count:
                waiting += [(child, reader) for child in reversed(node.named_children)]
        return tuple(found), awaits

    def _written(self, node: Node) -> Iterator[Step]:
        role = self.rules.roles[node.type]
        if role[0] == "unary" and not self.is_update(node):
            return
        target = self.part(node, role, 1)
        if target is not None:
            value = self.part(node, role, 2) if role[0] == "write" else None
            text = self.quoter.quote(value) if value is not None else ""
            yield self.assignment(node, target, text, self.operator(node))

    def returning(self, node: Node) -> Callable[[Node], Step]:
        value = ""
        if self.role_name(node) == "return":
            label = node.child_by_field_name("label")
            if label is not None:
                value = f"@{self.quoter.text(label)}"
            elif self.in_closure in self.rules.nonlocal_returns:
                value = "function"

        def make(found: Node) -> Step:
            text, awaited = self.quote_value(found)
            return self.step("return", found, text, value, awaited=awaited, arms=self.closures(found))

        return make

    def quote_value(self, node: Node) -> tuple[str, bool]:
        """(the quotation without `await`, whether it is awaited)."""
        text = self.quoter.quote(node)
        if self.role_name(node) == "return":
            text = without_keyword(text)
        if text.startswith("(<"):  # JSX
            text = unwrapped(text)
        if self.role_name(node) == "await":
            return _AWAIT.sub("", text), True
        return text, text.endswith((".await", ".await?"))

    def assignment(self, node: Node, target: Node, value: str, operator: str) -> Step:
        if _DECLARED_TUPLE.match(self.quoter.text(target)):
            self.declare(self.quoter.text(target))
        scope = self.scope(target)
        if scope == "local" and not self.rules.declares:
            self.declare(self.quoter.text(target))
        kind: StepKind = "bind" if scope == "local" else "write"
        if kind == "bind" and self.quoter.text(target) in self.parameters:
            scope = "argument"
        return self.step(kind, node, self.quoter.quote(target), value, operator, scope=scope)

    def operator(self, node: Node) -> str:
        found = (child.type for child in node.children if not child.is_named and _OPERATOR.match(child.type))
        named = node.child_by_field_name("operator")
        return next(found, self.quoter.text(named) if named is not None else "=")

    def is_update(self, node: Node) -> bool:
        text = self.quoter.text(node)
        return text.startswith(("++", "--")) or text.endswith(("++", "--"))

    def scope(self, target: Node) -> Scope:
        if target.type in self.rules.patterns:
            scopes = [self.scope(child) for child in target.named_children]
            return next((scope for scope in _FARTHEST_FIRST if scope in scopes), "local")
        text = self.quoter.text(target)
        if target.type in ("instance_variable", "class_variable"):
            return "attribute"
        if target.type == "global_variable":
            return "outer"
        found = IDENTIFIER.search(text.lstrip("*(&"))
        name = found[0] if found else text
        is_part = (
            target.type in self.rules.members
            or target.type in self.rules.elements
            or target.type in self.rules.dereferences
        )
        if is_part:
            if self._begins_with_call(target):
                return "unknown"
            if name in self.receivers or text.startswith("@"):
                return "attribute"
            if name in self.parameters:
                return "argument"
            if name in self.locals and name not in self.outer:
                return "object"
            if self.rules.bare_calls and not name[:1].isupper():
                return "unknown"  # what a method of that name returns
            return self._undeclared(name)
        if name in self.outer:
            return "outer"
        if name in self.references:
            return "argument"
        if self.rules.declares or self.rules.shell:
            if name in self.locals or name in self.parameters or name == "_":
                return "local"
            return self._undeclared(name)
        return "local"

    def _begins_with_call(self, target: Node) -> bool:
        """Whether it is a part of what some call returns: `jar().items`."""
        node = target
        while node.named_children:
            node = node.named_children[0]
            if self.role_name(node) in ("call", "macro", "new", "await"):
                return True
        return False

    def _undeclared(self, name: str) -> Scope:
        if self.in_subshell:
            return "local"
        return "attribute" if name in self.members and self.undeclared == "unknown" else self.undeclared

    def declare(self, text: str) -> None:
        self.locals.update(name for name in IDENTIFIER.findall(text) if name not in self.outer)

    def is_call(self, node: Node) -> bool:
        name = self.role_name(node)
        is_wrapped = name in ("await", "propagate", "inner") or node.type in WRAPPERS
        if is_wrapped and node.named_child_count == 1:
            return self.is_call(node.named_children[0])
        return name in ("call", "macro") and not _NO_CALL.match(self.quoter.text(node))

    def closures(self, node: Node) -> tuple[Arm, ...]:
        """What the anonymous functions do whose bodies the quotation leaves out."""
        if node.start_point.row == node.end_point.row:
            return ()
        arms: list[Arm] = []
        waiting = [node]
        while waiting:
            inner = waiting.pop()
            role = self.rules.roles.get(inner.type)
            if role is not None and role[0] in ("define", "opaque"):
                continue
            if role is None or role[0] != "closure":
                waiting += reversed(inner.named_children)
            elif inner.start_point.row < inner.end_point.row:
                steps = self._closure_steps(inner, role)
                if steps:
                    arms.append(Arm("closure", "", inner.start_point.row, steps))
        return tuple(arms)

    def _closure_steps(self, node: Node, role: Role) -> tuple[Step, ...]:
        body = self.part(node, role, 1)
        inner = self.inside(self._parameters(node, role), node.type)
        result = inner.returning(node)
        last = inner._last_in_closure(result) if node.type in _BLOCK_CLOSURES else result
        if body is None:
            named = [child for child in named_children(node) if "parameter" not in child.type]
            steps = inner.read_all(named, last if node.type in _BLOCK_CLOSURES else None)
        elif self.role_name(body) in ("block", "begin"):
            steps = inner.read_all([body], last if self.rules.last_is_result else None)
        else:
            steps = inner.read_value(body, result)
        self.take_from(inner)
        return steps

    def _parameters(self, closure: Node, role: Role) -> Node | None:
        part = self.part(closure, role, 2) or closure.child_by_field_name("parameter")
        return part or next((child for child in named_children(closure) if "parameter" in child.type), None)

    def _last_in_closure(self, result: Callable[[Node], Step]) -> Tail:
        """A call at the end of a block is as likely made for its effect as for its value."""

        def make(node: Node) -> Step:
            if self.role_name(node) in ("call", "new") or (self.role_name(node) == "word" and self.rules.bare_calls):
                return self.step("call", node, self.quoter.quote(node), arms=self.closures(node))
            return result(node)

        return make

    def inside(self, parameters: Node | None, closure: str) -> "StepReader":
        """A reader for a function inside this one."""
        names = set(IDENTIFIER.findall(self.quoter.text(parameters))) if parameters is not None else set()
        return StepReader(
            self.readers,
            self.rules,
            self.quoter,
            self.receivers,
            parameters=self.parameters - names,
            locals=self.locals | names,
            references=self.references - names,
            undeclared=self.undeclared,
            members=self.members,
            outer=set(self.outer),
            in_closure=closure,
            in_subshell=self.in_subshell,
            depth=self.depth,
        )

    def take_from(self, inner: "StepReader") -> None:
        self.is_complete = self.is_complete and inner.is_complete
        self.written |= inner.written

    def read_value(self, value: Node, make: Tail | None) -> tuple[Step, ...]:
        """The value, told arm by arm where it is a long condition or where an arm leaves."""
        inner = value
        while inner.type in WRAPPERS and inner.named_child_count == 1:
            inner = inner.named_children[0]
        name = self.role_name(inner)
        told = inner.start_point.row < inner.end_point.row
        if name in ("if", "unless", "switch", "try", "begin", "block") and (told or self.has(inner, _LEAVING)):
            return tuple(self.read(inner, make))
        if name in ("ternary", "logical", "raise", "exit", "return", "write", "macro", "call", "word"):
            return tuple(self.read(inner, make))
        if make is None:
            return tuple(self.read(inner))
        step = make(value)
        return (step,) if step is not None else ()

    def leaves(self, node: Node | None) -> bool:
        """Whether the expression is nothing but a way out: `throw …`, `return`."""
        while (
            node is not None
            and (node.type in WRAPPERS or self.role_name(node) == "block")
            and node.named_child_count == 1
        ):
            node = node.named_children[0]
        if node is None:
            return False
        if self.role_name(node) in ("raise", "return", "break", "continue", "exit", "kotlin_label"):
            return True
        if self.role_name(node) == "word":
            word = self.quoter.text(node)
            return word in ("break", "continue") or (
                self.rules.bare_calls and word in self.rules.raises | self.rules.exits
            )
        if self.role_name(node) == "call":
            arguments = self.part(node, self.rules.roles[node.type], 2)
            end = arguments.start_byte if arguments is not None else node.end_byte
            name = self.quoter.slice(node.start_byte, end)
            return name in self.rules.raises or name in self.rules.exits
        return False

    def has(self, node: Node, names: frozenset[str]) -> bool:
        """Whether the node or one inside has one of the roles, functions inside aside."""
        waiting = [node]
        while waiting:
            inner = waiting.pop()
            name = self.role_name(inner)
            if name in names:
                return True
            if name not in ("closure", "define", "opaque"):
                waiting += inner.named_children
        return False

    def is_long(self, node: Node) -> bool:
        return node.end_byte - node.start_byte > _LONG

    def condition(self, node: Node, role: Role, body: Node | None) -> str:
        condition = self.part(node, role, 1) if role[1] != "^" else None
        declaration = node.child_by_field_name("initializer") if condition is None else None
        if declaration is not None and self.role_name(declaration) == "declare":  # Go's `if err := f(); err != nil`
            name = self.part(declaration, self.rules.roles[declaration.type], 1)
            self.declare(self.quoter.text(name) if name is not None else "")
        several = node.children_by_field_name(role[1]) if role[1][0].isalpha() else []
        if len([part for part in several if part.is_named]) > 1:  # a shell's commands
            text = self.quoter.slice(several[0].start_byte, several[-1].end_byte).rstrip("; ")
        else:
            text = unwrapped(self.quoter.quote(condition)) if condition is not None else self.header(node, body)
        for pattern in _LET.findall(text):
            self.declare(pattern)
        return text

    def header(self, node: Node, body: Node | None) -> str:
        """What stands between a statement's keyword and its body."""
        end = body.start_byte if body is not None else node.end_byte
        start = node.start_byte
        if node.named_child_count and node.named_children[0].type == "label":
            start = node.named_children[0].end_byte
        return unwrapped(without_end(without_keyword(self.quoter.quote_until(node, start, end))))

    def alternatives(self, node: Node, role: Role, number: int, consequence: Node | None) -> list[Node]:
        if number >= len(role) or role[number] == "-":
            return []
        if role[number][0].isalpha():
            return [child for child in node.children_by_field_name(role[number]) if child.is_named]
        found = self.part(node, role, number)
        return [found] if found is not None and found != consequence else []

    def role_name(self, node: Node) -> str:
        role = self.rules.roles.get(node.type)
        return role[0] if role is not None else ""

    def part(self, node: Node, role: Sequence[str], number: int) -> Node | None:
        if number >= len(role) or role[number] in ("-", "^"):
            return None
        part = role[number]
        if part[0] == ">":
            token = next((child for child in node.children if child.type == part[1:]), None)
            if token is None:
                return None
            return next((child for child in named_children(node) if child.start_byte >= token.end_byte), None)
        if part[0] == "=":
            return next((child for child in node.named_children if child.type == part[1:]), None)
        if part.lstrip("-").isdigit():
            named, index = named_children(node), int(part)
            return named[index] if -len(named) <= index < len(named) else None
        return node.child_by_field_name(part)

    def step(
        self, kind: StepKind, node: Node, text: str = "", value: str = "", operator: str = "",
        scope: Scope = "local", awaited: bool = False, is_call: bool = False, arms: tuple[Arm, ...] = (),
    ) -> Step:  # fmt: skip
        return Step(
            kind, node.start_point.row, node.end_point.row, text, value, operator, scope, awaited, is_call, arms
        )


def is_broken(node: Node) -> bool:
    return any(child.is_error or child.is_missing for child in node.children)


def is_inert(node: Node) -> bool:
    """Whether a statement of this expression alone would do nothing: a name, a literal, a documenting string."""
    return node.named_child_count == 0 or is_string(node.type)


def named_children(node: Node) -> list[Node]:
    return [child for child in node.named_children if "comment" not in child.type]


def without_keyword(text: str) -> str:
    """`x` of `return x`."""
    found = _KEYWORDS.match(text)
    return text[found.end() :].strip() if found else text.strip()


def without_end(text: str) -> str:
    """Without what opens a block at the end of a header: `:`, `{`, `do`, `then`."""
    return _TRAILING.sub("", text)


def inside_brackets(text: str) -> str:
    """`x` of `(x)` and `{x}`."""
    return text[1:-1].strip() if text[:1] in ("(", "{", "[") else text


def unwrapped(text: str) -> str:
    """Without parentheses around the whole."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for number, character in enumerate(text):
            depth += (character == "(") - (character == ")")
            if depth == 0 and number < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text
