"""`/cards.apkg`: the steps of a study path as a deck for Anki.

POST takes `{"targets": [...], "known": [...], "sure": 0.5}` as JSON: the goals, what is known (names that these notes
do not have are passed over, since they may be from others), and how sure a prerequisite must be; without `sure` the
path is the essential one. The steps that are left and of which the notes say something become cards, in their order;
where there is none, the answer is 204. `X-Steps` and `X-Cards` say how many there are of each.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.anki import anki_deck
from api.callers import is_cross_site
from api.cards import card_of
from api.errors import row_for
from api.limits import MAX_KNOWN, checked_names
from api.lookup import concept_ids
from api.media import JSON
from api.shelf import Shelf
from graph.errors import InputError, InvalidQuery
from graph.essentials import essential_path
from graph.paths import study_path
from viz.asked import USUAL

__all__ = ["MOST_CARDS", "send_deck"]

MOST_CARDS = 1000
"""As many steps as a path may have that is to become cards."""


async def send_deck(request: Request) -> Response:
    """Answer with a deck. Cost: one look at the store's revision, two look-ups of names, one of passages."""
    if is_cross_site(request.headers):
        return PlainTextResponse("requests from other sites' pages are refused", 403)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        return PlainTextResponse(f"send what the cards are for as {JSON}", 415)
    try:
        targets, known, sure = _read(await request.body())
        steps = await _steps(request, targets, known, sure)
    except InputError as error:
        return PlainTextResponse(str(error), row_for(error).status)
    index = await _shelf(request).index()
    passages = await request.app.state.store.passages(steps)
    made = [card_of(index.concepts[i], index.touching(i), passages.get(i, [])) for i in steps]
    cards = [card for card in made if card is not None]
    headers = {"cache-control": "no-store", "x-steps": str(len(steps)), "x-cards": str(len(cards))}
    if not cards:
        return Response(status_code=204, headers=headers)
    headers["content-disposition"] = 'attachment; filename="note-atlas.apkg"'
    return Response(await run_in_threadpool(anki_deck, cards), media_type="application/octet-stream", headers=headers)


def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


async def _steps(request: Request, targets: Sequence[str], known: Sequence[str], sure: float | None) -> list[str]:
    """Return the ids of the steps that are left, in order. Raises InputError."""
    goals = await concept_ids(request.app.state.store, targets)
    meanings = await request.app.state.store.resolve(known) if known else {}
    held = [ids[0] for ids in meanings.values() if len(ids) == 1]
    index = await _shelf(request).index()
    graph = index.prerequisites(USUAL if sure is None else sure)
    if sure is None:
        path = (await run_in_threadpool(lambda: essential_path(graph, goals, known=held))).path
    else:
        path = await run_in_threadpool(lambda: study_path(graph, goals, known=held))
    steps = [step.concept for step in path.steps if step.concept in index.concepts]
    if len(steps) > MOST_CARDS:
        raise InvalidQuery(f"the path has {len(steps):,} steps: cards are made for at most {MOST_CARDS:,}")
    return steps


def _read(body: bytes) -> tuple[list[str], list[str], float | None]:
    """Return targets, known and sure. Raises InvalidQuery for anything else than these."""
    try:
        asked: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidQuery(f"the body is not JSON in UTF-8: {error.msg}") from error
    if not isinstance(asked, dict):
        raise InvalidQuery("the body is not a JSON object")
    sure = asked.get("sure")
    if sure is not None and not (isinstance(sure, int | float) and not isinstance(sure, bool) and 0 <= sure <= 1):
        raise InvalidQuery("sure is not a number from 0 to 1")
    targets = checked_names("targets", _names(asked, "targets"))
    known = checked_names("known", _names(asked, "known"), most=MAX_KNOWN, least=0)
    return targets, known, sure


def _names(asked: dict[str, Any], key: str) -> list[str]:
    names = asked.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidQuery(f"{key} is not a list of strings")
    return names
