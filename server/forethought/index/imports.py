"""What import statements bind, language by language."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tree_sitter

from forethought.index.tags import Import, Position, Range


class Imported(NamedTuple):
    """One name that a statement binds, before it has a scope."""

    local: str
    module: str
    name: str | None
    node: tree_sitter.Node


@dataclass(frozen=True, slots=True)
class Imports:
    """A file's imports, and the bytes that they take up."""

    statements: list[tuple[int, Imported]]
    """Each name with the start byte of the statement that imports it."""
    spans: list[tuple[int, int]]
    """Byte ranges of statements in which no identifier is a use, in order."""
    tokens: frozenset[int]
    """Start bytes of the identifiers that are bound."""

    def placed(self, scope_at: Callable[[int], str]) -> tuple[Import, ...]:
        """The imports, each with the scope of its statement, in order."""
        return tuple(
            Import(item.local, item.module, item.name, _range(item.node), scope_at(start))
            for start, item in sorted(self.statements, key=lambda pair: pair[1].node.start_byte)
        )


def read_imports(reader: str, nodes: Sequence[tree_sitter.Node]) -> Imports:
    """reader: the language's name; one without a reader here has its imports taken as module paths"""
    read = _readers().get(reader, _plain)
    statements = [(node.start_byte, item) for node in nodes for item in read(node)]
    spans = sorted((node.start_byte, node.end_byte) for node in nodes if node.type in _STATEMENTS)
    return Imports(statements, spans, frozenset(item.node.start_byte for _, item in statements))


def _range(node: tree_sitter.Node) -> Range:
    return Range(Position(*node.start_point), Position(*node.end_point))


_STATEMENTS = frozenset(
    {
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "export_statement",
    }
)


def _readers() -> dict[str, Callable[[tree_sitter.Node], Iterator[Imported]]]:
    return {"python": _python, "javascript": _javascript, "typescript": _javascript, "tsx": _javascript}


def _text(node: tree_sitter.Node | None) -> str:
    return "".join((node.text or b"").decode("utf-8", "replace").split()) if node is not None else ""


def _string(node: tree_sitter.Node | None) -> str:
    return _text(node).strip("\"'`<>")


def _plain(node: tree_sitter.Node) -> Iterator[Imported]:
    words = (node.text or b"").decode("utf-8", "replace").strip().rstrip(";").split()
    module = words[-1].strip("\"'`<>()") if words else ""
    if module:
        yield Imported(module.replace("/", ".").replace("::", ".").rpartition(".")[2], module, None, node)


def _python(node: tree_sitter.Node) -> Iterator[Imported]:
    if node.type == "import_statement":
        for child in node.children_by_field_name("name"):
            if child.type == "aliased_import":
                alias = child.child_by_field_name("alias")
                if alias is not None:
                    yield Imported(_text(alias), _text(child.child_by_field_name("name")), None, alias)
            else:
                # `import a.b` binds `a`; the module as written says what else was loaded.
                yield Imported(_text(child).partition(".")[0], _text(child), None, child)
        return
    module_node = node.child_by_field_name("module_name")
    module = _text(module_node) if module_node is not None else "__future__"
    for child in node.children_by_field_name("name"):
        if child.type == "aliased_import":
            alias = child.child_by_field_name("alias")
            if alias is not None:
                yield Imported(_text(alias), module, _text(child.child_by_field_name("name")), alias)
        else:
            yield Imported(_text(child), module, _text(child), child)
    for child in node.named_children:
        if child.type == "wildcard_import":
            yield Imported("*", module, "*", child)


def _javascript(node: tree_sitter.Node) -> Iterator[Imported]:
    if node.type == "variable_declarator":
        yield from _require(node)
        return
    module = _string(node.child_by_field_name("source"))
    clause = next((child for child in node.named_children if child.type in ("import_clause", "export_clause")), None)
    namespace = next((child for child in node.named_children if child.type == "namespace_export"), None)
    if node.type == "export_statement" and clause is None:
        yield Imported(_text(namespace.named_children[-1]) if namespace else "*", module, "*", namespace or node)
        return
    for child in clause.named_children if clause is not None else ():
        if child.type == "identifier":
            yield Imported(_text(child), module, "default", child)
        elif child.type == "namespace_import":
            yield Imported(_text(child.named_children[-1]), module, None, child.named_children[-1])
        else:
            specifiers = child.named_children if child.type == "named_imports" else [child]
            for specifier in specifiers:
                alias = specifier.child_by_field_name("alias")
                name = specifier.child_by_field_name("name")
                place = alias or name
                if place is not None:
                    yield Imported(_text(place), module, _text(name) if name else "default", place)


def _require(node: tree_sitter.Node) -> Iterator[Imported]:
    """`const a = require("m")`, `const {b, c: d} = require("m")`."""
    target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    arguments = value.child_by_field_name("arguments") if value is not None else None
    if target is None or arguments is None or not arguments.named_children:
        return
    module = _string(arguments.named_children[0])
    if target.type == "identifier":
        yield Imported(_text(target), module, None, target)
        return
    for child in target.named_children:
        if child.type == "pair_pattern":
            bound = child.child_by_field_name("value")
            if bound is not None:
                yield Imported(_text(bound), module, _text(child.child_by_field_name("key")), bound)
        elif child.type == "shorthand_property_identifier_pattern":
            yield Imported(_text(child), module, _text(child), child)
