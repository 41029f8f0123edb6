"""The parameters of our own methods: which are accepted, and the error for any other."""

from typing import Any

import pytest
from lsprotocol.types import Position, TextDocumentIdentifier
from pygls.exceptions import JsonRpcException

from forethought.lsp.params_converter import read_params
from forethought.lsp.protocol_extensions import ChatParams, ContextParams, DigestParams, HistoryMessage, PauseArguments

DOCUMENT = {"uri": "file:///a.py"}


def check(params_type: type[Any], data: Any, expected: Any) -> None:
    if isinstance(expected, str):
        with pytest.raises(JsonRpcException) as caught:
            read_params(params_type, data, "forethought/x")
        assert (caught.value.code, str(caught.value)) == (-32602, expected)
    else:
        assert read_params(params_type, data, "forethought/x") == expected


@pytest.mark.parametrize(
    ("params_type", "data", "expected"),
    [
        (DigestParams, None, DigestParams()),
        (PauseArguments, {"minutes": 2.5}, PauseArguments(2.5)),
        (ChatParams, {"question": "Why?", "fresh": None, "unknown": 1}, ChatParams("Why?")),
        (
            ContextParams,
            {"textDocument": DOCUMENT, "position": {"line": 1, "character": 2}},
            ContextParams(TextDocumentIdentifier("file:///a.py"), Position(1, 2)),
        ),
        (
            ChatParams,
            {"question": "Why?", "history": [{"role": "user", "content": "x"}], "partialResultToken": 7},
            ChatParams("Why?", history=(HistoryMessage("user", "x"),), partial_result_token=7),
        ),
    ],
)
def test_camel_case_null_and_unknown_members_are_taken(params_type: type[Any], data: Any, expected: Any) -> None:
    check(params_type, data, expected)


@pytest.mark.parametrize(
    ("params_type", "data", "sentence"),
    [
        (ContextParams, None, "`textDocument` of forethought/x is required."),
        (ContextParams, [1], "The parameter of forethought/x must be an object."),
        (ContextParams, {"textDocument": "a.py"}, "`textDocument` of forethought/x must be an object."),
        (ContextParams, {"textDocument": {"uri": 3}}, "`textDocument.uri` of forethought/x must be a string."),
        (
            ContextParams,
            {"textDocument": DOCUMENT, "position": {"line": "1", "character": 0}},
            "`position.line` of forethought/x must be a whole number.",
        ),
        (
            ContextParams,
            {"textDocument": DOCUMENT, "position": {"line": -1, "character": 0}},
            "`position` of forethought/x is not valid.",
        ),
        (ChatParams, {"question": " "}, "`question` of forethought/x must not be blank."),
        (ChatParams, {"question": 5}, "`question` of forethought/x must be a string."),
        (
            ChatParams,
            {"question": "q", "verbosity": 9},
            "`verbosity` of forethought/x must be a whole number from 0 to 4.",
        ),
        (ChatParams, {"question": "q", "verbosity": True}, "`verbosity` of forethought/x must be a whole number."),
        (ChatParams, {"question": "q", "fresh": 1}, "`fresh` of forethought/x must be true or false."),
        (
            ChatParams,
            {"question": "q", "tier": ["full"]},
            "`tier` of forethought/x must be one of auto, facts, predicted, enriched, full.",
        ),
        (
            ChatParams,
            {"question": "q", "history": [{"role": "robot"}]},
            "`history[0].role` of forethought/x must be one of system, user, assistant.",
        ),
        (ChatParams, {"question": "q", "history": 5}, "`history` of forethought/x is not valid."),
        (
            ChatParams,
            {"question": "q", "workDoneToken": {}},
            "`workDoneToken` of forethought/x must be a string or a whole number.",
        ),
        (PauseArguments, {"minutes": -1}, "`minutes` of forethought/x must be a number from 0 to 525600."),
    ],
)
def test_ill_typed_parameters_are_named_in_one_sentence(params_type: type[Any], data: Any, sentence: str) -> None:
    check(params_type, data, sentence)
