"""GEXF 1.3, as https://gexf.net/ describes it, both ways: for Gephi.

Written: an attribute for each field of a concept or relation (`graph.exchange.flat`); the name is the label. GEXF has
no attributes of a whole graph, so sources and passages stand after it in elements of our own namespace, which others
pass over. `read_gexf(to_gexf(graph)) == graph`, whatever is in it.

Read: any GEXF from 1.1 to 1.3 whose edges have an attribute `type`, or a kind or label in its place; nodes within nodes
as well. Other attributes are kept, as what they are declared; sizes, colours, places and times are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graph.errors import InvalidGraph
from graph.exchange.flat import EXACT, EXTRA, WHOLE_FIELDS, flat, read_whole, unflat, whole_fields
from graph.exchange.ids import all_concepts, held_ids
from graph.exchange.markup import Element, attribute, lines, printable, read_xml, text
from graph.exchange.places import NOWHERE, Places
from graph.exchange.typed import typed
from graph.model import KnowledgeGraph
from graph.rows import EDGE_FIELDS, NODE_FIELDS, Placed, edge_row, graph_of, node_row

__all__ = ["read_gexf", "to_gexf"]

_NODE_VALUES: Final = NODE_FIELDS[2:]  # the id is an attribute of the node, the name its label
_EDGE_VALUES: Final = EDGE_FIELDS[3:]
_DECLARED: Final = {"confidence": "double", "line": "integer"}
_NOT_DIRECTED: Final = frozenset({"", "undirected", "mutual"})
_OURS: Final = "urn:noteatlas:gexf"


# -- out -----------------------------------------------------------------------------------------------------


def to_gexf(graph: KnowledgeGraph, *, places: Places = NOWHERE) -> bytes:
    """Return `graph` as GEXF; of what has a place, its position (y runs upwards there, downwards in `places`)."""
    concepts = all_concepts(graph)
    ids = held_ids((c.id for c in concepts), printable)
    whole = whole_fields(graph, clean=printable)
    return lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">',
        '<graph defaultedgetype="directed">',
        *_declare("node", (*_NODE_VALUES, EXTRA, EXACT)),
        *_declare("edge", (*_EDGE_VALUES, EXTRA, EXACT)),
        "<nodes>",
        *(_node(node_row(c), ids[c.id], places.get(c.id)) for c in concepts),
        "</nodes>",
        "<edges>",
        *(_edge(number, edge_row(r), ids) for number, r in enumerate(graph.relations)),
        "</edges>",
        "</graph>",
        *(f'<{field} xmlns="{_OURS}">{text(value)}</{field}>' for field, value in whole.items()),
        "</gexf>",
    )


def _declare(owner: str, fields: tuple[str, ...]) -> list[str]:
    rows = [f'<attribute id="{f}" title="{f}" type="{_DECLARED.get(f, "string")}"/>' for f in fields]
    return [f'<attributes class="{owner}">', *rows, "</attributes>"]


def _values(fields: Mapping[str, str]) -> str:
    values = "".join(f'<attvalue for="{key}" value={attribute(value)}/>' for key, value in fields.items())
    return f"<attvalues>{values}</attvalues>"


def _node(row: Mapping[str, object], held: str, place: tuple[float, float] | None) -> str:
    fields = flat(row, NODE_FIELDS, clean=printable, held_id=held)
    label = fields.pop("name", "")
    fields.pop("id")
    position = f'<viz:position x="{place[0]}" y="{-place[1]}" z="0.0"/>' if place else ""
    return f"<node id={attribute(held)} label={attribute(label)}>{_values(fields)}{position}</node>"


def _edge(number: int, row: Mapping[str, object], ids: Mapping[str, str]) -> str:
    source, target = (attribute(ids[str(row[end])]) for end in ("source", "target"))
    fields = flat({k: v for k, v in row.items() if k not in EDGE_FIELDS[:3]}, _EDGE_VALUES, clean=printable)
    kind, weight = fields["type"], row["confidence"]
    return (
        f'<edge id="{number}" source={source} target={target} label="{kind}" kind="{kind}" weight="{weight}">'
        f"{_values(fields)}</edge>"
    )


# -- in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Attribute:
    """An attribute of nodes or edges: its title, its type, and what holds where there is no value."""

    title: str
    kind: str
    default: str | None


_Attributes = Mapping[str, Mapping[str, _Attribute]]


def read_gexf(content: bytes) -> KnowledgeGraph:
    """Return the graph of a GEXF file, by the rules of `graph.rows.graph_of`.

    Raises InvalidGraph, naming the line, if it is not XML, has a document type or undirected edges, or if a field is
    wrong.
    """
    root = read_xml(content, root="gexf")
    declared = _read_attributes(root)
    default = next((g.attributes.get("defaultedgetype") for g in root.all("graph")), None) or "undirected"
    nodes = [(node, _read_node(node, declared)) for node in root.all("node")]
    ids = {node.attributes.get("id"): row["id"] for node, row in nodes}
    edges: list[Placed] = [(_place(e), _read_edge(e, declared, ids, default)) for e in root.all("edge")]
    whole: dict[str, list[Placed]] = {field: [] for field in WHOLE_FIELDS}
    for child in root.children:
        if child.name in whole:
            whole[child.name] += read_whole(child.text, child.name)
    return graph_of([(_place(node), row) for node, row in nodes], edges, **whole)


def _place(element: Element) -> str:
    return f"{element.name} (line {element.line})"


def _read_attributes(root: Element) -> _Attributes:
    found: dict[str, dict[str, _Attribute]] = {"node": {}, "edge": {}}
    for group in root.all("attributes"):
        of = found.setdefault(group.attributes.get("class", ""), {})
        for row in group.children:
            if row.name == "attribute":
                get = row.attributes.get
                default = next((child.text for child in row.children if child.name == "default"), None)
                of[get("id", "")] = _Attribute(get("title") or get("id", ""), get("type", "string"), default)
    return found


def _read_node(node: Element, declared: _Attributes) -> dict[str, object]:
    fields = _fields(node, declared["node"])
    if label := node.attributes.get("label"):
        fields["name"] = label
    return unflat(fields | {"id": node.attributes.get("id", "")}, NODE_FIELDS, _place(node), clean=printable)


def _read_edge(
    edge: Element, declared: _Attributes, ids: Mapping[str | None, object], default: str
) -> dict[str, object]:
    where = _place(edge)
    direction = edge.attributes.get("type", default)
    if direction in _NOT_DIRECTED:
        raise InvalidGraph(f"{where} is not directed, but relations have a direction: say which, and directed")
    fields = _fields(edge, declared["edge"])
    if direction != "directed":  # networkx writes an attribute `type` here
        fields.setdefault("type", direction)
    if "type" not in fields and (kind := edge.attributes.get("kind") or edge.attributes.get("label")):
        fields["type"] = kind
    ends = {end: ids.get(held, held) for end in ("source", "target") if (held := edge.attributes.get(end))}
    return unflat(fields, _EDGE_VALUES, where, clean=printable) | ends


def _fields(owner: Element, declared: Mapping[str, _Attribute]) -> dict[str, object]:
    """Return the values of a node or edge under their titles; what is said at several times counts as last said."""
    where = _place(owner)
    fields: dict[str, object] = {
        row.title: typed(row.kind, row.default, f"{where}.{row.title}")
        for row in declared.values()
        if row.default is not None
    }
    for group in owner.children:
        for value in group.children if group.name == "attvalues" else ():
            named = value.attributes.get("for") or value.attributes.get("id", "")
            row = declared.get(named) or _Attribute(named, "string", None)
            fields[row.title] = typed(row.kind, value.attributes.get("value", ""), f"{where}.{row.title}")
    return fields
