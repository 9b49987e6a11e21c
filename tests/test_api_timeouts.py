"""Time limits: a query that takes too long is ended, and so is what it asked of the store."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from api.settings import Settings
from graph import sqlite_read
from graph.beside import NOTHING_AROUND, Beside
from graph.errors import StoreError
from graph.model import Concept, Origin, Relation, RelationType
from graph.sqlite_file import Connection
from graph.sqlite_store import SqliteStore
from graph.store import Direction, Found
from tests.api_service import Service, fill, serving
from tests.neo4j_server import Server
from tests.test_neo4j_store import Wire

# Counts to a number that takes minutes: in one statement, which nothing but sqlite's own interrupt ends.
ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000000) SELECT count(*) FROM n"
RESPONSE = "application/graphql-response+json"


def endless(db: Connection) -> int:
    return int(db.rows(ENDLESS)[0][0])


def endless_find(db: Connection) -> Found:
    endless(db)
    return Found({}, NOTHING_AROUND)


class SlowStore(SqliteStore):
    """A real store that takes for ever over one of its statements."""

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        await self._read(endless)
        return {}

    async def find(self, names: Sequence[str], *, beside: Sequence[Beside] = ()) -> Found:
        return await self._read(endless_find)

    async def relations(
        self,
        ids: Sequence[str],
        *,
        types: Sequence[RelationType] | None = None,
        direction: Direction = "both",
        origins: Sequence[Origin] | None = None,
        min_confidence: float = 0.0,
    ) -> dict[str, list[Relation]]:
        await self._read(endless)
        return {}


async def free_again(store: SqliteStore, threads: int = 4) -> None:
    """All of the store's readers answer."""
    async with asyncio.timeout(5):
        await asyncio.gather(*(store._read(sqlite_read.stats) for _ in range(threads)))


# -- the store ----------------------------------------------------------------------------------------------------


async def test_a_read_that_is_cancelled_is_ended_in_the_middle_of_its_statement(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """All readers are busy, more wait behind them; when all were cancelled, the readers are free and know nothing."""
    async with SqliteStore(str(tmp_path_factory.mktemp("cancelled"))) as store:
        await fill(store)
        before = await store.stats()
        reads = [asyncio.create_task(store._read(endless)) for _ in range(12)]
        await asyncio.sleep(0.2)
        for read in reads:
            read.cancel()
        ended = await asyncio.gather(*reads, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended)
        await free_again(store)
        assert await store.stats() == before


async def test_no_statement_begins_after_a_read_was_cancelled(tmp_path_factory: pytest.TempPathFactory) -> None:
    begun: list[int] = []

    def many(db: Connection) -> None:
        for number in range(1_000):
            begun.append(number)
            db.rows(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT count(*) FROM n"
            )

    async with SqliteStore(str(tmp_path_factory.mktemp("between"))) as store:
        read = asyncio.create_task(store._read(many))
        while not begun:  # noqa: ASYNC110  (by another thread)
            await asyncio.sleep(0.001)
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await read
        await free_again(store)
        count = len(begun)
        assert count < 1_000
        await asyncio.sleep(0.05)
        assert len(begun) == count


async def test_cancelling_at_any_moment_never_hurts_the_next_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two hundred reads, cancelled after ever other times; whatever is read beside and after them is whole."""
    async with SqliteStore(str(tmp_path_factory.mktemp("moments")), readers=2) as store:
        await fill(store)
        expected = await store.graph()
        for step in range(200):
            read = asyncio.create_task(store.graph())
            await asyncio.sleep(step * 0.00005)
            read.cancel()
            await asyncio.gather(read, return_exceptions=True)
            if step % 10 == 0:
                assert await store.graph() == expected
        assert await store.graph() == expected


async def test_what_is_stopped_from_elsewhere_is_a_stores_error(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with SqliteStore(str(tmp_path_factory.mktemp("stopped"))) as store:

        def stopped(db: Connection) -> None:
            asyncio.run_coroutine_threadsafe(_stop(db), loop)
            db.rows(ENDLESS)

        async def _stop(db: Connection) -> None:
            await asyncio.sleep(0.1)
            db.stop()

        loop = asyncio.get_running_loop()
        with pytest.raises(StoreError, match="nobody waits for the answer"):
            await store._read(stopped)
        await free_again(store)


# -- the service --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:  # type: ignore[misc]
    folder = str(tmp_path_factory.mktemp("slow"))
    app = create_app(Settings(store=folder, query_timeout_s=0.3))
    with serving(app) as service:
        async with SlowStore(folder) as store:
            await fill(store)
            app.state.store = store
            yield service


@pytest.mark.parametrize(
    "query",
    [
        # in a resolver of its own, and in a round of the loaders
        '{ concept(id: "gqa") { id } }',
        '{ search(query: "attention") { concept { relations(first: 5) { totalCount } } } }',
    ],
)
def test_a_query_that_takes_too_long_is_ended_and_frees_the_store(
    slow: Service, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    for accept, status in ((RESPONSE, 504), ("application/json", 200)):
        for _ in range(6):  # more than the store has readers: each of them must be free again
            started = time.monotonic()
            response = slow.client.post("/graphql", json={"query": query}, headers={"accept": accept})
            assert time.monotonic() - started < 5
            assert response.status_code == status
            (error,) = response.json()["errors"]
            assert error["extensions"]["code"] == "TIMEOUT"
            assert "data" not in response.json()
    started = time.monotonic()
    assert slow.data("{ stats { concepts } }") == {"stats": {"concepts": 55}}
    assert time.monotonic() - started < 5
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(said) == 12
    assert all("took longer than 0.3 s and was ended" in line for line in said)


@pytest.mark.neo4j
async def test_a_service_whose_neo4j_falls_silent_answers_with_a_code_within_8_seconds(
    neo4j_server: Server, empty_neo4j_url: str
) -> None:
    parts = urlsplit(neo4j_server.address)
    async with Wire(parts.hostname or "", parts.port or 7687) as wire:
        url = Server(f"bolt://127.0.0.1:{wire.port}", neo4j_server.user, neo4j_server.password).url
        with ExitStack() as stack:
            # In threads, as the wire passes on nothing while this loop waits.
            service = await asyncio.to_thread(stack.enter_context, serving(create_app(Settings(store=url))))
            wire.open.clear()
            started = time.monotonic()
            assert await asyncio.to_thread(service.code, '{ concept(id: "gqa") { id } }') == "STORE_UNAVAILABLE"
            assert time.monotonic() - started < 8
            wire.open.set()
            assert await asyncio.to_thread(service.data, "{ stats { concepts } }") == {"stats": {"concepts": 0}}
            await asyncio.to_thread(stack.close)


@pytest.mark.neo4j
async def test_a_query_whose_neo4j_falls_silent_is_ended_in_its_own_time_and_the_next_is_answered(
    neo4j_server: Server, empty_neo4j_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Ending it ends the connection: nothing waits for the server any longer, and none is left half used."""
    parts = urlsplit(neo4j_server.address)
    async with Wire(parts.hostname or "", parts.port or 7687) as wire:
        url = Server(f"bolt://127.0.0.1:{wire.port}", neo4j_server.user, neo4j_server.password).url
        with ExitStack() as stack:
            app = create_app(Settings(store=url, query_timeout_s=1.0))
            service = await asyncio.to_thread(stack.enter_context, serving(app))
            for query in ('{ concept(id: "gqa") { id } }', "{ stats { concepts } }"):
                wire.open.clear()
                started = time.monotonic()
                asked = [asyncio.to_thread(service.code, query) for _ in range(3)]
                assert set(await asyncio.gather(*asked)) == {"TIMEOUT"}
                assert time.monotonic() - started < 5
                wire.open.set()
                assert await asyncio.to_thread(service.data, "{ stats { concepts } }") == {"stats": {"concepts": 0}}
            await asyncio.to_thread(stack.close)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
