"""How many queries are executed at once: the others wait in the order in which they came, for a bounded time.

A service that begins with everything at once is done with nothing in time: each query waits for the store between its
steps, and where hundreds take turns in that, all of them take as long as all together, and run into the limits that are
meant for the slow ones. With a few at a time each is as fast as it can be once it has begun, memory is bounded by those
few, and so are the connections to the store.

A store may have room for fewer for a while (`GraphStore.room`), as a server that has just been started: then those that
come wait, where they would all have run out of time in it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

__all__ = ["Turnstile", "WaitedInVainError"]


class WaitedInVainError(Exception):
    """No place became free in time."""


class Turnstile:
    """Lets `places` in at once, or as few as `room` says; whoever waits longer than `wait_s` is turned away.

    `room` returns a number from 1 on, or None where it is no matter.
    """

    def __init__(self, places: int, wait_s: float, *, room: Callable[[], int | None] = lambda: None) -> None:
        self._places = places
        self._wait_s = wait_s
        self._room = room
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def through(self) -> AsyncIterator[None]:
        """Hold a place for as long as the block lasts. Raises WaitedInVainError."""
        await self._enter()
        try:
            yield
        finally:
            self._inside -= 1
            self._let_in()

    async def _enter(self) -> None:
        if not self._waiting and self._inside < self._most():
            self._inside += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._let_in()
        try:
            async with asyncio.timeout(self._wait_s):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():  # let in at this very moment
                self._inside -= 1
                self._let_in()
            place.cancel()
            if isinstance(error, TimeoutError):
                raise WaitedInVainError from error
            raise

    def _let_in(self) -> None:
        """Let in whom there are places for, in their order. Each who leaves does this, so none waits with nobody in."""
        most = self._most()
        while self._waiting and self._inside < most:
            place = self._waiting.popleft()
            if not place.done():  # who gave up is passed over
                place.set_result(None)
                self._inside += 1

    def _most(self) -> int:
        room = self._room()
        return self._places if room is None else min(room, self._places)
