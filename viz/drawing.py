"""From what is chosen to what is drawn: marks with their places, lines, areas, all as the plain values of a page.

A `Drawing` is made once for a graph and a request and may be kept: language, title and notices are not in it. Its
`nodes` and `edges` are what pyvis is given (`viz.maps`), its `data` the rest of the page's `page-data`
(`viz.page_data`).

A node has `step` on a path, an edge `cut` if the order goes against it. Of the relations between the same two concepts,
the one that tells most has `rank` 0: a person's or a sentence's word before what was derived, then the surest. The page
draws, of those that are switched on, the one with the smallest rank. On a path, an arrow that follows from a chain of
others is left out.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from graph.acyclic import Order
from graph.model import RELATION_TYPES, Concept, Origin, Relation, RelationKey, RelationType
from viz.asked import Asked
from viz.bands import bands_layout
from viz.choices import Comparison
from viz.columns import columns_layout
from viz.index import GraphIndex
from viz.joining import joined_places
from viz.labels import label_lines, label_size
from viz.layers import blocked, layers_layout
from viz.layout import Layout, areas_layout, circle_layout, force_layout
from viz.packing import Box
from viz.page_data import page_data, summary
from viz.radial import radial_layout
from viz.selection import Selection, select
from viz.style import CUT_DASH, DASHES, KIND_FAMILIES, relation_row, relation_rows

__all__ = ["MARGIN", "Drawing", "draw"]

MARGIN = 24.0

_SHAPES = {kind: family.shape for family in KIND_FAMILIES for kind in family.kinds}
_HEAD_FONT = 25.0
_FONT = 12.5
_STEP_SIZE = 11.0  # half the width of a mark that holds a number
_ROOMY = 1.25  # an overview is seen as a whole, at a scale below 1, where letters keep their size: more room for names
_BEND = 0.16
_CUT_BULGE = 34.0  # an arrow against the order runs so far beside the one that it contradicts
_CLEARANCE = 18.0  # in layers, a line that passes a mark with its label nearer than this bends
_STRENGTH = {origin: rank for rank, origin in enumerate(Origin)}
_ROW_ORDER = {row.key: i for i, row in enumerate(relation_rows())}

Places = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map as plain values: the module's docstring says which. `selection` is what it was made from."""

    selection: Selection
    nodes: Sequence[Mapping[str, object]]
    edges: Sequence[Mapping[str, object]]
    data: Mapping[str, object]
    places: Places


@dataclass(frozen=True, slots=True)
class _Mark:
    """How large one concept is drawn: half its mark's size, its label and the label's font size."""

    size: float
    lines: tuple[str, ...]
    font: float

    @property
    def label_height(self) -> float:
        return label_size(self.lines, self.font)[1] + 4.0

    @property
    def box(self) -> Box:
        width, _ = label_size(self.lines, self.font)
        return Box(max(2 * self.size, width), 2 * self.size + self.label_height)


def draw(index: GraphIndex, asked: Asked) -> Drawing:
    """Choose what `asked` asks for and lay it out; the same arguments give the same drawing.

    Raises what `viz.selection.select` raises. Cost: linear in the graph, and the square of the largest connected group
    that is drawn.
    """
    selection = select(index, asked)
    marks = _marks(selection)
    arrows = _drawn(selection)
    layout = _layout(selection, marks, arrows)
    points = _points(selection, marks, layout)
    area_of = {node: i for i, area in enumerate(layout.areas) for node in area.members}
    tall = _points(selection, marks, layout.tall) if layout.tall is not None else None
    nodes = [_node(c, marks[c.id], points[c.id], area_of, selection) for c in selection.concepts]
    if tall is not None:
        for node, concept in zip(nodes, selection.concepts, strict=True):
            node["tall"] = [round(at, 1) for at in tall[concept.id]]
    return Drawing(
        selection,
        nodes,
        _edges(selection, arrows, layout, points),
        page_data(index, asked, selection, layout),
        points,
    )


def _points(selection: Selection, marks: Mapping[str, "_Mark"], layout: Layout) -> dict[str, tuple[float, float]]:
    """Return where each mark stands: a box is a mark with its label below. What joined later stands beside the rest."""
    points = {node: (x, y - marks[node].label_height / 2) for node, (x, y) in layout.positions.items()}
    if selection.added:
        points |= joined_places(
            points,
            {node: (mark.box.width, mark.size, mark.size + mark.label_height) for node, mark in marks.items()},
            [(r.source, r.target) for r in selection.relations],
            added=selection.added,
        )
    return points


# -- marks and lines ---------------------------------------------------------------------------------------------------


def _marks(selection: Selection) -> dict[str, _Mark]:
    """Return each concept's mark: larger for the more related, largest the names of topics."""
    heads = {g.head for g in selection.groups} if selection.layout == "areas" else set()
    marks: dict[str, _Mark] = {}
    for concept in selection.concepts:
        size = min(16.0, 5.5 + 1.9 * max(0.0, selection.weight[concept.id]) ** 0.5)
        if selection.path is not None:
            size = _STEP_SIZE
        font = _HEAD_FONT if concept.id in heads else _FONT
        marks[concept.id] = _Mark(size, label_lines(concept.name), font)
    return marks


def _drawn(selection: Selection) -> tuple[Relation, ...]:
    """Return the relations that have a line: in an order of learning without those that follow from a chain of others.

    Of relations that go round in a circle, the least sure closes it: it follows from nothing, and has its line.
    """
    if selection.path is None and not _is_order(selection):
        return selection.relations
    rows = [r for r in selection.visible if r.type is RelationType.PREREQUISITE_OF]
    against = {r.key for r in selection.path.cuts} if selection.path else set()
    order = Order()
    graph: nx.DiGraph[str] = nx.DiGraph()
    for r in sorted(rows, key=lambda r: (r.key in against, -r.confidence, r.key)):
        if order.add(r.source, r.target):
            graph.add_edge(r.source, r.target)
    chains = nx.transitive_reduction(graph).edges
    spared = {r.key for r in rows if graph.has_edge(r.source, r.target) and (r.source, r.target) not in chains}
    return tuple(r for r in selection.relations if r.key not in spared)


def _is_order(selection: Selection) -> bool:
    return selection.view == "order" and selection.layout == "layers"


def _node(
    concept: Concept,
    mark: _Mark,
    point: tuple[float, float],
    area_of: Mapping[str, int],
    selection: Selection,
) -> dict[str, object]:
    node: dict[str, object] = {
        "n_id": f"c:{concept.id}",
        "label": "\n".join(mark.lines),
        "shape": _SHAPES[concept.kind],
        "x": round(point[0], 1),
        "y": round(point[1], 1),
        "size": round(mark.size, 1),
        "font": {"size": mark.font},
        "area": area_of.get(concept.id),
        **summary(concept, id_field="concept"),
    }
    if concept.id in selection.steps:
        node["step"] = selection.steps[concept.id]
    return node


def _edges(selection: Selection, arrows: Sequence[Relation], layout: Layout, points: Places) -> list[dict[str, object]]:
    detours: Mapping[tuple[str, str], bool] = {}
    if selection.layout == "layers":
        ends = [(r.source, r.target) for r in arrows if selection.shows(r)]
        detours = blocked(points, ends, obstacles=layout.positions, clearance=_CLEARANCE)
    edges: list[dict[str, object]] = []
    cuts = {r.key for r in selection.path.cuts} if selection.path else set()
    for relation, rank in _ranked(selection, arrows):
        away = detours.get((relation.source, relation.target))
        is_cut = relation.key in cuts
        dash = CUT_DASH if is_cut else DASHES[relation.origin]
        edges.append(
            {
                "source": f"c:{relation.source}",
                "to": f"c:{relation.target}",
                "ends": [relation.source, relation.target],
                "type": relation.type.value,
                "origin": relation.origin.value,
                "confidence": relation.confidence,
                "rank": rank,
                "arrows": "" if RELATION_TYPES[relation.type].symmetric else "to",
                "dashes": list(dash) if dash else False,
                # "Clockwise" is to the left of whoever walks along the line.
                "smooth": _cut_bend(points[relation.source], points[relation.target])
                if is_cut
                else False
                if away is None
                else _bend(_BEND, clockwise=away),
                **({"cut": True} if is_cut else {}),
            }
        )
    return edges


def _bend(roundness: float, *, clockwise: bool) -> dict[str, object]:
    return {"enabled": True, "type": "curvedCW" if clockwise else "curvedCCW", "roundness": roundness}


def _cut_bend(start: tuple[float, float], end: tuple[float, float]) -> dict[str, object]:
    """Return the bend of vis-network that takes a line `_CUT_BULGE` off the straight one."""
    share = min(0.98, 4 * _CUT_BULGE / max(math.dist(start, end), 1.0))
    return _bend(round(2 / math.pi * math.asin(share), 3), clockwise=False)


def _ranked(selection: Selection, relations: Iterable[Relation]) -> list[tuple[Relation, int]]:
    """Pair each relation with its place among those between the same two concepts, the most telling first."""
    between: dict[tuple[str, str], list[Relation]] = defaultdict(list)
    for r in relations:
        between[min(r.source, r.target), max(r.source, r.target)].append(r)

    def telling(r: Relation) -> tuple[bool, int, float, int, RelationKey]:
        return (not selection.shows(r), _STRENGTH[r.origin], -r.confidence, _ROW_ORDER[relation_row(r)], r.key)

    return [(r, rank) for rows in between.values() for rank, r in enumerate(sorted(rows, key=telling))]


# -- places ------------------------------------------------------------------------------------------------------------


def _layout(selection: Selection, marks: Mapping[str, _Mark], arrows: Sequence[Relation]) -> Layout:
    """Lay out all but what joined later."""
    boxes = {c.id: marks[c.id].box for c in selection.concepts if c.id not in selection.added}
    if selection.view == "overview":
        boxes = {node: Box(box.width * _ROOMY, box.height * _ROOMY) for node, box in boxes.items()}
    links = [
        (r.source, r.target, r.confidence)
        for r in arrows
        if selection.shows(r) and r.source in boxes and r.target in boxes
    ]
    groups = [(group.head, group.members) for group in selection.groups]
    if selection.layout == "layers":
        return bands_layout(boxes, links) if selection.path is not None else layers_layout(boxes, links)
    if selection.layout == "columns" and selection.comparison is not None:
        return columns_layout(boxes, _blocks(selection.comparison))
    if selection.layout == "radial" and selection.focus:
        return radial_layout(boxes, links, focus=selection.focus[0])
    if selection.layout == "force":
        return force_layout(boxes, links)
    if selection.layout == "circle":
        return circle_layout(boxes, groups)
    heads = {head for head, _ in groups}
    links += [
        (r.source, r.target, 0.2)
        for r in selection.relations
        if r.type is RelationType.IN_TOPIC and r.target not in heads and r.source in boxes and r.target in boxes
    ]
    margins = [
        (0.0 if group.head is not None else MARGIN, MARGIN if group.count > group.shown else 0.0)
        for group in selection.groups
    ]
    return areas_layout(boxes, links, groups=groups, margins=margins)


def _blocks(comparison: Comparison) -> dict[tuple[str, ...], list[str]]:
    """Return, for each subset of the compared, what relates to just it."""
    ids = comparison.ids
    blocks: dict[tuple[str, ...], list[str]] = {ids: []}
    for node, how in comparison.shared:
        tied = {end for source, _, target in how for end in (source, target)}
        blocks.setdefault(tuple(i for i in ids if i in tied), []).append(node)
    blocks.update({(i,): list(found) for i, found in comparison.only.items()})
    return blocks
