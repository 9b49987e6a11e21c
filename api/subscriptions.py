"""Subscriptions over a WebSocket at `/graphql`, by the protocol graphql-transport-ws.

The protocol is https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md; its close codes are used. Documents
have the limits of queries, and are persisted where only persisted operations are executed. Queries themselves go over
HTTP, which has what they need.

A socket costs memory for as long as it is open, so everything about one is bounded: how many there are, in all and
for one caller; how long it may take to introduce itself, and stay without a subscription; how large and how frequent
its messages are, and how many subscriptions it holds. The server's pings find those whose other end is gone.

Who may come in is decided before (`api.gate`), by the request that opens the socket; browsers come with the cookie
that signing in set, and another site's page is refused by its `Origin`, as nothing else stops it from opening a
socket. A token that is taken back ends what it let in with the next event.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import orjson
from graphql import GraphQLError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError

from api.callers import is_cross_site
from api.errors import log_failure, present
from api.failures import note_code
from api.gate import presented
from api.http import without_hints
from api.persisted import PersistedError
from api.schema import Context, schema

__all__ = ["MAX_MESSAGE_BYTES", "PROTOCOL", "SOCKET_LIMITS", "SocketLimits", "Sockets", "serve_socket"]

PROTOCOL: Final = "graphql-transport-ws"
MAX_MESSAGE_BYTES: Final = 65_536
"""Of one message; the server closes the socket of a larger one with 1009."""

_MAX_ID: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """The most that sockets may have and do; times are in seconds, `messages` are those within `messages_s`."""

    sockets: int = 100
    sockets_of_one: int = 10
    subscriptions: int = 5
    init_s: float = 5.0
    idle_s: float = 60.0
    messages: int = 50
    messages_s: float = 10.0


SOCKET_LIMITS: Final = SocketLimits()


class Sockets:
    """The sockets that are open, by caller."""

    def __init__(self, limits: SocketLimits = SOCKET_LIMITS) -> None:
        self.limits = limits
        self._open: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are open."""
        return self._open.total()

    def has_room(self, caller: str) -> bool:
        """Tell whether this caller may open one more."""
        return self.count < self.limits.sockets and self._open[caller] < self.limits.sockets_of_one

    @contextmanager
    def one_more(self, caller: str) -> Iterator[None]:
        """Count a socket while it is open."""
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


async def serve_socket(websocket: WebSocket) -> None:
    """Answer one client. Needs the application's state as `create_app` makes it."""
    sockets: Sockets = websocket.app.state.sockets
    grant, caller = websocket.state.grant, websocket.state.caller
    who = f"token {grant.name}" if grant else caller.address
    if is_cross_site(websocket.headers):
        await _deny(websocket, 403, "CROSS_SITE", "sockets of other sites' pages are refused")
        return
    if not sockets.has_room(who):
        await _deny(websocket, 503, "OVERLOADED", "there are too many open sockets: close some, or try again later")
        return
    with sockets.one_more(who):
        spoken = PROTOCOL in websocket.scope.get("subprotocols", ())
        await websocket.accept(PROTOCOL if spoken else None)
        if not spoken:
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        conversation = _Conversation(websocket, sockets.limits)
        with contextlib.suppress(WebSocketDisconnect):
            try:
                await conversation.run()
            except _CloseError as close:
                await _close(websocket, close)
            finally:
                await conversation.end()


async def _deny(websocket: WebSocket, status: int, code: str, sentence: str) -> None:
    note_code(websocket.scope, code)
    body = {"errors": [{"message": sentence, "extensions": {"code": code}}]}
    await websocket.send_denial_response(JSONResponse(body, status))


async def _close(websocket: WebSocket, close: "_CloseError") -> None:
    if websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(close.code, close.reason)


def _told(error: GraphQLError) -> GraphQLError:
    """Return an error as it is, and what Strawberry says of an operation that is none to run here as one of GraphQL."""
    match error.original_error:
        case InvalidOperationTypeError():
            return GraphQLError("only subscriptions take a WebSocket: queries go over HTTP")
        case CannotGetOperationTypeError() as original:
            return GraphQLError(original.as_http_error_reason())
        case MissingQueryError():
            return GraphQLError("query is empty: give a subscription")
    return error


class _CloseError(Exception):
    """The socket is to be closed, with a code of the protocol and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Conversation:
    """One client's messages, and the subscriptions that they began."""

    def __init__(self, websocket: WebSocket, limits: SocketLimits) -> None:
        self._socket = websocket
        self._limits = limits
        self._request_id = uuid4().hex
        self._is_known = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closing: asyncio.Future[_CloseError] = asyncio.get_running_loop().create_future()
        self._idle_since = time.monotonic()
        self._window = (0.0, 0)  # since when messages are counted, and how many there were

    async def run(self) -> None:
        """Handle messages until the client goes away. Raises _CloseError to have the socket closed."""
        while True:
            await self._handle(await self._next())

    async def end(self) -> None:
        """End every subscription, and wait until they are over."""
        running, self._running = list(self._running.values()), {}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _next(self) -> dict[str, Any]:
        """Wait for a message, no longer than the state of the conversation allows."""
        receiving = asyncio.ensure_future(self._socket.receive())
        either: set[asyncio.Future[Any]] = {receiving, self._closing}
        try:
            await asyncio.wait(either, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not receiving.done():
                receiving.cancel()
        if receiving.done() and not receiving.cancelled():
            return self._parse(receiving.result())
        if self._closing.done():
            raise self._closing.result()
        if not self._is_known:
            raise _CloseError(4408, "Connection initialisation timeout")
        raise _CloseError(1000, "Idle")

    def _patience(self) -> float | None:
        if not self._is_known:
            return max(0.0, self._idle_since + self._limits.init_s - time.monotonic())
        return None if self._running else max(0.0, self._idle_since + self._limits.idle_s - time.monotonic())

    def _parse(self, event: Any) -> dict[str, Any]:
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        now = time.monotonic()
        since, count = self._window
        self._window = (since, count + 1) if now - since < self._limits.messages_s else (now, 1)
        if self._window[1] > self._limits.messages:
            raise _CloseError(1008, "Too many messages")
        try:
            message = orjson.loads(event.get("text") or b"")
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            raise _CloseError(4400, "Messages are JSON objects, as text")
        return message

    async def _handle(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "connection_init"} if self._is_known:
                raise _CloseError(4429, "Too many initialisation requests")
            case {"type": "connection_init"}:
                self._is_known = True
                self._idle_since = time.monotonic()
                await self._send({"type": "connection_ack"})
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(id_), "payload": dict(payload)} if 0 < len(id_) <= _MAX_ID:
                await self._subscribe(id_, payload)
            case {"type": "complete", "id": str(id_)}:
                if task := self._running.pop(id_, None):
                    task.cancel()
                    self._idle_since = time.monotonic()
            case _:
                raise _CloseError(4400, "Invalid message")

    async def _subscribe(self, id_: str, payload: dict[str, Any]) -> None:
        if not self._is_known:
            raise _CloseError(4401, "Unauthorized")
        if id_ in self._running:
            raise _CloseError(4409, f"Subscriber for {id_} already exists")
        variables, name = payload.get("variables"), payload.get("operationName")
        query, extensions = payload.get("query"), payload.get("extensions")
        well_formed = isinstance(variables, dict | None) and isinstance(extensions, dict | None)
        if not (well_formed and isinstance(name, str | None) and isinstance(query, str | None)):
            raise _CloseError(4400, "Invalid message")
        if query is None and "persistedQuery" not in (extensions or {}):
            raise _CloseError(4400, "Invalid message")
        if len(self._running) >= self._limits.subscriptions:
            sentence = f"a socket has at most {self._limits.subscriptions} subscriptions: complete one first"
            await self._refuse(id_, "LIMIT_EXCEEDED", sentence)
            return
        try:
            operation = self._socket.app.state.persisted.choose(query, extensions)
        except PersistedError as error:
            await self._refuse(id_, error.code, str(error))
            return
        self._running[id_] = asyncio.create_task(self._stream(id_, operation.text, variables, name or None))

    async def _refuse(self, id_: str, code: str, sentence: str) -> None:
        error = {"message": sentence, "extensions": {"code": code}}
        await self._send({"id": id_, "type": "error", "payload": [error]})

    async def _stream(self, id_: str, query: str, variables: dict[str, Any] | None, name: str | None) -> None:
        """Send what a subscription yields. It ends by an error, by `complete`, or with the conversation."""
        state = self._socket.app.state
        introspection = state.settings.introspection
        try:
            results = await schema.subscribe(
                query,
                variable_values=variables,
                context_value=Context(
                    state.store, introspection=introspection, watch=state.watch, fast=state.settings.fast_execution
                ),
                operation_name=name,
            )
            async with contextlib.aclosing(results):
                async for result in results:
                    self._check_grant()
                    payload: dict[str, Any] = {"data": result.data}
                    if result.errors:
                        payload["errors"] = present(map(_told, result.errors), self._request_id)
                        if not introspection:
                            without_hints(payload)
                    if isinstance(result, PreExecutionError):
                        await self._finish(id_, {"id": id_, "type": "error", "payload": payload["errors"]})
                        return
                    await self._send({"id": id_, "type": "next", "payload": payload})
            await self._finish(id_, {"id": id_, "type": "complete"})
        except WebSocketDisconnect:
            return  # whoever receives is told as well
        except _CloseError as close:
            self._close_with(close)
        except Exception as error:  # noqa: BLE001  (logged; the client is told that the service failed)
            log_failure(error, self._request_id)
            self._close_with(_CloseError(1011, "Internal error"))

    async def _finish(self, id_: str, message: dict[str, Any]) -> None:
        if self._running.pop(id_, None) is not None:  # or the client has completed it, and expects no more
            self._idle_since = time.monotonic()
            await self._send(message)
        if not self._running:
            self._wake()

    def _wake(self) -> None:
        """Nothing runs any more: a client that says nothing may only stay for so long."""
        asyncio.get_running_loop().call_later(self._limits.idle_s, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not self._running and time.monotonic() - self._idle_since >= self._limits.idle_s:
            self._close_with(_CloseError(1000, "Idle"))

    def _close_with(self, close: _CloseError) -> None:
        if not self._closing.done():
            self._closing.set_result(close)

    def _check_grant(self) -> None:
        if self._socket.state.grant is not None:
            _, token = presented(self._socket.headers)
            if self._socket.app.state.keyring.grant(token) is None:
                raise _CloseError(4403, "Forbidden")

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await self._socket.send_text(orjson.dumps(message).decode())
        except RuntimeError as error:  # the socket is closed: Starlette says so in two ways
            raise WebSocketDisconnect(1006) from error
