"""The SQLite file of a store: its schema, how it is opened, and what sqlite3's errors mean.

The file holds two layers. The *contributions* are what sources said: `contribution`, `concept_row`, `relation_row`,
`passage`. The *merged* layer is what readers see, kept up to date by every write: `concept` and `relation` (joined by
integer keys, which makes walks fast), `concept_name` (the keys a concept answers to) and `concept_search` (FTS5).
Rows are canonical JSON (`graph.contribution`); the columns beside them are what is looked up or sorted by.

The header of the file says whose it is (`application_id`) and which version of the schema it has (`user_version`); a
file of someone else, or of a newer version, is refused before anything is written to it.

Chinese text is indexed as overlapping bigrams, cut by us and separated by spaces: FTS5's own trigram tokenizer cannot
find a word of two characters. Its `ascii` tokenizer takes every other character for a letter, which is what we want.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from graph.errors import IncompatibleStore, StoreBusy, StoreError, StoreUnavailable

__all__ = ["FILE_NAME", "Connection", "Counter", "open_connection", "prepare", "store_file", "translated"]

FILE_NAME: Final = "noteatlas.sqlite3"
_SUFFIXES: Final = {".sqlite3", ".sqlite", ".db"}
_APPLICATION_ID: Final = 0x4E41746C  # "NAtl"
_VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE contribution (
    key INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    sources TEXT NOT NULL
);
CREATE TABLE concept_row (
    id TEXT NOT NULL,
    contribution INTEGER NOT NULL REFERENCES contribution (key),
    data TEXT NOT NULL,
    PRIMARY KEY (id, contribution)
) WITHOUT ROWID;
CREATE INDEX concept_row_by_contribution ON concept_row (contribution);
CREATE TABLE relation_row (
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    target TEXT NOT NULL,
    contribution INTEGER NOT NULL REFERENCES contribution (key),
    data TEXT NOT NULL,
    PRIMARY KEY (source, type, target, contribution)
) WITHOUT ROWID;
CREATE INDEX relation_row_by_contribution ON relation_row (contribution);
CREATE TABLE passage (
    key INTEGER PRIMARY KEY,
    contribution INTEGER NOT NULL REFERENCES contribution (key),
    data TEXT NOT NULL
);
CREATE INDEX passage_by_contribution ON passage (contribution);
CREATE TABLE mention (
    concept TEXT NOT NULL,
    passage INTEGER NOT NULL REFERENCES passage (key) ON DELETE CASCADE,
    PRIMARY KEY (concept, passage)
) WITHOUT ROWID;
CREATE INDEX mention_by_passage ON mention (passage);

CREATE TABLE concept (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT
);
CREATE INDEX concept_in_order ON concept (name_key, id);
CREATE INDEX concept_by_kind ON concept (kind, name_key, id);
CREATE TABLE concept_name (
    name_key TEXT NOT NULL,
    rank INTEGER NOT NULL,
    concept INTEGER NOT NULL REFERENCES concept (key) ON DELETE CASCADE,
    PRIMARY KEY (name_key, rank, concept)
) WITHOUT ROWID;
CREATE INDEX concept_name_by_concept ON concept_name (concept);
CREATE VIRTUAL TABLE concept_search USING fts5 (tokens, tokenize = 'ascii');
CREATE TABLE relation (
    key INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES concept (key),
    type TEXT NOT NULL,
    target INTEGER NOT NULL REFERENCES concept (key),
    confidence REAL NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (source, type, target)
);
CREATE INDEX relation_backwards ON relation (target, type, confidence, source);
"""


def store_file(location: str) -> Path:
    """Return the file that a store at `location` lives in.

    An existing folder, or a path that does not exist and has no suffix of a database, is a folder to hold it.
    """
    path = Path(location)
    if path.is_dir() or (not path.exists() and path.suffix.lower() not in _SUFFIXES):
        return path / FILE_NAME
    return path


# -- errors -------------------------------------------------------------------------------------------------------

_MEANING: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_BUSY: (StoreBusy, "is being written to by another process; try again when it is done"),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "is being written to by another process; try again when it is done"),
    sqlite3.SQLITE_NOTADB: (IncompatibleStore, "is not a SQLite database; choose another file or folder"),
    sqlite3.SQLITE_CORRUPT: (StoreUnavailable, "is damaged; restore a copy, or remove it and load the notes again"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailable, "cannot be opened; check the path and its permissions"),
    sqlite3.SQLITE_PERM: (StoreUnavailable, "cannot be opened; check the path and its permissions"),
    sqlite3.SQLITE_READONLY: (StoreUnavailable, "cannot be written to; check its permissions and its folder's"),
    sqlite3.SQLITE_FULL: (StoreUnavailable, "cannot grow, the disk is full; make room, nothing was half written"),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "cannot be read or written; check the disk it is on"),
}


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Turn an error of sqlite3 into the StoreError that states the fact."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        kind, fact = _MEANING.get((code or 0) & 0xFF, (StoreError, f"failed: {error}"))
        raise kind(f"the store {file} {fact}") from error


# -- connections --------------------------------------------------------------------------------------------------


class Counter:
    """How many statements the connections of one store have run; safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.value = 0

    def add(self) -> None:
        """Count one more."""
        with self._lock:
            self.value += 1


class Connection:
    """One connection in autocommit mode, used by one thread at a time; `rows` and `run` count, transactions don't."""

    def __init__(self, db: sqlite3.Connection, counter: Counter) -> None:
        self._db = db
        self._counter = counter

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement and return all of its rows."""
        self._counter.add()
        return self._db.execute(sql, values).fetchall()

    def run(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each of `rows`; nothing for none."""
        if rows:
            self._counter.add()
            self._db.executemany(sql, rows)

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[None]:
        """Read one snapshot, or, with `write`, be the only writer; an error takes everything back.

        Raises StoreBusy (through `translated`) if the writers' lock is not free within the connection's wait.
        """
        self._db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # sqlite itself rolls back when the disk is full
                self._db.execute("ROLLBACK")
            raise
        try:
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close; sqlite folds the log back into the file with the last connection."""
        self._db.close()


def open_connection(file: Path, counter: Counter, *, busy_timeout_s: float, write: bool = False) -> Connection:
    """Open one connection to a file that `prepare` has prepared."""
    uri = f"file:{quote(str(file.absolute()))}?mode={'rwc' if write else 'rw'}"
    db = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        # FULL makes a commit durable before it is reported; checked at once because the first read may fail.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        if not write:
            db.execute("PRAGMA query_only = ON")
    except BaseException:
        db.close()
        raise
    return Connection(db, counter)


def _pragma(connection: Connection, name: str) -> int:
    value = connection.rows(f"PRAGMA {name}")[0][0]
    return int(value)


def _is_new(connection: Connection, file: Path) -> bool:
    """Tell whether the file has no schema yet. Raises IncompatibleStore if it is not ours or is too new."""
    owner, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if owner == _APPLICATION_ID:
        if version > _VERSION:
            raise IncompatibleStore(
                f"the store {file} was written by a newer version of Note Atlas (schema {version}, this one knows "
                f"{_VERSION}); upgrade noteatlas"
            )
        return False
    if owner or version or connection.rows("SELECT 1 FROM sqlite_schema LIMIT 1"):
        raise IncompatibleStore(f"the store {file} is a database of another program; choose another file or folder")
    return True


def prepare(file: Path, counter: Counter, *, busy_timeout_s: float) -> Connection:
    """Create what is missing of `file` and its schema, and return the connection that writes.

    Raises StoreUnavailable if the folder or file cannot be made or opened, IncompatibleStore if the file is something
    else or of a newer version, StoreBusy if another process keeps it locked for longer than `busy_timeout_s`.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():
            raise StoreUnavailable(f"the store {file} is not a regular file; choose another file or folder")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreUnavailable(
            f"the store's folder {file.parent} cannot be made: {reason}; choose another place"
        ) from error
    with translated(file):
        connection = open_connection(file, counter, busy_timeout_s=busy_timeout_s, write=True)
        try:
            if _is_new(connection, file):
                connection.rows("PRAGMA journal_mode = WAL")
                with connection.transaction(write=True):
                    # Another process may have been faster: look again, now that nobody else can write.
                    if _is_new(connection, file):
                        for statement in _SCHEMA.split(";\n"):
                            connection.rows(statement)
                        connection.rows(f"PRAGMA application_id = {_APPLICATION_ID}")
                        connection.rows(f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            connection.close()
            raise
    return connection
