"""What a map can be asked for: values only, one row per view.

A request names concepts by id, name or alias and says nothing of how the answer is found (`viz.selection`) or where
it stands on paper (`viz.layout`). The same fields are an address's query (`api.map_query`) and the arguments of
`noteatlas map`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from graph.model import Origin, RelationType

__all__ = [
    "LAYOUTS",
    "MOST_NODES",
    "ORDER_FIRST",
    "OVERVIEW_AREAS",
    "USUAL",
    "VIEWS",
    "Asked",
    "LayoutName",
    "View",
    "ViewRow",
]

View = Literal["overview", "topic", "neighborhood", "path", "compare", "all", "order"]
LayoutName = Literal["areas", "radial", "layers", "columns", "force", "circle"]

MOST_NODES = 2000
"""As many concepts as a map can draw and still be moved: above, vis-network freezes for seconds."""

OVERVIEW_AREAS = 24
"""As many areas as an overview has at most; smaller topics are left to the tree beside it."""

ORDER_FIRST = 32
"""As many concepts as an order of learning without a goal shows at first: with more, arrows hide each other."""

USUAL = 0.5
"""The least confidence of a prerequisite for which nothing else is asked."""

LAYOUTS: tuple[LayoutName, ...] = ("areas", "force", "circle", "layers")
"""The layouts that any view can be asked for in place of its own."""


@dataclass(frozen=True, slots=True)
class ViewRow:
    """How a view is laid out, and how many concepts it draws, where the request says neither."""

    layout: LayoutName
    most: int

    @property
    def layouts(self) -> tuple[LayoutName, ...]:
        """The layouts that the view can be asked for, its own first."""
        return (self.layout, *(name for name in LAYOUTS if name != self.layout))


VIEWS: Mapping[View, ViewRow] = MappingProxyType(
    {
        "overview": ViewRow("areas", 72),
        "topic": ViewRow("areas", 300),
        "neighborhood": ViewRow("radial", 60),
        "path": ViewRow("layers", 300),
        "compare": ViewRow("columns", 60),
        "all": ViewRow("areas", 300),
        "order": ViewRow("layers", 300),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for a map.

    `names` are the concepts that the view is about: the topic, the foci, the goals of a path, the two or three to
    compare; none for an overview and for all. `radius` belongs to a neighbourhood, `sure` (the least confidence of a
    prerequisite) to a path and to an order without a goal; None is the essential path (`graph.essentials`) and `USUAL`.
    `most` concepts are drawn, None is the view's own number. `types`, `origins` and `least` (confidence) say which
    relations are switched on at first, and so what "near" means; None and 0 are the page's own choice. `added` are
    concepts that have been opened on the map since, in order: they and their neighbours join it, and nothing that was
    there moves.
    """

    view: View = "overview"
    names: tuple[str, ...] = ()
    radius: int = 1
    sure: float | None = None
    most: int | None = None
    layout: LayoutName | None = None
    types: frozenset[RelationType] | None = None
    origins: frozenset[Origin] | None = None
    least: float = 0.0
    added: tuple[str, ...] = ()

    @property
    def surely(self) -> float:
        """The least confidence of a prerequisite that counts, said or not."""
        return USUAL if self.sure is None else self.sure

    @property
    def limit(self) -> int:
        """How many concepts are drawn."""
        if self.most is not None:
            return self.most
        return ORDER_FIRST if self.view == "order" and not self.names else VIEWS[self.view].most
