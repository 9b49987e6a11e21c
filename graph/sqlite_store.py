"""The embedded store: one SQLite file, by the standard library alone.

One connection writes, used by one thread, so writers of this process queue up; writers of other processes wait for
each other (`BEGIN IMMEDIATE`) and give up with StoreBusy. A few more connections read, each in its own thread and in
one transaction, so that a read of several statements sees one snapshot (write-ahead log) and never waits for a
writer. A write is durable when it is reported (`synchronous = FULL`).

`sqlite_file` has the schema, `sqlite_write`, `sqlite_read` and `sqlite_list` the statements; here are threads and
lifetimes only.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Self, TypeVar

from graph import sqlite_keep, sqlite_list, sqlite_read, sqlite_write
from graph.beside import Beside
from graph.contribution import check_first
from graph.edits import Contents, Edit, by_step, edit_of, united
from graph.errors import StoreBusy, StoreError
from graph.history import Difference, Revision
from graph.listing import (
    BY_NAME,
    EVERY_CONCEPT,
    ConceptFilter,
    ConceptOrder,
    Direction,
    Facet,
    Measures,
    Position,
    RelationFilter,
)
from graph.loads import Load
from graph.model import Concept, KnowledgeGraph, Origin, Passage, Relation, RelationKey, RelationType, Source
from graph.question import parse_query
from graph.sqlite_conditions import has_terms
from graph.sqlite_file import Connection, Counter, open_connection, prepare, store_file, translated
from graph.store import Changes, ConceptPage, Found, PassageHit, SearchHit, Stats, Subgraph, TopicCount

__all__ = ["SqliteStore"]

Answer = TypeVar("Answer")

_STOP_AGAIN_S = 0.02


class SqliteStore:
    """A `GraphStore` in a file; `location` is that file or a folder for it (see `graph.store.open_store`).

    `readers` is how many reads run at the same time, `busy_timeout_s` how long a write waits for another process.
    A write that is cancelled may still be carried out, as a whole; it never leaves half of it. A read that is cancelled
    is ended, in the middle of a statement: its thread and connection are soon free for others.
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
    def room(self) -> int | None:
        """See `GraphStore.room`: there is always room."""
        return None

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
        return await self.replace({path: graph})

    async def remove(self, paths: Sequence[str]) -> Changes:
        """See `GraphStore.remove`."""
        return await self.replace(dict.fromkeys(paths))

    async def replace(
        self,
        graphs: Mapping[str, KnowledgeGraph | None],
        *,
        originals: Mapping[str, KnowledgeGraph] | None = None,
        decisions: Sequence[str] | None = None,
        cause: str = "",
        expected: str | None = None,
    ) -> Changes:
        """See `GraphStore.replace`. Cost: linear in the contributions, the old and the new."""
        written = await self._write(
            lambda _: edit_of(graphs, originals=originals, decisions=decisions, cause=cause), expected=expected
        )
        return sum(written.values(), Changes())

    async def replace_each(
        self,
        steps: Sequence[Mapping[str, KnowledgeGraph | None]],
        *,
        originals: Mapping[str, KnowledgeGraph] | None = None,
        cause: str = "",
    ) -> list[Changes]:
        """See `GraphStore.replace_each`."""
        written = await self._write(lambda _: edit_of(united(steps), originals=originals, cause=cause))
        return by_step(steps, written)

    async def restore(self, contents: Contents, *, cause: str = "") -> Changes:
        """See `GraphStore.restore`."""
        written = await self._write(lambda db: contents.restored_into(sqlite_keep.paths(db), cause))
        return sum(written.values(), Changes())

    async def _write(self, make: Callable[[Connection], Edit], *, expected: str | None = None) -> dict[str, Changes]:
        """Carry out the write that `make` returns, which is called in the thread that writes; see `sqlite_write`."""
        writer, threads = self._writing()

        def work() -> dict[str, Changes]:
            with translated(self.file):
                edit = make(writer)
                # What is there already needs no lock: loading the same notes again must not wait for another writer.
                if expected is None and edit.reduced(sqlite_write.held(writer, edit)) is None:
                    return {}
                with writer.transaction(write=True):
                    if expected is not None and sqlite_read.revision(writer) != expected:
                        raise StoreBusy(f"the store {self.file} was written to meanwhile; try again")
                    return sqlite_write.write(writer, edit)

        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def preview(self, writes: Sequence[Sequence[Mapping[str, KnowledgeGraph | None]]]) -> list[list[Changes]]:
        """See `GraphStore.preview`."""
        writer, threads = self._writing()

        def work() -> list[list[Changes]]:
            edits = [edit_of(united(steps)) for steps in writes]
            with translated(self.file), writer.transaction(write=True, keep=False):
                written = [sqlite_write.write(writer, edit) for edit in edits]
            return [by_step(steps, done) for steps, done in zip(writes, written, strict=True)]

        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def record_load(self, load: Load) -> None:
        """See `GraphStore.record_load`."""
        writer, threads = self._writing()

        def work() -> None:
            with translated(self.file), writer.transaction(write=True):
                sqlite_write.record_load(writer, load)

        await asyncio.get_running_loop().run_in_executor(threads, work)

    def _writing(self) -> tuple[Connection, Executor]:
        """Return the connection that writes, and the thread that uses it. Raises StoreError if they are closed."""
        if self._writer is None or self._write_thread is None:
            raise self._closed()
        return self._writer, self._write_thread

    # -- reading --------------------------------------------------------------------------------------------------

    async def loads(self) -> list[Load]:
        """See `GraphStore.loads`."""
        return await self._read(sqlite_read.loads)

    async def revision(self) -> str:
        """See `GraphStore.revision`."""
        return await self._read(sqlite_read.revision)

    async def contents(self, *, with_history: bool = False) -> Contents:
        """See `GraphStore.contents`."""
        return await self._read(lambda db: sqlite_keep.contents(db, with_history=with_history))

    async def digests(self) -> dict[str, str]:
        """See `GraphStore.digests`."""
        return await self._read(sqlite_keep.digests)

    async def decisions(self) -> list[str]:
        """See `GraphStore.decisions`."""
        return await self._read(sqlite_keep.decisions)

    async def history(self, *, first: int) -> list[Revision]:
        """See `GraphStore.history`."""
        check_first(first)
        return await self._read(lambda db: sqlite_keep.history(db, first))

    async def difference(self, since: int, until: int | None = None) -> Difference:
        """See `GraphStore.difference`."""
        return await self._read(lambda db: sqlite_keep.difference(db, since, until))

    async def sources(self) -> list[Source]:
        """See `GraphStore.sources`."""
        return await self._read(sqlite_read.sources)

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        """See `GraphStore.get`."""
        return await self._read(lambda db: sqlite_read.get(db, ids))

    async def resolve(self, names: Sequence[str]) -> dict[str, list[str]]:
        """See `GraphStore.resolve`."""
        return await self._read(lambda db: sqlite_read.resolve(db, names))

    async def find(self, names: Sequence[str], *, beside: Sequence[Beside] = ()) -> Found:
        """See `GraphStore.find`. One statement for ids, two more for names, two for each level of `beside`."""
        return await self._read(lambda db: sqlite_read.find(db, names, beside))

    async def concepts(
        self,
        *,
        first: int,
        after: Position | None = None,
        where: ConceptFilter = EVERY_CONCEPT,
        order: ConceptOrder = BY_NAME,
        beside: Sequence[Beside] = (),
    ) -> ConceptPage:
        """See `GraphStore.concepts`."""

        def read(db: Connection) -> ConceptPage:
            page = sqlite_list.concepts(db, first=first, after=after, where=where, order=order)
            return replace(page, around=sqlite_read.around(db, page.concepts, beside)) if beside else page

        return await self._read(read)

    async def count(self, where: ConceptFilter = EVERY_CONCEPT) -> int:
        """See `GraphStore.count`."""
        return await self._read(lambda db: sqlite_list.count(db, where))

    async def measures(self, ids: Sequence[str]) -> dict[str, Measures]:
        """See `GraphStore.measures`."""
        return await self._read(lambda db: sqlite_list.measures(db, ids))

    async def topic_facet(self, where: ConceptFilter = EVERY_CONCEPT, *, first: int) -> list[tuple[Concept, int]]:
        """See `GraphStore.topic_facet`."""
        return await self._read(lambda db: sqlite_list.topic_facet(db, where, first=first))

    async def facet(self, by: Facet, where: ConceptFilter = EVERY_CONCEPT) -> dict[str, int]:
        """See `GraphStore.facet`."""
        return await self._read(lambda db: sqlite_list.facet(db, where, by))

    async def topics(self, parent: str | None = None) -> list[TopicCount]:
        """See `GraphStore.topics`."""
        return await self._read(lambda db: sqlite_read.topics(db, parent))

    async def search(self, query: str, *, first: int) -> list[SearchHit]:
        """See `GraphStore.search`. Cost: linear in the candidates that the index finds."""
        check_first(first)
        parsed = parse_query(query)
        return await self._read(lambda db: sqlite_read.search(db, parsed, first=first)) if parsed else []

    async def search_passages(self, query: str, *, first: int) -> list[PassageHit]:
        """See `GraphStore.search_passages`. Cost: linear in the candidates that the index finds."""
        check_first(first)
        parsed = parse_query(query)
        return await self._read(lambda db: sqlite_read.search_passages(db, parsed, first=first)) if parsed else []

    async def relations(
        self,
        ids: Sequence[str],
        *,
        types: Sequence[RelationType] | None = None,
        direction: Direction = "both",
        origins: Sequence[Origin] | None = None,
        min_confidence: float = 0.0,
    ) -> dict[str, list[Relation]]:
        """See `GraphStore.relations`."""
        where = RelationFilter(types=types, direction=direction, origins=origins, min_confidence=min_confidence)
        return await self._read(lambda db: sqlite_read.relations(db, ids, where))

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

    async def prerequisites(self) -> list[tuple[str, str]]:
        """See `GraphStore.prerequisites`."""
        return await self._read(sqlite_read.prerequisites)

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

        reading = _Reading()

        def work() -> Answer:
            with translated(self.file):
                # A thread takes a connection and gives it back itself, so a cancelled caller cannot lose one.
                try:
                    connection = self._idle.pop()
                except IndexError:
                    connection = open_connection(self.file, self._counter, busy_timeout_s=self._busy_timeout_s)
                    connection.function("has_terms", has_terms, arguments=2)
                try:
                    with reading.by(connection), connection.transaction():
                        return question(connection)
                finally:
                    self._idle.append(connection)

        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(threads, work)
        except asyncio.CancelledError:
            reading.stop(loop)
            raise

    def _closed(self) -> StoreError:
        return StoreError(f"the store {self.file} is not open; use it as `async with store`")


class _Reading:
    """One read, by a thread, that the event loop may stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # so that only this read's statements are stopped, never the next one's
        self._connection: Connection | None = None
        self._stopped = False

    @contextmanager
    def by(self, connection: Connection) -> Iterator[None]:
        """Read with `connection`."""
        with self._lock:
            self._connection = connection
            if self._stopped:
                connection.stop()
        try:
            yield
        finally:
            with self._lock:
                self._connection = None
                connection.resume()

    def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """End it, and see to it until it has ended."""
        with self._lock:
            self._stopped = True
            if self._connection is not None:
                self._connection.stop()
                loop.call_later(_STOP_AGAIN_S, self.stop, loop)
