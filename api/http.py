"""GraphQL over HTTP: from a request's bytes to a query, and from its result to a response.

Follows the GraphQL-over-HTTP specification (https://graphql.github.io/graphql-over-http/draft/):

* POST takes `application/json` and nothing else, GET takes the same members as URL parameters. There are only
  queries, so GET changes nothing.
* The answer is `application/graphql-response+json` where the client asks for it, else `application/json`. Only the
  former has a status of its own for a query that was refused (400); the latter answers 200 whatever a well-formed
  request asks, and its `errors` say the rest. A request that is not well-formed is a 4xx in both.
* A browser that comes without a query gets GraphiQL, from our own files.

Requests that another site's page makes are refused: a browser says so in `Sec-Fetch-Site` and `Origin`. Other
clients send neither. As nothing here answers a CORS preflight, such pages could not send JSON in any case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.errors import REFUSED, present
from api.schema import Context, schema

__all__ = ["GRAPHIQL_FOLDER", "graphql_router", "media_type"]

GRAPHIQL_FOLDER = Path(__file__).parent / "static" / "graphiql"
_GRAPHIQL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

MediaType = Literal["application/graphql-response+json", "application/json"]
_RESPONSE: MediaType = "application/graphql-response+json"
_JSON: MediaType = "application/json"


class _BadRequestError(Exception):
    """A request that holds no query that could be executed, with the HTTP status that says so."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class _Asked:
    """The members of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def graphql_router() -> APIRouter:
    """Return the routes of `/graphql`: GET and POST. They need `app.state.store` and `request.state.request_id`."""
    router = APIRouter()
    router.add_route("/graphql", _graphql, methods=["GET", "POST"], include_in_schema=False)
    return router


async def _graphql(request: Request) -> Response:
    accept = request.headers.get("accept")
    if request.method != "POST" and "query" not in request.query_params and "text/html" in (accept or ""):
        page = FileResponse(GRAPHIQL_FOLDER / "index.html", headers={"content-security-policy": _GRAPHIQL_POLICY})
        page.headers["cache-control"] = "no-cache"
        return page
    media = media_type(accept)
    if media is None:
        message = f"nothing acceptable: this service answers as {_RESPONSE} or {_JSON}"
        return _refuse(_BadRequestError(406, message), _JSON)
    try:
        _refuse_cross_site(request)
        asked = await _read(request)
        return await _execute(request, asked, media)
    except _BadRequestError as error:
        return _refuse(error, media)


async def _execute(request: Request, asked: _Asked, media: MediaType) -> Response:
    refused = 400 if media == _RESPONSE else 200
    try:
        result = await schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=Context(request.app.state.store),
            operation_name=asked.operation_name,
            allowed_operation_types=(OperationType.QUERY,),
        )
    except InvalidOperationTypeError as error:
        status = 405 if request.method != "POST" else refused
        raise _BadRequestError(status, "there are only queries: no mutations, no subscriptions", REFUSED) from error
    except CannotGetOperationTypeError as error:
        raise _BadRequestError(refused, error.as_http_error_reason(), REFUSED) from error
    except MissingQueryError as error:
        raise _BadRequestError(400, "query is empty: give a GraphQL query") from error
    return _respond(_body(result, request.state.request_id), _status(result, refused), media)


def _status(result: ExecutionResult, refused: int) -> int:
    """Return 200 for what was executed, however it ended; an error without a path is one from before execution."""
    executed = result.data is not None or any(error.path for error in result.errors or ())
    return 200 if executed else refused


def _body(result: ExecutionResult, request_id: str) -> dict[str, object]:
    if not result.errors:
        return {"data": result.data}
    body: dict[str, object] = {"errors": present(result.errors, request_id)}
    if result.data is not None or any(error.path for error in result.errors):
        body["data"] = result.data
    return body


def _refuse(error: _BadRequestError, media: MediaType) -> Response:
    return _respond({"errors": [{"message": str(error), "extensions": {"code": error.code}}]}, error.status, media)


def _respond(body: object, status: int, media: MediaType) -> Response:
    headers = {"content-type": f"{media}; charset=utf-8", "vary": "accept", "cache-control": "no-store"}
    if status == 405:
        headers["allow"] = "POST"
    return Response(orjson.dumps(body), status, headers)


def media_type(accept: str | None) -> MediaType | None:
    """Return the media type to answer with, None if `accept`, an Accept header, allows neither.

    Without a header, or if it only has wildcards that allow it, `application/json`; of two that are named, the one
    with the higher quality, `application/graphql-response+json` if equal.
    """
    if accept is None or not accept.strip():
        return _JSON
    quality = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality[name] = _quality(parameters)
    named: dict[MediaType, float] = {media: quality[media] for media in (_RESPONSE, _JSON) if media in quality}
    best = max(named, key=named.__getitem__, default=None)
    if best and named[best] > 0:
        return best
    wild = quality.get("application/*", quality.get("*/*", 0.0))
    return _JSON if wild > 0 and _JSON not in named else None


def _quality(parameters: list[str]) -> float:
    given = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return float(given)
    except ValueError:
        return 0.0


def _refuse_cross_site(request: Request) -> None:
    """Raise 403 for a request that a browser makes for another site's page."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    foreign = origin is not None and origin.lower().partition("://")[2] != host.lower()
    if site not in {"same-origin", "none"} or foreign:
        raise _BadRequestError(403, "requests from other sites' pages are refused", "CROSS_SITE")


async def _read(request: Request) -> _Asked:
    if request.method == "POST":
        _check_content_type(request.headers.get("content-type", ""))
        members = _parse(await request.body(), "the body")
        if not isinstance(members, dict):
            raise _BadRequestError(400, "the body is not a JSON object; batches are not supported")
    else:
        members = dict(request.query_params)
        for name in ("variables", "extensions"):
            members[name] = _parse(members[name], name) if members.get(name) else None
    return _check(members)


def _check(members: Mapping[str, Any]) -> _Asked:
    query = members.get("query")
    if not isinstance(query, str) or not query.strip():
        raise _BadRequestError(400, "query is missing: give a GraphQL query as a string")
    for name in ("variables", "extensions"):
        if not isinstance(members.get(name), dict | None):
            raise _BadRequestError(400, f"{name} is not an object")
    operation_name = members.get("operationName")
    if not isinstance(operation_name, str | None):
        raise _BadRequestError(400, "operationName is not a string")
    return _Asked(query, members.get("variables"), operation_name or None)


def _check_content_type(content_type: str) -> None:
    mime, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charset = next((p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")), "utf-8")
    if mime != _JSON or charset not in {"utf-8", "utf8"}:
        raise _BadRequestError(415, f"send the query as {_JSON} in UTF-8")


def _parse(data: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _BadRequestError(400, f"{what} is not JSON in UTF-8: {error.msg}") from error
