"""While a Neo4j server is known to be away, questions fail soon; when it is back, they are answered again."""

import asyncio
from urllib.parse import urlsplit

import pytest

from graph.errors import StoreUnavailable
from graph.neo4j_watch import Watch
from graph.store import GraphStore, open_store
from tests.neo4j_server import Server
from tests.store_contract import fill
from tests.test_neo4j_store import Wire

END_S = 60.0  # of waiting for what comes within a second or two


class Place:
    """Somewhere that is there or not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.there = True
        self.asked = 0
        self.changed = asyncio.Event()

    async def is_there(self) -> bool:
        self.asked += 1
        self.changed.set()
        return self.there

    async def another(self) -> None:
        """Wait until it is asked once more."""
        self.changed.clear()
        await self.changed.wait()


async def test_a_doubt_that_is_wrong_turns_nobody_away() -> None:
    """One broken connection does not make a server absent."""
    place = Place()
    watch = Watch(place.is_there)
    watch.doubt()
    await place.changed.wait()
    await asyncio.sleep(0)
    assert not watch.is_away
    await watch.close()


async def test_many_doubts_are_asked_by_one_until_the_place_is_back() -> None:
    """However many doubt. What waits is let go when the place is found to be away; a later doubt asks again."""
    place = Place()
    place.there = False
    watch = Watch(place.is_there)
    for _ in range(100):
        watch.doubt()
    async with asyncio.timeout(END_S):
        with pytest.raises(TimeoutError):
            async with watch.patience(2 * END_S):
                await asyncio.Event().wait()
        assert watch.is_away
        assert not await watch.passes()
        for _ in range(2):
            await place.another()
            watch.doubt()
        place.there = True
        while not await watch.passes():
            pass
        watch.doubt()
        await place.another()
    await watch.close()


async def test_a_server_that_is_back_is_asked_little_at_first() -> None:
    """The room grows with what is answered, until there is no limit; one that was not away has none."""
    place = Place()
    watch = Watch(place.is_there)
    watch.doubt()
    await place.changed.wait()
    await asyncio.sleep(0)
    assert watch.room is None
    place.there = False
    watch.doubt()
    async with asyncio.timeout(END_S):
        for _ in range(2):
            await place.another()
        waiting = asyncio.gather(*(watch.passes() for _ in range(50)))
        await asyncio.sleep(0)
        place.there = True
        passed = sum(await waiting)
        while not await watch.passes():
            pass
    rooms = [watch.room]
    assert passed <= (rooms[0] or 0)
    for _ in range(1000):
        watch.answered()
        rooms.append(watch.room)
    seen = list(dict.fromkeys(rooms))
    assert seen == [2**power for power in range(1, len(seen))] + [None]
    await watch.close()


async def until_told(store: GraphStore, *, away: bool) -> str:
    """Ask until the store says that the server is away, or until it answers; return what was said last."""
    said = ""
    async with asyncio.timeout(END_S):
        while True:
            try:
                await store.get(["adam"])
                if not away:
                    return said
            except StoreUnavailable as error:
                said = str(error)
                if away and "asked every second" in said:
                    return said
            await asyncio.sleep(0.05)


@pytest.mark.neo4j
async def test_questions_fail_unasked_until_the_server_is_back(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """Reads, writes and records of loads send nothing meanwhile; the error has no password. Then all is as before."""
    parts = urlsplit(neo4j_server.address)
    async with Wire(parts.hostname or "", parts.port or 7687) as wire:
        url = Server(f"bolt://127.0.0.1:{wire.port}", neo4j_server.user, neo4j_server.password).url
        async with open_store(url) as store:
            graph = await fill(store)
            await wire.cut()
            said = await until_told(store, away=True)
            assert neo4j_server.password not in said
            sent = store.statements
            for ask in (store.revision, store.loads, store.stats, lambda: store.remove(["attention.md"])):
                with pytest.raises(StoreUnavailable, match="cannot be reached"):
                    await ask()
            assert store.statements == sent
            await wire.mend()
            await until_told(store, away=False)
            assert store.room is not None
            assert await store.graph() == graph
