"""A graph in the formats of other programs: GraphML and GEXF for Gephi, yEd and Cytoscape, Mermaid for notes.

These go one way: what comes back in is node-link JSON (`graph.interchange`). Nodes carry id, name, aliases, kind and
definition, edges type, origin and confidence, and where there are places, x and y (y runs downwards, as on a screen).

Names come from notes and may hold anything. XML cannot hold control characters at all, so they are left out; all
else is escaped. Mermaid has no ids that could hold a name, so nodes are numbered, and a label is quoted with
everything that could end it, or be read as HTML or Markdown by a renderer, written as a character entity.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from graph.model import RELATION_TYPES, Concept, KnowledgeGraph, Relation

__all__ = ["FORMATS", "to_gexf", "to_graphml", "to_mermaid"]

Places = Mapping[str, tuple[float, float]]
_NOWHERE: Places = MappingProxyType({})

_NODE_KEYS = ("name", "aliases", "kind", "definition")
_EDGE_KEYS = ("type", "origin", "confidence")
_MOST_LABEL = 80  # characters of a label in a diagram
_PLAIN = frozenset(" -_.,:+/*%=()[]")  # besides letters and digits, what may stand in a Mermaid label as it is


def to_graphml(graph: KnowledgeGraph, *, places: Places = _NOWHERE) -> str:
    """Return `graph` as GraphML, as http://graphml.graphdrawing.org/ describes it."""
    keys = [
        *(f'<key id="{key}" for="node" attr.name="{key}" attr.type="string"/>' for key in _NODE_KEYS),
        *(f'<key id="{axis}" for="node" attr.name="{axis}" attr.type="double"/>' for axis in "xy" if places),
        *(f'<key id="{key}" for="edge" attr.name="{key}" attr.type="{_type(key)}"/>' for key in _EDGE_KEYS),
    ]
    nodes = [
        f"<node id={_attribute(c.id)}>{_data(_node_fields(c))}{_data(_place(places, c.id))}</node>"
        for c in graph.concepts
    ]
    edges = [
        f"<edge source={_attribute(r.source)} target={_attribute(r.target)}>{_data(_edge_fields(r))}</edge>"
        for r in graph.relations
    ]
    return _lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *keys,
        '<graph edgedefault="directed">',
        *nodes,
        *edges,
        "</graph>",
        "</graphml>",
    )


def to_gexf(graph: KnowledgeGraph, *, places: Places = _NOWHERE) -> str:
    """Return `graph` as GEXF 1.3, as https://gexf.net/ describes it."""
    nodes = [
        f"<node id={_attribute(c.id)} label={_attribute(c.name)}>"
        f"<attvalues>{_values(_node_fields(c))}</attvalues>{_position(places, c.id)}</node>"
        for c in graph.concepts
    ]
    edges = [
        f'<edge id="{i}" source={_attribute(r.source)} target={_attribute(r.target)} label="{r.type.value}"'
        f' kind="{r.type.value}"'
        f' weight="{r.confidence}"><attvalues>{_values(_edge_fields(r))}</attvalues></edge>'
        for i, r in enumerate(graph.relations)
    ]
    return _lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">',
        '<graph defaultedgetype="directed">',
        '<attributes class="node">',
        *(f'<attribute id="{key}" title="{key}" type="string"/>' for key in _NODE_KEYS),
        "</attributes>",
        '<attributes class="edge">',
        *(f'<attribute id="{key}" title="{key}" type="{_type(key)}"/>' for key in _EDGE_KEYS),
        "</attributes>",
        "<nodes>",
        *nodes,
        "</nodes>",
        "<edges>",
        *edges,
        "</edges>",
        "</graph>",
        "</gexf>",
    )


def to_mermaid(graph: KnowledgeGraph, *, places: Places = _NOWHERE) -> str:
    """Return `graph` as a Mermaid flowchart, left to right; arrows carry their verbs. `places` have no use there."""
    del places
    number = {c.id: i for i, c in enumerate(graph.concepts)}
    nodes = [f'  n{i}["{_label(c.name)}"]' for i, c in enumerate(graph.concepts)]
    edges = []
    for r in graph.relations:
        info = RELATION_TYPES[r.type]
        line = "---" if info.symmetric else "-.->" if r.because else "-->"
        edges.append(f"  n{number[r.source]} {line}|{info.label_en}| n{number[r.target]}")
    return _lines("flowchart LR", *nodes, *edges)


FORMATS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {"graphml": to_graphml, "gexf": to_gexf, "mermaid": to_mermaid}
)
"""The formats by their names; each function takes a graph and `places`."""


def _type(key: str) -> str:
    return "double" if key == "confidence" else "string"


def _node_fields(concept: Concept) -> dict[str, object]:
    fields = {
        "name": concept.name,
        "aliases": "; ".join(concept.aliases),
        "kind": concept.kind.value,
        "definition": concept.definition,
    }
    return {key: value for key, value in fields.items() if value}


def _edge_fields(relation: Relation) -> dict[str, object]:
    return {"type": relation.type.value, "origin": relation.origin.value, "confidence": relation.confidence}


def _place(places: Places, node: str) -> dict[str, object]:
    return dict(zip("xy", places[node], strict=True)) if node in places else {}


def _data(fields: Mapping[str, object]) -> str:
    return "".join(f'<data key="{key}">{escape(_printable(str(value)))}</data>' for key, value in fields.items())


def _values(fields: Mapping[str, object]) -> str:
    return "".join(f'<attvalue for="{key}" value={_attribute(str(value))}/>' for key, value in fields.items())


def _position(places: Places, node: str) -> str:
    if node not in places:
        return ""
    x, y = places[node]
    return f'<viz:position x="{x}" y="{-y}" z="0.0"/>'  # there, y runs upwards


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """Return `text` without what XML 1.0 cannot hold (its production `Char`)."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
    )


def _label(name: str) -> str:
    """Return a name as the text of a quoted Mermaid label."""
    text = " ".join(_printable(name).split())
    text = text if len(text) <= _MOST_LABEL else text[: _MOST_LABEL - 1] + "…"
    return "".join(c if c.isalnum() or c in _PLAIN or c == "…" else f"#{ord(c)};" for c in text) or "…"


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
