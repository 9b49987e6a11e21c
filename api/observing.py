"""What is noted of every request: counts and times, a line in the log, a span. The outermost layer.

A WebSocket is noted when it is closed again, as one request that was answered 101.

Layers and routes within leave what they know in `request.state`: `request_id` and `grant`, `codes` (of the errors that
were answered, each with the limit that it names or an empty string), `operation` and `operation_name`.
"""

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import REQUESTS, log_request
from api.metrics import Metrics, route_of
from api.tracing import Tracing

__all__ = ["Observer"]

_GONE = 499  # as nginx has it: the client went away before it was answered
_SWITCHED = 101  # a socket was opened
_ANSWERS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}
_MOST_NAME = 64


class Observer:
    """The layer that notes how each request went. `statements` tells how many the store has run so far."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, statements: Callable[[], int], tracing: Tracing | None = None
    ) -> None:
        self.app = app
        self._metrics = metrics
        self._statements = statements
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        status = _GONE
        route = route_of(scope["path"])
        started = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] in _ANSWERS:
                status = message.get("status", _SWITCHED)
            await send(message)

        in_flight = self._metrics.in_flight if scope["type"] == "http" else self._metrics.sockets
        in_flight.inc()
        with self._tracing.request(scope, route) if self._tracing else nullcontext() as span:
            try:
                await self.app(scope, receive, noting)
            finally:
                in_flight.dec()
                self._note(scope, route, status, time.perf_counter() - started)
                if self._tracing and span:
                    self._tracing.answered(span, status, scope["state"].get("request_id", ""))

    def _note(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        state = scope.get("state", {})
        metrics = self._metrics
        metrics.requests.labels(route, str(status)).inc()
        if status != _SWITCHED:  # how long a socket was open says nothing of how fast it was
            metrics.request_seconds.labels(route).observe(seconds)
        metrics.count_statements(self._statements())
        for code, limit in dict.fromkeys(state.get("codes", ())):
            metrics.errors.labels(code, limit).inc()
        if operation := state.get("operation"):
            metrics.operation_seconds.labels(operation).observe(seconds)
        if REQUESTS.isEnabledFor(logging.INFO):
            grant, caller = state.get("grant"), state.get("caller")
            log_request(
                id=state.get("request_id"),
                method=scope.get("method", "WS"),
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 1),
                operation=operation,
                name=(state.get("operation_name") or "")[:_MOST_NAME] or None,
                codes=",".join(dict.fromkeys(code for code, _ in state.get("codes", ()))) or None,
                address=caller.address if caller else None,
                token=grant.name if grant else None,
            )
