"""What a caller is told when something fails: one table from error to code, HTTP status and sentence.

Two kinds of failure, by whose it is:

* What was given cannot be used (`InputError`): the caller reads the error's own sentence, and what goes with it.
* What happened here (`StoreError`, and every exception that is not ours): the caller reads a fixed sentence and the
  request's id, the log reads the rest, once. Whatever an exception's text holds (paths, addresses, passwords in a
  URL) stays on this side, and passwords in URLs stay out of the log as well.

GraphQL errors of the parser, of validation and of the limits are made for the caller and pass as they are.
"""

import logging
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
    redact,
)

__all__ = [
    "CODES",
    "ERRORS",
    "INTERNAL",
    "MOST_REFUSALS",
    "ErrorRow",
    "details",
    "log_failure",
    "present",
    "redact",
    "row_for",
]

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
MOST_REFUSALS = 5
REFUSED = "GRAPHQL_INVALID"  # the code of what graphql-core itself refuses: syntax, validation, variables


CODES: Mapping[str, str] = MappingProxyType(
    {
        "BAD_REQUEST": "the request holds no GraphQL query",
        "CROSS_SITE": "another site's page made the request",
        "UNAUTHENTICATED": "a token is needed, or the one that came is not valid",
        "FORBIDDEN": "the token lacks the scope, or nobody may write from there",
        "RATE_LIMITED": "too many requests: `Retry-After` says when to try again",
        "OVERLOADED": "too much is being worked on: try again in a moment",
        "REQUEST_TIMEOUT": "the body did not arrive in time",
        "GRAPHQL_INVALID": "the query's syntax, fields, types or variables are wrong",
        "NO_INTROSPECTION": "the schema cannot be asked for here",
        "PERSISTED_QUERY_NOT_FOUND": "no persisted operation has this hash",
        "PERSISTED_QUERY_NOT_SUPPORTED": "there are no persisted operations here",
        "PERSISTED_QUERY_MISMATCH": "the hash is not that of the query beside it",
        "OPERATION_NOT_ALLOWED": "only persisted operations are executed here",
        "LIMIT_EXCEEDED": "the query asks for too much",
        "TIMEOUT": "the query took too long and was ended",
        "UNKNOWN_CONCEPT": "no concept is called so",
        "AMBIGUOUS_NAME": "several concepts are called so",
        "INVALID_INPUT": "what was decided makes no sense, or changes nothing",
        "INVALID_QUERY": "an argument is out of its range, or a cursor is none",
        "STORE_UNAVAILABLE": "the store cannot answer now: try again",
        "STORE_BUSY": "the store cannot answer now: try again",
        "STORE_AUTH": "the store cannot answer: see the log",
        "STORE_INCOMPATIBLE": "the store cannot answer: see the log",
        "STORE_URL": "the store cannot answer: see the log",
        "STORE_FAILED": "the store cannot answer: see the log",
        "FAILED": "the store cannot answer: see the log",
        "INTERNAL_ERROR": "a fault of the service: see the log",
    }
)
"""Every `extensions.code` that an answer at `/graphql` can have, and what it means. docs/graphql.md has the same."""


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


def log_failure(error: BaseException, request_id: str) -> None:
    """Log, as one record, what a caller is not told. A store's error is a sentence; any other comes with its trace."""
    if isinstance(error, NoteAtlasError):
        text = f"{type(error).__name__}: {error}"
    else:
        text = "".join(traceback.format_exception(error)).rstrip()
    _LOG.error("request %s failed: %s", request_id, redact(text))


def present(errors: Iterable[GraphQLError], request_id: str) -> list[GraphQLFormattedError]:
    """Return a request's GraphQL errors as the caller may see them, each with its `extensions.code`.

    What is kept back is logged: an exception that many fields ran into, once. Of what was refused before execution,
    which has no path, the first `MOST_REFUSALS` are told: a short text can have a fault in every word.
    """
    logged: set[int] = set()
    errors = list(errors)
    if not any(error.path for error in errors):
        errors = errors[:MOST_REFUSALS]
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
