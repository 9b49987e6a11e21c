"""The questions of `GraphStore` as SQL, each within a snapshot that the caller holds.

Every function takes a connection and returns what the method of the same name promises. Many ids travel as one JSON
array (`json_each`), so the number of statements does not depend on how many there are; ids that no store can hold are
left out before, because SQLite would cut them at a NUL.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from graph.contribution import (
    canonical_key,
    check_first,
    check_radius,
    matching_ids,
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
from graph.search_text import Query, bigrams, is_han, rank
from graph.sqlite_file import Connection
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

# Candidates are verified afterwards, so a query may be cut short here: these bound the work of the index.
_MAX_TERMS = 12
_MAX_TERM = 64

_IS_TOPIC = "({0}.kind = 'topic' OR EXISTS (SELECT 1 FROM relation WHERE target = {0}.key AND type = 'IN_TOPIC'))"


def _many(values: Iterable[str]) -> str:
    return json.dumps([value for value in dict.fromkeys(values) if possible(value)])


def sources(db: Connection) -> list[Source]:
    """See `GraphStore.sources`."""
    return read_sources(row for (rows,) in db.rows("SELECT sources FROM contribution") for row in json.loads(rows))


def get(db: Connection, ids: Sequence[str]) -> dict[str, Concept]:
    """See `GraphStore.get`."""
    rows = db.rows("SELECT data FROM concept WHERE id IN (SELECT value FROM json_each(?))", _many(ids))
    found = {concept.id: concept for concept in (read_concept(data) for (data,) in rows)}
    return {i: found[i] for i in ids if i in found}


def resolve(db: Connection, names: Sequence[str]) -> dict[str, list[str]]:
    """See `GraphStore.resolve`."""
    keys = {name: name_key(name) for name in names}
    exact = {i for (i,) in db.rows("SELECT id FROM concept WHERE id IN (SELECT value FROM json_each(?))", _many(names))}
    called: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for key, rank_, concept_id in db.rows(
        "SELECT n.name_key, n.rank, c.id FROM concept_name n JOIN concept c ON c.key = n.concept "
        "WHERE n.name_key IN (SELECT value FROM json_each(?))",
        _many(keys.values()),
    ):
        called[key].append((rank_, concept_id))
    found = {name: [name] if name in exact else matching_ids(called.get(keys[name], [])) for name in names}
    return {name: ids for name, ids in found.items() if ids}


def _filter(topic: str | None, kind: ConceptKind | None) -> tuple[str, list[object]]:
    where, values = ["1"], list[object]()
    if topic is not None:
        where.append(
            "c.key IN (SELECT r.source FROM relation r JOIN concept t ON t.key = r.target "
            "WHERE t.id = ? AND r.type = 'IN_TOPIC')"
        )
        values.append(topic if possible(topic) else "")
    if kind is not None:
        where.append("c.kind = ?")
        values.append(kind.value)
    return " AND ".join(where), values


def concepts(
    db: Connection, *, first: int, after: str | None, topic: str | None, kind: ConceptKind | None
) -> ConceptPage:
    """See `GraphStore.concepts`."""
    check_first(first)
    where, values = _filter(topic, kind)
    if after is not None:
        position = db.rows("SELECT name_key, id FROM concept WHERE id = ?", after) if possible(after) else []
        if not position:
            raise InvalidQuery(f"no concept has the id {after!r}; give the id of the last concept of a page")
        where += " AND (c.name_key, c.id) > (?, ?)"
        values += position[0]
    sql = f"SELECT data FROM concept c WHERE {where} ORDER BY c.name_key, c.id LIMIT ?"  # noqa: S608 (our own text)
    rows = db.rows(sql, *values, first + 1)
    return ConceptPage(tuple(read_concept(data) for (data,) in rows[:first]), len(rows) > first)


def count(db: Connection, *, topic: str | None, kind: ConceptKind | None) -> int:
    """See `GraphStore.count`."""
    where, values = _filter(topic, kind)
    ((number,),) = db.rows(f"SELECT count(*) FROM concept c WHERE {where}", *values)  # noqa: S608 (our own text)
    return int(number)


def topics(db: Connection, parent: str | None) -> list[TopicCount]:
    """See `GraphStore.topics`."""
    if parent is None:
        below = "NOT EXISTS (SELECT 1 FROM relation WHERE source = c.key AND type = 'IN_TOPIC')"
        values: list[object] = []
    else:
        below, values = _filter(parent, None)
    rows = db.rows(
        "SELECT c.data, (SELECT count(*) FROM relation WHERE target = c.key AND type = 'IN_TOPIC'), "  # noqa: S608
        "(SELECT count(*) FROM relation r JOIN concept m ON m.key = r.source "
        f"WHERE r.target = c.key AND r.type = 'IN_TOPIC' AND {_IS_TOPIC.format('m')}) "
        f"FROM concept c WHERE {below} AND {_IS_TOPIC.format('c')}",
        *values,
    )
    return sorted((TopicCount(read_concept(data), n, below_it) for data, n, below_it in rows), key=topic_order)


# -- search -------------------------------------------------------------------------------------------------------


def _match_expression(query: Query) -> str:
    """Return the FTS5 query for the terms that the index can find: words by prefix, runs of two characters or more."""
    parts = []
    for term in query.terms[:_MAX_TERMS]:
        if not is_han(term):
            parts.append(f'"{term[:_MAX_TERM]}"*')
        elif len(term) > 1:
            parts.append(f'"{" ".join(bigrams(term[:_MAX_TERM]))}"')
    return " AND ".join(parts)


def search(db: Connection, query: Query, *, first: int) -> list[SearchHit]:
    """See `GraphStore.search`."""
    if match := _match_expression(query):
        rows = db.rows(
            "SELECT c.data FROM concept_search s JOIN concept c ON c.key = s.rowid WHERE concept_search MATCH ?", match
        )
    else:  # single Chinese characters: no index has them
        rows = db.rows(
            "SELECT c.data FROM concept_search s JOIN concept c ON c.key = s.rowid WHERE s.tokens LIKE ?",
            f"%{query.terms[0]}%",
        )
    if possible(query.key):
        rows += db.rows(
            "SELECT c.data FROM concept_name n JOIN concept c ON c.key = n.concept WHERE n.name_key = ?", query.key
        )
    return rank(query, [read_concept(data) for (data,) in dict.fromkeys(rows)], first=first)


# -- relations and walks ------------------------------------------------------------------------------------------


def _types(types: Sequence[RelationType] | None) -> str:
    return json.dumps(list(RelationType if types is None else types))


def relations(
    db: Connection, ids: Sequence[str], *, types: Sequence[RelationType] | None, direction: Direction
) -> dict[str, list[Relation]]:
    """See `GraphStore.relations`."""
    known = {i for (i,) in db.rows("SELECT id FROM concept WHERE id IN (SELECT value FROM json_each(?))", _many(ids))}
    found: dict[str, list[Relation]] = {i: [] for i in ids if i in known}
    for end, wanted in (("source", {"out", "both"}), ("target", {"in", "both"})):
        if direction not in wanted:
            continue
        for concept_id, data in db.rows(
            f"SELECT c.id, r.data FROM concept c JOIN relation r ON r.{end} = c.key "  # noqa: S608 (our own text)
            "WHERE c.id IN (SELECT value FROM json_each(?)) AND r.type IN (SELECT value FROM json_each(?))",
            _many(ids),
            _types(types),
        ):
            found[concept_id].append(read_relation(data))
    for rows in found.values():
        rows.sort(key=lambda relation: relation.key)
    return found


def get_relations(db: Connection, keys: Sequence[RelationKey]) -> dict[RelationKey, Relation]:
    """See `GraphStore.get_relations`."""
    stored = {key: canonical_key(key) for key in keys if possible(key[0]) and possible(key[2])}
    rows = db.rows(
        "SELECT r.data FROM json_each(?) k "
        "JOIN concept a ON a.id = json_extract(k.value, '$[0]') JOIN concept b ON b.id = json_extract(k.value, '$[2]') "
        "JOIN relation r ON r.source = a.key AND r.target = b.key AND r.type = json_extract(k.value, '$[1]')",
        json.dumps(sorted(set(stored.values()))),
    )
    found = {relation.key: relation for relation in (read_relation(data) for (data,) in rows)}
    return {key: found[at] for key, at in stored.items() if at in found}


def passages(db: Connection, ids: Sequence[str]) -> dict[str, list[Passage]]:
    """See `GraphStore.passages`."""
    found: dict[str, set[Passage]] = {}
    for concept_id, data in db.rows(
        "SELECT c.id, p.data FROM concept c LEFT JOIN mention m ON m.concept = c.id "
        "LEFT JOIN passage p ON p.key = m.passage WHERE c.id IN (SELECT value FROM json_each(?))",
        _many(ids),
    ):
        mentioned = found.setdefault(concept_id, set())
        if data is not None:
            mentioned.add(read_passage(data))
    return {i: sorted(found[i], key=passage_order) for i in ids if i in found}


def neighborhood(
    db: Connection, ids: Sequence[str], *, radius: int, first: int, types: Sequence[RelationType] | None
) -> Subgraph:
    """See `GraphStore.neighborhood`. One statement per round; a round reads no more than can still be returned."""
    check_first(first)
    check_radius(radius)
    found = get(db, ids)
    truncated = len(found) > first
    seen = dict(list(found.items())[:first])
    frontier = list(seen)
    while frontier and radius and not truncated:
        radius -= 1
        room = first - len(seen)
        rows = db.rows(
            "WITH near AS (SELECT key FROM concept WHERE id IN (SELECT value FROM json_each(?1))), "
            "reached AS ("
            "  SELECT r.target AS key FROM near JOIN relation r ON r.source = near.key"
            "  WHERE r.type IN (SELECT value FROM json_each(?3))"
            "  UNION SELECT r.source FROM near JOIN relation r ON r.target = near.key"
            "  WHERE r.type IN (SELECT value FROM json_each(?3))) "
            "SELECT c.data FROM reached JOIN concept c ON c.key = reached.key "
            "WHERE c.id NOT IN (SELECT value FROM json_each(?2)) ORDER BY c.name_key, c.id LIMIT ?4",
            _many(frontier),
            _many(seen),
            _types(types),
            room + 1,
        )
        truncated = len(rows) > room
        layer = [read_concept(data) for (data,) in rows[:room]]
        frontier = [concept.id for concept in layer]
        seen |= zip(frontier, layer, strict=True)
    return Subgraph(tuple(seen.values()), _between(db, seen, types), truncated)


def _between(db: Connection, ids: Iterable[str], types: Sequence[RelationType] | None) -> tuple[Relation, ...]:
    rows = db.rows(
        "WITH chosen AS MATERIALIZED (SELECT key FROM concept WHERE id IN (SELECT value FROM json_each(?))) "
        "SELECT r.data FROM chosen JOIN relation r ON r.source = chosen.key "
        "WHERE r.target IN chosen AND r.type IN (SELECT value FROM json_each(?))",
        _many(ids),
        _types(types),
    )
    return tuple(sorted((read_relation(data) for (data,) in rows), key=lambda relation: relation.key))


_CLOSURE = (
    "WITH RECURSIVE closure (key) AS ("
    "  SELECT key FROM concept WHERE id IN (SELECT value FROM json_each(?1))"
    "  UNION SELECT r.source FROM closure JOIN relation r ON r.target = closure.key"
    "  WHERE r.type = 'PREREQUISITE_OF' AND r.confidence >= ?2) "
)


def prerequisites_of(db: Connection, ids: Sequence[str], *, min_confidence: float) -> Subgraph:
    """See `GraphStore.prerequisites_of`. UNION keeps each concept once, so cycles end and nothing is walked twice."""
    found = db.rows(
        f"{_CLOSURE} SELECT c.data FROM closure JOIN concept c ON c.key = closure.key ORDER BY c.id",  # noqa: S608
        _many(ids),
        min_confidence,
    )
    rows = db.rows(
        f"{_CLOSURE} SELECT r.data FROM closure JOIN relation r ON r.target = closure.key "  # noqa: S608
        "WHERE r.type = 'PREREQUISITE_OF' AND r.confidence >= ?2",
        _many(ids),
        min_confidence,
    )
    return Subgraph(
        tuple(read_concept(data) for (data,) in found),
        tuple(sorted((read_relation(data) for (data,) in rows), key=lambda relation: relation.key)),
        truncated=False,
    )


# -- everything ---------------------------------------------------------------------------------------------------


def whole_graph(db: Connection, *, types: Sequence[RelationType] | None, with_passages: bool) -> KnowledgeGraph:
    """See `GraphStore.graph`."""
    all_relations = db.rows(
        "SELECT data FROM relation WHERE type IN (SELECT value FROM json_each(?))",
        _types(types),
    )
    all_passages = db.rows("SELECT DISTINCT data FROM passage") if with_passages else []
    return KnowledgeGraph(
        tuple(read_concept(data) for (data,) in db.rows("SELECT data FROM concept ORDER BY id")),
        tuple(sorted((read_relation(data) for (data,) in all_relations), key=lambda relation: relation.key)),
        tuple(sorted((read_passage(data) for (data,) in all_passages), key=passage_order)),
        tuple(sources(db)),
    )


def stats(db: Connection) -> Stats:
    """See `GraphStore.stats`."""
    by_type = dict(db.rows("SELECT type, count(*) FROM relation GROUP BY type"))
    by_kind = dict(db.rows("SELECT kind, count(*) FROM concept GROUP BY kind"))
    ((all_passages,),) = db.rows("SELECT count(DISTINCT data) FROM passage")
    return Stats(
        concepts=sum(by_kind.values()),
        relations=sum(by_type.values()),
        passages=all_passages,
        sources=len(sources(db)),
        relations_by_type=tuple((t, by_type[t]) for t in RelationType if t in by_type),
        concepts_by_kind=tuple((k, by_kind[k]) for k in ConceptKind if k in by_kind),
    )
