"""The map of an address as a file: one self-contained page, or in the formats of other programs.

`/export.html`, `/export.graphml`, `/export.gexf` and `/export.mmd` take the query of the page at `/` and hold what
that page shows: its concepts where they stand, with those that were opened on it, and its relations, without what the
legend has switched off. The HTML page holds that as well and hides it, so that its own legend can switch it on.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.errors import row_for
from api.map_query import MapQuery, find_names, read_query
from api.shelf import Shelf
from graph.errors import InputError
from graph.exchange.gexf import to_gexf
from graph.exchange.graphml import to_graphml
from graph.exchange.mermaid import to_mermaid
from graph.model import KnowledgeGraph
from viz.document import document, part
from viz.drawing import Drawing
from viz.maps import render_drawing
from viz.switches import seen

__all__ = ["export_routes"]

Endpoint = Callable[[Request], Awaitable[Response]]

_GRAPHS = {
    "graphml": (to_graphml, "application/graphml+xml; charset=utf-8"),
    "gexf": (to_gexf, "application/gexf+xml; charset=utf-8"),
    "mmd": (to_mermaid, "text/vnd.mermaid; charset=utf-8"),
}
_SPECIAL = re.compile(r"[^\w.+-]+")
_MOST_NAME = 60


def export_routes() -> list[tuple[str, Endpoint]]:
    """Return the paths of the exports and what answers them; they use `request.app.state`'s `store` and `shelf`."""
    return [("/export.html", _page), *((f"/export.{suffix}", _graph(suffix)) for suffix in _GRAPHS)]


async def _page(request: Request) -> Response:
    """Send the map as one file that needs no server: with the notes behind it, if they are few enough."""
    try:
        drawing, query = await _drawing(request)
    except InputError as error:
        return _refused(error)
    whole = await request.app.state.store.graph()

    def page() -> bytes:
        notes = document(part(whole, [c.id for c in drawing.selection.concepts]))
        return render_drawing(drawing, lang=query.lang, notes=notes, switches=query.switches).encode()

    return _file(await run_in_threadpool(page), "text/html; charset=utf-8", _file_name(drawing, "html"))


def _graph(suffix: str) -> Endpoint:
    write, media_type = _GRAPHS[suffix]

    async def endpoint(request: Request) -> Response:
        try:
            drawing, query = await _drawing(request)
        except InputError as error:
            return _refused(error)
        selection = drawing.selection
        drawn = {(edge["ends"][0], edge["type"], edge["ends"][1]) for edge in drawing.edges}  # type: ignore[index]
        rows = (r for r in selection.relations if (r.source, r.type.value, r.target) in drawn)
        graph = KnowledgeGraph.of(*seen(selection, rows, query.switches))
        places = {node: (round(x, 1), round(y, 1)) for node, (x, y) in drawing.places.items()}
        content = await run_in_threadpool(lambda: write(graph, places=places))
        return _file(content, media_type, _file_name(drawing, suffix))

    return endpoint


async def _drawing(request: Request) -> tuple[Drawing, MapQuery]:
    shelf: Shelf = request.app.state.shelf
    query = read_query(request.query_params)
    asked, trouble = await find_names(request.app.state.store, query.asked)
    if trouble is not None:  # a file has no place to say what it lacks
        raise trouble
    return await shelf.drawing(asked), query


def _refused(error: InputError) -> Response:
    return PlainTextResponse(str(error), status_code=row_for(error).status)


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-cache"}
    return Response(content, media_type=media_type, headers=headers)


def _file_name(drawing: Drawing, suffix: str) -> str:
    """Return a name that every file system takes: the view and what it is about, in ASCII, and the day."""
    about = "-".join(drawing.selection.focus).encode("ascii", "ignore").decode()
    about = _SPECIAL.sub("-", about)[:_MOST_NAME].strip("-.")
    parts = ["note-atlas", drawing.selection.view, about, datetime.now(UTC).strftime("%Y-%m-%d")]
    return "-".join(filter(None, parts)) + f".{suffix}"
