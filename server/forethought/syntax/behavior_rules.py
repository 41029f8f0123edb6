"""How to read what a language's statements do: its table in `behavior.toml`.

`statements` maps a node type of the grammar to its ROLE and its parts: "ROLE PART PART …". A part is the name of a
field, the index of a named child, `>TOKEN` for the first named child after a token, `=TYPE` for the first child of a
node type, or `-` for none. Node types that are not listed are expressions: they are quoted, and nothing inside them is
said to run.

    block                   statements in order          statement   an expression that stands as a statement
    inner PART              an expression that wraps others, such as parentheses; without PART it wraps all its children
    declarations            variable declarations after a common type
    nothing                 types and the like           opaque      an expression that contains a block
    define NAME PARAMS BODY a named function or a class  decorated DEFINITION
    closure BODY PARAMS     an anonymous function
    attribute               `#[cfg(…)]`, which makes the next statement conditional
    under ALTERNATIVE       a preprocessor conditional
    initializers            C++'s, C#'s and Kotlin's calls before a constructor's body

    if / unless   CONDITION CONSEQUENCE ALTERNATIVE      CONDITION may be `^`: everything before CONSEQUENCE
    ternary       CONDITION CONSEQUENCE ALTERNATIVE      an expression
    logical       LEFT RIGHT                             `&&`, `||`, `??`: RIGHT may not run
    each          TARGET ITERABLE BODY ALTERNATIVE
    for           BODY                                   the header is quoted as written
    while / until CONDITION BODY ALTERNATIVE             do_while, do_until: the test is at the end
    forever       BODY
    switch        SUBJECT BODY                           arms: case SEPARATOR, where SEPARATOR ends the label and is a
                                                         token or a field; default is an arm without a label
    try           BODY RESOURCES                         arms: catch WHAT BODY, finally, else BODY
    begin                                                Ruby's: statements with rescue, else and ensure among them
    with          ENTERED BODY WORD                      WORD: `lock`, `using`

    write / declare   TARGET VALUE                       update: TARGET alone, as in `n++`
    let               PATTERN VALUE ALTERNATIVE
    unary             OPERAND                            `n++`, `delete a.b`, and operators that have no effect
    call / new        CALLEE ARGUMENTS                   macro: Rust's
    effect VERB                                          a statement that is quoted as a whole
    propagate                                            Rust's `?`
    return, give (a value to the enclosing switch), raise, yield, await, assert, break, continue, jump, retry, label,
    delete, defer, start, exit, outer (Python's `global`), fallthrough
    word                                                 a name that may be a call (Ruby) or `break` (Kotlin)
    go_for, lua_local, shell_if …                        forms specific to one language
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

ROLES = frozenset(
    {
        *("block", "statement", "inner", "nothing", "opaque", "define", "decorated", "closure", "attribute"),
        *("under", "initializers", "declarations", "if", "unless", "ternary", "logical", "each", "for"),
        *("while", "until", "do_while", "do_until", "forever", "switch", "case", "default", "try", "begin"),
        *("catch", "finally", "else", "with", "write", "declare", "let", "update", "unary", "call", "new"),
        *("macro", "effect", "propagate", "return", "give", "raise", "yield", "await", "assert", "break"),
        *("continue", "jump", "retry", "label", "delete", "defer", "start", "exit", "outer", "fallthrough"),
        *("word", "go_for", "lua_assign", "lua_local", "cpp_declaration", "csharp_local", "kotlin_label"),
        *("kotlin_property", "shell_command", "shell_if", "shell_declare", "shell_redirect", "shell_pipe"),
        "shell_group",
    }
)

Role = tuple[str, ...]
"""The role's name, then its parts."""


@dataclass(frozen=True, slots=True)
class BehaviorRules:
    """One language's table."""

    roles: Mapping[str, Role]
    """Node type → role."""
    receivers: frozenset[str] = frozenset()
    """How a method refers to its own object: `self`."""
    exits: frozenset[str] = frozenset()
    """Functions that end the process."""
    raises: frozenset[str] = frozenset()
    """Functions and macros that raise: `panic`."""
    returns: frozenset[str] = frozenset()
    """Macros that return from the enclosing function: `bail!`."""
    asserts: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    """Node types of `a.b`."""
    elements: frozenset[str] = frozenset()
    """Node types of `a[b]`."""
    dereferences: frozenset[str] = frozenset()
    """Node types of `*a`."""
    patterns: frozenset[str] = frozenset()
    """Node types of destructuring targets."""
    nonlocal_returns: frozenset[str] = frozenset()
    """Closures in which `return` leaves the enclosing named function."""
    words: Mapping[str, str] = field(default_factory=dict)
    """How this language's engineers call things: `raise`, `call`, `closure`, `null` … See `behavior_text.Words`."""
    declares: bool = False
    """A name that is assigned but not declared belongs to something outside the function."""
    implicit_members: bool = False
    """Such a name may be an attribute of the method's own object …"""
    has_globals: bool = False
    """… or a variable outside any class."""
    last_is_result: bool = False
    """The last expression of a body is what it returns."""
    catches_all: bool = False
    """A `catch` has a name only, and catches whatever is thrown."""
    unit_without_type: bool = False
    """… unless the function declares no result."""
    bare_calls: bool = False
    """A name that its function does not bind is a call."""
    shell: bool = False
    switch_breaks: bool = False
    """`break` leaves a switch."""
    switch_continues: bool = False
    """`continue` does so, too."""
    falls_through: bool = False
    """A case that does not leave goes on with the next one."""


_NAMES = {
    entry.name for entry in fields(BehaviorRules) if entry.default == frozenset() and entry.name != "roles"
}  # fmt: skip
_FLAGS = {entry.name for entry in fields(BehaviorRules) if entry.default is False}


def read_behavior_rules(tables: Mapping[str, object], language: str) -> BehaviorRules | None:
    """The rules of a language; None when no table is about it.

    Raises ValueError, with the end of a sentence, when a table is faulty.
    """
    if language not in tables:
        return None
    values: dict[str, object] = {}
    roles: dict[str, Role] = {}
    for table in _inherited(tables, language):
        for key, value in table.items():
            if key == "statements":
                roles.update(_roles(value))
            elif key in _NAMES:
                values[key] = frozenset(_texts(key, value))
            elif key in _FLAGS:
                if not isinstance(value, bool):
                    raise ValueError(f"“{key}” is neither true nor false")
                values[key] = value
            elif key == "words":
                if not isinstance(value, dict) or not all(isinstance(word, str) for word in value.values()):
                    raise ValueError("“words” is not a table of strings")
                values[key] = value
            elif key != "inherits":
                raise ValueError(f"“{key}” is not a known rule")
    return BehaviorRules(roles=roles, **values)  # type: ignore[arg-type] # each was checked above


def _inherited(tables: Mapping[str, object], language: str) -> list[Mapping[str, object]]:
    """The language's table behind the one that it inherits from."""
    found: list[Mapping[str, object]] = []
    name: object = language
    while name is not None:
        table = tables.get(name) if isinstance(name, str) else None
        if not isinstance(table, dict):
            raise ValueError(f"“{name}” is not a table")
        if table in found:
            raise ValueError("it inherits from itself")
        found.insert(0, table)
        name = table.get("inherits")
    return found


def _roles(value: object) -> dict[str, Role]:
    if not isinstance(value, dict):
        raise ValueError("“statements” is not a table")
    roles: dict[str, Role] = {}
    for node_type, spec in value.items():
        role = tuple(spec.split()) if isinstance(spec, str) else ()
        if not role or role[0] not in ROLES:
            raise ValueError(f"the role of “{node_type}” is not a known one")
        roles[node_type] = role
    return roles


def _texts(key: str, value: object) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"“{key}” is not a list of strings")
    return value
