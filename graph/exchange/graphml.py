"""GraphML, as http://graphml.graphdrawing.org/ describes it, both ways: for yEd, Cytoscape, networkx.

Written: a `data` element for each field of a concept or relation (`graph.exchange.flat`), and as data of the graph the
sources and passages as JSON. `read_graphml(to_graphml(graph)) == graph`, whatever is in it.

Read: any GraphML whose edges have a `type`, or a `label` in its place. A node without `name` is called by its `label`;
what yEd shows on a node or edge counts as its label. All other data are kept, as what their key declares them.
"""

from collections.abc import Iterator, Mapping
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

__all__ = ["read_graphml", "to_graphml"]

_NODE_DATA: Final = NODE_FIELDS[1:]  # the id is an attribute
_EDGE_DATA: Final = EDGE_FIELDS[3:]  # so are the ends; and `key` says the type once more
_DECLARED: Final = {"confidence": "double", "x": "double", "y": "double", "line": "int"}
_YED_LABELS: Final = frozenset({"NodeLabel", "EdgeLabel"})


# -- out -----------------------------------------------------------------------------------------------------


def to_graphml(graph: KnowledgeGraph, *, places: Places = NOWHERE) -> bytes:
    """Return `graph` as GraphML; of what has a place, x and y (y runs downwards, as on a screen)."""
    concepts = all_concepts(graph)
    ids = held_ids((c.id for c in concepts), printable)
    return lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(_declare("graph", field) for field in WHOLE_FIELDS),
        *(_declare("node", field) for field in (*_NODE_DATA, EXTRA, EXACT, *("xy" if places else ""))),
        *(_declare("edge", field) for field in (*_EDGE_DATA, EXTRA, EXACT)),
        '<graph edgedefault="directed">',
        *filter(None, [_data("graph", whole_fields(graph, clean=printable))]),
        *(_node(node_row(c), ids[c.id], places.get(c.id)) for c in concepts),
        *(_edge(edge_row(r), ids) for r in graph.relations),
        "</graph>",
        "</graphml>",
    )


def _declare(owner: str, field: str) -> str:
    kind = _DECLARED.get(field, "string")
    return f'<key id="{owner}-{field}" for="{owner}" attr.name="{field}" attr.type="{kind}"/>'


def _data(owner: str, fields: Mapping[str, str]) -> str:
    return "".join(f'<data key="{owner}-{key}">{text(value)}</data>' for key, value in fields.items())


def _node(row: Mapping[str, object], held: str, place: tuple[float, float] | None) -> str:
    fields = flat(row, NODE_FIELDS, clean=printable, held_id=held)
    fields.pop("id")
    fields |= dict(zip("xy", map(str, place), strict=True)) if place else {}
    return f"<node id={attribute(held)}>{_data('node', fields)}</node>"


def _edge(row: Mapping[str, object], ids: Mapping[str, str]) -> str:
    source, target = (attribute(ids[str(row[end])]) for end in ("source", "target"))
    rest = {key: value for key, value in row.items() if key not in EDGE_FIELDS[:3]}
    data = _data("edge", flat(rest, _EDGE_DATA, clean=printable))
    return f"<edge source={source} target={target}>{data}</edge>"


# -- in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key declares: whose data (node, edge, graph, all), a field's name, a type, what holds without data."""

    owner: str
    name: str
    kind: str
    default: str | None


def read_graphml(content: bytes) -> KnowledgeGraph:
    """Return the graph of a GraphML file, by the rules of `graph.rows.graph_of`.

    Raises InvalidGraph, naming the line, if it is not XML, has a document type, is undirected or has hyperedges, or if
    a field is wrong.
    """
    root = read_xml(content, root="graphml")
    keys = {key.attributes.get("id", ""): _read_key(key) for key in root.all("key")}
    for edge in root.all("hyperedge"):
        raise InvalidGraph(
            f"line {edge.line} has a hyperedge, but a relation has two ends: write an edge for each pair"
        )
    nodes = [(node, _read_node(node, keys)) for node in root.all("node")]
    ids = {node.attributes.get("id"): row["id"] for node, row in nodes}
    whole: dict[str, list[Placed]] = {field: [] for field in WHOLE_FIELDS}
    edges: list[Placed] = []
    for graph in root.all("graph"):
        fields = _fields(graph, keys, "graph", _place(graph))
        for field in WHOLE_FIELDS:
            whole[field] += read_whole(str(fields[field]), field) if field in fields else []
        directed = "false" if graph.attributes.get("edgedefault") == "undirected" else "true"
        edges += [(_place(e), _read_edge(e, keys, ids, directed)) for e in graph.children if e.name == "edge"]
    return graph_of([(_place(node), row) for node, row in nodes], edges, **whole)


def _place(element: Element) -> str:
    return f"{element.name} (line {element.line})"


def _read_key(key: Element) -> _Key:
    get = key.attributes.get
    default = next((child.text for child in key.children if child.name == "default"), None)
    return _Key(get("for", "all"), get("attr.name") or get("id", ""), get("attr.type", "string"), default)


def _read_node(node: Element, keys: Mapping[str, _Key]) -> dict[str, object]:
    fields = _fields(node, keys, "node", _place(node))
    if "name" not in fields and "label" in fields:
        fields["name"] = fields.pop("label")
    return unflat(fields | {"id": node.attributes.get("id", "")}, NODE_FIELDS, _place(node), clean=printable)


def _read_edge(
    edge: Element, keys: Mapping[str, _Key], ids: Mapping[str | None, object], directed: str
) -> dict[str, object]:
    where = _place(edge)
    if edge.attributes.get("directed", directed) not in {"true", "1"}:
        raise InvalidGraph(f"{where} is undirected, but relations have a direction: say which, and directed")
    fields = _fields(edge, keys, "edge", where)
    if "type" not in fields and (label := fields.pop("label", None) or edge.attributes.get("label")):
        fields["type"] = label
    ends = {end: ids.get(held, held) for end in ("source", "target") if (held := edge.attributes.get(end))}
    return unflat(fields, _EDGE_DATA, where, clean=printable) | ends


def _fields(owner: Element, keys: Mapping[str, _Key], kind: str, where: str) -> dict[str, object]:
    """Return the data of a node, an edge or the graph under their names, with what keys say of all of its kind."""
    fields: dict[str, object] = {
        key.name: typed(key.kind, key.default, f"{where}.{key.name}")
        for key in keys.values()
        if key.default is not None and key.owner in {kind, "all"}
    }
    for data in owner.children:
        if data.name == "data":
            named = data.attributes.get("key", "")
            key = keys.get(named) or _Key(kind, named, "string", None)
            if data.children:
                fields |= {"label": label} if (label := _shown(data)) else {}
            else:
                fields[key.name] = typed(key.kind, data.text, f"{where}.{key.name}")
    return fields


def _shown(data: Element) -> str | None:
    return next((e.text.strip() for e in _labels(data) if e.text.strip()), None)


def _labels(data: Element) -> Iterator[Element]:
    return (element for element in data.walk() if element.name in _YED_LABELS)
