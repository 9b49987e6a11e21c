"""`serve` and `demo` as processes: they say where they are, answer there, refuse what is unsafe, end when told."""

import asyncio
import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from api.loading import has_loaded, read_notes, sample_notes, store_all
from api.sockets import address_of, is_loopback, listen, listen_together
from graph.errors import InputError
from graph.interchange import dumps
from graph.sqlite_store import SqliteStore
from tests.command_line import COMMAND, environment, noteatlas
from tests.samples import attention_graph

START_S = 90  # for a busy machine; alone it takes two seconds
READY = re.compile(r"The map is at (http://\S+) and GraphQL at (http://\S+graphql)\. Ctrl\+C stops\.\n")


@contextmanager
def running(*arguments: str, cwd: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """Start a command that serves; give the process, its address, and what it said up to then. Ends it by its id."""
    process = subprocess.Popen(
        [COMMAND, *arguments], cwd=cwd, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        said = b""
        until = time.monotonic() + START_S
        while not (ready := READY.search(said.decode(errors="ignore"))):
            assert select.select([process.stderr], [], [], max(0.0, until - time.monotonic()))[0], said
            part = os.read(process.stderr.fileno(), 65536)
            assert part, said
            said += part
        yield process, ready[1], said.decode()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def ended(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, float, bytes, bytes]:
    """Send a signal; give the exit status, the seconds until then, and what was still printed to each stream."""
    started = time.monotonic()
    process.send_signal(number)
    status = process.wait(30)
    took = time.monotonic() - started
    assert process.stdout is not None
    assert process.stderr is not None
    return status, took, process.stdout.read(), process.stderr.read()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store holds the first sample."""
    folder = tmp_path_factory.mktemp("home")
    assert noteatlas("import", "-", cwd=folder, stdin=dumps(attention_graph())).status == 0
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_is_answers_there_and_ends_cleanly_when_told(home: Path, number: signal.Signals) -> None:
    """Status 0 within a few seconds, nothing on standard output, not a word of complaint, although a client is open."""
    with running("serve", "--port", "0", cwd=home) as (process, address, said), httpx2.Client() as client:
        assert said.count("\n") == 1
        answer = client.post(f"{address}graphql", json={"query": '{concept(id: "mqa") {id}}'})
        assert answer.json() == {"data": {"concept": {"id": "multi-query-attention"}}}
        status, took, out, err = ended(process, number)
        assert (status, out, err) == (0, b"", b"")
        assert took < 8


def test_a_request_under_way_is_answered_before_serve_ends(home: Path) -> None:
    """It has begun to read the body (it says so, as asked to) when the signal comes; the rest is read and answered."""
    with running("serve", "--port", "0", cwd=home) as (process, address, _):
        host, port = address.removeprefix("http://").rstrip("/").split(":")
        body = b'{"query": "{stats {concepts}}"}'
        fields = {"Host": host, "Content-Type": "application/json", "Content-Length": len(body)}
        fields["Expect"] = "100-continue"
        head = "".join(["POST /graphql HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in fields.items()), "\r\n"])
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(head.encode())
            assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
            client.sendall(body[:5])
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            client.sendall(body[5:])
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while part := client.recv(65536):
                    answer += part
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"concepts":' in answer
        assert process.wait(30) == 0


def test_serve_on_a_taken_port_is_one_line_that_says_what_to_do(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = noteatlas("serve", "--port", str(port), cwd=home)
    assert result.status == 1
    assert result.complaint.startswith(f"port {port} of 127.0.0.1 is in use: stop what listens there, or give another")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_serve_refuses_an_address_that_other_machines_reach_and_says_why(home: Path, host: str) -> None:
    result = noteatlas("serve", f"--host={host}", "--port", "0", cwd=home)
    assert result.status == 2
    assert "no token is asked for" in result.complaint
    assert "--allow-remote" in result.complaint


def test_open_reading_does_not_count_as_asking_for_a_token(home: Path) -> None:
    env = {"NOTEATLAS_TOKENS": "ann:write:natl_abcdefghijklmnopqrstuvwxyz", "NOTEATLAS_OPEN_READS": "1"}
    result = noteatlas("serve", "--host=0.0.0.0", "--port", "0", cwd=home, env=env)
    assert result.status == 2
    assert "no token is asked for" in result.complaint


def test_a_token_that_was_made_lets_in_where_other_machines_are_served(home: Path) -> None:
    made = noteatlas("token", "ann", cwd=home).text
    token, line = (row.split()[1] for row in made.splitlines())
    assert line.startswith("ann:read:sha256:")
    assert token not in line
    (home / "tokens").write_text(f"{line}\n", encoding="utf-8")
    with running("serve", "--host", "0.0.0.0", "--tokens-file", "tokens", "--port", "0", cwd=home) as started:
        process, address, _ = started
        asked = {"json": {"query": "{ __typename }"}, "headers": {"authorization": f"Bearer {token}"}}
        assert httpx2.post(f"{address}graphql", **asked).json() == {"data": {"__typename": "Query"}}
        assert httpx2.post(f"{address}graphql", json=asked["json"]).status_code == 401
        assert ended(process, signal.SIGTERM)[2:] == (b"", b"")


@pytest.mark.parametrize("scopes", ["", "admin", "read+"])
def test_a_token_has_scopes_that_exist(tmp_path: Path, scopes: str) -> None:
    result = noteatlas("token", "ann", "--scopes", scopes, cwd=tmp_path)
    assert result.status == 1
    assert "scopes are read and write" in result.complaint


def test_serve_with_a_tokens_file_that_cannot_be_used_is_one_line(home: Path) -> None:
    (home / "broken").write_text("ann:read:hunter2\n", encoding="utf-8")
    for name, reason in (("nowhere", "cannot be read"), ("broken", "entry 1")):
        result = noteatlas("serve", "--tokens-file", name, "--port", "0", cwd=home)
        assert result.status == 1
        assert reason in result.complaint
        assert "hunter2" not in result.complaint


def test_serve_listens_for_other_machines_when_that_is_said(home: Path) -> None:
    with running("serve", "--host", "0.0.0.0", "--allow-remote", "--port", "0", cwd=home) as (process, address, _):
        assert address.startswith("http://127.0.0.1:")
        assert httpx2.get(f"{address}healthz").status_code == 200
        assert ended(process, signal.SIGTERM)[0] == 0


@pytest.mark.parametrize("store", ["bolt://reader:hunter2@127.0.0.1:1", "notes.txt"])
def test_serve_with_a_store_that_cannot_be_opened_is_one_line(tmp_path: Path, store: str) -> None:
    (tmp_path / "notes.txt").write_text("not a database" * 100, encoding="utf-8")
    result = noteatlas("serve", "--port", "0", "--store", store, cwd=tmp_path)
    assert result.status == 1
    assert result.complaint
    assert "hunter2" not in result.complaint


def test_demo_loads_the_sample_notes_once_and_takes_the_next_port_if_its_own_is_taken(tmp_path: Path) -> None:
    """A second start finds them loaded; a port that is taken is named together with the one used instead."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("demo", "--port", str(port), cwd=tmp_path) as (process, address, said):
            assert "Loading the sample notes" in said
            assert f"Port {port} is in use; " in said
            assert address != f"http://127.0.0.1:{port}/"
            answer = httpx2.post(f"{address}graphql", json={"query": "{stats {concepts sources}}"}).json()["data"]
            assert answer["stats"]["concepts"] >= 150
            assert answer["stats"]["sources"] == len(read_notes([sample_notes()]).graphs)
            assert ended(process, signal.SIGTERM)[0] == 0
    with running("demo", "--port", "0", cwd=tmp_path) as (process, _, said):
        assert "Loading" not in said
        assert ended(process, signal.SIGTERM)[0] == 0
    assert [p.name for p in tmp_path.iterdir()] == [".noteatlas"]


async def test_notes_count_as_loaded_only_as_they_are_now(tmp_path: Path) -> None:
    """A changed file and a new one are noticed."""
    notes = tmp_path / "notes"
    notes.mkdir()
    note = notes / "a.md"
    note.write_text("# Adam\n\nAdam combines Momentum and RMSprop.\n", encoding="utf-8")
    async with SqliteStore(str(tmp_path / "store")) as store:
        assert not await has_loaded(store, notes)
        await store_all(store, read_notes([notes]))
        assert await has_loaded(store, notes)
        note.write_text("# Adam\n\nAdam extends RMSprop.\n", encoding="utf-8")
        assert not await has_loaded(store, notes)
        await store_all(store, read_notes([notes]))
        (notes / "b.txt").write_text("LSTM solves the vanishing gradient.\n", encoding="utf-8")
        assert not await has_loaded(store, notes)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_addresses_of_this_machine_alone_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_host_that_is_no_address_is_refused() -> None:
    with pytest.raises(InputError, match=r"'no such host' is no address of this machine: give another --host"):
        listen("no such host", 0)
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1, port 0: .*; give another one"):
        listen("192.0.2.1", 0)


def test_a_listening_socket_knows_the_address_for_a_browser() -> None:
    """Also where it listens on all addresses, which no browser can open."""
    for host, shown in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")):
        with listen(host, 0) as sock:
            assert address_of(sock) == f"http://{shown}:{sock.getsockname()[1]}/"
    with contextlib.suppress(InputError), listen("::1", 0) as sock:  # a machine may have no IPv6
        assert address_of(sock) == f"http://[::1]:{sock.getsockname()[1]}/"


@pytest.mark.parametrize("several", [False, True])
async def test_a_connection_sends_what_it_has_without_waiting_for_more(several: bool) -> None:
    undelayed = asyncio.get_running_loop().create_future()

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        undelayed.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    sock = listen_together("127.0.0.1", 0, 1)[0] if several else listen("127.0.0.1", 0)
    async with await asyncio.start_server(connected, sock=sock):
        _, writer = await asyncio.open_connection(*sock.getsockname())
        assert await undelayed
        writer.close()
