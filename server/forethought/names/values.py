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
        "callable",
        "union",
        "self",
        "external",
        "list",
        "map",
        "signature",
        "tuple",
        "variable",
    ]
    """`self`: an instance of whatever class the function was called on, as annotated with `Self`.

    `union`: what stands at one place of a tuple. `callable`: something of which only its results are known.
    Only `GoValues` makes those from `list` on: `signature` is a value of a function type, `variable` stands for a
    type argument.
    """
    path: str = ""
    id: str = ""
    """Id of the class or function; for a `container`, `mapping` or `tuple` if it is one."""
    elements: "tuple[InferredValue, ...]" = ()
    """For a `container`: its elements, the values of a mapping, or a `union` for each place of a tuple.

    For a `function`: what it was looked up on. For a `callable`: its results. In Go, of an instance or class its type
    arguments, of a `map` key and value, of a `signature` and a `tuple` the results, of a `variable` what bounds it.
    """
    keys: "tuple[InferredValue, ...]" = ()
    """For a mapping: its keys."""

    @property
    def held(self) -> "tuple[InferredValue, ...]":
        """The elements, those at all places of a tuple together."""
        if self.id != "tuple":
            return self.elements
        return tuple(dict.fromkeys(element for place in self.elements for element in place.elements))


EXTERNAL = ResolvedName("external")
EXTERNAL_VALUE = InferredValue("external")


def container(elements: Iterable[InferredValue] = ()) -> InferredValue:
    """A list, a set, an iterator …"""
    return InferredValue("container", elements=tuple(elements))


def mapping(keys: Iterable[InferredValue], values: Iterable[InferredValue]) -> InferredValue:
    return InferredValue("container", id="mapping", elements=tuple(values), keys=tuple(keys))


def tuple_of(places: Iterable[Iterable[InferredValue]]) -> InferredValue:
    """A tuple, given what may stand at each place."""
    unions = (InferredValue("union", elements=tuple(place)) for place in places)
    return InferredValue("container", id="tuple", elements=tuple(unions))


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


def replace_self(values: Iterable[InferredValue], receivers: Sequence[InferredValue]) -> list[InferredValue]:
    """The values, with `self` replaced by an instance for each of the receivers."""
    replaced: list[InferredValue] = []
    for value in values:
        if value.kind == "container" and any(element.kind in ("self", "container") for element in value.elements):
            elements = tuple(replace_self(value.elements, receivers))
            replaced.append(InferredValue("container", id=value.id, elements=elements))
        elif value.kind == "self":
            replaced.extend(
                InferredValue("instance", receiver.path, receiver.id)
                for receiver in receivers
                if receiver.kind in ("instance", "class")
            )
        else:
            replaced.append(value)
    return replaced
