"""Clients that send a byte now and then: how long they keep a connection, and a place among the requests."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from api.settings import Settings
from tests.api_service import Service, serving

LIMIT_S = 0.6
HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 28\r\n"
BODY = b'{"query": "{ __typename }"} '
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = str(tmp_path_factory.mktemp("patience"))
    with serving(create_app(Settings(store=folder, receive_timeout_s=LIMIT_S, max_in_flight=5))) as running:
        yield running


@contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as raw:
        yield raw


def rest(raw: socket.socket) -> bytes:
    """What still comes until the other side closes."""
    found = b""
    try:
        while part := raw.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def dribble(raw: socket.socket, data: bytes, every_s: float) -> None:
    for byte in data:
        raw.sendall(bytes([byte]))
        time.sleep(every_s)


@pytest.mark.parametrize("sent", [b"", b"G", HEAD])
def test_a_head_that_does_not_come_ends_the_connection(service: Service, sent: bytes) -> None:
    with connected(service) as raw:
        started = time.monotonic()
        raw.sendall(sent)
        assert rest(raw) == b""
        assert LIMIT_S * 0.8 < time.monotonic() - started < LIMIT_S + 5


def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_one_that_does_not(service: Service) -> None:
    with connected(service) as raw:
        started = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            dribble(raw, HEAD * 20, 0.05)
        assert time.monotonic() - started < LIMIT_S + 5


def test_so_it_is_with_the_next_head_on_a_connection(service: Service) -> None:
    with connected(service) as raw:
        for _ in range(3):
            raw.sendall(GET)
            answer = b""
            while not answer.endswith(b"\r\n\r\nok"):
                answer += raw.recv(65_536)
            time.sleep(LIMIT_S / 2)
        raw.sendall(b"GET /hea")
        started = time.monotonic()
        assert rest(raw) == b""
        assert time.monotonic() - started < LIMIT_S + 5


def test_a_body_that_does_not_come_in_time_is_a_408_and_gives_its_place_back(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Four times as many as there are places; others are served again as soon as their time is up."""
    for _ in range(4):
        opened = []
        for _ in range(5):
            raw = socket.create_connection((urlsplit(service.url).hostname or "", urlsplit(service.url).port or 0), 20)
            raw.sendall(HEAD + b"\r\n" + BODY[:5])
            opened.append(raw)
        for raw in opened:
            answer = rest(raw)
            assert answer.startswith(b"HTTP/1.1 408")
            assert b"REQUEST_TIMEOUT" in answer
            raw.close()
    assert service.data("{ __typename }") == {"__typename": "Query"}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_whoever_is_slow_but_in_time_is_answered(service: Service) -> None:
    with connected(service) as raw:
        for part in (HEAD[:30], HEAD[30:], b"\r\n", BODY[:9], BODY[9:]):
            raw.sendall(part)
            time.sleep(LIMIT_S / 10)
        answer = b""
        while not answer.endswith(b'{"data":{"__typename":"Query"}}'):
            answer += (part := raw.recv(65_536))
            assert part
        assert answer.startswith(b"HTTP/1.1 200")


def test_a_socket_may_stay_open_for_longer(service: Service) -> None:
    from websockets.sync.client import connect

    url = service.url.replace("http", "ws") + "/graphql"
    with connect(url, proxy=None, subprotocols=["graphql-transport-ws"]) as client:  # type: ignore[list-item]
        client.send('{"type": "connection_init"}')
        assert "connection_ack" in str(client.recv())
        time.sleep(LIMIT_S * 2)
        client.send('{"type": "ping"}')
        assert "pong" in str(client.recv())
