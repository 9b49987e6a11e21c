"""What a concept graph is: values only, standard library only.

A **concept** is a thing that one can learn, under all the names that notes give it. A **relation** is a typed arrow
between two concepts, and says where it comes from: its **origin**, the **evidence** (sentences as written, with
their lines) or the relations it was derived from (`because`). A **source** is one file of notes, a **passage** the
smallest unit of it that a rule reads.

Arrows read as a sentence from source to target: `GQA GENERALIZES MQA`, `XGBoost EXTENDS GBDT`, `attention
PREREQUISITE_OF self-attention`. What a type means is one row of `RELATION_TYPES`.

Two invariants hold the project together:

* A store holds one `KnowledgeGraph` per source, its *contribution*, and shows `merge` of all of them. Replacing or
  forgetting a source is therefore exact: what another source supports as well stays.
* `merge` depends on the contributions' source paths only, never on the order of loading.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

__all__ = [
    "RELATION_TYPES",
    "Concept",
    "ConceptKind",
    "Evidence",
    "KnowledgeGraph",
    "Origin",
    "Passage",
    "Relation",
    "RelationKey",
    "RelationType",
    "RelationTypeInfo",
    "Source",
    "SourceFormat",
    "merge",
    "merge_concepts",
    "merge_relations",
]


class ConceptKind(StrEnum):
    """What sort of thing a concept is."""

    TOPIC = "topic"
    METHOD = "method"
    MODEL = "model"
    METRIC = "metric"
    LOSS = "loss"
    OPTIMIZER = "optimizer"
    LAYER = "layer"
    PROBLEM = "problem"
    PROPERTY = "property"
    TOOL = "tool"
    EXERCISE = "exercise"
    OTHER = "other"


class Origin(StrEnum):
    """Where a relation comes from, strongest first when contributions are merged."""

    CURATED = "curated"  # a person said so
    STATED = "stated"  # a sentence says it
    STRUCTURAL = "structural"  # a heading or a list says it
    INFERRED = "inferred"  # derived from other relations, which `because` names


class RelationType(StrEnum):
    """How two concepts relate; `RELATION_TYPES` says what each means."""

    PREREQUISITE_OF = "PREREQUISITE_OF"
    IS_A = "IS_A"
    PART_OF = "PART_OF"
    EXTENDS = "EXTENDS"
    GENERALIZES = "GENERALIZES"
    COMBINES = "COMBINES"
    USES = "USES"
    SOLVES = "SOLVES"
    CAUSES = "CAUSES"
    EVALUATES = "EVALUATES"
    APPLIED_TO = "APPLIED_TO"
    CONTRASTS_WITH = "CONTRASTS_WITH"
    EQUIVALENT_TO = "EQUIVALENT_TO"
    IN_TOPIC = "IN_TOPIC"


End = Literal["source", "target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationTypeInfo:
    """One row of `RELATION_TYPES`.

    `label_*` reads from source to target ("GQA *generalizes* MQA"), `inverse_*` from target to source. `learnt_first`
    is the end to learn before the other, None where the type says nothing about order; `order_sureness` is how surely
    a relation that is certain says so.
    """

    label_en: str
    label_zh: str
    inverse_en: str
    inverse_zh: str
    symmetric: bool = False
    acyclic: bool = False
    learnt_first: End | None = None
    order_sureness: float = 0.0


_ROW = RelationTypeInfo
RELATION_TYPES: Mapping[RelationType, RelationTypeInfo] = MappingProxyType(
    {
        RelationType.PREREQUISITE_OF: _ROW(
            label_en="is a prerequisite of",
            label_zh="是其先修：",
            inverse_en="requires",
            inverse_zh="先修要求",
            acyclic=True,
            learnt_first="source",
        ),
        RelationType.IS_A: _ROW(
            label_en="is a kind of",
            label_zh="是一种",
            inverse_en="has the kind",
            inverse_zh="的一种是",
            acyclic=True,
            learnt_first="target",
            order_sureness=0.75,
        ),
        RelationType.PART_OF: _ROW(
            label_en="is part of",
            label_zh="是其组成部分：",
            inverse_en="has the part",
            inverse_zh="包含",
            acyclic=True,
            learnt_first="source",
            order_sureness=0.65,
        ),
        RelationType.EXTENDS: _ROW(
            label_en="extends",
            label_zh="改进自",
            inverse_en="is extended by",
            inverse_zh="被改进为",
            acyclic=True,
            learnt_first="target",
            order_sureness=0.9,
        ),
        RelationType.GENERALIZES: _ROW(
            label_en="generalizes",
            label_zh="推广了",
            inverse_en="is a special case of",
            inverse_zh="是其特例：",
            acyclic=True,
            learnt_first="target",
            order_sureness=0.85,
        ),
        RelationType.COMBINES: _ROW(
            label_en="combines",
            label_zh="结合了",
            inverse_en="is combined in",
            inverse_zh="被结合于",
            acyclic=True,
            learnt_first="target",
            order_sureness=0.9,
        ),
        RelationType.USES: _ROW(
            label_en="uses",
            label_zh="使用",
            inverse_en="is used by",
            inverse_zh="被用于",
            learnt_first="target",
            order_sureness=0.65,
        ),
        RelationType.SOLVES: _ROW(
            label_en="solves",
            label_zh="解决",
            inverse_en="is solved by",
            inverse_zh="的解决办法是",
            learnt_first="target",
            order_sureness=0.65,
        ),
        RelationType.CAUSES: _ROW(label_en="causes", label_zh="导致", inverse_en="is caused by", inverse_zh="的起因是"),
        RelationType.EVALUATES: _ROW(
            label_en="evaluates",
            label_zh="用于评价",
            inverse_en="is evaluated by",
            inverse_zh="的评价指标是",
            learnt_first="target",
            order_sureness=0.5,
        ),
        RelationType.APPLIED_TO: _ROW(
            label_en="is applied to",
            label_zh="应用于",
            inverse_en="is an application of",
            inverse_zh="的方法有",
        ),
        RelationType.CONTRASTS_WITH: _ROW(
            label_en="contrasts with",
            label_zh="对比",
            inverse_en="contrasts with",
            inverse_zh="对比",
            symmetric=True,
        ),
        RelationType.EQUIVALENT_TO: _ROW(
            label_en="is equivalent to",
            label_zh="等价于",
            inverse_en="is equivalent to",
            inverse_zh="等价于",
            symmetric=True,
        ),
        RelationType.IN_TOPIC: _ROW(
            label_en="belongs to the topic",
            label_zh="属于主题",
            inverse_en="is the topic of",
            inverse_zh="下有",
            acyclic=True,
        ),
    }
)

SourceFormat = Literal["markdown", "plaintext", "html", "notebook", "docx", "pdf", "import"]
RelationKey = tuple[str, RelationType, str]  # (source concept id, type, target concept id)
_OF_THE_FIELD = "lexicon."  # how the names of rules begin that know more than the notes say


@dataclass(frozen=True, slots=True)
class Source:
    """One file of notes. `path` names it: from the folder it was loaded from, whose own name comes first."""

    path: str
    format: SourceFormat
    title: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Passage:
    """The smallest unit of a source that a rule reads: a sentence group, a list item, a table row.

    `line` is 1-based, of its first character; `section` holds the headings above it, outermost first; `concepts`
    the ids of the concepts it mentions, in reading order, each once.
    """

    source: str
    line: int
    text: str
    section: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a relation is believed: the source's path, its 1-based line, the sentence as written, the rule's name."""

    source: str
    line: int
    text: str
    rule: str

    @property
    def says_so(self) -> bool:
        """Whether the text is what the rule read; a rule `lexicon.*` knows it from the field, and names a place only.

        What such a rule knows is in no sentence of the notes: the text is where the notes introduce the concept.
        """
        return not self.rule.startswith(_OF_THE_FIELD)


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that can be learnt, under all its names.

    `id` is stable; `name` is the preferred label; `aliases` are the other names, without `name`, each once.
    `document` and `line` (1-based) say where it is introduced. `extra` holds fields of an imported graph that mean
    nothing to us and are given back on export.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: ConceptKind = ConceptKind.OTHER
    definition: str | None = None
    document: str | None = None
    line: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The preferred name, then the aliases."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed arrow from the concept `source` to the concept `target` (ids).

    `confidence` is in 0..1. `because` holds the keys of the relations that an inferred one was derived from. `group`
    ties together the ingredients of one COMBINES statement (`Adam = Momentum + RMSprop` is two relations with one
    group). A relation is identified by its `key`: there is at most one of a type between two concepts, and a
    symmetric one is stored once, with the smaller id as its source (`Relation.canonical`).
    """

    source: str
    type: RelationType
    target: str
    origin: Origin = Origin.STATED
    confidence: float = 1.0
    evidence: tuple[Evidence, ...] = ()
    because: tuple[RelationKey, ...] = ()
    group: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> RelationKey:
        """What identifies the relation: (source, type, target)."""
        return (self.source, self.type, self.target)

    @property
    def of_the_field(self) -> bool:
        """Whether nothing in the notes says it or leads to it: it is the field's general knowledge alone."""
        return bool(self.evidence) and not self.because and not any(e.says_so for e in self.evidence)

    def canonical(self) -> "Relation":
        """Return the relation with the ends of a symmetric type in order of their ids."""
        if RELATION_TYPES[self.type].symmetric and self.source > self.target:
            return replace(self, source=self.target, target=self.source)
        return self


@dataclass(frozen=True, slots=True)
class KnowledgeGraph:
    """Concepts sorted by id, relations sorted by key, and the sources and passages that they come from.

    Build one with `KnowledgeGraph.of`, which sorts, drops self-relations and merges rows with the same id or key.
    """

    concepts: tuple[Concept, ...] = ()
    relations: tuple[Relation, ...] = ()
    passages: tuple[Passage, ...] = ()
    sources: tuple[Source, ...] = ()

    @classmethod
    def of(
        cls,
        concepts: Iterable[Concept] = (),
        relations: Iterable[Relation] = (),
        passages: Iterable[Passage] = (),
        sources: Iterable[Source] = (),
    ) -> "KnowledgeGraph":
        """Make a graph that keeps the invariants named in the class's docstring. Ends may be missing concepts."""
        by_id: dict[str, list[Concept]] = {}
        for concept in concepts:
            by_id.setdefault(concept.id, []).append(concept)
        by_key: dict[RelationKey, list[Relation]] = {}
        for relation in relations:
            if relation.source != relation.target:
                row = relation.canonical()
                by_key.setdefault(row.key, []).append(row)
        return cls(
            tuple(merge_concepts(rows) for _, rows in sorted(by_id.items())),
            tuple(merge_relations(rows) for _, rows in sorted(by_key.items())),
            tuple(sorted(set(passages), key=lambda p: (p.source, p.line, p.text, p.section, p.concepts))),
            tuple(sorted(set(sources), key=lambda s: (s.path, s.format, s.title, s.sha256))),
        )

    def concept(self, concept_id: str) -> Concept | None:
        """Return the concept with this id, or None. Linear; build a dict for many."""
        return next((c for c in self.concepts if c.id == concept_id), None)


def merge_concepts(rows: Iterable[Concept]) -> Concept:
    """Return the one concept that `rows`, contributions to the same id in order of their sources, add up to.

    The first row gives the name, the first with one the kind (`other` is none), the definition, and the place; every
    further name becomes an alias, in order of first appearance; on an `extra` key the first row wins.
    """
    rows = list(rows)
    if len(rows) == 1:
        return rows[0]
    first = rows[0]
    names = dict.fromkeys(n for row in rows for n in row.names)
    placed = next((r for r in rows if r.line is not None), first)
    extra: dict[str, object] = {}
    for row in reversed(rows):
        extra.update(row.extra)
    return Concept(
        id=first.id,
        name=first.name,
        aliases=tuple(n for n in names if n != first.name),
        kind=next((r.kind for r in rows if r.kind is not ConceptKind.OTHER), ConceptKind.OTHER),
        definition=next((r.definition for r in rows if r.definition), None),
        document=placed.document,
        line=placed.line,
        extra=extra,
    )


_STRENGTH = {origin: rank for rank, origin in enumerate(Origin)}


def merge_relations(rows: Iterable[Relation]) -> Relation:
    """Return the one relation that `rows`, contributions to the same key in order of their sources, add up to.

    The strongest origin wins (curated, stated, structural, inferred) and brings its highest confidence; evidence and
    reasons are united, in order, each once; the first group stays.
    """
    rows = list(rows)
    if len(rows) == 1:
        return rows[0]
    origin = min((r.origin for r in rows), key=_STRENGTH.__getitem__)
    extra: dict[str, object] = {}
    for row in reversed(rows):
        extra.update(row.extra)
    return Relation(
        *rows[0].key,
        origin=origin,
        confidence=max(r.confidence for r in rows if r.origin is origin),
        evidence=tuple(dict.fromkeys(e for r in rows for e in r.evidence)),
        because=tuple(dict.fromkeys(k for r in rows for k in r.because)),
        group=next((r.group for r in rows if r.group), None),
        extra=extra,
    )


def merge(graphs: Mapping[str, KnowledgeGraph]) -> KnowledgeGraph:
    """Return the union of contributions, keyed by their source's path; the order of the mapping does not matter."""
    ordered = [graphs[path] for path in sorted(graphs)]
    return KnowledgeGraph.of(
        (c for g in ordered for c in g.concepts),
        (r for g in ordered for r in g.relations),
        (p for g in ordered for p in g.passages),
        (s for g in ordered for s in g.sources),
    )
