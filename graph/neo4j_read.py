"""The questions of `GraphStore` as Cypher, each within a read transaction that the caller holds.

Every function takes a function that runs statements (`graph.neo4j_write.Run`) and returns what the method of the same
name promises. Many ids travel as one parameter. Walks go round by round, each a statement, because an unbounded
pattern would enumerate paths; their number is the depth that is walked, whatever the number of concepts.

Lucene's `cjk` analyzer cuts Chinese into bigrams, as we do, and words as Unicode does; `graph.search_text` gives it
words that it cuts no further. It drops some English words, so a query for those, and for what it may cut otherwise
than we do, scans instead. The index only proposes; `graph.search_text.rank` decides.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

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
    topic_order,
)
from graph.errors import InvalidQuery
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
from graph.neo4j_write import Run, any_type, quoted
from graph.search_text import Query, rank
from graph.store import ConceptPage, Direction, SearchHit, Stats, Subgraph, TopicCount

__all__ = [
    "concepts",
    "count",
    "get",
    "get_relations",
    "neighborhood",
    "passages",
    "prerequisites_of",
    "relations",
    "resolve",
    "search",
    "sources",
    "stats",
    "topics",
    "whole_graph",
]

# The words that Lucene's CJKAnalyzer does not index (its stopwords.txt).
_STOP_WORDS = re.findall(
    r"\S+",
    "a and are as at be but by for if in into is it no not of on or s such t that the their then there these they "
    "this to was will with www",
)
# What Lucene surely cuts as we do: words of ASCII letters and digits, and pairs of the ideographs that Unicode 1 had.
_WORD = re.compile(r"[a-z0-9]+")
_HAN = re.compile(r"[\u3400-\u4db5\u4e00-\u9fa5]{2,}")
_MAX_TERMS = 12
_MAX_TERM = 64

_IS_TOPIC = "({0}.kind = 'topic' OR EXISTS {{ ({0})<-[:IN_TOPIC]-() }})"


def _many(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if possible(value)]


async def sources(run: Run) -> list[Source]:
    """See `GraphStore.sources`."""
    return read_sources(row for (rows,) in await run("MATCH (s:Source) RETURN s.rows") for row in rows)


async def get(run: Run, ids: Sequence[str]) -> dict[str, Concept]:
    """See `GraphStore.get`."""
    rows = await run("UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN c.data", ids=_many(ids))
    found = {concept.id: concept for concept in (read_concept(data) for (data,) in rows)}
    return {i: found[i] for i in ids if i in found}


async def _called(run: Run, keys: Iterable[str]) -> list[Concept]:
    """Return the concepts that answer to any of these name keys."""
    rows = await run(
        "UNWIND $queries AS query CALL db.index.fulltext.queryNodes('concept_keys', query) YIELD node "
        "RETURN DISTINCT node.data",
        queries=[quoted(key) for key in _many(keys) if key],
    )
    return [read_concept(data) for (data,) in rows]


async def resolve(run: Run, names: Sequence[str]) -> dict[str, list[str]]:
    """See `GraphStore.resolve`."""
    keys = {name: name_key(name) for name in names}
    exact = await get(run, names)
    called: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for concept in await _called(run, keys.values()):
        for key, rank_ in name_keys(concept):
            called[key].append((rank_, concept.id))
    found = {name: [name] if name in exact else matching_ids(called.get(keys[name], [])) for name in names}
    return {name: ids for name, ids in found.items() if ids}


def _filter(topic: str | None, kind: ConceptKind | None) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {}
    pattern, where = "MATCH (c:Concept)", "true"
    if topic is not None:
        pattern += "-[:IN_TOPIC]->(:Concept {id: $topic})"
        values["topic"] = topic if possible(topic) else ""
    if kind is not None:
        where = "c.kind = $kind"
        values["kind"] = kind.value
    return f"{pattern} WHERE {where}", values


async def concepts(
    run: Run, *, first: int, after: str | None, topic: str | None, kind: ConceptKind | None
) -> ConceptPage:
    """See `GraphStore.concepts`."""
    check_first(first)
    match, values = _filter(topic, kind)
    if after is not None:
        position = await get(run, [after])
        if not position:
            raise InvalidQuery(f"no concept has the id {after!r}; give the id of the last concept of a page")
        values |= {"name_key": name_key(position[after].name), "after": after}
    if topic is None:
        # The index gives the order too. Left to itself, and with an OR instead of the CASE, the planner sorts them all.
        match = match.replace("WHERE", "USING INDEX c:Concept(name_key, id) WHERE")
    rows = await run(
        f"{match} AND c.name_key >= $name_key AND c.id IS NOT NULL "
        "AND CASE c.name_key WHEN $name_key THEN c.id > $after ELSE true END "
        "RETURN c.data ORDER BY c.name_key, c.id LIMIT $limit",
        **{"name_key": "", "after": "", **values},
        limit=first + 1,
    )
    return ConceptPage(tuple(read_concept(data) for (data,) in rows[:first]), len(rows) > first)


async def count(run: Run, *, topic: str | None, kind: ConceptKind | None) -> int:
    """See `GraphStore.count`."""
    match, values = _filter(topic, kind)
    ((number,),) = await run(f"{match} RETURN count(c)", **values)
    return int(number)


async def topics(run: Run, parent: str | None) -> list[TopicCount]:
    """See `GraphStore.topics`."""
    if parent is None:
        match, values = "MATCH (c:Concept) WHERE NOT EXISTS { (c)-[:IN_TOPIC]->() }", dict[str, object]()
    else:
        match, values = _filter(parent, None)
    rows = await run(
        f"{match} WITH c WHERE {_IS_TOPIC.format('c')} "
        "RETURN c.data, COUNT { (c)<-[:IN_TOPIC]-() }, "
        f"COUNT {{ (c)<-[:IN_TOPIC]-(m) WHERE {_IS_TOPIC.format('m')} }}",
        **values,
    )
    return sorted((TopicCount(read_concept(data), n, below) for data, n, below in rows), key=topic_order)


# -- search -------------------------------------------------------------------------------------------------------


def _lucene_query(query: Query) -> str:
    """Return the query for the terms that the index surely finds; empty if there is none."""
    parts = []
    for term in query.terms[:_MAX_TERMS]:
        if _HAN.fullmatch(term):
            parts.append(f'+"{term[:_MAX_TERM]}"')
        elif _WORD.fullmatch(term) and not any(word.startswith(term) for word in _STOP_WORDS):
            parts.append(f"+{term[:_MAX_TERM]}*")
    return " ".join(parts)


async def search(run: Run, query: Query, *, first: int) -> list[SearchHit]:
    """See `GraphStore.search`."""
    if lucene := _lucene_query(query):
        rows = await run(
            "CALL db.index.fulltext.queryNodes('concept_search', $query) YIELD node RETURN node.data", query=lucene
        )
    else:
        rows = await run("MATCH (c:Concept) WHERE c.search_text CONTAINS $term RETURN c.data", term=query.terms[0])
    candidates = {concept.id: concept for concept in (read_concept(data) for (data,) in rows)}
    candidates |= {concept.id: concept for concept in await _called(run, [query.key])}
    return rank(query, candidates.values(), first=first)


# -- relations and walks ------------------------------------------------------------------------------------------


def _alternatives(types: Sequence[RelationType] | None) -> str | None:
    """Return `types` for a pattern; None if there are none, which matches nothing."""
    wanted = list(RelationType if types is None else types)
    return any_type(wanted) if wanted else None


def _in_order(rows: Iterable[str]) -> list[Relation]:
    return sorted((read_relation(data) for data in rows), key=lambda relation: relation.key)


async def relations(
    run: Run, ids: Sequence[str], *, types: Sequence[RelationType] | None, direction: Direction
) -> dict[str, list[Relation]]:
    """See `GraphStore.relations`."""
    wanted = _alternatives(types)
    left, right = ("<-" if direction == "in" else "-"), ("->" if direction == "out" else "-")
    rows = await run(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN id, "
        + (f"COLLECT {{ MATCH (c){left}[r:{wanted}]{right}() RETURN r.data }}" if wanted else "[]"),
        ids=_many(ids),
    )
    found = {concept_id: _in_order(data) for concept_id, data in rows}
    return {i: found[i] for i in ids if i in found}


async def get_relations(run: Run, keys: Sequence[RelationKey]) -> dict[RelationKey, Relation]:
    """See `GraphStore.get_relations`."""
    stored = {key: canonical_key(key) for key in keys if possible(key[0]) and possible(key[2])}
    rows = await run(
        f"UNWIND $keys AS key MATCH (a:Concept {{id: key[0]}})-[r:{any_type()}]->(b:Concept {{id: key[2]}}) "
        "WHERE type(r) = key[1] RETURN r.data",
        keys=[list(key) for key in sorted(set(stored.values()))],
    )
    found = {relation.key: relation for relation in (read_relation(data) for (data,) in rows)}
    return {key: found[at] for key, at in stored.items() if at in found}


async def passages(run: Run, ids: Sequence[str]) -> dict[str, list[Passage]]:
    """See `GraphStore.passages`."""
    rows = await run(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) "
        "RETURN id, COLLECT { MATCH (c)<-[:MENTIONS]-(p:Passage) RETURN DISTINCT p.data }",
        ids=_many(ids),
    )
    found = {concept_id: sorted(map(read_passage, data), key=passage_order) for concept_id, data in rows}
    return {i: found[i] for i in ids if i in found}


async def neighborhood(
    run: Run, ids: Sequence[str], *, radius: int, first: int, types: Sequence[RelationType] | None
) -> Subgraph:
    """See `GraphStore.neighborhood`. One statement per round; a round reads no more than can still be returned."""
    check_first(first)
    check_radius(radius)
    wanted = _alternatives(types)
    found = await get(run, ids)
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
    """See `GraphStore.prerequisites_of`. One statement per round of the walk."""
    found = await get(run, ids)
    edges: list[str] = []
    frontier = list(found)
    while frontier:
        rows = await run(
            "UNWIND $frontier AS id MATCH (:Concept {id: id})<-[r:PREREQUISITE_OF]-(p:Concept) "
            "WHERE r.confidence >= $min_confidence RETURN r.data, p.id, p.data",
            frontier=frontier,
            min_confidence=min_confidence,
        )
        edges += [data for data, _, _ in rows]
        layer = {before: data for _, before, data in rows if before not in found}
        frontier = list(layer)
        found |= {before: read_concept(data) for before, data in layer.items()}
    return Subgraph(tuple(found[i] for i in sorted(found)), tuple(_in_order(edges)), truncated=False)


# -- everything ---------------------------------------------------------------------------------------------------


async def whole_graph(run: Run, *, types: Sequence[RelationType] | None, with_passages: bool) -> KnowledgeGraph:
    """See `GraphStore.graph`."""
    wanted = _alternatives(types)
    all_concepts = await run("MATCH (c:Concept) RETURN c.data ORDER BY c.id")
    all_relations = await run(f"MATCH (:Concept)-[r:{wanted}]->(:Concept) RETURN r.data") if wanted else []
    all_passages = await run("MATCH (p:Passage) RETURN DISTINCT p.data") if with_passages else []
    return KnowledgeGraph(
        tuple(read_concept(data) for (data,) in all_concepts),
        tuple(_in_order(data for (data,) in all_relations)),
        tuple(sorted((read_passage(data) for (data,) in all_passages), key=passage_order)),
        tuple(await sources(run)),
    )


async def stats(run: Run) -> Stats:
    """See `GraphStore.stats`."""
    by_type = dict(await run(f"MATCH (:Concept)-[r:{any_type()}]->(:Concept) RETURN type(r), count(*)"))
    by_kind = dict(await run("MATCH (c:Concept) RETURN c.kind, count(*)"))
    ((all_passages,),) = await run("MATCH (p:Passage) RETURN count(DISTINCT p.data)")
    return Stats(
        concepts=sum(by_kind.values()),
        relations=sum(by_type.values()),
        passages=all_passages,
        sources=len(await sources(run)),
        relations_by_type=tuple((t, by_type[t]) for t in RelationType if t in by_type),
        concepts_by_kind=tuple((k, by_kind[k]) for k in ConceptKind if k in by_kind),
    )
