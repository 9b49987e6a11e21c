"""Lists of concepts as Cypher: pages, counts and facets of what a `ConceptFilter` chooses, each one statement.

A page by name or by a measure comes from an index that has its order; what narrows the list to the members of a topic,
a file or the hits of a search is looked up first, and the rest is a condition on each concept. See `graph.sqlite_list`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.beside import Beside
from graph.contribution import check_first, check_position, possible, read_concept
from graph.listing import ConceptFilter, ConceptOrder, Facet, Measures, OrderBy, Position
from graph.measures import measures_of_ranks
from graph.model import Concept
from graph.neo4j_around import Expansion
from graph.neo4j_run import Glance, Run, any_type, quoted, relation_pattern
from graph.neo4j_search import lucene_query
from graph.question import parse_query
from graph.search_text import is_han
from graph.store import ConceptPage

__all__ = ["concepts", "count", "facet", "measures", "topic_facet"]

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


def concepts(
    *, first: int, after: Position | None, where: ConceptFilter, order: ConceptOrder, beside: Sequence[Beside]
) -> Glance[ConceptPage] | None:
    """See `GraphStore.concepts`; None if the page is surely empty."""
    check_first(first)
    check_position(after)
    if (chosen := _chosen(where)) is None:
        return None
    keys = ["c.name_key", "c.id"] if order.by is OrderBy.NAME else [f"c.by_{order.by}", "c.name_key", "c.id"]
    index = f"USING INDEX c:Concept({', '.join(key.removeprefix('c.') for key in keys)})"
    direction = " DESC" if order.reverse else ""
    around = Expansion(beside)
    place = f"[c.data, {'0' if order.by is OrderBy.NAME else keys[0]}, c.name_key, c.id]"
    query = (
        f"{chosen.match(*_beyond(keys, after, reverse=order.reverse), hint=index)} "
        f"WITH c ORDER BY {', '.join(key + direction for key in keys)} LIMIT $limit "
        f"WITH collect(c) AS listed, collect({place}) AS places WITH places, listed[..$first] AS found"
        f"{around.clauses} RETURN [places, {around.returned}]"
    )

    def read(values: list[Any]) -> ConceptPage:
        ((rows, columns),) = values
        page = tuple(read_concept(data) for data, *_ in rows[:first])
        return ConceptPage(
            page, tuple(Position(*place) for _, *place in rows[:first]), len(rows) > first, around.read(page, columns)
        )

    values = {**chosen.values, **(after._asdict() if after else {}), **around.values}
    return Glance(query, {**values, "limit": first + 1, "first": first}, read)


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


def count(where: ConceptFilter) -> Glance[int] | None:
    """See `GraphStore.count`; None if there is surely none."""
    if (chosen := _chosen(where)) is None:
        return None
    return Glance(f"{chosen.match()} RETURN count(c)", chosen.values, lambda values: int(values[0]))


def measures(ids: Sequence[str]) -> Glance[dict[str, Measures]]:
    """See `GraphStore.measures`."""

    def read(values: list[Any]) -> dict[str, Measures]:
        found = {id_: measures_of_ranks(*ranks) for id_, *ranks in values}
        return {id_: found[id_] for id_ in ids if id_ in found}

    return Glance(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN [id, c.by_importance, c.by_degree, c.by_depth]",
        {"ids": [id_ for id_ in dict.fromkeys(ids) if possible(id_)]},
        read,
    )


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
