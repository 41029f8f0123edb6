"""Error responses: a code, one sentence for people, and sometimes a reason for programs in `data.reason`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pygls.exceptions import JsonRpcException

from forethought.errors import Cancelled, ContextOverflow, ForethoughtError, IndexingError, UsageError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
CANCELLED = -32800
CONTENT_MODIFIED = -32801
REQUEST_FAILED = -32803

logger = logging.getLogger(__name__)


def request_error(code: int, sentence: str, reason: str | None = None) -> JsonRpcException:
    """Return the exception that answers a request with this error."""
    return JsonRpcException(sentence, code, None if reason is None else {"reason": reason})


def invalid_params(sentence: str) -> JsonRpcException:
    return request_error(INVALID_PARAMS, sentence)


@contextmanager
def error_responses() -> Iterator[None]:
    """Turn every exception into a JsonRpcException. An unexpected one is logged; the client sees no traceback."""
    try:
        yield
    except JsonRpcException:
        raise
    except Exception as error:
        if not isinstance(error, ForethoughtError):
            logger.exception("a request failed")
        raise _error_response(error) from error


def _error_response(error: Exception) -> JsonRpcException:
    match error:
        case UsageError():
            return invalid_params(str(error))
        case Cancelled():
            return request_error(CANCELLED, str(error))
        case ContextOverflow():
            return request_error(REQUEST_FAILED, str(error), "overflow")
        case IndexingError():
            return request_error(REQUEST_FAILED, str(error), "indexing")
        case ForethoughtError():
            return request_error(REQUEST_FAILED, str(error), "engine_failed")
    sentence = f"Internal error ({type(error).__name__}); see the server's log on stderr for details."
    return request_error(INTERNAL_ERROR, sentence)
