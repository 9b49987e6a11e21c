"""A graph as a document: networkx's node-link JSON, both ways.

What comes out is what `networkx.node_link_graph(document, edges="edges")` reads, a directed multigraph whose edge keys
are the relation types:

    {"directed": true, "multigraph": true,
     "graph": {"sources": [{path, format, title, sha256}],
               "passages": [{document, line, text, section, concepts}]},
     "nodes": [{id, name, aliases, kind, definition, document, line}],
     "edges": [{source, target, key, type, origin, confidence, evidence: [{document, line, text, rule}],
                because: [{source, type, target}], group}]}

What goes in may be much less: of a node only `id` is required, of an edge only `source`, `target` and `type`. Fields
that mean nothing to us are kept in `extra` of the concept or relation, and given back. Fields that mean something
must be of the right kind: a document is read whole or not at all, and the error names the row.

* `from_node_link(to_node_link(graph)) == graph` for every graph that has a concept for each end, a source for each
  document, and evidence or reasons for each relation that is not curated; `dumps` gives equal graphs equal bytes.
* Whatever was accepted can be written again: text that is not Unicode, numbers that JSON does not have, and nesting
  deeper than a serializer goes are refused when they are read.
"""

import codecs
from collections.abc import Iterable

import orjson

from graph.errors import InvalidGraph
from graph.model import KnowledgeGraph
from graph.rows import Placed, Row, edge_row, graph_of, node_row, object_of, passage_row, rows_of, show, source_row

__all__ = ["dumps", "edge_row", "from_node_link", "loads", "node_row", "to_node_link"]


# -- out -----------------------------------------------------------------------------------------------------


def to_node_link(graph: KnowledgeGraph) -> dict[str, object]:
    """Return `graph` as a document, in the graph's order: nodes by id, edges by (source, type, target)."""
    return {
        "directed": True,
        "multigraph": True,
        "graph": {
            "sources": [source_row(s) for s in graph.sources],
            "passages": [passage_row(p) for p in graph.passages],
        },
        "nodes": [node_row(c) for c in graph.concepts],
        "edges": [edge_row(r) for r in graph.relations],
    }


def dumps(graph: KnowledgeGraph) -> bytes:
    """Return `graph` as a document in UTF-8, indented, ending in a newline; equal graphs give equal bytes.

    Raises InvalidGraph if a text in it is not Unicode, as the name of a file may be.
    """
    try:
        return orjson.dumps(to_node_link(graph), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError as error:
        raise InvalidGraph(f"the graph cannot be written as JSON ({error}): change the name or text in it") from error


# -- in ------------------------------------------------------------------------------------------------------


def loads(content: bytes | str) -> KnowledgeGraph:
    """Return the graph that a JSON document holds; see `from_node_link`. Raises InvalidGraph if it is not JSON."""
    if isinstance(content, bytes):
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidGraph(f"this is not JSON ({error}): give a node-link document in UTF-8") from error
    return from_node_link(document)


def from_node_link(document: object) -> KnowledgeGraph:
    """Return the graph that a node-link document (parsed JSON) holds, by the rules of `graph.rows.graph_of`.

    `links` may stand in place of `edges`, as older networkx writes it. Of the attributes of the whole graph only
    `sources` and `passages` are kept.

    Raises InvalidGraph, naming the row, if a row is wrong, or if the document says that it is undirected. Linear.
    """
    top = object_of(document, "the document", 'give an object with the lists "nodes" and "edges"')
    if top.get("directed", True) is not True:
        raise InvalidGraph(f'"directed" is {show(top["directed"])}, but relations have a direction: write true')
    if not {"nodes", "edges", "links"} & top.keys():
        raise InvalidGraph('the document has neither "nodes" nor "edges": give a node-link document')
    attributes = object_of(top.get("graph", {}), '"graph"', "give an object or leave it out")
    return graph_of(
        _placed(top, "nodes", "the document"),
        _edges(top),
        sources=_placed(attributes, "sources", "graph", prefix="graph."),
        passages=_placed(attributes, "passages", "graph", prefix="graph."),
    )


def _edges(top: Row) -> Iterable[Placed]:
    if "edges" in top and "links" in top:
        raise InvalidGraph('the document has both "edges" and "links": keep one of them')
    return _placed(top, "links" if "links" in top else "edges", "the document")


def _placed(row: Row, field: str, where: str, *, prefix: str = "") -> Iterable[Placed]:
    return ((f"{prefix}{field}[{index}]", value) for index, value in enumerate(rows_of(row, field, where)))
