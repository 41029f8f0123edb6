"""pygls is used through its public interface only, so that a minor release of it cannot break us."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pygls.lsp.server import LanguageServer

from forethought.lsp import json_rpc, server

PACKAGE = Path(server.__file__).parent
SUBCLASSING = {Path(module.__file__ or "") for module in (json_rpc, server)}
"""The modules that derive classes from those of pygls."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_names_of_pygls() -> set[str]:
    plain = LanguageServer("plain", "1")
    return {name for item in (plain, plain.protocol, plain.protocol.fm) for name in dir(item) if is_private(name)}


def private_names_in(file: Path) -> Iterator[tuple[str, int, bool]]:
    """Yield (name, line, whether it belongs to `self`) for each private attribute that is used, and each method."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr, node.lineno, isinstance(node.value, ast.Name) and node.value.id == "self"
        elif isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((method.name, method.lineno, True) for method in methods if is_private(method.name))


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_no_private_name_of_pygls_is_used_or_overridden(file: Path) -> None:
    theirs = private_names_of_pygls() if file in SUBCLASSING else set()
    wrong = [
        f"{file.name}:{line} {name}"
        for name, line, on_self in private_names_in(file)
        if name in theirs or (not on_self and name != "_exit")  # os._exit is public in spite of its name
    ]
    assert not wrong
