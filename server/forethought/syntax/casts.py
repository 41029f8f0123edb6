"""How casts are written in the expressions that name resolution follows."""

import ast

CAST = "as"
"""The function that stands for casts: a name in no language."""


def cast_to(type_node: ast.expr | None, value: ast.expr) -> ast.expr:
    """`value as Type`, `(Type) value` or `value.(Type)`, as a call of `CAST`; the value if the type is unknown."""
    return ast.Call(ast.Name(CAST), [type_node, value], []) if type_node is not None else value
