"""Reads the JSON of parameters into the classes of `protocol_extensions`, with an error that names what is wrong."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, override

from forethought.lsp.error_responses import invalid_params
from forethought.lsp.protocol_extensions import ProgressToken

T = TypeVar("T")


def read_params(params_type: type[T], data: Any, owner: str) -> T:
    """Structure the parameters of a method or command named `owner`. Raises JsonRpcException (InvalidParams)."""
    try:
        return _CONVERTER.structure({} if data is None else data, params_type)
    except (BaseValidationError, _InvalidValueError) as error:
        problem, _, path = transform_error(error, "", _describe)[0].rpartition(" @ ")
        subject = f"`{_camel_case(path.removeprefix('.'))}` of {owner}" if path else f"The parameter of {owner}"
        raise invalid_params(f"{subject} {problem}.") from error


class _InvalidValueError(ValueError):
    """The message says what is wrong with the value: “must be a string”."""


def _make_converter() -> Converter:
    """Unlike cattrs's default, never coerce: 5 is not a string, and true is not a number."""
    converter = Converter()

    def object_hook(params_type: Any) -> Any:
        names: dict[str, Any] = {
            item.name: override(rename=_camel_case(item.name)) for item in attrs.fields(params_type)
        }
        structure = make_dict_structure_fn(params_type, converter, **names)

        def hook(data: Any, _: Any) -> Any:
            if not isinstance(data, Mapping):
                raise _InvalidValueError("must be an object")
            return structure({name: value for name, value in data.items() if value is not None}, params_type)

        return hook

    def checked_hook(annotated: Any) -> Any:
        base, check = get_args(annotated)
        structure = converter.get_structure_hook(base)

        def hook(data: Any, _: Any) -> Any:
            value = structure(data, base)
            if problem := check(value):
                raise _InvalidValueError(problem)
            return value

        return hook

    def primitive_hook(accepted: Any, words: str) -> Any:
        def hook(data: Any, _: Any) -> Any:
            if not isinstance(data, accepted) or (isinstance(data, bool) and accepted is not bool):
                raise _InvalidValueError(f"must be {words}")
            return data

        return hook

    converter.register_structure_hook_factory(attrs.has, object_hook)
    converter.register_structure_hook_factory(_is_annotated, checked_hook)
    converter.register_structure_hook(str, primitive_hook(str, "a string"))
    converter.register_structure_hook(bool, primitive_hook(bool, "true or false"))
    converter.register_structure_hook(int, primitive_hook(int, "a whole number"))
    converter.register_structure_hook(float, primitive_hook(int | float, "a number"))
    token_hook = primitive_hook(ProgressToken, "a string or a whole number")
    converter.register_structure_hook_func(lambda kind: kind == ProgressToken | None, token_hook)
    return converter


def _is_annotated(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Annotated


def _describe(error: BaseException, kind: Any) -> str:
    if isinstance(error, _InvalidValueError):
        return str(error)
    if isinstance(error, KeyError):
        return "is required"
    origin: Any = get_origin(kind)
    if origin == Literal:
        return f"must be one of {', '.join(map(str, get_args(kind)))}"
    return "is not valid"


def _camel_case(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


_CONVERTER = _make_converter()
