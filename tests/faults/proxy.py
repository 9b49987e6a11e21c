"""A TCP proxy in front of a Neo4j server that can be told to break: with a reset, with silence, or after a commit.

It runs in a thread with an event loop of its own. It counts what clients send, in bytes and in COMMIT messages of the
Bolt protocol (https://neo4j.com/docs/bolt/current/bolt/message/), and breaks once, at one of both; what happens to
connections made after that is said beforehand.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Break", "Proxy", "proxy"]

_COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # one chunk of two bytes, a structure without fields and its tag, the end


class Break(StrEnum):
    """What happens at the break, and to connections made after it."""

    RESET = "reset, then as before"
    REFUSE = "reset, then none accepted"
    SILENCE = "silence, also on new connections"
    LOST = "a commit's answer lost, then as before"
    LOST_REFUSE = "a commit's answer lost, then none accepted"


@dataclass(slots=True)
class Proxy:
    """What was counted, and where it breaks: after `at` of what it counts."""

    port: int = 0
    how: Break | None = None
    at: int = 0
    sent: int = 0
    commits: int = 0
    is_broken: bool = False
    _target: tuple[str, int] = ("", 0)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if self.is_broken and self.how in {Break.REFUSE, Break.LOST_REFUSE}:
            _reset(writer)
            return
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        self._writers |= {writer, back}
        ways = asyncio.gather(self._carry(reader, back, asked=True), self._carry(there, writer, asked=False))
        try:
            # Cancelled at the proxy's end: asyncio's streams would log that as an error.
            with suppress(OSError, asyncio.CancelledError):
                await ways
        finally:
            for each in (writer, back):
                each.close()
            self._writers -= {writer, back}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asked: bool) -> None:
        while data := await reader.read(65536):
            if self.is_broken and self.how is Break.SILENCE:
                await asyncio.Event().wait()  # until the proxy ends
            if not asked:
                writer.write(data)
                await writer.drain()
                continue
            self.sent += len(data)
            self.commits += data.count(_COMMIT)
            if self.how in {Break.LOST, Break.LOST_REFUSE}:
                if not self.is_broken and self.commits >= self.at and _COMMIT in data:
                    await self._lose(data, writer)
                    return
            elif self.how is not None and not self.is_broken and self.sent >= self.at:
                self.is_broken = True
                if self.how is not Break.SILENCE:
                    self._reset_all()
                    return
                continue
            writer.write(data)
            await writer.drain()
        writer.close()

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
def proxy(host: str, port: int, *, how: Break | None = None, at: int = 0) -> Iterator[Proxy]:
    """Run a proxy in front of a server that breaks as said; all its connections are closed at the end."""
    made = Proxy(how=how, at=at, _target=(host, port))
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
