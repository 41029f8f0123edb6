"""What the index knows about one file: its symbols, references, imports and bindings.

Positions are 0-based rows and UTF-8 byte columns, as in tree-sitter; `text/positions.py` converts them for clients.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from forethought.syntax.symbol_kinds import DATA_KINDS, SymbolKind

_OCCURRENCE = re.compile(r"#\d+$")


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
    """A definition. The first symbol of every file is the file itself (kind `file`, empty id and name)."""

    id: str
    """Unique in the file: the qualified name, with `#2`, `#3` … for later ones of the same name."""
    name: str
    """Qualified inside the file with dots: `Flask.route`; `outer.inner` for a function in a function."""
    kind: SymbolKind
    range: Range
    """Includes decorators and leading doc comments."""
    selection: Range
    """The identifier."""
    span: Span
    """`range` in bytes."""
    body: Span | None
    """The part that is left out where the signature alone is shown, as in the parent's prompt; None without a body."""
    parent: str
    """Id of the enclosing symbol; the file's id ("") at the top level."""
    signature: str
    """One line without the body: `def route(self, rule: str, **options: Any) -> Callable`."""
    doc: str | None = None
    """Docstring or doc comment, without markers and common indentation."""
    parameters: tuple[str, ...] = ()
    """As written, each with its annotation and default."""
    returns: str | None = None
    """The return annotation as written."""
    bases: tuple[str, ...] = ()
    """Superclasses, interfaces, traits and mixins as written."""
    raises: tuple[str, ...] = ()
    """Names of the exceptions that the body itself raises or throws, in order, without duplicates."""
    returned: tuple[str, ...] = ()
    """The expressions that the body itself returns, in order, without duplicates, each cut to 80 characters."""
    yielded: tuple[str, ...] = ()
    """The expressions that it yields, in the same form."""
    digest: str = ""
    """First 16 hex digits of the SHA-256 of the symbol's text (`span`, LF endings); empty for the file itself."""
    is_constructor: bool = False
    """Initializes a new instance and so returns nothing: `__init__`, `initialize`, a method named after its class.

    Each language's `constructors` rule says which names do. A function that merely makes an instance, such as Rust's
    `new`, is not a constructor.
    """
    seen_in: Range | None = None
    """The block or anonymous function that the name is local to; None if it is visible in all of the parent."""
    needs_receiver: bool = False
    """The bare name does not mean it, although its parent is not a class: `exports.open = …`, `{ open() {} }`."""

    @property
    def short_name(self) -> str:
        if self.kind not in DATA_KINDS:
            return self.name.rpartition(".")[2]
        owner = _OCCURRENCE.sub("", self.parent)  # a heading or a key may hold dots itself
        return self.name.removeprefix(f"{owner}.") if owner else self.name

    @property
    def is_namesake(self) -> bool:
        """Has the name of what it belongs to, as constructors do in Java, C# and C++."""
        owner, _, name = self.name.rpartition(".")
        return name == owner.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name."""

    name: str
    """The identifier alone: `route`."""
    kind: str
    """call, class (a base, an instantiation), type, attribute, name; key for what is a field of `receiver` if that has
    such a field, and else a name (Go's `Jar{lid: 1}`); method for one that is passed (Java's `Jar::open`)."""
    range: Range
    scope: str
    """Id of the innermost enclosing symbol."""
    receiver: str | None = None
    """The expression before the dot as written, if any: `self`, `app`, `os.path`, `make()`."""
    arguments: str | None = None
    """What a call passes, as written: `(1, x)`. Only in languages with overloads, and None if it is too long."""


@dataclass(frozen=True, slots=True)
class Import:
    """One name that an import statement brings into a scope."""

    local: str
    """The name in this file; `*` for a wildcard."""
    module: str
    """As written: `..app`, `./util.js`, `java.util.List`, `crate::io`, `stdio.h`. Empty for an export that gives
    something in this file another name."""
    name: str | None
    """The name inside the module; None if the module itself is bound, `*` if only its exports are: `import * as x`."""
    range: Range
    scope: str
    original: Range | None = None
    """Where the name inside the module is written, if another one follows: `open` in `from jars import open as start`
    and `import {open as start} from "./jars"`. Only in Python, JavaScript and TypeScript."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a local name or an attribute gets a value: `app: Flask`, `app = Flask()`, `self.jar = jar`."""

    name: str
    """`app`, or `self.jar` for an attribute, with the receiver as written."""
    scope: str
    range: Range
    annotation: str | None = None
    """The type as written."""
    value: str | None = None
    """The assigned expression as written, cut to 200 characters; None if there is none, as for most parameters."""
    seen_in: Range | None = None
    """The block or anonymous function that it is local to; None if it is visible in its whole scope."""
    is_type: bool = False
    """Names a type parameter, whose `annotation` is its bound. Values may have the same name."""


_Declared = TypeVar("_Declared", bound=Symbol | Binding)


def name_of(symbol_id: str) -> str:
    """The qualified name in an id, without the mark of a later definition of one name; JavaScript's `#size` stays."""
    return re.sub(r"#\d+$", "", symbol_id)


def visible(declared: Sequence[_Declared], at: Position | None) -> list[_Declared]:
    """Those of the declarations of one name in one scope that the name means at a position: the innermost ones.

    None is outside all blocks.
    """
    around = [item for item in declared if item.seen_in is None or (at is not None and item.seen_in.contains(at))]
    innermost = max((item.seen_in.start for item in around if item.seen_in is not None), default=None)
    return [item for item in around if innermost is None or (item.seen_in and item.seen_in.start == innermost)]


@dataclass(frozen=True, slots=True)
class FileTags:
    """Everything that was extracted from one file's text. Depends only on the language and the bytes."""

    language: str
    symbols: tuple[Symbol, ...]
    """In order of their start, the file itself first."""
    references: tuple[Reference, ...]
    imports: tuple[Import, ...]
    bindings: tuple[Binding, ...]
    has_errors: bool
    """The text has a syntax error. The tags then hold what could be extracted all the same."""
    fields: tuple[Symbol, ...] = ()
    """Symbols of the `FIELD_KINDS`, in order of their start. A reference in a field's value has the scope around it."""

    @property
    def definitions(self) -> tuple[Symbol, ...]:
        """All symbols but the file itself, fields last."""
        return (*self.symbols[1:], *self.fields)

    @property
    def nameable(self) -> tuple[Symbol, ...]:
        """The definitions that a name may refer to: all but those of `DATA_KINDS`."""
        return tuple(symbol for symbol in self.definitions if symbol.kind not in DATA_KINDS)

    def symbol(self, symbol_id: str) -> Symbol | None:
        return next((symbol for symbol in (*self.symbols, *self.fields) if symbol.id == symbol_id), None)

    def enclosing(self, position: Position) -> Symbol:
        """The innermost symbol around the position, fields aside; the file itself if there is none."""
        innermost = self.symbols[0]
        for symbol in self.symbols[1:]:
            if symbol.range.start > position:
                break
            if symbol.range.contains(position):
                innermost = symbol
        return innermost
