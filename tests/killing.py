"""Killing a program in the middle of loading: what a store is like afterwards."""

import asyncio
import random
import subprocess
import sys
import time

from graph.model import Concept, KnowledgeGraph, Relation, RelationType, merge
from graph.store import GraphStore, open_store

SOURCES = 40


def numbered(number: int) -> KnowledgeGraph:
    """A source of 30 concepts, of which it shares some with its neighbours."""
    ids = [f"n{row:04}" for row in range(20 * number, 20 * number + 30)]
    return KnowledgeGraph.of(
        (Concept(i, f"{i} of {number}", definition="some text " * 9) for i in ids),
        (Relation(a, RelationType.PREREQUISITE_OF, b) for a in ids[::3] for b in ids[1::5] if a < b),
    )


async def load(store: GraphStore) -> None:
    for number in range(SOURCES):
        await store.upsert(f"{number:02}.md", numbered(number))
        print(number, flush=True)


async def main(url: str) -> None:
    async with open_store(url) as store:
        await load(store)


def kill_while_loading(url: str, *, after_sources: int, then_s: float) -> int:
    """Load in another process, kill -9 it some time after it reported so many sources; return how many it reported."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killing", url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    reported = 0
    for line in process.stdout:
        reported = int(line) + 1
        if reported >= after_sources:
            break
    time.sleep(then_s)
    process.kill()
    reported += len(process.stdout.read().splitlines())
    process.stdout.close()
    assert process.wait() == -9, "it was done before it was killed"
    return reported


async def assert_whole(url: str, reported: int) -> None:
    """Every source that was reported is there, the next one as a whole or not at all, and loading goes on."""
    async with open_store(url) as store:
        graph = await store.graph()
        candidates = {
            count: merge({f"{number:02}.md": numbered(number) for number in range(count)})
            for count in (reported, reported + 1)
        }
        assert graph in candidates.values()
        await load(store)
        assert await store.graph() == merge({f"{number:02}.md": numbered(number) for number in range(SOURCES)})


def moments(count: int, *, seed: int) -> list[tuple[int, float]]:
    """Random (sources to wait for, seconds to wait then)."""
    choose = random.Random(seed)
    return [(choose.randrange(1, SOURCES // 2), choose.random() * 0.02) for _ in range(count)]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
