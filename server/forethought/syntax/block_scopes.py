"""Scopes that are not symbols: blocks, statements such as `for`, and anonymous functions."""

import tree_sitter

from forethought.syntax.captures import Captures
from forethought.syntax.languages import Language
from forethought.syntax.nodes import NodeSpans, node_range
from forethought.syntax.rust_patterns import Patterns
from forethought.syntax.tags import Range


class BlockScopes:
    """The blocks and anonymous functions of a file."""

    def __init__(self, language: Language, captures: Captures, patterns: Patterns) -> None:
        self._patterns = patterns
        self._hoisted = language.hoisted
        self._bindings = captures.bindings
        self._closures = NodeSpans(captures.closures)
        self._blocks = NodeSpans([*captures.closures, *captures.blocks])

    def around(self, name: tree_sitter.Node, declaration: tree_sitter.Node, not_before: int) -> Range | None:
        """Where a defined name is visible: the innermost scope around it; None if none starts after `not_before`.

        None, too, for a definition that assigns to a variable which is declared elsewhere.
        """
        binding = self._bindings.get(name.start_byte)
        if binding is not None and binding.kind == "assigned":
            return None
        block = self._blocks.innermost(name.start_byte, not_before)
        if block is not None and self._hoisted:
            statement = declaration.parent
            if statement is not None and statement.type in self._hoisted:
                block = self._closures.innermost(name.start_byte, not_before)
        return self._patterns.visible_in(name, node_range(block)) if block is not None else None
