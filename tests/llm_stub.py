"""A chat-completions server of our own on loopback: it tells the truth, lies, stalls or breaks, as a test wants."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from loaders.language_model import LanguageModel, connect

__all__ = ["Answer", "Stub", "completion", "drips", "floods", "hangs_up", "raw", "says", "serving", "stalls"]

Answer = Callable[[BaseHTTPRequestHandler], None]


def completion(text: str) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return json.dumps({"choices": [{"message": {"content": text}}], "usage": usage}).encode()


def says(*rows: dict[str, str]) -> Answer:
    return raw(completion(json.dumps({"relations": rows})))


def raw(content: bytes, status: int = 200) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


def stalls(request: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def drips(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(30):
        request.wfile.write(b" ")
        request.wfile.flush()
        time.sleep(0.05)


def floods(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(100):
        request.wfile.write(b"x" * 10_000)


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


class Stub:
    """A chat-completions server on loopback; `asked` holds what it was sent."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        self.headers: list[str | None] = []
        self.answer: Answer = says()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.asked.append({"path": self.path, **json.loads(body)})
                stub.headers.append(self.headers["Authorization"])
                try:
                    stub.answer(self)
                except OSError:
                    self.close_connection = True  # the client has gone away: that is what some cases are about

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def model(self, cache: Path | None = None, key: str | None = None) -> LanguageModel:
        return connect(self.url, "small", key=key, cache=cache, timeout_s=0.4)


@contextmanager
def serving() -> Iterator[Stub]:
    """Run a stub for as long as the block lasts."""
    made = Stub()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
