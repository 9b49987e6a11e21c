"""How many queries are executed at once: the others wait their turn, in order, and for a bounded time."""

import asyncio
from collections.abc import Sequence

import httpx2
import pytest

from api.app import create_app
from api.settings import Settings
from api.turnstile import Turnstile, WaitedInVainError
from graph.model import Concept
from graph.sqlite_store import SqliteStore


async def test_the_first_come_are_the_first_in() -> None:
    turnstile, order = Turnstile(1, 60), []

    async def go(name: str) -> None:
        async with turnstile.through():
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*map(go, "abcde"))
    assert order == list("abcde")


async def test_who_waits_too_long_is_turned_away_and_takes_no_place() -> None:
    turnstile = Turnstile(1, 0.01)
    async with turnstile.through():
        with pytest.raises(WaitedInVainError):
            async with turnstile.through():
                pytest.fail("there was no place")
    async with turnstile.through():
        pass


async def test_a_failure_gives_its_place_back() -> None:
    turnstile = Turnstile(1, 0.01)
    with pytest.raises(ZeroDivisionError):
        async with turnstile.through():
            raise ZeroDivisionError
    async with turnstile.through():
        pass


async def test_where_there_is_room_for_fewer_the_others_wait() -> None:
    """And come in, several at once, when there is more again."""
    room: int | None = 1
    turnstile, inside, most = Turnstile(3, 60, room=lambda: room), 0, []

    async def go(number: int) -> None:
        nonlocal inside, room
        async with turnstile.through():
            inside += 1
            most.append(inside)
            await asyncio.sleep(0)
            if number == 2:
                room = None
            inside -= 1

    await asyncio.gather(*map(go, range(9)))
    assert most[:3] == [1, 1, 1]
    assert max(most) == 3


async def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    turnstile = Turnstile(1, 60)

    async def go() -> None:
        async with turnstile.through():
            pass

    async with turnstile.through():
        waiting = [asyncio.create_task(go()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
    waiting[1].cancel()  # which has its place by now
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [task.cancelled() for task in waiting] == [True, True, False]
    await go()


class HeldStore(SqliteStore):
    """A real store that answers when it is let go, and counts how many wait for it at once: `full` are two."""

    gate: asyncio.Event
    full: asyncio.Event
    waiting, most = 0, 0

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        HeldStore.waiting += 1
        HeldStore.most = max(HeldStore.most, HeldStore.waiting)
        if HeldStore.waiting == 2:
            self.full.set()
        await self.gate.wait()
        HeldStore.waiting -= 1
        return await super().get(ids)


async def test_no_more_queries_than_places_are_with_the_store_and_all_are_answered(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    HeldStore.gate, HeldStore.full = asyncio.Event(), asyncio.Event()
    HeldStore.waiting = HeldStore.most = 0
    monkeypatch.setattr("api.app.open_store", HeldStore)
    app = create_app(Settings(store=str(tmp_path), max_executing=2))
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport) as client:
        query = {"query": '{ nodes(ids: ["Q29uY2VwdDp4"]) { id } }'}
        asking = [asyncio.create_task(client.post("http://localhost/graphql", json=query)) for _ in range(7)]
        async with asyncio.timeout(30):
            await HeldStore.full.wait()
            assert (await client.get("http://localhost/healthz")).status_code == 200
            HeldStore.gate.set()
            answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {200}
    assert HeldStore.most == 2
    assert all("errors" not in answer.json() for answer in answers)


async def test_a_query_that_finds_no_place_in_time_is_told_so(tmp_path: object) -> None:
    app = create_app(Settings(store=str(tmp_path), max_executing=1, query_timeout_s=0.05))
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport) as client:
        async with app.state.turnstile.through():
            refused = await client.post("http://localhost/graphql", json={"query": "{ stats { concepts } }"})
        assert refused.status_code == 503
        assert refused.json()["errors"][0]["extensions"]["code"] == "OVERLOADED"
