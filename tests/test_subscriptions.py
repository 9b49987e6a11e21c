"""Loads watched over a real WebSocket: progress from another process, the protocol, its bounds, who may come in."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.access import digest_of
from api.app import create_app
from api.loading import Loaded
from api.persisted import hash_of
from api.reporting import LoadReport
from api.settings import Settings
from api.subscriptions import MAX_MESSAGE_BYTES, PROTOCOL, SOCKET_LIMITS, SocketLimits, Sockets
from api.watching import LoadWatch
from graph.changes import Changes
from graph.errors import StoreUnavailable
from graph.loads import STALLED_S, Load, LoadState
from graph.sqlite_store import SqliteStore
from graph.store import open_store
from tests.api_service import Service, fill, serving
from tests.command_line import COMMAND, environment, noteatlas

FIELDS = "id state filesTotal filesDone path conceptsAdded relationsAdded failures error startedAt isStalled"
WATCH = f"subscription {{ loads {{ {FIELDS} }} }}"
FEW = SocketLimits(sockets=4, sockets_of_one=3, subscriptions=2, messages=20, messages_s=60)
SOON = SocketLimits(init_s=2.0, idle_s=2.0)


@contextmanager
def watching(folder: Path, limits: SocketLimits | None = None, **settings: Any) -> Iterator[Service]:
    """The service over the store `folder`, with other limits if given."""
    app = create_app(Settings(store=str(folder), **settings))
    if limits:
        app.state.sockets = Sockets(limits)
    with serving(app) as service:
        yield service


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched") / "store"
    async with SqliteStore(str(folder)) as store:
        await fill(store)
    return folder


@pytest.fixture(scope="module")
def strict(folder: Path) -> Iterator[Service]:
    """A service that allows few of everything."""
    with watching(folder, FEW) as service:
        yield service


@pytest.fixture(scope="module")
def hasty(folder: Path) -> Iterator[Service]:
    """A service that does not wait for long."""
    with watching(folder, SOON) as service:
        yield service


@asynccontextmanager
async def socket(service: Service, *, hello: bool = True, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket that has introduced itself."""
    options.setdefault("subprotocols", [PROTOCOL])
    async with connect(service.url.replace("http", "ws") + "/graphql", proxy=None, **options) as client:
        if hello:
            await say(client, {"type": "connection_init"})
            assert await hear(client) == {"type": "connection_ack"}
        yield client


async def say(client: ClientConnection, message: object) -> None:
    await client.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def hear(client: ClientConnection) -> Any:
    async with asyncio.timeout(30):
        return json.loads(await client.recv())


async def closed(client: ClientConnection) -> tuple[int | None, str | None]:
    """Wait until the server closes; give code and reason."""
    async with asyncio.timeout(30):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await client.recv()
    return client.close_code, client.close_reason


def subscribe(id_: str = "1", query: str = WATCH, **payload: object) -> dict[str, object]:
    return {"type": "subscribe", "id": id_, "payload": {"query": query, **payload}}


# -- a load of another process --------------------------------------------------------------------------------------


def many_notes(folder: Path, count: int) -> Path:
    notes = folder / "notes"
    notes.mkdir()
    for i in range(count):
        lines = [f"- **Gadget {i}-{n}** (GD{i}x{n}) extends Gadget {i}-{n + 1}.\n" for n in range(30)]
        (notes / f"note-{i:02}.md").write_text(f"# Gadgets {i}\n\n{''.join(lines)}", encoding="utf-8")
    return notes


async def heard_until_the_end(client: ClientConnection) -> list[dict[str, Any]]:
    """The events of one load, the last of which ends it."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(90):
        while not events or events[-1]["state"] not in {"FINISHED", "FAILED"}:
            message = await hear(client)
            assert message["type"] == "next", message
            events.append(message["payload"]["data"]["loads"])
    return events


async def has_begun(url: str) -> None:
    """Return as soon as the store tells of a load that goes on."""
    async with asyncio.timeout(60), open_store(url) as store:
        events = LoadWatch(store, every_s=0.01).watch()
        assert not (await anext(events)).has_ended
        await events.aclose()


async def load_is_seen(url: str, notes: Path, count: int) -> None:
    """Load notes in another process while a socket watches; what it hears is what happened."""
    with serving(create_app(Settings(store=url))) as service:
        async with socket(service) as client:
            await say(client, subscribe())
            process = await asyncio.create_subprocess_exec(
                COMMAND, "load", str(notes), "--store", url, "--json", env=environment(), stdout=subprocess.PIPE
            )
            await has_begun(url)
            process.send_signal(signal.SIGSTOP)  # however fast this machine loads, the watch has time to look
            first = await hear(client)
            process.send_signal(signal.SIGCONT)
            events = [first["payload"]["data"]["loads"], *await heard_until_the_end(client)]
            printed, _ = await process.communicate()
        assert process.returncode == 0
        total = json.loads(printed)["total"]
        assert len({event["id"] for event in events}) == 1
        states = [event["state"] for event in events]
        assert states == sorted(states, key=["READING", "STORING", "FINISHED"].index)
        assert (states[0], states[-1]) == ("READING", "FINISHED")
        last = events[-1]
        assert (last["filesDone"], last["filesTotal"], last["path"]) == (count, count, None)
        assert (last["conceptsAdded"], last["relationsAdded"]) == (total["concepts_added"], total["relations_added"])
        assert last["conceptsAdded"] > 0
        for before, after in pairwise(events):
            assert before["state"] != after["state"] or before["filesDone"] <= after["filesDone"]
            assert before["conceptsAdded"] <= after["conceptsAdded"]
        assert all(event["filesTotal"] == count for event in events)
        assert any(event["path"] and event["path"].startswith("notes/note-") for event in events)
        # The same is there for those who ask later.
        assert service.data(f"{{ loads {{ {FIELDS} }} }}")["loads"][0] == last


async def test_a_load_of_another_process_is_watched_from_beginning_to_end(tmp_path: Path) -> None:
    async with SqliteStore(str(tmp_path / "store")):
        pass
    await load_is_seen(str(tmp_path / "store"), many_notes(tmp_path, 160), 160)


@pytest.mark.neo4j
async def test_a_load_into_neo4j_is_watched_from_beginning_to_end(empty_neo4j_url: str, tmp_path: Path) -> None:
    async with open_store(empty_neo4j_url):
        pass
    await load_is_seen(empty_neo4j_url, many_notes(tmp_path, 24), 24)


async def test_a_load_that_is_interrupted_is_said_to_have_failed(tmp_path: Path) -> None:
    """Whoever runs the tests in the background may have interrupts ignored, and a command that inherits that."""
    url = str(tmp_path / "store")
    notes = many_notes(tmp_path, 40)
    async with SqliteStore(url) as store:
        process = await asyncio.create_subprocess_exec(
            *(COMMAND, "load", str(notes), "--store", url),
            env=environment(),
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        watch = LoadWatch(store, every_s=0.02)
        events = watch.watch()
        async with asyncio.timeout(60):
            assert (await anext(events)).state is LoadState.READING
        await events.aclose()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        (load,) = await store.loads()
    assert (process.returncode, err) == (130, b"noteatlas: stopped\n")
    assert (load.state, load.error) == (LoadState.FAILED, "it was stopped")


def test_a_load_that_fails_says_so_and_no_more_than_a_request_would_be_told(tmp_path: Path) -> None:
    url = str(tmp_path / "store")

    def end_with(error: BaseException) -> Load:
        with contextlib.suppress(type(error)), LoadReport(url, 3) as report:
            report.reading("a.md")
            report.reading("b.md")
            raise error
        return asyncio.run(latest(url))

    load = end_with(StoreUnavailable(f"the disk of {tmp_path} is gone"))
    assert (load.state, load.files_done, load.files_total) == (LoadState.FAILED, 1, 3)
    assert load.error == "STORE_UNAVAILABLE: what `noteatlas load` printed says more"
    assert end_with(RuntimeError("secret")).error == "INTERNAL_ERROR: what `noteatlas load` printed says more"


async def latest(url: str) -> Load:
    async with open_store(url) as store:
        return (await store.loads())[0]


def test_nothing_is_written_before_a_file_is_read(tmp_path: Path) -> None:
    with LoadReport(str(tmp_path / "store"), 0) as report:
        report.finished(Loaded(()))
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_cannot_be_written_is_told_and_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database" * 100)
    with LoadReport(str(tmp_path / "file"), 1) as report:
        report.reading("a.md")
    assert report.problem is not None
    assert "not a SQLite database" in str(report.problem)


def test_loading_says_the_same_as_ever(tmp_path: Path) -> None:
    """Nothing on standard error, and a second load changes nothing but the record."""
    notes = many_notes(tmp_path, 2)
    first = noteatlas("load", notes, "--json", cwd=tmp_path).json
    again = noteatlas("load", notes, "--json", cwd=tmp_path).json
    assert first["total"]["concepts_added"] > 0
    assert not any(again["total"].values())
    loads = asyncio.run(all_loads(str(tmp_path / ".noteatlas")))
    assert [load.state for load in loads] == [LoadState.FINISHED] * 2
    assert loads[0].changes == Changes()


async def all_loads(url: str) -> list[Load]:
    async with open_store(url) as store:
        return await store.loads()


# -- watching -------------------------------------------------------------------------------------------------------


class Scripted:
    """A store that has these loads, and counts how often it is asked."""

    def __init__(self) -> None:
        self.rows: list[Load] = []
        self.asked = 0
        self.fails = False

    async def loads(self) -> list[Load]:
        self.asked += 1
        if self.fails:
            raise StoreUnavailable("bolt://u:hunter2@db is gone")
        return self.rows


async def test_a_watcher_is_given_what_is_under_way_and_then_what_changes(caplog: pytest.LogCaptureFixture) -> None:
    store = Scripted()
    store.rows = [Load("runs", files_done=1), Load("dead", age_s=STALLED_S + 1), Load("over", LoadState.FINISHED)]
    watch = LoadWatch(store, every_s=0.01)  # type: ignore[arg-type]
    events = watch.watch()
    assert (await anext(events)).id == "runs"
    pending = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.1)
    assert not pending.done()
    store.rows = [Load("runs", files_done=2, age_s=3.0), *store.rows[1:]]
    assert (await pending).files_done == 2
    store.rows = [Load("quick", LoadState.FINISHED), Load("runs", files_done=2, age_s=STALLED_S + 1)]
    assert [(load.id, load.is_stalled) for load in (await anext(events), await anext(events))] == [
        ("runs", True),
        ("quick", False),
    ]
    store.fails = True
    pending = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.1)
    assert not pending.done()
    assert len(caplog.records) == 1
    assert "hunter2" not in caplog.text
    store.fails, store.rows = False, [Load("next")]
    assert (await pending).id == "next"
    await events.aclose()


async def test_many_watchers_cost_one_look_and_none_costs_nothing() -> None:
    store = Scripted()
    store.rows = [Load("runs")]
    watch = LoadWatch(store, every_s=0.05)  # type: ignore[arg-type]
    everyone = [watch.watch() for _ in range(50)]
    assert [(await anext(events)).id for events in everyone] == ["runs"] * 50
    assert store.asked <= 3
    assert watch.watchers == 50
    for events in everyone:
        await events.aclose()
    asked = store.asked
    await asyncio.sleep(0.2)
    assert (watch.watchers, store.asked) == (0, asked)


async def test_a_slow_watcher_is_given_the_latest_only() -> None:
    store = Scripted()
    store.rows = [Load("runs")]
    watch = LoadWatch(store, every_s=0.01)  # type: ignore[arg-type]
    events = watch.watch()
    await anext(events)
    for number in range(1, 6):
        store.rows = [Load("runs", files_done=number)]
        await asyncio.sleep(0.05)
    assert (await anext(events)).files_done == 5
    await events.aclose()


# -- the protocol ---------------------------------------------------------------------------------------------------


async def test_a_subscription_is_completed_by_the_client_and_its_id_is_free_again(strict: Service) -> None:
    async with socket(strict) as client:
        for _ in range(2):
            await say(client, subscribe())
            await say(client, {"type": "complete", "id": "1"})
        await say(client, {"type": "ping", "payload": {}})
        assert await hear(client) == {"type": "pong"}
        await say(client, {"type": "pong"})
        await say(client, {"type": "complete", "id": "never"})
        await say(client, {"type": "ping"})
        assert await hear(client) == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("{ stats { concepts } }", "GRAPHQL_INVALID", "subscription"),
        ("subscription { loads { nothing } }", "GRAPHQL_INVALID", "nothing"),
        ("subscription { loads", "GRAPHQL_INVALID", "Syntax Error"),
        ("", "GRAPHQL_INVALID", ""),
        ("subscription { loads { " + "id " * 2000 + "} }", "GRAPHQL_INVALID", "token"),
        ("subscription { loads { " + "id " * 500 + "} }", "LIMIT_EXCEEDED", "fields"),
        ("subscription { loads { " + " ".join(f"a{i}: id" for i in range(60)) + "} }", "LIMIT_EXCEEDED", "aliases"),
        ("subscription { loads { id } more: loads { id } }", "GRAPHQL_INVALID", "must select only one"),
        ("subscription A { loads { id } } subscription B { loads { id } }", "GRAPHQL_INVALID", "operationName"),
    ],
)
async def test_a_document_that_cannot_be_run_is_an_error_of_its_subscription_only(
    strict: Service, query: str, code: str, told: str
) -> None:
    async with socket(strict) as client:
        await say(client, subscribe("bad", query))
        message = await hear(client)
        assert (message["type"], message["id"]) == ("error", "bad")
        assert message["payload"][0]["extensions"]["code"] == code
        assert told in message["payload"][0]["message"]
        await say(client, {"type": "ping"})
        assert await hear(client) == {"type": "pong"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["{"], 4400),
        ([b"\x00"], 4400),
        (["[]"], 4400),
        (['{"type": 1}'], 4400),
        ([{"type": "hello"}], 4400),
        ([{"type": "subscribe", "id": 1, "payload": {"query": WATCH}}], 4400),
        ([{"type": "subscribe", "id": "", "payload": {"query": WATCH}}], 4400),
        ([{"type": "subscribe", "id": "x" * 101, "payload": {"query": WATCH}}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": 1}}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": WATCH, "variables": []}}], 4400),
        ([{"type": "subscribe", "id": "1"}], 4400),
        ([{"type": "connection_init"}], 4429),
        ([subscribe(), subscribe()], 4409),
        ([{"type": "ping"}] * (FEW.messages + 1), 1008),
        (["x" * (MAX_MESSAGE_BYTES + 1)], 1009),
    ],
)
async def test_a_client_that_breaks_the_protocol_is_shown_out(
    strict: Service, messages: list[object], code: int
) -> None:
    async with socket(strict) as client:
        for message in messages:
            await say(client, message)
        assert (await closed(client))[0] == code


async def test_a_client_must_introduce_itself_soon_and_first(hasty: Service) -> None:
    async with socket(hasty, hello=False) as client:
        assert await closed(client) == (4408, "Connection initialisation timeout")
    async with socket(hasty, hello=False) as client:
        await say(client, {"type": "ping"})
        assert await hear(client) == {"type": "pong"}
        await say(client, subscribe())
        assert await closed(client) == (4401, "Unauthorized")


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"]])
async def test_another_protocol_is_not_spoken(strict: Service, subprotocols: list[str] | None) -> None:
    async with socket(strict, hello=False, subprotocols=subprotocols) as client:
        assert await closed(client) == (4406, "Subprotocol not acceptable")


async def test_a_socket_without_a_subscription_is_closed_and_one_with_is_kept(hasty: Service) -> None:
    async with socket(hasty) as idle, socket(hasty) as busy, socket(hasty) as done:
        await say(busy, subscribe())
        await say(done, subscribe("1", "subscription { loads"))
        assert (await hear(done))["type"] == "error"
        assert await closed(idle) == (1000, "Idle")
        assert await closed(done) == (1000, "Idle")
        await asyncio.sleep(SOON.idle_s)
        await say(busy, {"type": "ping"})
        assert await hear(busy) == {"type": "pong"}
        await say(busy, {"type": "complete", "id": "1"})
        assert await closed(busy) == (1000, "Idle")


async def test_subscriptions_and_sockets_are_counted(strict: Service) -> None:
    async with socket(strict) as one, socket(strict), socket(strict):
        for number in range(FEW.subscriptions + 1):
            await say(one, subscribe(str(number)))
        message = await hear(one)
        assert (message["type"], message["id"]) == ("error", str(FEW.subscriptions))
        assert message["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        with pytest.raises(InvalidStatus) as refused:
            async with socket(strict):
                pass
        assert refused.value.response.status_code == 503
        assert json.loads(refused.value.response.body or b"")["errors"][0]["extensions"]["code"] == "OVERLOADED"
    async with asyncio.timeout(10):  # what was closed is not counted any more
        while True:
            with contextlib.suppress(InvalidStatus):
                async with socket(strict):
                    break
            await asyncio.sleep(0.05)


def test_sockets_are_counted_by_caller_and_in_all() -> None:
    sockets = Sockets(SocketLimits(sockets=3, sockets_of_one=2))
    with sockets.one_more("a"), sockets.one_more("a"):
        assert not sockets.has_room("a")
        assert sockets.has_room("b")
        with sockets.one_more("b"):
            assert not sockets.has_room("c")
    assert (sockets.count, sockets.has_room("a")) == (0, True)


async def test_where_only_persisted_operations_are_executed_so_are_subscriptions(folder: Path, tmp_path: Path) -> None:
    """By their text or their hash; nothing else, and nothing of the schema is told."""
    file = tmp_path / "operations.json"
    file.write_text(json.dumps({hash_of(WATCH): WATCH}))
    with watching(folder, persisted_file=file, persisted_only=True, introspection=False) as service:
        async with SqliteStore(str(folder)) as store, socket(service) as client:
            for query, code in ((f"{WATCH} ", "OPERATION_NOT_ALLOWED"), ("subscription {", "OPERATION_NOT_ALLOWED")):
                await say(client, subscribe("bad", query))
                message = await hear(client)
                assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
            await say(client, subscribe("text"))
            asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(WATCH)}}}
            await say(client, {"type": "subscribe", "id": "hash", "payload": asked})
            await asyncio.sleep(0.5)
            await store.record_load(Load("persisted"))
            assert {(await hear(client))["id"] for _ in range(2)} == {"text", "hash"}
            await store.record_load(Load("persisted", LoadState.FINISHED))
    with watching(folder, introspection=False) as service:
        async with socket(service) as client:
            for query in ("subscription { load { id } }", "subscription { loads { ids } }"):
                await say(client, subscribe("bad", query))
                assert "Did you mean" not in (await hear(client))["payload"][0]["message"]


# -- who may come in ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"additional_headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"additional_headers": {"Host": "evil.example"}}, 400),
    ],
)
async def test_other_sites_and_hosts_are_refused(strict: Service, options: dict[str, Any], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(strict, hello=False, **options):
            pass
    assert refused.value.response.status_code == status


async def test_our_own_page_may(strict: Service) -> None:
    async with socket(strict, origin=strict.url):
        pass


async def test_where_there_are_tokens_a_socket_needs_one_as_long_as_it_is_valid(folder: Path, tmp_path: Path) -> None:
    token, other = "t" * 30, "o" * 30
    file = tmp_path / "tokens"
    file.write_text(f"ann:read:{digest_of(token)}\nbob:write:{digest_of(other)}\n")
    with watching(folder, tokens_file=file) as service:
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({"Authorization": f"Bearer {other}"}, 403),
        ):
            with pytest.raises(InvalidStatus) as refused:
                async with socket(service, hello=False, additional_headers=headers):
                    pass
            assert refused.value.response.status_code == status
        async with (
            SqliteStore(str(folder)) as store,
            socket(service, additional_headers={"Authorization": f"Bearer {token}"}) as client,
        ):
            await say(client, subscribe())
            await asyncio.sleep(1.5)
            await store.record_load(Load("tokens"))
            assert (await hear(client))["payload"]["data"]["loads"]["id"] == "tokens"
            file.write_text(f"bob:write:{digest_of(other)}\n")
            os.utime(file, (1, 1))
            await asyncio.sleep(1.5)
            await store.record_load(Load("tokens", LoadState.FINISHED))
            assert await closed(client) == (4403, "Forbidden")


async def test_only_graphql_has_a_socket(strict: Service) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with connect(strict.url.replace("http", "ws") + "/healthz", proxy=None) as client:
            await client.recv()


async def test_http_says_that_subscriptions_take_a_websocket(strict: Service) -> None:
    body = strict.ask("subscription { loads { id } }")
    assert "WebSocket" in body["errors"][0]["message"]
    assert websockets.__version__


async def test_the_service_ends_although_somebody_watches(folder: Path) -> None:
    with watching(folder) as service:
        client = await connect(service.url.replace("http", "ws") + "/graphql", proxy=None, subprotocols=[PROTOCOL])
        await say(client, {"type": "connection_init"})
        await hear(client)
        await say(client, subscribe())
    assert (await closed(client))[0] in {1001, 1012}


def test_limits_are_documented_with_their_values() -> None:
    text = (Path(__file__).parents[1] / "docs" / "graphql.md").read_text(encoding="utf-8")
    for sentence in (
        f"at most {SOCKET_LIMITS.sockets} sockets are open, {SOCKET_LIMITS.sockets_of_one} of one token or address",
        f"with {SOCKET_LIMITS.subscriptions} subscriptions each; a message has at most {MAX_MESSAGE_BYTES // 1024} KiB",
        f"and {SOCKET_LIMITS.messages} may come within {SOCKET_LIMITS.messages_s:g} seconds",
        f"`connection_init` must come within {SOCKET_LIMITS.init_s:g} seconds",
        f"a socket without a subscription is closed after {SOCKET_LIMITS.idle_s:g}",
        f"after {STALLED_S:g} seconds without a sign of life",
    ):
        assert sentence in text
