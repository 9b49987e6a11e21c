"""How a request that failed is answered: JSON for programs, for a browser that asks for HTML a page of one line."""

from collections.abc import Mapping

import orjson
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from api.media import RESPONSE, media_type
from api.notices import refusal
from viz.maps import LINE_POLICY, render_line
from viz.wording import Said

__all__ = ["failure_response", "note_code", "refusal_response"]


def failure_response(
    accept: str | None, body: Mapping[str, object], status: int, said: Said, *, path: str = "/"
) -> Response:
    """Return the answer: `body` for programs, and what a reader is told in both languages.

    `path` is the request's address below the service's root. `body` has the request's id as `requestId` if the
    failure was logged: the page shows it.
    """
    if "text/html" not in (accept or ""):
        return JSONResponse(dict(body), status)
    number = f"{body['code']} · {body['requestId']}" if "requestId" in body else ""
    headers = {"content-security-policy": LINE_POLICY, "cache-control": "no-store"}
    return HTMLResponse(render_line(said, number=number, root="../" * (path.count("/") - 1)), status, headers)


def note_code(scope: Scope, code: str, limit: str = "") -> None:
    """Leave the code of an error for those who count (`api.observing`), with the limit that it names."""
    scope.setdefault("state", {}).setdefault("codes", []).append((code, limit))


def refusal_response(scope: Scope, status: int, code: str, sentence: str, headers: Mapping[str, str]) -> Response:
    """Return the answer to a request that is refused before anything looks at what it asks.

    At `/graphql` it is a GraphQL response, elsewhere what `failure_response` makes of it.
    """
    note_code(scope, code)
    accept = Headers(scope=scope).get("accept")
    if scope["path"] != "/graphql" or (scope.get("method", "POST") != "POST" and "text/html" in (accept or "")):
        response = failure_response(
            accept, {"error": sentence, "code": code}, status, refusal(code, sentence), path=scope["path"]
        )
    else:
        body = {"errors": [{"message": sentence, "extensions": {"code": code}}]}
        media = media_type(accept) or RESPONSE
        response = Response(orjson.dumps(body), status, {"content-type": f"{media}; charset=utf-8", "vary": "accept"})
    response.headers["cache-control"] = "no-store"
    response.headers.update(headers)
    return response
