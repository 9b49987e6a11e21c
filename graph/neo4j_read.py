"""The questions of `GraphStore` as Cypher, each within a read transaction that the caller holds.

Every function takes a function that runs statements (`graph.neo4j_run.Run`) and returns what the method of the same
name promises. Many ids travel as one parameter. A neighbourhood is walked round by round, each a statement, so that no
more is read than can still be returned.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from graph import searching
from graph.beside import Beside
from graph.collector import paused_collector
from graph.contribution import (
    canonical_key,
    check_first,
    check_radius,
    matching_ids,
    name_keys,
    passage_order,
    possible,
    read_concept,
    read_passage,
    read_relation,
    read_sources,
    relation_reader,
    topic_order,
)
from graph.listing import RelationFilter
from graph.loads import Load, decode_load
from graph.model import (
    Concept,
    ConceptKind,
    KnowledgeGraph,
    Passage,
    Relation,
    RelationKey,
    RelationType,
    Source,
)
from graph.names import name_key
from graph.neo4j_around import Expansion
from graph.neo4j_run import Glance, Run, any_type, relation_pattern
from graph.neo4j_search import CALLED, key_queries, run_steps
from graph.question import Query
from graph.store import Found, PassageHit, SearchHit, Stats, Subgraph, TopicCount

__all__ = [
    "find",
    "get",
    "get_relations",
    "neighborhood",
    "passages",
    "prerequisites",
    "prerequisites_of",
    "relations",
    "resolve",
    "revision",
    "search",
    "search_passages",
    "sources",
    "stats",
    "topics",
    "whole_graph",
]

_PART: Final = 5000  # concepts, with the relations that leave them, in one message

_IS_TOPIC = "({0}.kind = 'topic' OR EXISTS {{ ({0})<-[:IN_TOPIC]-() }})"


def _many(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if possible(value)]


async def revision(run: Run) -> str | None:
    """See `GraphStore.revision`; None while a commit is under way."""
    found = await run("MATCH (n:NoteAtlas {role: 'state'}) RETURN coalesce(n.store, ''), coalesce(n.state, 0)")
    store, state = found[0] if found else ("", 0)
    return None if state % 2 else f"{store}.{state}"


async def loads(run: Run) -> list[Load]:
    """See `GraphStore.loads`."""
    rows = await run(
        "MATCH (l:Load) WITH l ORDER BY l.recorded DESC, l.id DESC RETURN l.data, (timestamp() - l.written) / 1000.0"
    )
    return [decode_load(row, age_s) for row, age_s in rows]


def sources() -> Glance[list[Source]]:
    """See `GraphStore.sources`."""
    return Glance(
        "MATCH (s:Source) RETURN s.rows", {}, lambda values: read_sources(row for rows in values for row in rows)
    )


def get(ids: Sequence[str]) -> Glance[dict[str, Concept]]:
    """See `GraphStore.get`."""

    def read(values: list[str]) -> dict[str, Concept]:
        found = {concept.id: concept for concept in map(read_concept, values)}
        return {i: found[i] for i in ids if i in found}

    return Glance("UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN c.data", {"ids": _many(ids)}, read)


def resolve(names: Sequence[str]) -> Glance[dict[str, list[str]]]:
    """See `GraphStore.resolve`."""
    return Glance(
        f"RETURN [COLLECT {{ UNWIND $ids AS id MATCH (c:Concept {{id: id}}) RETURN c.data }}, COLLECT {{ {CALLED} }}]",
        {"ids": _many(names), "queries": key_queries(map(name_key, names))},
        lambda values: _meanings(names, [read_concept(data) for rows in values[0] for data in rows]),
    )


def find(names: Sequence[str], beside: Sequence[Beside]) -> Glance[Found]:
    """See `GraphStore.find`. What has the name as its id is not looked for by its other names."""
    around = Expansion(beside)
    query = (
        "UNWIND $names AS name OPTIONAL MATCH (exact:Concept {id: name[0]}) CALL (name, exact) { "
        "WITH exact WHERE exact IS NOT NULL RETURN exact AS c UNION ALL WITH name, exact "
        "WHERE exact IS NULL AND name[1] <> '' CALL db.index.fulltext.queryNodes('concept_keys', name[1]) YIELD node "
        "RETURN node AS c } WITH collect(DISTINCT c) AS found"
        f"{around.clauses} RETURN [[c IN found | c.data], {around.returned}]"
    )

    def read(values: list[Any]) -> Found:
        ((rows, columns),) = values
        concepts = [read_concept(data) for data in rows]
        return Found(_meanings(names, concepts), around.read(concepts, columns))

    sought = [[name if possible(name) else "", "".join(key_queries([name_key(name)]))] for name in dict.fromkeys(names)]
    return Glance(query, {"names": sought, **around.values}, read)


def _meanings(names: Sequence[str], concepts: Iterable[Concept]) -> dict[str, list[str]]:
    """Return what each of the names means, given all concepts that answer to any of them."""
    keys = {name: name_key(name) for name in names}
    known: set[str] = set()
    called: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for concept in concepts:
        known.add(concept.id)
        for key, rank_ in name_keys(concept):
            called[key].append((rank_, concept.id))
    found = {name: [name] if name in known else matching_ids(called.get(keys[name], [])) for name in names}
    return {name: ids for name, ids in found.items() if ids}


async def topics(run: Run, parent: str | None) -> list[TopicCount]:
    """See `GraphStore.topics`."""
    if parent is None:
        match, values = "MATCH (c:Concept) WHERE NOT EXISTS { (c)-[:IN_TOPIC]->() }", dict[str, object]()
    else:
        match = "MATCH (c:Concept)-[:IN_TOPIC]->(:Concept {id: $parent})"
        values = {"parent": parent if possible(parent) else ""}
    rows = await run(
        f"{match} WITH c WHERE {_IS_TOPIC.format('c')} "
        "RETURN c.data, COUNT { (c)<-[:IN_TOPIC]-() }, "
        f"COUNT {{ (c)<-[:IN_TOPIC]-(m) WHERE {_IS_TOPIC.format('m')} }}",
        **values,
    )
    return sorted((TopicCount(read_concept(data), n, below) for data, n, below in rows), key=topic_order)


# -- search -------------------------------------------------------------------------------------------------------


async def search(run: Run, query: Query, *, first: int) -> list[SearchHit]:
    """See `GraphStore.search`."""
    return await run_steps(run, searching.search(query, first=first))


async def search_passages(run: Run, query: Query, *, first: int) -> list[PassageHit]:
    """See `GraphStore.search_passages`."""
    return await run_steps(run, searching.search_passages(query, first=first))


# -- relations and walks ------------------------------------------------------------------------------------------


def _alternatives(types: Sequence[RelationType] | None) -> str | None:
    """Return `types` for a pattern; None if there are none, which matches nothing."""
    wanted = list(RelationType if types is None else types)
    return any_type(wanted) if wanted else None


def _in_order(rows: Iterable[str]) -> list[Relation]:
    return sorted((read_relation(data) for data in rows), key=lambda relation: relation.key)


def relations(ids: Sequence[str], where: RelationFilter) -> Glance[dict[str, list[Relation]]]:
    """See `GraphStore.relations`."""
    pattern, condition, values = relation_pattern(where) or ("", "", {})

    def read(rows: list[Any]) -> dict[str, list[Relation]]:
        found = {concept_id: _in_order(data) for concept_id, data in rows}
        return {i: found[i] for i in ids if i in found}

    return Glance(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN [id, "
        + (f"COLLECT {{ MATCH (c){pattern}() WHERE {condition} RETURN r.data }}]" if pattern else "[]]"),
        {"ids": _many(ids), **values},
        read,
    )


def get_relations(keys: Sequence[RelationKey]) -> Glance[dict[RelationKey, Relation]]:
    """See `GraphStore.get_relations`."""
    stored = {key: canonical_key(key) for key in keys if possible(key[0]) and possible(key[2])}

    def read(values: list[str]) -> dict[RelationKey, Relation]:
        found = {relation.key: relation for relation in map(read_relation, values)}
        return {key: found[at] for key, at in stored.items() if at in found}

    return Glance(
        f"UNWIND $keys AS key MATCH (a:Concept {{id: key[0]}})-[r:{any_type()}]->(b:Concept {{id: key[2]}}) "
        "WHERE type(r) = key[1] RETURN r.data",
        {"keys": [list(key) for key in sorted(set(stored.values()))]},
        read,
    )


def passages(ids: Sequence[str]) -> Glance[dict[str, list[Passage]]]:
    """See `GraphStore.passages`."""

    def read(rows: list[Any]) -> dict[str, list[Passage]]:
        found = {concept_id: sorted(map(read_passage, data), key=passage_order) for concept_id, data in rows}
        return {i: found[i] for i in ids if i in found}

    return Glance(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) "
        "RETURN [id, COLLECT { MATCH (c)<-[:MENTIONS]-(p:Passage) RETURN DISTINCT p.data }]",
        {"ids": _many(ids)},
        read,
    )


async def neighborhood(
    run: Run, ids: Sequence[str], *, radius: int, first: int, types: Sequence[RelationType] | None
) -> Subgraph:
    """See `GraphStore.neighborhood`. One statement per round; a round reads no more than can still be returned."""
    check_first(first)
    check_radius(radius)
    wanted = _alternatives(types)
    found = await get(ids).by(run)
    truncated = len(found) > first
    seen = dict(list(found.items())[:first])
    frontier = list(seen)
    while frontier and wanted and radius and not truncated:
        radius -= 1
        room = first - len(seen)
        rows = await run(
            f"UNWIND $frontier AS id MATCH (:Concept {{id: id}})-[:{wanted}]-(c:Concept) "
            "WITH DISTINCT c WHERE NOT c.id IN $seen RETURN c.data ORDER BY c.name_key, c.id LIMIT $limit",
            frontier=frontier,
            seen=list(seen),
            limit=room + 1,
        )
        truncated = len(rows) > room
        layer = [read_concept(data) for (data,) in rows[:room]]
        frontier = [concept.id for concept in layer]
        seen |= zip(frontier, layer, strict=True)
    return Subgraph(tuple(seen.values()), await _between(run, seen, wanted), truncated)


async def _between(run: Run, ids: Collection[str], wanted: str | None) -> tuple[Relation, ...]:
    if not wanted or not ids:
        return ()
    rows = await run(
        f"UNWIND $ids AS id MATCH (:Concept {{id: id}})-[r:{wanted}]->(b:Concept) WHERE b.id IN $ids RETURN r.data",
        ids=list(ids),
    )
    return tuple(_in_order(data for (data,) in rows))


async def prerequisites_of(run: Run, ids: Sequence[str], *, min_confidence: float) -> Subgraph:
    """See `GraphStore.prerequisites_of`. One statement.

    The pattern has no bound, but as nothing is asked of its paths, only where they end, the server walks breadth first
    and meets each concept once (a pruning expansion); a test looks at the plan.
    """
    rows = [row for (row,) in await run(PREREQUISITES, ids=_many(ids), min_confidence=min_confidence)]
    concepts = sorted((read_concept(data) for data, _ in rows), key=lambda concept: concept.id)
    edges = [edge for _, into in rows for edge in into]
    return Subgraph(tuple(concepts), tuple(_in_order(edges)), truncated=False)


PREREQUISITES: Final = (
    "UNWIND $ids AS id MATCH (wanted:Concept {id: id}) WITH wanted "
    "MATCH (wanted)<-[before:PREREQUISITE_OF*0..]-(c:Concept) "
    "WHERE all(r IN before WHERE r.confidence >= $min_confidence) "
    "WITH DISTINCT c RETURN [c.data, COLLECT { "
    "MATCH (c)<-[r:PREREQUISITE_OF]-(:Concept) WHERE r.confidence >= $min_confidence RETURN r.data }]"
)


async def prerequisites(run: Run) -> list[tuple[str, str]]:
    """See `GraphStore.prerequisites`."""
    rows = await run("MATCH (a:Concept)-[:PREREQUISITE_OF]->(b:Concept) RETURN a.id, b.id")
    return sorted((source, target) for source, target in rows)


# -- everything ---------------------------------------------------------------------------------------------------


async def whole_graph(run: Run, *, types: Sequence[RelationType] | None, with_passages: bool) -> KnowledgeGraph:
    """See `GraphStore.graph`. Read in parts, so that no more is in memory than one of them and what is returned."""
    wanted = _alternatives(types)
    leaving = f"COLLECT {{ MATCH (c)-[r:{wanted}]->(:Concept) RETURN r.data }}" if wanted else "[]"
    part = (
        "MATCH (c:Concept) WHERE c.id > $after WITH c ORDER BY c.id LIMIT $first "
        f"RETURN collect([c.id, c.data, {leaving}])"
    )
    all_concepts, all_relations, read_row = list[Concept](), list[Relation](), relation_reader()

    def read(rows: list[list[Any]]) -> None:
        with paused_collector():
            for _, data, relation_rows in rows:
                all_concepts.append(read_concept(data))
                all_relations.extend(sorted(map(read_row, relation_rows), key=lambda relation: relation.key))

    after = ""
    while True:
        ((rows,),) = await run(part, after=after, first=_PART)
        await asyncio.to_thread(read, rows)  # seconds in all for a large graph, in which the event loop has to turn
        if len(rows) < _PART:
            break
        after = rows[-1][0]
    all_passages = await run("MATCH (p:Passage) RETURN DISTINCT p.data") if with_passages else []
    all_sources = await sources().by(run)

    def made() -> KnowledgeGraph:
        with paused_collector():
            return KnowledgeGraph(
                tuple(all_concepts),
                tuple(all_relations),
                tuple(sorted((read_passage(data) for (data,) in all_passages), key=passage_order)),
                tuple(all_sources),
            )

    return await asyncio.to_thread(made)


async def stats(run: Run) -> Stats:
    """See `GraphStore.stats`."""
    by_type = dict(await run(f"MATCH (:Concept)-[r:{any_type()}]->(:Concept) RETURN type(r), count(*)"))
    by_kind = dict(await run("MATCH (c:Concept) RETURN c.kind, count(*)"))
    ((all_passages,),) = await run("MATCH (p:Passage) RETURN count(DISTINCT p.data)")
    return Stats(
        concepts=sum(by_kind.values()),
        relations=sum(by_type.values()),
        passages=all_passages,
        sources=len(await sources().by(run)),
        relations_by_type=tuple((t, by_type[t]) for t in RelationType if t in by_type),
        concepts_by_kind=tuple((k, by_kind[k]) for k in ConceptKind if k in by_kind),
    )
