"""The service over sample graphs in an embedded store: `served`, and the fixtures `small`, `large` and `hostile`."""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from graph.model import KnowledgeGraph
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, serving
from tests.map_samples import hostile_graph, seeded_graph
from tests.samples import attention_graph, boosting_graph


def filled(folder: Path, graphs: Mapping[str, KnowledgeGraph]) -> str:
    """Fill a store in `folder` with `graphs` and return its URL."""

    async def fill() -> None:
        async with SqliteStore(str(folder)) as store:
            for path, graph in graphs.items():
                await store.upsert(path, graph)

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop may be running in this one
        thread.submit(asyncio.run, fill()).result()
    return str(folder)


@contextmanager
def served(folder: Path, graphs: Mapping[str, KnowledgeGraph]) -> Iterator[Service]:
    """Serve a store in `folder` that holds `graphs`."""
    with serving(create_app(Settings(store=filled(folder, graphs)))) as service:
        yield service


def together(*graphs: KnowledgeGraph) -> KnowledgeGraph:
    """Return everything of the graphs as one."""
    return KnowledgeGraph.of(
        (c for g in graphs for c in g.concepts),
        (r for g in graphs for r in g.relations),
        (p for g in graphs for p in g.passages),
        (s for g in graphs for s in g.sources),
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over the two sample graphs."""
    graphs = {"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()}
    with served(tmp_path_factory.mktemp("small"), graphs) as service:
        yield service


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over 420 concepts in topics, of which a map shows 300 at first."""
    with served(tmp_path_factory.mktemp("large"), {"study/notes.md": seeded_graph()}) as service:
        yield service


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over names that try to break out."""
    with served(tmp_path_factory.mktemp("hostile"), {"hostile.md": hostile_graph()}) as service:
        yield service
