"""Four questions to our service, to @neo4j/graphql and to the bare driver: `python -m bench.graphql_peer`.

Starts Neo4j, puts 20,000 concepts with 80,000 relations into it, and asks in turn, one at a time:

* the asynchronous driver, with a statement written by hand, in this process (`execute_query`, and `session.run`);
* `noteatlas serve` on that database, and on the same graph in a SQLite file, over HTTP;
* @neo4j/graphql on Apollo Server, on that database, over HTTP.

First all have to give the same answers. Then each question is asked of each of them so many times, in an order that
chance makes anew every time, with ever new ids and words. Prints medians and 95th percentiles in milliseconds, and the
ratios of the medians. With `--check` it exits 1 if one of the bounds that the project has set itself is missed: at most
1.5 times the driver, at most 0.6 times the peer, at most 2.5 ms on SQLite.

Needs Java 17 and Maven, or what of `tests/neo4j_server.py` they are kept in, and Node 20 with npm.
"""

import argparse
import asyncio
import gc
import random
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import neo4j

from bench.graphql_peer.asking import Asked, Managed, Ours, Peer, Plain, connected
from bench.graphql_peer.data import make_sources
from bench.graphql_peer.questions import QUESTIONS
from bench.graphql_peer.servers import our_service, peer_service, server
from graph.store import open_store
from tests.neo4j_server import Server

DRIVER, PLAIN, OURS, PEER, SQLITE = "driver", "session.run", "ours", "peer", "ours, SQLite"
AT_MOST = {DRIVER: 1.5, PEER: 0.6}  # of the medians of these, for ours
SQLITE_MS = 2.5
COMPARED = 50  # askings of each question whose answers are compared

Times = dict[str, dict[str, list[float]]]  # seconds, by question and by who was asked


async def fill(store: str, concepts: int) -> None:
    async with open_store(store) as opened:
        for path, graph in make_sources(concepts):
            await opened.upsert(path, graph)
        counts = await opened.stats()
        print(f"{counts.concepts} concepts, {counts.relations} relations in {opened!r}", flush=True)


async def compare(asked: dict[str, Asked], concepts: int) -> None:
    """Exit unless all give the same answers."""
    choose = random.Random(1)
    for question in QUESTIONS:
        for _ in range(COMPARED):
            variables = question.variables(choose, concepts)
            answers = {
                name: question.compared(each.data(question, await each.ask(question, variables)))
                for name, each in asked.items()
            }
            for name, answer in answers.items():
                if answer != answers[OURS]:
                    sys.exit(f"{question.name} {variables}: {name} answers {answer}, we answer {answers[OURS]}")
    print(f"{COMPARED} askings of each question: {', '.join(asked)} give the same answers", flush=True)


async def measure(asked: dict[str, Asked], concepts: int, *, warm: int, rounds: int) -> Times:
    choose = random.Random(2)
    times: Times = {question.name: {name: [] for name in asked} for question in QUESTIONS}
    gc.freeze()
    for number in range(warm + rounds):
        for question in QUESTIONS:
            variables = question.variables(choose, concepts)
            for name in choose.sample(list(asked), len(asked)):
                started = time.perf_counter()
                await asked[name].ask(question, variables)
                if number >= warm:
                    times[question.name][name].append(time.perf_counter() - started)
    return times


async def ask_all(database: Server, addresses: dict[str, str], arguments: argparse.Namespace) -> Times:
    driver = neo4j.AsyncGraphDatabase.driver(
        database.address,
        auth=(database.user, database.password),
        notifications_min_severity="OFF",
        telemetry_disabled=True,
    )
    async with driver, AsyncExitStack() as stack:
        asked: dict[str, Asked] = {DRIVER: Managed(driver), PLAIN: Plain(driver)}
        for name, address in addresses.items():
            asked[name] = await stack.enter_async_context(connected(Peer if name == PEER else Ours, address))
        await compare(asked, arguments.concepts)
        return await measure(asked, arguments.concepts, warm=arguments.warm, rounds=arguments.rounds)


def report(times: Times) -> bool:
    """Print the figures; tell whether all bounds are kept."""
    kept = True
    for question, of_each in times.items():
        middle = {name: statistics.median(taken) * 1000 for name, taken in of_each.items()}
        print(f"\n{question}\n  {'ms':14}{'p50':>8}{'p95':>8}{'ours to it':>12}{'at most':>9}")
        for name, taken in of_each.items():
            p95 = sorted(taken)[int(0.95 * (len(taken) - 1))] * 1000
            line = f"  {name:14}{middle[name]:8.2f}{p95:8.2f}"
            if name == SQLITE:
                missed = middle[name] > SQLITE_MS
                line += f"{'':12}{SQLITE_MS:6.1f} ms"
            else:
                ratio = middle[OURS] / middle[name]
                missed = ratio > AT_MOST.get(name, ratio)
                line += f"{ratio:12.2f}" if name != OURS else ""
                line += f"{AT_MOST[name]:9.1f}" if name in AT_MOST else ""
            print(line + ("  missed" if missed else ""))
            kept = kept and not missed
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--concepts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=500, help="how often each is asked each question")
    parser.add_argument("--warm", type=int, default=1_000, help="how often before that, without counting")
    parser.add_argument("--check", action="store_true", help="exit 1 if a bound is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = str(Path(folder) / "bench.sqlite3")
        database = stack.enter_context(server())
        for store in (file, database.url):
            asyncio.run(fill(store, arguments.concepts))
        addresses = {
            OURS: stack.enter_context(our_service(database.url)),
            PEER: stack.enter_context(peer_service(database)),
            SQLITE: stack.enter_context(our_service(file)),
        }
        times = asyncio.run(ask_all(database, addresses, arguments))
    return int(not report(times) and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
