"""One write to a store and all that a store holds, as rows: what `graph.contribution` is for one source.

Decisions of people (`graph.curation`) change what sources say. Where they do, a store keeps two contributions of a
source: the one that readers see, and its *original*, what the notes say, from which the decisions are applied anew
after every load. The decisions themselves are kept as rows of text, which no store looks into.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from graph.changes import Changes
from graph.collector import paused_collector
from graph.contribution import (
    Contribution,
    encode,
    encode_all,
    read_concept,
    read_passage,
    read_relations,
    read_sources,
)
from graph.history import Entry
from graph.model import KnowledgeGraph, RelationType

__all__ = ["Contents", "Edit", "Held", "by_step", "decode", "edit_of", "pack", "united", "unpack"]


@dataclass(frozen=True, slots=True)
class Held:
    """What a store has of some sources: the digests of their contributions and of their originals, and all decisions.

    `decisions` is None where nobody asked for them.
    """

    digests: Mapping[str, str]
    originals: Mapping[str, str]
    decisions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One transaction: contributions to replace (None: forget the source) with their originals, and all decisions.

    A source of `contributions` that is not in `originals` has none from then on. `decisions` are all that there are
    from then on; None leaves them as they are. `cause` is what the history says of it. `entries` is a history to take
    over where the store has none.
    """

    contributions: Mapping[str, Contribution | None]
    originals: Mapping[str, Contribution] = field(default_factory=dict)
    decisions: tuple[str, ...] | None = None
    cause: str = ""
    entries: tuple[Entry, ...] = ()

    def reduced(self, held: Held) -> "Edit | None":
        """Return what of it is to be written to a store that holds `held`; None if nothing is."""
        wanted = {
            path: new
            for path, new in self.contributions.items()
            if held.digests.get(path) != (new.digest if new else None)
            or held.originals.get(path) != (self.originals[path].digest if new and path in self.originals else None)
        }
        decided = self.decisions is not None and frozenset(self.decisions) != held.decisions
        if not wanted and not decided:
            return None
        originals = {path: row for path, row in self.originals.items() if path in wanted}
        return Edit(wanted, originals, self.decisions if decided else None, self.cause, self.entries)


def edit_of(
    graphs: Mapping[str, KnowledgeGraph | None],
    *,
    originals: Mapping[str, KnowledgeGraph] | None = None,
    decisions: Sequence[str] | None = None,
    cause: str = "",
) -> Edit:
    """Return a write as rows. Raises InvalidGraph for what no store can hold."""
    with paused_collector():
        return Edit(
            encode_all(graphs),
            {path: encode(path, graph) for path, graph in (originals or {}).items() if graphs.get(path) is not None},
            None if decisions is None else tuple(sorted(set(decisions))),
            cause,
        )


def united(steps: Iterable[Mapping[str, KnowledgeGraph | None]]) -> dict[str, KnowledgeGraph | None]:
    """Return what steps that are carried out at once make of their sources; of a source the last one counts."""
    return {path: graph for step in steps for path, graph in step.items()}


def by_step(steps: Iterable[Mapping[str, object]], changes: Mapping[str, Changes]) -> list[Changes]:
    """Return what changed by each step, given what changed by each source that was written; each source once."""
    left = dict(changes)
    return [sum((left.pop(path, Changes()) for path in step), Changes()) for step in steps]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that was ever put into a store and is still there, by path, and the store's revision at that moment.

    `history` is empty where it was not asked for.
    """

    contributions: Mapping[str, Contribution]
    originals: Mapping[str, Contribution]
    decisions: tuple[str, ...]
    revision: str
    history: tuple[Entry, ...] = ()

    def notes(self) -> dict[str, KnowledgeGraph]:
        """Return what the notes say of each source, before any decision, in order of the paths. Linear."""
        with paused_collector():
            return {
                path: decode(self.originals.get(path, self.contributions[path])) for path in sorted(self.contributions)
            }

    def restored_into(self, paths: Sequence[str], cause: str) -> Edit:
        """Return the write that makes this the contents of a store that holds the sources `paths`."""
        gone: dict[str, Contribution | None] = dict.fromkeys(paths)
        return Edit({**gone, **self.contributions}, self.originals, self.decisions, cause, self.history)


def decode(contribution: Contribution) -> KnowledgeGraph:
    """Return the graph of a contribution; the inverse of `encode`."""
    return KnowledgeGraph.of(
        map(read_concept, contribution.concepts.values()),
        read_relations(contribution.relations.values()),
        map(read_passage, contribution.passages),
        read_sources(contribution.sources),
    )


def pack(contribution: Contribution) -> str:
    """Return a contribution as one text, for an original: it is read as a whole or not at all."""
    return json.dumps(
        {
            "concepts": dict(contribution.concepts),
            "relations": [[*key, row] for key, row in contribution.relations.items()],
            "passages": contribution.passages,
            "sources": contribution.sources,
            "digest": contribution.digest,
        },
        ensure_ascii=False,
    )


def unpack(text: str) -> Contribution:
    """Return the contribution of a packed text; the inverse of `pack`."""
    rows = orjson.loads(text)
    return Contribution(
        rows["concepts"],
        {(source, RelationType(type_), target): row for source, type_, target, row in rows["relations"]},
        tuple(rows["passages"]),
        tuple(rows["sources"]),
        rows["digest"],
    )
