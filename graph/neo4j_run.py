"""How the statements of the Neo4j store are run and put together, without the driver (`graph.neo4j_store` has that).

Values travel as parameters. Labels and types are words of our own and of `RelationType`; nothing from a graph ever
becomes part of a statement.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from graph.model import RelationType

__all__ = ["BATCH", "Run", "any_type", "for_each", "quoted"]

BATCH: Final = 2000  # rows in one statement: bounds the size of a message, not that of a transaction


class Run(Protocol):
    """Runs one statement in the transaction under way and returns its rows, each a list of values."""

    async def __call__(self, statement: str, /, **values: object) -> list[list[Any]]:
        """Run `statement` with `values` as its parameters."""
        ...


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
