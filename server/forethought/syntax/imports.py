"""What import statements bind, by language."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tree_sitter

from forethought.syntax.nodes import node_range
from forethought.syntax.tags import Import


class Imported(NamedTuple):
    """One name that an import statement binds, before its scope is known."""

    local: str
    module: str
    name: str | None
    node: tree_sitter.Node
    original: tree_sitter.Node | None = None
    """The name inside the module, if another one follows it."""


@dataclass(frozen=True, slots=True)
class Imports:
    """A file's imports and where they are."""

    statements: list[tuple[int, Imported]]
    """(start byte of the import statement, a name that it binds)."""
    spans: list[tuple[int, int]]
    """Byte ranges, in order, of the statements in which no identifier is a use."""
    tokens: frozenset[int]
    """Start bytes of the identifiers that are bound, or that another name follows."""

    def placed(self, scope_at: Callable[[int], str]) -> tuple[Import, ...]:
        """The imports in order, each with the scope of its statement."""
        return tuple(
            Import(
                item.local,
                item.module,
                item.name,
                node_range(item.node),
                scope_at(start),
                node_range(item.original) if item.original is not None else None,
            )
            for start, item in sorted(self.statements, key=lambda pair: pair[1].node.start_byte)
        )


def read_imports(reader: str, nodes: Sequence[tree_sitter.Node]) -> Imports:
    """Read import statements with the reader of this name, usually that of the language.

    Without such a reader, the last word of a statement is taken as the path of a module.
    """
    read = _readers().get(reader, _plain)
    statements = [(node.start_byte, item) for node in nodes for item in read(node)]
    spans = sorted((node.start_byte, node.end_byte) for node in nodes if node.type in _STATEMENTS)
    named = (node for _, item in statements for node in (item.node, item.original) if node is not None)
    return Imports(statements, spans, frozenset(node.start_byte for node in named))


def import_readers() -> frozenset[str]:
    """The names of the readers: the languages whose imports are understood."""
    return frozenset(_readers())


_STATEMENTS = frozenset(
    {
        "import",
        "import_declaration",
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "export_statement",
        "extern_crate_declaration",
        "namespace_use_declaration",
        "package_declaration",
        "preproc_include",
        "use_declaration",
        "using_declaration",
        "using_directive",
    }
)


def _readers() -> dict[str, Callable[[tree_sitter.Node], Iterator[Imported]]]:
    return {
        "python": _python,
        "javascript": _javascript,
        "typescript": _javascript,
        "tsx": _javascript,
        "go": _go,
        "rust": _rust,
        "java": _java,
        "c": _c,
        "cpp": _c,
        "c-sharp": _c_sharp,
        "ruby": _call,
        "lua": _lua,
        "bash": _bash,
        "php": _php,
        "kotlin": _kotlin,
        "scala": _scala,
        "elixir": _elixir,
        "haskell": _haskell,
        "julia": _julia,
        "zig": _zig,
        "css": _file,
        "html": _file,
    }


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
                # `import a.b` binds `a`, but loads `a.b`.
                yield Imported(_text(child).partition(".")[0], _text(child), None, child)
        return
    module_node = node.child_by_field_name("module_name")
    module = _text(module_node) if module_node is not None else "__future__"
    for child in node.children_by_field_name("name"):
        if child.type == "aliased_import":
            alias = child.child_by_field_name("alias")
            original = child.child_by_field_name("name")
            if alias is not None:
                yield Imported(_text(alias), module, _text(original), alias, original)
        else:
            yield Imported(_text(child), module, _text(child), child)
    for child in node.named_children:
        if child.type == "wildcard_import":
            yield Imported("*", module, "*", child)


def _javascript(node: tree_sitter.Node) -> Iterator[Imported]:
    if node.type == "variable_declarator":
        yield from _require(node)
        return
    if node.type == "assignment_expression":  # `module.exports = make`
        value = node.child_by_field_name("right")
        if value is not None:
            first = value.children[0] if value.children else value
            yield Imported("default", "", _text(value.child_by_field_name("name") or value), first)
        return
    if node.type == "export_statement" and node.child_by_field_name("source") is None:
        yield from _exported(node)
        return
    required = next((child for child in node.named_children if child.type == "import_require_clause"), None)
    if required is not None:
        local = required.named_children[0]
        yield Imported(_text(local), _string(required.child_by_field_name("source")), None, local)
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
            yield Imported(_text(child.named_children[-1]), module, "*", child.named_children[-1])
        else:
            specifiers = child.named_children if child.type == "named_imports" else [child]
            for specifier in specifiers:
                alias = specifier.child_by_field_name("alias")
                name = specifier.child_by_field_name("name")
                bound = alias or name
                if bound is not None:
                    original = name if alias is not None else None
                    yield Imported(_text(bound), module, _text(name) if name else "default", bound, original)


def _exported(node: tree_sitter.Node) -> Iterator[Imported]:
    """`export default make`, `export {make as build}`: other names for what the file itself (module "") defines."""
    value = node.child_by_field_name("value")
    if value is not None:
        yield Imported("default", "", _text(value), value)
    for clause in node.named_children:
        for specifier in clause.named_children if clause.type == "export_clause" else ():
            name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
            if name is not None and alias is not None:
                yield Imported(_text(alias), "", _text(name), alias, name)


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
                key = child.child_by_field_name("key")
                yield Imported(_text(bound), module, _text(key), bound, key)
        elif child.type == "shorthand_property_identifier_pattern":
            yield Imported(_text(child), module, _text(child), child)


def _scala(node: tree_sitter.Node) -> Iterator[Imported]:
    path = [part for part in node.children_by_field_name("path") if part.is_named]
    if not path:
        return
    module = ".".join(_text(part) for part in path)
    last = node.named_children[-1]
    if last.type in ("namespace_wildcard", "wildcard"):
        yield Imported("*", module, "*", last)
    elif last.type == "namespace_selectors":
        for selector in last.named_children:
            if selector.type == "namespace_wildcard":
                yield Imported("*", module, "*", selector)
                continue
            name = selector.child_by_field_name("name") or selector
            alias = selector.child_by_field_name("alias") or name
            if alias.type != "wildcard":
                yield Imported(_text(alias), f"{module}.{_text(name)}", None, alias)
    else:
        yield Imported(_text(path[-1]), module, None, path[-1])


def _elixir(node: tree_sitter.Node) -> Iterator[Imported]:
    """`alias A.B`, `alias A.{B, C}`, `alias A.B, as: C`; `import A.B` and `use A.B` bring in what the module has."""
    target, arguments = node.child_by_field_name("target"), next(iter(node.named_children[1:]), None)
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if target is None or first is None:
        return
    if first.type == "dot":
        prefix, names = first.child_by_field_name("left"), first.child_by_field_name("right")
        for name in names.named_children if names is not None else ():
            yield Imported(_text(name).rpartition(".")[2], f"{_text(prefix)}.{_text(name)}", None, name)
        return
    if first.type != "alias":
        return
    if _text(target) in ("import", "use"):
        yield Imported("*", _text(first), "*", first)
        return
    renamed = re.search(r"\bas:\s*(\w+)", (node.text or b"").decode("utf-8", "replace"))
    yield Imported(renamed[1] if renamed else _text(first).rpartition(".")[2], _text(first), None, first)


def _haskell(node: tree_sitter.Node) -> Iterator[Imported]:
    module = node.child_by_field_name("module")
    if module is None:
        return
    alias, names = node.child_by_field_name("alias"), node.child_by_field_name("names")
    if alias is not None:
        yield Imported(_text(alias), _text(module), None, alias)
    words = {child.type for child in node.children}
    if "qualified" in words:
        if alias is None:
            yield Imported(_text(module), _text(module), None, module)
    elif names is None or "hiding" in words:
        yield Imported("*", _text(module), "*", module)
    else:
        for item in names.named_children:
            name = item.child_by_field_name("variable") or item.child_by_field_name("type")
            if name is not None:
                yield Imported(_text(name), _text(module), _text(name), name)


def _julia(node: tree_sitter.Node) -> Iterator[Imported]:
    """`include("a.jl")`. Which file a module is in, `using` does not say."""
    if node.type == "call_expression" and (path := _string(node.named_children[-1]).strip('()"')):
        yield Imported("*", path, "*", node)


def _zig(node: tree_sitter.Node) -> Iterator[Imported]:
    name, path = node.named_children[0], _string(node.named_children[-1]).partition('"')[2].rstrip('")')
    if name.type == "identifier" and path:
        yield Imported(_text(name), path, None, name)


def _file(node: tree_sitter.Node) -> Iterator[Imported]:
    """CSS's `@import "a.css"`, HTML's `src="a.js"`: the node is the path, and everything in that file is used."""
    if (path := _string(node)) and "://" not in path:
        yield Imported("*", path.partition("?")[0].removeprefix("/"), "*", node)


def _stem(path: str) -> str:
    """The last part of a path without its extension, which is how users of the file call it."""
    return path.rstrip("/").rpartition("/")[2].partition(".")[0]


def _go(node: tree_sitter.Node) -> Iterator[Imported]:
    specs = [child for child in node.named_children if child.type == "import_spec"]
    for child in node.named_children:
        if child.type == "import_spec_list":
            specs += [spec for spec in child.named_children if spec.type == "import_spec"]
    for spec in specs:
        path = spec.child_by_field_name("path")
        module = _string(path)
        alias = spec.child_by_field_name("name")
        bound = alias or path or spec
        if alias is not None and alias.type == "dot":
            yield Imported("*", module, "*", bound)
        elif alias is not None:
            yield Imported(_text(alias), module, None, bound)
        else:
            # `gopkg.in/yaml.v3` and `example.org/app/v2` are used as `yaml` and `app`.
            steps = [step for step in module.split("/") if step]
            if len(steps) > 1 and steps[-1][:1] == "v" and steps[-1][1:].isdigit():
                steps.pop()
            yield Imported(steps[-1].partition(".")[0] if steps else module, module, None, bound)


def _rust(node: tree_sitter.Node) -> Iterator[Imported]:
    if node.type == "extern_crate_declaration":
        name = node.child_by_field_name("name")
        alias = node.child_by_field_name("alias") or name
        if name is not None and alias is not None:
            yield Imported(_text(alias), _text(name), None, alias)
        return
    argument = node.child_by_field_name("argument")
    waiting = [(argument, "")] if argument is not None else []
    while waiting:
        tree, prefix = waiting.pop()
        if tree.type == "use_list":
            waiting += [(child, prefix) for child in reversed(tree.named_children)]
        elif tree.type == "scoped_use_list":
            path = "::".join(filter(None, (prefix, _text(tree.child_by_field_name("path")))))
            inner = tree.child_by_field_name("list")
            if inner is not None:
                waiting.append((inner, path))
        elif tree.type == "use_as_clause":
            alias = tree.child_by_field_name("alias")
            yield _rust_name(tree.child_by_field_name("path"), prefix, alias or tree, _text(alias))
        elif tree.type == "use_wildcard":
            path = _text(tree).removesuffix("*").removesuffix("::")
            yield Imported("*", "::".join(filter(None, (prefix, path))), "*", tree)
        elif "comment" not in tree.type:
            yield _rust_name(tree, prefix, tree.child_by_field_name("name") or tree, "")


def _rust_name(tree: tree_sitter.Node | None, prefix: str, bound: tree_sitter.Node, alias: str) -> Imported:
    path = _text(tree)
    if path == "self":  # `use a::b::{self}` binds the module b
        return Imported(alias or prefix.rpartition("::")[2], prefix, None, bound)
    module, _, name = path.rpartition("::")
    full = "::".join(filter(None, (prefix, module)))
    return Imported(alias or name, full, name, bound) if full else Imported(alias or name, name, None, bound)


def _java(node: tree_sitter.Node) -> Iterator[Imported]:
    path = next((child for child in node.named_children if child.type in ("scoped_identifier", "identifier")), None)
    if path is None or node.type == "package_declaration":
        return
    module = _text(path)
    if any(child.type == "asterisk" for child in node.named_children):
        yield Imported("*", module, "*", path)
        return
    bound = path.child_by_field_name("name") or path
    owner, _, name = module.rpartition(".")
    is_static = any(child.type == "static" for child in node.children)
    yield Imported(name, owner if is_static else module, name if is_static else None, bound)


def _c(node: tree_sitter.Node) -> Iterator[Imported]:
    if node.type == "using_declaration":
        name = node.named_children[-1] if node.named_children else None
        path = _text(name)
        if name is None:
            return
        if any(child.type == "namespace" for child in node.children):
            yield Imported("*", path, "*", name)
        else:
            yield Imported(path.rpartition("::")[2], path.rpartition("::")[0], path.rpartition("::")[2], name)
        return
    path_node = node.child_by_field_name("path")
    if path_node is not None and path_node.type in ("string_literal", "system_lib_string"):
        yield Imported("*", _string(path_node), "*", path_node)


def _c_sharp(node: tree_sitter.Node) -> Iterator[Imported]:
    alias = node.child_by_field_name("name")
    paths = [child for child in node.named_children if alias is None or child.id != alias.id]
    if not paths:
        return
    module = _text(paths[-1])
    if alias is not None:
        yield Imported(_text(alias), module, None, alias)
    else:
        yield Imported("*", module, "*", paths[-1])


def _call(node: tree_sitter.Node) -> Iterator[Imported]:
    """Ruby's `require "a/b"`: everything in that file becomes visible."""
    arguments = node.child_by_field_name("arguments")
    literal = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if literal is not None and literal.type == "string":
        relative = _text(node.child_by_field_name("method")) == "require_relative"
        module = _string(literal)
        yield Imported("*", f"./{module}" if relative and not module.startswith(".") else module, "*", literal)


def _lua(node: tree_sitter.Node) -> Iterator[Imported]:
    """`local u = require("a.b")`. A bare `require` counts as binding the last part of the module's name."""
    arguments = node.child_by_field_name("arguments")
    literal = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if literal is None or literal.type != "string":
        return
    module = _string(literal).strip("[]=")
    values = node.parent
    assignment = values.parent if values is not None and values.type == "expression_list" else None
    if values is not None and assignment is not None and assignment.type == "assignment_statement":
        names = assignment.named_children[0].named_children
        position = next((at for at, value in enumerate(values.named_children) if value.id == node.id), 0)
        if position < len(names) and names[position].type == "identifier":
            yield Imported(_text(names[position]), module, None, names[position])
            return
    yield Imported(module.rpartition(".")[2], module, None, literal)


def _bash(node: tree_sitter.Node) -> Iterator[Imported]:
    argument = node.child_by_field_name("argument")
    if argument is not None:
        yield Imported("*", _string(argument), "*", argument)


def _php(node: tree_sitter.Node) -> Iterator[Imported]:
    if node.type in ("use_as_clause", "use_instead_of_clause"):
        yield from _trait_rule(node)
        return
    if node.type != "namespace_use_declaration":
        literal = next((child for child in node.named_children if "string" in child.type), None)
        if literal is not None:
            yield Imported("*", _string(literal), "*", literal)
        return
    prefix = _text(next((child for child in node.named_children if child.type == "namespace_name"), None))
    body = node.child_by_field_name("body") or node
    for clause in body.named_children:
        if clause.type != "namespace_use_clause":
            continue
        alias = clause.child_by_field_name("alias")
        name = next((child for child in clause.named_children if alias is None or child.id != alias.id), clause)
        path = "\\".join(filter(None, (prefix, _text(name)))).lstrip("\\")
        bound = alias or (name.named_children[-1] if name.named_children else name)
        yield Imported(_text(alias) if alias is not None else path.rpartition("\\")[2], path, None, bound)


def _trait_rule(node: tree_sitter.Node) -> Iterator[Imported]:
    """A class's name for a method of a trait: `Logs::log as quiet`, `Prints::log insteadof Logs`, `log as quiet`."""
    method, last = node.named_children[0], node.named_children[-1]
    if method.type == "class_constant_access_expression":
        trait, method = _text(method.named_children[0]), method.named_children[-1]
    else:
        used = node.parent.parent if node.parent is not None else None
        traits = [child for child in used.named_children if "name" in child.type] if used is not None else []
        trait = _text(traits[0]) if len(traits) == 1 else ""
    bound = method if node.type == "use_instead_of_clause" else last
    if trait and bound.type == "name":
        yield Imported(_text(bound), trait, _text(method), bound)


def _kotlin(node: tree_sitter.Node) -> Iterator[Imported]:
    path = next((child for child in node.named_children if child.type == "qualified_identifier"), None)
    if path is None:
        return
    alias = next((child for child in node.named_children if child.type == "identifier"), None)
    module, last = _text(path), path.named_children[-1]
    if any(child.type == "*" for child in node.children):
        yield Imported("*", module, "*", path)
    elif alias is not None:
        yield Imported(_text(alias), module, None, alias)
    else:
        yield Imported(_text(last), module, None, last)
