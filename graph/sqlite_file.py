"""The SQLite file of a store: its schema, how it is opened, and what sqlite3's errors mean.

The file holds two layers. The *contributions* are what sources said: `contribution`, `concept_row`, `relation_row`,
`passage`. The *merged* layer is what readers see, kept up to date by every write: `concept` and `relation` (joined by
integer keys, which makes walks fast), `concept_name` (the keys a concept answers to), and for FTS5 `concept_search`,
`passage_search` and `concept_grams` (of names, for those that are mistyped).
`load` has the records of loads (`graph.loads`); `written` is a Julian day.
`original` has what the notes say of sources for which decisions (`decision`) made it another (`graph.edits`), `history`
the revisions (`graph.history`); `at` is in seconds since 1970.
A concept's row has what lists of concepts are sorted by (`graph.sqlite_measures`).
`revision` has one row, a random value that every write replaces: unlike a counter it tells copies apart too. Rows are
canonical JSON (`graph.contribution`); the columns beside them are what is looked up or sorted by.

The header of the file says whose it is (`application_id`) and which version of the schema it has (`user_version`); a
file of someone else, or of a newer version, is refused before anything is written to it. One of an older version is
brought up to date when it is opened, in one transaction (`_UPGRADES`).

Chinese text is indexed as overlapping bigrams, cut by us and separated by spaces: FTS5's own trigram tokenizer cannot
find a word of two characters. Its `ascii` tokenizer takes every other character for a letter, which is what we want.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from graph.contribution import read_concept, read_passage
from graph.errors import IncompatibleStore, StoreBusy, StoreError, StoreUnavailable
from graph.near_names import gram_tokens
from graph.search_text import passage_bigram_tokens
from graph.sqlite_measures import measure_all

__all__ = ["FILE_NAME", "Connection", "Counter", "copy_store", "open_connection", "prepare", "store_file", "translated"]

FILE_NAME: Final = "noteatlas.sqlite3"
_SUFFIXES: Final = {".sqlite3", ".sqlite", ".db"}
_APPLICATION_ID: Final = 0x4E41746C  # "NAtl"
_VERSION: Final = 8

_REVISION: Final = """
CREATE TABLE revision (value TEXT NOT NULL);
INSERT INTO revision VALUES (lower(hex(randomblob(16))));
"""
_PASSAGE_SEARCH: Final = """
CREATE VIRTUAL TABLE passage_search USING fts5 (tokens, tokenize = 'ascii');
INSERT INTO passage_search (rowid, tokens) SELECT key, passage_tokens(data) FROM passage;
"""
_NEAR_NAMES: Final = """
CREATE VIRTUAL TABLE concept_grams USING fts5 (grams, detail = none, tokenize = "ascii tokenchars '_'");
INSERT INTO concept_grams (rowid, grams) SELECT key, gram_tokens(data) FROM concept;
"""
_LOADS: Final = """
CREATE TABLE load (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    data TEXT NOT NULL,
    written REAL NOT NULL
);
"""
_KEEPING: Final = """
CREATE TABLE original (
    contribution INTEGER PRIMARY KEY REFERENCES contribution (key) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE TABLE decision (data TEXT NOT NULL UNIQUE);
CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    cause TEXT NOT NULL,
    changes TEXT NOT NULL,
    before BLOB NOT NULL
);
"""
_LISTS: Final = """
CREATE INDEX concept_by_importance ON concept (by_importance, name_key, id);
CREATE INDEX concept_by_degree ON concept (by_degree, name_key, id);
CREATE INDEX concept_by_depth ON concept (by_depth, name_key, id);
CREATE INDEX concept_by_document ON concept (json_extract(data, '$.document'));
CREATE INDEX passage_by_source ON passage (json_extract(data, '$[0]'));
"""
_MEASURES: Final = """
ALTER TABLE concept ADD COLUMN by_importance INTEGER NOT NULL DEFAULT 0;
ALTER TABLE concept ADD COLUMN by_degree INTEGER NOT NULL DEFAULT 0;
ALTER TABLE concept ADD COLUMN by_depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE relation ADD COLUMN origin TEXT NOT NULL DEFAULT '';
UPDATE relation SET origin = json_extract(data, '$.origin');
"""
_SCHEMA: Final = f"""
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
    data TEXT,
    by_importance INTEGER NOT NULL DEFAULT 0,
    by_degree INTEGER NOT NULL DEFAULT 0,
    by_depth INTEGER NOT NULL DEFAULT 0
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
    origin TEXT NOT NULL,
    UNIQUE (source, type, target)
);
CREATE INDEX relation_backwards ON relation (target, type, confidence, source);
{_REVISION}{_PASSAGE_SEARCH}{_NEAR_NAMES}{_LOADS}{_LISTS}{_KEEPING}"""
_UPGRADES: Final[dict[int, str]] = {
    1: _REVISION,
    2: _PASSAGE_SEARCH,
    3: _NEAR_NAMES,
    4: _LOADS,
    5: _MEASURES + _LISTS,
    6: _KEEPING,
    7: f"DROP TABLE concept_grams;{_NEAR_NAMES}",  # without the lengths of names
}
"""By version: what a file of it lacks to be one of the next version."""


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
    sqlite3.SQLITE_INTERRUPT: (StoreError, "was not read to the end: nobody waits for the answer any more"),
    sqlite3.SQLITE_IOERR_WRITE: (
        StoreUnavailable,
        "cannot grow; check its disk and how large a file may be (ulimit -f), nothing was half written",
    ),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "cannot be read or written; check the disk it is on"),
}


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Turn an error of sqlite3 into the StoreError that states the fact."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        kind, fact = _MEANING.get(code) or _MEANING.get(code & 0xFF, (StoreError, f"failed: {error}"))
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
        self._stopped = False

    def stop(self) -> None:
        """End the statement that runs now, and let no other begin; may be called from any thread.

        A statement that is just about to begin may be missed: call again, until the work has ended.
        """
        self._stopped = True
        self._db.interrupt()

    def resume(self) -> None:
        """Let statements run again, when the work that was stopped has ended."""
        self._stopped = False

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement and return all of its rows. Raises StoreError once the work was stopped."""
        if self._stopped:
            raise StoreError("nobody waits for the answer any more")
        self._counter.add()
        return self._db.execute(sql, values).fetchall()

    def each(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Run one statement and yield its rows one after the other: for more than should be in memory at once."""
        if self._stopped:
            raise StoreError("nobody waits for the answer any more")
        self._counter.add()
        yield from self._db.execute(sql, values)

    def run(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each of `rows`; nothing for none."""
        if rows:
            self._counter.add()
            self._db.executemany(sql, rows)

    @contextmanager
    def transaction(self, *, write: bool = False, keep: bool = True) -> Iterator[None]:
        """Read one snapshot, or, with `write`, be the only writer; an error, or not to `keep` it, takes it all back.

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
            self._db.execute("COMMIT" if keep else "ROLLBACK")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def function(self, name: str, function: Callable[..., Any], *, arguments: int = 1) -> None:
        """Let SQL of this connection call `function`, of so many arguments, as `name`."""
        self._db.create_function(name, arguments, function, deterministic=True)

    def copy_to(self, file: Path) -> None:
        """Copy the whole database to a new file, as it is at one moment."""
        with closing(sqlite3.connect(file)) as copy:
            self._db.backup(copy)

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


def _version(connection: Connection, file: Path) -> int:
    """Return the version of the file's schema, 0 if it has none yet. Raises IncompatibleStore for what is not ours."""
    owner, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if owner == _APPLICATION_ID:
        if version > _VERSION:
            raise IncompatibleStore(
                f"the store {file} was written by a newer version of Note Atlas (schema {version}, this one knows "
                f"{_VERSION}); upgrade noteatlas"
            )
        return version
    if owner or version or connection.rows("SELECT 1 FROM sqlite_schema LIMIT 1"):
        raise IncompatibleStore(f"the store {file} is a database of another program; choose another file or folder")
    return 0


def _bring_up_to_date(connection: Connection, version: int) -> None:
    """Give a file of an older version, or a new one, the schema of today."""
    connection.function("passage_tokens", lambda data: passage_bigram_tokens(read_passage(data)))
    connection.function("gram_tokens", lambda data: gram_tokens(read_concept(data)))
    scripts = [_UPGRADES[old] for old in range(version, _VERSION)] if version else [_SCHEMA]
    for statement in "".join(scripts).split(";\n"):
        connection.rows(statement)
    if version:
        measure_all(connection)
    connection.rows(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.rows(f"PRAGMA user_version = {_VERSION}")


def prepare(file: Path, counter: Counter, *, busy_timeout_s: float) -> Connection:
    """Create what is missing of `file` and its schema, bring it up to date, and return the connection that writes.

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
            version = _version(connection, file)
            if not version:
                connection.rows("PRAGMA journal_mode = WAL")
            if version < _VERSION:
                with connection.transaction(write=True):
                    # Another process may have been faster: look again, now that nobody else can write.
                    version = _version(connection, file)
                    if version < _VERSION:
                        _bring_up_to_date(connection, version)
        except BaseException:
            connection.close()
            raise
    return connection


def copy_store(file: Path, copy: Path) -> None:
    """Copy the store in `file`, as it is at one moment, to the new file `copy`; others may use it meanwhile.

    Raises StoreUnavailable if there is none or if it is damaged, IncompatibleStore if it is something else, or of a
    newer version.
    """
    if not file.is_file():
        raise StoreUnavailable(f"there is no file {file}; name one that `noteatlas backup` wrote")
    with translated(file):
        connection = open_connection(file, Counter(), busy_timeout_s=5.0)
        try:
            if not _version(connection, file):
                raise IncompatibleStore(f"the file {file} is empty; name one that `noteatlas backup` wrote")
            connection.copy_to(copy)
        finally:
            connection.close()
    with translated(copy):
        copied = open_connection(copy, Counter(), busy_timeout_s=5.0)
        try:
            if copied.rows("PRAGMA integrity_check(1)") != [("ok",)]:
                raise StoreUnavailable(f"the store {file} is damaged; take another copy of it")
        finally:
            copied.close()
