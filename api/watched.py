"""A file that is read again when it changes, without a restart.

A file that cannot be used fails the start. One that becomes unusable later changes nothing but the log, once: an
editor or a copy may show half a file for a moment, and that must not take away what everyone relies on. The last good
content holds until there is another.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from graph.errors import InputError

__all__ = ["Watched"]

T = TypeVar("T")

_LOG = logging.getLogger("noteatlas")
_LOOK_EVERY_S = 1.0


class Watched(Generic[T]):
    """What `read` makes of a file of at most `max_bytes`; `what` names it in messages ("the tokens file").

    `read` is given the content and the file's name for messages, and raises InputError. `clock` is in seconds.
    """

    def __init__(
        self,
        file: Path,
        read: Callable[[bytes, str], T],
        *,
        what: str,
        max_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read it. Raises InputError if it cannot be used."""
        self._file = file
        self._make = read
        self._place = f"{what} {file}"
        self._max_bytes = max_bytes
        self._clock = clock
        self._looked = clock()
        self._seen = _state_of(file)
        self._value = self._read()

    @property
    def value(self) -> T:
        """What the file says. Looks whether it has changed, at most once a second."""
        now = self._clock()
        if now - self._looked >= _LOOK_EVERY_S:
            self._looked = now
            state = _state_of(self._file)
            if state != self._seen:
                self._seen = state
                self._read_again()
        return self._value

    def _read_again(self) -> None:
        try:
            self._value = self._read()
        except InputError as error:
            _LOG.error("what was read before stays in force: %s", error)
        else:
            _LOG.info("%s was read again", self._place)

    def _read(self) -> T:
        try:
            with self._file.open("rb") as opened:
                data = opened.read(self._max_bytes + 1)
        except OSError as error:
            raise InputError(f"{self._place} cannot be read: {error.strerror or error}") from error
        if len(data) > self._max_bytes:
            raise InputError(f"{self._place} is larger than {self._max_bytes} bytes")
        return self._make(data, self._place)


def _state_of(file: Path) -> tuple[int, ...] | None:
    """Return what differs once a file was written or replaced, None if it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
