"""The embedded store: one SQLite file, by the standard library alone.

One connection writes, used by one thread, so writers of this process queue up; writers of other processes wait for
each other (`BEGIN IMMEDIATE`) and give up with StoreBusy. A few more connections read, each in its own thread and in
one transaction, so that a read of several statements sees one snapshot (write-ahead log) and never waits for a
writer. A write is durable when it is reported (`synchronous = FULL`).

`sqlite_file` has the schema, `sqlite_write` and `sqlite_read` the statements; here are threads and lifetimes only.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Self, TypeVar

from graph import sqlite_read, sqlite_write
from graph.contribution import Contribution, check_first, encode, possible
from graph.errors import StoreError
from graph.model import Concept, ConceptKind, KnowledgeGraph, Passage, Relation, RelationKey, RelationType, Source
from graph.search_text import parse_query
from graph.sqlite_file import Connection, Counter, open_connection, prepare, store_file, translated
from graph.store import Changes, ConceptPage, Direction, SearchHit, Stats, Subgraph, TopicCount

__all__ = ["SqliteStore"]

Answer = TypeVar("Answer")


class SqliteStore:
    """A `GraphStore` in a file; `location` is that file or a folder for it (see `graph.store.open_store`).

    `readers` is how many reads run at the same time, `busy_timeout_s` how long a write waits for another process.
    A cancelled call may still be carried out, as a whole; it never leaves half of it.
    """

    def __init__(self, location: str, *, readers: int = 4, busy_timeout_s: float = 5.0) -> None:
        self.file = store_file(location)
        self._readers = readers
        self._busy_timeout_s = busy_timeout_s
        self._counter = Counter()
        self._writer: Connection | None = None
        self._idle: list[Connection] = []
        self._write_thread: Executor | None = None
        self._read_threads: Executor | None = None

    def __repr__(self) -> str:
        """Name the file."""
        return f"SqliteStore({str(self.file)!r})"

    @property
    def statements(self) -> int:
        """How many SQL statements this store has run since it was made, transaction control not counted."""
        return self._counter.value

    async def __aenter__(self) -> Self:
        """Open the file, and create it, its folder and its schema if they are missing. See `sqlite_file.prepare`."""
        if self._writer is not None:
            raise StoreError(f"the store {self.file} is open already; use one `async with` for each store")
        self._writer = await asyncio.to_thread(
            lambda: prepare(self.file, self._counter, busy_timeout_s=self._busy_timeout_s)
        )
        self._write_thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._read_threads = ThreadPoolExecutor(self._readers, "sqlite-reader")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Finish what is under way, then close; what is asked from here on finds the store closed."""
        pools = [threads for threads in (self._read_threads, self._write_thread) if threads is not None]
        self._read_threads = self._write_thread = None
        await asyncio.to_thread(self._close, pools)

    def _close(self, pools: Sequence[Executor]) -> None:
        for threads in pools:
            threads.shutdown()
        # Readers first: the last connection to close folds the log into the file, and only the writer may.
        for connection in (*self._idle, self._writer):
            if connection is not None:
                connection.close()
        self._idle.clear()
        self._writer = None

    # -- writing --------------------------------------------------------------------------------------------------

    async def upsert(self, path: str, graph: KnowledgeGraph) -> Changes:
        """See `GraphStore.upsert`. Cost: linear in the two contributions, the old and the new."""
        return await self._write(lambda: {path: encode(path, graph)})

    async def remove(self, paths: Sequence[str]) -> Changes:
        """See `GraphStore.remove`."""
        return await self._write(lambda: {path: None for path in paths if possible(path)})

    async def _write(self, contributions: Callable[[], dict[str, Contribution | None]]) -> Changes:
        writer, threads = self._writer, self._write_thread
        if writer is None or threads is None:
            raise self._closed()

        def work() -> Changes:
            wanted = contributions()
            with translated(self.file):
                # What is there already needs no lock: loading the same notes again must not wait for another writer.
                if not _differing(writer, wanted):
                    return Changes()
                with writer.transaction(write=True):
                    return sqlite_write.replace(writer, wanted)

        return await asyncio.get_running_loop().run_in_executor(threads, work)

    # -- reading --------------------------------------------------------------------------------------------------

    async def sources(self) -> list[Source]:
        """See `GraphStore.sources`."""
        return await self._read(sqlite_read.sources)

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        """See `GraphStore.get`."""
        return await self._read(lambda db: sqlite_read.get(db, ids))

    async def resolve(self, names: Sequence[str]) -> dict[str, list[str]]:
        """See `GraphStore.resolve`."""
        return await self._read(lambda db: sqlite_read.resolve(db, names))

    async def concepts(
        self, *, first: int, after: str | None = None, topic: str | None = None, kind: ConceptKind | None = None
    ) -> ConceptPage:
        """See `GraphStore.concepts`."""
        return await self._read(lambda db: sqlite_read.concepts(db, first=first, after=after, topic=topic, kind=kind))

    async def count(self, *, topic: str | None = None, kind: ConceptKind | None = None) -> int:
        """See `GraphStore.count`."""
        return await self._read(lambda db: sqlite_read.count(db, topic=topic, kind=kind))

    async def topics(self, parent: str | None = None) -> list[TopicCount]:
        """See `GraphStore.topics`."""
        return await self._read(lambda db: sqlite_read.topics(db, parent))

    async def search(self, query: str, *, first: int) -> list[SearchHit]:
        """See `GraphStore.search`. Cost: linear in the candidates that the index finds."""
        check_first(first)
        parsed = parse_query(query)
        return await self._read(lambda db: sqlite_read.search(db, parsed, first=first)) if parsed else []

    async def relations(
        self, ids: Sequence[str], *, types: Sequence[RelationType] | None = None, direction: Direction = "both"
    ) -> dict[str, list[Relation]]:
        """See `GraphStore.relations`."""
        return await self._read(lambda db: sqlite_read.relations(db, ids, types=types, direction=direction))

    async def get_relations(self, keys: Sequence[RelationKey]) -> dict[RelationKey, Relation]:
        """See `GraphStore.get_relations`."""
        return await self._read(lambda db: sqlite_read.get_relations(db, keys))

    async def passages(self, ids: Sequence[str]) -> dict[str, list[Passage]]:
        """See `GraphStore.passages`."""
        return await self._read(lambda db: sqlite_read.passages(db, ids))

    async def neighborhood(
        self, ids: Sequence[str], *, radius: int, first: int, types: Sequence[RelationType] | None = None
    ) -> Subgraph:
        """See `GraphStore.neighborhood`."""
        return await self._read(lambda db: sqlite_read.neighborhood(db, ids, radius=radius, first=first, types=types))

    async def prerequisites_of(self, ids: Sequence[str], *, min_confidence: float = 0.0) -> Subgraph:
        """See `GraphStore.prerequisites_of`."""
        return await self._read(lambda db: sqlite_read.prerequisites_of(db, ids, min_confidence=min_confidence))

    async def graph(self, *, types: Sequence[RelationType] | None = None, with_passages: bool = True) -> KnowledgeGraph:
        """See `GraphStore.graph`."""
        return await self._read(lambda db: sqlite_read.whole_graph(db, types=types, with_passages=with_passages))

    async def stats(self) -> Stats:
        """See `GraphStore.stats`."""
        return await self._read(sqlite_read.stats)

    async def _read(self, question: Callable[[Connection], Answer]) -> Answer:
        threads = self._read_threads
        if threads is None:
            raise self._closed()

        def work() -> Answer:
            with translated(self.file):
                # A thread takes a connection and gives it back itself, so a cancelled caller cannot lose one.
                try:
                    connection = self._idle.pop()
                except IndexError:
                    connection = open_connection(self.file, self._counter, busy_timeout_s=self._busy_timeout_s)
                try:
                    with connection.transaction():
                        return question(connection)
                finally:
                    self._idle.append(connection)

        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _closed(self) -> StoreError:
        return StoreError(f"the store {self.file} is not open; use it as `async with store`")


def _differing(db: Connection, contributions: dict[str, Contribution | None]) -> bool:
    for path, new in contributions.items():
        known = db.rows("SELECT digest FROM contribution WHERE path = ?", path)
        if (known[0][0] if known else None) != (new.digest if new else None):
            return True
    return False
