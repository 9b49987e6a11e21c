"""What is remembered of files that were read: one SQLite file for the files of some folders, read with some rules.

A record holds all that a file said to itself and to others, so that an unchanged file need not be opened again as long
as the others say nothing new about its names. Written in one transaction at the end of a reading: a reading that is
stopped leaves the memory as it was. It is a cache: deleted, damaged or made by other rules, it is made anew.
"""

import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from graph.contribution import Contribution, read_relations, relation_row
from graph.edits import pack, unpack
from graph.errors import InputError
from graph.model import ConceptKind, Relation
from loaders.gathering import Gathered
from loaders.lexicon import Term
from loaders.notes import Note

__all__ = ["Common", "Memory", "Pair", "Read", "Record"]

Pair = tuple[str, str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS common (rules TEXT NOT NULL, generation INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    path TEXT PRIMARY KEY, data BLOB NOT NULL, text TEXT, gathered BLOB, read BLOB NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Record:
    """What a file said, and what of it others depend on.

    `note` is what it says of notes; `own` what its own note is kept for. `proposed` are the prerequisites that it
    proposes (first, then, confidence), `stated` those that it states; `taken` those of the proposed that were taken
    over all files. `digest` is that of its whole contribution.
    """

    sha256: str
    note: Note
    own: str | None
    proposed: tuple[tuple[str, str, float], ...]
    stated: tuple[Pair, ...]
    taken: frozenset[Pair]
    digest: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says without the prerequisites that it proposes, and these."""

    contribution: Contribution
    proposed: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Common:
    """What was common to all files: the terms of their notes, the terms that were discovered, what links mean.

    `gathered` sums what they say of names.
    """

    noted: tuple[Term, ...]
    discovered: tuple[Term, ...]
    by_file: Mapping[str, str]
    gathered: Gathered


class Memory:
    """The records of one set of files, in a file of its own. Use it as `with`; raises sqlite3.Error and OSError.

    `rules` names the rules that the files are read by: with other ones, all is forgotten. Its folder is made, for its
    owner alone, since a record holds what notes say.
    """

    def __init__(self, file: Path, rules: str) -> None:
        self._file = file
        self._rules = rules
        self._db: sqlite3.Connection
        self._generation = 0
        self.problem: str | None = None
        """Why what was read could not be remembered; None if it could."""

    def __enter__(self) -> Self:
        """Open it, or make it anew if it is damaged."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._db = self._open()
        except sqlite3.OperationalError:  # it is locked, or its folder cannot be used: nothing is wrong with it
            raise
        except sqlite3.DatabaseError:
            self._delete()
            self._db = self._open()
        return self

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)

    def discard(self, error: sqlite3.Error) -> None:
        """Forget everything because of an error that came up while it was used; `problem` tells of that."""
        self.problem = str(error)
        if not isinstance(error, sqlite3.OperationalError):
            self._db.close()
            self._delete()
            self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        try:
            self._file.chmod(0o600)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            known = db.execute("SELECT rules FROM common").fetchone()
            if known is not None and known[0] != self._rules:
                db.executescript(f"BEGIN IMMEDIATE; DROP TABLE common; DROP TABLE record; {_SCHEMA} COMMIT;")
        except BaseException:
            db.close()
            raise
        return db

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close it."""
        self._db.close()

    # -- reading ----------------------------------------------------------------------------------------------------

    def recall(self) -> tuple[Common | None, dict[str, Record]]:
        """Return what is common to all files, None if nothing is remembered, and the records of the files by path."""
        self._db.execute("BEGIN")
        try:
            row = self._db.execute("SELECT generation, data FROM common").fetchone()
            rows = self._db.execute("SELECT path, data FROM record ORDER BY path").fetchall()
        finally:
            self._db.execute("COMMIT")
        if row is None:
            self._generation = 0
            return None, {}
        self._generation = row[0]
        return _common(orjson.loads(row[1])), {path: _record(orjson.loads(data)) for path, data in rows}

    def texts(self) -> list[tuple[str, str | None]]:
        """Return each file's path and the words by which it depends on names (`keep`)."""
        return self._db.execute("SELECT path, text FROM record").fetchall()

    def text(self, path: str) -> str | None:
        """Return these words of one file."""
        row = self._db.execute("SELECT text FROM record WHERE path = ?", (path,)).fetchone()
        text: str | None = row[0]
        return text

    def gathered(self, path: str) -> Gathered:
        """Return what a remembered file said of names."""
        row = self._db.execute("SELECT gathered FROM record WHERE path = ?", (path,)).fetchone()
        return Gathered.from_json(orjson.loads(row[0]))

    def read(self, path: str, digest: str) -> Read:
        """Return what a file said of which the record has this digest.

        Raises InputError if it was read anew since, or is damaged.
        """
        try:
            row = self._db.execute("SELECT data, read FROM record WHERE path = ?", (path,)).fetchone()
        except sqlite3.DatabaseError as error:
            raise InputError(f"what is remembered of {path} cannot be read: {error}; load with --fresh") from error
        if row is None or orjson.loads(row[0])["digest"] != digest:
            raise InputError(f"{path} was read by another load meanwhile; load again")
        contribution, proposed = orjson.loads(zlib.decompress(row[1]))
        return Read(unpack(contribution), tuple(read_relations(proposed)))

    # -- writing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[bool]:
        """Write within one transaction; False, and nothing may be written, if somebody wrote since `recall`."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            row = self._db.execute("SELECT generation FROM common").fetchone()
            yield (row[0] if row else 0) == self._generation
        except BaseException:
            if self._db.in_transaction:  # SQLite has ended it where the disk is full
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def keep_common(self, common: Common) -> None:
        """Replace what is common to all files."""
        self._db.execute("DELETE FROM common")
        data = {
            "noted": list(map(_term_row, common.noted)),
            "discovered": list(map(_term_row, common.discovered)),
            "by_file": common.by_file,
            "gathered": common.gathered.to_json(),
        }
        self._generation += 1
        self._db.execute("INSERT INTO common VALUES (?, ?, ?)", (self._rules, self._generation, orjson.dumps(data)))

    def keep(self, path: str, record: Record, text: str | None, gathered: bytes | None, read: Read) -> None:
        """Replace what is remembered of a file; what it said of names stays where `gathered` is None.

        `text` are the words by which it depends on names: a file without the key of a name in it has nothing to do
        with that. None where nobody can tell.
        """
        # Compressed, as it is many times the size of the file and seldom read again.
        blob = zlib.compress(orjson.dumps([pack(read.contribution), list(map(relation_row, read.proposed))]), 1)
        self._db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET data = excluded.data, "
            "text = excluded.text, gathered = coalesce(excluded.gathered, gathered), read = excluded.read",
            (path, orjson.dumps(_record_row(record)), text, gathered, blob),
        )

    def update(self, records: Mapping[str, Record]) -> None:
        """Replace the records of files whose reading stays."""
        rows = ((orjson.dumps(_record_row(record)), path) for path, record in records.items())
        self._db.executemany("UPDATE record SET data = ? WHERE path = ?", rows)

    def forget(self, paths: Collection[str]) -> None:
        """Forget files."""
        self._db.executemany("DELETE FROM record WHERE path = ?", ((path,) for path in paths))


# -- rows -------------------------------------------------------------------------------------------------------------


def _term_row(term: Term) -> list[Any]:
    return [term.id, term.names, term.kind.value, sorted(term.weak), term.known]


def _terms(rows: Iterable[Any]) -> tuple[Term, ...]:
    return tuple(
        Term(id_, tuple(names), ConceptKind(kind), weak=frozenset(weak), known=known)
        for id_, names, kind, weak, known in rows
    )


def _common(value: Any) -> Common:
    return Common(
        _terms(value["noted"]), _terms(value["discovered"]), value["by_file"], Gathered.from_json(value["gathered"])
    )


def _record_row(record: Record) -> dict[str, Any]:
    note = record.note
    return {
        "sha256": record.sha256,
        "note": [note.path, note.names, note.file, note.kept, note.links, note.values],
        "own": record.own,
        "proposed": record.proposed,
        "stated": record.stated,
        "taken": sorted(record.taken),
        "digest": record.digest,
    }


def _record(value: Any) -> Record:
    path, names, file, kept, links, values = value["note"]
    return Record(
        value["sha256"],
        Note(path, tuple(names), file, kept, tuple(links), tuple(values)),
        value["own"],
        tuple((first, then, confidence) for first, then, confidence in value["proposed"]),
        tuple((first, then) for first, then in value["stated"]),
        frozenset((first, then) for first, then in value["taken"]),
        value["digest"],
    )
