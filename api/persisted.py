"""Persisted operations: GraphQL texts that are known beforehand, asked for by their SHA-256.

A file has them, as one JSON object from hash to text, and is read again when it changes (`api.watched`). A request
names one as Apollo's clients do, `extensions: {"persistedQuery": {"version": 1, "sha256Hash": "..."}}`, and leaves
`query` out. Nothing that a client sends is ever added: there is no state, and no way to fill a cache.

With `only`, nothing else is executed: a text that comes must be one of them. What the service's own pages ask is
always among them (`viz.queries`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, parse, validate

from api.limits import LIMITS
from api.schema import schema
from api.watched import Watched
from graph.errors import InputError
from viz.queries import page_queries

__all__ = ["Operation", "Persisted", "PersistedError", "hash_of", "read_operation"]

_MAX_FILE_BYTES = 10_000_000
_MAX_NAMES = 500  # how many operations may have a name of their own in metrics


@dataclass(frozen=True, slots=True)
class Operation:
    """A text that may be executed; `name` is what its operation is called, None if it has no name."""

    text: str
    name: str | None


class PersistedError(Exception):
    """A request that names no operation that may be executed; `is_malformed` if it could not name any."""

    def __init__(self, code: str, message: str, *, is_malformed: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.is_malformed = is_malformed


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_operation(text: str, place: str) -> Operation:
    """Return a text that holds one valid operation. Raises InputError that names `place` and says what is wrong."""
    try:
        document = parse(text, max_tokens=LIMITS.tokens)
        errors = validate(schema._schema, document)  # noqa: SLF001
    except GraphQLError as error:
        errors = [error]
    if errors:
        raise InputError(f"{place}: {errors[0].message}")
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1:
        raise InputError(f"{place}: there are {len(operations)} operations; each text has exactly one")
    return Operation(text, operations[0].name.value if operations[0].name else None)


def _read(data: bytes, place: str) -> dict[str, Operation]:
    try:
        rows = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{place} is not JSON: {error.msg}") from error
    if not isinstance(rows, dict) or not all(isinstance(text, str) for text in rows.values()):
        raise InputError(f"{place} is not a JSON object from hashes to texts")
    found = {}
    for number, (hash_, text) in enumerate(rows.items(), 1):
        entry = f"{place}, entry {number}"
        if hash_ != hash_of(text):
            raise InputError(f"{entry}: {hash_[:64]!r} is not the SHA-256 of its text, in hexadecimal")
        found[hash_] = read_operation(text, entry)
    return found


class Persisted:
    """The operations that are known. Without a file there are only those of our own pages."""

    def __init__(self, file: Path | None = None, *, only: bool = False) -> None:
        """Read them. Raises InputError if the file cannot be used."""
        self._only = only
        self._own = _by_hash(page_queries())
        self._watched = Watched(file, _read, what="the file of operations", max_bytes=_MAX_FILE_BYTES) if file else None

    def choose(self, query: str | None, extensions: Mapping[str, Any] | None) -> Operation:
        """Return the operation that a request asks for, by its text or its hash. Raises PersistedError.

        One that is not known has no name here, whatever its text calls it.
        """
        hash_ = _asked_hash(extensions)
        known = self._watched.value if self._watched else {}
        if hash_ is None and not self._only:
            return Operation(query or "", None)
        if query is not None:
            actual = hash_of(query)
            if hash_ not in {None, actual}:
                message = "the hash is not that of the query"
                raise PersistedError("PERSISTED_QUERY_MISMATCH", message, is_malformed=True)
            hash_ = actual
        found = known.get(hash_ or "") or self._own.get(hash_ or "")
        if found is not None:
            return self._named(found, len(known))
        if query is None and self._watched is None:
            raise PersistedError("PERSISTED_QUERY_NOT_SUPPORTED", "there are no persisted operations: send the query")
        if query is None:
            raise PersistedError("PERSISTED_QUERY_NOT_FOUND", "no persisted operation has this hash")
        if self._only:
            raise PersistedError("OPERATION_NOT_ALLOWED", "only persisted operations are executed")
        return Operation(query, None)

    def _named(self, found: Operation, count: int) -> Operation:
        return found if count <= _MAX_NAMES else Operation(found.text, None)


def _by_hash(texts: Iterable[str]) -> dict[str, Operation]:
    return {hash_of(text): Operation(text, None) for text in texts}


def _asked_hash(extensions: Mapping[str, Any] | None) -> str | None:
    """Return the hash that a request names, None if it names none."""
    asked = (extensions or {}).get("persistedQuery")
    if asked is None:
        return None
    hash_ = asked.get("sha256Hash") if isinstance(asked, dict) else None
    if not isinstance(hash_, str) or not isinstance(asked, dict) or asked.get("version") != 1:
        message = "extensions.persistedQuery has version 1 and a sha256Hash"
        raise PersistedError("BAD_REQUEST", message, is_malformed=True)
    return hash_.lower()
