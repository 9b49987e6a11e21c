"""Those who watch loads: one look at the store a second, however many they are, and none while nobody watches.

A load is another process, and its record in the store (`graph.loads`) is what there is to see of it. Each watcher is
given the loads under way when it comes, and from then on every load whose record changed since its last look. What
changes more than once before a watcher asks is given to it once, as it was last: a slow one gets fewer, never a queue
that grows.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field, replace

from api.errors import redact
from graph.errors import StoreError
from graph.loads import Load
from graph.store import GraphStore

__all__ = ["LoadWatch"]

_LOG = logging.getLogger("noteatlas")


@dataclass(eq=False, slots=True)
class _Watcher:
    """What one watcher has seen of each load, and what it is still to be given, by id."""

    seen: dict[str, tuple[Load, bool]] | None = None
    waiting: dict[str, Load] = field(default_factory=dict)
    there_is_more: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self, loads: Iterable[Load]) -> None:
        """Take note of what is new, the load that was recorded first first."""
        rows = list(loads)[::-1]
        now = {load.id: (replace(load, age_s=0.0), load.is_stalled) for load in rows}
        for load in rows:
            known = self.seen.get(load.id) if self.seen is not None else None
            is_over = load.has_ended or load.is_stalled
            if now[load.id] != known and not (self.seen is None and is_over):
                self.waiting[load.id] = load
        self.seen = now
        if self.waiting:
            self.there_is_more.set()

    async def next(self) -> Load:
        """Wait for a load that changed, and return it as it is now."""
        while not self.waiting:
            self.there_is_more.clear()
            await self.there_is_more.wait()
        return self.waiting.pop(next(iter(self.waiting)))


class LoadWatch:
    """Looks at the loads of `store` every `every_s` seconds while someone watches. Belongs to one event loop."""

    def __init__(self, store: GraphStore, *, every_s: float = 1.0) -> None:
        self._store = store
        self._every_s = every_s
        self._watchers: set[_Watcher] = set()
        self._looking: asyncio.Task[None] | None = None
        self._last: list[Load] | None = None  # what was seen when last looked, while someone watches

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    async def watch(self) -> AsyncGenerator[Load, None]:
        """Yield the loads under way, and then each load when it begins, goes on, stalls or ends. Never ends itself.

        While the store does not answer nothing is yielded; the log says so once.
        """
        watcher = _Watcher()
        self._watchers.add(watcher)
        if self._last is not None:
            watcher.look(self._last)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            while True:
                yield await watcher.next()
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                self.stop()

    def stop(self) -> None:
        """Look no more; who still watches is given nothing more."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = self._last = None

    async def _look(self) -> None:
        was_well = True
        while True:
            try:
                self._last = await self._store.loads()
            except StoreError as error:
                if was_well:
                    _LOG.warning("loads cannot be watched now: %s", redact(str(error)))
                was_well = False
            else:
                was_well = True
                for watcher in self._watchers:
                    watcher.look(self._last)
            await asyncio.sleep(self._every_s)
