"""Which definition a declaration in C or C++ belongs to, and which declarations a definition has."""

import re

from forethought.names.file_names import Target
from forethought.names.scopes import MAX_NAMESAKES, Scopes
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Symbol


class Declarations:
    """Finds the definitions of declarations, and the declarations of definitions."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def definition_of(self, user: str, declared: Symbol) -> Target | None:
        """The definition of what is declared; of overloads, the one with as many parameters.

        user: the file that uses it
        None if several files define it.
        """
        bodies: list[tuple[Target, Symbol]] = []
        kinds = VALUE_KINDS if declared.kind in VALUE_KINDS else FUNCTION_KINDS
        for path, symbol_id, _, _ in self._scopes.definitions("cpp", declared.short_name, kinds):
            names = self._scopes.names(path)
            symbol = names.symbols.get(symbol_id) if names is not None else None
            if symbol is None or symbol.name != declared.name or is_declaration(symbol):
                continue
            if self._scopes.is_usable(user, path, symbol_id):
                bodies.append((Target(path, symbol_id), symbol))
        if len({target.path for target, _ in bodies}) != 1:
            return None
        if len(bodies) == 1:
            return bodies[0][0]
        alike = [(target, symbol) for target, symbol in bodies if len(symbol.parameters) == len(declared.parameters)]
        types = _parameter_types(declared)
        same = [target for target, symbol in alike if _parameter_types(symbol) == types]
        return same[0] if len(same) == 1 else alike[0][0] if len(alike) == 1 else None

    def declarations_of(self, target: Target, defined: Symbol) -> list[Symbol]:
        """The declarations of what `target` defines: those that have no other definition."""
        kinds = VALUE_KINDS if defined.kind in VALUE_KINDS else FUNCTION_KINDS
        found: list[Symbol] = []
        for path, symbol_id, _, _ in self._scopes.definitions(
            "cpp", defined.short_name, kinds, limit=MAX_NAMESAKES + 1
        ):
            names = self._scopes.names(path)
            symbol = names.symbols.get(symbol_id) if names is not None else None
            if symbol is None or symbol.name != defined.name or not is_declaration(symbol):
                continue
            if self.definition_of(path, symbol) == target:
                found.append(symbol)
        return found


def is_declaration(symbol: Symbol) -> bool:
    """Whether C or C++ only declares it: a function without a body, an `extern` variable."""
    if symbol.kind in VALUE_KINDS:
        return symbol.signature.startswith("extern ") and "=" not in symbol.signature
    return symbol.kind in FUNCTION_KINDS and symbol.kind != "macro" and not symbol.body


def _parameter_types(symbol: Symbol) -> list[str]:
    """The types of a C or C++ function's parameters, without their names and defaults."""
    texts = (re.sub(r"\s*=.*", "", parameter) for parameter in symbol.parameters)
    return [re.sub(r"(?<=[\w\s*&>])\b[a-z_]\w*$", "", text).replace(" ", "") for text in texts]
