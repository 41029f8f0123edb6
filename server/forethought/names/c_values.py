"""What C and C++ add: `typedef` and `operator[]`."""

import ast
import re

from forethought.names.inference import LanguageValues, classes_of
from forethought.names.values import InferredValue
from forethought.syntax.expressions import aliased_type
from forethought.syntax.tags import Symbol


class CValues(LanguageValues):
    """Evaluates what is particular to C and C++."""

    def item(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        if not self.inference.member_values(value, "operator[]"):
            return [value]  # pointers and arrays have the type of what they hold
        return self.inference.method_results(value, "operator[]")

    def aliased(self, path: str, alias: Symbol) -> list[InferredValue]:
        if alias.kind == "type" and aliased_type(alias.signature):
            return super().aliased(path, alias)
        is_typedef = alias.kind == "type" or alias.signature.startswith("typedef ")
        return self._typedef_values(path, alias) if is_typedef else []

    def _typedef_values(self, path: str, symbol: Symbol) -> list[InferredValue]:
        """The type that `typedef struct jar Jar;` names, wherever it is defined."""
        tagged = re.match(r"typedef\s+(?:const\s+)?(struct|union|enum)\s+(\w+)", symbol.signature)
        if tagged is None:
            plain = re.match(r"typedef\s+(.+?)\W*\b\w+$", symbol.signature)
            text = plain[1].strip() if plain is not None else ""
            instances = self.inference.typed(path, symbol.parent, text) if text not in ("", symbol.short_name) else []
            return classes_of(instances)
        tag, name = tagged[1], tagged[2]
        kinds = ("enum",) if tag == "enum" else ("struct", "class")
        found = [
            InferredValue("class", other_path, symbol_id)
            for other_path, symbol_id, _, _ in self.inference.definitions("c", name, kinds)
            if self.inference.is_usable(path, other_path, symbol_id) and (other_path, symbol_id) != (path, symbol.id)
        ]
        same_file = [value for value in found if value.path == path]
        return same_file if len(same_file) == 1 else found if len(found) == 1 else []
