"""How a browser brings its token: a page that asks for it once, and a cookie that holds it from then on.

The cookie is the token itself, so that every worker knows it and taking the token away ends the session at once. No
script can read it (HttpOnly), no other site's page can have it sent (SameSite=Strict), and where the page came by
https nothing else carries it (Secure). The token comes as a form by POST: it is in no address and no log.

Where to go afterwards is a path of this service and is sent on as a relative address: it cannot lead elsewhere.
"""

from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from api.access import Keyring, Refusal, refusal
from api.access import Scope as Needed
from api.callers import is_cross_site
from api.failures import refusal_response
from viz.maps import SIGN_IN_POLICY, render_sign_in

__all__ = ["COOKIE", "ask_for_token", "sign_in_routes", "wants_page"]

COOKIE = "noteatlas"
_SESSION_S = 12 * 3600
_MAX_NEXT = 4_000
_CROSS_SITE = "requests from other sites' pages are refused"


def sign_in_routes() -> list[Route]:
    """Return the routes of signing in and out. They need `app.state.keyring` and what `api.gate` knows of a caller."""
    return [
        Route("/sign-in", _sign_in, methods=["GET", "POST"]),
        Route("/sign-out", _sign_out, methods=["POST"]),
    ]


def wants_page(scope: Scope) -> bool:
    """Tell whether a browser opens an address, and can be shown the page that asks for a token."""
    return scope.get("method") in {"GET", "HEAD"} and "text/html" in Headers(scope=scope).get("accept", "")


def ask_for_token(scope: Scope, why: Refusal) -> Response:
    """Return the page that asks for a token, in place of the one that was asked for."""
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    # Of a link on another site the browser sends no cookie; of one on this page it does.
    linked = Headers(scope=scope).get("sec-fetch-site") in {"cross-site", "same-site"}
    return _page(scope, why.status, wanted=wanted, open_link=linked, challenge=why.challenge)


async def _sign_in(request: Request) -> Response:
    keyring: Keyring = request.app.state.keyring
    if request.method != "POST":
        if keyring.empty:
            return RedirectResponse("./", 303)
        return _page(request.scope, 200, wanted="/")
    if is_cross_site(request.headers):
        return refusal_response(request.scope, 403, "CROSS_SITE", _CROSS_SITE, {})
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=8)
    token = fields.get("token", [""])[0].strip()
    wanted = fields.get("next", ["/"])[0]
    grant = keyring.grant(token) if token else None
    why = refusal(grant, Needed.READ, was_given=True)
    if why is not None:
        return _page(request.scope, why.status, wanted=wanted, code=why.code, challenge=why.challenge)
    response = RedirectResponse(_relative(wanted), 303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=_SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.state.caller.is_https,
    )
    response.headers["cache-control"] = "no-store"
    return response


async def _sign_out(request: Request) -> Response:
    if is_cross_site(request.headers):
        return refusal_response(request.scope, 403, "CROSS_SITE", _CROSS_SITE, {})
    response = RedirectResponse("./sign-in", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.state.caller.is_https)
    response.headers["cache-control"] = "no-store"
    return response


def _page(
    scope: Scope, status: int, *, wanted: str, code: str = "", open_link: bool = False, challenge: str = ""
) -> Response:
    grant = scope["state"].get("grant")
    up = "../" * (scope["path"].count("/") - 1) or "./"
    body = render_sign_in(
        action=f"{up}sign-in",
        leave=f"{up}sign-out",
        wanted=_checked(wanted),
        name=grant.name if grant else "",
        code=code,
        overview=up,
        again=up + _relative(wanted).removeprefix("./") if open_link else "",
    )
    headers = {
        "content-security-policy": SIGN_IN_POLICY,
        "cache-control": "no-store",
        "vary": "cookie, authorization",
        # With no-referrer, as everywhere else, a browser would say of our own form that it comes from nowhere.
        "referrer-policy": "same-origin",
    }
    if challenge:
        headers["www-authenticate"] = challenge
    return HTMLResponse(body, status, headers)


def _checked(wanted: str) -> str:
    return wanted if wanted.startswith("/") and len(wanted) <= _MAX_NEXT else "/"


def _relative(wanted: str) -> str:
    """Return the way from `/sign-in` to a path of this service, fit for a header."""
    return "./" + quote(_checked(wanted).lstrip("/\\"), safe="/?&=%+:,;@!$'()*~-._[]")
