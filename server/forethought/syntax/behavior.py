"""What a file's functions do, statement by statement, read from the syntax tree by the rules of `behavior.toml`.

Expressions are quoted, never interpreted, so nothing here can be wrong about a value. What the rules do not cover is
quoted or left out, and never said to run: an unknown construct makes a body incomplete, not wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from tree_sitter import Node

from forethought.syntax import control_steps, dialect_steps, expression_steps
from forethought.syntax.behavior_rules import BehaviorRules
from forethought.syntax.languages import Language
from forethought.syntax.parameters import read_parameter
from forethought.syntax.parsing import parse
from forethought.syntax.quoting import Quoter
from forethought.syntax.step_reader import IDENTIFIER, InnerWrite, Read, StepReader
from forethought.syntax.steps import Scope, Step
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Range, Span, Symbol
from forethought.text.redaction import mask

_NEVER = re.compile(r"(?!)")
_BY_REFERENCE = {
    "c-sharp": re.compile(r"^(?:\[.*\]\s*)?(?:out|ref)\b"),
    "cpp": re.compile(r"(?<!&)&(?!&)"),
    "php": re.compile(r"&\s*\$"),
}
"""How to recognize a parameter that is passed by reference."""


_ASSIGNED = frozenset({"javascript", "typescript", "tsx", "lua"})
"""Languages with declarations whose tags list assigned names among the bindings, so that those say nothing here."""


class FunctionBody(NamedTuple):
    """What one function does."""

    steps: tuple[Step, ...]
    writes: tuple[InnerWrite, ...]
    """Assignments that are not steps of their own."""
    awaits: bool
    """Something in it is awaited; nested functions do not count."""
    is_complete: bool
    """False if part of it could not be read: a syntax error, or a construct that the rules do not cover."""


class BodyReader:
    """Reads the functions of one file on demand, from one parse."""

    def __init__(self, language: Language, source: bytes, tags: FileTags) -> None:
        """`tags` must be those of `source`. Secrets are masked in quotations, as they are in the tags."""
        self._tags = tags
        self._source = mask(source)
        self._by_role = readers()
        self._rules: BehaviorRules | None = None
        self._names: dict[str, set[str]] = {}
        functions = [symbol for symbol in tags.symbols if _has_body(symbol)]
        rules = language.behavior
        self._tree = parse(language, self._source) if rules is not None and functions else None
        if rules is None or self._tree is None:
            return
        in_closure: dict[Range, bool] = {}
        starts = {symbol.id: symbol.span.start for symbol in tags.symbols}
        for binding in tags.bindings:
            is_closed_over = False  # a parameter of a closure, say
            if rules.declares and (around := binding.seen_in) is not None:
                if around not in in_closure:
                    in_closure[around] = _is_in_closure(rules, self._tree.root_node, around, starts[binding.scope])
                is_closed_over = in_closure[around]
            is_plain = "." not in binding.name and not binding.name.startswith("@") and not binding.is_type
            if is_plain and not is_closed_over:
                self._names.setdefault(binding.scope, set()).add(binding.name)
        own_names = {symbol.short_name for symbol in functions} | {item.local for item in tags.imports}
        self._rules = replace(
            rules, exits=rules.exits - own_names, raises=rules.raises - own_names, returns=rules.returns - own_names
        )

    def read(self, symbol: Symbol) -> FunctionBody | None:
        """What a function or method does; None for other symbols, and where there is no body or no rule for it."""
        rules = self._rules
        node = _body_node(self._tree.root_node, symbol.body) if self._tree and _has_body(symbol) else None
        if rules is None or node is None:
            return None
        has_names = not rules.shell and self._tags.language not in _ASSIGNED
        bound = self._names.get(symbol.id, set()) if has_names else set()
        return _read_function(self._by_role, rules, self._source, self._tags, symbol, node, bound)


def read_bodies(language: Language, source: bytes, tags: FileTags) -> dict[str, FunctionBody]:
    """Symbol id → what the function does, for each function and method with a body.

    `tags` must be those of `source`. Empty if the language has no behavior rules or the text cannot be parsed. Secrets
    are masked in quotations, as they are in the tags.
    """
    reader = BodyReader(language, source, tags)
    bodies = ((symbol.id, reader.read(symbol)) for symbol in tags.symbols)
    return {symbol_id: body for symbol_id, body in bodies if body is not None}


def _is_in_closure(rules: BehaviorRules, root: Node, block: Range, function_start: int) -> bool:
    """Whether a block is, or is part of, an anonymous function inside the function that starts at this byte."""
    node = root.descendant_for_point_range(block.start, block.end)
    while node is not None and node.start_byte > function_start:
        if rules.roles.get(node.type, ("",))[0] == "closure":
            return True
        node = node.parent
    return False


def _has_body(symbol: Symbol) -> bool:
    return symbol.kind in FUNCTION_KINDS and symbol.body is not None


def _body_node(root: Node, span: Span | None) -> Node | None:
    """The outermost node of exactly this extent."""
    if span is None or span.end <= span.start:
        return None
    node = root.descendant_for_byte_range(span.start, span.end - 1)
    while node is not None and node.parent is not None and node.start_byte > span.start:
        node = node.parent
    while node is not None and (around := node.parent) is not None:
        if around.start_byte < span.start or around.end_byte > span.end:
            break
        node = around
    return node


def _read_function(
    by_role: Mapping[str, Read],
    rules: BehaviorRules,
    source: bytes,
    tags: FileTags,
    symbol: Symbol,
    node: Node,
    names: set[str],
) -> FunctionBody:
    language = tags.language
    parameters: set[str] = set()
    references: set[str] = set()
    for written in symbol.parameters:
        called = {f"${name}" if language == "php" else name for name in read_parameter(language, written).names}
        parameters |= called
        if _BY_REFERENCE.get(language, _NEVER).search(written):
            references |= called
    quoter = Quoter(rules, source)
    function = node.parent
    receivers = set(rules.receivers)
    if function is not None and (receiver := function.child_by_field_name("receiver")) is not None:  # Go's `(s *S)`
        receivers.update(IDENTIFIER.findall(quoter.text(receiver))[:1])
    if (
        function is not None and (result := function.child_by_field_name("result")) is not None
    ):  # and `(n int, err error)`
        names = names | {quoter.text(name) for part in result.children for name in part.children_by_field_name("name")}
    reader = StepReader(
        by_role,
        rules,
        quoter,
        frozenset(receivers),
        parameters,
        names | parameters,
        frozenset(references),
        *_undeclared_scope(rules, tags, symbol, node),
    )
    steps = reader.function(node, gives_result=_gives_result(rules, symbol))
    if function is not None:
        steps = (*dialect_steps.initializer_steps(reader, function, node), *steps)
    writes, awaits = reader.inner_writes(node)
    return FunctionBody(steps, writes, awaits, reader.is_complete)


def _undeclared_scope(rules: BehaviorRules, tags: FileTags, symbol: Symbol, node: Node) -> tuple[Scope, frozenset[str]]:
    """Whose a name is that the function writes to but does not declare, and the members of the class if that decides.

    Which variables a syntax error has hidden is not known.
    """
    if node.has_error:
        return "unknown", frozenset()
    if not rules.implicit_members or symbol.kind != "method":
        return "outer", frozenset()
    outer = tags.symbol(symbol.parent)
    while outer is not None and outer.id:
        if outer.kind in FUNCTION_KINDS:  # a local class: the name may be a variable of the function around it
            return "outer", frozenset()
        outer = tags.symbol(outer.parent)
    if not rules.has_globals:
        return "attribute", frozenset()
    owner = symbol.id.rpartition(".")[0]  # also of a method that is defined outside of its class
    members = {item.short_name for item in tags.symbols if item.parent == owner}
    return "unknown", frozenset(members | {item.name for item in tags.bindings if item.scope == owner})


def _gives_result(rules: BehaviorRules, symbol: Symbol) -> bool:
    """Whether the function returns the value of its last expression."""
    returns = (symbol.returns or "").strip().lstrip(":").strip()
    if returns in ("void", "Unit", "()") or (returns in ("Task", "ValueTask") and "async " in symbol.signature):
        return False
    if rules.unit_without_type and not returns:
        return False
    name = symbol.short_name
    return not (rules.bare_calls and (name == "initialize" or (name.endswith("=") and name[0].isalpha())))


def readers() -> dict[str, Read]:
    """Role → the function that reads nodes with that role."""
    return {
        "block": control_steps.read_block,
        "statement": control_steps.read_statement,
        "inner": control_steps.read_inner,
        "declarations": control_steps.read_declarations,
        "nothing": control_steps.read_nothing,
        "attribute": control_steps.read_nothing,
        "fallthrough": control_steps.read_nothing,
        "opaque": expression_steps.read_opaque,
        "define": expression_steps.read_define,
        "decorated": expression_steps.read_decorated,
        "closure": expression_steps.read_closure,
        "under": dialect_steps.read_under,
        "initializers": dialect_steps.read_initializers,
        "if": control_steps.read_if,
        "unless": control_steps.read_if,
        "ternary": control_steps.read_ternary,
        "logical": control_steps.read_logical,
        "each": control_steps.read_each,
        "for": control_steps.read_for,
        "while": control_steps.read_while,
        "until": control_steps.read_until,
        "do_while": control_steps.read_do_while,
        "do_until": control_steps.read_do_until,
        "forever": control_steps.read_forever,
        "switch": control_steps.read_switch,
        "case": control_steps.read_stray,
        "default": control_steps.read_stray,
        "catch": control_steps.read_stray,
        "finally": control_steps.read_stray,
        "try": control_steps.read_try,
        "begin": control_steps.read_begin,
        "else": control_steps.read_block,
        "with": control_steps.read_with,
        "write": expression_steps.read_write,
        "declare": expression_steps.read_declare,
        "let": expression_steps.read_let,
        "update": expression_steps.read_update,
        "unary": expression_steps.read_unary,
        "call": expression_steps.read_call,
        "new": expression_steps.read_call,
        "macro": expression_steps.read_macro,
        "effect": expression_steps.read_effect,
        "propagate": expression_steps.read_propagate,
        "return": control_steps.read_return,
        "give": control_steps.read_give,
        "raise": control_steps.read_raise,
        "yield": expression_steps.read_yield,
        "await": expression_steps.read_await,
        "assert": control_steps.read_assert,
        "break": control_steps.read_break,
        "continue": control_steps.read_continue,
        "jump": control_steps.read_jump,
        "retry": control_steps.read_jump,
        "label": control_steps.read_label,
        "delete": expression_steps.read_delete,
        "defer": expression_steps.read_defer,
        "start": expression_steps.read_defer,
        "exit": control_steps.read_exit,
        "outer": expression_steps.read_outer,
        "word": expression_steps.read_word,
        "go_for": dialect_steps.read_go_for,
        "lua_assign": dialect_steps.read_lua_assign,
        "lua_local": dialect_steps.read_lua_local,
        "cpp_declaration": dialect_steps.read_cpp_declaration,
        "csharp_local": dialect_steps.read_csharp_local,
        "kotlin_label": dialect_steps.read_kotlin_label,
        "kotlin_property": dialect_steps.read_kotlin_property,
        "shell_command": dialect_steps.read_shell_command,
        "shell_if": dialect_steps.read_shell_if,
        "shell_declare": dialect_steps.read_shell_declare,
        "shell_redirect": dialect_steps.read_shell_redirect,
        "shell_pipe": dialect_steps.read_shell_pipe,
        "shell_group": dialect_steps.read_shell_group,
    }
