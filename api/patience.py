"""How long a client may take to send a request: so long for its head, and as long again for its body.

Whoever sends a byte now and then would otherwise keep a connection, its memory and its place among the requests that
are worked on for as long as they like, and a thousand such connections would be all that there are.
"""

import asyncio
from typing import Any, ClassVar

import h11
from starlette.types import Message, Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["SlowBodyError", "patient_protocol", "patient_receive"]


class SlowBodyError(Exception):
    """A body that did not arrive in time."""


def patient_receive(scope: Scope, receive: Receive, seconds: float) -> Receive:
    """Return `receive` as one that raises SlowBodyError once the body of a request has not arrived within `seconds`.

    What comes after the body (that the client went away) may take as long as it likes.
    """
    if scope["type"] != "http":
        return receive
    due = asyncio.get_running_loop().time() + seconds
    is_whole = False

    async def patient() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(due):
                message = await receive()
        except TimeoutError:
            raise SlowBodyError from None
        is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return patient


class _PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection on which no whole head arrives in time, counted from its first byte.

    On a new connection it is counted from the beginning; between requests uvicorn's own limit holds.
    """

    seconds: ClassVar[float]
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self.seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def patient_protocol(seconds: float) -> type[Any]:
    """Return the protocol for uvicorn whose clients have so many seconds for a head."""
    return type("PatientProtocol", (_PatientProtocol,), {"seconds": seconds})
