"""What the legend's switches leave of a map: the same rule as static/legend.js and static/canvas.js, for exports.

A switch has one key, whatever it governs: a row of relations (`viz.style.relation_rows`), a family of kinds of
concepts, or an origin. Which concepts a map has never follows from switches; which of them are seen does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graph.model import Concept, Origin, Relation
from viz.selection import Selection
from viz.style import KIND_FAMILIES, relation_row, relation_rows

__all__ = ["SWITCHES", "Switches", "seen"]

_FAMILY = {kind: family.key for family in KIND_FAMILIES for kind in family.kinds}
_FAMILIES = tuple(family.key for family in KIND_FAMILIES)

SWITCHES: tuple[str, ...] = (*(row.key for row in relation_rows()), *_FAMILIES, *(origin.value for origin in Origin))
"""The keys of all switches, in the order of the legend."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What is switched otherwise than the map came: keys of `SWITCHES`, and the least confidence (None: as it came).

    A key in both is on.
    """

    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    least: float | None = None

    def data(self) -> dict[str, object]:
        """Return it as the values of an address, as static/legend.js reads them; null for one that is not there."""
        least = None if self.least is None else f"{self.least:.2f}"
        return {"on": list(self.on) or None, "off": list(self.off) or None, "least": least}


def seen(
    selection: Selection, drawn: Iterable[Relation], switches: Switches
) -> tuple[Sequence[Concept], Sequence[Relation]]:
    """Return the concepts of a map and those of its `drawn` relations that are seen, in their order."""
    on = selection.rows | {origin.value for origin in selection.origins} | set(_FAMILIES)
    on = (on - set(switches.off)) | set(switches.on)
    least = selection.least if switches.least is None else switches.least
    concepts = [c for c in selection.concepts if _FAMILY[c.kind] in on]
    ids = {c.id for c in concepts}
    relations = [
        r
        for r in drawn
        if relation_row(r) in on
        and r.origin.value in on
        and r.confidence >= least
        and r.source in ids
        and r.target in ids
    ]
    return concepts, relations
