"""Mermaid, as https://mermaid.js.org/ describes its flowcharts: a diagram in notes. One way.

Mermaid has no ids that could hold a name, so nodes are numbered, and a label is quoted with everything that could end
it, or be read as HTML or Markdown by a renderer, written as a character entity.
"""

from graph.exchange.ids import all_concepts
from graph.exchange.markup import lines, printable
from graph.exchange.places import NOWHERE, Places
from graph.model import RELATION_TYPES, KnowledgeGraph

__all__ = ["to_mermaid"]

_MOST_LABEL = 80  # characters of a label in a diagram
_PLAIN = frozenset(" -_.,:+/*%=()[]")  # besides letters and digits, what may stand in a label as it is


def to_mermaid(graph: KnowledgeGraph, *, places: Places = NOWHERE) -> bytes:
    """Return `graph` as a Mermaid flowchart, left to right; arrows carry their verbs. `places` have no use there."""
    del places
    concepts = all_concepts(graph)
    number = {c.id: i for i, c in enumerate(concepts)}
    nodes = [f'  n{i}["{_label(c.name)}"]' for i, c in enumerate(concepts)]
    edges = []
    for r in graph.relations:
        info = RELATION_TYPES[r.type]
        line = "---" if info.symmetric else "-.->" if r.because else "-->"
        edges.append(f"  n{number[r.source]} {line}|{info.label_en}| n{number[r.target]}")
    return lines("flowchart LR", *nodes, *edges)


def _label(name: str) -> str:
    """Return a name as the text of a quoted Mermaid label."""
    text = " ".join(printable(name).split())
    text = text if len(text) <= _MOST_LABEL else text[: _MOST_LABEL - 1] + "…"
    return "".join(c if c.isalnum() or c in _PLAIN or c == "…" else f"#{ord(c)};" for c in text) or "…"
