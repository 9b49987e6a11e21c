"""Who is asked: a driver in this process, and services over HTTP, each on one connection that is kept.

The client for HTTP is as thin as a client can be, for its time counts as the service's.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import neo4j
import orjson

from bench.graphql_peer.questions import Question

__all__ = ["Asked", "Driver", "Managed", "Ours", "Peer", "Plain", "connected"]


class Asked(Protocol):
    """Answers a question: `ask` gives the bytes of its answer, and is what is timed; `data` reads them."""

    async def ask(self, question: Question, variables: Mapping[str, Any]) -> bytes: ...

    def data(self, question: Question, answer: bytes) -> dict[str, Any]: ...


class Driver:
    """The asynchronous driver with the statement written by hand, and its answer as JSON: the same as our service's."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self.driver = driver

    async def rows(self, statement: str, variables: Mapping[str, Any]) -> list[list[Any]]:
        raise NotImplementedError

    async def ask(self, question: Question, variables: Mapping[str, Any]) -> bytes:
        rows = await self.rows(question.by_hand, variables)
        return orjson.dumps({"data": question.shaped(rows)})

    def data(self, _: Question, answer: bytes) -> dict[str, Any]:
        return orjson.loads(answer)["data"]


class Managed(Driver):
    """By `execute_query`, as the driver's manual has it: a transaction that is tried again where that may help."""

    async def rows(self, statement: str, variables: Mapping[str, Any]) -> list[list[Any]]:
        found = await self.driver.execute_query(statement, dict(variables), routing_=neo4j.RoutingControl.READ)
        return [record.values() for record in found.records]


class Plain(Driver):
    """By `session.run`, which is one message there and one back, and gives up at the first error."""

    async def rows(self, statement: str, variables: Mapping[str, Any]) -> list[list[Any]]:
        async with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(statement, dict(variables))
            return [record.values() async for record in result]


class _Service:
    """GraphQL over HTTP/1.1."""

    def __init__(self, path: str, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.head = (
            f"POST {path} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\ncontent-type: application/json\r\n"
        )

    async def post(self, query: str, variables: Mapping[str, Any]) -> bytes:
        body = orjson.dumps({"query": query, "variables": variables})
        self.writer.write(f"{self.head}content-length: {len(body)}\r\n\r\n".encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise ValueError(f"answered {head.decode()}")
        _, given, rest = head.partition(b"\r\ncontent-length:")
        return await self.reader.readexactly(int(rest.partition(b"\r\n")[0])) if given else await self.chunks()

    async def chunks(self) -> bytes:
        found = b""
        while size := int(await self.reader.readline(), 16):
            found += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return found


class Ours(_Service):
    """Note Atlas."""

    async def ask(self, question: Question, variables: Mapping[str, Any]) -> bytes:
        return await self.post(question.ours, variables)

    def data(self, _: Question, answer: bytes) -> dict[str, Any]:
        return _without_errors(answer)


class Peer(_Service):
    """@neo4j/graphql."""

    async def ask(self, question: Question, variables: Mapping[str, Any]) -> bytes:
        return await self.post(question.peers, variables)

    def data(self, question: Question, answer: bytes) -> dict[str, Any]:
        return question.translated(_without_errors(answer))


def _without_errors(answer: bytes) -> dict[str, Any]:
    body = orjson.loads(answer)
    if "errors" in body:
        raise ValueError(f"answered {body['errors']}")
    return body["data"]


@asynccontextmanager
async def connected(kind: type[Ours] | type[Peer], url: str) -> AsyncIterator[Asked]:
    """Open a connection to the service at `url`."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)
    try:
        yield kind(parts.path or "/", parts.netloc, reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
