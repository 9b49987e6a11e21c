"""What `cycles` prints: the members of each cycle, and the rounds of relations that contradict each other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from api.cli_output import reason_row, ring_text, title_of
from graph.model import Concept, Relation, RelationKey

if TYPE_CHECKING:  # networkx takes tenths of a second to import
    from graph.cycles import Cycle

__all__ = ["cycles_json", "cycles_text"]

_MEMBERS_SHOWN = 50  # of one cycle; JSON has all
_CIRCLES_SHOWN = 5


def cycles_text(
    cycles: Sequence["Cycle"],
    *,
    concepts: Mapping[str, Concept],
    derived_from: Mapping[RelationKey, Relation],
) -> str:
    """Return each cycle in words: its members in the order of the walk, then its circles, the least sure cut first."""
    if not cycles:
        return "No cycle: the prerequisites contradict each other nowhere."
    names = {concept_id: title_of(concept) for concept_id, concept in concepts.items()}
    lines = []
    for number, cycle in enumerate(cycles, 1):
        members = [names[m] for m in cycle.members[:_MEMBERS_SHOWN]]
        more = len(cycle.members) - len(members)
        lines.append(f"{number}. {len(cycle.members)} concepts that each come before all others of them:")
        lines.append(f"   {' → '.join(members)}{f' → … and {more} more' if more > 0 else ''}")
        for circle in cycle.circles[:_CIRCLES_SHOWN]:
            lines += [f"   {line}" for line in ring_text(circle.round, names, derived_from)]
        left = len(cycle.circles) - _CIRCLES_SHOWN
        if left > 0:
            lines.append(f"   Study paths go against {left} more of its relations; --json lists them.")
    return "\n".join(lines)


def cycles_json(
    cycles: Sequence["Cycle"],
    *,
    concepts: Mapping[str, Concept],
    derived_from: Mapping[RelationKey, Relation],
) -> dict[str, object]:
    """Return cycles as the JSON of `cycles`."""
    return {
        "cycles": [
            {
                "members": [{"id": m, "name": concepts[m].name, "aliases": concepts[m].aliases} for m in cycle.members],
                "weakest": reason_row(cycle.weakest, derived_from),
                "circles": [
                    {
                        "cut": reason_row(circle.cut, derived_from),
                        "round": [reason_row(relation, derived_from) for relation in circle.round],
                    }
                    for circle in cycle.circles
                ],
            }
            for cycle in cycles
        ]
    }
