"""What Go's declarations bind names to, and where the types of composite literals stand."""

import tree_sitter

from forethought.syntax.nodes import one_line

MAX_VALUE_LENGTH = 200
_STATEMENTS = frozenset({"block", "statement_list", "source_file", "func_literal", "type_declaration"})


def read_type_and_value(source: bytes, name: tree_sitter.Node, node: tree_sitter.Node) -> tuple[str | None, str | None]:
    """The type and the value that a declaration gives one of its names, each None if it gives none.

    The value is an expression, or part of one: `#1 of f()` is its second result, `#key of m` and `#element of m` are
    what a loop over it gives.
    """
    type_node = node.child_by_field_name("type")
    annotation = one_line(source, type_node) if type_node is not None else None
    if node.type == "variadic_parameter_declaration" and annotation is not None:
        annotation = f"...{annotation}"
    if node.type == "range_clause":
        operand = node.child_by_field_name("right")
        index = _index(node.child_by_field_name("left"), name)
        if operand is None or index is None:
            return annotation, None
        return annotation, f"#{'element' if index else 'key'} of {one_line(source, operand, MAX_VALUE_LENGTH)}"
    values = node.child_by_field_name("right" if node.type == "short_var_declaration" else "value")
    if values is None or node.type not in ("short_var_declaration", "var_spec", "const_spec"):
        return annotation, None
    items = [child for child in values.named_children if child.type != "comment"]
    names = node.child_by_field_name("left") if node.type == "short_var_declaration" else node
    index = _index(names, name)
    if index is None or (len(items) > 1 and index >= len(items)):
        return annotation, None
    value = one_line(source, items[index if len(items) > 1 else 0], MAX_VALUE_LENGTH)
    return annotation, f"#{index} of {value}" if len(items) == 1 and index else value


def _index(names: tree_sitter.Node | None, name: tree_sitter.Node) -> int | None:
    if names is None:
        return None
    starts = [
        child.start_byte for child in names.named_children if child.type == "identifier" or names.type != "var_spec"
    ]
    return starts.index(name.start_byte) if name.start_byte in starts else None


def unnamed_struct(field: tree_sitter.Node) -> tuple[str, int] | None:
    """(what stands for its name, where it starts) of the struct without a name that declares a field; None for others.

    It goes by the name of the variable or field that it is the type of.
    """
    struct = field.parent.parent if field.parent is not None else None
    around = struct.parent if struct is not None else None
    if struct is None or around is None or around.type == "type_spec":
        return None
    while around is not None and around.type not in _STATEMENTS:
        if around.type in ("short_var_declaration", "var_spec", "field_declaration"):
            name = around.child_by_field_name("left" if around.type == "short_var_declaration" else "name")
            while name is not None and name.type == "expression_list":
                name = name.named_children[0]
            if name is not None and name.text is not None:
                return name.text.decode("utf-8", "replace"), struct.start_byte
        around = around.parent
    return "struct", struct.start_byte


def literal_of_key(source: bytes, key: tree_sitter.Node) -> str | None:
    """The composite literal, as an expression, that a key without quotes may be a field of; None if it is none.

    key: the identifier in `Jar{lid: 1}` or in the inner literal of `[]Jar{{lid: 1}}`
    """
    path = _ancestors(key)
    depth = 0
    kinds: list[str] = []
    """`key` or `element` of each literal around the innermost one that has its type left out."""
    for index in range(len(path) - 1, 0, -1):
        node, outer = path[index], path[index - 1]
        if node.type != "literal_value":
            continue
        depth += 1
        if outer.type == "composite_literal":
            type_node = outer.child_by_field_name("type")
            return _literal(source, type_node, kinds[::-1]) if type_node is not None else None
        if outer.type != "literal_element":
            return None
        around = path[index - 2]
        is_key = around.type == "keyed_element" and around.child_by_field_name("key") == outer
        kinds.append("key" if is_key else "element")
    return None


def _literal(source: bytes, type_node: tree_sitter.Node, kinds: list[str]) -> str | None:
    for position, kind in enumerate(kinds):
        if type_node.type == "pointer_type":
            type_node = type_node.named_children[0]
        if type_node.type in ("slice_type", "array_type", "implicit_length_array_type"):
            inner = type_node.child_by_field_name("element")
        elif type_node.type == "map_type":
            inner = type_node.child_by_field_name("key" if kind == "key" else "value")
        elif kind == "key" or type_node.type == "struct_type":
            return None
        else:
            return f"{one_line(source, type_node)}{{}}{'[0]' * (len(kinds) - position)}"
        if inner is None:
            return None
        type_node = inner
    if type_node.type == "pointer_type":
        type_node = type_node.named_children[0]
    if type_node.type in ("slice_type", "array_type", "implicit_length_array_type", "map_type"):
        return None
    if type_node.type == "struct_type":
        return f"struct {type_node.start_point.row}:{type_node.start_point.column}"
    return f"{one_line(source, type_node)}{{}}"


def _ancestors(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The nodes around a node in its statement, outermost first."""
    found = []
    around = node.parent
    while around is not None and around.type not in ("block", "source_file"):
        found.append(around)
        around = around.parent
    return found[::-1]
