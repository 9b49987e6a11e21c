"""What a saved page carries of the notes themselves: the graph as the plain values that static/data.js reads."""

from collections.abc import Collection

from graph.model import Concept, KnowledgeGraph
from graph.names import name_key
from viz.page_data import summary

__all__ = ["WHOLE_CONCEPTS", "document", "part"]

WHOLE_CONCEPTS = 2000
"""Up to so many concepts, a saved page carries the whole graph; of a larger one, what is near its map."""


def document(graph: KnowledgeGraph) -> dict[str, object]:
    """Return the graph as a page carries it, concepts by name."""
    known = {c.id for c in graph.concepts}
    ends = sorted({end for r in graph.relations for end in (r.source, r.target)} - known)
    concepts = sorted((*graph.concepts, *(Concept(i, i) for i in ends)), key=lambda c: (name_key(c.name), c.id))
    return {
        "concepts": [
            {**summary(c), "definition": c.definition, "document": c.document, "line": c.line} for c in concepts
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


def part(graph: KnowledgeGraph, shown: Collection[str]) -> KnowledgeGraph:
    """Return the whole graph if it is small, else the concepts in `shown` with all that relates to them.

    Passages are those that mention one of `shown`.
    """
    if len(graph.concepts) <= WHOLE_CONCEPTS:
        return graph
    inside = set(shown)
    relations = [r for r in graph.relations if r.source in inside or r.target in inside]
    near = inside | {end for r in relations for end in (r.source, r.target)}
    return KnowledgeGraph.of(
        (c for c in graph.concepts if c.id in near),
        relations,
        (p for p in graph.passages if not inside.isdisjoint(p.concepts)),
        graph.sources,
    )
