"""A TCP proxy in front of a Neo4j server that can be told to break: with a reset, with silence, or after a commit.

It runs in a thread with an event loop of its own, and knows a store's *writes* by what passes through it: one begins
where the statement is sent that locks out other writers, and is committed by the next COMMIT message of the Bolt
protocol (https://neo4j.com/docs/bolt/current/bolt/message/) on that connection. It breaks once, within or at the commit
of one of them, however long the load takes and whatever else it sends (its own records, missing indexes); what happens
to connections made after that is said beforehand.
"""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

from graph.neo4j_schema import LOCK

__all__ = ["Break", "Cut", "Proxy", "proxy"]

_LOCK = LOCK.encode()
_COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # one chunk of two bytes, a structure without fields and its tag, the end
_MARK = re.compile(re.escape(_LOCK) + b"|" + re.escape(_COMMIT))
_LONGEST_MARK = max(len(_LOCK), len(_COMMIT))


class Break(StrEnum):
    """What happens at the break, and to connections made after it."""

    RESET = "reset, then as before"
    REFUSE = "reset, then none accepted"
    SILENCE = "silence, also on new connections"
    LOST = "a commit's answer lost, then as before"
    LOST_REFUSE = "a commit's answer lost, then none accepted"


_LOSES = {Break.LOST, Break.LOST_REFUSE}


@dataclass(frozen=True, slots=True)
class Cut:
    """Where to break: at the write `write` of `writes`, the first being 1.

    Where an answer is lost, it is that of its commit. Otherwise it is once so many bytes (`after`) were sent since that
    write began, on all connections: at the latest when the next one begins, or with the commit of the last.
    """

    how: Break
    write: int
    writes: int
    after: int = 0


@dataclass(slots=True)
class _Asked:
    """What a client sent on one connection: the end of it, which may be the beginning of a mark, and if it writes."""

    end: bytes = b""
    writes: bool = False


@dataclass(slots=True)
class Proxy:
    """What was sent: the bytes of each write and what followed it, and how many were committed."""

    port: int = 0
    cut: Cut | None = None
    sizes: list[int] = field(default_factory=list)
    commits: int = 0
    is_broken: bool = False
    _target: tuple[str, int] = ("", 0)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if self._does({Break.REFUSE, Break.LOST_REFUSE}):
            _reset(writer)
            return
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        self._writers |= {writer, back}
        ways = asyncio.gather(self._carry(reader, back, _Asked()), self._carry(there, writer))
        try:
            # Cancelled at the proxy's end: asyncio's streams would log that as an error.
            with suppress(OSError, asyncio.CancelledError):
                await ways
        finally:
            for each in (writer, back):
                each.close()
            self._writers -= {writer, back}

    def _does(self, hows: Collection[Break]) -> bool:
        return self.is_broken and self.cut is not None and self.cut.how in hows

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: _Asked | None = None
    ) -> None:
        while data := await reader.read(65536):
            if self._does({Break.SILENCE}):
                await asyncio.Event().wait()  # until the proxy ends
            if asked is not None:
                self._notice(data, asked)
                if self.cut is not None and not self.is_broken and self._is_at(self.cut):
                    self.is_broken = True
                    if self.cut.how in _LOSES:
                        await self._lose(data, writer)
                        return
                    if self.cut.how is not Break.SILENCE:
                        self._reset_all()
                        return
                    continue
            writer.write(data)
            await writer.drain()
        writer.close()

    def _notice(self, data: bytes, asked: _Asked) -> None:
        """See what writes begin and end with what a client sent."""
        known = len(asked.end)
        seen = asked.end + data
        for mark in _MARK.finditer(seen):
            if mark.end() <= known:
                continue
            if mark[0] == _LOCK:
                asked.writes = True
                if self.commits == len(self.sizes):  # else the last one begins once more
                    self.sizes.append(0)
            elif asked.writes:
                asked.writes = False
                self.commits += 1
        if self.sizes:
            self.sizes[-1] += len(data)
        asked.end = seen[1 - _LONGEST_MARK :]

    def _is_at(self, cut: Cut) -> bool:
        if cut.how in _LOSES or self.commits == cut.writes:
            return self.commits >= cut.write
        return (len(self.sizes), sum(self.sizes[-1:])) >= (cut.write, cut.after)

    async def _lose(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Hand on a commit, let the server carry it out, and let nobody hear of it."""
        self.is_broken = True
        clients = [each for each in self._writers if each is not writer]
        for client in clients:
            client.transport.pause_reading()  # type: ignore[attr-defined]
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.5)
        self._reset_all()

    def _reset_all(self) -> None:
        for each in list(self._writers):
            _reset(each)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST: nothing that is still to be sent arrives."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def proxy(host: str, port: int, cut: Cut | None = None) -> Iterator[Proxy]:
    """Run a proxy in front of a server that breaks as said; all its connections are closed at the end."""
    made = Proxy(cut=cut, _target=(host, port))
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def run(stop: asyncio.Event) -> None:
        server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
        made.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        made._reset_all()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run(stop)), name="proxy")
    thread.start()
    ready.wait()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
