"""`serve --workers`: several real processes at one address, replaced when they die, stopped together."""

import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from api.sockets import listen, listen_together
from graph.errors import InputError
from graph.interchange import dumps
from tests.api_service import eventually
from tests.command_line import noteatlas
from tests.samples import attention_graph
from tests.test_api_metrics import samples
from tests.test_cli_serving import ended, running

PATIENCE_S = 60.0
ASK = {"query": "{ stats { concepts } }"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers")
    assert noteatlas("import", "-", cwd=folder, stdin=dumps(attention_graph())).status == 0
    return folder


def workers(process: subprocess.Popen[bytes]) -> set[int]:
    """The ids of the processes that serve for `process`."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    named = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return {pid for pid, command in named.items() if b"spawn_main" in command}


def connections(pid: int) -> int:
    """How many sockets a process has open."""
    return sum(link.readlink().name.startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ask(address: str, times: int) -> list[int]:
    """Ask so many times, each by a connection of its own; return the statuses."""
    return [httpx2.post(f"{address}graphql", json=ASK, timeout=60).status_code for _ in range(times)]


def test_workers_share_an_address_are_replaced_when_killed_and_stop_together(home: Path) -> None:
    with running("serve", "--workers", "2", "--port", "0", cwd=home) as (process, address, said):
        assert said.count("\n") == 1
        before = workers(process)
        assert len(before) == 2
        assert ask(address, 40) == [200] * 40
        # Whoever is asked adds up what all have counted.
        for _ in range(6):
            eventually(
                lambda: (
                    samples(httpx2.get(f"{address}metrics").text)["noteatlas_requests_total", "/graphql", "200"] == 40
                ),
                within_s=PATIENCE_S,
            )
        idle = {pid: connections(pid) for pid in before}
        with ExitStack() as kept_alive:
            for _ in range(40):
                client = kept_alive.enter_context(httpx2.Client())
                assert client.get(f"{address}healthz").status_code == 200
            assert all(connections(pid) > idle[pid] for pid in before)  # both of them answer

        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        assert ask(address, 20) == [200] * 20  # what the dead one would have had waits for its successor
        eventually(lambda: len(workers(process)) == 2 and victim not in workers(process), within_s=PATIENCE_S)
        assert len(workers(process) & before) == 1
        counted = samples(httpx2.get(f"{address}metrics").text)
        assert counted["noteatlas_requests_total", "/graphql", "200"] >= 59  # the dead one's are not forgotten

        last = workers(process)
        status, took, out, err = ended(process, signal.SIGTERM)
        assert (status, out) == (0, b"")
        assert took < 15
        assert err.decode().count("\n") == 1
        assert f"worker {victim} ended with status -9; another one starts now" in err.decode()
        assert not [pid for pid in last if is_there(pid)]


def test_a_worker_that_hangs_is_replaced(home: Path) -> None:
    """One that is stopped has its connections, and answers nobody."""
    serve = ("serve", "--workers", "2", "--port", "0")
    with running(*serve, cwd=home, NOTEATLAS_HUNG_AFTER_S="3") as (process, address, _):
        victim = min(workers(process))
        os.kill(victim, signal.SIGSTOP)
        eventually(lambda: len(workers(process)) == 2 and victim not in workers(process), within_s=PATIENCE_S)
        assert ask(address, 20) == [200] * 20
        _, _, _, err = ended(process, signal.SIGTERM)
        assert f"worker {victim} hangs: it has done nothing for 3 s" in err.decode()


def test_workers_end_with_their_supervisor_and_on_an_interrupt(home: Path) -> None:
    with running("serve", "--workers", "2", "--port", "0", cwd=home) as (process, address, _):
        pids = workers(process)
        process.kill()
        process.wait(30)
        eventually(lambda: not [pid for pid in pids if is_there(pid)], within_s=PATIENCE_S)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{address}healthz")
    with running("serve", "--workers", "2", "--port", "0", cwd=home) as (process, _, _):
        pids = workers(process)
        assert ended(process, signal.SIGINT)[::2] == (0, b"")
        assert not [pid for pid in pids if is_there(pid)]


def test_a_store_that_no_worker_can_open_is_one_line(tmp_path: Path) -> None:
    result = noteatlas(
        "serve", "--workers", "2", "--port", "0", "--store", "bolt://a:hunter2@127.0.0.1:1", cwd=tmp_path
    )
    assert result.status == 1
    assert "cannot be reached" in result.complaint
    assert "hunter2" not in result.complaint


def test_a_port_that_is_taken_is_refused_although_workers_could_share_it() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(InputError, match="in use"):
        listen_together("127.0.0.1", taken.getsockname()[1], 2)
    first = listen_together("127.0.0.1", 0, 3)
    port = first[0].getsockname()[1]
    assert {sock.getsockname()[1] for sock in first} == {port}
    with pytest.raises(InputError, match="in use"):
        listen_together("127.0.0.1", port, 2)
    for sock in first:
        sock.close()
