"""Several processes that serve the same store at one address, and one that watches over them.

Workers share nothing but the store: any of them answers any request. Each has a listening socket of its own on the
same port, among which the kernel spreads connections (`api.sockets.listen_together`). The supervisor keeps the sockets
open, so what arrives while a worker is replaced waits and is not refused.

A worker that ends is replaced, after ever longer pauses while new ones cannot start. So is one that hangs: each counts
up in memory that it shares with the supervisor as long as its event loop turns, and one whose count has stood still for
several looks in a row is ended. Looks are counted rather than seconds, since a machine that was asleep, or a supervisor
that was stopped, says nothing of the workers. At the start any worker that
cannot start ends all. Told to stop, the supervisor tells the workers, which have time to answer what is under way. If
the supervisor itself is killed, its workers stop as well.

Workers are spawned, not forked: no thread and no connection of the supervisor's is ever theirs.
"""

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from api.logs import configure
from api.serving import SHUTDOWN_TIMEOUT_S, serve
from api.settings import Settings
from graph.errors import InputError, NoteAtlasError

__all__ = ["serve_many"]

_LOG = logging.getLogger("noteatlas")
_SPAWN = multiprocessing.get_context("spawn")
_SHARED = "PROMETHEUS_MULTIPROC_DIR"  # which prometheus-client reads when a worker imports it
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_READY = "ready"
_BEAT_S = 0.25
_LOOKS = 5  # in a row at which a worker's count stands still, before it is ended


def serve_many(settings: Settings, sockets: Sequence[socket.socket], *, on_ready: Callable[[], None]) -> None:
    """Serve with one worker for each of `sockets` until SIGINT or SIGTERM; `on_ready` is called when all answer.

    Raises what a worker failed with at the start, such as StoreError.
    """
    configure(settings.log_format)
    with tempfile.TemporaryDirectory(prefix="noteatlas-metrics-") as folder:
        places = [_Place(settings, number, sock, Path(folder)) for number, sock in enumerate(sockets, 1)]
        for signal_ in _SIGNALS:
            signal.signal(signal_, lambda *_: sys.exit(0))
        try:
            _start(places)
            on_ready()
            _watch(places, settings.hung_after_s / _LOOKS)
        except SystemExit as stop:
            if stop.code:
                raise
        finally:
            for signal_ in _SIGNALS:
                signal.signal(signal_, signal.SIG_IGN)  # it is being done
            _stop(places)


def _start(places: Sequence["_Place"]) -> None:
    """Fill all places, and wait until all workers are ready. Raises what the first that fails says."""
    for place in places:
        place.fill()
    while waiting := [place for place in places if not place.is_ready]:
        for place in _happened(waiting, None):
            if place.has_ended():
                raise place.reason or InputError("a worker could not start; the log above says why")


def _watch(places: Sequence["_Place"], look_s: float) -> None:
    """Fill places that have become empty, and empty those whose workers hang, for ever."""
    look_at = time.monotonic() + look_s
    while True:
        if time.monotonic() >= look_at:
            look_at = time.monotonic() + look_s
            for place in places:
                place.look()
        for place in places:
            if place.process is None and place.due <= time.monotonic():
                place.fill()
        due = [look_at, *(place.due for place in places if place.process is None)]
        for place in _happened(places, max(0.0, min(due) - time.monotonic())):
            if place.has_ended():
                place.bury()


def _stop(places: Sequence["_Place"]) -> None:
    """Tell all workers to stop, wait as long as requests may take, and end those that have not."""
    running = [place.process for place in places if place.process is not None]
    for process in running:
        process.terminate()
    until = time.monotonic() + SHUTDOWN_TIMEOUT_S + 5
    for process in running:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            _LOG.warning("worker %s did not stop in time and was ended", process.pid)
            process.kill()
            process.join()


def _happened(places: Sequence["_Place"], timeout_s: float | None) -> list["_Place"]:
    """Wait until a worker says something or ends; return the places of those that did."""
    handles = {handle: place for place in places for handle in place.handles()}
    found = [handles[handle] for handle in wait(list(handles), timeout_s)]  # type: ignore[index]
    for place in found:
        place.listen()
    return found


class _Place:
    """One place among the workers: who has it now, if anyone, and when the next one may start."""

    def __init__(self, settings: Settings, number: int, sock: socket.socket, folder: Path) -> None:
        self._settings = settings
        self._number = number
        self._sock = sock
        self._folder = folder
        self._told: Connection | None = None
        self._failures = 0
        self._beats = _SPAWN.RawValue(ctypes.c_uint64, 0)
        self._seen = self._still = 0
        self.process: SpawnProcess | None = None
        self.is_ready = False
        self.reason: NoteAtlasError | None = None
        self.due = 0.0

    def fill(self) -> None:
        """Start a worker."""
        self.is_ready, self.reason = False, None
        self._told, telling = _SPAWN.Pipe(duplex=False)
        self._still = 0
        arguments = (self._settings, self._sock, telling, self._folder, self._beats)
        self.process = _SPAWN.Process(target=_work, args=arguments, name=f"noteatlas-{self._number}", daemon=True)
        with _signals_held(), _variable(_SHARED, str(self._folder)):
            self.process.start()
        telling.close()

    def handles(self) -> Iterator[Connection | int]:
        """What to wait on."""
        if self.process is not None:
            yield self.process.sentinel
        if self._told is not None:
            yield self._told

    def listen(self) -> None:
        """Hear what the worker says: that it is ready, or why it cannot be."""
        while self._told is not None and self._told.poll():
            try:
                said = self._told.recv()
            except EOFError:
                self._told.close()
                self._told = None
                return
            if said == _READY:
                self.is_ready, self._failures = True, 0
            else:
                self.reason = said

    def look(self) -> None:
        """End the worker if its event loop has not turned since several looks; it is replaced as any that ends."""
        before, self._seen = self._seen, self._beats.value
        self._still = self._still + 1 if before == self._seen else 0
        if self.process is not None and self.is_ready and self._still >= _LOOKS:
            _LOG.error("worker %s hangs: it has done nothing for %g s", self.process.pid, self._settings.hung_after_s)
            self.process.kill()
            self._still = 0

    def has_ended(self) -> bool:
        """Tell whether there was a worker, and is none now."""
        return self.process is not None and not self.process.is_alive()

    def bury(self) -> None:
        """Note that the worker has ended, and when another may start."""
        process = self.process
        if process is None:
            return
        pause = 0.0 if self.is_ready else min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self._failures)
        self._failures += not self.is_ready
        self.due = time.monotonic() + pause
        _LOG.error(
            "worker %s ended with status %s%s; another one starts %s",
            process.pid,
            process.exitcode,
            f": {self.reason}" if self.reason else "",
            f"in {pause:g} s" if pause else "now",
        )
        mark_process_dead(process.pid, str(self._folder))  # type: ignore[no-untyped-call]
        self.process = None
        self.is_ready = False


def _work(settings: Settings, sock: socket.socket, telling: Connection, folder: Path, beats: ctypes.c_uint64) -> None:
    """Be a worker: serve, and say when that has begun, or why it cannot."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # Ctrl+C in a terminal is for the supervisor, which tells us
    for signal_ in _SIGNALS:
        signal.signal(signal_, signal.SIG_DFL)
    _release_signals()
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def ready() -> None:
        telling.send(_READY)
        beat()

    def beat() -> None:
        beats.value += 1
        asyncio.get_running_loop().call_later(_BEAT_S, beat)

    try:
        serve(settings, sock, on_ready=ready, shared_metrics=folder)
    except NoteAtlasError as error:
        telling.send(error)
        sys.exit(1)


def _end_with_parent() -> None:
    """Stop as if told to when the supervisor is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep signals waiting while a process is started, which inherits that until it is ready to hear them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _release_signals() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    """Set a variable of the environment for what is started meanwhile."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
