"""The service over a real Neo4j server answers what it answers over SQLite."""

import socket
import time

import pytest

from api.app import create_app
from api.settings import Settings
from graph.store import open_store
from tests.api_service import Service, fill, serving
from tests.test_api_graphiql import DOCUMENTED, EXAMPLES

pytestmark = pytest.mark.neo4j


async def test_the_service_over_neo4j_answers_what_it_answers_over_sqlite(
    empty_neo4j_url: str, disposable: Service
) -> None:
    async with open_store(empty_neo4j_url) as store:
        await fill(store)
    with serving(create_app(Settings(store=empty_neo4j_url))) as over_neo4j:
        assert over_neo4j.client.get("/readyz").json() == {"ready": True}
        for query in [*EXAMPLES, *DOCUMENTED]:
            answers = [service.data(query) for service in (over_neo4j, disposable)]
            for decided in (answer["decide"]["decision"] for answer in answers if "decide" in answer):
                del decided["id"], decided["time"]
            assert answers[0] == answers[1]


async def test_a_port_that_accepts_and_never_answers_fails_the_start_within_8_seconds() -> None:
    """Nothing of the URL's password is in the reason."""
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"bolt://neo4j:hunter2@127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        await create_app(Settings(store=url))({"type": "lifespan", "state": {}}, receive, send)  # type: ignore[arg-type]
    assert time.monotonic() - start < 8
    assert sent[0]["type"] == "lifespan.startup.failed"
    assert "hunter2" not in str(sent[0]["message"])
    assert "\n" not in str(sent[0]["message"])
