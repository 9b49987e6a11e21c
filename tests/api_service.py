"""The service for tests: an application on a real socket, and a store that holds the sample graphs."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from api.patience import patient_protocol
from api.schema import Context, schema
from api.serving import WEB_SOCKETS
from graph.model import Concept, ConceptKind, KnowledgeGraph
from graph.sqlite_store import SqliteStore
from graph.store import GraphStore
from tests.samples import attention_graph, boosting_graph

__all__ = ["Counting", "Service", "answer", "eventually", "fill", "serving"]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address, and a client that keeps its connection."""

    url: str
    client: httpx2.Client

    def ask(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """Post a query, expect 200, return the response's JSON."""
        response = self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    def data(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Post a query that must not fail; return its data."""
        body = self.ask(query, variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    def code(self, query: str, variables: dict[str, Any] | None = None) -> str:
        """Post a query that must fail; return the code of its first error."""
        return self.ask(query, variables)["errors"][0]["extensions"]["code"]


@contextmanager
def serving(app: FastAPI) -> Iterator[Service]:
    """Serve `app` on a free port, in a thread, until the block ends."""
    protocol = patient_protocol(app.state.settings.receive_timeout_s)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, lifespan="on", http=protocol, proxy_headers=False, **WEB_SOCKETS)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx2.Client(base_url=url, timeout=30) as client:
            yield Service(url, client)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the service did not stop"


def eventually(condition: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait until `condition` holds: what a service notes of a request, it may note after the answer has arrived."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it never became true"
        time.sleep(0.005)


def namesakes_graph() -> KnowledgeGraph:
    """Two concepts with one name, and forty with nothing but a name, for pages."""
    twins = [Concept("kernel-svm", "Kernel", ("核函数",)), Concept("kernel-os", "Kernel")]
    return KnowledgeGraph.of(
        [*twins, *(Concept(f"tool-{i:02}", f"Tool {i:02}", kind=ConceptKind.TOOL) for i in range(40))]
    )


async def fill(store: GraphStore) -> None:
    """Put the sample graphs into an open store."""
    await store.upsert("attention.md", attention_graph())
    await store.upsert("trees/boosting.txt", boosting_graph())
    await store.upsert("namesakes.json", namesakes_graph())


class Counting:
    """A store that counts how often each of its methods is called, and is the real store otherwise."""

    def __init__(self, store: SqliteStore) -> None:
        self.calls: Counter[str] = Counter()
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return await method(*args, **kwargs)

        return counted


async def answer(store: Any, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """Execute a query that must not fail on a store, without HTTP; return its data."""
    result = await schema.execute(query, variable_values=variables, context_value=Context(store))
    assert not result.errors, result.errors
    assert result.data is not None
    return result.data
