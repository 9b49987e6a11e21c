"""What a hundred hostile requests cost a running service, and whether it stays well meanwhile.

    python -m bench.hostile

Starts `noteatlas serve` on the sample notes in a temporary store, sends it each of the bodies and queries of
`tests/test_api_http.py` and some that are made to be expensive, one after another, and asks /healthz all the while.
Prints the answers by status, the processor time of the service per request (the greatest with its name) and how long
/healthz took. Exits 1 if an answer is a 5xx. Other programs on the machine disturb the times.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2

from tests.test_api_http import HOSTILE, MALICE

TICKS = os.sysconf("SC_CLK_TCK")
REPEATS = 5  # the clock of /proc has ten milliseconds


def expensive() -> dict[str, bytes]:
    """Requests that look small."""
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    nested = "{ a " * 150 + "}" * 150
    queries = {
        "fragments that double": f"{{ ...F0 }} {doubling} fragment F60 on Query {{ __typename }}",
        "hundreds of aliases": "{ " + " ".join(f"a{n}: stats {{ concepts }}" for n in range(160)) + " }",
        "hundreds of fields": "{ " + "stats { concepts } " * 240 + "}",
        "directives": "{ __typename " + "@skip(if: false) " * 140 + "}",
        "nested": nested,
        "pages of pages": "{ concepts(first: 100) { edges { node { relations(first: 100) { edges { node { target { "
        "relations(first: 100) { totalCount } } } } } } } } }",
        "a page beyond all": "{ concepts(first: 1000000) { totalCount } }",
        "introspection of itself": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "a large name": '{ concept(id: "' + "a" * 200_000 + '") { id } }',
        "a search of everything": '{ search(query: "' + "a b c d e f g h " * 200 + '", first: 100) { score } }',
        "one letter": '{ search(query: "a", first: 100) { score concept { relations(first: 100) { totalCount } } } }',
        "overlapping fields": "{ "
        + " ".join("...on Query { x: stats { concepts sources } }" for _ in range(90))
        + " }",
    }
    bodies = {name: json.dumps({"query": query}).encode() for name, query in queries.items()}
    bodies["large variables"] = json.dumps({"query": "{ __typename }", "variables": {"a": ["x"] * 60_000}}).encode()
    bodies["too large"] = b'{"query": "' + b" " * 300_000 + b'"}'
    for size in range(12):
        body = {
            "query": "query($n: [ID!]!) { neighborhood(ids: $n) { truncated } }",
            "variables": {"n": ["a"] * 2**size},
        }
        bodies[f"{2**size} names"] = json.dumps(body).encode()
    return bodies


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def main() -> int:
    requests = {**HOSTILE, **{n: json.dumps({"query": q}).encode() for n, q in MALICE.items()}, **expensive()}
    command = [str(Path(sys.executable).parent / "noteatlas")]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, "load", "notes", "--store", folder], check=True, capture_output=True)
        serve = [*command, "serve", "--store", folder, "--port", "0"]
        process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            found = re.search(r"http://\S+/", process.stderr.readline())
            assert found
            return measure(found[0], process.pid, requests)
        finally:
            process.terminate()
            process.wait(30)


def measure(address: str, pid: int, requests: dict[str, bytes]) -> int:
    healthy: list[float] = []
    stop = threading.Event()

    def ask_health() -> None:
        with httpx2.Client(base_url=address) as client:
            while not stop.is_set():
                started = time.perf_counter()
                assert client.get("healthz").status_code == 200
                healthy.append(time.perf_counter() - started)
                time.sleep(0.005)

    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
    statuses: Counter[int] = Counter()
    costs: dict[str, float] = {}
    with httpx2.Client(base_url=address, timeout=60) as client:
        client.post("graphql", content=b'{"query": "{ __typename }"}', headers=headers)
        before = cpu_s(pid)
        for name, body in requests.items():  # without other requests, for what each costs
            before = cpu_s(pid)
            for _ in range(REPEATS):
                statuses[client.post("graphql", content=body, headers=headers).status_code] += 1
            costs[name] = (cpu_s(pid) - before) / REPEATS * 1000
        thread = threading.Thread(target=ask_health)
        thread.start()
        for body in requests.values():
            client.post("graphql", content=body, headers=headers)
        stop.set()
        thread.join()
    worst = max(costs, key=costs.__getitem__)
    print(f"{len(requests)} requests, {REPEATS} times: {dict(sorted(statuses.items()))}")
    print(f"processor time: median {statistics.median(costs.values()):.1f} ms, at most {costs[worst]:.1f} ms ({worst})")
    p99 = sorted(healthy)[int(len(healthy) * 0.99)] * 1000
    print(f"/healthz meanwhile, {len(healthy)} times: p50 {statistics.median(healthy) * 1000:.1f} ms, p99 {p99:.1f} ms")
    return int(any(status >= 500 for status in statuses))


if __name__ == "__main__":
    sys.exit(main())
