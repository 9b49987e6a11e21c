"""What was decided about relations: of each the latest decision counts, or goes on from what the one before made.

A **chain** is what was decided of one relation of the notes, or of one that was added: its decisions, in order of time,
and which relation stands in its place at the end, if any. A decision is about the chains that end where it points, and
about the notes' own relation. It goes on from a chain if it calls the relation what the chain made of it; it overrules
the chain if it calls it what the notes do.

A relation that is added, or that an edit made, brings the prerequisite that a relation of its type brings where it is
read in notes; accepting one brings nothing. That prerequisite can be decided of like any other.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from graph.curation.concepts import OVERRULED
from graph.curation.decision import Decision, What, by_time
from graph.curation.draft import Draft
from graph.curation.fading import fade
from graph.curation.naming import Naming
from graph.curation.splitting import plain
from graph.model import RELATION_TYPES, ConceptKind, Origin, Relation, RelationKey, RelationType

__all__ = ["Judged", "judge"]

_NOT_THERE: Final = "the notes do not say this"
_EVEN_FOR_TOPICS: Final = {RelationType.EXTENDS, RelationType.GENERALIZES}  # a broad topic waits for nothing else


@dataclass(slots=True)
class _Chain:
    """What was decided of the relation `key`: by which decisions, and what stands in its place, None for nothing.

    `added` tells whether it was added, be it taken back since.
    """

    key: RelationKey
    final: RelationKey | None
    added: bool = False
    rows: list[Decision] = field(default_factory=list)

    @property
    def brings(self) -> bool:
        """Whether it made a relation that the notes do not state."""
        return self.final is not None and any(row.what in {What.ADD, What.EDIT} for row in self.rows)


@dataclass(frozen=True, slots=True)
class Judged:
    """Which decisions are stale, and why; and the rejections for which the notes have sentences nobody had seen."""

    stale: Mapping[str, str]
    review: Sequence[Decision]


def judge(draft: Draft, naming: Naming, rows: Sequence[Decision]) -> Judged:
    """Carry out `rows`, decisions about relations in order of time. Linear in them and in what they are about.

    If one of them has to look for its relation by a sentence, all sentences are read once.
    """
    judging = _Judging(draft, naming)
    judging.run(rows)
    review = [
        chain.rows[-1]
        for _, chain in sorted(judging.chains.items())
        if chain.final is None and _news(chain.rows[-1], draft.held(chain.key))
    ]
    _carry_out(draft, judging.chains)
    return Judged(judging.stale, sorted(set(review), key=by_time))


class _Judging:
    """The state of one `judge`: the chains, by key and by what they made, and what waits for a relation."""

    def __init__(self, draft: Draft, naming: Naming) -> None:
        self.draft = draft
        self.naming = naming
        self.chains: dict[RelationKey, _Chain] = {}
        self.made: dict[RelationKey, dict[RelationKey, None]] = {}  # by relation: the chains that it stands in place of
        self.brought: dict[RelationKey, dict[RelationKey, None]] = {}  # by prerequisite: the chains that bring it
        self.counts: dict[str, int] = {}  # by decision: in how many chains it counts
        self.stale: dict[str, str] = {}
        self.due: list[tuple[tuple[datetime, str], Decision]] = []
        self.waiting: dict[RelationKey, list[Decision]] = {}
        self.saying: dict[tuple[RelationType, str], dict[RelationKey, None]] | None = None

    def run(self, rows: Iterable[Decision]) -> None:
        """Let each count, and those again that found nothing, once there is what they are about."""
        self.due = [(by_time(row), row) for row in rows]
        heapq.heapify(self.due)
        while self.due:
            self.judge(heapq.heappop(self.due)[1])
        while groundless := [c for c in self.chains.values() if not c.added and not self.is_own(c.key)]:
            for chain in groundless:  # about a prerequisite that nothing brings any more
                self.forget(chain, _NOT_THERE)
                del self.chains[chain.key]

    def judge(self, row: Decision) -> None:
        """Let one decision count."""
        self.stale.pop(row.id, None)
        key = self.added(row) if row.what is What.ADD else self.found(row)
        if key is None:
            return
        final = _final(key, row)
        about = [*self.made.get(key, ()), *({key: None} if self.is_own(key) or key not in self.made else {})]
        why = [self.extend(one, key, final, row) for one in dict.fromkeys(about)]
        if all(why):
            self.stale[row.id] = why[0]

    def is_own(self, key: RelationKey) -> bool:
        """Tell whether a relation is there whatever was decided of others: the notes, or a chain, bring it."""
        return key in self.draft.relations or key in self.brought

    def extend(self, one: RelationKey, key: RelationKey, final: RelationKey | None, row: Decision) -> str:
        """Let a decision count for the chain of the relation `one`, which it calls `key`; say why if it does not."""
        chain = self.chains.get(one)
        if chain is None:
            chain = self.chains[one] = _Chain(one, one)
        elif by_time(chain.rows[-1]) > by_time(row):
            return OVERRULED
        goes_on = bool(chain.rows) and key == chain.final and (key != one or not self.is_own(one))
        if goes_on and row.what is What.ACCEPT:
            return "it is certain already"
        starts = row.what is What.ADD and key == one
        if not goes_on or starts or (final is None and not self.is_own(one)):
            self.forget(chain, OVERRULED)
        self.unlink(chain)
        chain.rows.append(row)
        chain.final = final
        chain.added |= starts
        self.counts[row.id] = self.counts.get(row.id, 0) + 1
        self.link(chain)
        return ""

    def forget(self, chain: _Chain, why: str) -> None:
        """Take the decisions of a chain back; those that count nowhere else are stale."""
        for row in chain.rows:
            self.counts[row.id] -= 1
            if not self.counts[row.id]:
                self.stale[row.id] = why
        self.unlink(chain)
        chain.rows = []
        chain.final = chain.key

    def link(self, chain: _Chain) -> None:
        """Remember what a chain made and what that brings, and try those again that wait for it."""
        if chain.final is None:
            return
        self.made.setdefault(chain.final, {})[chain.key] = None
        woken = [chain.final]
        if chain.brings and (brought := _brought(self.draft, chain.final)) is not None:
            self.brought.setdefault(brought.key, {})[chain.key] = None
            woken.append(brought.key)
        for key in woken:
            for row in self.waiting.pop(key, ()):
                if self.stale.pop(row.id, ""):  # else it is due already, or counts by now
                    heapq.heappush(self.due, (by_time(row), row))

    def unlink(self, chain: _Chain) -> None:
        """Forget what a chain made and brought."""
        if chain.final is None:
            return
        found = _brought(self.draft, chain.final) if chain.brings else None
        for table, key in ((self.made, chain.final), (self.brought, found.key if found else None)):
            if key in table:
                table[key].pop(chain.key, None)
                if not table[key]:
                    del table[key]

    # -- which relation is meant --------------------------------------------------------------------------------------

    def added(self, row: Decision) -> RelationKey | None:
        """Return the key of a relation to add; its ends were made if nothing has them."""
        ends = []
        for name in (row.source, row.target):
            found = self.naming.meant(name)
            if len(found) != 1:
                self.stale[row.id] = f"several concepts are called {name}" if found else f"no concept is called {name}"
                return None
            ends.append(found[0].root)
        if ends[0] == ends[1]:
            self.stale[row.id] = "both ends are one concept"
            return None
        return _key(ends[0], row.type, ends[1])

    def found(self, row: Decision) -> RelationKey | None:
        """Return the key of the relation that a decision is about: by its names, else by its sentences."""
        sources = [group.root for group in self.naming.meant(row.source)]
        targets = [group.root for group in self.naming.meant(row.target)]
        possible: set[RelationKey] = set()
        if sources and targets:
            possible = {_key(s, row.type, t) for s in sources for t in targets if s != t}
            keys = {key for key in possible if self.is_own(key) or key in self.made}
        else:
            said = {key for text in row.evidence for key in self.with_sentence(row.type, plain(text))}
            keys = {key for key in said if (not sources or key[0] in sources) and (not targets or key[2] in targets)}
        if len(keys) == 1:
            return next(iter(keys))
        self.stale[row.id] = "several relations are meant" if keys else _NOT_THERE
        for key in () if keys else possible:
            self.waiting.setdefault(key, []).append(row)
        return None

    def with_sentence(self, kind: RelationType | None, text: str) -> Iterable[RelationKey]:
        """Return the notes' relations of a type that have a sentence."""
        if self.saying is None:
            self.saying = {}
            for key, found in self.draft.relations.items():
                for said in {e.text for rows in found.values() for one in rows for e in one.evidence}:
                    self.saying.setdefault((key[1], plain(said)), {})[key] = None
        return () if kind is None else self.saying.get((kind, text), ())


# -- the result -------------------------------------------------------------------------------------------------------


def _carry_out(draft: Draft, chains: Mapping[RelationKey, _Chain]) -> None:
    """Put what was decided in the place of what was there."""
    finals = {chain.final for chain in chains.values() if chain.final is not None}
    decided: list[tuple[str, Relation]] = []
    for key, chain in sorted(chains.items()):
        rows = draft.take(key)
        if chain.final is not None:
            final = chain.final
            rows = rows or [(_home(draft, final), Relation(*final))]
            decided += [(path, _certain(row, final)) for path, row in rows]
    for path, row in decided:
        draft.put(path, row)
    fade(draft, chains.keys() - finals)
    brought = [
        found
        for _, chain in sorted(chains.items())
        if chain.brings and chain.final is not None and (found := _brought(draft, chain.final)) is not None
    ]
    for relation in sorted(brought, key=lambda relation: (-relation.confidence, relation.key)):
        key = relation.key
        if key in chains and chains[key].final != key:
            continue
        if not any(_is_surer(row, relation) for row in draft.held((key[2], key[1], key[0]))):
            draft.put(_home(draft, key), relation)


def _certain(relation: Relation, final: RelationKey) -> Relation:
    """Return what stands in the place of a relation, for certain; what another was derived from is not its reason."""
    source, kind, target = final
    because = relation.because if final == relation.key else ()
    new = replace(relation, source=source, type=kind, target=target, because=because)
    return replace(new, origin=Origin.CURATED, confidence=1.0)


def _brought(draft: Draft, key: RelationKey) -> Relation | None:
    """Return the prerequisite that follows from a relation that is certain, None if none does.

    As it does from one that was read (`loaders.prerequisites`): how surely is a matter of its type, and a broad topic
    does not wait for what it uses.
    """
    source, kind, target = key
    info = RELATION_TYPES[kind]
    if not info.order_sureness:
        return None
    first, then = (source, target) if info.learnt_first == "source" else (target, source)
    if kind not in _EVEN_FOR_TOPICS and any(row.kind is ConceptKind.TOPIC for row in draft.rows(then)):
        return None
    return Relation(first, RelationType.PREREQUISITE_OF, then, Origin.INFERRED, info.order_sureness, (), (key,))


def _is_surer(row: Relation, than: Relation) -> bool:
    return row.origin is not Origin.INFERRED or row.confidence >= than.confidence


def _home(draft: Draft, key: RelationKey) -> str:
    """Return the path of the source that a new relation is put to: the first that has its source, else its target."""
    return draft.home(key[0]) or draft.home(key[2]) or draft.first


def _key(source: str, kind: RelationType | None, target: str) -> RelationKey:
    if kind is None:
        raise ValueError("a decision about a relation needs its type")
    return Relation(source, kind, target).canonical().key


def _final(key: RelationKey, row: Decision) -> RelationKey | None:
    """Return which relation a decision leaves of one."""
    if row.what is What.REJECT:
        return None
    source, kind, target = key
    if row.what is What.EDIT:
        kind = RelationType(row.to) if row.to else kind
        source, target = (target, source) if row.turn else (source, target)
    return _key(source, kind, target)


def _news(row: Decision, relations: Iterable[Relation]) -> bool:
    seen = {plain(text) for text in row.evidence}
    return bool(seen) and any(plain(e.text) not in seen for relation in relations for e in relation.evidence)
