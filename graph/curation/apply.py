"""Decisions applied to what the notes say: contributions in, contributions out, pure.

`curate` does not depend on the order of the decisions: of two about one thing the later one counts, by (time, id). It
is always given what the notes say, never what it returned before, so it can be asked again after every load.

No decision is ever dropped. One that finds nothing in the notes, or that a later one overrules, is *stale*, with why;
it counts again as soon as the notes say again what it was about.

Names are looked up as a person sees them: after splits and merges, by preferred name, else by alias. A relation is
looked for under its two names, as the notes state it or as an earlier decision has changed it. Only if one of the names
means nothing any more is it looked for by a sentence that was its evidence, and found if exactly one relation of its
type with the ends still known has that sentence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from graph.curation.decision import Decision, What, by_time
from graph.curation.splitting import plain, split
from graph.model import RELATION_TYPES, Concept, KnowledgeGraph, Origin, Relation, RelationKey, RelationType
from graph.names import name_key, slug

__all__ = ["Curated", "Stale", "curate"]

_DERIVED_CONFIDENCE: Final = 0.9  # the relation is certain; that its type tells the order of learning holds in general
_OVERRULED: Final = "a later decision says otherwise"
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
    """Apply `decisions` to contributions, keyed by their source's path. Linear in the graphs and the decisions.

    Each split goes through the graphs once more.
    """
    rows = sorted(set(decisions), key=by_time)
    if not graphs or not rows:
        return Curated(graphs, (), tuple(Stale(row, "there are no notes") for row in rows))
    return _Curation(graphs).run(rows)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What was decided of a relation: by which decision, and which relation stands in its place, None for none."""

    row: Decision
    final: RelationKey | None


class _Curation:
    """The state of one `curate`: what the names mean, which concepts are one, and what was decided of each relation."""

    def __init__(self, graphs: Mapping[str, KnowledgeGraph]) -> None:
        self.given = graphs
        self.graphs = {path: graphs[path] for path in sorted(graphs)}
        self.labels: dict[str, set[str]] = {}
        self.aliases: dict[str, set[str]] = {}
        self.ids: set[str] = set()
        self.into: dict[str, str] = {}
        self.called: dict[str, str] = {}
        self.renamed: dict[str, Decision] = {}
        self.made: set[str] = set()
        self.stale: dict[str, Stale] = {}
        self.review: list[Decision] = []

    def run(self, rows: list[Decision]) -> Curated:
        self.read_names()
        left = self.settle_concepts([row for row in rows if row.what in _OF_CONCEPTS])
        while self.make_missing([row for row in rows if row.what is What.ADD]):
            left = self.settle_concepts(left)
        self.decide([row for row in rows if row.what not in _OF_CONCEPTS])
        self.drop_unused()
        return Curated(
            {path: self.given[path] if graph == self.given[path] else graph for path, graph in self.graphs.items()},
            tuple(row for row in rows if row.id not in self.stale),
            tuple(self.stale[row.id] for row in rows if row.id in self.stale),
            tuple(self.review),
        )

    # -- concepts -----------------------------------------------------------------------------------------------

    def settle_concepts(self, rows: list[Decision]) -> list[Decision]:
        """Carry out what was decided about concepts, in order of time, each as soon as its names mean something.

        Returns those that find nothing.

        A name may come from another decision, and times may be missing: what finds nothing is tried again after others.
        """
        carry_out = {What.RENAME: self.rename, What.MERGE: self.merge}
        tried = len(rows) + 1
        while len(rows) < tried:
            tried = len(rows)
            left = []
            for row in rows:
                self.stale.pop(row.id, None)
                if not carry_out.get(row.what, self.split)(row):
                    left.append(row)
            rows = left
        self.rewrite()
        return rows

    def make_missing(self, rows: Sequence[Decision]) -> bool:
        """Make the concepts that relations are added to and that no notes have; tell whether there were any.

        Each is in the contribution that has the other end, else in the first.
        """
        before = len(self.made)
        for row in rows:
            for name, other in ((row.source, row.target), (row.target, row.source)):
                if self.meant(name):
                    continue
                concept = Concept(slug(name), name)
                there = self.meant(other)
                path = next(
                    (path for path, graph in self.graphs.items() if any(c.id in there for c in graph.concepts)),
                    next(iter(self.graphs)),
                )
                graph = self.graphs[path]
                concepts = (*graph.concepts, concept)
                self.graphs[path] = KnowledgeGraph.of(concepts, graph.relations, graph.passages, graph.sources)
                self.made.add(concept.id)
                self.read_names()
        return len(self.made) > before

    def drop_unused(self) -> None:
        """Take away what was made for a relation that a later decision took away."""
        ends = {end for g in self.graphs.values() for r in g.relations for end in (r.source, r.target)}
        unused = self.made - ends
        if unused:
            self.graphs = {
                path: replace(graph, concepts=tuple(c for c in graph.concepts if c.id not in unused))
                for path, graph in self.graphs.items()
            }

    def read_names(self) -> None:
        """Learn what the names mean."""
        self.labels, self.aliases, self.ids = {}, {}, set()
        for graph in self.graphs.values():
            for concept in graph.concepts:
                self.ids.add(concept.id)
                self.labels.setdefault(name_key(concept.name), set()).add(concept.id)
                for alias in concept.aliases:
                    self.aliases.setdefault(name_key(alias), set()).add(concept.id)

    def meant(self, name: str) -> set[str]:
        """Return the concepts that `name` means: those of this preferred name, else of this alias, else the id."""
        key = name_key(name)
        if not key:
            return set()
        ids = self.labels.get(key) or self.aliases.get(key) or ({name} & self.ids)
        return {self.one(concept) for concept in ids}

    def one(self, concept: str) -> str:
        """Return the id of the concept that `concept` was merged into, or itself."""
        while concept in self.into:
            concept = self.into[concept]
        return concept

    def known(self, row: Decision, name: str) -> str | None:
        """Return the one concept called `name`; if there is none, or several, the decision is stale."""
        ids = self.meant(name)
        if len(ids) == 1:
            return next(iter(ids))
        self.out(row, f"several concepts are called {name}" if ids else f"no concept is called {name}")
        return None

    def split(self, row: Decision) -> bool:
        """Take the names `out` from the concept called `name`, if it has them."""
        ids = self.meant(row.name)
        if len(ids) > 1 or (not ids and row.what is What.SPLIT):
            return self.known(row, row.name) is not None
        if not ids:
            return any(self.meant(name) for name in row.out) or self.out(
                row, f"no concept is called {', '.join((row.name, *row.out))}"
            )
        self.rewrite()
        (concept,) = ids
        names = {name_key(n) for g in self.graphs.values() for c in g.concepts if c.id == concept for n in c.names}
        gone = [name for name in row.out if name_key(name) in names]
        if gone:
            self.graphs = split(self.graphs, concept, gone)
            self.read_names()
        return (
            bool(gone) or row.what is What.SEPARATE or self.out(row, f"{row.name} is not called {', '.join(row.out)}")
        )

    def merge(self, row: Decision) -> bool:
        """Make the concept called `name` one with that called `into`."""
        kept = self.known(row, row.into)
        gone = self.known(row, row.name) if kept else None
        if kept is None or gone is None:
            return False
        if gone == kept:
            return self.out(row, "they are one concept already")
        self.into[gone] = kept
        return True

    def rename(self, row: Decision) -> bool:
        """Give the concept called `name` the name `to`; of two names the later counts, and both find it."""
        concept = self.known(row, row.name)
        if concept is None:
            return False
        before = self.renamed.get(concept)
        self.aliases.setdefault(name_key(row.to), set()).add(concept)
        if before is not None and by_time(before) > by_time(row):
            return self.out(row, _OVERRULED)
        if before is not None:
            self.out(before, _OVERRULED)
        self.renamed[concept] = row
        self.called[concept] = row.to
        return True

    def rewrite(self) -> None:
        """Let the graphs say what was decided up to now."""
        if self.into or self.called:
            kept = set(self.into.values())
            first = {c.id: c.name for g in reversed(self.graphs.values()) for c in g.concepts if c.id in kept}
            self.graphs = {path: self.rewritten(graph, first) for path, graph in self.graphs.items()}
            self.into, self.called = {}, {}
            self.read_names()

    def rewritten(self, graph: KnowledgeGraph, first: Mapping[str, str]) -> KnowledgeGraph:
        """Return `graph` with every id of a merged concept replaced, and the names that were decided.

        `first` has the name of each concept that a merge keeps, as the first source has it.
        """
        one = self.one
        concepts = []
        for concept in graph.concepts:
            kept = one(concept.id)
            name = self.called.get(kept) or (first.get(kept, concept.name) if kept != concept.id else concept.name)
            known = (*((self.called[concept.id],) if concept.id in self.called else ()), *concept.names)
            others = tuple(dict.fromkeys(n for n in known if n != name))
            concepts.append(replace(concept, id=kept, name=name, aliases=others))
        relations = [
            replace(
                relation,
                source=one(relation.source),
                target=one(relation.target),
                because=tuple(dict.fromkeys(_key(one(s), t, one(e)) for s, t, e in relation.because)),
            ).canonical()
            for relation in graph.relations
        ]
        passages = [replace(p, concepts=tuple(dict.fromkeys(map(one, p.concepts)))) for p in graph.passages]
        return KnowledgeGraph.of(concepts, relations, passages, graph.sources)

    # -- relations ----------------------------------------------------------------------------------------------

    def decide(self, rows: list[Decision]) -> None:
        """Carry out what was decided about relations: the latest of each."""
        held: dict[RelationKey, list[Relation]] = {}
        for graph in self.graphs.values():
            for relation in graph.relations:
                held.setdefault(relation.key, []).append(relation)
        verdicts: dict[RelationKey, _Verdict] = {}
        for row in rows:
            self.judge(row, held, verdicts)
        gone = {key for key, verdict in verdicts.items() if verdict.final != key}
        self.review = [
            verdict.row
            for key, verdict in verdicts.items()
            if verdict.row.what is What.REJECT and _news(verdict.row, held.get(key, []))
        ]
        certain = {
            key: [_decided(relation, verdict.final) for relation in held.get(key) or [Relation(*key)]]
            for key, verdict in verdicts.items()
            if verdict.final is not None
        }
        self.graphs = {path: self.without(graph, gone, certain) for path, graph in self.graphs.items()}
        self.fade(gone - {verdict.final for verdict in verdicts.values() if verdict.final is not None})
        missing = [relation for key, relations in certain.items() if key not in held for relation in relations]
        derived = [
            follows
            for relations in certain.values()
            for relation in relations
            if (follows := _derived(relation)) is not None and follows.key not in gone
        ]
        self.put([*missing, *derived])

    def judge(
        self, row: Decision, held: Mapping[RelationKey, list[Relation]], verdicts: dict[RelationKey, _Verdict]
    ) -> None:
        """Let one decision about a relation count; the one before about it is stale, unless it goes on from that."""
        stands = {verdict.final: key for key, verdict in verdicts.items() if verdict.final is not None}
        if row.what is What.ADD:
            key = self.added(row)
            final = key
        else:
            key = self.found(row, held, stands)
            final = _final(key, row) if key else None
        if key is None:
            return
        # What an earlier decision made of another relation is meant, what the notes themselves say, or both.
        for about in {stands.get(key, key), *({key} & held.keys())}:
            if about in verdicts:
                self.out(verdicts[about].row, _OVERRULED)
            verdicts[about] = _Verdict(row, final)

    def added(self, row: Decision) -> RelationKey | None:
        """Return the key of a relation to add; its ends were made if no notes have them."""
        source, target = self.known(row, row.source), self.known(row, row.target)
        if source is None or target is None:
            return None
        if source == target:
            self.out(row, "both ends are one concept")
            return None
        return _key(source, row.type, target)

    def found(
        self, row: Decision, held: Mapping[RelationKey, list[Relation]], stands: Mapping[RelationKey, RelationKey]
    ) -> RelationKey | None:
        """Return the key of the relation that a decision is about."""
        sources, targets = self.meant(row.source), self.meant(row.target)
        if sources and targets:
            keys = {_key(s, row.type, t) for s in sources for t in targets}
            keys = {key for key in keys if key in held or key in stands}
        else:
            texts = {plain(text) for text in row.evidence}
            keys = {
                key
                for key, relations in held.items()
                if key[1] is row.type
                and (not sources or key[0] in sources)
                and (not targets or key[2] in targets)
                and any(plain(e.text) in texts for relation in relations for e in relation.evidence)
            }
        if len(keys) == 1:
            return next(iter(keys))
        self.out(row, "several relations are meant" if keys else "the notes do not say this")
        return None

    def without(
        self, graph: KnowledgeGraph, gone: set[RelationKey], certain: Mapping[RelationKey, list[Relation]]
    ) -> KnowledgeGraph:
        """Return `graph` without the relations in `gone`, and with those in `certain` in the place of its own."""
        keys = {relation.key for relation in graph.relations}
        if not keys & (gone | certain.keys()):
            return graph
        relations: list[Relation] = []
        for relation in graph.relations:
            if relation.key in certain:
                like = certain[relation.key][0]
                new = replace(like, evidence=relation.evidence, group=relation.group, extra=relation.extra)
                relations.append(new)
            elif relation.key not in gone:
                relations.append(relation)
        return replace(graph, relations=KnowledgeGraph.of((), relations).relations)

    def fade(self, gone: set[RelationKey]) -> None:
        """Take away what was inferred from relations in `gone` and from nothing else, and so on."""
        while gone:
            lost: set[RelationKey] = set()
            for path, graph in self.graphs.items():
                if not any(gone & set(relation.because) for relation in graph.relations):
                    continue
                relations = []
                for relation in graph.relations:
                    because = tuple(key for key in relation.because if key not in gone)
                    if relation.origin is Origin.INFERRED and relation.because and not because:
                        lost.add(relation.key)
                    else:
                        relations.append(replace(relation, because=because))
                self.graphs[path] = replace(graph, relations=tuple(relations))
            gone = lost - {relation.key for graph in self.graphs.values() for relation in graph.relations}

    def put(self, relations: list[Relation]) -> None:
        """Add relations to the first contribution that has their source."""
        home = {c.id: path for path, graph in reversed(self.graphs.items()) for c in graph.concepts}
        new: dict[str, list[Relation]] = {}
        for relation in relations:
            path = home.get(relation.source) or home.get(relation.target) or next(iter(self.graphs))
            new.setdefault(path, []).append(relation)
        for path, rows in new.items():
            graph = self.graphs[path]
            relations = [*graph.relations, *rows]
            self.graphs[path] = KnowledgeGraph.of(graph.concepts, relations, graph.passages, graph.sources)

    def out(self, row: Decision, why: str) -> bool:
        """Say that a decision changes nothing; return False, which is how it went."""
        self.stale[row.id] = Stale(row, why)
        return False


def _key(source: str, kind: RelationType | None, target: str) -> RelationKey:
    if kind is None:
        raise ValueError("a decision about a relation needs its type")
    return Relation(source, kind, target).canonical().key


def _news(row: Decision, relations: list[Relation]) -> bool:
    seen = {plain(text) for text in row.evidence}
    return bool(seen) and any(plain(e.text) not in seen for relation in relations for e in relation.evidence)


def _final(key: RelationKey, row: Decision) -> RelationKey | None:
    """Return which relation a decision leaves of one."""
    if row.what is What.REJECT:
        return None
    source, kind, target = key
    if row.what is What.EDIT:
        kind = RelationType(row.to) if row.to else kind
        source, target = (target, source) if row.turn else (source, target)
    return _key(source, kind, target)


def _decided(relation: Relation, final: RelationKey | None) -> Relation:
    """Return what stands in the place of a relation, for certain; what another was derived from is not its reason."""
    source, kind, target = final or relation.key
    because = relation.because if final == relation.key else ()
    new = replace(relation, source=source, type=kind, target=target, because=because)
    return replace(new, origin=Origin.CURATED, confidence=1.0)


def _derived(relation: Relation) -> Relation | None:
    """Return the prerequisite that follows from a relation of a type that says which end is learnt first."""
    first = RELATION_TYPES[relation.type].learnt_first
    if first is None or relation.type is RelationType.PREREQUISITE_OF:
        return None
    ends = (relation.source, relation.target) if first == "source" else (relation.target, relation.source)
    return Relation(
        ends[0], RelationType.PREREQUISITE_OF, ends[1], Origin.INFERRED, _DERIVED_CONFIDENCE, (), (relation.key,)
    )
