"""The matches of a language's tags query, grouped by what they capture.

    (node name: (_) @name) @definition.KIND   a symbol of that kind (see `symbol_kinds.py`)
    … @definition.field / .property           a field, which also binds a name
    … @definition.enumerator / .event         the same without a type and a value of its own
    … @definition.local / .parameter          a bound name, with its type and value where the node has them
    … @definition.element / .entered / .caught   the same for what a `for`, a `with` or an `except` binds
    … @definition.assigned                    the same for a variable that is declared elsewhere, if at all
    … @_of                                    beside a bound name: the expression that gives it its value
    … @definition.type_parameter              a type parameter, with its bound where the node has one
    … @definition.global                      a name that its function does not bind (Python's `global`)
    … @definition.attribute                   an attribute on lines of its own above a definition
    … @local.scope                            not a symbol, but qualifies the names inside, like Rust's `impl`
    … @local.closure                          an anonymous function: its return statements are its own
    … @local.block                            a block or statement: what is declared inside is not visible outside
    … @local.origin                           binds names by a pattern, or passes a function: `syntax/value_origins.py`
    (… (pattern) @name) @local.pattern        what a pattern is matched with (see `rust_patterns.py`)
    (… (name) @name) @reference.KIND          a use; the text before the name in the node is its receiver
    … @reference.base                         the same, and a base of the enclosing symbol (Go's embedded types)
    … @reference.raise / .import              what a body raises; an import statement
    … @reference.return / .yield              a statement that gives a value back
    … @reference.symbol                       the same, by a symbol with its colon (Ruby's `:name`)
    … @reference.key                          a key that may be a field of the literal around it (Go)
    … @reference.quoted                       a type in a string
    … @reference.token                        an identifier whose role is read from the text around it (macros)
    (a (name) @name b) @reference.infix       a call of a method of `a`
    … @_arguments                             beside a call: what it passes, which tells overloads apart
    … @_component                             beside an attribute in JSX: what it is passed to
    @doc, @ignore                             a comment; an identifier that is not a use

Where a capture is itself the name, leave `@name` out: with half as many captures, the query runs a third faster.
"""

from dataclasses import dataclass
from typing import NamedTuple

import tree_sitter

from forethought.syntax.symbol_kinds import FIELD_KINDS, SYMBOL_KINDS

BINDING_KINDS = frozenset(
    {"local", "parameter", "global", "element", "entered", "caught", "assigned", "type_parameter"}
)
DEFINITION_KINDS = (SYMBOL_KINDS.keys() - {"file"}) | BINDING_KINDS | {"attribute"}
"""Every KIND that `@definition.KIND` may have."""

# A chain of n calls costs n times the number of matches in progress; real code stays below 64.
_MAX_OPEN_MATCHES = 512
# Several patterns may match one token: the one with the higher rank says more about it.
_REFERENCE_RANK = {"attribute": 1, "method": 1, "type": 2, "class": 3, "call": 4, "infix": 5, "base": 5, "key": 5}
_DEFINITION_RANK = {"assigned": -1, "local": 0, "element": 1, "entered": 1, "caught": 1, "parameter": 1}
_DEFINITION_RANK |= {"variable": 2, "constant": 3, "type": 4}
_TOP_RANK = 9


class Definition(NamedTuple):
    """One match of a `@definition` or `@local.scope` pattern."""

    kind: str
    name: tree_sitter.Node
    node: tree_sitter.Node
    operand: tree_sitter.Node | None = None
    """The expression that a bound name gets its value from, if the node has no field for it."""


@dataclass(slots=True)
class Use:
    """A token that uses a name, as the highest-ranking pattern that matched it says."""

    rank: int
    kind: str
    name: tree_sitter.Node
    start_byte: int
    """Start of the expression that ends in the name; what lies between is the receiver."""
    arguments: tree_sitter.Node | None = None
    component: tree_sitter.Node | None = None


class Captures:
    """What the query found in one file."""

    def __init__(self) -> None:
        self.definitions: dict[int, Definition] = {}
        """Symbols by the start byte of their name."""
        self.fields: dict[int, Definition] = {}
        """Fields by the start byte of their name."""
        self.bindings: dict[int, Definition] = {}
        """Bound names by their start byte."""
        self.containers: list[Definition] = []
        """Nodes that qualify the names inside without being symbols."""
        self.names: dict[int, tree_sitter.Node] = {}
        """All identifiers by their start byte."""
        self.uses: dict[int, Use] = {}
        """The identifiers whose role is known, by their start byte."""
        self.imports: list[tree_sitter.Node] = []
        self.raises: list[tree_sitter.Node] = []
        self.quoted: list[tree_sitter.Node] = []
        self.returns: list[tree_sitter.Node] = []
        self.yields: list[tree_sitter.Node] = []
        self.closures: list[tree_sitter.Node] = []
        self.blocks: list[tree_sitter.Node] = []
        self.origins: list[tree_sitter.Node] = []
        """Declarations, parameters, loops and calls that give names a value by a pattern or by a function's type."""
        self.patterns: list[Definition] = []
        """Patterns, each with the statement or call that matches it with something."""
        self.comments: list[tree_sitter.Node] = []
        self.attributes: list[tree_sitter.Node] = []
        self.ignored: set[int] = set()
        """Start bytes of identifiers that are not uses."""
        self.globals: set[int] = set()
        """Start bytes of names that a function declares global."""
        self._statements = {
            "reference.import": self.imports,
            "reference.return": self.returns,
            "reference.yield": self.yields,
            "local.closure": self.closures,
            "local.block": self.blocks,
            "local.origin": self.origins,
            "definition.attribute": self.attributes,
            "doc": self.comments,
        }
        self._roles: dict[int, tuple[str, str, str]] = {}
        """The capture other than `@name` in each pattern, by the pattern's index, whole and split at its dot."""

    def add(self, pattern: int, nodes: dict[str, list[tree_sitter.Node]]) -> None:
        """Add one match: the index of its pattern, and its nodes by capture name."""
        role = self._roles.get(pattern)
        if role is None:
            capture = next((key for key in nodes if key != "name" and key[0] != "_"), "")
            group, _, kind = capture.partition(".")
            role = self._roles[pattern] = (capture, group, kind)
        capture, group, kind = role
        if capture == "reference.name":
            node = nodes[capture][0]
            self.names[node.start_byte] = node
        elif capture in self._statements:
            self._statements[capture] += nodes[capture]
        elif capture == "ignore":
            self.ignored.update(node.start_byte for node in nodes[capture])
        elif capture == "local.scope":
            if "name" in nodes:
                self.containers.append(Definition("scope", nodes["name"][0], nodes[capture][0]))
        elif capture == "local.pattern":
            self.patterns.append(Definition("pattern", nodes["name"][0], nodes[capture][0]))
        elif capture:
            node = nodes[capture][0]
            name = nodes["name"][0] if "name" in nodes else node
            if name.start_byte == name.end_byte:
                return  # the parser inserted a name that the text lacks
            if group == "reference":
                self._add_reference(kind, name, node, nodes["_arguments"][0] if "_arguments" in nodes else None)
                if "_component" in nodes:
                    self.uses[name.start_byte].component = nodes["_component"][0]
            elif group == "definition":
                self._add_definition(kind, name, node, nodes["_of"][0] if "_of" in nodes else None)

    def _add_reference(
        self, kind: str, name: tree_sitter.Node, node: tree_sitter.Node, arguments: tree_sitter.Node | None
    ) -> None:
        if kind == "raise":
            self.raises.append(name)
            return
        if kind == "quoted":
            self.quoted.append(name)
            return
        rank = _REFERENCE_RANK.get(kind, 0)
        start, outer = name.start_byte, node.start_byte
        earlier = self.uses.get(start)
        if earlier is None:
            self.uses[start] = Use(rank, kind, name, outer, arguments)
            return
        # One pattern may match the token alone, another the member access that ends in it.
        outer = min(outer, earlier.start_byte)
        arguments = arguments or earlier.arguments
        if rank > earlier.rank:
            self.uses[start] = Use(rank, kind, name, outer, arguments)
        else:
            earlier.start_byte, earlier.arguments = outer, arguments

    def _add_definition(
        self, kind: str, name: tree_sitter.Node, node: tree_sitter.Node, operand: tree_sitter.Node | None
    ) -> None:
        start = name.start_byte
        if kind == "global":
            self.globals.add(start)
        table = self.bindings if kind in BINDING_KINDS else self.definitions
        if kind in FIELD_KINDS:
            table = self.fields
        earlier = table.get(start)
        rank = _DEFINITION_RANK.get(kind, _TOP_RANK)
        earlier_rank = _DEFINITION_RANK.get(earlier.kind, _TOP_RANK) if earlier is not None else None
        if earlier_rank is None or rank > earlier_rank or (rank == earlier_rank and operand is not None):
            table[start] = Definition(kind, name, node, operand)


def run_query(query: tree_sitter.Query, root: tree_sitter.Node) -> Captures:
    """Everything that the query matches below `root`."""
    captures = Captures()
    for pattern, nodes in tree_sitter.QueryCursor(query, match_limit=_MAX_OPEN_MATCHES).matches(root):
        captures.add(pattern, nodes)
    return captures
