"""Persisted operations: by hash, from a file that changes; only those, if that is said; and our own page meanwhile."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from api.app import create_app
from api.persisted import hash_of
from api.settings import Settings
from graph.errors import InputError
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, eventually, fill, serving
from tests.browser import watch
from tests.command_line import noteatlas
from viz.queries import page_queries

ONE = "query One($id: ID!) { concept(id: $id) { id } }"
COUNT = "{ stats { concepts } }"
OTHER = "{ stats { sources } }"
RESPONSE = "application/graphql-response+json"


def by_hash(text: str, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}, **more}


def content(*texts: str) -> str:
    return json.dumps({hash_of(text): text for text in texts})


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("persisted")
    async with SqliteStore(str(folder)) as store:
        await fill(store)
    (folder / "operations.json").write_text(content(ONE, COUNT), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lookups(folder: Path) -> Iterator[Service]:
    with serving(create_app(Settings(store=str(folder), persisted_file=folder / "operations.json"))) as service:
        yield service


@pytest.fixture(scope="module")
def only(folder: Path) -> Iterator[Service]:
    settings = Settings(
        store=str(folder), persisted_file=folder / "operations.json", persisted_only=True, introspection=False
    )
    with serving(create_app(settings)) as service:
        yield service


def code(service: Service, body: dict[str, Any], accept: str = RESPONSE) -> tuple[int, str]:
    response = service.client.post("/graphql", json=body, headers={"accept": accept})
    assert "data" not in response.json()
    return response.status_code, response.json()["errors"][0]["extensions"]["code"]


# -- by hash ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["lookups", "only"])
def test_an_operation_is_executed_by_its_hash(mode: str, request: pytest.FixtureRequest) -> None:
    service: Service = request.getfixturevalue(mode)
    expected = {"data": {"concept": {"id": "multi-query-attention"}}}
    variables = {"id": "mqa"}
    assert service.client.post("/graphql", json=by_hash(ONE, variables=variables)).json() == expected
    assert service.client.post("/graphql", json=by_hash(ONE, query=ONE, variables=variables)).json() == expected
    upper = by_hash(ONE, variables=variables)
    upper["extensions"]["persistedQuery"]["sha256Hash"] = hash_of(ONE).upper()
    assert service.client.post("/graphql", json=upper).json() == expected
    extensions = quote(json.dumps(by_hash(ONE)["extensions"]))
    url = f"/graphql?extensions={extensions}&variables={quote(json.dumps(variables))}"
    assert service.client.get(url, headers={"accept": "text/html, */*"}).json() == expected


@pytest.mark.parametrize("mode", ["lookups", "only"])
def test_what_cannot_be_looked_up_says_why_and_is_never_remembered(mode: str, request: pytest.FixtureRequest) -> None:
    service: Service = request.getfixturevalue(mode)
    for _ in range(2):
        assert code(service, by_hash(OTHER)) == (400, "PERSISTED_QUERY_NOT_FOUND")
        assert code(service, by_hash(OTHER), "application/json") == (200, "PERSISTED_QUERY_NOT_FOUND")
        assert code(service, by_hash(ONE, query=COUNT)) == (400, "PERSISTED_QUERY_MISMATCH")
        assert code(service, by_hash(ONE, query=COUNT), "application/json") == (400, "PERSISTED_QUERY_MISMATCH")
        service.client.post("/graphql", json=by_hash(OTHER, query=OTHER))


def test_any_other_text_is_executed_unless_only_persisted_ones_are(lookups: Service, only: Service) -> None:
    assert lookups.data(OTHER) == {"stats": {"sources": 2}}
    assert lookups.client.post("/graphql", json=by_hash(OTHER, query=OTHER)).status_code == 200
    assert only.data(COUNT) == {"stats": {"concepts": 55}}
    for body in ({"query": OTHER}, by_hash(OTHER, query=OTHER), {"query": COUNT + " "}, {"query": "{"}):
        assert code(only, body) == (400, "OPERATION_NOT_ALLOWED")
    assert code(only, {"query": OTHER}, "application/json") == (200, "OPERATION_NOT_ALLOWED")


@pytest.mark.parametrize(
    "asked",
    [1, "x", [], {}, {"version": 1}, {"version": 2, "sha256Hash": "a"}, {"version": 1, "sha256Hash": 5}],
)
def test_a_hash_that_is_none_is_a_bad_request(lookups: Service, asked: object) -> None:
    for query in ({}, {"query": COUNT}):
        assert code(lookups, {"extensions": {"persistedQuery": asked}, **query}) == (400, "BAD_REQUEST")


def test_without_a_file_a_client_is_told_to_send_its_query(service: Service) -> None:
    assert code(service, by_hash(OTHER)) == (400, "PERSISTED_QUERY_NOT_SUPPORTED")
    assert service.client.post("/graphql", json=by_hash(OTHER, query=OTHER)).json()["data"]
    assert code(service, by_hash(ONE, query=COUNT)) == (400, "PERSISTED_QUERY_MISMATCH")


def test_null_for_no_persisted_query_is_as_if_it_were_not_there(service: Service) -> None:
    body = {"query": COUNT, "extensions": {"persistedQuery": None}}
    assert service.client.post("/graphql", json=body).status_code == 200
    assert code(service, {"extensions": {"persistedQuery": None}}) == (400, "BAD_REQUEST")


def test_metrics_know_persisted_operations_by_their_names(lookups: Service) -> None:
    lookups.client.post("/graphql", json=by_hash(ONE, variables={"id": "mqa"}))
    lookups.client.post("/graphql", json={"query": "query Mine { stats { concepts } }"})
    eventually(lambda: 'operation="stats"' in lookups.client.get("/metrics").text)
    text = lookups.client.get("/metrics").text
    assert 'operation="One"' in text
    assert "Mine" not in text


# -- the file -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ("[]", "is not a JSON object from hashes to texts"),
        ('{"a": 1}', "is not a JSON object from hashes to texts"),
        (json.dumps({"abc": ONE}), "entry 1: 'abc' is not the SHA-256 of its text"),
        (content(ONE, "{"), "entry 2: Syntax Error"),
        (content("{ nothing }"), "entry 1: Cannot query field 'nothing'"),
        (content("mutation { load }"), "entry 1: "),
        (content("query A { __typename } query B { __typename }"), "there are 2 operations"),
        (content("fragment F on Query { __typename }"), "entry 1: "),
        (content("{ " + "a " * 1000 + "}"), "entry 1: "),
    ],
)
def test_a_file_that_cannot_be_used_fails_the_start_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "operations.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        create_app(Settings(store=str(tmp_path), persisted_file=file))
    assert str(caught.value).startswith(f"the file of operations {file}")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_is_read_again_when_it_changes(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "operations.json"
    file.write_text(content(ONE), encoding="utf-8")
    app = create_app(Settings(store=str(folder), persisted_file=file, persisted_only=True))
    with serving(app) as service:
        assert code(service, by_hash(COUNT)) == (400, "PERSISTED_QUERY_NOT_FOUND")
        for text in (content(COUNT), "{"):  # half a file changes nothing
            file.write_text(text, encoding="utf-8")
            app.state.persisted._watched._looked -= 2
            assert service.client.post("/graphql", json=by_hash(COUNT)).json() == {"data": {"stats": {"concepts": 55}}}
            assert code(service, by_hash(ONE)) == (400, "PERSISTED_QUERY_NOT_FOUND")
    (said,) = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert "what was read before stays in force" in said


def test_the_command_makes_the_file(tmp_path: Path) -> None:
    (tmp_path / "one.graphql").write_text(ONE, encoding="utf-8")
    (tmp_path / "count.graphql").write_text(COUNT, encoding="utf-8")
    (tmp_path / "wrong.graphql").write_text("{ nothing }", encoding="utf-8")
    made = noteatlas("persist", "one.graphql", "count.graphql", cwd=tmp_path)
    assert made.json == {hash_of(text): text for text in (ONE, COUNT)}
    (tmp_path / "operations.json").write_bytes(made.stdout)
    create_app(Settings(store=str(tmp_path), persisted_file=tmp_path / "operations.json"))
    refused = noteatlas("persist", "wrong.graphql", cwd=tmp_path)
    assert refused.status == 1
    assert refused.complaint.startswith("wrong.graphql: Cannot query field 'nothing'")


# -- the schema kept back -----------------------------------------------------------------------------------------


def test_the_schema_can_be_kept_back(folder: Path) -> None:
    with serving(create_app(Settings(store=str(folder), introspection=False))) as service:
        for query in (
            "{ __schema { types { name } } }",
            '{ __type(name: "Query") { name } }',
            "{ ...F } fragment F on Query { ... { a: __schema { types { name } } } }",
            "query A { stats { concepts } } query B { __schema { types { name } } }",
        ):
            name = "A" if "query A" in query else None
            assert code(service, {"query": query, "operationName": name}) == (400, "NO_INTROSPECTION")
        assert service.data("{ __typename stats { __typename } }")["__typename"] == "Query"
        for query in ("{ stat { concepts } }", "{ stats { concept } }", "{ concepts(firs: 1) { totalCount } }"):
            message = service.ask(query)["errors"][0]["message"]
            assert "Did you mean" not in message
            assert message.endswith(".")
        html = {"accept": "text/html"}
        assert service.client.get("/graphql", headers=html).status_code == 406
        assert service.client.get("/graphiql/page.js").status_code == 404
        refused = service.client.get("/graphql?query={__typename}")
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


# -- our own page -------------------------------------------------------------------------------------------------


def test_the_pages_queries_are_found_and_valid() -> None:
    texts = page_queries()
    assert len(texts) >= 10
    assert all(text.startswith(("query (", "mutation (")) for text in texts)
    assert not [text for text in texts if "$" + "{" in text]
    static = Path(__file__).parents[1] / "viz" / "static"
    asking = [
        path.name
        for path in static.glob("*.js")
        if re.search(r"(query|mutation) \(\$", path.read_text(encoding="utf-8"))
    ]
    assert asking == ["data.js"]


@pytest.mark.browser
async def test_the_map_works_where_only_persisted_operations_are_executed(only: Service, page: Page) -> None:
    seen = await watch(page)
    responses: list[Any] = []
    page.on("response", lambda r: responses.append(r) if r.url.endswith("/graphql") else None)
    await page.goto(f"{only.url}/?focus=gqa")
    await expect(page.get_by_role("heading", name="Grouped-Query Attention")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("attention")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Attention", exact=True)).to_be_visible()
    # Read only now: one that is still on its way when the page is closed would fail in the test after this one. What
    # the page itself no longer wants has no text.
    answers = [(r.status, await r.text() if await r.finished() is None else "") for r in responses]
    assert len([text for _, text in answers if text]) >= 3
    assert [status for status, _ in answers] == [200] * len(answers)
    assert not [text for _, text in answers if "errors" in text]
    assert seen.troubles() == []
