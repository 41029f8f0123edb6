"""What a name means outside of the repository: `sp.run` is `subprocess.run` behind `import subprocess as sp`.

Read off one file's imports, bindings and annotations. A name that the file binds to anything else is not external, and
what cannot be told has no name: nothing is guessed.
"""

import ast
from collections.abc import Iterable, Sequence

from forethought.names.file_names import SELF_NAMES, FileNames
from forethought.names.values import likeliest_first
from forethought.syntax.expressions import parse_expression, parse_type
from forethought.syntax.tags import Binding, Import, Position

_MAX_DEPTH = 8
"""Assignments that one name is followed through."""
_INTERNAL = (".", "crate", "self", "super")
_SILENT_MEMBERS = frozenset({"__enter__", "__aenter__", "unwrap", "expect"})
"""Members whose value counts as what they are called on."""
_WRAPPERS = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Arc", "Rc", "Box", "Mutex", "RefCell", "Option"})


Meaning = tuple[str, ...]
"""The dotted names that one thing may have: more than one where several modules may have brought it in."""
_Meanings = tuple[Meaning, ...]


class ExternalNames:
    """The external names of one file.

    implicit: modules whose names are seen without an import
    globals: first parts of the dotted names that are; None where any name may be
    """

    def __init__(self, names: FileNames, implicit: Sequence[str] = (), globals: frozenset[str] | None = None) -> None:
        self._names = names
        self._language = names.tags.language
        self._globals = globals
        self._open_modules = [*map(_module_name, names.wildcards), *implicit]

    def of(self, scope: str, name: str, receiver: str | None, before: Position) -> tuple[Meaning, ...]:
        """What `receiver.name` may mean, used in the scope at a position; empty when it means nothing external.

        What a call gives is named like the call: `subprocess.Popen.wait` for `process.wait`.
        """
        if receiver is None:
            return self._name(scope, name, before, 0)
        node = parse_expression(self._language, receiver)
        return self._expression(scope, ast.Attribute(node, name), before, 0) if node is not None else ()

    def of_type(self, scope: str, annotation: str, before: Position) -> tuple[Meaning, ...]:
        """What a type as written may mean."""
        return self._type(scope, parse_type(self._language, annotation), before, 0)

    def _expression(self, scope: str, node: ast.expr | None, before: Position, depth: int) -> _Meanings:
        if depth > _MAX_DEPTH:
            return ()
        match node:
            case ast.Name():
                return self._name(scope, node.id, before, depth)
            case ast.Attribute(value=ast.Name(id=receiver)) if self._is_self(scope, receiver):
                return self._attribute(scope, receiver, node.attr, depth)
            case ast.Attribute():
                if isinstance(node.value, ast.Name):
                    inner = self._name(scope, node.value.id, before, depth + 1, is_root=True)
                else:
                    inner = self._expression(scope, node.value, before, depth + 1)
                return inner if node.attr in _SILENT_MEMBERS else _members(inner, node.attr)
            case ast.Call(func=ast.Name(id="as"), args=[_, value]):
                return self._expression(scope, value, before, depth + 1)
            case ast.Call():
                return self._expression(scope, node.func, before, depth + 1)
            case ast.Await():
                return self._expression(scope, node.value, before, depth + 1)
        return ()

    def _is_self(self, scope: str, receiver: str) -> bool:
        return receiver in SELF_NAMES or self._names.owner_of_receiver(scope, receiver) is not None

    def _attribute(self, scope: str, receiver: str, name: str, depth: int) -> _Meanings:
        owner = self._names.owner_of_receiver(scope, receiver)
        if owner is None:
            return ()
        bindings = self._names.attributes.get(owner, {}).get(name) or self._names.bindings.get(owner, {}).get(name)
        return self._bound(bindings or (), None, depth)

    def _name(self, scope: str, name: str, before: Position, depth: int, is_root: bool = False) -> _Meanings:
        """`is_root`: a member of it is what is asked for."""
        if name.startswith("@") and (symbol := self._names.enclosing_class(scope)) is not None:
            return self._bound(self._names.attributes.get(symbol.id, {}).get(name, ()), None, depth)
        for symbol in self._names.scopes(scope):
            if items := self._names.imports.get(symbol.id, {}).get(name):
                return _distinct((found,) for item in items if (found := _imported_name(item)))
            if bindings := self._names.bindings.get(symbol.id, {}).get(name):
                return self._bound(bindings, before, depth)
            if name in self._names.members.get(symbol.id, {}):
                return ()
        return self._unbound(name, is_root)

    def _unbound(self, name: str, is_root: bool) -> _Meanings:
        """Built in, or from a module of which everything is imported."""
        found = [f"{module}.{name}" for module in self._open_modules if module]
        if not is_root or self._globals is None or name in self._globals:
            found.insert(0, name)
        return (tuple(found),) if found else ()

    def _bound(self, bindings: Sequence[Binding], before: Position | None, depth: int) -> _Meanings:
        """What the assignments give. `None` and the like do not count; what callers and loops give may be anything."""
        if any(binding.annotation is None and binding.value is None for binding in bindings):
            return ()
        return _distinct(
            meaning for binding in likeliest_first(bindings, before) for meaning in self._of_binding(binding, depth + 1)
        )

    def _of_binding(self, binding: Binding, depth: int) -> _Meanings:
        if depth > _MAX_DEPTH:
            return ()
        before = binding.range.start
        if binding.annotation is not None:
            return self._type(binding.scope, parse_type(self._language, binding.annotation), before, depth)
        if binding.value is None:
            return ()
        return self._expression(binding.scope, parse_expression(self._language, binding.value), before, depth)

    def _type(self, scope: str, node: ast.expr | None, before: Position, depth: int) -> _Meanings:
        if depth > _MAX_DEPTH:
            return ()
        match node:
            case ast.BinOp(left=left, right=right):
                sides = [left, right]
                return _distinct(meaning for side in sides for meaning in self._type(scope, side, before, depth + 1))
            case ast.Subscript(value=value, slice=inner):
                head = (
                    value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
                )
                return self._type(scope, inner if head in _WRAPPERS else value, before, depth + 1)
            case ast.Constant(value=str(text)):
                return self._type(scope, parse_type(self._language, text), before, depth + 1)
            case ast.Name() | ast.Attribute():
                return self._expression(scope, node, before, depth)
        return ()


def _members(meanings: _Meanings, member: str) -> _Meanings:
    return tuple(tuple(f"{name}.{member}" for name in meaning) for meaning in meanings)


def _distinct(meanings: Iterable[Meaning]) -> _Meanings:
    return tuple(dict.fromkeys(meanings))


def _module_name(item: Import) -> str:
    """`std.fs` of `std::fs`, `GuzzleHttp.Client` of `GuzzleHttp\\Client`; empty for a module of the repository."""
    module = item.module.replace("::", ".").replace("\\", ".").removeprefix("node:")
    return "" if item.module.startswith(_INTERNAL) else module.strip(".")


def _imported_name(item: Import) -> str:
    module = _module_name(item)
    if not module:
        return ""
    if item.name in (None, "default", "*"):
        is_package = item.name is None and "." in module and item.local == module.partition(".")[0]
        return item.local if is_package else module
    return f"{module}.{item.name}"
