"""How long a store takes for what it does most: `python -m bench.stores [--concepts N] [URL]`.

Makes a graph with a seed, in sources of 500 concepts with four relations and one passage for each concept, loads it,
and prints the median, the 95th percentile and the slowest of 200 questions, for the full size and for a tenth of it,
with the ratio of the medians: a question about a few concepts should not cost ten times as much in a store ten times as
large. Without a URL the store is a SQLite file in a temporary folder. The store at a URL must be empty, and is left
empty.
"""

import argparse
import asyncio
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable

from bench.graphs import HAN, make_sources
from graph.listing import ConceptFilter, ConceptOrder, Facet, OrderBy, Position
from graph.paths import prerequisite_graph, study_path
from graph.store import GraphStore, open_store

QUESTIONS = 200


async def timed(ask: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await ask()
    return time.perf_counter() - started


async def path_to(store: GraphStore, target: str) -> object:
    closure = await store.prerequisites_of([target])
    return study_path(prerequisite_graph(closure.relations), [target])


async def measure(store: GraphStore, concepts: int) -> dict[str, list[float]]:
    """Seconds by question."""
    sources = make_sources(concepts, seed=1)
    times = {"upsert a source (500 concepts)": [await timed(lambda p=p: store.upsert(p, sources[p])) for p in sources]}
    times["upsert it again, unchanged"] = [await timed(lambda p=p: store.upsert(p, sources[p])) for p in sources]
    choose = random.Random(2)
    picks = [f"c{choose.randrange(concepts)}" for _ in range(QUESTIONS)]
    questions: dict[str, Callable[[str], Awaitable[object]]] = {
        "one concept": lambda i: store.get([i]),
        "resolve a name": lambda i: store.resolve([i]),
        "a page of 20 concepts": lambda i: store.concepts(first=20, after=Position(0, i, i)),
        "a page of 20, by degree": lambda i: store.concepts(
            first=20, after=Position(-int(i[-1]), i, i), order=ConceptOrder(OrderBy.DEGREE)
        ),
        "a page of 20 where one can begin": lambda i: store.concepts(
            first=20, after=Position(0, i, i), where=ConceptFilter(has_prerequisites=False)
        ),
        "relations of one concept": lambda i: store.relations([i]),
        "neighbourhood, radius 1": lambda i: store.neighborhood([i], radius=1, first=200),
        "neighbourhood, radius 3, first 200": lambda i: store.neighborhood([i], radius=3, first=200),
        "closure of prerequisites": lambda i: store.prerequisites_of([i]),
        "study path": lambda i: path_to(store, i),
        "search two characters": lambda i: store.search(HAN[int(i[1:]) % 40 :][:2], first=10),
        "search a number": lambda i: store.search(i[1:], first=10),
        "search a number in passages": lambda i: store.search_passages(i[1:], first=10),
        "the revision": lambda _: store.revision(),
    }
    for name, ask in questions.items():
        times[name] = [await timed(lambda i=i, ask=ask: ask(i)) for i in picks]
    few: dict[str, Callable[[], Awaitable[object]]] = {
        "search a common word": lambda: store.search("gradient", first=10),
        "search one character": lambda: store.search("力", first=10),
        "search a common word, mistyped": lambda: store.search("gradeint", first=10),
        "search an unknown word": lambda: store.search("phlogiston", first=10),
        "search a common word in passages": lambda: store.search_passages("gradient", first=10),
        "counts": store.stats,
        "counts by kind": lambda: store.facet(Facet.KIND),
        "counts by the types of relations": lambda: store.facet(Facet.RELATION_TYPE),
        "the whole graph": store.graph,
    }
    for name, all_of_it in few.items():
        times[name] = [await timed(all_of_it) for _ in range(3)]
    sizes = [len((await store.prerequisites_of([i])).concepts) for i in picks]
    counts, load_s = await store.stats(), sum(times["upsert a source (500 concepts)"])
    print(
        f"{counts.concepts} concepts, {counts.relations} relations, loaded in {load_s:.1f} s; "
        f"closures of {statistics.median(sizes):.0f} concepts in the median, {max(sizes)} at most"
    )
    times["remove a source"] = [await timed(lambda p=p: store.remove([p])) for p in list(sources)[:4]]
    await store.remove(list(sources))
    return times


async def main(url: str, concepts: int) -> None:
    results = []
    for size in (concepts // 10, concepts):
        async with open_store(url) as store:
            if await store.count():
                raise SystemExit(f"{store!r} is not empty")
            results.append(await measure(store, size))
    small, large = results
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most {memory:.0f} MB of memory, the graph in it that was loaded")
    print(f"{'ms':36} {'median':>9} {'p95':>9} {'slowest':>9} {'ratio to 1/10 of the size':>27}")
    for name, times in large.items():
        middle = statistics.median(times)
        ratio = middle / statistics.median(small[name])
        p95 = sorted(times)[int(0.95 * (len(times) - 1))]
        print(f"{name:36} {middle * 1000:9.2f} {p95 * 1000:9.2f} {max(times) * 1000:9.2f} {ratio:27.1f}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("url", nargs="?", help="the store; a new SQLite file if left out")
    arguments.add_argument("--concepts", type=int, default=20_000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(given.url or folder, given.concepts))
