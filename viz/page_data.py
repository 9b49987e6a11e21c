"""What the page's script is told beside the marks and lines, as plain values.

* `view`, `layout`: their names; `layouts`: those that the view can have, its own first; `asked`: {names, radius, sure,
  most, types, origins, least} as the map was asked for (ids; null or 0 where nothing was said); `reach`: how many
  concepts the view would show without a limit;
* `areas`: {x, y, width, height, head, name, count, shown, opens}; see `viz.groups.Group`. Areas and nodes may have
  `tall`: [x, y], where they stand on a screen that is higher than wide. An area without a head
  leaves `viz.drawing.MARGIN` free at its top for its name, one that shows less than it has as much at its foot;
* `path`: {targets, sure, steps: [{id, step, because}], background: [{id, name, aliases, kind, because}], rings} or
  null; `because` is a list of {source, type, target, confidence, origin, via, taught, cut}: `via` what it follows
  from, `taught` whether nothing but the general order of the field says so, `cut` whether the order sets it aside. A
  ring is a round of prerequisites that the order breaks, [{source, name, target, to, confidence, taught, via, said:
  {path, line, text} or null}], the one that is cut last; `sure` is null on the essential path, whose `background` is
  what the field teaches before its steps;
* `compare`: {ids, shared: [{id, how}], only} or null. Keys of relations are lists [source, type, target];
* `opened`: [{id, brings}], each concept that was opened on the map, in order, with what of the rest opening it brings:
  itself if it was not there, its neighbours; null if none was;
* `topics`: {id: how many concepts a topic's own map shows beside it};
* `groups`, `focus`, `starts`, `total`, `totalRelations`, `off`, `order`, `mostNodes`, `colours`, `style`, `options`:
  what the list, the legend and the canvas read.
"""

from collections.abc import Mapping, Sequence

from graph.model import Concept, RelationKey
from viz.asked import MOST_NODES, VIEWS, Asked
from viz.groups import Group
from viz.index import GraphIndex
from viz.layout import Area, Layout
from viz.paths import path_data
from viz.selection import Selection
from viz.style import COLOURS, relation_rows, style_table

__all__ = ["page_data", "summary"]

_STARTS = 8  # concepts that the panel offers to begin with

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


def summary(concept: Concept, *, id_field: str = "id") -> dict[str, object]:
    """Return what every page says of a concept that it shows anywhere."""
    return {
        id_field: concept.id,
        "name": concept.name,
        "aliases": list(concept.aliases),
        "kind": concept.kind.value,
    }


def page_data(index: GraphIndex, asked: Asked, selection: Selection, layout: Layout) -> dict[str, object]:
    """Return all of it as plain values: `viz.drawing.Drawing.data`."""
    heads = {group.head for group in selection.groups}
    group_of = {node: group for group in selection.groups for node in group.members}
    return {
        "view": selection.view,
        "layout": selection.layout,
        "layouts": list(VIEWS[selection.view].layouts),
        "asked": {
            "names": list(selection.focus),
            "radius": asked.radius,
            "sure": asked.sure,
            "most": asked.most,
            "types": sorted(asked.types) if asked.types else None,
            "origins": sorted(asked.origins) if asked.origins else None,
            "least": asked.least,
        },
        "reach": selection.reach,
        "opened": [{"id": i, "brings": list(brought)} for i, brought in selection.opened.items()] or None,
        "areas": _areas(layout, group_of, selection),
        "topics": index.topic_sizes,
        "path": path_data(index, asked, selection),
        "compare": _compare(selection),
        "groups": [{"head": head, "members": members} for head, members in _listed(selection, layout)],
        "focus": list(selection.focus),
        "starts": [c.id for c in selection.concepts if c.id not in heads][:_STARTS],
        "total": len(index.concepts),
        "totalRelations": len(index.graph.relations),
        "off": [row.key for row in relation_rows() if row.key not in selection.rows],
        "order": selection.path is not None or selection.view == "order",
        "mostNodes": MOST_NODES,
        "colours": [colour.name for colour in COLOURS],
        "style": style_table(),
        "options": _OPTIONS,
    }


def _areas(layout: Layout, group_of: Mapping[str, Group], selection: Selection) -> list[dict[str, object]]:
    found = [_area(area, group_of, selection) for area in layout.areas]
    if layout.tall is not None:
        for area, other in zip(found, layout.tall.areas, strict=True):
            area["tall"] = [round(other.x, 1), round(other.y, 1)]
    return found


def _area(area: Area, group_of: Mapping[str, Group], selection: Selection) -> dict[str, object]:
    found: dict[str, object] = {
        "x": round(area.x, 1),
        "y": round(area.y, 1),
        "width": round(area.width, 1),
        "height": round(area.height, 1),
    }
    if selection.path is not None:
        steps = [selection.steps[node] for node in area.members]
        count = len(area.members)
        return found | {
            "head": None,
            "name": f"{min(steps)}–{max(steps)}",
            "count": count,
            "shown": count,
            "opens": None,
        }
    group = group_of[area.members[0]]
    return found | {
        "head": group.head,
        "name": group.name,
        "count": group.count,
        "shown": group.shown,
        "opens": group.opens,
    }


def _compare(selection: Selection) -> dict[str, object] | None:
    found = selection.comparison
    if found is None:
        return None
    return {
        "ids": list(found.ids),
        "shared": [{"id": node, "how": [_key(key) for key in how]} for node, how in found.shared],
        "only": {i: list(nodes) for i, nodes in found.only.items()},
    }


def _key(key: RelationKey) -> list[str]:
    source, kind, target = key
    return [source, kind.value, target]


def _listed(selection: Selection, layout: Layout) -> Sequence[tuple[str | None, Sequence[str]]]:
    """Return the groups of the list beside the map: by topic where the map shows topics, else as one, in its order."""
    base = [c.id for c in selection.concepts if c.id not in selection.added]
    if not layout.areas or selection.layout != "areas":
        return [(None, base)]
    listed = [
        (group.head, [*(m for m in group.members if m != group.head), group.head])
        for group in selection.groups
        if group.head is not None
    ]
    rest = [m for group in selection.groups if group.head is None for m in group.members]
    return [*listed, (None, rest)] if rest else listed
