"""What 1,000 objects with 6 scalars cost by GraphQL: processor ms of stock Strawberry and of this service, in turn.

    python -m bench.graphql_execution [ROUNDS]

All in one process, on concepts that are in memory: the store costs nothing here. "Stock" is Strawberry's schema class
with the same types and no extensions: no limits, nothing cached. Both execute the same text, so that caches hit.
Then each part of a request of ours alone. The ratios are the figures to believe; the rest depends on the machine.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import strawberry

import api.schema.ways
from api.schema import Context, schema
from api.schema.query import Query
from graph.model import Concept, ConceptKind
from graph.store import Subgraph

COUNT = 1_000
FIELDS = "id name kind definition document line"
QUERY = f'{{ neighborhood(ids: ["c0"], first: {COUNT}) {{ concepts {{ {FIELDS} }} }} }}'
SMALL = '{ neighborhood(ids: ["c0"], first: 1) { truncated } }'
KINDS = list(ConceptKind)
CONCEPTS = [
    Concept(f"c{n}", f"Concept {n}", (f"alias {n}",), KINDS[n % len(KINDS)], f"What {n} is.", "made-up.md", n + 1)
    for n in range(COUNT)
]


class InMemory:
    """As much of a store as the query asks for."""

    async def resolve(self, names: list[str]) -> dict[str, list[str]]:
        return {name: [name] for name in names}

    async def neighborhood(self, _: list[str], *, first: int, **__: object) -> Subgraph:
        return Subgraph(CONCEPTS[:first], [], truncated=False)


STORE: Any = InMemory()


async def stock(query: str) -> Any:
    return await STOCK.execute(query, context_value=Context(STORE, fast=False))


async def ours(query: str) -> Any:
    return await schema.execute(query, context_value=Context(STORE))


async def switched_off(query: str) -> Any:
    return await schema.execute(query, context_value=Context(STORE, fast=False))


async def cost(run: Callable[[], Awaitable[object]]) -> float:
    start = time.process_time()
    await run()
    return (time.process_time() - start) * 1e3


async def main(rounds: int) -> None:
    api.schema.ways.MAX_NEIGHBORHOOD = COUNT  # the service itself hands out 300 at once
    answers = [await way(QUERY) for way in (stock, ours, switched_off)]
    assert not answers[0].errors, answers[0].errors
    assert answers[0].data == answers[1].data == answers[2].data
    data = answers[0].data

    async def wrap() -> None:
        [api.schema.ways.Concept.of(concept) for concept in CONCEPTS]

    async def dump() -> None:
        orjson.dumps({"data": data})

    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "stock Strawberry": lambda: stock(QUERY),
        "ours, NOTEATLAS_FAST_EXECUTION=0": lambda: switched_off(QUERY),
        "ours": lambda: ours(QUERY),
        "of it: a request that asks for nothing": lambda: ours(SMALL),
        "of it: 1,000 wrapped as GraphQL types": wrap,
        "to come: orjson": dump,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):  # in turn, so that what else the machine does falls on all of them
        for name, run in ways.items():
            times[name].append(await cost(run))
    base = statistics.median(times["stock Strawberry"])
    print(f"{COUNT} objects x {len(FIELDS.split())} scalars, median (least) of {rounds} runs")
    for name, found in times.items():
        middle = statistics.median(found)
        print(f"{name:40} {middle:7.2f} ms ({min(found):6.2f})   stock costs {base / middle:6.1f} times as much")


STOCK = strawberry.Schema(query=Query)

if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
