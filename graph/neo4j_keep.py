"""Reading what a Neo4j store keeps beside the graph: contributions as they were put in, decisions, and the history.

This module does not import neo4j: it is given a function that runs statements (`graph.neo4j_run`).
"""

import asyncio
from collections import defaultdict

from graph.collector import paused_collector
from graph.contribution import Contribution
from graph.edits import Contents, unpack
from graph.history import Difference, Entry, Revision, bounds, changed_between, earliest, read_revision
from graph.model import RelationKey, RelationType
from graph.neo4j_fields import contributed_rows
from graph.neo4j_read import get, get_relations, revision
from graph.neo4j_run import Run, any_type

__all__ = ["contents", "decisions", "difference", "digests", "history", "paths"]


async def paths(run: Run) -> list[str]:
    """Return the paths of all contributions."""
    return [path for (path,) in await run("MATCH (s:Source) RETURN s.path")]


async def contents(run: Run, *, with_history: bool) -> Contents:
    """See `GraphStore.contents`."""
    # A concept has one contribution at least of each of its sources, else it is there as the end of a relation alone.
    concept_rows = await run(
        "MATCH (c:Concept) WHERE c.sources <> [] RETURN c.id, c.sources, c.rows, c.data ORDER BY c.id"
    )
    relation_rows = await run(
        f"MATCH (a:Concept)-[r:{any_type()}]->(b:Concept) RETURN a.id, type(r), b.id, r.sources, r.rows, r.data"
    )
    passage_rows = await run("MATCH (s:Source)<-[:FROM]-(p:Passage) RETURN s.path, p.data")
    source_rows = await run("MATCH (s:Source) RETURN s.path, s.digest, s.rows, s.original ORDER BY s.path")
    entries = await _entries(run) if with_history else ()
    decided, shown = await decisions(run), await revision(run) or ""

    def read() -> Contents:
        with paused_collector():
            concepts: dict[str, dict[str, str]] = defaultdict(dict)
            relations: dict[str, dict[RelationKey, str]] = defaultdict(dict)
            passages: dict[str, list[str]] = defaultdict(list)
            for id_, *said in concept_rows:
                for path, row in contributed_rows(*said).items():
                    concepts[path][id_] = row
            for source, type_, target, *said in sorted(relation_rows, key=lambda row: row[:3]):
                for path, row in contributed_rows(*said).items():
                    relations[path][source, RelationType(type_), target] = row
            for path, row in sorted(passage_rows):
                passages[path].append(row)
            found = {
                path: Contribution(concepts[path], relations[path], tuple(passages[path]), tuple(rows), digest)
                for path, digest, rows, _ in source_rows
            }
            originals = {path: unpack(text) for path, _, _, text in source_rows if text is not None}
            return Contents(found, originals, tuple(decided), shown, entries)

    return await asyncio.to_thread(read)  # seconds for a large graph, in which the event loop has to turn


async def _entries(run: Run) -> tuple[Entry, ...]:
    rows = await run("MATCH (r:Revision) RETURN r.number, r.at, r.cause, r.changes, r.before ORDER BY r.number")
    return tuple(Entry(number, at, cause, changes, bytes(before)) for number, at, cause, changes, before in rows)


async def digests(run: Run) -> dict[str, str]:
    """See `GraphStore.digests`."""
    rows = await run("MATCH (s:Source) RETURN s.path AS path, coalesce(s.original_digest, s.digest) ORDER BY path")
    return dict(rows)


async def decisions(run: Run) -> list[str]:
    """See `GraphStore.decisions`."""
    return sorted(row for (row,) in await run("MATCH (d:Decision) RETURN d.data"))


async def history(run: Run, first: int) -> list[Revision]:
    """See `GraphStore.history`."""
    rows = await run(
        "MATCH (r:Revision) WITH r ORDER BY r.number DESC LIMIT $first RETURN r.number, r.at, r.cause, r.changes",
        first=first,
    )
    return [read_revision(*columns) for columns in rows]


async def difference(run: Run, since: int, until: int | None) -> Difference:
    """See `GraphStore.difference`."""
    ((oldest, newest),) = await run("MATCH (r:Revision) RETURN min(r.number), max(r.number)")
    low, high = bounds(since, until, (oldest, newest) if oldest is not None else ())
    rows = await run("MATCH (r:Revision) WHERE r.number > $low RETURN r.number, r.before ORDER BY r.number", low=low)
    touched = earliest(bytes(data) for number, data in rows if number <= high)
    afterwards = earliest(bytes(data) for number, data in rows if number > high)
    concepts = await get(list(touched.concepts)).by(run)
    relations = await get_relations(list(touched.relations)).by(run)
    found = changed_between(touched, afterwards, concepts, relations)
    return found if until is None or since <= until else found.turned()
