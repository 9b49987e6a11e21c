"""The page at `/`, the map of what the store holds, and the files that it needs.

`api.map_query` says what an address may ask for, `api.shelf` keeps what is drawn. What cannot be drawn as asked is
answered by the overview, or by what is left without a name that no concept has, with a line that says why
(`api.notices`), the names that may have been meant as links, and the status that goes with the error. A store that
fails answers a browser with a page of one line.
"""

import hashlib

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.deciding import Writer
from api.decks import send_deck
from api.errors import row_for
from api.exports import export_routes
from api.map_query import find_names, language_of, read_query, replaced
from api.notices import load_command, notice
from api.shelf import Shelf
from api.writing import writer_of
from graph.errors import AmbiguousName, InputError, UnknownConcept
from viz.asked import Asked
from viz.assets import assets
from viz.drawing import Drawing
from viz.maps import PAGE_POLICY, render_drawing

__all__ = ["pages_router"]

_TITLE = "Note Atlas"
Near = list[tuple[str, str]]


def pages_router() -> APIRouter:
    """Return the routes of the pages; they use `request.app.state.shelf`."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", _map_page, methods=["GET", "HEAD"])
    router.add_api_route("/static/{name}", _static_file, methods=["GET", "HEAD"])
    router.add_api_route("/cards.apkg", send_deck, methods=["POST"])
    for path, endpoint in export_routes():
        router.add_api_route(path, endpoint, methods=["GET", "HEAD"])
    return router


async def _map_page(request: Request) -> Response:
    """Send the map that the address asks for."""
    shelf: Shelf = request.app.state.shelf
    try:
        query = read_query(request.query_params)
        asked, trouble = await find_names(request.app.state.store, query.asked)
        drawing = await shelf.drawing(asked)
    except InputError as error:
        trouble = error
        drawing = await shelf.drawing(Asked())
    if isinstance(trouble, UnknownConcept) and not trouble.near:
        trouble = UnknownConcept(trouble.name, await run_in_threadpool((await shelf.index()).near, trouble.name))
    return await _respond(request, drawing, trouble)


async def _respond(request: Request, drawing: Drawing, error: InputError | None) -> Response:
    def page() -> bytes:
        return render_drawing(
            drawing,
            title=_TITLE,
            lang=language_of(request.query_params),
            endpoint="graphql",
            may_decide=isinstance(writer_of(request), Writer),
            notice=notice(error) if error else None,
            near=_near(request, error) if error else [],
            load=load_command(request.app.state.settings),
        ).encode()

    body = await run_in_threadpool(page)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    status = row_for(error).status if error else 200
    headers = {"content-security-policy": PAGE_POLICY, "cache-control": "private, no-cache", "etag": tag}
    if request.headers.get("if-none-match") == tag and status == 200:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, status_code=status, headers=headers)


async def _static_file(name: str) -> Response:
    """Send one file of a fixed table, by the name that carries its hash: it never changes."""
    found = next((asset for asset in assets().values() if asset.served_as == name), None)
    if found is None:
        return PlainTextResponse("there is no such file", status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(found.text, media_type=found.media_type, headers=headers)


def _near(request: Request, error: InputError) -> Near:
    """Return what the address may have meant: names, and the same address with each in place of what is wrong."""
    if isinstance(error, UnknownConcept):
        meant = error.near
    elif isinstance(error, AmbiguousName):
        meant = error.ids
    else:
        return []
    items = request.query_params.multi_items()
    return [(name, f"?{replaced(items, error.name, name)}") for name in meant]
