"""Decisions applied to what the notes say: contributions in, contributions out, pure.

`curate` does not depend on the order of the decisions, nor of the sources: of two decisions about one thing the later
counts, by (time, id). It is always given what the notes say, never what it returned before, so it can be asked again
after every load.

No decision is ever dropped. One that finds nothing in the notes, or that a later one overrules, is *stale*, with why;
it counts again as soon as the notes say again what it was about. Without the stale ones the result is the same.

First come the decisions about concepts (`graph.curation.concepts`), so that names are looked up as a person sees them:
after splits, merges and renames, by preferred name, else by alias. Then those about relations
(`graph.curation.relations`). A relation is looked for under its two names, as the notes state it or as an earlier
decision has changed it. Only if one of the names means nothing any more is it looked for by a sentence that was its
evidence, and found if exactly one relation of its type with the ends still known has that sentence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graph.collector import paused_collector
from graph.curation.concepts import Settled, settle
from graph.curation.decision import Decision, What, by_time
from graph.curation.draft import Draft
from graph.curation.relations import judge
from graph.curation.uniting import unite
from graph.model import KnowledgeGraph

__all__ = ["Curated", "Stale", "curate"]

_OF_CONCEPTS: Final = {What.RENAME, What.MERGE, What.SPLIT, What.SEPARATE}


@dataclass(frozen=True, slots=True)
class Stale:
    """A decision that changed nothing, and why."""

    decision: Decision
    why: str


@dataclass(frozen=True, slots=True)
class Curated:
    """The contributions after the decisions; which applied, which did not; both by (time, id).

    A contribution that no decision touched is the very object that was given. `review` are the rejections of relations
    for which the notes have sentences that the person had not seen.
    """

    graphs: Mapping[str, KnowledgeGraph]
    applied: tuple[Decision, ...] = ()
    stale: tuple[Stale, ...] = ()
    review: tuple[Decision, ...] = ()


def curate(graphs: Mapping[str, KnowledgeGraph], decisions: Iterable[Decision]) -> Curated:
    """Apply `decisions` to contributions, keyed by their source's path. Linear in the graphs, and in the decisions.

    A decision costs what the notes say of the concepts that it is about. Where one overrules another and then turns
    out to be stale, all is done again without it.
    """
    rows = sorted(set(decisions), key=by_time)
    if not graphs or not rows:
        return Curated(graphs, (), tuple(Stale(row, "there are no notes") for row in rows))
    with paused_collector():
        return _curated(graphs, rows)


def _curated(graphs: Mapping[str, KnowledgeGraph], rows: Sequence[Decision]) -> Curated:
    idle: dict[str, str] = {}
    while True:
        draft = Draft(graphs)
        left = [row for row in rows if row.id not in idle]
        settled = settle(
            draft,
            [row for row in left if row.what in _OF_CONCEPTS],
            [row for row in left if row.what is What.ADD],
        )
        if not settled.idle:
            break
        idle |= {row.id: settled.stale[row.id] for row in settled.idle}
    unite(draft, settled.naming)
    judged = judge(draft, settled.naming, [row for row in left if row.what not in _OF_CONCEPTS])
    kept = _place_made(draft, settled)
    why = {**idle, **settled.stale, **{id_: said for id_, said in judged.stale.items() if id_ not in kept}}
    made = draft.graphs()
    return Curated(
        {path: made[path] for path in graphs},
        tuple(row for row in rows if row.id not in why),
        tuple(Stale(row, why[row.id]) for row in rows if row.id in why),
        tuple(judged.review),
    )


def _place_made(draft: Draft, settled: Settled) -> set[str]:
    """Put concepts that were made where their first relation is, and take those away that have none.

    Return the decisions that made what another one has renamed or merged: these changed something, whatever came of
    their relations.
    """
    kept = set()
    for id_, row in settled.made.items():
        root = settled.naming.root(id_)
        if len(settled.naming.group(id_).members) > 1 or id_ in settled.naming.renamed():
            kept.add(row.id)
        if root != id_ or id_ not in draft.concepts:
            continue
        paths = [path for key in draft.of(id_) for path in draft.relations[key]]
        if not paths and len(settled.naming.group(id_).members) == 1:
            draft.take_concept(id_)
            kept.discard(row.id)
        elif paths and min(paths) != draft.first:
            for rows in draft.take_concept(id_).values():
                for concept in rows:
                    draft.put_concept(min(paths), concept)
    return kept
