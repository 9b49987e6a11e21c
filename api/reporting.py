"""How a load tells those who watch how far it has come: records in its store, written from a thread of its own.

Reading is plain work of the main thread, which an interrupt must be able to end, and storing belongs to another event
loop. So the thread has a loop and a store of its own, and takes a snapshot of the progress twice a second; a load that
takes less is recorded when it begins and when it ends. Beginning waits a moment for its record, since reading would
leave the thread little time to write it; otherwise a record never holds up the load: it is left out where the store is
busy, and what else goes wrong is told when the load is done.
"""

import asyncio
import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from api.errors import row_for
from api.loading import Loaded
from graph.changes import Changes
from graph.errors import InputError, StoreBusy, StoreError, StoreUnavailable
from graph.loads import Load, LoadState
from graph.store import open_store

__all__ = ["LoadReport"]

_EVERY_S: Final = 0.5
_SIGN_OF_LIFE_S: Final = 5.0  # a record is renewed that often although nothing changed
_HELLO_S: Final = 2.0  # how long the beginning of a load may take to be recorded
_GOODBYE_S: Final = 5.0  # how long the end of a load may take to be recorded


class LoadReport:
    """The progress of one load of `files_total` files into the store `url`.

    Use it as `with`: it ends with the block, as a failure if that raises. Nothing is written, and the store is not
    even opened, before the first file is read.
    """

    def __init__(self, url: str, files_total: int, *, every_s: float = _EVERY_S) -> None:
        self.problem: StoreError | None = None
        """Why nothing could be recorded; None if it could."""
        self._url = url
        self._every_s = every_s
        self._load = Load(uuid4().hex, files_total=files_total, started_at=time.time())
        self._thread: threading.Thread | None = None
        self._recorded = threading.Event()  # the beginning is recorded, or cannot be
        self._ended = threading.Event()

    @property
    def cause(self) -> str:
        """What the store's history says of what this load wrote."""
        return f"load {self._load.id[:8]}"

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Record how it ended, and wait for that for a bounded time."""
        if error is not None:
            self._load = replace(self._load, state=LoadState.FAILED, path=None, error=_why(error))
        elif not self._load.has_ended:
            self._load = replace(self._load, state=LoadState.FINISHED, path=None)
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_GOODBYE_S)

    def reading(self, path: str) -> None:
        """Say that a file is about to be read: those before it are."""
        known = self._load
        done = known.files_done + 1 if known.path is not None else 0
        self._load = replace(known, state=LoadState.READING, files_done=done, path=path)
        if self._thread is None:
            self._thread = threading.Thread(target=self._record, name="load-report", daemon=True)
            self._thread.start()
            self._recorded.wait(_HELLO_S)

    def storing(self, path: str, files_done: int, files_total: int, changes: Changes) -> None:
        """Say that what a file says is about to be stored, and what was stored before."""
        self._load = replace(
            self._load,
            state=LoadState.STORING,
            files_total=files_total,
            files_done=files_done,
            path=path,
            changes=changes,
        )

    def finished(self, loaded: Loaded) -> None:
        """Say what the whole load did."""
        self._load = replace(
            self._load,
            state=LoadState.FINISHED,
            files_total=len(loaded.outcomes),
            files_done=len(loaded.outcomes),
            path=None,
            changes=loaded.total,
            failures=len(loaded.failures),
        )

    def _record(self) -> None:
        try:
            asyncio.run(self._keep_recording())
        except StoreError as error:
            self.problem = error
        finally:
            self._recorded.set()

    async def _keep_recording(self) -> None:
        async with open_store(self._url) as store:
            recorded, at = None, 0.0
            deadline = None
            while True:
                ended = self._ended.is_set()
                deadline = deadline or (time.monotonic() + _GOODBYE_S if ended else None)
                load = self._load
                if load != recorded or time.monotonic() - at > _SIGN_OF_LIFE_S:
                    try:
                        await store.record_load(load)
                        recorded, at, self.problem = load, time.monotonic(), None
                    except StoreBusy:
                        pass  # a large file is being stored: the next record tells as much
                    except StoreUnavailable as error:
                        self.problem = error  # unless it is back for the next
                    self._recorded.set()
                if ended and (load == recorded or (deadline is not None and time.monotonic() > deadline)):
                    return
                await asyncio.to_thread(self._ended.wait, self._every_s)


def _why(error: BaseException) -> str:
    """Return why a load failed, as whoever watches may read it: no more of it than a request would be told."""
    if isinstance(error, KeyboardInterrupt):
        return "it was stopped"
    row = row_for(error)
    if isinstance(error, InputError):
        return str(error)
    return f"{row.code}: what `noteatlas load` printed says more"
