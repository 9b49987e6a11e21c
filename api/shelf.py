"""The graph as the pages use it: read once for each revision of the store, and the maps drawn from it kept.

A request asks the store for its revision, which costs one statement; only a new one has the graph read again, by
whoever comes first, while the others wait for it. So a page is never older than the store was when it was asked for,
and reading fifty thousand concepts is paid once per change. Drawing happens in a thread, or one reader's map would
hold up everyone's.
"""

import asyncio
import gc
import logging
from collections import OrderedDict
from dataclasses import dataclass, field

from graph.collector import give_back_memory, paused_collector
from graph.errors import StoreError
from graph.model import KnowledgeGraph
from graph.store import GraphStore
from viz.asked import Asked
from viz.drawing import Drawing, draw
from viz.index import GraphIndex

__all__ = ["Shelf"]

_LOG = logging.getLogger("noteatlas")
_DRAWINGS_KEPT = 32


@dataclass(slots=True)
class _Held:
    """What one revision of the store holds: its graph, and the drawings made from it, the latest last."""

    revision: str
    index: GraphIndex
    drawings: OrderedDict[Asked, "asyncio.Task[Drawing]"] = field(default_factory=OrderedDict)


class Shelf:
    """The current graph of one store. For one event loop; the store must stay open as long as it is used."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._held: _Held | None = None
        self._reading = asyncio.Lock()

    @property
    def revision(self) -> str | None:
        """The revision of the store whose graph is held, None before the first was read."""
        return self._held.revision if self._held else None

    async def warm(self) -> None:
        """Read the graph and draw its overview, so that the first page need not wait. A store that fails is logged."""
        try:
            await self.drawing(Asked())
            await asyncio.to_thread(give_back_memory)
        except StoreError as error:
            _LOG.warning("the map could not be prepared: %s", type(error).__name__)

    async def index(self) -> GraphIndex:
        """Return the graph of the store's current revision. Raises StoreError."""
        return (await self._current()).index

    async def drawing(self, asked: Asked) -> Drawing:
        """Return the map that is asked for; see `viz.drawing.draw` for what it raises, and StoreError.

        Requests for the same map share one drawing.
        """
        held = await self._current()
        if asked in held.drawings:
            held.drawings.move_to_end(asked)
            return await _shared(held.drawings[asked])
        task = asyncio.create_task(asyncio.to_thread(draw, held.index, asked))
        task.add_done_callback(_seen)
        held.drawings[asked] = task
        while len(held.drawings) > _DRAWINGS_KEPT:
            held.drawings.popitem(last=False)
        try:
            return await _shared(task)
        except BaseException:
            if task.done():  # what failed would fail again, and is not worth its place
                held.drawings.pop(asked, None)
            raise

    async def _current(self) -> _Held:
        revision = await self._store.revision()
        if self._held is not None and self._held.revision == revision:
            return self._held
        async with self._reading:
            # The revision first: a write in between makes the graph newer than its label, never older.
            revision = await self._store.revision()
            if self._held is None or self._held.revision != revision:
                graph = await self._store.graph(with_passages=False)
                self._held = _Held(revision, await asyncio.to_thread(_indexed, graph))
            return self._held


def _indexed(graph: KnowledgeGraph) -> GraphIndex:
    """Index a graph that stays: a million objects, which every full collection would stop all requests to visit.

    The collector is paused for as long as this thread works, and never while anyone waits for a store: what requests
    leave behind meanwhile would pile up.
    """
    with paused_collector():
        index = GraphIndex(graph)
        gc.freeze()
    give_back_memory()  # rows in JSON, a tenth of what is held
    return index


async def _shared(drawing: "asyncio.Task[Drawing]") -> Drawing:
    """Wait for what others wait for as well: whoever is cancelled stops waiting, and the drawing goes on."""
    await asyncio.wait({drawing})
    return drawing.result()


def _seen(drawing: "asyncio.Task[Drawing]") -> None:
    """Look at how it ended: a failure that everyone has stopped waiting for is not asyncio's to log."""
    if not drawing.cancelled():
        drawing.exception()
