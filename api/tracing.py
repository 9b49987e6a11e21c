"""Spans for OpenTelemetry: a request, the GraphQL operation in it, and each call of the store.

Spans hold no text of notes or of clients: routes, not addresses; the labels of operations, not queries; names of the
store's methods, not what they are asked. A request's span continues the trace that its `traceparent` names.

The API comes with FastAPI. What sends spans somewhere, the SDK and the OTLP exporter, is the extra `otel`; where they
are sent to is said by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT and so on).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from opentelemetry import propagate
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from starlette.datastructures import Headers
from starlette.types import Scope

from graph.errors import InputError

__all__ = ["Traced", "Tracing", "exporting_provider"]


def exporting_provider() -> TracerProvider:
    """Return what sends spans by OTLP over HTTP. Raises InputError where the extra `otel` is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider as Provider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise InputError(
            "NOTEATLAS_TRACING needs OpenTelemetry's SDK: pip install 'noteatlas[otel]', or leave it out"
        ) from error
    # OTEL_SERVICE_NAME, where it is set, names the service.
    resource = Resource({SERVICE_NAME: "noteatlas"}).merge(Resource.create())
    if resource.attributes.get(SERVICE_NAME) == "unknown_service":
        resource = resource.merge(Resource({SERVICE_NAME: "noteatlas"}))
    provider = Provider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Tracing:
    """Makes the spans of one application."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("noteatlas")

    @contextmanager
    def request(self, scope: Scope, route: str) -> Iterator[Span]:
        """Span one request; what it is answered is set by `answered`."""
        parent = propagate.extract(dict(Headers(scope=scope)))
        method = scope.get("method", "GET")  # a socket is opened by a GET
        attributes = {"http.request.method": method, "http.route": route}
        name = f"{method} {route}"
        with self._tracer.start_as_current_span(name, parent, SpanKind.SERVER, attributes) as span:
            yield span

    @staticmethod
    def answered(span: Span, status: int, request_id: str) -> None:
        """Say how a request ended."""
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("noteatlas.request_id", request_id)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))

    @contextmanager
    def operation(self) -> Iterator[Span]:
        """Span the execution of a GraphQL document; `named` says which, once that is known."""
        attributes = {"graphql.operation.type": "query"}
        with self._tracer.start_as_current_span("graphql", attributes=attributes) as span:
            yield span

    @staticmethod
    def named(span: Span, label: str) -> None:
        """Name an operation's span by its label."""
        span.update_name(f"graphql {label}")

    @contextmanager
    def call(self, method: str) -> Iterator[None]:
        """Span one call of the store. An error is told by its class alone: its text may hold names of notes."""
        with self._tracer.start_as_current_span(
            f"store.{method}", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def shutdown(self) -> None:
        """Send what was not sent yet; takes as long as the exporter's own time limit at most."""
        stop = getattr(self._provider, "shutdown", None)  # of the SDK's, not of the API's
        if stop is not None:
            stop()


class Traced:
    """A store each of whose calls has a span; it is the real store otherwise."""

    def __init__(self, store: object, tracing: Tracing) -> None:
        self._store = store
        self._tracing = tracing

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the store, a method that is awaited within a span."""
        found = getattr(self._store, name)
        if not iscoroutinefunction(found):
            return found

        @wraps(found)
        async def spanned(*args: Any, **kwargs: Any) -> Any:
            with self._tracing.call(name):
                return await found(*args, **kwargs)

        return spanned
