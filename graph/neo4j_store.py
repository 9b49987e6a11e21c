"""The store on a Neo4j server: connections, transactions, and what the driver's errors mean.

The only module that imports neo4j. `neo4j_write`, `neo4j_read` and `neo4j_list` have the statements, and `neo4j_schema`
says what they find.

**Reading whole sources.** Neo4j's transactions are read-committed, and a commit reaches readers record by record: even
a single statement can see half of one. So a commit is framed by a *state* (a sequence lock, as in the Linux kernel's
`seqlock.h`): one integer on a node of its own, odd while a commit is under way. A writer makes it odd from a second
session, as the last thing before it commits, and even again afterwards; a reader reads it before and after its
statements, in their transaction, and starts again if it was odd or has changed. Writers exclude each other by a lock
on another node. A reader that was in vain again and again takes that lock too: then no commit can come in between,
and an odd state is that of a writer that is done or dead, and is made even.

**Time limits.** Reads end within `_ANSWER_S`, whatever the server does, but for the whole graph; a writer waits for
another one for a bounded time. What runs out of time raises StoreUnavailable or StoreBusy. While the server is known to
be away (`graph.neo4j_watch`), that is raised soon.

**Passwords** are parsed out of the URL at once, and are in no message, name or log.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar
from urllib.parse import unquote, urlsplit

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncSession, Query, unit_of_work
from neo4j import exceptions as driver_errors

from graph import neo4j_keep, neo4j_list, neo4j_read, neo4j_schema, neo4j_write
from graph.beside import Beside
from graph.contribution import check_first
from graph.edits import Contents, Edit, Held, by_step, edit_of, united
from graph.errors import (
    IncompatibleStore,
    InvalidStoreUrl,
    StoreAuthError,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
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
from graph.neo4j_measures import measure_all
from graph.neo4j_run import Run, framed
from graph.neo4j_watch import Watch
from graph.question import parse_query
from graph.store import Changes, ConceptPage, Found, PassageHit, SearchHit, Stats, Subgraph, TopicCount

__all__ = ["Neo4jStore"]

# The driver also logs what it raises; without a handler of the application's, Python would print that on stderr.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

Answer = TypeVar("Answer")

_SCHEMES: Final = {"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"}
_CONNECT_S: Final = 2.0  # until a server accepts a connection
_LOGIN_S: Final = 5.0  # for a connection, from the pool or new, with handshake and login: slow on one just started
_RETRY_S: Final = 5.0  # how long a transaction is tried again after an error that may pass
_STATEMENT_S: Final = 5.0  # after which the server ends a read
_ANSWER_S: Final = 7.0  # after which we stop waiting for a read
_EXPORT_S: Final = 120.0  # the same for the whole graph
_WRITE_S: Final = 120.0  # the same for the transaction of a write
_DOUBT_S: Final = 5.0  # after which a writer asks whether the server is still there
_IN_VAIN: Final = 4  # how often a reader tries before it makes writers wait

_COMMITTING: Final = (
    "MERGE (n:NoteAtlas {role: 'state'}) WITH n, coalesce(n.state, 0) AS old "
    "SET n.state = old + 1 + old % 2 RETURN n.state"
)
_COMMITTED: Final = "MATCH (n:NoteAtlas {role: 'state'}) WHERE n.state = $state SET n.state = $state + 1"
_IS_THERE: Final = {
    f"Neo.ClientError.Schema.{what}AlreadyExists" for what in ("EquivalentSchemaRule", "Index", "Constraint")
}
_SETTLED: Final = "MATCH (n:NoteAtlas {role: 'state'}) WHERE n.state % 2 = 1 SET n.state = n.state + 1"


class _MovedError(Exception):
    """A commit came between the statements of a question."""


class _TakeBackError(Exception):
    """Ends a transaction of which nothing is to stay."""


@dataclass(frozen=True, slots=True, repr=False)
class _Address:
    """A store's URL, taken apart; `shown` has no password."""

    uri: str
    auth: tuple[str, str] | None
    database: str | None
    shown: str


def _parse(url: str) -> _Address:
    how = "use neo4j://USER:PASSWORD@HOST:PORT/DATABASE, with %XX for special characters in the password"
    # No part of the URL is in a message, nor in what the error came from: any part may be the password.
    host = port = None
    with suppress(ValueError):
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    if not host or parts.scheme not in _SCHEMES or parts.query or parts.fragment or "/" in parts.path.strip("/"):
        raise InvalidStoreUrl(f"the Neo4j URL is malformed; {how}")
    database = parts.path.strip("/")
    if (parts.username is None) != (parts.password is None):
        raise InvalidStoreUrl(f"the Neo4j URL has a user name without a password, or the reverse; {how}")
    place = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or 7687}"
    return _Address(
        uri=place,
        auth=None if parts.username is None else (unquote(parts.username), unquote(parts.password or "")),
        database=unquote(database) or None,
        shown=f"{place}/{database}" if database else place,
    )


class Neo4jStore:
    """A `GraphStore` on a Neo4j server (5.26 or newer); see `graph.store.open_store` for the URL.

    It wants a database of its own, and refuses one with other data. `busy_timeout_s` is how long a write waits for
    another writer. A cancelled write is either taken back or carried out as a whole.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 10.0) -> None:
        self._address = _parse(url)
        self._busy_timeout_s = busy_timeout_s
        self._driver: AsyncDriver | None = None
        self._bookmarks = AsyncGraphDatabase.bookmark_manager()  # a read sees what this store wrote, on a cluster too
        self._writing = asyncio.Lock()
        self._statements = 0
        self._watch = Watch(self._is_there)

    def __repr__(self) -> str:
        """Name the server and database, without credentials."""
        return f"Neo4jStore({self._address.shown!r})"

    @property
    def statements(self) -> int:
        """How many Cypher statements this store has sent since it was made.

        Each read sends two of its own, before and after, to see that no commit came in between.
        """
        return self._statements

    @property
    def room(self) -> int | None:
        """See `GraphStore.room`: a server that has just come back is asked little at first."""
        return self._watch.room

    # -- opening and closing --------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connect, and create the indexes and nodes that are missing.

        Raises StoreAuthError if the server refuses the user or password, StoreUnavailable if it does not answer within
        8 s or has no such database, IncompatibleStore if the database holds other data or a newer schema.
        """
        if self._driver is not None:
            raise StoreError(f"the store {self._address.shown} is open already; use one `async with` for each store")
        with self._translated():
            self._driver = AsyncGraphDatabase.driver(
                self._address.uri,
                auth=self._address.auth,
                connection_timeout=_CONNECT_S,
                connection_acquisition_timeout=_LOGIN_S,
                max_transaction_retry_time=_RETRY_S,
                notifications_min_severity="OFF",
                telemetry_disabled=True,  # a message to the server with each question, of how the driver is used
                user_agent="noteatlas",
            )
        try:
            with self._translated():
                async with asyncio.timeout(_ANSWER_S):
                    await self._knock()
                async with asyncio.timeout(_WRITE_S):
                    await self._prepare()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close all connections."""
        await self._watch.close()
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.close()

    async def _knock(self) -> None:
        """Ask for nothing once, without trying again: what is wrong shows at once."""
        async with self._session(write=False) as session:
            await (await session.run("RETURN 1")).consume()

    async def _is_there(self) -> bool:
        """Tell whether the server answers: also that it says no; and that it is slow, unless it was away."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._knock()
        except TimeoutError:
            return not self._watch.is_away
        except (driver_errors.Neo4jError, driver_errors.DriverError, OSError) as error:
            return _meaning(error)[0] is not StoreUnavailable
        except StoreError:
            return True  # closed meanwhile: nobody waits for it
        return True

    async def _prepare(self) -> None:
        async with self._session() as session:
            found = await session.execute_read(self._unit(_identity, _STATEMENT_S))
            if found == "foreign":
                raise IncompatibleStore(
                    f"the database at {self._address.shown} holds other data; give Note Atlas one of its own"
                )
            if isinstance(found, int) and found > neo4j_schema.VERSION:
                raise IncompatibleStore(
                    f"the database at {self._address.shown} was written by a newer version of Note Atlas (schema "
                    f"{found}, this one knows {neo4j_schema.VERSION}); upgrade noteatlas"
                )
            online = "SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name"
            rows = await session.execute_read(self._unit(_one(online), _STATEMENT_S))
            if found == neo4j_schema.VERSION and neo4j_schema.SCHEMA.keys() <= {name for (name,) in rows}:
                return
            for statement in neo4j_schema.SCHEMA.values():
                try:
                    await session.execute_write(self._unit(_one(statement), _WRITE_S))
                except driver_errors.ClientError as error:  # where two do it at once, IF NOT EXISTS does not help
                    if error.code not in _IS_THERE:
                        raise
            await session.execute_write(self._unit(_one("CALL db.awaitIndexes(60)"), _WRITE_S))
            if found is not None:
                await session.execute_write(self._unit(_one(neo4j_schema.OUTDATED), _WRITE_S))
            while await session.execute_write(self._unit(neo4j_schema.complete, _WRITE_S)):
                pass
            if found is not None:
                await session.execute_write(self._unit(measure_all, _WRITE_S))
            await session.execute_write(self._unit(_mark, _WRITE_S))

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
        edit = await asyncio.to_thread(edit_of, graphs, originals=originals, decisions=decisions, cause=cause)
        return sum((await self._carry_out(edit, expected=expected)).values(), Changes())

    async def replace_each(
        self,
        steps: Sequence[Mapping[str, KnowledgeGraph | None]],
        *,
        originals: Mapping[str, KnowledgeGraph] | None = None,
        cause: str = "",
    ) -> list[Changes]:
        """See `GraphStore.replace_each`."""
        edit = await asyncio.to_thread(edit_of, united(steps), originals=originals, cause=cause)
        return by_step(steps, await self._carry_out(edit))

    async def _carry_out(self, edit: Edit, *, expected: str | None = None) -> dict[str, Changes]:
        # What is there already needs no lock: loading the same notes again must not wait for another writer.
        if expected is None and edit.reduced(await self._held(edit)) is None:
            return {}
        return await self._write(lambda run: _given(run, edit), expected=expected)

    async def _held(self, edit: Edit) -> Held:
        if edit.decisions is None:
            return await self._glance(lambda run: neo4j_write.held(run, edit))
        return await self._read(lambda run: neo4j_write.held(run, edit))

    async def restore(self, contents: Contents, *, cause: str = "") -> Changes:
        """See `GraphStore.restore`. One transaction, which the server keeps in memory."""

        async def make(run: Run) -> Edit:
            return contents.restored_into(await neo4j_keep.paths(run), cause)

        return sum((await self._write(make)).values(), Changes())

    async def _write(
        self, make: Callable[[Run], Awaitable[Edit]], *, expected: str | None = None
    ) -> dict[str, Changes]:
        """Carry out the write that `make` returns; it is called when no other writer can come in between."""
        state: list[int] = []
        changes: dict[str, Changes] = {}

        async def work(run: Run) -> None:
            nonlocal changes
            await self._lock(run)
            if expected is not None and await neo4j_read.revision(run) != expected:
                raise StoreBusy(f"the store {self._address.shown} was written to meanwhile; try again")
            changes = await neo4j_write.write(run, await make(run))
            state[:] = [await self._announce()]

        async with self._asked(), self._patient_writer(), self._session() as session:
            try:
                await session.execute_write(self._unit(work, _WRITE_S))
            except driver_errors.IncompleteCommit:
                # The connection broke before the answer: only the store knows whether it was carried out. Doing it once
                # more changes nothing if it was; who expected a revision would be told of their own write.
                if expected is not None:
                    raise
                tried = changes
                await session.execute_write(self._unit(work, _WRITE_S))
                changes = changes or tried
            # Only after success: where the outcome is unknown, a reader that holds the lock finds out. So does one if
            # this fails, and the write is durable already.
            with suppress(driver_errors.Neo4jError, driver_errors.DriverError):
                await session.execute_write(self._unit(_one(_COMMITTED, state=state[0]), _STATEMENT_S))
        return changes

    @asynccontextmanager
    async def _patient_writer(self) -> AsyncIterator[None]:
        """Be the one who writes in this process, for a bounded time, and no longer than the server is there.

        A connection that has gone silent is not closed by anyone: so the server is asked, again and again, whether it
        still answers on another one.
        """

        async def doubt() -> None:
            while True:
                await asyncio.sleep(_DOUBT_S)
                self._watch.doubt()

        async with self._watch.patience(_WRITE_S + self._busy_timeout_s), self._writing:
            doubting = asyncio.create_task(doubt())
            try:
                yield
            finally:
                doubting.cancel()

    async def preview(self, writes: Sequence[Sequence[Mapping[str, KnowledgeGraph | None]]]) -> list[list[Changes]]:
        """See `GraphStore.preview`. One transaction for all writes, which is taken back."""
        edits = await asyncio.to_thread(lambda: [edit_of(united(steps)) for steps in writes])
        found: list[dict[str, Changes]] = []

        async def work(run: Run) -> None:
            await self._lock(run)
            found[:] = [await neo4j_write.write(run, edit) for edit in edits]
            raise _TakeBackError

        with suppress(_TakeBackError):
            async with self._asked(), self._patient_writer(), self._session() as session:
                await session.execute_write(self._unit(work, _WRITE_S))
        return [by_step(steps, done) for steps, done in zip(writes, found, strict=True)]

    async def _lock(self, run: Run) -> None:
        """Become the only writer until the transaction ends."""
        try:
            async with asyncio.timeout(self._busy_timeout_s):
                await run(neo4j_schema.LOCK)
        except TimeoutError:
            raise self._busy() from None

    async def record_load(self, load: Load) -> None:
        """See `GraphStore.record_load`. Waits for no other writer: a record is no part of the graph."""
        async with self._asked(), asyncio.timeout(_ANSWER_S), self._session() as session:
            await session.execute_write(self._unit(lambda run: neo4j_write.record_load(run, load), _STATEMENT_S))

    async def _announce(self) -> int:
        async with self._session() as session:
            rows = await session.execute_write(self._unit(_one(_COMMITTING), _STATEMENT_S))
            return int(rows[0][0])

    # -- reading --------------------------------------------------------------------------------------------------

    async def loads(self) -> list[Load]:
        """See `GraphStore.loads`: also while a commit is under way."""
        async with self._asked(), asyncio.timeout(_ANSWER_S), self._session(write=False) as session:
            return await session.execute_read(self._unit(neo4j_read.loads, _STATEMENT_S))

    async def revision(self) -> str:
        """See `GraphStore.revision`: the state between two commits, with the name of the store."""
        async with self._asked(), asyncio.timeout(_ANSWER_S), self._session(write=False) as session:
            found = await session.execute_read(self._unit(neo4j_read.revision, _STATEMENT_S))
        # A commit is under way, or its writer has died: a read waits for the one and settles the other.
        return found if found is not None else await self._read(_settled_revision)

    async def contents(self, *, with_history: bool = False) -> Contents:
        """See `GraphStore.contents`."""
        return await self._read(
            lambda run: neo4j_keep.contents(run, with_history=with_history), statement_s=_EXPORT_S, answer_s=_EXPORT_S
        )

    async def digests(self) -> dict[str, str]:
        """See `GraphStore.digests`."""
        return await self._read(neo4j_keep.digests)

    async def decisions(self) -> list[str]:
        """See `GraphStore.decisions`."""
        return await self._read(neo4j_keep.decisions)

    async def history(self, *, first: int) -> list[Revision]:
        """See `GraphStore.history`."""
        check_first(first)
        return await self._read(lambda run: neo4j_keep.history(run, first))

    async def difference(self, since: int, until: int | None = None) -> Difference:
        """See `GraphStore.difference`."""
        return await self._read(
            lambda run: neo4j_keep.difference(run, since, until), statement_s=_EXPORT_S, answer_s=_EXPORT_S
        )

    async def sources(self) -> list[Source]:
        """See `GraphStore.sources`."""
        return await self._glance(neo4j_read.sources().by)

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        """See `GraphStore.get`."""
        return await self._glance(neo4j_read.get(ids).by)

    async def resolve(self, names: Sequence[str]) -> dict[str, list[str]]:
        """See `GraphStore.resolve`."""
        return await self._glance(neo4j_read.resolve(names).by)

    async def find(self, names: Sequence[str], *, beside: Sequence[Beside] = ()) -> Found:
        """See `GraphStore.find`."""
        return await self._glance(neo4j_read.find(names, beside).by)

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
        glance = neo4j_list.concepts(first=first, after=after, where=where, order=order, beside=beside)
        return await self._glance(glance.by) if glance else ConceptPage((), (), has_next=False)

    async def count(self, where: ConceptFilter = EVERY_CONCEPT) -> int:
        """See `GraphStore.count`."""
        glance = neo4j_list.count(where)
        return await self._glance(glance.by) if glance else 0

    async def measures(self, ids: Sequence[str]) -> dict[str, Measures]:
        """See `GraphStore.measures`."""
        return await self._glance(neo4j_list.measures(ids).by)

    async def topic_facet(self, where: ConceptFilter = EVERY_CONCEPT, *, first: int) -> list[tuple[Concept, int]]:
        """See `GraphStore.topic_facet`."""
        return await self._read(lambda run: neo4j_list.topic_facet(run, where, first=first))

    async def facet(self, by: Facet, where: ConceptFilter = EVERY_CONCEPT) -> dict[str, int]:
        """See `GraphStore.facet`."""
        return await self._read(lambda run: neo4j_list.facet(run, where, by))

    async def topics(self, parent: str | None = None) -> list[TopicCount]:
        """See `GraphStore.topics`."""
        return await self._read(lambda run: neo4j_read.topics(run, parent))

    async def search(self, query: str, *, first: int) -> list[SearchHit]:
        """See `GraphStore.search`. Cost: linear in the candidates that the index finds."""
        check_first(first)
        parsed = parse_query(query)
        return await self._glance(lambda run: neo4j_read.search(run, parsed, first=first)) if parsed else []

    async def search_passages(self, query: str, *, first: int) -> list[PassageHit]:
        """See `GraphStore.search_passages`. Cost: linear in the candidates that the index finds."""
        check_first(first)
        parsed = parse_query(query)
        return await self._glance(lambda run: neo4j_read.search_passages(run, parsed, first=first)) if parsed else []

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
        return await self._glance(neo4j_read.relations(ids, where).by)

    async def get_relations(self, keys: Sequence[RelationKey]) -> dict[RelationKey, Relation]:
        """See `GraphStore.get_relations`."""
        return await self._glance(neo4j_read.get_relations(keys).by)

    async def passages(self, ids: Sequence[str]) -> dict[str, list[Passage]]:
        """See `GraphStore.passages`."""
        return await self._glance(neo4j_read.passages(ids).by)

    async def neighborhood(
        self, ids: Sequence[str], *, radius: int, first: int, types: Sequence[RelationType] | None = None
    ) -> Subgraph:
        """See `GraphStore.neighborhood`."""
        return await self._glance(
            lambda run: neo4j_read.neighborhood(run, ids, radius=radius, first=first, types=types)
        )

    async def prerequisites_of(self, ids: Sequence[str], *, min_confidence: float = 0.0) -> Subgraph:
        """See `GraphStore.prerequisites_of`."""
        return await self._glance(lambda run: neo4j_read.prerequisites_of(run, ids, min_confidence=min_confidence))

    async def prerequisites(self) -> list[tuple[str, str]]:
        """See `GraphStore.prerequisites`."""
        return await self._read(neo4j_read.prerequisites)

    async def graph(self, *, types: Sequence[RelationType] | None = None, with_passages: bool = True) -> KnowledgeGraph:
        """See `GraphStore.graph`."""
        return await self._read(
            lambda run: neo4j_read.whole_graph(run, types=types, with_passages=with_passages),
            statement_s=_EXPORT_S,
            answer_s=_EXPORT_S,
        )

    async def stats(self) -> Stats:
        """See `GraphStore.stats`."""
        return await self._read(neo4j_read.stats)

    async def _glance(self, question: Callable[[Run], Awaitable[Answer]]) -> Answer:
        """Answer a question whose statements have one column each, from one state of the graph.

        For each of them one message to the server and one back: they are transactions of their own, and say what state
        they saw. Where that fails in a way that may pass, or commits come in between again and again, it is asked as
        any other question.
        """
        async with self._asked(), self._watch.patience(_ANSWER_S):
            for attempt in range(_IN_VAIN):
                try:
                    async with self._session(write=False) as session:
                        return await question(self._framed(session))
                except _MovedError:
                    await asyncio.sleep(0.005 * attempt)
                except (driver_errors.Neo4jError, driver_errors.DriverError) as error:
                    if not error.is_retryable():
                        raise
                    self._watch.doubt()
                    break
            return await self._read(question)

    def _framed(self, session: AsyncSession) -> Run:
        """Return what runs statements in a session, each by itself; raises _MovedError once there was a commit."""
        state: int | None = None

        async def run(statement: str, /, **values: object) -> list[list[Any]]:
            nonlocal state
            self._statements += 1
            result = await session.run(Query(framed(statement), timeout=_STATEMENT_S), values)
            before, found, after = (await result.single(strict=True)).values()
            if before % 2 or before != after or before != (before if state is None else state):
                raise _MovedError
            state = before
            return [[value] for value in found]

        return run

    async def _read(
        self,
        question: Callable[[Run], Awaitable[Answer]],
        *,
        statement_s: float = _STATEMENT_S,
        answer_s: float = _ANSWER_S,
    ) -> Answer:
        """Answer `question` from one state of the graph, in which every source is whole."""

        async def work(run: Run) -> tuple[Answer] | None:
            before = await _quiet_state(run)
            if before is None:
                return None
            try:
                answer = await question(run)
            except (driver_errors.Neo4jError, driver_errors.DriverError):
                raise
            except Exception:
                # Half of a commit can also look like broken data: a node whose properties are gone.
                if await _quiet_state(run) == before:
                    raise
                return None
            return (answer,) if await _quiet_state(run) == before else None

        async with self._asked(), self._watch.patience(answer_s), self._session(write=False) as session:
            attempt = 0
            while True:
                attempt += 1
                async with self._writers_held() if attempt > _IN_VAIN else nullcontext():
                    answer = await session.execute_read(self._unit(work, statement_s))
                if answer is not None:
                    return answer[0]
                await asyncio.sleep(0.005 * attempt)

    @asynccontextmanager
    async def _writers_held(self) -> AsyncIterator[None]:
        """Keep writers waiting, and settle a state that one of them left odd.

        The transaction that holds the lock is always taken back.
        """
        async with self._session() as session:
            transaction = await session.begin_transaction(timeout=_EXPORT_S)
            try:
                self._statements += 1
                await (await transaction.run(neo4j_schema.LOCK)).consume()
                async with self._session() as other:
                    await other.execute_write(self._unit(_one(_SETTLED), _STATEMENT_S))
                yield
            finally:
                await transaction.close()

    # -- the driver -----------------------------------------------------------------------------------------------

    def _session(self, *, write: bool = True) -> AsyncSession:
        if self._driver is None:
            raise StoreError(f"the store {self._address.shown} is not open; use it as `async with store`")
        return self._driver.session(
            database=self._address.database,
            default_access_mode="WRITE" if write else "READ",
            bookmark_manager=self._bookmarks,
        )

    def _unit(
        self, work: Callable[[Run], Awaitable[Answer]], timeout_s: float
    ) -> Callable[[AsyncManagedTransaction], Awaitable[Answer]]:
        """Return `work` as the driver wants it: a function of a transaction, with the server's time limit."""

        @unit_of_work(timeout=timeout_s)
        async def unit(transaction: AsyncManagedTransaction) -> Answer:
            async def run(statement: str, /, **values: object) -> list[list[Any]]:
                self._statements += 1
                result = await transaction.run(statement, values)
                return [record.values() async for record in result]

            return await work(run)

        return unit

    def _busy(self) -> StoreBusy:
        return StoreBusy(
            f"the store {self._address.shown} is being written to by another process; try again when it is done"
        )

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[None]:
        """Translate errors, and raise StoreUnavailable soon while the server is known to be away."""
        if not await self._watch.passes():
            raise StoreUnavailable(
                f"the Neo4j server {self._address.shown} cannot be reached; it is asked every second whether it is back"
            )
        try:
            with self._translated():
                yield
        except StoreUnavailable:
            self._watch.doubt()
            raise
        self._watch.answered()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn an error of the driver into the StoreError that states the fact."""
        try:
            yield
        except TimeoutError as error:
            raise StoreUnavailable(
                f"the Neo4j server {self._address.shown} did not answer in time; check that it runs"
            ) from error
        except (driver_errors.Neo4jError, driver_errors.DriverError, OSError) as error:
            kind, fact = _meaning(error)
            text = f"the Neo4j server {self._address.shown} {fact}"
            password = self._address.auth[1] if self._address.auth else ""
            # Neither in this error nor in one that a trace shows below it: a driver may quote what it was given.
            if password and any(password in told or repr(password)[1:-1] in told for told in _texts(error)):
                raise kind(text.replace(password, "***")) from None
            raise kind(text) from error


_MEANING: Final[tuple[tuple[str, type[StoreError], str], ...]] = (
    # beginning of the server's code, the error, what it states
    (
        "Neo.ClientError.Security.CredentialsExpired",
        StoreAuthError,
        "wants the password to be changed first (ALTER CURRENT USER SET PASSWORD ...)",
    ),
    ("Neo.ClientError.Security.Forbidden", StoreAuthError, "does not allow this user to do that; check its roles"),
    ("Neo.ClientError.Security", StoreAuthError, "refused the user name or password; check them in the store's URL"),
    ("Neo.ClientError.Database.DatabaseNotFound", StoreUnavailable, "has no such database; create it or name another"),
    ("Neo.TransientError.Transaction.LockClient", StoreBusy, "is being written to by another process; try again"),
    ("Neo.ClientError.Transaction.TransactionTimedOut", StoreUnavailable, "ran out of time; try again or ask for less"),
    ("Neo.ClientError.Transaction.LockAcquisition", StoreBusy, "is being written to by another process; try again"),
    ("Neo.TransientError", StoreUnavailable, "cannot do that at the moment; try again"),
    (
        "Neo.DatabaseError.Transaction",  # no room for its log, and every question after that
        StoreUnavailable,
        "cannot carry out transactions; check the room on its disk and its log, and restart it",
    ),
)


def _texts(error: BaseException) -> Iterator[str]:
    """Yield everything that a trace or a log could show of `error` and of what it came from."""
    chain: BaseException | None = error
    while chain is not None:
        yield from (str(chain), repr(chain), repr(chain.args))
        chain = chain.__cause__ or chain.__context__


def _meaning(error: Exception) -> tuple[type[StoreError], str]:
    if isinstance(error, driver_errors.Neo4jError):
        code = error.code or ""
        for beginning, kind, fact in _MEANING:
            if code.startswith(beginning):
                return kind, fact
        return StoreError, f"failed: {error.message}"
    if isinstance(error, driver_errors.ConfigurationError):
        return InvalidStoreUrl, f"cannot be used with this URL: {error}"
    if isinstance(error, driver_errors.IncompleteCommit):
        return StoreUnavailable, "was lost before it said whether the last write was carried out; look, or do it again"
    return StoreUnavailable, "cannot be reached; check the host, the port and that it runs"


# -- small transactions ---------------------------------------------------------------------------------------------


def _one(statement: str, **values: object) -> Callable[[Run], Awaitable[list[list[Any]]]]:
    async def work(run: Run) -> list[list[Any]]:
        return await run(statement, **values)

    return work


async def _identity(run: Run) -> int | str | None:
    """Return the version of the schema that the database has, None if it is empty, "foreign" if it is not ours."""
    found = await run("MATCH (n:NoteAtlas {role: 'state'}) RETURN n.schema")
    if found:
        return int(found[0][0] or 0)
    return "foreign" if await run("MATCH (n) WHERE NOT n:NoteAtlas RETURN 1 LIMIT 1") else None


async def _mark(run: Run) -> None:
    await run(
        "MERGE (n:NoteAtlas {role: 'state'}) SET n.schema = $version, n.store = coalesce(n.store, randomUUID())",
        version=neo4j_schema.VERSION,
    )
    await run("MERGE (n:NoteAtlas {role: 'lock'})")


async def _settled_revision(run: Run) -> str:
    return await neo4j_read.revision(run) or ""  # without one, the state has changed, and this is read again


async def _quiet_state(run: Run) -> int | None:
    """Return the state, None while a commit is under way."""
    found = await run("MATCH (n:NoteAtlas {role: 'state'}) RETURN n.state")
    state = int(found[0][0] or 0) if found else 0
    return None if state % 2 else state


async def _given(_: Run, edit: Edit) -> Edit:
    return edit
