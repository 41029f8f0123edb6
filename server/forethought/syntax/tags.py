"""What the index knows about one file: its symbols, references, imports and bindings.

Positions are 0-based rows and UTF-8 byte columns, as tree-sitter counts; only the edge converts them.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Position(NamedTuple):
    row: int
    column: int
    """UTF-8 bytes from the start of the row."""


class Range(NamedTuple):
    start: Position
    end: Position
    """Exclusive."""

    def contains(self, position: Position) -> bool:
        return self.start <= position < self.end


class Span(NamedTuple):
    """A byte range of the file's text: [start, end)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. The first symbol of every file is the file itself (kind `file`, id and name empty)."""

    id: str
    """Unique in the file: the qualified name, with `#2`, `#3` … for later ones of the same name."""
    name: str
    """Qualified inside the file with dots: `Flask.route`; `outer.inner` for a function in a function."""
    kind: str
    """file, class, interface, enum, struct, trait, type, module, function, method, constant, variable, macro."""
    range: Range
    """With decorators and leading doc comments."""
    selection: Range
    """The identifier itself."""
    span: Span
    """`range` in bytes."""
    body: Span | None
    """What is replaced by the signature when this symbol stands in its parent's prompt; None when it has no body."""
    parent: str
    """Id of the enclosing symbol; the file's id ("") at the top level."""
    signature: str
    """One line, whitespace collapsed, no body: `def route(self, rule: str, **options: Any) -> Callable`."""
    doc: str | None = None
    """Docstring or doc comment, markers and common indentation removed."""
    parameters: tuple[str, ...] = ()
    """As written, each with its annotation and default."""
    returns: str | None = None
    """The return annotation as written."""
    bases: tuple[str, ...] = ()
    """Superclasses, interfaces, traits and mixins as written."""
    raises: tuple[str, ...] = ()
    """Names of the exceptions that the body raises or throws itself, in order, without repeats."""
    returned: tuple[str, ...] = ()
    """The expressions that the body itself returns, in order, without repeats, each cut at 80 characters."""
    yielded: tuple[str, ...] = ()
    """The same of what it yields."""
    digest: str = ""
    """First 16 hex digits of the SHA-256 of the symbol's text (`span`, LF endings); empty for the file itself."""

    @property
    def short_name(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name."""

    name: str
    """The identifier: `route`."""
    kind: str
    """call, class (a base, an instantiation), type, attribute, name."""
    range: Range
    scope: str
    """Id of the innermost enclosing symbol."""
    receiver: str | None = None
    """The expression before the dot as written, when there is one: `self`, `app`, `os.path`, `make()`."""


@dataclass(frozen=True, slots=True)
class Import:
    """One name that an import statement brings into a scope."""

    local: str
    """The name in this file; `*` for a wildcard."""
    module: str
    """As written: `..app`, `./util.js`, `java.util.List`, `crate::io`, `stdio.h`; empty for an export under another
    name, which is another name for what the file itself has."""
    name: str | None
    """The name inside the module, None when the module itself is bound."""
    range: Range
    scope: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A local name or an attribute whose type can be read off: `app: Flask`, `app = Flask()`, `self.jar = jar`."""

    name: str
    """`app`, or `self.jar` for an attribute (the language's own word for the receiver as written)."""
    scope: str
    range: Range
    annotation: str | None = None
    """The type as written."""
    value: str | None = None
    """The assigned expression as written, at most 200 characters; None for a parameter, `for` or `with … as` target."""
    seen_in: Range | None = None
    """The function without a name that it is bound in; None when its whole scope sees it."""


@dataclass(frozen=True, slots=True)
class FileTags:
    """Everything that is read off one file's text. Determined by language and bytes alone."""

    language: str
    symbols: tuple[Symbol, ...]
    """In order of their start; the file itself first."""
    references: tuple[Reference, ...]
    imports: tuple[Import, ...]
    bindings: tuple[Binding, ...]
    has_errors: bool
    """The parser met a syntax error; what could be read off stands all the same."""

    def symbol(self, symbol_id: str) -> Symbol | None:
        return next((symbol for symbol in self.symbols if symbol.id == symbol_id), None)

    def enclosing(self, position: Position) -> Symbol:
        """The innermost symbol around the position; the file itself when there is none."""
        innermost = self.symbols[0]
        for symbol in self.symbols[1:]:
            if symbol.range.start > position:
                break
            if symbol.range.contains(position):
                innermost = symbol
        return innermost
