"""How many queries are executed at once: the others wait in the order in which they came, for a bounded time.

A service that begins with everything at once is done with nothing in time: each query waits for the store between its
steps, and where hundreds take turns in that, all of them take as long as all together, and run into the limits that are
meant for the slow ones. With a few at a time each is as fast as it can be once it has begun, memory is bounded by those
few, and so are the connections to the store.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Turnstile", "WaitedInVainError"]


class WaitedInVainError(Exception):
    """No place became free in time."""


class Turnstile:
    """Lets `places` in at once; whoever waits longer than `wait_s` is turned away."""

    def __init__(self, places: int, wait_s: float) -> None:
        self._places = asyncio.Semaphore(places)
        self._wait_s = wait_s

    @asynccontextmanager
    async def through(self) -> AsyncIterator[None]:
        """Hold a place for as long as the block lasts. Raises WaitedInVainError."""
        if self._places.locked():
            try:
                async with asyncio.timeout(self._wait_s):
                    await self._places.acquire()
            except TimeoutError as error:
                raise WaitedInVainError from error
        else:
            await self._places.acquire()  # at once
        try:
            yield
        finally:
            self._places.release()
