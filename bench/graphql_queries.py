"""What GraphQL queries cost on a made-up graph: milliseconds, statements sent to the store, entries handed out.

    python bench/graphql_queries.py [CONCEPTS RELATIONS]

A third of the relations are prerequisites. Also prints how long `/healthz` had to wait while the largest query ran in
the same process, over a socket.
"""

import asyncio
import gc
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx2

sys.path.insert(0, str(Path(__file__).parents[1]))

from api.app import create_app
from api.limits import LIMITS
from api.schema import Context, schema
from api.serving import COLLECT_AFTER
from api.settings import Settings
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from graph.sqlite_store import SqliteStore
from tests.api_service import serving

RELATIONS = "relations(first: 20) { edges { node { type source { id } target { id } evidence { text } } } }"


def made_up(concepts: int, relations: int) -> KnowledgeGraph:
    rng = random.Random(1)
    ids = [f"c{n}" for n in range(concepts)]
    others = [t for t in RelationType if t is not RelationType.PREREQUISITE_OF]
    rows = []
    for number in range(relations):
        first, then = sorted(rng.sample(range(concepts), 2))
        type_ = rng.choice(others) if number % 3 else RelationType.PREREQUISITE_OF
        said = (Evidence("made-up.md", number + 1, f"Sentence {number}.", "made-up"),)
        rows.append(Relation(ids[first], type_, ids[then], Origin.STATED, 0.8, said))
    source = Source("made-up.md", "markdown", "Made up", "0" * 64)
    return KnowledgeGraph.of([Concept(i, f"Concept {i}", (f"alias {i}",)) for i in ids], rows, [], [source])


def queries(concepts: int) -> dict[str, str]:
    last = f"c{concepts - 1}"
    return {
        "concept with 20 relations": f'{{ concept(id: "alias c7") {{ name {RELATIONS} }} }}',
        "100 concepts": "{ concepts(first: 100) { totalCount edges { node { id name } } } }",
        "100 concepts, 20 relations each": f"{{ concepts(first: 100) {{ edges {{ node {{ id {RELATIONS} }} }} }} }}",
        "neighborhood of 300": '{ neighborhood(ids: ["c7"], radius: 3, first: 300) { concepts { id name } '
        "relations { type source { id } target { id } } } }",
        "study path": f'{{ studyPath(targets: ["{last}"]) {{ steps {{ concept {{ id }} because {{ type }} }} }} }}',
        "frontier": '{ frontier(known: ["c1", "c5"]) { concept { id } unlocks { id } } }',
        "shortest path": f'{{ shortestPath(source: "c0", target: "{last}") {{ type source {{ id }} }} }}',
        "search": '{ search(query: "alias c7") { concept { id } } }',
    }


async def measure(folder: str, concepts: int, relations: int) -> None:
    async with SqliteStore(folder) as store:
        await store.upsert("made-up.md", made_up(concepts, relations))
        for name, query in queries(concepts).items():
            times = []
            for _ in range(5):
                context, before, start = Context(store), store.statements, time.perf_counter()
                result = await schema.execute(query, context_value=context)
                times.append((time.perf_counter() - start) * 1e3)
                assert not result.errors, result.errors
            rows = LIMITS.rows - context.rows.left
            print(f"{name:34} {min(times):8.1f} ms {store.statements - before:4} statements {rows:6} entries")


def waiting(folder: str, query: str) -> None:
    with serving(create_app(Settings(store=folder))) as service:
        body = {"query": query}
        asking = threading.Thread(target=lambda: httpx2.post(f"{service.url}/graphql", json=body, timeout=60))
        asking.start()
        waits = []
        while asking.is_alive():
            start = time.perf_counter()
            service.client.get("/healthz")
            waits.append((time.perf_counter() - start) * 1e3)
    print(f"{'/healthz meanwhile, at worst':34} {max(waits):8.1f} ms")


if __name__ == "__main__":
    gc.set_threshold(*COLLECT_AFTER)  # as the service does
    size = [int(word) for word in sys.argv[1:3]] or [487, 3_600]
    print(f"{size[0]} concepts, {size[1]} relations")
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(measure(temporary, *size))
        waiting(temporary, queries(size[0])["100 concepts, 20 relations each"])
