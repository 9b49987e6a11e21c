"""How often someone may ask: buckets, whose they are, and what a request that comes too often is told."""

import asyncio
import logging
import threading
from collections.abc import Sequence

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access import digest_of
from api.app import create_app
from api.callers import Caller, Callers
from api.rates import Rates
from api.settings import Settings
from graph.model import Concept
from graph.sqlite_store import SqliteStore
from tests.api_service import serving

TOKEN = "natl_a-token-for-the-rates-0123"
ASK = {"query": "{ __typename }"}


# -- buckets ------------------------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    rates = Rates(2.0, 3)
    assert [rates.take("a", 0.0) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert [rates.take("a", 0.5) for _ in range(2)] == [0, 1]
    assert [rates.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 1]
    assert rates.take("b", 0.0) == 0


def test_a_slow_bucket_says_how_long_to_wait() -> None:
    rates = Rates(0.1, 1)
    assert [rates.take("a", t) for t in (0.0, 0.0, 4.0, 9.9, 10.0)] == [0, 10, 6, 1, 0]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    rates = Rates(1.0, 1)
    assert [rates.take("a", t) for t in (10.0, 5.0, 0.0)] == [0, 1, 1]


def test_nothing_is_limited_or_remembered_without_a_rate() -> None:
    rates = Rates(0.0, 1)
    assert {rates.take("a", 0.0) for _ in range(1000)} == {0}
    assert len(rates) == 0


def test_memory_is_bounded_and_whoever_came_last_is_remembered() -> None:
    rates = Rates(1.0, 1, kept=100)
    for number in range(10_000):
        rates.take(str(number), 0.0)
        rates.take("busy", 0.0)
    assert len(rates) == 100
    assert rates.take("busy", 0.0) == 1


@given(
    st.lists(st.floats(0, 3), max_size=60),
    st.floats(0.1, 50),
    st.integers(1, 20),
)
def test_no_more_than_the_burst_and_the_rate_ever_passes(gaps: list[float], per_s: float, burst: int) -> None:
    rates, now, passed = Rates(per_s, burst), 0.0, 0
    for gap in gaps:
        now += gap
        wait = rates.take("a", now)
        passed += not wait
        assert passed <= burst + per_s * now + 1e-6
        if wait:
            assert rates.take("a", now + wait) == 0
            passed += 1
            now += wait


# -- callers ------------------------------------------------------------------------------------------------------


def caller(peer: str | None, trusted: Sequence[str] = (), **headers: str) -> Caller:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "scheme": "http", "client": (peer, 1) if peer else None, "headers": named}
    return Callers(Settings(trusted_proxies=tuple(trusted)).proxies).of(scope)


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "expected"),
    [
        ("192.0.2.1", (), None, "192.0.2.1"),
        ("192.0.2.1", (), "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", (), "198.51.100.7", "127.0.0.1"),
        ("127.0.0.1", ("127.0.0.1",), "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", ("127.0.0.1",), "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", ("127.0.0.1", "10.0.0.0/8"), "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", ("127.0.0.1",), "198.51.100.7:5123", "198.51.100.7"),
        ("127.0.0.1", ("127.0.0.1",), "198.51.100.7, nonsense", "127.0.0.1"),
        ("127.0.0.1", ("127.0.0.1",), "", "127.0.0.1"),
        ("127.0.0.1", ("127.0.0.1",), None, "127.0.0.1"),
        ("::1", ("::1",), "[2001:db8:1:2:3::4]:99", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::1", (), None, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", (), None, "192.0.2.1"),
        ("fe80::1%eth0", (), None, "fe80::/64"),
        (None, (), None, "unknown"),
        ("socket", (), None, "unknown"),
    ],
)
def test_an_address_is_the_connections_unless_a_proxy_that_is_trusted_says_another(
    peer: str | None, trusted: Sequence[str], forwarded: str | None, expected: str
) -> None:
    headers = {} if forwarded is None else {"x_forwarded_for": forwarded}
    assert caller(peer, trusted, **headers).address == expected


def test_https_and_being_local_are_believed_of_those_who_can_know() -> None:
    assert caller("127.0.0.1").is_local
    assert caller("::1").is_local
    for headers in ({"x_forwarded_for": "192.0.2.1"}, {"via": "1.1 proxy"}, {"forwarded": "for=192.0.2.1"}):
        assert not caller("127.0.0.1", **headers).is_local
        assert not caller("127.0.0.1", ["127.0.0.1"], **headers).is_local
    assert not caller("192.0.2.1").is_local
    assert not caller("192.0.2.1", x_forwarded_proto="https").is_https
    assert caller("192.0.2.1", ["192.0.2.0/24"], x_forwarded_proto="https").is_https


# -- requests -----------------------------------------------------------------------------------------------------


def test_a_token_and_an_address_have_rates_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = str(tmp_path_factory.mktemp("rates"))
    settings = Settings(
        store=folder, tokens=f"ann:read:{digest_of(TOKEN)}", rate_per_s=0.01, rate_burst=3, trusted_proxies="127.0.0.1"
    )
    holder = {"authorization": f"Bearer {TOKEN}"}
    with serving(create_app(settings)) as service:

        def status(**headers: str) -> int:
            return service.client.post("/graphql", json=ASK, headers=headers).status_code

        assert [status(**holder) for _ in range(4)] == [200, 200, 200, 429]
        # The address from which it came has a bucket of its own, which guessing empties.
        guesses = [status(authorization=f"Bearer {TOKEN}{n}") for n in range(4)]
        assert guesses == [401, 401, 401, 429]
        others = {"x-forwarded-for": "198.51.100.7"}
        assert [status(**others) for _ in range(4)] == [401, 401, 401, 429]
        refused = service.client.post("/graphql", json=ASK, headers=holder)
        assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert 90 <= int(refused.headers["retry-after"]) <= 100
        assert refused.headers["cache-control"] == "no-store"
        page = service.client.get("/", headers={"accept": "text/html", **holder})
        assert (page.status_code, "<h1" in page.text) == (429, True)
        assert all(service.client.get("/healthz").status_code == 200 for _ in range(20))


@pytest.mark.parametrize(("host", "limited"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_rate_holds_by_default_where_other_machines_are_served(
    tmp_path_factory: pytest.TempPathFactory, host: str, limited: bool
) -> None:
    folder = str(tmp_path_factory.mktemp("default-rate"))
    with serving(create_app(Settings(store=folder, host=host, rate_burst=5))) as service:
        statuses = {service.client.post("/graphql", json=ASK).status_code for _ in range(40)}
    assert statuses == ({200, 429} if limited else {200})


class HeldStore(SqliteStore):
    """A real store that answers when it is let."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.arrived = threading.Semaphore(0)
        self.let = threading.Event()

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        self.arrived.release()
        await asyncio.to_thread(self.let.wait, 60)
        return await super().get(ids)


async def test_more_than_can_be_worked_on_at_once_is_told_to_come_back(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    folder = str(tmp_path_factory.mktemp("busy"))
    app = create_app(Settings(store=folder, max_in_flight=3, ready_timeout_s=60))
    with serving(app) as service:
        async with HeldStore(folder) as store, httpx2.AsyncClient(base_url=service.url, timeout=60) as client:
            app.state.store = store
            asked = [asyncio.create_task(client.get("/readyz")) for _ in range(3)]
            for _ in asked:
                assert await asyncio.to_thread(store.arrived.acquire, timeout=60)
            refused = await client.get("/readyz")
            assert refused.status_code == 503
            assert refused.json()["code"] == "OVERLOADED"
            assert refused.headers["retry-after"] == "1"
            assert (await client.get("/healthz")).status_code == 200
            store.let.set()
            assert [(await answer).status_code for answer in asked] == [200] * 3
            assert (await client.get("/readyz")).status_code == 200
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
