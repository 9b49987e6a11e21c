"""Reading what a SQLite store keeps beside the graph: contributions as they were put in, decisions, and the history."""

from collections import defaultdict

import orjson

from graph.collector import paused_collector
from graph.contribution import Contribution
from graph.edits import Contents, unpack
from graph.history import Difference, Entry, Revision, bounds, changed_between, earliest, read_revision
from graph.model import RelationKey, RelationType
from graph.sqlite_file import Connection
from graph.sqlite_read import get, get_relations, revision

__all__ = ["contents", "decisions", "difference", "digests", "history", "paths"]


def paths(db: Connection) -> list[str]:
    """Return the paths of all contributions."""
    return [path for (path,) in db.rows("SELECT path FROM contribution")]


def contents(db: Connection, *, with_history: bool) -> Contents:
    """See `GraphStore.contents`."""
    with paused_collector():
        concepts: dict[int, dict[str, str]] = defaultdict(dict)
        relations: dict[int, dict[RelationKey, str]] = defaultdict(dict)
        passages: dict[int, list[str]] = defaultdict(list)
        for id_, key, data in db.rows("SELECT id, contribution, data FROM concept_row ORDER BY contribution, id"):
            concepts[key][id_] = data
        for source, type_, target, key, data in db.rows(
            "SELECT source, type, target, contribution, data FROM relation_row "
            "ORDER BY contribution, source, type, target"
        ):
            relations[key][source, RelationType(type_), target] = data
        for key, data in db.rows("SELECT contribution, data FROM passage ORDER BY data"):
            passages[key].append(data)
        found = {
            path: Contribution(concepts[key], relations[key], tuple(passages[key]), tuple(orjson.loads(rows)), digest)
            for key, path, digest, rows in db.rows("SELECT key, path, digest, sources FROM contribution ORDER BY path")
        }
        originals = {
            path: unpack(data)
            for path, data in db.rows(
                "SELECT c.path, o.data FROM original o JOIN contribution c ON c.key = o.contribution ORDER BY c.path"
            )
        }
    entries = db.rows("SELECT number, at, cause, changes, before FROM history ORDER BY number") if with_history else []
    return Contents(found, originals, tuple(decisions(db)), revision(db), tuple(Entry(*columns) for columns in entries))


def digests(db: Connection) -> dict[str, str]:
    """See `GraphStore.digests`."""
    return dict(
        db.rows(
            "SELECT c.path, coalesce(o.digest, c.digest) FROM contribution c "
            "LEFT JOIN original o ON o.contribution = c.key ORDER BY c.path"
        )
    )


def decisions(db: Connection) -> list[str]:
    """See `GraphStore.decisions`."""
    return sorted(row for (row,) in db.rows("SELECT data FROM decision"))


def history(db: Connection, first: int) -> list[Revision]:
    """See `GraphStore.history`."""
    rows = db.rows("SELECT number, at, cause, changes FROM history ORDER BY number DESC LIMIT ?", first)
    return [read_revision(*columns) for columns in rows]


def difference(db: Connection, since: int, until: int | None) -> Difference:
    """See `GraphStore.difference`."""
    ((oldest, newest),) = db.rows("SELECT min(number), max(number) FROM history")
    low, high = bounds(since, until, (oldest, newest) if oldest is not None else ())
    rows = db.rows("SELECT number, before FROM history WHERE number > ? ORDER BY number", low)
    touched = earliest(data for number, data in rows if number <= high)
    afterwards = earliest(data for number, data in rows if number > high)
    found = changed_between(
        touched, afterwards, get(db, list(touched.concepts)), get_relations(db, list(touched.relations))
    )
    return found if until is None or since <= until else found.turned()
