"""Keeping the measures of concepts on a Neo4j server (`graph.measures`), within a write that the caller holds.

A concept has the ranks `by_importance`, `by_degree` and `by_depth`, each with an index that gives the order.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from graph.measures import (
    HUNDREDTHS_A_MEMBER,
    HUNDREDTHS_A_NEIGHBOUR,
    MOST_MENTIONS,
    changed_depths,
    ends_of_prerequisites,
    unsettled,
)
from graph.model import RelationKey, RelationType
from graph.neo4j_run import Run, any_type, for_each, gathered

__all__ = ["count_around", "measure_all", "settle_depths"]

_NEAR: Final = any_type(type_ for type_ in RelationType if type_ is not RelationType.IN_TOPIC)
_COUNTED: Final = (
    f"SET c.by_degree = -COUNT {{ (c)-[:{any_type()}]-(:Concept) }}, c.by_importance = -("
    f"{HUNDREDTHS_A_NEIGHBOUR} * COUNT {{ MATCH (c)-[:{_NEAR}]-(n:Concept) RETURN DISTINCT n }} "
    f"+ {HUNDREDTHS_A_MEMBER} * COUNT {{ (c)<-[:IN_TOPIC]-(:Concept) }} "
    f"+ COUNT {{ MATCH (c)<-[:MENTIONS]-(p:Passage) RETURN DISTINCT p.data LIMIT {MOST_MENTIONS} }})"
)
# What each of some concepts depends on; a row without `b` has nothing.
_BEFORE: Final = (
    "OPTIONAL MATCH (c)<-[:PREREQUISITE_OF]-(b:Concept) "
    "RETURN collect([c.id, coalesce(c.by_depth, 0), b.id, coalesce(b.by_depth, 0)])"
)


async def count_around(run: Run, ids: Collection[str]) -> None:
    """Count anew what touches these concepts: their importance and degree. Linear in what it counts."""
    await for_each(run, f"UNWIND $rows AS id MATCH (c:Concept {{id: id}}) {_COUNTED}", sorted(ids))


async def settle_depths(run: Run, changed: Mapping[RelationKey, bool]) -> None:
    """Work out the depths that these relations may have changed; see `graph.sqlite_measures.settle_depths`."""
    if not (ends := ends_of_prerequisites(changed)):
        return
    rows = await gathered(
        run, "UNWIND $rows AS id MATCH (c:Concept {id: id}) RETURN collect([id, coalesce(c.by_depth, 0)])", ends
    )
    if targets := unsettled(changed, dict(rows)):
        await _write_depths(
            run,
            await run(
                # Only where paths end is asked, so the server walks breadth first and meets each concept once.
                "UNWIND $ids AS id MATCH (changed:Concept {id: id}) WITH changed "
                "MATCH (changed)-[:PREREQUISITE_OF*0..]->(c:Concept) WITH DISTINCT c " + _BEFORE,
                ids=targets,
            ),
        )


async def measure_all(run: Run) -> None:
    """Work out the measures of every concept."""
    await run(f"MATCH (c:Concept) {_COUNTED}")
    await run("MATCH (c:Concept) WHERE c.by_depth IS NULL SET c.by_depth = 0")
    await _write_depths(run, await run(f"MATCH (c:Concept) {_BEFORE}"))


async def _write_depths(run: Run, found: Iterable[list[Any]]) -> None:
    new: dict[str, int] = changed_depths(tuple(row) for (rows,) in found for row in rows)
    await for_each(
        run,
        "UNWIND $rows AS row MATCH (c:Concept {id: row[0]}) SET c.by_depth = row[1]",
        [[id_, new[id_]] for id_ in sorted(new)],
    )
