"""The application around GraphQL: start and stop, health, headers, and what is told of a failure, to whom."""

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.errors import ERRORS, redact, row_for
from api.middleware import HEADERS
from api.settings import Settings
from graph import errors
from graph.errors import AmbiguousName, NoteAtlasError, StoreBusy, StoreUnavailable, UnknownConcept
from graph.model import Concept, Passage
from graph.sqlite_store import SqliteStore
from graph.store import Stats
from tests.api_service import Service, fill, serving

SECRET = "hunter2"
PASSAGES = "{ concepts(first: 5) { edges { node { passages { text } } } } }"


class FailingStore(SqliteStore):
    """A real store some of whose answers fail, as its server or its code might."""

    async def stats(self) -> Stats:
        raise RuntimeError(f"cannot log in to neo4j://reader:{SECRET}@db:7687 with its password")

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        raise StoreUnavailable(f"neo4j://reader:{SECRET}@db.internal:7687 does not answer; start it")

    async def passages(self, ids: Sequence[str]) -> dict[str, list[Passage]]:
        raise StoreBusy("another process writes to /home/someone/notes.sqlite3")


@pytest.fixture(scope="module")
async def failing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    folder = str(tmp_path_factory.mktemp("failing"))
    app = create_app(Settings(store=folder, ready_timeout_s=0.2))

    def fail() -> None:
        raise RuntimeError(f"a page failed at bolt://reader:p@ss/{SECRET}@db")

    def unknown() -> None:
        raise UnknownConcept("x", ["y"])

    def ambiguous() -> None:
        raise AmbiguousName("x", ["a", "b"])

    def away() -> None:
        raise StoreUnavailable("db.internal is away")

    for page in (fail, unknown, ambiguous, away):
        app.add_api_route(f"/{page.__name__}", page)
    with serving(app) as service:
        async with FailingStore(folder) as store:
            await fill(store)
            app.state.store = store
            yield service


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


# -- failures -----------------------------------------------------------------------------------------------------


def test_an_exception_that_is_not_ours_is_masked_and_logged_once_with_the_requests_id(
    failing: Service, caplog: pytest.LogCaptureFixture
) -> None:
    response = failing.client.post("/graphql", json={"query": "{ stats { concepts } }"})
    request_id = response.headers["x-request-id"]
    error = response.json()["errors"][0]
    assert error["message"] == "internal error"
    assert error["extensions"] == {"code": "INTERNAL_ERROR", "requestId": request_id}
    assert error["path"] == ["stats"]
    for secret in (SECRET, "neo4j", "RuntimeError", "Traceback"):
        assert secret not in response.text
    (entry,) = logged(caplog)
    assert request_id in entry
    assert "RuntimeError: cannot log in to neo4j://reader:***@db:7687" in entry
    assert "Traceback" in entry
    assert SECRET not in entry


def test_a_failing_store_is_told_by_its_code_and_logged_without_its_password(
    failing: Service, caplog: pytest.LogCaptureFixture
) -> None:
    query = (
        '{ frontier(known: [], first: 5) { concept { id } unlocks { id } } nodes(ids: ["Q29uY2VwdDptaGE="]) { id } }'
    )
    response = failing.client.post("/graphql", json={"query": query})
    found = response.json()["errors"]
    assert {error["extensions"]["code"] for error in found} == {"STORE_UNAVAILABLE"}
    assert {error["message"] for error in found} == {"the store cannot be reached now; try again later"}
    assert "db.internal" not in response.text
    entries = logged(caplog)
    assert 1 <= len(entries) <= 2  # one for each of the two calls that failed, however many fields wait for them
    assert all(found[0]["extensions"]["requestId"] in entry for entry in entries)
    assert all("StoreUnavailable: neo4j://reader:***@db.internal:7687" in entry for entry in entries)


def test_a_busy_store_is_told_without_where_it_is(failing: Service, caplog: pytest.LogCaptureFixture) -> None:
    response = failing.client.post("/graphql", json={"query": PASSAGES})
    codes = [error["extensions"]["code"] for error in response.json()["errors"]]
    assert codes == ["STORE_BUSY"]
    assert "/home" not in response.text
    assert len(logged(caplog)) == 1


def test_a_page_that_fails_is_masked_and_logged_once_as_well(
    failing: Service, caplog: pytest.LogCaptureFixture
) -> None:
    response = failing.client.get("/fail")
    assert response.status_code == 500
    body = response.json()
    assert body == {
        "error": "internal error",
        "code": "INTERNAL_ERROR",
        "requestId": response.headers["x-request-id"],
    }
    (entry,) = logged(caplog)
    assert body["requestId"] in entry
    assert SECRET not in entry
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_a_page_that_fails_on_purpose_answers_by_the_table_of_errors(
    failing: Service, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = failing.client.get("/unknown")
    assert (unknown.status_code, unknown.json()["code"], unknown.json()["near"]) == (404, "UNKNOWN_CONCEPT", ["y"])
    assert "no concept is called 'x'" in unknown.json()["error"]
    ambiguous = failing.client.get("/ambiguous")
    assert (ambiguous.status_code, ambiguous.json()["ids"]) == (409, ["a", "b"])
    assert logged(caplog) == []
    away = failing.client.get("/away")
    assert (away.status_code, away.json()["code"]) == (503, "STORE_UNAVAILABLE")
    assert "internal" not in away.text
    assert len(logged(caplog)) == 1


def test_every_error_of_the_tree_has_a_code_of_its_own_and_a_status() -> None:
    classes = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, NoteAtlasError)]
    assert set(classes) == set(ERRORS)
    assert len({row.code for row in ERRORS.values()}) == len(ERRORS)
    assert all(400 <= row.status < 600 for row in ERRORS.values())
    assert all(row.sentence or issubclass(cls, errors.InputError) for cls, row in ERRORS.items())


def test_an_error_of_a_new_kind_is_told_as_its_nearest_ancestor() -> None:
    class DiskFull(errors.StoreError):
        pass

    assert row_for(DiskFull("x")).code == "STORE_FAILED"
    assert row_for(KeyError("x")).code == "INTERNAL_ERROR"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("neo4j://a:b@c", "neo4j://a:***@c"),
        ("bolt+s://a:b@c@d/e@f now", "bolt+s://a:***@f now"),
        ("see http://localhost:7474/browser", "see http://localhost:7474/browser"),
        ("a:b@c", "a:b@c"),
        ("x://:b@c and y://d:e@f", "x://:***@c and y://d:***@f"),
    ],
)
def test_passwords_of_urls_are_struck_out(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("kind", [StoreUnavailable, StoreBusy, errors.StoreError, errors.InvalidStoreUrl])
def test_a_stores_error_holds_no_password_of_a_url_whoever_makes_it(kind: type[errors.StoreError]) -> None:
    error = kind(f"neo4j://reader:{SECRET}@db:7687 does not answer")
    for told in (str(error), repr(error), repr(error.args), repr(pickle.loads(pickle.dumps(error)))):
        assert SECRET not in told
        assert "neo4j://reader:***@db:7687" in told


# -- health -------------------------------------------------------------------------------------------------------


def test_a_service_with_a_store_is_healthy_and_ready(service: Service) -> None:
    assert service.client.get("/healthz").status_code == 200
    assert service.client.get("/readyz").json() == {"ready": True}


def test_a_service_whose_store_is_away_is_healthy_but_not_ready_and_says_why(failing: Service) -> None:
    assert failing.client.get("/healthz").status_code == 200
    response = failing.client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "reason": "the store cannot be reached now; try again later"}


async def test_a_store_that_does_not_answer_in_time_is_not_ready(tmp_path: Path) -> None:
    class HangingStore(SqliteStore):
        async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
            await asyncio.sleep(30)
            return {}

    app = create_app(Settings(store=str(tmp_path), ready_timeout_s=0.1))
    with serving(app) as service:
        app.state.store = HangingStore(str(tmp_path))
        response = service.client.get("/readyz", timeout=5)
    assert (response.status_code, response.json()["reason"]) == (503, "the store does not answer in time")


# -- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/graphql?query={__typename}", "/healthz", "/readyz", "/nowhere", "/graphql"])
def test_every_response_has_an_id_and_keeps_browsers_careful(service: Service, path: str) -> None:
    first, second = service.client.get(path), service.client.get(path)
    assert len({first.headers["x-request-id"], second.headers["x-request-id"]}) == 2
    assert {name: first.headers[name] for name in HEADERS} == HEADERS
    assert "frame-ancestors 'none'" in first.headers["content-security-policy"]
    assert first.headers["x-content-type-options"] == "nosniff"


def test_an_answer_over_peoples_notes_is_not_kept_by_caches(service: Service) -> None:
    assert service.client.get("/graphql?query={__typename}").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/graphiql/../app.py", "/graphiql/%2e%2e/app.py"])
def test_pages_that_load_from_elsewhere_and_files_that_are_none_are_not_served(service: Service, path: str) -> None:
    assert service.client.get(path).status_code == 404


# -- start and stop -----------------------------------------------------------------------------------------------


async def lifespan(app: FastAPI) -> list[dict[str, Any]]:
    """Run an application's lifespan as a server does; return what it sent."""
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    return sent


async def test_a_store_that_cannot_be_opened_stops_the_start_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.sqlite3"
    file.write_text("this is no database, " * 100)
    app = create_app(Settings(store=str(file)))
    (failed,) = await lifespan(app)
    assert failed["type"] == "lifespan.startup.failed"
    assert "notes.sqlite3" in failed["message"]
    assert "\n" not in failed["message"]
    assert str(app.state.start_failure) == failed["message"]


async def test_the_store_is_open_from_start_to_stop(tmp_path: Path) -> None:
    app = create_app(Settings(store=str(tmp_path)))
    sent = await lifespan(app)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(errors.StoreError):
        await app.state.store.get(["a"])


def test_the_environment_is_not_read_and_nothing_is_opened_by_importing(tmp_path: Path) -> None:
    program = "import api.app, api.schema, api.http; print([n for n in vars(api.app) if n in ('app', 'settings')])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NOTEATLAS_PORT": "no number", "NOTEATLAS_STORE": str(tmp_path / "store")},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
    assert list(tmp_path.iterdir()) == []
