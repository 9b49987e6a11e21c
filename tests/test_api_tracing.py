"""Spans: of requests, operations and store calls, by the real SDK; sent to a real collector's address."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from api.app import create_app
from api.settings import Settings
from graph.errors import InputError
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, eventually, fill, serving

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture(scope="module")
async def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, InMemorySpanExporter]]:  # type: ignore[misc]
    folder = str(tmp_path_factory.mktemp("traced"))
    async with SqliteStore(folder) as store:
        await fill(store)
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with serving(create_app(Settings(store=folder), spans=provider)) as service:
        service.client.get("/")  # the map is drawn, and what that asks the store is traced
        exporter.clear()
        yield service, exporter


def spans(exporter: InMemorySpanExporter, last: str) -> dict[str, ReadableSpan]:
    """The finished spans by name, once the one called `last` is among them."""
    eventually(lambda: last in {span.name for span in exporter.get_finished_spans()})
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_request_an_operation_and_the_calls_of_the_store_are_nested_spans(
    traced: tuple[Service, InMemorySpanExporter],
) -> None:
    service, exporter = traced
    exporter.clear()
    query = "query Mine { concepts(first: 5) { edges { node { name passages { text } } } } }"
    response = service.client.post(
        "/graphql?secret=1", json={"query": query}, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"}
    )
    assert "errors" not in response.json()
    found = spans(exporter, "POST /graphql")
    assert set(found) == {"POST /graphql", "graphql concepts", "store.concepts", "store.passages"}
    request, operation = found["POST /graphql"], found["graphql concepts"]
    assert request.kind is SpanKind.SERVER
    assert request.context.trace_id == int(TRACE, 16)
    assert request.parent and request.parent.span_id == int(PARENT, 16)  # noqa: PT018
    assert operation.parent and operation.parent.span_id == request.context.span_id  # noqa: PT018
    for name in ("store.concepts", "store.passages"):
        parent = found[name].parent
        assert parent and parent.span_id == operation.context.span_id  # noqa: PT018
        assert found[name].kind is SpanKind.CLIENT
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "noteatlas.request_id": response.headers["x-request-id"],
    }
    told = "".join(span.to_json() for span in found.values())
    for secret in ("secret", "Mine", "first", "gqa"):
        assert secret not in told


def test_a_call_that_fails_is_told_by_its_class_alone(traced: tuple[Service, InMemorySpanExporter]) -> None:
    service, exporter = traced
    exporter.clear()
    assert service.code('{ concepts(first: 5, after: "nonsense") { totalCount } }') == "INVALID_QUERY"
    assert service.client.get("/nowhere").status_code == 404
    found = spans(exporter, "GET other")
    assert found["GET other"].attributes is not None
    assert found["GET other"].attributes["http.response.status_code"] == 404
    for span in found.values():
        assert "nonsense" not in span.to_json()
        assert not span.events


async def test_spans_are_sent_where_opentelemetrys_own_variables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        try:
            with serving(create_app(Settings(store=str(tmp_path), tracing=True))) as service:
                service.data("{ stats { concepts } }")
        finally:
            collector.shutdown()
            thread.join()
    assert {path for path, _ in received} == {"/v1/traces"}
    sent = b"".join(body for _, body in received)
    for name in (b"noteatlas", b"POST /graphql", b"graphql stats", b"store.stats"):
        assert name in sent


def test_without_the_extra_tracing_fails_the_start_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(InputError, match=r"pip install 'noteatlas\[otel\]'"):
        create_app(Settings(store=str(tmp_path), tracing=True))
