"""What names resolve to and what expressions evaluate to. Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from forethought.syntax.tags import Binding, Position, visible


class ResolvedName(NamedTuple):
    """What a name refers to."""

    kind: Literal["symbol", "file", "binding", "external"]
    """`external`: known not to be defined in this repository, or not by anything that can be analyzed."""
    path: str = ""
    id: str = ""
    """Symbol id, or the bound name."""
    bindings: tuple[Binding, ...] = ()
    """For a `binding`: where the name is bound, likeliest first."""


class InferredValue(NamedTuple):
    """What an expression may evaluate to."""

    kind: Literal[
        "class",
        "instance",
        "function",
        "file",
        "super",
        "container",
        "self",
        "external",
        "list",
        "map",
        "callable",
        "tuple",
        "variable",
    ]
    """`self`: an instance of whatever class the function was called on, as annotated with `Self`. From `list` on, only
    `go_values.py` makes them: `callable` is a value of a function type, `variable` stands for a type argument."""
    path: str = ""
    id: str = ""
    """Id of the class or function; for a `container`, `mapping` if it is one."""
    elements: "tuple[InferredValue, ...]" = ()
    """For a `container`: its elements, or the values of a mapping. For a `function`: what it was looked up on.
    In Go, of an instance or class its type arguments, of a `map` key and value, of a `callable` and a `tuple` the
    results, and of a `variable` the type that bounds it."""


EXTERNAL = ResolvedName("external")
EXTERNAL_VALUE = InferredValue("external")


def likeliest_first(bindings: Sequence[Binding], before: Position | None) -> list[Binding]:
    """The bindings in the order in which they are likely to hold at a use: the last one before it, then earlier ones.

    Bindings local to a block that the use is outside of are left out, and those that such a binding shadows.
    """
    if before is None:
        return list(reversed(bindings))
    bindings = visible(bindings, before)
    earlier = [binding for binding in bindings if binding.range.start < before]
    return [*reversed(earlier), *(binding for binding in bindings if binding.range.start >= before)]


def typed_first(bindings: Sequence[Binding]) -> list[Binding]:
    """The bindings with an annotation, then the others."""
    return sorted(bindings, key=lambda binding: binding.annotation is None)


def in_repository(resolved_names: Iterable[ResolvedName]) -> list[ResolvedName]:
    """Those that are not external."""
    return [resolved for resolved in resolved_names if resolved.kind != "external"]


def distinct(resolved_names: Iterable[ResolvedName]) -> list[ResolvedName]:
    """The names in order, without duplicates."""
    return list(dict.fromkeys(resolved_names))


def distinct_values(values: Iterable[InferredValue]) -> list[InferredValue]:
    """The values in order, without duplicates."""
    return list(dict.fromkeys(values))
