"""GraphQL over HTTP: from a request's bytes to a query, and from its result to a response.

Follows the GraphQL-over-HTTP specification (https://graphql.github.io/graphql-over-http/draft/):

* POST takes `application/json` and nothing else, GET takes the same members as URL parameters, and queries only: it
  changes nothing.
* The answer is `application/graphql-response+json` where the client asks for it, else `application/json`. Only the
  former has a status of its own for a query that was refused (400); the latter answers 200 whatever a well-formed
  request asks, and its `errors` say the rest. A request that is not well-formed is a 4xx in both.
* A browser that comes without a query gets GraphiQL, from our own files.

Requests that another site's page makes are refused: a browser says so in `Sec-Fetch-Site` and `Origin`. Other
clients send neither. As nothing here answers a CORS preflight, such pages could not send JSON in any case.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.callers import is_cross_site
from api.errors import REFUSED, present
from api.failures import note_code
from api.media import JSON, RESPONSE, MediaType, media_type
from api.persisted import Persisted, PersistedError
from api.schema import Context, schema
from api.settings import Settings
from api.tracing import Tracing
from api.turnstile import WaitedInVainError
from api.writing import writer_of

__all__ = ["GRAPHIQL_FOLDER", "graphql_router", "without_hints"]

_HINT = re.compile(r" Did you mean [^?]*\?")
_ALLOWED = {
    "GET": (OperationType.QUERY,),
    "HEAD": (OperationType.QUERY,),
    "POST": (OperationType.QUERY, OperationType.MUTATION),
}
_ASKING = {"query", "extensions"}  # the parameters that make a GET a request

_LOG = logging.getLogger("noteatlas")
GRAPHIQL_FOLDER = Path(__file__).parent / "static" / "graphiql"
_GRAPHIQL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _BadRequestError(Exception):
    """A request that holds no query that could be executed, with the HTTP status that says so."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class _Asked:
    """The members of a GraphQL request; `label` is what metrics call a persisted operation."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    label: str | None = None


def graphql_router() -> APIRouter:
    """Return the routes of `/graphql`: GET and POST. They need `app.state.store` and `request.state.request_id`."""
    router = APIRouter()
    router.add_route("/graphql", _graphql, methods=["GET", "POST"], include_in_schema=False)
    return router


async def _graphql(request: Request) -> Response:
    accept = request.headers.get("accept")
    settings: Settings = request.app.state.settings
    opens = request.method != "POST" and "text/html" in (accept or "") and not _ASKING & request.query_params.keys()
    if opens and settings.introspection:  # the editor is of no use without
        page = FileResponse(GRAPHIQL_FOLDER / "index.html", headers={"content-security-policy": _GRAPHIQL_POLICY})
        page.headers["cache-control"] = "no-cache"
        return page
    media = media_type(accept)
    if media is None:
        message = f"nothing acceptable: this service answers as {RESPONSE} or {JSON}"
        return _refuse(_BadRequestError(406, message), JSON)
    try:
        _refuse_cross_site(request)
        asked = await _read(request, 400 if media == RESPONSE else 200)
        return await _execute(request, asked, media)
    except _BadRequestError as error:
        note_code(request.scope, error.code)
        return _refuse(error, media)


async def _execute(request: Request, asked: _Asked, media: MediaType) -> Response:
    refused = 400 if media == RESPONSE else 200
    state = request.app.state
    timeout_s = state.settings.query_timeout_s
    context = Context(
        state.store,
        introspection=state.settings.introspection,
        fast=state.settings.fast_execution,
        writer=writer_of(request),
    )
    request.state.operation_name = asked.operation_name
    try:
        async with state.turnstile.through(), asyncio.timeout(timeout_s), _spanned(request, context):
            result = await schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_ALLOWED[request.method],
            )
    except WaitedInVainError as error:
        message = f"the service has its hands full, and had no time for this within {timeout_s:g} s: try again"
        raise _BadRequestError(503, message, "OVERLOADED") from error
    except TimeoutError as error:
        context.rounds.stop()
        _LOG.warning("request %s took longer than %g s and was ended", request.state.request_id, timeout_s)
        message = f"the query took longer than {timeout_s:g} s and was ended: ask for less at once"
        raise _BadRequestError(504 if media == RESPONSE else 200, message, "TIMEOUT") from error
    except InvalidOperationTypeError as error:
        status = 405 if request.method != "POST" else refused
        raise _BadRequestError(status, "mutations take POST, and subscriptions a WebSocket", REFUSED) from error
    except CannotGetOperationTypeError as error:
        raise _BadRequestError(refused, error.as_http_error_reason(), REFUSED) from error
    except MissingQueryError as error:
        raise _BadRequestError(400, "query is empty: give a GraphQL query") from error
    finally:
        request.state.operation = asked.label or context.operation
    body = _body(result, request.state.request_id)
    if not state.settings.introspection:
        without_hints(body)
    for answered in body.get("errors", ()):
        note_code(request.scope, answered["extensions"]["code"], answered["extensions"].get("limit", ""))
    return _respond(body, _status(result, refused), media)


@asynccontextmanager
async def _spanned(request: Request, context: Context) -> AsyncIterator[None]:
    tracing: Tracing | None = request.app.state.tracing
    if tracing is None:
        yield
        return
    with tracing.operation() as span:
        try:
            yield
        finally:
            tracing.named(span, context.operation)


def _status(result: ExecutionResult, refused: int) -> int:
    """Return 200 for what was executed, however it ended; an error without a path is one from before execution."""
    executed = result.data is not None or any(error.path for error in result.errors or ())
    return 200 if executed else refused


def _body(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    if not result.errors:
        return {"data": result.data}
    body: dict[str, Any] = {"errors": present(result.errors, request_id)}
    if result.data is not None or any(error.path for error in result.errors):
        body["data"] = result.data
    return body


def without_hints(body: dict[str, Any]) -> None:
    """Take out which names there are from what graphql-core says of one that there is not."""
    for error in body.get("errors", ()):
        error["message"] = _HINT.sub("", error["message"])


def _refuse(error: _BadRequestError, media: MediaType) -> Response:
    return _respond({"errors": [{"message": str(error), "extensions": {"code": error.code}}]}, error.status, media)


def _respond(body: object, status: int, media: MediaType) -> Response:
    headers = {"content-type": f"{media}; charset=utf-8", "vary": "accept", "cache-control": "no-store"}
    if status == 405:
        headers["allow"] = "POST"
    return Response(orjson.dumps(body), status, headers)


def _refuse_cross_site(request: Request) -> None:
    if is_cross_site(request.headers):
        raise _BadRequestError(403, "requests from other sites' pages are refused", "CROSS_SITE")


async def _read(request: Request, refused: int) -> _Asked:
    if request.method == "POST":
        _check_content_type(request.headers.get("content-type", ""))
        members = _parse(await request.body(), "the body")
        if not isinstance(members, dict):
            raise _BadRequestError(400, "the body is not a JSON object; batches are not supported")
    else:
        members = dict(request.query_params)
        if "query" in members and not request.app.state.settings.introspection:
            # What is not told its schema is in public: there, a link shall make nobody's browser ask what it likes.
            raise _BadRequestError(405, "queries by GET are persisted ones here: send this one by POST", REFUSED)
        for name in ("variables", "extensions"):
            members[name] = _parse(members[name], name) if members.get(name) else None
    return _check(members, request.app.state.persisted, refused)


def _check(members: Mapping[str, Any], persisted: Persisted, refused: int) -> _Asked:
    for name in ("variables", "extensions"):
        if not isinstance(members.get(name), dict | None):
            raise _BadRequestError(400, f"{name} is not an object")
    operation_name = members.get("operationName")
    if not isinstance(operation_name, str | None):
        raise _BadRequestError(400, "operationName is not a string")
    query, extensions = members.get("query"), members.get("extensions")
    is_left_out = query is None and "persistedQuery" in (extensions or {})
    if not is_left_out and not (isinstance(query, str) and query.strip()):
        raise _BadRequestError(400, "query is missing: give a GraphQL query as a string")
    try:
        operation = persisted.choose(query, extensions)
    except PersistedError as error:
        raise _BadRequestError(400 if error.is_malformed else refused, str(error), error.code) from error
    return _Asked(operation.text, members.get("variables"), operation_name or None, operation.name)


def _check_content_type(content_type: str) -> None:
    mime, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charset = next((p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")), "utf-8")
    if mime != JSON or charset not in {"utf-8", "utf8"}:
        raise _BadRequestError(415, f"send the query as {JSON} in UTF-8")


def _parse(data: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _BadRequestError(400, f"{what} is not JSON in UTF-8: {error.msg}") from error
