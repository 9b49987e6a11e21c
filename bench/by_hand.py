"""How long a load into Neo4j takes beside `UNWIND ... MERGE` by hand: `python -m bench.by_hand [--concepts N] URL`.

Makes the graph of `bench.graphs`, loads it into the store, which must be empty, as `noteatlas load` does, and then by
hand, in the same run on the same server and with the same driver:

* *rows alone*: concepts with their id, name and row, relations with their row, and one constraint;
* *the same properties*: everything that the store writes to concepts, relations, sources and passages, and the
  constraints;
* *the same properties and indexes*: and the store's indexes for lists, search and mistyped names.

By hand, the properties are worked out before the clock starts, nothing is looked up that may be there already, and
nobody could tell a half load from a whole one. Prints the seconds of each, how many times as long the store took, and
the memory of this process, the graph in it that is loaded. The database is left empty.

Needs the store's URL; `tests/neo4j_server.py` can start a server.
"""

import argparse
import asyncio
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import neo4j

from api.loading import store_all
from bench.graphs import make_sources
from graph.contribution import concept_row, encode, relation_row
from graph.model import KnowledgeGraph
from graph.neo4j_fields import concept_fields, passage_fields, relation_fields, source_fields
from graph.neo4j_schema import SCHEMA
from graph.store import open_store
from loaders.extract import Extraction

Statement = tuple[str, list[Any]]
Way = Callable[[str, KnowledgeGraph], Iterator[Statement]]

ALONE: Final = ["CREATE CONSTRAINT bare_id FOR (c:Concept) REQUIRE c.id IS UNIQUE"]
WIPE: Final = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


def _relations(rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> Iterator[Statement]:
    by_type = defaultdict(list)
    for (source, type_, target), fields in rows:
        by_type[type_].append([source, target, fields])
    for type_, batch in by_type.items():
        match = "UNWIND $rows AS row MATCH (a:Concept {id: row[0]}), (b:Concept {id: row[1]})"
        yield f"{match} MERGE (a)-[r:{type_.value}]->(b) SET r = row[2]", batch


def rows_alone(_path: str, graph: KnowledgeGraph) -> Iterator[Statement]:
    concepts = [{"id": c.id, "name": c.name, "data": concept_row(c)} for c in graph.concepts]
    yield "UNWIND $rows AS row MERGE (c:Concept {id: row.id}) SET c += row", concepts
    yield from _relations((r.key, {"data": relation_row(r)}) for r in graph.relations)


def same_properties(path: str, graph: KnowledgeGraph) -> Iterator[Statement]:
    rows = encode(path, graph)
    measures = {"by_importance": -400, "by_degree": -4, "by_depth": 3}
    concepts = [concept_fields({path: row}, row) | measures for row in rows.concepts.values()]
    yield "UNWIND $rows AS row MERGE (c:Concept {id: row.id}) SET c += row", concepts
    yield from _relations((key, relation_fields({path: row}, row)) for key, row in rows.relations.items())
    source = {"path": path, "rows": list(rows.sources), **source_fields(path, rows.sources)}
    yield "UNWIND $rows AS row MERGE (s:Source {path: row.path}) SET s += row", [source]
    create = "UNWIND $rows AS row MATCH (s:Source {path: row.source}) CREATE (s)<-[:FROM]-(p:Passage) SET p = row"
    mention = "WITH p UNWIND p.concepts AS id MATCH (c:Concept {id: id}) MERGE (p)-[:MENTIONS]->(c)"
    yield f"{create} {mention}", [passage_fields(row) for row in rows.passages]


WAYS: Final[Mapping[str, tuple[Way, list[str], bool]]] = {
    "rows alone": (rows_alone, ALONE, False),
    "the same properties": (same_properties, [s for s in SCHEMA.values() if "CONSTRAINT" in s], True),
    "the same properties and indexes": (same_properties, list(SCHEMA.values()), True),
}
"""By what is written: the statements of a source, the schema, and whether they are made before the clock starts."""


def by_hand(session: neo4j.Session, sources: Mapping[str, KnowledgeGraph], what: str) -> float:
    """Return the seconds that a load takes that is written by hand, in an empty database."""
    way, schema, ready = WAYS[what]
    _empty(session)
    for statement in (*schema, "CALL db.awaitIndexes(60)"):
        session.run(statement).consume()
    took_s = 0.0
    for path, graph in sources.items():
        statements = list(way(path, graph)) if ready else way(path, graph)
        started = time.perf_counter()
        for statement, rows in statements:
            session.run(statement, rows=rows).consume()
        took_s += time.perf_counter() - started
    _empty(session)
    return took_s


def _empty(session: neo4j.Session) -> None:
    session.run(WIPE).consume()
    for name in [row["name"] for row in session.run("SHOW CONSTRAINTS YIELD name")]:
        session.run(f"DROP CONSTRAINT `{name}`").consume()
    for name in [row["name"] for row in session.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'")]:
        session.run(f"DROP INDEX `{name}`").consume()


async def load(url: str, sources: Mapping[str, KnowledgeGraph]) -> float:
    """Return the seconds that the store takes."""
    async with open_store(url) as store:
        if await store.count():
            raise SystemExit(f"{store!r} is not empty")
        started = time.perf_counter()
        await store_all(store, Extraction(sources, ()))
        return time.perf_counter() - started


def compare(url: str, sources: Mapping[str, KnowledgeGraph], ways: Iterable[str] = WAYS) -> None:
    """Print how long the store takes and how long each of these ways does."""
    parts = urlsplit(url)
    login = (unquote(parts.username or ""), unquote(parts.password or ""))
    store_s = asyncio.run(load(url, sources))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"the store: {store_s:.1f} s; at most {memory:.0f} MB of memory, the graph in it that was loaded", flush=True)
    with (
        neo4j.GraphDatabase.driver(f"{parts.scheme}://{parts.hostname}:{parts.port}", auth=login) as driver,
        driver.session(database=parts.path.strip("/") or None) as session,
    ):
        for what in ways:
            hand_s = by_hand(session, sources, what)
            print(f"by hand, {what}: {hand_s:.1f} s; the store took {store_s / hand_s:.2f} times as long", flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("url", help="the store, which must be empty")
    arguments.add_argument("--concepts", type=int, default=10_000, help="there are four times as many relations")
    given = arguments.parse_args()
    compare(given.url, make_sources(given.concepts, seed=1))
