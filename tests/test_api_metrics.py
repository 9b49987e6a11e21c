"""/metrics: what is counted, under labels that nobody can make more of, and who may read it."""

import asyncio
import re
from pathlib import Path

import pytest
from graphql import parse
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.access import digest_of
from api.app import create_app
from api.metrics import Metrics, route_of
from api.schema.naming import operation_label
from api.settings import Settings
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, eventually, fill, serving

TOKEN = "natl_metrics-token-0123456789"


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample of ours by its name and the values of its labels."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("noteatlas") and not sample.name.endswith("_created"):
                found[sample.name, *sample.labels.values()] = sample.value
    return found


@pytest.fixture
async def measured(tmp_path: Path) -> Service:  # type: ignore[misc]
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
    with serving(create_app(Settings(store=str(tmp_path)))) as service:
        yield service


def read(service: Service) -> dict[tuple[str, ...], float]:
    response = service.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    return samples(response.text)


def test_requests_operations_errors_and_statements_are_counted(measured: Service) -> None:
    service = measured
    service.client.get("/")
    revision = [key for key in read(service) if key[0] == "noteatlas_revision_info"]
    assert len(revision) == 1
    before = read(service)[("noteatlas_store_statements_total",)]
    service.data('{ concept(id: "gqa") { id } }')
    service.data('query Named { a: concept(id: "gqa") { id } b: concept(id: "mha") { id } }')
    service.data("{ stats { concepts } relationTypes { type } }")
    service.data("{ __schema { queryType { name } } }")
    service.ask("{ nothing }")
    service.ask("{ " + "a: stats { concepts } " * 31 + "}")
    service.code('{ neighborhood(ids: ["kernel"]) { truncated } }')
    service.client.post("/graphql", json={"query": "{ __typename }"}, headers={"sec-fetch-site": "cross-site"})
    service.client.get("/wp-login.php")
    eventually(lambda: read(service)["noteatlas_in_flight",] == 1)  # the one that asks
    found = read(service)
    assert found["noteatlas_operation_seconds_count", "concept"] == 2
    assert found["noteatlas_operation_seconds_count", "several"] == 1
    assert found["noteatlas_operation_seconds_count", "introspection"] == 1
    assert found["noteatlas_operation_seconds_count", "other"] == 2
    assert found["noteatlas_operation_seconds_count", "neighborhood"] == 1
    assert found["noteatlas_errors_total", "GRAPHQL_INVALID", ""] == 1
    assert found["noteatlas_errors_total", "LIMIT_EXCEEDED", "aliases"] == 1
    assert found["noteatlas_errors_total", "AMBIGUOUS_NAME", ""] == 1
    assert found["noteatlas_errors_total", "CROSS_SITE", ""] == 1
    assert found["noteatlas_requests_total", "/graphql", "200"] == 7
    assert found["noteatlas_requests_total", "/graphql", "403"] == 1
    assert found["noteatlas_requests_total", "other", "404"] == 1
    assert found["noteatlas_store_statements_total",] > before
    assert found["noteatlas_request_seconds_bucket", "+Inf", "/graphql"] == 8


def test_no_client_can_make_more_series(measured: Service) -> None:
    service = measured
    read(service)
    service.ask("query Warm { stats { concepts } nothing }")
    service.client.get("/warm")
    size = len(read(service))
    for number in range(50):
        service.ask(f"query Op{number} {{ alias{number}: nothing{number} }}")
        service.client.get(f"/path{number}")
        service.client.get(f"/static/{number}.js")
    grown = read(service)
    # One route and one status more, for the files that there are not; nothing for each of the fifty.
    assert len(grown) - size < 30
    assert "Op1" not in str(grown)


async def test_sockets_are_counted_while_they_are_open_and_when_they_were(measured: Service) -> None:
    url = measured.url.replace("http", "ws") + "/graphql"
    async with connect(url, proxy=None, subprotocols=["graphql-transport-ws"]):  # type: ignore[list-item]
        await asyncio.to_thread(eventually, lambda: read(measured)["noteatlas_sockets",] == 1)
    key = ("noteatlas_requests_total", "/graphql", "101")
    await asyncio.to_thread(eventually, lambda: read(measured).get(key) == 1)
    found = read(measured)
    assert found["noteatlas_sockets",] == 0
    assert ("noteatlas_request_seconds_count", "/graphql") not in found
    with pytest.raises(InvalidStatus):
        await connect(url, proxy=None, origin="http://evil.example")  # type: ignore[arg-type]
    await asyncio.to_thread(eventually, lambda: ("noteatlas_requests_total", "/graphql", "403") in read(measured))
    assert read(measured)["noteatlas_errors_total", "CROSS_SITE", ""] == 1


def test_applications_have_metrics_of_their_own(tmp_path: Path) -> None:
    one, other = (Metrics(revision=lambda: None) for _ in range(2))
    one.requests.labels("/", "200").inc()
    assert samples(one.text().decode())["noteatlas_requests_total", "/", "200"] == 1
    assert ("noteatlas_requests_total", "/", "200") not in samples(other.text().decode())
    assert b"process_resident_memory_bytes" in one.text()


def test_refusals_are_counted_and_metrics_are_for_readers_and_this_machine(tmp_path: Path) -> None:
    settings = Settings(
        store=str(tmp_path),
        tokens=f"ann:read:{digest_of(TOKEN)},bob:write:{TOKEN}x",
        rate_per_s=0.01,
        rate_burst=8,
        trusted_proxies="127.0.0.1",
    )
    with serving(create_app(settings)) as service:
        forwarded = {"x-forwarded-for": "192.0.2.1"}
        assert service.client.get("/metrics", headers=forwarded).status_code == 401
        writer = {**forwarded, "authorization": f"Bearer {TOKEN}x"}
        assert service.client.get("/metrics", headers=writer).status_code == 403
        reader = {**forwarded, "authorization": f"Bearer {TOKEN}"}
        for _ in range(8):
            assert service.client.get("/metrics", headers=reader).status_code == 200
        assert service.client.get("/metrics", headers=reader).status_code == 429
        found = samples(service.client.get("/metrics").text)  # by someone on this machine
    codes = {key[1]: value for key, value in found.items() if key[0] == "noteatlas_errors_total"}
    assert codes == {"UNAUTHENTICATED": 1, "FORBIDDEN": 1, "RATE_LIMITED": 1}


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("{ concept }", None, "concept"),
        ("{ a: concept b: concept }", None, "concept"),
        ("{ concept stats }", None, "several"),
        ("{ concept __typename }", None, "concept"),
        ("{ __typename }", None, "introspection"),
        ("query A { concept } query B { stats }", "B", "stats"),
        ("query A { concept } query B { stats }", "C", "other"),
        ("{ ...F } fragment F on Query { ... { ...G } } fragment G on Query { stats }", None, "stats"),
        ("{ ...F } fragment F on Query { ...F }", None, "other"),
        ("{ ...F }", None, "other"),
        ("fragment F on Query { stats }", None, "other"),
    ],
)
def test_an_operation_is_called_after_what_it_asks_for(query: str, name: str | None, expected: str) -> None:
    assert operation_label(parse(query), name) == expected


def test_routes_are_a_fixed_few() -> None:
    paths = ["/", "/graphql", "/graphql/", "//", "/export.html", "/export", "/static/a/b", "/graphiql/x.js", "", "/é\n"]
    found = [route_of(path) for path in paths]
    assert found == ["/", "/graphql", "other", "other", "/export", "other", "/static", "/graphiql", "other", "other"]


def test_every_metric_is_documented() -> None:
    docs = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
    text = Metrics(revision=lambda: "r").text().decode()
    names = set(re.findall(r"^# TYPE (noteatlas_\w+) ", text, re.MULTILINE))
    names = {name for name in names if not name.endswith("_created")}
    assert len(names) == 8
    assert {name for name in names if f"`{name}`" not in docs} == set()
