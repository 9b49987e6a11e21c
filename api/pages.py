"""The page at `/`, the map of what the store holds, and the files that it needs.

The page is drawn from the whole graph, which is read on every request, so that it is never stale; what takes long,
laying it out, is remembered by what it was made from: the graph itself and what was asked. Drawing happens in a
thread, or one reader's map would hold up everyone's.

`?focus=NAME` (repeatable) limits the map to what is near, `?radius=N` says how near, `?types=TYPE` (repeatable) which
relations are switched on, `?lang=en|zh` the language of the page's own words. What cannot be drawn as asked is
answered by the map of everything, with a line that says why, and the status that goes with the error.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.errors import row_for
from api.limits import checked_names
from graph.errors import InputError, InvalidQuery
from graph.model import KnowledgeGraph, RelationType
from viz.assets import assets
from viz.maps import PAGE_POLICY, Language, render_map

__all__ = ["pages_router"]

_MOST_FOCUS = 20
_MOST_RADIUS = 10
_PAGES_KEPT = 16
_LANGUAGES: tuple[Language, ...] = ("auto", "en", "zh")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an address asks for; everything, where it says nothing."""

    focus: tuple[str, ...] = ()
    radius: int = 1
    types: frozenset[RelationType] | None = None
    lang: Language = "auto"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it is sent, its tag, and its status."""

    body: bytes
    tag: str
    status: int


_Draw = Callable[[KnowledgeGraph, _Asked, str, int], _Page]


def pages_router() -> APIRouter:
    """Return the routes of the pages; they use `request.app.state.store`."""
    router = APIRouter(include_in_schema=False)
    draw: _Draw = lru_cache(maxsize=_PAGES_KEPT)(_draw)

    async def page(request: Request) -> Response:
        """Send the map."""
        return await _map_page(request, draw)

    router.add_api_route("/", page, methods=["GET", "HEAD"])
    router.add_api_route("/static/{name}", _static_file, methods=["GET", "HEAD"])
    return router


async def _map_page(request: Request, draw: _Draw) -> Response:
    graph = await request.app.state.store.graph(with_passages=False)
    try:
        asked = _read(request.query_params)
        found = await run_in_threadpool(draw, graph, asked, "", 200)
    except InputError as error:
        # Not remembered: whatever a stranger asks for must not push good pages out.
        found = await run_in_threadpool(_draw, graph, _Asked(), str(error), row_for(error).status)
    headers = {"content-security-policy": PAGE_POLICY, "cache-control": "no-cache", "etag": found.tag}
    if request.headers.get("if-none-match") == found.tag and found.status == 200:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(found.body, status_code=found.status, headers=headers)


async def _static_file(name: str) -> Response:
    """Send one file of a fixed table, by the name that carries its hash: it never changes."""
    found = next((asset for asset in assets().values() if asset.served_as == name), None)
    if found is None:
        return PlainTextResponse("there is no such file", status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(found.text, media_type=found.media_type, headers=headers)


def _read(params: QueryParams) -> _Asked:
    """Read an address's query. Raises InvalidQuery for what no map can be asked for; unknown keys are ignored."""
    radius, lang = params.get("radius", "1"), params.get("lang", "auto")
    if not (radius.isascii() and radius.isdigit() and len(radius) < 3 and int(radius) <= _MOST_RADIUS):
        raise InvalidQuery(f"radius is {radius[:20]!r}: give a number from 0 to {_MOST_RADIUS}")
    known = {kind.value: kind for kind in RelationType}
    types = params.getlist("types")
    wrong = [kind for kind in types if kind not in known]
    if wrong:
        raise InvalidQuery(f"types is {wrong[0][:40]!r}: give one of {', '.join(known)}")
    return _Asked(
        focus=tuple(checked_names("focus", params.getlist("focus"), most=_MOST_FOCUS, least=0)),
        radius=int(radius),
        types=frozenset(known[kind] for kind in types) or None,
        lang=next((tag for tag in _LANGUAGES if tag == lang), "auto"),
    )


def _draw(graph: KnowledgeGraph, asked: _Asked, notice: str, status: int) -> _Page:
    page = render_map(
        graph,
        focus=asked.focus,
        radius=asked.radius,
        types=asked.types,
        lang=asked.lang,
        assets="static",
        notice=notice,
    )
    body = page.encode()
    return _Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', status)
