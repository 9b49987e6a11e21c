"""What the service counts and measures, for Prometheus: one registry for each application, nothing global.

Labels have few values, whatever is asked: the routes and codes that there are, and of operations the persisted ones
by their names, those of one root field by that field, and a few words for all others (`api.schema.naming`).

With several workers each has its own numbers. Where `shared` names a folder, prometheus-client keeps them in files
there, and whichever worker is asked adds them up; the library decides that when it is imported, by a variable that
`api.workers` sets. The loaded revision and the process's own figures are then those of the worker that answers.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

__all__ = ["Metrics", "route_of"]

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROUTES: Final = frozenset({"/", "/graphql", "/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out", "/cards.apkg"})
_FOLDERS: Final = ("/static/", "/graphiql/")


def route_of(path: str) -> str:
    """Return the route that a path belongs to, of a fixed few: `other` for what there is not.

    >>> [route_of(path) for path in ("/graphql", "/static/page-1.js", "/export.html", "/wp-login.php")]
    ['/graphql', '/static', '/export', 'other']
    """
    if path in _ROUTES:
        return path
    if path.startswith("/export."):
        return "/export"
    return next((folder.rstrip("/") for folder in _FOLDERS if path.startswith(folder)), "other")


class Metrics:
    """The metrics of one application. `revision` tells which revision of the store is loaded, None for none."""

    media_type: Final = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, *, revision: Callable[[], str | None], shared: Path | None = None) -> None:
        self._shared = shared
        self._revision = revision
        self._statements_seen = 0
        self._registry = CollectorRegistry()
        # What is shared is collected from the files; registered as well it would be there twice.
        own = None if shared else self._registry
        self.requests = Counter("noteatlas_requests", "Requests that were answered.", ["route", "status"], registry=own)
        self.request_seconds = Histogram(
            "noteatlas_request_seconds", "How long requests took.", ["route"], buckets=_SECONDS, registry=own
        )
        self.operation_seconds = Histogram(
            "noteatlas_operation_seconds",
            "How long GraphQL operations took.",
            ["operation"],
            buckets=_SECONDS,
            registry=own,
        )
        self.errors = Counter(
            "noteatlas_errors",
            "Requests that were answered with an error, by its code, and which limit it was.",
            ["code", "limit"],
            registry=own,
        )
        self.in_flight = Gauge(
            "noteatlas_in_flight", "Requests that are being worked on.", registry=own, multiprocess_mode="livesum"
        )
        self.sockets = Gauge(
            "noteatlas_sockets", "WebSockets that are open.", registry=own, multiprocess_mode="livesum"
        )
        self.statements = Counter("noteatlas_store_statements", "Statements that the store ran.", registry=own)

    def count_statements(self, total: int) -> None:
        """Take note of how many statements a store has run since it was made."""
        self.statements.inc(max(0, total - self._statements_seen))
        self._statements_seen = total

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        registry = CollectorRegistry()
        for collector in self._collectors():
            registry.register(collector)
        return generate_latest(registry)

    def _collectors(self) -> Iterator[Collector]:
        if self._shared:
            yield MultiProcessCollector(None, path=str(self._shared))  # type: ignore[no-untyped-call]
        else:
            yield self._registry
        yield _Loaded(self._revision)
        yield ProcessCollector(registry=None)  # which would otherwise be the library's global one


class _Loaded(Collector):
    def __init__(self, revision: Callable[[], str | None]) -> None:
        self._revision = revision

    def collect(self) -> Iterable[InfoMetricFamily]:
        info = InfoMetricFamily("noteatlas_revision", "Which revision of the store is loaded for the pages.")
        revision = self._revision()
        if revision is not None:
            info.add_metric([], {"revision": revision})
        return [info]
