"""Many questions of one request, asked as few: loaders that work in rounds.

Resolvers run concurrently, one per object, and each asks for its own. A `Loader` answers what it has, and gathers the
rest. When no resolver has anything more to ask, a round begins: every loader that was asked something fetches all of
it at once. What resolvers ask meanwhile waits for the next round.

So a loader fetches at most once per round, and there are as many rounds as a query is deep. An ordinary DataLoader
fetches a turn of the event loop after it was first asked; some resolvers have their answer sooner than others, and
how often it fetches then depends on the data, and on time.

No future here holds an exception. One that does, and whose waiters have all been cancelled (as GraphQL cancels the
fields beside one that failed), is logged by asyncio when the garbage collector finds it: unmasked, long afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

__all__ = ["Loader", "Rounds"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
R = TypeVar("R")

_MISSING = object()

# How many turns of the event loop nothing new is asked before a round begins. A resolver that was answered asks its
# next question after a turn or two, or a few more where it waits for several answers at once.
_QUIET_TURNS = 6


@dataclass(slots=True)
class Rounds:
    """When the loaders of one request fetch. Belongs to one event loop."""

    _asked: "list[Loader[Any, Any]]" = field(default_factory=list, init=False)
    _questions: int = field(default=0, init=False)
    _under_way: "asyncio.Task[None] | None" = field(default=None, init=False)

    def ask(self, loader: "Loader[Any, Any]") -> None:
        """Have `loader` fetch in the next round."""
        self._questions += 1
        if loader not in self._asked:
            self._asked.append(loader)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._run())

    def stop(self) -> None:
        """End the round that is under way, and what it asks the store: nobody waits for its answers any more."""
        if self._under_way is not None:
            self._under_way.cancel()

    async def _run(self) -> None:
        while self._asked:
            await self._until_quiet()
            loaders, self._asked = self._asked, []
            await asyncio.gather(*(loader.fetch() for loader in loaders))
        self._under_way = None

    async def _until_quiet(self) -> None:
        quiet, seen = 0, self._questions
        while quiet < _QUIET_TURNS:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._questions == seen else 0
            seen = self._questions


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a fetch raised, as the answer to everyone who asked."""

    error: Exception
    trace: TracebackType | None


class Loader(Generic[K, V]):
    """What one request knows of one kind of thing, by key; `fetch_many` is asked once per round for what it lacks.

    `fetch_many` returns a value for every key it is given. What it raises is raised to all who asked in that round.
    """

    def __init__(self, rounds: Rounds, fetch_many: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._rounds = rounds
        self._fetch_many = fetch_many
        self._answers: dict[K, V | _Failure] = {}
        self._awaited: dict[K, asyncio.Future[None]] = {}
        self._wanted: list[K] = []

    async def load(self, key: K) -> V:
        """Return the value of `key`, after at most one fetch in the life of the loader."""
        if key not in self._answers:
            # Shielded, for a resolver that is cancelled must not cancel the answer of the others.
            await asyncio.shield(self._ask(key))
        found = self._answers[key]
        if isinstance(found, _Failure):
            raise found.error.with_traceback(found.trace)  # or it would grow with everyone who asked
        return found

    async def load_many(self, keys: Iterable[K]) -> list[V]:
        """Return the values of `keys`, in their order; raises what the first of them raises that cannot be had."""
        keys = list(keys)
        for key in keys:
            if key not in self._answers:
                self._ask(key)
        return [await self.load(key) for key in keys]

    async def expect(self, keys: Iterable[K]) -> None:
        """Return when the values of `keys` are known, or that they cannot be had, which `load` then raises."""
        for answer in [self._ask(key) for key in keys if key not in self._answers]:
            if not answer.done():
                await asyncio.shield(answer)

    def now_or_later(self, key: K, make: Callable[[V], R]) -> R:
        """Return `make` of the value of `key`: at once if it is known, else as an awaitable.

        GraphQL takes either from a resolver, so it is typed as what both come to. At once costs no task.
        """
        found = self._answers.get(key, _MISSING)
        if found is _MISSING or isinstance(found, _Failure):

            async def later() -> R:
                return make(await self.load(key))

            return cast("R", later())
        return make(cast("V", found))

    def known(self, key: K) -> V | None:
        """Return the value of `key` if it is known, else None."""
        found = self._answers.get(key)
        return None if isinstance(found, _Failure) else found

    def known_all(self, keys: Iterable[K]) -> list[V] | None:
        """Return the values of `keys` in their order if all are known, else None."""
        found = [self.known(key) for key in keys]
        return None if None in found else cast("list[V]", found)

    def _ask(self, key: K) -> "asyncio.Future[None]":
        """Return what is done when the answer to `key` is there."""
        if key not in self._awaited:
            self._awaited[key] = asyncio.get_running_loop().create_future()
            self._wanted.append(key)
            self._rounds.ask(self)
        return self._awaited[key]

    def know(self, values: Mapping[K, V]) -> None:
        """Remember values that came along with something else, those aside that were asked for already."""
        for key, value in values.items():
            if key not in self._awaited:
                self._answers.setdefault(key, value)

    async def fetch(self) -> None:
        """Fetch what was asked since the last time; called by `Rounds`."""
        keys, self._wanted = self._wanted, []
        try:
            found = await self._fetch_many(keys)
            self._answers.update({key: found[key] for key in keys})
        except Exception as error:  # noqa: BLE001  (handed on to everyone who asked)
            self._answers.update(dict.fromkeys(keys, _Failure(error, error.__traceback__)))
        except BaseException:  # the loop ends: nobody else will answer who still waits
            for key in keys:
                self._awaited[key].cancel()
            raise
        for key in keys:
            self._awaited[key].set_result(None)
