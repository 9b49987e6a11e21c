"""Lists of concepts as Cypher: pages, counts and facets of what a `ConceptFilter` chooses, each one statement.

A page by name or by a measure comes from an index that has its order; what narrows the list to the members of a topic,
a file or the hits of a search is looked up first, and the rest is a condition on each concept. See `graph.sqlite_list`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.contribution import check_first, check_position, possible, read_concept
from graph.listing import ConceptFilter, ConceptOrder, Facet, Measures, OrderBy, Position, RelationFilter
from graph.measures import measures_of_ranks
from graph.model import Concept, RelationType
from graph.neo4j_run import Run, any_type, quoted
from graph.neo4j_search import lucene_query
from graph.question import parse_query
from graph.search_text import is_han
from graph.store import ConceptPage

__all__ = ["concepts", "count", "facet", "measures", "relation_pattern", "topic_facet"]

_TEXT = (
    "CALL () { CALL db.index.fulltext.queryNodes('concept_search', $lucene) YIELD node RETURN node AS c "
    "UNION CALL db.index.fulltext.queryNodes('concept_keys', $called) YIELD node RETURN node AS c }"
)


@dataclass(slots=True)
class _Chosen:
    """How to match the concepts `c` of a filter: clauses that propose them, conditions, and parameters."""

    clauses: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)

    @property
    def from_an_index(self) -> bool:
        """Whether nothing proposes concepts, so that an index may give them in order."""
        return not self.clauses

    def match(self, *more: str, hint: str = "") -> str:
        """Return the beginning of a statement, which binds `c`; `more` are further conditions."""
        clauses = " ".join(self.clauses) or f"MATCH (c:Concept) {hint}"
        bound = "" if self.from_an_index else " WITH c"
        return f"{clauses}{bound} WHERE {' AND '.join([*self.conditions, *more]) or 'true'}"


async def concepts(
    run: Run, *, first: int, after: Position | None, where: ConceptFilter, order: ConceptOrder
) -> ConceptPage:
    """See `GraphStore.concepts`."""
    check_first(first)
    check_position(after)
    if (chosen := _chosen(where)) is None:
        return ConceptPage((), (), has_next=False)
    keys = ["c.name_key", "c.id"] if order.by is OrderBy.NAME else [f"c.by_{order.by}", "c.name_key", "c.id"]
    index = f"USING INDEX c:Concept({', '.join(key.removeprefix('c.') for key in keys)})"
    direction = " DESC" if order.reverse else ""
    rows = await run(
        f"{chosen.match(*_beyond(keys, after, reverse=order.reverse), hint=index)} "
        f"RETURN c.data, {'0' if order.by is OrderBy.NAME else keys[0]}, c.name_key, c.id "
        f"ORDER BY {', '.join(key + direction for key in keys)} LIMIT $limit",
        **chosen.values,
        **(after._asdict() if after else {}),
        limit=first + 1,
    )
    return ConceptPage(
        tuple(read_concept(data) for data, *_ in rows[:first]),
        tuple(Position(*place) for _, *place in rows[:first]),
        len(rows) > first,
    )


def _beyond(keys: Sequence[str], after: Position | None, *, reverse: bool) -> list[str]:
    """Return conditions that the index can use: where it begins, then what there is to skip of equal first keys.

    With an OR instead of the CASE the planner would sort everything.
    """
    there = [f"{key} IS NOT NULL" for key in keys]
    if after is None:
        return there
    parameters = ["$" + key for key in after._fields[-len(keys) :]]
    beyond = "<" if reverse else ">"
    cases = f"{keys[-1]} {beyond} {parameters[-1]}"
    for key, parameter in zip(keys[-2::-1], parameters[-2::-1], strict=True):
        cases = f"CASE {key} WHEN {parameter} THEN {cases} ELSE {key} {beyond} {parameter} END"
    return [f"{keys[0]} {beyond}= {parameters[0]}", *there[1:], cases]


async def count(run: Run, where: ConceptFilter) -> int:
    """See `GraphStore.count`."""
    if (chosen := _chosen(where)) is None:
        return 0
    ((number,),) = await run(f"{chosen.match()} RETURN count(c)", **chosen.values)
    return int(number)


async def measures(run: Run, ids: Sequence[str]) -> dict[str, Measures]:
    """See `GraphStore.measures`."""
    rows = await run(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN id, c.by_importance, c.by_degree, c.by_depth",
        ids=[id_ for id_ in dict.fromkeys(ids) if possible(id_)],
    )
    found = {id_: measures_of_ranks(*ranks) for id_, *ranks in rows}
    return {id_: found[id_] for id_ in ids if id_ in found}


async def topic_facet(run: Run, where: ConceptFilter, *, first: int) -> list[tuple[Concept, int]]:
    """See `GraphStore.topic_facet`."""
    check_first(first)
    if (chosen := _chosen(where)) is None:
        return []
    rows = await run(
        f"{chosen.match()} MATCH (c)-[:IN_TOPIC]->(t:Concept) WITH t, count(*) AS number "
        "RETURN t.data, number ORDER BY number DESC, t.name_key, t.id LIMIT $limit",
        **chosen.values,
        limit=first,
    )
    return [(read_concept(data), number) for data, number in rows]


async def facet(run: Run, where: ConceptFilter, by: Facet) -> dict[str, int]:
    """See `GraphStore.facet`."""
    if (chosen := _chosen(where)) is None:
        return {}
    if by is Facet.KIND:
        statement = f"{chosen.match()} RETURN c.kind, count(*)"
    else:
        value = "type(r)" if by is Facet.RELATION_TYPE else "r.origin"
        statement = (
            f"{chosen.match()} UNWIND COLLECT {{ MATCH (c)-[r:{any_type()}]-() RETURN DISTINCT {value} }} AS value "
            "RETURN value, count(*)"
        )
    return dict(await run(statement, **chosen.values))


# -- filters ------------------------------------------------------------------------------------------------------


def relation_pattern(where: RelationFilter) -> tuple[str, str, dict[str, object]] | None:
    """Return the pattern `-[r:...]-` of some relations, a condition on `r`, and its parameters; None if there are none.

    The pattern has the direction, seen from what stands on its left.
    """
    types = list(RelationType) if where.types is None else list(where.types)
    if not types or (where.origins is not None and not where.origins):
        return None
    left, right = ("<-" if where.direction == "in" else "-"), ("->" if where.direction == "out" else "-")
    conditions, values = [], dict[str, object]()
    if where.origins is not None:
        conditions.append("r.origin IN $origins")
        values["origins"] = sorted(where.origins)
    if where.min_confidence > 0:
        conditions.append("r.confidence >= $min_confidence")
        values["min_confidence"] = where.min_confidence
    return f"{left}[r:{any_type(types)}]{right}", " AND ".join(conditions) or "true", values


def _chosen(where: ConceptFilter) -> _Chosen | None:
    """Return how to match the concepts of a filter; None if it has none, whatever there is."""
    found = _Chosen()
    if where.kinds is not None:
        found.conditions.append("c.kind IN $kinds")
        found.values["kinds"] = sorted(where.kinds)
    if where.has_prerequisites is not None:
        found.conditions.append(
            f"{'' if where.has_prerequisites else 'NOT '}EXISTS {{ (c)<-[:PREREQUISITE_OF]-(:Concept) }}"
        )
    if where.relation is not None:
        if (relations := relation_pattern(where.relation)) is None:
            return None
        pattern, condition, values = relations
        found.conditions.append(f"EXISTS {{ (c){pattern}(:Concept) WHERE {condition} }}")
        found.values |= values
    return found if all((_in_topic(found, where), _of_source(found, where), _by_text(found, where))) else None


def _propose(found: _Chosen, clause: str, condition: str) -> None:
    """Have `clause` bind `c`, or, if another one does already, keep to the `condition` that says the same."""
    if found.clauses:
        found.conditions.append(condition)
    else:
        found.clauses.append(clause)


def _in_topic(found: _Chosen, where: ConceptFilter) -> bool:
    if where.topic is None:
        return True
    length = "*1.." if where.subtopics else ""
    _propose(
        found,
        f"MATCH (c:Concept)-[:IN_TOPIC{length}]->(:Concept {{id: $topic}}) WITH DISTINCT c",
        f"EXISTS {{ (c)-[:IN_TOPIC{length}]->(:Concept {{id: $topic}}) }}",
    )
    found.values["topic"] = where.topic
    return possible(where.topic)


def _of_source(found: _Chosen, where: ConceptFilter) -> bool:
    if where.source is None:
        return True
    _propose(
        found,
        "CALL () { MATCH (c:Concept {document: $source}) RETURN c "
        "UNION MATCH (:Passage {source: $source})-[:MENTIONS]->(c:Concept) RETURN c }",
        "(c.document = $source OR EXISTS { (c)<-[:MENTIONS]-(:Passage {source: $source}) })",
    )
    found.values["source"] = where.source
    return possible(where.source)


def _by_text(found: _Chosen, where: ConceptFilter) -> bool:
    if where.text is None:
        return True
    if (query := parse_query(where.text)) is None:
        return False
    # The text of a concept is its runs with a space between: a word begins after one, and Chinese is anywhere.
    found.values["needles"] = [term if is_han(term) else f" {term}" for term in query.terms]
    found.values["key"] = query.key
    if lucene := lucene_query((tuple(((term,),) for term in query.terms),)):
        found.values |= {"lucene": lucene, "called": quoted(query.key if possible(query.key) else "")}
        if not found.clauses:
            found.clauses.append(_TEXT)
    found.conditions.append(
        "(all(needle IN $needles WHERE (' ' + c.search_text) CONTAINS needle) OR $key IN c.name_keys)"
    )
    return True
