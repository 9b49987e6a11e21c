"""A graph as a page: the only module that imports pyvis, and only while it draws (importing it loads IPython).

pyvis holds the nodes, the edges and the options, and its `generate_html` renders them, through a template of our own
with autoescaping on. What pyvis would do badly is not used: its templates (they load from other servers and insert
names as HTML), its headings, menus and string options, and `title`, which vis-network may show as HTML. A page makes
no request except to the server it came from, and a saved page makes none at all.

Two ways of delivery, one page and one script:

* `inline`: a single file. Everything stands in it, the whole graph included, and a policy in its head allows exactly
  the scripts in it (by their hashes) and nothing else.
* `static`: scripts and styles under `static/`, by names that carry a hash (`viz.assets`), and what is not drawn comes
  from the GraphQL service. `PAGE_POLICY` is the Content-Security-Policy to send along.
"""

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader

from graph.model import RELATION_TYPES, Concept, KnowledgeGraph, Relation, RelationType
from graph.names import name_key
from viz.assets import SCRIPTS, STYLES, asset
from viz.labels import label_lines, label_size
from viz.layers import blocked, layers_layout
from viz.layout import Area, Layout, areas_layout, focus_layout
from viz.packing import Box
from viz.selection import MOST_NODES, Selection, select, topic_groups
from viz.style import COLOURS, DASHES, KIND_FAMILIES, relation_row, relation_rows, style_table, theme_css

__all__ = ["PAGE_POLICY", "Assets", "Language", "render_map"]

Assets = Literal["inline", "static"]
Language = Literal["auto", "en", "zh"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""What a served page may do: vis-network sets styles on elements, hence 'unsafe-inline' for styles alone."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M4 4l8 3-5 6z' "
    "fill='none' stroke='%230072b2' stroke-width='1.5'/%3E%3Ccircle cx='4' cy='4' r='2.5' fill='%230072b2'/%3E%3C"
    "circle cx='12' cy='7' r='2.5' fill='%23d55e00'/%3E%3Ccircle cx='7' cy='13' r='2.5' fill='%2300805f'/%3E%3C/svg%3E"
)
_TEMPLATES = Path(__file__).parent / "templates"
_STARTS = 8  # concepts that the panel offers to begin with
_SHAPES = {kind: family.shape for family in KIND_FAMILIES for kind in family.kinds}
_HEAD_FONT = 25.0
_FONT = 12.5
_CLEARANCE = 18.0  # in a layered map, a line that passes a mark with its label nearer than this bends

_OPTIONS: Mapping[str, object] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {
        "hover": True,
        "hideEdgesOnDrag": True,
        "hideEdgesOnZoom": True,
        "hideNodesOnDrag": False,
        "selectConnectedEdges": False,
        "keyboard": {"enabled": True, "bindToWindow": False},
        "tooltipDelay": 100000,
    },
    "nodes": {
        "scaling": {"label": {"enabled": False, "drawThreshold": 8, "maxVisible": 24}},
        "labelHighlightBold": False,
    },
    "edges": {
        "smooth": False,
        "hoverWidth": 1.2,
        "selectionWidth": 1.2,
        "arrows": {"to": {"scaleFactor": 0.5}},
        "scaling": {"label": {"enabled": False, "drawThreshold": 4, "maxVisible": 14}},
    },
}


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


def render_map(
    graph: KnowledgeGraph,
    *,
    title: str = "Note Atlas",
    focus: Sequence[str] = (),
    radius: int = 1,
    types: Collection[RelationType] | None = None,
    lang: Language = "auto",
    assets: Assets = "inline",
    max_nodes: int = 300,
    endpoint: str = "graphql",
    notice: str = "",
) -> str:
    """Return a complete HTML page that shows `graph`.

    `focus` (ids, names or aliases) limits the map at first to those concepts and what is at most `radius` relations
    away, the first of them selected. `types` are the relation types switched on at first (None: all but IN_TOPIC and
    inferred prerequisites); PREREQUISITE_OF alone gives a map in layers, what comes first on the left, and with a
    focus all that comes before it. At most `max_nodes` concepts are drawn at first, the most related; the page says
    how many are not, and adds them when they are searched for. `lang` is the language of the page's own words: a
    `?lang=` in its address goes first, then this, then the browser's. `notice` is a line shown above the map.
    `assets` and `endpoint` (where the page finds GraphQL, `static` only) are explained in the module's docstring.

    The same arguments give the same page. Raises UnknownConcept or AmbiguousName for a focus, InvalidQuery for a
    `max_nodes` outside 1..2000. Cost: linear in the graph, and the square of the largest connected group drawn.
    """
    selection = select(graph, focus=focus, radius=radius, types=types, max_nodes=max_nodes)
    order = types is not None and set(types) == {RelationType.PREREQUISITE_OF}
    groups = topic_groups(selection)
    marks = _marks(
        selection, heads={head for head, _ in groups if head} if not order and not selection.focus else set()
    )
    layout = _layout(selection, marks, groups, order=order)
    inline = assets == "inline"
    data = {
        "areas": [_area(area) for area in layout.areas],
        "groups": [{"head": head, "members": members} for head, members in _listed(selection, groups, layout)],
        "focus": list(selection.focus),
        "starts": [c.id for c in selection.concepts if c.id not in {head for head, _ in groups}][:_STARTS],
        "total": len(selection.concepts) + selection.hidden,
        "totalRelations": len(graph.relations),
        "off": [row.key for row in relation_rows() if row.key not in selection.rows],
        "order": order,
        "mostNodes": MOST_NODES,
        "endpoint": None if inline else endpoint,
        "colours": [colour.name for colour in COLOURS],
        "style": style_table(),
        "options": _OPTIONS,
    }
    page = {
        "title": title,
        "lang": lang,
        "notice": notice,
        "order": order,
        "icon": _ICON,
        "total": data["total"],
        "endpoint": data["endpoint"],
        "data": data,
        "notes": _document(graph) if inline else None,
        **_delivery(inline=inline),
    }
    return _draw(selection, marks, layout, page)


def _marks(selection: Selection, *, heads: Collection[str]) -> dict[str, _Mark]:
    """Return each concept's mark: larger for the more related, largest the names of topics."""
    degree = Counter(end for r in selection.visible for end in (r.source, r.target))
    marks: dict[str, _Mark] = {}
    for concept in selection.concepts:
        size = min(16.0, 5.5 + 1.9 * degree[concept.id] ** 0.5)
        font = _HEAD_FONT if concept.id in heads else _FONT
        marks[concept.id] = _Mark(size, label_lines(concept.name), font)
    return marks


def _layout(
    selection: Selection,
    marks: Mapping[str, _Mark],
    groups: Sequence[tuple[str | None, Sequence[str]]],
    *,
    order: bool,
) -> Layout:
    boxes = {node: mark.box for node, mark in marks.items()}
    links = [(r.source, r.target, r.confidence) for r in selection.visible]
    if order:
        return layers_layout(boxes, links)
    if selection.focus:
        return focus_layout(boxes, links, focus=selection.focus[0])
    heads = {head for head, _ in groups}
    within = [
        (r.source, r.target, 0.2)
        for r in selection.relations
        if r.type is RelationType.IN_TOPIC and r.target not in heads
    ]
    return areas_layout(boxes, [*links, *within], groups=groups)


def _listed(
    selection: Selection, groups: Sequence[tuple[str | None, Sequence[str]]], layout: Layout
) -> Sequence[tuple[str | None, Sequence[str]]]:
    """Return the groups of the list beside the map: by topic where the map shows topics, else as one, nearest first."""
    if not layout.areas:
        return [(None, [c.id for c in selection.concepts])]
    listed = [(head, [m for m in members if m != head] + [head]) for head, members in groups if head is not None]
    rest = [m for head, members in groups if head is None for m in members]
    return [*listed, (None, rest)] if rest else listed


def _draw(selection: Selection, marks: Mapping[str, _Mark], layout: Layout, page: Mapping[str, object]) -> str:
    """Fill a pyvis network and have it rendered by our template."""
    from pyvis.network import Network

    net = Network(directed=True)  # undirected ones drop parallel edges
    net.options = _OPTIONS
    area_of = {node: i for i, area in enumerate(layout.areas) for node in area.members}
    # A box is a mark with its label below; what is drawn at a node's position is the mark.
    points = {node: (x, y - marks[node].label_height / 2) for node, (x, y) in layout.positions.items()}
    for concept in selection.concepts:
        mark, (x, y) = marks[concept.id], points[concept.id]
        net.add_node(
            f"c:{concept.id}",
            label="\n".join(mark.lines),
            shape=_SHAPES[concept.kind],
            x=round(x, 1),
            y=round(y, 1),
            size=round(mark.size, 1),
            font={"size": mark.font},
            area=area_of.get(concept.id),
            **_summary(concept, id_field="concept"),
        )
    visible = [(r.source, r.target) for r in selection.visible]
    detours = blocked(points, visible, obstacles=layout.positions, clearance=_CLEARANCE) if page["order"] else {}
    for relation, bend in _bends(selection, detours):
        symmetric = RELATION_TYPES[relation.type].symmetric
        dash = DASHES[relation.origin]
        net.add_edge(
            f"c:{relation.source}",
            f"c:{relation.target}",
            ends=[relation.source, relation.target],
            type=relation.type.value,
            origin=relation.origin.value,
            arrows="" if symmetric else "to",
            dashes=list(dash) if dash else False,
            smooth={"enabled": True, "type": bend[0], "roundness": bend[1]} if bend else False,
        )
    net.templateEnv = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True)
    net.templateEnv.globals["page"] = page
    net.path = "map.html"
    return str(net.generate_html())


def _bends(
    selection: Selection, detours: Mapping[tuple[str, str], bool]
) -> list[tuple[Relation, tuple[str, float] | None]]:
    """Pair each relation with the side to which its line bends and how much; None is straight.

    One between two concepts is straight unless it is among `detours`, which say whether to bend to the left; further
    ones bend ever more, to either side in turn. The visible ones come first, so that they are the straightest and
    switching others on never moves them.
    """
    between: dict[tuple[str, str], list[Relation]] = defaultdict(list)
    for r in selection.relations:
        between[min(r.source, r.target), max(r.source, r.target)].append(r)
    bends: list[tuple[Relation, tuple[str, float] | None]] = []
    for pair in between.values():
        rows = sorted(pair, key=lambda r: relation_row(r) not in selection.rows)
        first = rows[0]
        away = detours.get((first.source, first.target))
        for i, r in enumerate(rows, start=0 if away is None else 1):
            to_left = (away is not False) == (i % 2 == 1)  # seen along the first
            # "Clockwise" is to the left of whoever walks along the line; on the way back it is the other side.
            turn = "curvedCW" if to_left == (r.source == first.source) else "curvedCCW"
            bends.append((r, (turn, 0.1 + 0.06 * i) if i else None))
    return bends


def _area(area: Area) -> dict[str, object]:
    return {
        "x": round(area.x, 1),
        "y": round(area.y, 1),
        "width": round(area.width, 1),
        "height": round(area.height, 1),
    }


def _summary(concept: Concept, *, id_field: str = "id") -> dict[str, object]:
    return {
        id_field: concept.id,
        "name": concept.name,
        "aliases": list(concept.aliases),
        "kind": concept.kind.value,
    }


def _document(graph: KnowledgeGraph) -> dict[str, object]:
    """Return the whole graph as the plain values that a saved page carries; see static/data.js for who reads them."""
    known = {c.id for c in graph.concepts}
    ends = sorted({end for r in graph.relations for end in (r.source, r.target)} - known)
    concepts = sorted((*graph.concepts, *(Concept(i, i) for i in ends)), key=lambda c: (name_key(c.name), c.id))
    return {
        "concepts": [
            {**_summary(c), "definition": c.definition, "document": c.document, "line": c.line} for c in concepts
        ],
        "relations": [
            {
                "source": r.source,
                "type": r.type.value,
                "target": r.target,
                "origin": r.origin.value,
                "confidence": r.confidence,
                "evidence": [{"path": e.source, "line": e.line, "text": e.text, "rule": e.rule} for e in r.evidence],
                "because": [[s, t.value, o] for s, t, o in r.because],
            }
            for r in graph.relations
        ],
        "passages": [
            {"path": p.source, "line": p.line, "text": p.text, "concepts": list(p.concepts)} for p in graph.passages
        ],
    }


def _delivery(*, inline: bool) -> dict[str, object]:
    """Return the scripts and styles of a page, and the policy in its head: None where the server sends one."""
    scripts, styles = [asset(name) for name in SCRIPTS], [asset(name) for name in STYLES]
    if not inline:
        return {
            "policy": None,
            "theme": _safe(theme_css()),
            "scripts": [{"href": f"static/{a.served_as}"} for a in scripts],
            "styles": [{"href": f"static/{a.served_as}"} for a in styles],
        }
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(a.text.encode()).digest()).decode()}'" for a in scripts
    )
    return {
        "policy": f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "theme": _safe(theme_css()),
        "scripts": [{"text": _safe(a.text)} for a in scripts],
        "styles": [{"text": _safe(a.text)} for a in styles],
    }


def _safe(text: str) -> object:
    """Mark our own file as ready for the page; nothing that comes from notes ever passes here."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704
