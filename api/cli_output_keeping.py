"""How the history of a store, the difference of two revisions, and a backup are shown: as text and as JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from api.cli_output import cut, in_words, one_line
from api.cli_output_loads import changes_text
from graph.changes import Changes
from graph.history import Difference, Revision
from graph.interchange import edge_row, node_row
from graph.model import Concept, Relation

if TYPE_CHECKING:
    from api.keeping import Kept

Thing = TypeVar("Thing", Concept, Relation)

__all__ = ["Writes", "difference_json", "difference_text", "grouped", "history_json", "history_text", "kept_text"]


@dataclass(frozen=True, slots=True)
class Writes:
    """Revisions, one after the other, that had the same cause: `first` to `last`, when the last was, and all changes.

    `since` is the revision before them, with which their difference begins.
    """

    first: int
    last: int
    at: float
    cause: str
    changes: Changes

    @property
    def since(self) -> int:
        """The revision before the first of them."""
        return self.first - 1


def grouped(revisions: Sequence[Revision]) -> list[Writes]:
    """Return revisions, the newest first, with those of one cause as one; writes without a cause stay alone."""
    found = []
    for _, group in groupby(revisions, key=lambda row: row.cause or row.number):
        rows = list(group)
        changes = sum((row.changes for row in rows), Changes())
        found.append(Writes(rows[-1].number, rows[0].number, rows[0].at, rows[0].cause, changes))
    return found


def history_json(rows: Sequence[Writes]) -> list[dict[str, object]]:
    """Return the history as the JSON of `history`: `since` and `revision` are what `diff` compares."""
    return [
        {
            "since": row.since,
            "revision": row.last,
            "at": _iso(row.at),
            "cause": row.cause,
            "changes": asdict(row.changes),
        }
        for row in rows
    ]


def history_text(rows: Sequence[Writes]) -> str:
    """Return a line for each row: its revisions, when, what it was, what it changed."""
    if not rows:
        return "Nothing was written since this store keeps a history."
    numbers = [f"{row.first}-{row.last}" if row.first != row.last else str(row.last) for row in rows]
    width = max(map(len, numbers))
    return "\n".join(
        f"{number:>{width}}  {_iso(row.at)}  {one_line(row.cause) or 'a write'}: {changes_text(row.changes)}"
        for number, row in zip(numbers, rows, strict=True)
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def difference_json(found: Difference) -> dict[str, object]:
    """Return a difference as the JSON of `diff`: nodes and edges of node-link JSON, changed ones before and after."""
    return {"concepts": _told_apart(found.concepts, node_row), "relations": _told_apart(found.relations, edge_row)}


def _told_apart(
    pairs: Sequence[tuple[Thing | None, Thing | None]], row: Callable[[Thing], object]
) -> dict[str, object]:
    """Return what was added, removed and changed, each as `row` has it."""
    return {
        "added": [row(after) for before, after in pairs if before is None and after],
        "removed": [row(before) for before, after in pairs if after is None and before],
        "changed": [{"before": row(before), "after": row(after)} for before, after in pairs if before and after],
    }


def difference_text(found: Difference, names: Mapping[str, str]) -> str:
    """Return a line for each concept and relation that differs; `names` are those of the concepts of today, by id."""
    known = {c.id: c.name for pair in found.concepts for c in pair if c} | dict(names)
    rows = [_concept_line(before, after) for before, after in found.concepts]
    rows += [_relation_line(before, after, known) for before, after in found.relations]
    return "\n".join(rows) or "Nothing differs."


def _concept_line(before: Concept | None, after: Concept | None) -> str:
    concept = _either(before, after)
    line = f"{_sign(before, after)} {one_line(concept.name)} · {concept.kind} · {concept.id}"
    return f"{line}: {_fields(before, after)}" if before and after else line


def _relation_line(before: Relation | None, after: Relation | None, names: Mapping[str, str]) -> str:
    relation = _either(before, after)
    line = f"{_sign(before, after)} {one_line(in_words(relation.key, names))}"
    if before and after:
        return f"{line}: {_fields(before, after)}"
    said = next(iter(relation.evidence), None)
    return (
        f"{line} · “{cut(said.text)}” ({one_line(said.source)}:{said.line})" if said else f"{line} · {relation.origin}"
    )


def _either(before: Thing | None, after: Thing | None) -> Thing:
    """Return what is there of a pair, the later one rather. Raises ValueError for a pair of nothing."""
    if after is not None:
        return after
    if before is None:
        raise ValueError("nothing differs from nothing")
    return before


def _sign(before: object, after: object) -> str:
    return "+" if before is None else "-" if after is None else "~"


def _fields(before: Concept | Relation, after: Concept | Relation) -> str:
    """Return the names of the fields that differ."""
    return ", ".join(name for name in before.__slots__ if getattr(before, name) != getattr(after, name))


def kept_text(kept: "Kept") -> str:
    """Return how much a backup holds, in a few words."""
    stats = kept.stats
    return (
        f"{stats.sources} sources, {stats.concepts} concepts, {stats.relations} relations, "
        f"{kept.decisions} {'decision' if kept.decisions == 1 else 'decisions'}"
    )
