"""What names stand for and what expressions evaluate to, as resolution speaks of them. Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from forethought.syntax.tags import Binding, Position


class ResolvedName(NamedTuple):
    """What a name stands for."""

    kind: Literal["symbol", "file", "binding", "outside"]
    """`outside`: known not to be a definition of this repository, or not to be readable off the text."""
    path: str = ""
    id: str = ""
    """Symbol id, or the bound name."""
    bindings: tuple[Binding, ...] = ()
    """Of a `binding`: where it was bound, the likeliest first."""


class Value(NamedTuple):
    """What an expression may evaluate to."""

    kind: Literal["class", "instance", "function", "file", "super", "container", "self", "outside"]
    path: str = ""
    id: str = ""
    elements: "tuple[Value, ...]" = ()
    """Of a container: its elements; of one whose id is `mapping`, its values. Of a function: what it was found on."""


EXTERNAL = ResolvedName("outside")
EXTERNAL_VALUE = Value("outside")


def likeliest_first(bindings: Sequence[Binding], before: Position | None) -> list[Binding]:
    """The assignments in the order in which they are likely to hold: the last before the use, then earlier ones.

    What was bound in a function without a name that ends before the use is not among them.
    """
    if before is None:
        return list(reversed(bindings))
    bindings = [
        binding
        for binding in bindings
        if binding.seen_in is None or binding.seen_in.start <= before < binding.seen_in.end
    ]
    earlier = [binding for binding in bindings if binding.range.start < before]
    return [*reversed(earlier), *(binding for binding in bindings if binding.range.start >= before)]


def typed_first(bindings: Sequence[Binding]) -> list[Binding]:
    return sorted(bindings, key=lambda binding: binding.annotation is None)


def inside(resolved_names: Iterable[ResolvedName]) -> list[ResolvedName]:
    return [resolved for resolved in resolved_names if resolved.kind != "outside"]


def distinct(resolved_names: Iterable[ResolvedName]) -> list[ResolvedName]:
    return list(dict.fromkeys(resolved_names))


def is_constructor(symbol_id: str) -> bool:
    """`Jar.Jar` of Java, C#, C++."""
    owner, _, name = symbol_id.partition("#")[0].rpartition(".")
    return owner.rpartition(".")[2] == name


def distinct_values(values: Iterable[Value]) -> list[Value]:
    return list(dict.fromkeys(values))
