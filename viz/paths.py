"""What a page says of a study path: its steps and their reasons, what it leaves to the reader, the rounds it breaks."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from graph.essentials import ring
from graph.model import Relation, RelationKey
from graph.paths import Step
from viz.asked import Asked
from viz.index import GraphIndex
from viz.selection import Selection

__all__ = ["path_data"]


def path_data(index: GraphIndex, asked: Asked, selection: Selection) -> dict[str, object] | None:
    """Return `page.path` as `viz.drawing` describes it; None if the map shows no path."""
    found = selection.path
    if found is None:
        return None
    shown = {c.id for c in selection.concepts}
    cuts = {r.key for r in found.cuts}
    # A goal needs no reason but that it is one: least of all one that was cut.
    ends = {s.concept for s in found.steps if s.concept in selection.focus and all(r.key in cuts for r in s.because)}
    graph = index.prerequisites(asked.surely)
    return {
        "targets": list(selection.focus),
        "sure": asked.sure,
        "steps": [
            {"id": step.concept, "step": number, "because": [] if step.concept in ends else _because(step, cuts)}
            for number, step in enumerate(found.steps, start=1)
            if step.concept in shown
        ],
        "background": [
            {
                "id": c.id,
                "name": c.name,
                "aliases": list(c.aliases),
                "kind": c.kind.value,
                "because": _because(step, cuts),
            }
            for step in selection.background
            for c in [index.concepts[step.concept]]
        ],
        "rings": [[_arrow(index, r) for r in ring(graph, cut, found.cuts)] for cut in found.cuts],
    }


def _because(step: Step, cuts: AbstractSet[RelationKey]) -> list[dict[str, object]]:
    return [_reason(r) | {"cut": r.key in cuts} for r in step.because]


def _reason(relation: Relation) -> dict[str, object]:
    return {
        "source": relation.source,
        "type": relation.type.value,
        "target": relation.target,
        "confidence": relation.confidence,
        "origin": relation.origin.value,
        "via": [[source, kind.value, target] for source, kind, target in relation.because],
        "taught": relation.of_the_field,
    }


def _arrow(index: GraphIndex, relation: Relation) -> dict[str, object]:
    """Return one relation of a ring with the names of its ends and the first sentence that says it or leads to it."""
    because = set(relation.because)
    roots: Iterable[Relation] = (r for r in index.touching(relation.source) if r.key in because)
    said = next((e for r in (relation, *roots) for e in r.evidence if e.says_so), None)
    return _reason(relation) | {
        "name": index.concepts[relation.source].name,
        "to": index.concepts[relation.target].name,
        "said": None if said is None else {"path": said.source, "line": said.line, "text": said.text},
    }
