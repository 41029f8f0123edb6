"""What methods of Rust's standard library give and pass on: the elements of options, iterators and containers."""

from collections.abc import Sequence

from forethought.names.values import EXTERNAL_VALUE, InferredValue

OPTION_TYPES = frozenset({"Option", "Result", "Poll", "LockResult"})
"""Of their type arguments, the first is what they hold."""
_UNWRAPPING = frozenset(
    {"unwrap", "expect", "unwrap_or", "unwrap_or_else", "unwrap_or_default", "unwrap_unchecked"}
    | {"get_or_insert", "get_or_insert_with", "insert"}
)
_SAME_OPTION = frozenset(
    {"as_ref", "as_mut", "as_deref", "as_deref_mut", "cloned", "copied", "take", "filter", "or", "or_else", "ok"}
    | {"map_err", "ok_or", "ok_or_else", "inspect", "inspect_err", "replace", "clone", "as_pin_mut"}
)
_SAME_ITEMS = frozenset(
    {"iter", "iter_mut", "into_iter", "filter", "skip", "take", "rev", "cloned", "copied", "chain", "peekable", "fuse"}
    | {"step_by", "skip_while", "take_while", "inspect", "by_ref", "as_slice", "as_mut_slice", "to_vec", "collect"}
    | {"as_ref", "as_mut", "as_deref", "clone", "drain", "cycle", "values", "values_mut", "into_values", "split_off"}
    | {"to_owned", "borrow", "borrow_mut", "into_boxed_slice", "lock", "read", "write", "unwrap", "expect", "retain"}
)
_SAME_MAPPING = frozenset(
    {"as_ref", "as_mut", "clone", "borrow", "borrow_mut", "lock", "read", "write", "unwrap", "expect"}
)
_PAIRS = frozenset({"iter", "iter_mut", "into_iter", "drain"})
_MAYBE_ITEM = frozenset(
    {"next", "next_back", "last", "first", "get", "get_mut", "pop", "nth", "first_mut", "last_mut", "find", "peek"}
    | {"peek_mut", "max_by_key", "min_by_key", "max_by", "min_by", "min", "max", "pop_front", "pop_back", "front"}
    | {"back", "front_mut", "back_mut", "reduce", "next_if", "get_or_insert"}
)
_ITEM = frozenset({"remove", "swap_remove"})
_SAME_INSTANCE = frozenset(
    {"clone", "as_ref", "as_mut", "borrow", "borrow_mut", "lock", "read", "write", "deref", "deref_mut", "to_owned"}
    | {"unwrap", "expect", "get_mut", "by_ref", "into_inner", "make_mut"}
)
_ITEM_CLOSURES = frozenset(
    {"map", "for_each", "filter", "filter_map", "flat_map", "any", "all", "find", "find_map", "position", "map_while"}
    | {"take_while", "skip_while", "inspect", "partition", "max_by_key", "min_by_key", "sort_by_key", "retain"}
    | {"sort_unstable_by_key", "retain_mut", "sort_by", "sort_unstable_by", "max_by", "min_by", "rposition", "reduce"}
    | {"try_for_each", "binary_search_by", "binary_search_by_key", "partition_point", "is_sorted_by_key"}
)
_FOLDS = frozenset({"fold", "try_fold", "rfold", "scan"})
_OPTION_CLOSURES = frozenset(
    {"map", "and_then", "is_some_and", "is_ok_and", "is_none_or", "filter", "inspect", "map_or"}
)

METHODS = (
    _UNWRAPPING
    | _SAME_OPTION
    | _SAME_ITEMS
    | _MAYBE_ITEM
    | _ITEM
    | _SAME_INSTANCE
    | _ITEM_CLOSURES
    | _FOLDS
    | _OPTION_CLOSURES
    | {"push_str", "push", "extend", "to_string", "into", "len", "is_empty", "contains", "starts_with", "ends_with"}
)
"""Names that, on a receiver of an unknown type, are more likely the standard library's than the repository's."""


def is_option_method(name: str) -> bool:
    """Whether an option or result has a method of this name."""
    return name in _UNWRAPPING | _SAME_OPTION | _OPTION_CLOSURES or name.startswith(("is_", "as_", "into_", "iter"))


def tuple_of(parts: Sequence[Sequence[InferredValue]]) -> InferredValue:
    """A tuple, from what each of its parts may be."""
    slots = tuple(InferredValue("container", id="part", elements=tuple(part)) for part in parts)
    return InferredValue("container", id="tuple", elements=slots)


def option_of(values: Sequence[InferredValue]) -> InferredValue:
    """An option or result that holds one of the values."""
    return InferredValue("container", id="option", elements=tuple(values))


def items_of(value: InferredValue) -> list[InferredValue]:
    """What a loop over a container gives."""
    if value.id == "mapping":
        return [tuple_of([[EXTERNAL_VALUE], value.elements])]
    return list(value.elements) if value.id in ("", "option") else []


def method_result(value: InferredValue, method: str) -> list[InferredValue]:
    """What a method of the standard library gives on a container, or on an instance that lacks it."""
    elements = value.elements
    if value.kind != "container":
        return [value] if value.kind == "instance" and method in _SAME_INSTANCE else []
    if value.id == "option":
        if method in _UNWRAPPING:
            return list(elements)
        if method in ("iter", "iter_mut", "into_iter"):
            return [InferredValue("container", elements=elements)]
        return [value] if method in _SAME_OPTION else []
    if value.id == "tuple":
        return [value] if method == "clone" else []
    if method == "enumerate":
        return [InferredValue("container", elements=(tuple_of([[EXTERNAL_VALUE], items_of(value)]),))]
    if value.id == "mapping" and method in _SAME_MAPPING:
        return [value]
    if value.id == "mapping" and method in _PAIRS:
        return [InferredValue("container", elements=tuple(items_of(value)))]
    if method in _MAYBE_ITEM or (method in _ITEM and value.id == "mapping"):
        return [option_of(elements)]
    if method in _ITEM:
        return list(elements)
    return [InferredValue("container", elements=elements)] if method in _SAME_ITEMS else []


def closure_parameter(value: InferredValue, method: str, argument: int, position: int) -> list[InferredValue]:
    """What a method of a container passes to a closure: its parameter at `position`, of the argument at `argument`."""
    if value.kind != "container" or value.id == "tuple":
        return []
    if value.id == "option":
        takes_value = (method in _OPTION_CLOSURES and argument == (method == "map_or")) or (
            method == "map_or_else" and argument == 1
        )
        return list(value.elements) if takes_value and position == 0 else []
    if method in _FOLDS:
        return items_of(value) if argument == 1 and position == 1 else []
    return items_of(value) if method in _ITEM_CLOSURES else []
