"""Whether the server is there: while it is known to be away, questions fail soon instead of each waiting for it.

A question that the server does not answer waits for seconds, and where hundreds do, those that have already waited in
vain stand before those that could be answered when it is back. So a failure raises a doubt, and one task asks the
server, again and again, until it answers: within a second of its return nobody is turned away any more.

A doubt alone turns nobody away: a connection that broke may be one of many. And nobody is turned away without a short
wait, or clients that try again at once keep the machine so busy that the server on it cannot start.

A server that has just come back is slow: nothing is compiled, planned or in its caches yet. Many questions at once then
all run out of time and are asked again, and none is answered for longer than the server was away. So there is *room*
for two at first, and for twice as many whenever as many have been answered as were let in at once, a few times over.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

__all__ = ["Watch"]

_FIRST_PAUSE_S: Final = 0.1
_GRACE_S: Final = 0.25  # that a question waits for a server that is away
_FIRST_ROOM: Final = 2
_ANSWERS_EACH: Final = 3  # after so many answers for each place there is twice the room
_ROOM_FOR_ALL: Final = 32
_LONGEST_PAUSE_S: Final = 1.0  # between two questions to a server that is away; each before is half as long


class Watch:
    """Asks `is_there` while there is a doubt. Belongs to one event loop; `is_there` raises nothing."""

    def __init__(self, is_there: Callable[[], Awaitable[bool]]) -> None:
        self._is_there = is_there
        self._asking: asyncio.Task[None] | None = None
        self._is_there_again = asyncio.Event()
        self._is_away = False
        self._waiting: set[asyncio.Timeout] = set()
        self._room: int | None = None
        self._let_in = 0  # of those that waited for the server while it was away
        self._answered = 0  # since there was so much room

    @property
    def room(self) -> int | None:
        """How many questions at once the server should be asked, None for any number; of use to who can keep them."""
        return self._room

    def answered(self) -> None:
        """Take note that a question was answered: a server that came back may soon be asked more at once."""
        if self._room is None:
            return
        self._answered += 1
        if self._answered >= _ANSWERS_EACH * self._room:
            self._answered = 0
            self._room = 2 * self._room if self._room < _ROOM_FOR_ALL else None

    @property
    def is_away(self) -> bool:
        """Whether the server did not answer when it was last asked."""
        return self._is_away

    async def passes(self) -> bool:
        """Tell whether a question may be asked, after a short wait for a server that is away."""
        if self._is_away:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await self._is_there_again.wait()
                self._let_in += 1
                return self._room is None or self._let_in <= self._room
        return not self._is_away

    def doubt(self) -> None:
        """Find out whether the server is there, unless that is under way."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    @asynccontextmanager
    async def patience(self, limit_s: float) -> AsyncIterator[None]:
        """Let the block take so long at most, and no longer once the server is known to be away: TimeoutError."""
        async with asyncio.timeout(limit_s) as limit:
            self._waiting.add(limit)
            try:
                yield
            finally:
                self._waiting.discard(limit)

    async def _ask(self) -> None:
        pause = _FIRST_PAUSE_S
        while not await self._is_there():
            self._is_away = True
            self._is_there_again.clear()
            for limit in self._waiting:
                if not limit.expired():
                    limit.reschedule(0)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        if self._is_away:
            self._room, self._let_in, self._answered = _FIRST_ROOM, 0, 0
        self._is_away = False
        self._is_there_again.set()

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        self._asking, self._is_away = None, False
