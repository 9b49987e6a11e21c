"""What two hundred clients at once do to a service, and what they see when Neo4j goes away: `python -m bench.load`.

On each store (SQLite; Neo4j, started for this) it serves 5,000 concepts with 20,000 relations by `noteatlas serve`, and
lets `--clients` clients, each on a connection of its own, ask one question after the other for `--seconds`: a concept
with its reasons, pages, neighbourhoods, study paths, searches, and now and then the page itself. Another process asks
/healthz ten times a second. Then, on Neo4j alone, the clients go on while the server is killed and started again.

Prints requests a second, latencies, errors by code, and the resident memory of all processes of the service, each
second: how much it grew after the first ten. Exits 1 if there was an error while the store was there, if memory grew by
more than `GROWTH`, if a failure had no code or took longer than `PATIENCE_S`, if /readyz did not tell, or if requests
were not answered as before `RECOVERY_S` after Neo4j answered again. The clients share the machine with the service:
what is printed as a time is no more than an upper bound.

Needs Java 17 and Maven, or what of `tests/neo4j_server.py` they are kept in.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson

from bench.graphql_peer.data import HITS, make_sources, rare_word
from graph.store import open_store
from tests.faults.servers import OwnServer

GROWTH: Final = 0.05  # of the memory after ten seconds; allocators keep a little more for a while
PATIENCE_S: Final = 12.0  # the service ends a query after ten
RECOVERY_S: Final = 5.0
MAY_FAIL: Final = 0.01  # of the requests in a second, once the server that was away has recovered
WARM_S: Final = 10.0
JVM: Final = ("-Xms1g", "-Xmx1g", "-Dnoteatlas.pagecache.mebibytes=256")
PAUSE_S: Final = 0.05  # after a failure
PAGE_OF: Final = 200  # of so many requests one is for the page

QUERIES: Final[tuple[tuple[str, Callable[[random.Random, int], dict[str, Any]]], ...]] = (
    (
        """query ($id: ID!) { concept(id: $id) { name aliases relations(types: [PREREQUISITE_OF], direction: IN) {
        edges { node { source { name } evidence { text line } } } } } }""",
        lambda choose, concepts: {"id": f"c{choose.randrange(concepts)}"},
    ),
    (
        "query ($id: ID!) { concept(id: $id) { name prerequisites { name prerequisites { name } } unlocks { name } } }",
        lambda choose, concepts: {"id": f"c{choose.randrange(concepts)}"},
    ),
    (
        "query ($after: String) { concepts(first: 20, after: $after) { edges { node { id name kind } } } }",
        lambda _choose, _concepts: {"after": None},
    ),
    (
        "query ($word: String!) { search(query: $word, first: 10) { score matched concept { name } } }",
        lambda choose, concepts: {"word": rare_word(choose.randrange(concepts // HITS))},
    ),
    (
        "query ($id: ID!) { neighborhood(ids: [$id], first: 50) { truncated concepts { id } relations { type } } }",
        lambda choose, concepts: {"id": f"c{choose.randrange(concepts)}"},
    ),
    (
        "query ($id: ID!) { studyPath(targets: [$id]) { steps { concept { name } } cycles } }",
        lambda choose, _concepts: {"id": f"c{choose.randrange(400)}"},
    ),
    ("{ stats { concepts relations } }", lambda _choose, _concepts: {}),
)


@dataclass(slots=True)
class Seen:
    """What the clients saw: when each request ended, how long it took, and what came of it (empty: an answer).

    They ask until `until`.
    """

    until: float
    rows: list[tuple[float, float, str]] = field(default_factory=list)

    pages: list[float] = field(default_factory=list)

    def errors(self) -> Counter[str]:
        return Counter(what for _, _, what in self.rows if what)

    def report(self, elapsed_s: float) -> None:
        took = sorted(seconds for _, seconds, _ in self.rows)
        p50, p99 = (took[int(len(took) * part)] * 1000 for part in (0.5, 0.99))
        print(
            f"  {len(took)} requests, {len(took) / elapsed_s:.0f} a second; p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
            f"at most {took[-1]:.2f} s; {len(self.pages)} of them for the page, p50 "
            f"{statistics.median(self.pages or [0]):.1f} s; errors: {dict(self.errors()) or 'none'}",
            flush=True,
        )


# -- clients --------------------------------------------------------------------------------------------------------


class Client:
    """One connection, opened again when it is closed."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname, parts.port
        self.base = f"host: {parts.netloc}\r\naccept: application/json\r\n"
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, query: str, variables: dict[str, Any]) -> str:
        """Return the codes of the answer's errors, empty for none."""
        body = orjson.dumps({"query": query, "variables": variables})
        head = f"POST /graphql HTTP/1.1\r\n{self.base}content-type: application/json\r\ncontent-length: {len(body)}"
        status, answer = await self._exchange(f"{head}\r\n\r\n".encode() + body)
        try:
            errors = orjson.loads(answer).get("errors", [])
        except ValueError:
            return f"{status} without JSON"
        if not errors:
            return "" if status == 200 else f"{status} without errors"
        return "+".join(sorted({error.get("extensions", {}).get("code", f"{status} untyped") for error in errors}))

    async def page(self) -> str:
        """Return the status of the page, empty for 200."""
        status, _ = await self._exchange(f"GET / HTTP/1.1\r\n{self.base}\r\n".encode())
        return "" if status == 200 else f"page {status}"

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**22)
        assert self.reader is not None
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if (found := re.search(rb"\r\ncontent-length: *(\d+)", head)) is not None:
            return status, await self.reader.readexactly(int(found[1]))
        parts = []
        while size := int(await self.reader.readline(), 16):
            parts.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return status, b"".join(parts)

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


async def keep_asking(address: str, seed: int, concepts: int, seen: Seen) -> None:
    choose = random.Random(seed)
    client = Client(address)
    while time.monotonic() < seen.until:
        started = time.monotonic()
        is_page = choose.randrange(PAGE_OF) == 0
        try:
            async with asyncio.timeout(2 * PATIENCE_S):
                if is_page:
                    what = await client.page()
                else:
                    query, variables = choose.choice(QUERIES)
                    what = await client.ask(query, variables(choose, concepts))
        except (OSError, asyncio.IncompleteReadError) as error:
            what = f"connection: {type(error).__name__}"
            client.close()
        except TimeoutError:
            what = "no answer"
            client.close()
        ended = time.monotonic()
        seen.rows.append((ended, ended - started, what))
        if is_page:
            seen.pages.append(ended - started)
        if what:
            await asyncio.sleep(PAUSE_S)
    client.close()


async def ask_all(address: str, clients: int, concepts: int, seen: Seen) -> None:
    await asyncio.gather(*(keep_asking(address, seed, concepts, seen) for seed in range(clients)))


def watch_health(address: str, until: float, found: "multiprocessing.Queue[list[float]]") -> None:
    """Ask /healthz ten times a second, in a process of its own: a busy client must not look like a busy service."""
    took = []
    with httpx2.Client(base_url=address, timeout=30) as client:
        while time.monotonic() < until:
            started = time.monotonic()
            assert client.get("healthz").status_code == 200
            took.append(time.monotonic() - started)
            time.sleep(0.1)
    found.put(took)


@contextmanager
def healthy(address: str, seconds: float) -> Iterator[None]:
    found: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    process = multiprocessing.Process(target=watch_health, args=(address, time.monotonic() + seconds, found))
    process.start()
    yield
    took = sorted(found.get(timeout=60))
    process.join()
    p99 = took[int(len(took) * 0.99)] * 1000
    print(f"  /healthz, {len(took)} times: p50 {statistics.median(took) * 1000:.1f} ms, p99 {p99:.1f} ms", flush=True)


# -- the service ------------------------------------------------------------------------------------------------------


@contextmanager
def service(store: str, workers: int) -> Iterator[tuple[str, int]]:
    """Serve a store; yields the address and the process."""
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)], stderr=log, text=True, env={**os.environ, "NOTEATLAS_STORE": store}
        )
        try:
            end = time.monotonic() + 60
            while (found := re.search(r"http://\S+?/(?=\s|$)", _read(log))) is None:
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"the service did not start: {_read(log)}")
                time.sleep(0.05)
            yield found[0], process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _read(log: Any) -> str:
    log.seek(0)
    return str(log.read())


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and of all below it."""
    total, left = 0.0, [pid]
    while left:
        each = left.pop()
        with suppress(FileNotFoundError, ProcessLookupError):
            total += int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())[0]) / 1024
            for task in Path(f"/proc/{each}/task").iterdir():
                left += map(int, (task / "children").read_text().split())
    return total


@asynccontextmanager
async def weighed(pid: int) -> AsyncIterator[list[float]]:
    """Yield the memory, in MB, measured once a second for as long as the block lasts."""
    rows: list[float] = []

    async def weigh() -> None:
        while True:
            rows.append(resident_mb(pid))
            await asyncio.sleep(1)

    task = asyncio.create_task(weigh())
    try:
        yield rows
    finally:
        task.cancel()


# -- what is measured -------------------------------------------------------------------------------------------------


async def fill(store: str, concepts: int) -> None:
    async with open_store(store) as opened:
        for path, graph in make_sources(concepts):
            await opened.upsert(path, graph)


async def steady(store: str, name: str, *, clients: int, seconds: float, concepts: int, workers: int) -> bool:
    """Let the clients ask while nothing goes wrong; return whether all is well."""
    print(f"{name}, {clients} clients for {seconds:.0f} s, {workers} worker(s):", flush=True)
    with service(store, workers) as (address, pid), healthy(address, seconds):
        async with weighed(pid) as memory:
            seen = Seen(time.monotonic() + seconds)
            await ask_all(address, clients, concepts, seen)
    seen.report(seconds)
    late = memory[int(min(WARM_S, seconds / 2)) :]
    growth = statistics.linear_regression(range(len(late)), late).slope
    print(
        f"  memory: {memory[0]:.0f} MB before, {late[0]:.0f} MB after {WARM_S:.0f} s, {late[-1]:.0f} MB at the end, "
        f"at most {max(memory):.0f} MB; {growth:+.2f} MB a second after the first {WARM_S:.0f}; "
        f"every ten seconds: {' '.join(f'{mb:.0f}' for mb in memory[::10])}",
        flush=True,
    )
    return not seen.errors() and late[-1] <= late[0] * (1 + GROWTH)


async def interrupted(server: OwnServer, *, clients: int, concepts: int, workers: int) -> bool:
    """Kill Neo4j under the clients and start it again; return whether all is well."""
    print(f"Neo4j, {clients} clients, killed after 8 s and started again 8 s later, {workers} worker(s):", flush=True)
    ready: list[tuple[float, int]] = []

    async def watch_readiness(address: str) -> None:
        async with httpx2.AsyncClient(base_url=address, timeout=30) as client:
            while True:
                started = time.monotonic()
                ready.append((started, (await client.get("readyz")).status_code))
                await asyncio.sleep(0.25)

    with service(server.server.url, workers) as (address, _):
        readiness = asyncio.create_task(watch_readiness(address))
        seen = Seen(time.monotonic() + 600)
        asking = asyncio.create_task(ask_all(address, clients, concepts, seen))
        await asyncio.sleep(8)
        await asyncio.to_thread(server.stop)
        gone = time.monotonic()
        await asyncio.sleep(8)
        await asyncio.to_thread(server.begin)
        back = time.monotonic()
        seen.until = back + 20
        await asking
        readiness.cancel()
    failed = [(ended, took, what) for ended, took, what in seen.rows if what]
    untyped = {what for _, _, what in failed if not re.fullmatch(r"[A-Z_+]+|page 503", what)}
    last = max((ended for ended, _, _ in failed), default=back) - back
    slowest = max((took for _, took, _ in failed), default=0.0)
    told = [at for at, status in ready if status == 503]
    well = next((at for at, status in ready if at > back and status == 200), None)
    before = sum(ended < gone - 1 for ended, _, _ in failed)
    print(
        f"  {len(seen.rows)} requests; errors: {dict(seen.errors())}; before it was killed: {before}; "
        f"without a code: {untyped or 'none'}; slowest failure {slowest:.1f} s"
    )
    recovered = recovery_s(seen.rows, since=back, until=seen.until)
    print(
        f"  away for {back - gone:.1f} s; answered as before {recovered:.1f} s after its return; first answer "
        f"{min((e for e, _, what in seen.rows if e > back and not what), default=inf) - back:.1f} s, last failure "
        f"{last:+.1f} s after it"
    )
    print(f"  /readyz told that it was away after {told[0] - gone:.1f} s" if told else "  /readyz never told")
    print(
        f"  /readyz told that it was back after {well - back:.1f} s" if well else "  nor that it was back", flush=True
    )
    return not untyped and not before and slowest <= PATIENCE_S and bool(told and well) and recovered <= RECOVERY_S


def recovery_s(rows: list[tuple[float, float, str]], *, since: float, until: float) -> float:
    """Return the seconds from `since` to the second from which on requests are answered again, infinite for never.

    Answered again means that of those that end in it, and in each that follows, no more than one in a hundred fails,
    and that some end.
    """
    recovered = inf
    for second in reversed(range(int(until - since))):
        whats = [what for ended, _, what in rows if second <= ended - since < second + 1]
        if not whats or sum(map(bool, whats)) > MAY_FAIL * len(whats):
            break
        recovered = float(second)
    return recovered


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--concepts", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", choices=["sqlite", "neo4j", "interrupted"], action="append")
    given = parser.parse_args()
    wanted = given.only or ["sqlite", "neo4j", "interrupted"]
    of_all = {"clients": given.clients, "concepts": given.concepts, "workers": given.workers}
    well = True
    with tempfile.TemporaryDirectory(prefix="noteatlas-load-", ignore_cleanup_errors=True) as folder:
        if "sqlite" in wanted:
            store = f"{folder}/load.sqlite3"
            asyncio.run(fill(store, given.concepts))
            well &= asyncio.run(steady(store, "SQLite", seconds=given.seconds, **of_all))
        if {"neo4j", "interrupted"} & set(wanted):
            with OwnServer(Path(folder), JVM) as server:
                asyncio.run(fill(server.server.url, given.concepts))
                if "neo4j" in wanted:
                    well &= asyncio.run(steady(server.server.url, "Neo4j", seconds=given.seconds, **of_all))
                if "interrupted" in wanted:
                    well &= asyncio.run(interrupted(server, **of_all))
    print("all is well" if well else "NOT all is well")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
