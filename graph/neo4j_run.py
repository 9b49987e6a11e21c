"""How the statements of the Neo4j store are run and put together, without the driver (`graph.neo4j_store` has that).

Values travel as parameters. Labels and types are words of our own and of `RelationType`; nothing from a graph ever
becomes part of a statement.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from graph.listing import RelationFilter
from graph.model import RelationType

__all__ = [
    "BATCH",
    "STATE",
    "Glance",
    "Run",
    "any_type",
    "for_each",
    "framed",
    "gathered",
    "quoted",
    "relation_pattern",
]

Answer = TypeVar("Answer")

BATCH: Final = 2000  # rows in one statement: bounds the size of a message, not that of a transaction


class Run(Protocol):
    """Runs one statement in the transaction under way and returns its rows, each a list of values."""

    async def __call__(self, statement: str, /, **values: object) -> list[list[Any]]:
        """Run `statement` with `values` as its parameters."""
        ...


STATE: Final = "OPTIONAL MATCH (own:NoteAtlas {role: 'state'}) WITH *, coalesce(own.state, 0) AS "
"""How a statement reads the state of the store into a variable, whose name follows."""


@dataclass(frozen=True, slots=True)
class Glance(Generic[Answer]):
    """A question that one statement answers: a query with one column, its parameters, and what its values mean."""

    query: str
    values: Mapping[str, object]
    read: Callable[[list[Any]], Answer]

    async def by(self, run: Run) -> Answer:
        """Ask it in the transaction under way."""
        return self.read([value for (value,) in await run(self.query, **self.values)])


def framed(query: str) -> str:
    """Return a statement with one row: the state before, what `query` gives in its one column, and the state after.

    A subquery is at its end when its values are collected, and what stands after it in the statement begins then.
    """
    return (
        f"{STATE} state_before WITH state_before, COLLECT {{ {query} }} AS state_found "
        f"{STATE} state_after RETURN state_before, state_found, state_after"
    )


def any_type(types: Iterable[RelationType] = RelationType) -> str:
    """Return `types` as a pattern's alternatives: the only way in which a type gets into a statement."""
    return "|".join(RelationType(t).value for t in types)


def quoted(text: str) -> str:
    """Return the Lucene query for exactly this string in an index with the keyword analyzer."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


async def for_each(run: Run, statement: str, rows: Sequence[Any]) -> list[list[Any]]:
    """Run a statement for `$rows`, in as many pieces as they need; return all of its rows."""
    return [row for batch in _batches(rows) for row in await run(statement, rows=batch)]


async def gathered(run: Run, statement: str, rows: Sequence[Any]) -> list[list[Any]]:
    """Do the same with a statement that returns one list of rows, `collect([...])`, and return all in those.

    For many small rows: to receive one costs several times as much as to find it.
    """
    return [row for (found,) in await for_each(run, statement, rows) for row in found]


def relation_pattern(where: RelationFilter, *, suffix: str = "") -> tuple[str, str, dict[str, object]] | None:
    """Return the pattern `-[r:...]-` of some relations, a condition on `r`, and its parameters; None if there are none.

    The pattern has the direction, seen from what stands on its left. The names of the parameters end with `suffix`.
    """
    types = list(RelationType) if where.types is None else list(where.types)
    if not types or (where.origins is not None and not where.origins):
        return None
    left, right = ("<-" if where.direction == "in" else "-"), ("->" if where.direction == "out" else "-")
    conditions, values = [], dict[str, object]()
    if where.origins is not None:
        conditions.append(f"r.origin IN $origins{suffix}")
        values[f"origins{suffix}"] = sorted(where.origins)
    if where.min_confidence > 0:
        conditions.append(f"r.confidence >= $min_confidence{suffix}")
        values[f"min_confidence{suffix}"] = where.min_confidence
    return f"{left}[r:{any_type(types)}]{right}", " AND ".join(conditions) or "true", values
