"""The questions of `GraphStore` as SQL, each within a snapshot that the caller holds.

Every function takes a connection and returns what the method of the same name promises. Many ids travel as one JSON
array (`json_each`), so the number of statements does not depend on how many there are; ids that no store can hold are
left out before, because SQLite would cut them at a NUL.
"""

import json
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from graph import searching
from graph.beside import MOST_BESIDE, Around, Beside, Gathering, far_ends
from graph.collector import paused_collector
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
from graph.question import Query
from graph.sqlite_conditions import DIRECTLY_IN, relation_condition
from graph.sqlite_file import Connection
from graph.sqlite_search import many, run_steps
from graph.store import Found, PassageHit, SearchHit, Stats, Subgraph, TopicCount

__all__ = [
    "around",
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

_IS_TOPIC = "({0}.kind = 'topic' OR EXISTS (SELECT 1 FROM relation WHERE target = {0}.key AND type = 'IN_TOPIC'))"


def revision(db: Connection) -> str:
    """See `GraphStore.revision`."""
    ((value,),) = db.rows("SELECT value FROM revision")
    return str(value)


def loads(db: Connection) -> list[Load]:
    """See `GraphStore.loads`."""
    rows = db.rows("SELECT data, (julianday('now') - written) * 86400.0 FROM load ORDER BY key DESC")
    return [decode_load(row, age_s) for row, age_s in rows]


def sources(db: Connection) -> list[Source]:
    """See `GraphStore.sources`."""
    return read_sources(row for (rows,) in db.rows("SELECT sources FROM contribution") for row in json.loads(rows))


def get(db: Connection, ids: Sequence[str]) -> dict[str, Concept]:
    """See `GraphStore.get`."""
    rows = db.rows("SELECT data FROM concept WHERE id IN (SELECT value FROM json_each(?))", many(ids))
    found = {concept.id: concept for concept in (read_concept(data) for (data,) in rows)}
    return {i: found[i] for i in ids if i in found}


def resolve(db: Connection, names: Sequence[str]) -> dict[str, list[str]]:
    """See `GraphStore.resolve`."""
    rows = db.rows("SELECT id FROM concept WHERE id IN (SELECT value FROM json_each(?))", many(names))
    return _meanings(db, names, {i for (i,) in rows})


def _meanings(db: Connection, names: Sequence[str], exact: Collection[str]) -> dict[str, list[str]]:
    """Return what each of the names means, given those that are an id: these are not looked for as other names."""
    keys = {name: name_key(name) for name in names if name not in exact}
    called: dict[str, list[tuple[int, str]]] = defaultdict(list)
    if keys:
        for key, rank_, concept_id in db.rows(
            "SELECT n.name_key, n.rank, c.id FROM concept_name n JOIN concept c ON c.key = n.concept "
            "WHERE n.name_key IN (SELECT value FROM json_each(?))",
            many(keys.values()),
        ):
            called[key].append((rank_, concept_id))
    found = {name: [name] if name in exact else matching_ids(called.get(keys[name], [])) for name in names}
    return {name: ids for name, ids in found.items() if ids}


def find(db: Connection, names: Sequence[str], beside: Sequence[Beside]) -> Found:
    """See `GraphStore.find`."""
    found = get(db, names)
    meanings = _meanings(db, names, found)
    meant = list(dict.fromkeys(id_ for ids in meanings.values() for id_ in ids))
    if others := [id_ for id_ in meant if id_ not in found]:
        found |= get(db, others)
    return Found(meanings, around(db, [found[id_] for id_ in meant], beside))


def around(db: Connection, concepts: Sequence[Concept], beside: Sequence[Beside]) -> Around:
    """Return what is beside some concepts (`graph.beside`), level by level."""
    found = Gathering({concept.id: concept for concept in concepts})
    left = [([concept.id for concept in concepts], one) for one in beside]
    while left:
        level, one = left.pop()
        if len(level) > MOST_BESIDE:
            continue
        of_each = relations(db, level, one.where)
        found.add(level, one.where, (relation for of_one in of_each.values() for relation in of_one))
        if one.ends:
            ends = far_ends(level, one.where, (relation for of_one in of_each.values() for relation in of_one))
            found.concepts.update(get(db, [id_ for id_ in ends if id_ not in found.concepts]))
            left += [(ends, further) for further in one.beside]
    return found.done()


def topics(db: Connection, parent: str | None) -> list[TopicCount]:
    """See `GraphStore.topics`."""
    if parent is None:
        below = "NOT EXISTS (SELECT 1 FROM relation WHERE source = c.key AND type = 'IN_TOPIC')"
        values: list[object] = []
    else:
        below, values = DIRECTLY_IN, [parent if possible(parent) else ""]
    rows = db.rows(
        "SELECT c.data, (SELECT count(*) FROM relation WHERE target = c.key AND type = 'IN_TOPIC'), "  # noqa: S608
        "(SELECT count(*) FROM relation r JOIN concept m ON m.key = r.source "
        f"WHERE r.target = c.key AND r.type = 'IN_TOPIC' AND {_IS_TOPIC.format('m')}) "
        f"FROM concept c WHERE {below} AND {_IS_TOPIC.format('c')}",
        *values,
    )
    return sorted((TopicCount(read_concept(data), n, below_it) for data, n, below_it in rows), key=topic_order)


# -- search -------------------------------------------------------------------------------------------------------


def search(db: Connection, query: Query, *, first: int) -> list[SearchHit]:
    """See `GraphStore.search`."""
    return run_steps(db, searching.search(query, first=first))


def search_passages(db: Connection, query: Query, *, first: int) -> list[PassageHit]:
    """See `GraphStore.search_passages`."""
    return run_steps(db, searching.search_passages(query, first=first))


# -- relations and walks ------------------------------------------------------------------------------------------


def _types(types: Sequence[RelationType] | None) -> str:
    return json.dumps(list(RelationType if types is None else types))


def relations(db: Connection, ids: Sequence[str], where: RelationFilter) -> dict[str, list[Relation]]:
    """See `GraphStore.relations`. One statement: a concept without any has a row without data."""
    condition, its_values = relation_condition(where)
    ends = [end for end, way in (("source", "out"), ("target", "in")) if where.direction in (way, "both")]
    around = " ".join(
        f"UNION ALL SELECT c.id, r.data FROM chosen c JOIN relation r ON r.{end} = c.key AND {condition}"  # noqa: S608
        for end in ends
    )
    rows = db.rows(
        "WITH chosen AS MATERIALIZED (SELECT key, id FROM concept "  # noqa: S608 (our own text)
        f"WHERE id IN (SELECT value FROM json_each(?))) SELECT id, NULL FROM chosen {around}",
        many(ids),
        *its_values * len(ends),
    )
    found: dict[str, list[Relation]] = {}
    for concept_id, data in rows:
        of_concept = found.setdefault(concept_id, [])
        if data is not None:
            of_concept.append(read_relation(data))
    for of_concept in found.values():
        of_concept.sort(key=lambda relation: relation.key)
    return {i: found[i] for i in ids if i in found}


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
        many(ids),
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
            many(frontier),
            many(seen),
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
        # The plus signs keep the index from being asked for every type and every target of each source.
        "WHERE +r.target IN chosen AND +r.type IN (SELECT value FROM json_each(?))",
        many(ids),
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
        many(ids),
        min_confidence,
    )
    rows = db.rows(
        f"{_CLOSURE} SELECT r.data FROM closure JOIN relation r ON r.target = closure.key "  # noqa: S608
        "WHERE r.type = 'PREREQUISITE_OF' AND r.confidence >= ?2",
        many(ids),
        min_confidence,
    )
    return Subgraph(
        tuple(read_concept(data) for (data,) in found),
        tuple(sorted((read_relation(data) for (data,) in rows), key=lambda relation: relation.key)),
        truncated=False,
    )


def prerequisites(db: Connection) -> list[tuple[str, str]]:
    """See `GraphStore.prerequisites`."""
    rows = db.rows(
        "SELECT a.id, b.id FROM relation r JOIN concept a ON a.key = r.source JOIN concept b ON b.key = r.target "
        "WHERE r.type = 'PREREQUISITE_OF'"
    )
    return sorted((source, target) for source, target in rows)


# -- everything ---------------------------------------------------------------------------------------------------


def whole_graph(db: Connection, *, types: Sequence[RelationType] | None, with_passages: bool) -> KnowledgeGraph:
    """See `GraphStore.graph`."""
    with paused_collector():
        place: dict[int, int] = {}
        all_concepts = []
        for key, data in db.each("SELECT key, data FROM concept ORDER BY id"):
            place[key] = len(place)
            all_concepts.append(read_concept(data))
        # In order of their keys (source, type, target), each as one number: ids in order of their concepts.
        code: dict[str, int] = {type_: i for i, type_ in enumerate(sorted(RelationType))}
        numbers = array("q")
        read, found = relation_reader(concept.id for concept in all_concepts), list[Relation]()
        for source, type_, target, data in _all_relations(db, types):
            numbers.append((place[source] * len(code) + code[type_]) * len(place) + place[target])
            found.append(read(data))
        all_passages = db.rows("SELECT DISTINCT data FROM passage") if with_passages else []
        return KnowledgeGraph(
            tuple(all_concepts),
            tuple([found[at] for at in sorted(range(len(found)), key=numbers.__getitem__)]),
            tuple(sorted((read_passage(data) for (data,) in all_passages), key=passage_order)),
            tuple(sources(db)),
        )


def _all_relations(db: Connection, types: Sequence[RelationType] | None) -> Iterator[tuple[int, str, int, str]]:
    if types is None:
        return db.each("SELECT source, type, target, data FROM relation")
    return db.each(
        "SELECT source, type, target, data FROM relation WHERE type IN (SELECT value FROM json_each(?))", _types(types)
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
