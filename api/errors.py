"""What a caller is told when something fails: one table from error to code, HTTP status and sentence.

Two kinds of failure, by whose it is:

* What was given cannot be used (`InputError`): the caller reads the error's own sentence, and what goes with it.
* What happened here (`StoreError`, and every exception that is not ours): the caller reads a fixed sentence and the
  request's id, the log reads the rest, once. Whatever an exception's text holds (paths, addresses, passwords in a
  URL) stays on this side, and passwords in URLs stay out of the log as well.

GraphQL errors of the parser, of validation and of the limits are made for the caller and pass as they are.
"""

import logging
import re
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from graphql import GraphQLError, GraphQLFormattedError

from graph.errors import (
    AmbiguousName,
    IncompatibleStore,
    InputError,
    InvalidGraph,
    InvalidQuery,
    InvalidStoreUrl,
    NoteAtlasError,
    StoreAuthError,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    UnknownConcept,
    UnreadableSource,
)

__all__ = ["ERRORS", "INTERNAL", "ErrorRow", "details", "log_failure", "present", "redact", "row_for"]

_LOG = logging.getLogger("noteatlas")


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How one class of errors is told: a stable code, an HTTP status, and the sentence, None for the error's own."""

    code: str
    status: int
    sentence: str | None = None


_STORE = "the store could not answer; the service's log says why"

ERRORS: Mapping[type[Exception], ErrorRow] = MappingProxyType(
    {
        UnknownConcept: ErrorRow("UNKNOWN_CONCEPT", 404),
        AmbiguousName: ErrorRow("AMBIGUOUS_NAME", 409),
        InvalidQuery: ErrorRow("INVALID_QUERY", 400),
        InvalidGraph: ErrorRow("INVALID_GRAPH", 400),
        UnreadableSource: ErrorRow("UNREADABLE_SOURCE", 400),
        InputError: ErrorRow("INVALID_INPUT", 400),
        StoreUnavailable: ErrorRow("STORE_UNAVAILABLE", 503, "the store cannot be reached now; try again later"),
        StoreBusy: ErrorRow("STORE_BUSY", 503, "the store is busy with another writer; try again in a moment"),
        StoreAuthError: ErrorRow("STORE_AUTH", 503, _STORE),
        IncompatibleStore: ErrorRow("STORE_INCOMPATIBLE", 503, _STORE),
        InvalidStoreUrl: ErrorRow("STORE_URL", 503, _STORE),
        StoreError: ErrorRow("STORE_FAILED", 500, _STORE),
        NoteAtlasError: ErrorRow("FAILED", 500, "this could not be done; the service's log says why"),
    }
)

INTERNAL = ErrorRow("INTERNAL_ERROR", 500, "internal error")
REFUSED = "GRAPHQL_INVALID"  # the code of what graphql-core itself refuses: syntax, validation, variables

_URL_SECRET = re.compile(r"(://[^/\s:@]*):\S*@")  # up to the last @: a password may hold one, or a slash


def row_for(error: BaseException) -> ErrorRow:
    """Return the row of the error's own class or of its nearest ancestor that has one; `INTERNAL` for any other."""
    return next((ERRORS[cls] for cls in type(error).__mro__ if cls in ERRORS), INTERNAL)


def details(error: BaseException) -> dict[str, object]:
    """Return what a caller can act on beyond the sentence: the nearest names, the ids to choose from."""
    if isinstance(error, UnknownConcept):
        return {"name": error.name, "near": list(error.near)}
    if isinstance(error, AmbiguousName):
        return {"name": error.name, "ids": list(error.ids)}
    return {}


def redact(text: str) -> str:
    """Return `text` without the passwords of URLs in it.

    >>> redact("cannot reach neo4j://reader:hunter2@db:7687")
    'cannot reach neo4j://reader:***@db:7687'
    """
    return _URL_SECRET.sub(r"\1:***@", text)


def log_failure(error: BaseException, request_id: str) -> None:
    """Log, as one record, what a caller is not told. A store's error is a sentence; any other comes with its trace."""
    if isinstance(error, NoteAtlasError):
        text = f"{type(error).__name__}: {error}"
    else:
        text = "".join(traceback.format_exception(error)).rstrip()
    _LOG.error("request %s failed: %s", request_id, redact(text))


def present(errors: Iterable[GraphQLError], request_id: str) -> list[GraphQLFormattedError]:
    """Return a request's GraphQL errors as the caller may see them, each with its `extensions.code`.

    What is kept back is logged: an exception that many fields ran into, once.
    """
    logged: set[int] = set()
    return [_present(error, request_id, logged) for error in errors]


def _present(error: GraphQLError, request_id: str, logged: set[int]) -> GraphQLFormattedError:
    formatted = error.formatted
    original = _root(error)
    if original is None:
        formatted["extensions"] = {"code": REFUSED, **(error.extensions or {})}
        return formatted
    row = row_for(original)
    extensions: dict[str, object] = {"code": row.code, **details(original)}
    if row.sentence is not None:
        if id(original) not in logged:
            logged.add(id(original))
            log_failure(original, request_id)
        extensions["requestId"] = request_id
    formatted["message"] = row.sentence or str(original)
    formatted["extensions"] = extensions
    return formatted


def _root(error: GraphQLError) -> Exception | None:
    """Return the exception that a resolver raised, None if it was a GraphQL error."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original
