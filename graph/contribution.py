"""What every store does alike with contributions: rows of canonical JSON, their merge, and what a write changed.

A store keeps the rows of each contribution as text, one per concept, relation, passage and source, and next to them
the merged concepts and relations that reads answer with. Both are written by the functions here and merged by
`graph.model`, in Python, so that two stores that hold the same contributions hold the same merged text, to the byte.

A row leaves out fields that have their default; its keys are sorted, so equal values give equal text. The rows of a
contribution have a digest, which tells without reading them that a source is unchanged.

The functions raise `InvalidGraph` for what no store can hold; the limits are those of Neo4j's range indexes (8 kB a
key), with room to spare, and hold for both stores, so that a graph never fits into one store only.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import InvalidGraph, InvalidQuery
from graph.listing import Position
from graph.model import (
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationKey,
    RelationType,
    Source,
    merge_concepts,
    merge_relations,
)
from graph.names import name_key

if TYPE_CHECKING:
    from graph.store import TopicCount  # stores are made of contributions

__all__ = [
    "MAX_FIRST",
    "MAX_KEY_BYTES",
    "MAX_RANK",
    "Contribution",
    "canonical_key",
    "check_first",
    "check_position",
    "check_radius",
    "concept_order",
    "concept_row",
    "encode",
    "encode_all",
    "matching_ids",
    "merged_concept_row",
    "merged_relation_row",
    "name_keys",
    "passage_order",
    "possible",
    "read_concept",
    "read_passage",
    "read_relation",
    "read_relations",
    "read_sources",
    "relation_reader",
    "relation_row",
    "topic_order",
    "with_relations",
]

MAX_KEY_BYTES: Final = 4000
"""How long an id, a source's path and the key of a name may be, in bytes of UTF-8."""

MAX_FIRST: Final = 1_000_000
"""How many rows of an answer may be asked for."""

MAX_RANK: Final = 2**53
"""How large the rank of a place in a list may be."""


# -- rows ---------------------------------------------------------------------------------------------------------


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _json(value: object) -> str:
    return _ENCODER.encode(value)


def _plain_json(value: object) -> str:
    """Return the same for text, whole numbers and lists and objects of them, in a fraction of the time."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # half of a surrogate pair, or more than 64 bits: the other says what is wrong, if anything is
        return _json(value)


def _is_written_alike(number: float) -> bool:
    """Tell whether orjson writes a number as json does, which write exponents in two ways."""
    return number == 0 or 1e-4 <= number < 1e15


def _loads(row: str) -> Any:
    # orjson takes a fraction of the time, but makes integers of more than 64 bits floats, which only `extra` may hold.
    # (Within a string the quotes would be escaped.)
    return json.loads(row) if '"extra":' in row else orjson.loads(row)


def concept_row(concept: Concept) -> str:
    """Return the concept as canonical JSON."""
    row: dict[str, object] = {"id": concept.id, "name": concept.name}
    if concept.aliases:
        row["aliases"] = concept.aliases
    if concept.kind is not ConceptKind.OTHER:
        row["kind"] = concept.kind.value
    for field in ("definition", "document", "line"):
        if (value := getattr(concept, field)) is not None:
            row[field] = value
    if concept.extra:
        row["extra"] = dict(concept.extra)
        return _json(row)
    return _plain_json(row)


def read_concept(row: str) -> Concept:
    """Return the concept of a row; the inverse of `concept_row`."""
    value: dict[str, Any] = _loads(row)
    return Concept(
        value["id"],
        value["name"],
        tuple(value.get("aliases", ())),
        _KINDS[value.get("kind", "other")],
        value.get("definition"),
        None if (document := value.get("document")) is None else sys.intern(document),  # the same for many
        value.get("line"),
        value.get("extra", _NO_EXTRA),
    )


def relation_row(relation: Relation) -> str:
    """Return the relation as canonical JSON."""
    row: dict[str, object] = {
        "key": relation.key,
        "origin": relation.origin.value,
        "confidence": float(relation.confidence),
    }
    if relation.evidence:
        row["evidence"] = [(e.source, e.line, e.text, e.rule) for e in relation.evidence]
    if relation.because:
        row["because"] = relation.because
    if relation.group is not None:
        row["group"] = relation.group
    if relation.extra:
        row["extra"] = dict(relation.extra)
    return _json(row) if relation.extra or not _is_written_alike(relation.confidence) else _plain_json(row)


# Looked up in a dict: to call an enumeration takes several times as long.
_KINDS: Final[Mapping[str, ConceptKind]] = {kind.value: kind for kind in ConceptKind}
_TYPES: Final[Mapping[str, RelationType]] = {type_.value: type_ for type_ in RelationType}
_SENTENCES: Final = 10_000  # that are looked for among those read before
_NO_EXTRA: Final[Mapping[str, object]] = {}  # one for all that have none
_ORIGINS: Final[Mapping[str, Origin]] = {origin.value: origin for origin in Origin}


def _read_key(value: Sequence[str]) -> RelationKey:
    source, type_, target = value
    return (source, _TYPES[type_], target)


def read_relation(row: str) -> Relation:
    """Return the relation of a row; the inverse of `relation_row`."""
    return next(read_relations((row,)))


def read_relations(rows: Iterable[str]) -> Iterator[Relation]:
    """Yield the relation of each row, in their order; see `relation_reader`."""
    return map(relation_reader(), rows)


def relation_reader(ids: Iterable[str] = ()) -> Callable[[str], Relation]:
    """Return what reads one row after the other; equal ids, keys, numbers and evidence are one object in all of them.

    An id that is one of `ids` is that object.

    A sentence often gives several relations, and every id has many: a whole graph has half the objects so, and every
    id that it looks up has its hash already.
    """
    shared = {id_: id_ for id_ in ids}
    floats: dict[float, float] = {}
    lines: dict[int, int] = {}
    sentences: dict[tuple[Any, ...], Evidence] = {}
    share = shared.setdefault

    def read(row: str) -> Relation:
        value: dict[str, Any] = _loads(row)
        source, type_, target = value["key"]
        evidence = []
        for fields in value.get("evidence", ()):
            told = tuple(fields)
            if (known := sentences.get(told)) is None:
                if len(sentences) >= _SENTENCES:  # relations of one sentence are near each other, as they were stored
                    sentences.clear()
                path, line, text, rule = told
                path, line, rule = share(path, path), lines.setdefault(line, line), share(rule, rule)
                known = sentences[path, line, text, rule] = Evidence(path, line, text, rule)
            evidence.append(known)
        confidence: float = value["confidence"]
        return Relation(
            share(source, source),
            _TYPES[type_],
            share(target, target),
            _ORIGINS[value["origin"]],
            floats.setdefault(confidence, confidence),
            tuple(evidence),
            tuple([(share(s, s), _TYPES[t], share(o, o)) for s, t, o in value["because"]])
            if "because" in value
            else (),
            value.get("group"),
            value.get("extra", _NO_EXTRA),
        )

    return read


def _passage_row(passage: Passage) -> str:
    return _plain_json([passage.source, passage.line, passage.text, passage.section, passage.concepts])


def read_passage(row: str) -> Passage:
    """Return the passage of a row of a contribution."""
    source, line, text, section, concepts = orjson.loads(row)
    return Passage(source, line, text, tuple(section), tuple(concepts))


def read_sources(rows: Iterable[str]) -> list[Source]:
    """Return the sources that these rows of contributions hold, each once, by path."""
    return sorted({Source(*json.loads(row)) for row in rows}, key=lambda s: (s.path, s.format, s.title, s.sha256))


# -- contributions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contribution:
    """The rows of one source: concepts by id, relations by key, passages and sources in order; and their digest."""

    concepts: Mapping[str, str]
    relations: Mapping[RelationKey, str]
    passages: tuple[str, ...]
    sources: tuple[str, ...]
    digest: str


def _check_key(what: str, key: str) -> None:
    if not key:
        raise InvalidGraph(f"the {what} is empty; give it at least one character")
    if not possible(key):
        raise InvalidGraph(
            f"the {what} {key[:40]!r} cannot be stored: it has a NUL or half of a surrogate pair in it, "
            f"or more than {MAX_KEY_BYTES} bytes"
        )


def _check_line(line: int | None) -> None:
    if line is not None and not 0 <= line < 2**31:
        raise InvalidGraph(f"the line {line} is no line of a file; give one from 1 on, or none")


def _check(path: str, graph: KnowledgeGraph) -> None:
    _check_key("source's path", path)
    for concept in graph.concepts:
        _check_key("id", concept.id)
        for name in concept.names:
            if (key := name_key(name)) and not possible(key):
                _check_key(f"name of {concept.id!r},", key)
        _check_line(concept.line)
    for passage in graph.passages:
        _check_line(passage.line)
    ends = (end for relation in graph.relations for end in (relation.source, relation.target))
    for concept_id in dict.fromkeys((*ends, *(i for passage in graph.passages for i in passage.concepts))):
        _check_key("id", concept_id)


def encode(path: str, graph: KnowledgeGraph) -> Contribution:
    """Return `graph` as the rows of the source `path`: merged, in canonical order, whatever order it was given in.

    Raises InvalidGraph if an id or the path is empty, too long or not Unicode text, or if a value is not JSON.
    """
    graph = KnowledgeGraph.of(graph.concepts, graph.relations, graph.passages, graph.sources)
    _check(path, graph)
    try:
        concepts = {c.id: concept_row(c) for c in graph.concepts}
        relations = {r.key: relation_row(r) for r in graph.relations}
        passages = tuple(sorted(_passage_row(p) for p in graph.passages))
        sources = tuple(sorted(_plain_json([s.path, s.format, s.title, s.sha256]) for s in graph.sources))
        digest = _digest((*concepts.values(), *relations.values(), *passages, *sources))
    except (TypeError, ValueError, RecursionError) as error:  # UnicodeEncodeError is a ValueError
        raise InvalidGraph(f"the graph of {path!r} has a value that is not JSON or not Unicode text: {error}") from None
    return Contribution(concepts, relations, passages, sources, digest)


def _digest(rows: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def with_relations(contribution: Contribution, more: Iterable[Relation]) -> Contribution:
    """Return a contribution that says more: what `encode` gives of both together, without reading what is there."""
    rows = dict(contribution.relations)
    for relation in more:
        for end in (relation.source, relation.target):
            _check_key("id", end)
        if relation.source != relation.target:
            row = relation.canonical()
            if (known := rows.get(row.key)) is not None:
                row = merge_relations((read_relation(known), row))
            rows[row.key] = relation_row(row)
    relations = dict(sorted(rows.items()))
    concepts, passages, sources = contribution.concepts, contribution.passages, contribution.sources
    digest = _digest((*concepts.values(), *relations.values(), *passages, *sources))
    return Contribution(concepts, relations, passages, sources, digest)


def encode_all(graphs: Mapping[str, KnowledgeGraph | None]) -> dict[str, Contribution | None]:
    """Return each graph as the rows of its source, None for a source to forget, without those that cannot be there.

    Raises InvalidGraph, as `encode` does.
    """
    return {
        path: None if graph is None else encode(path, graph)
        for path, graph in graphs.items()
        if graph is not None or possible(path)
    }


# -- the merge ----------------------------------------------------------------------------------------------------


def merged_concept_row(concept_id: str, rows: Sequence[str], *, is_end: bool) -> str | None:
    """Return the row that readers see of a concept, None if it is no longer there.

    `rows` are its contributions in order of their sources' paths. Without any it is still there as the end of a
    relation (`is_end`), named by its id.
    """
    if not rows:
        return concept_row(Concept(concept_id, concept_id)) if is_end else None
    if len(rows) == 1:
        return rows[0]
    return concept_row(merge_concepts(map(read_concept, rows)))


def merged_relation_row(rows: Sequence[str]) -> str | None:
    """Return the row that readers see of a relation, given its contributions in order of their sources' paths."""
    if len(rows) <= 1:
        return rows[0] if rows else None
    return relation_row(merge_relations(map(read_relation, rows)))


# -- what reads have in common ------------------------------------------------------------------------------------


def possible(text: str) -> bool:
    """Tell whether a store can hold `text` as an id or a key: look up nothing else."""
    try:
        return "\0" not in text and len(text.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:
        return False


def canonical_key(key: RelationKey) -> RelationKey:
    """Return the key under which the relation is stored: the ends of a symmetric type in order of their ids."""
    return Relation(*key).canonical().key


def name_keys(concept: Concept) -> list[tuple[str, int]]:
    """Return the keys that a concept answers to and how well: 0 for its name, 1 for an alias, 2 for its id."""
    ranked: dict[str, int] = {}
    for key, rank in (
        (name_key(concept.name), 0),
        *((name_key(alias), 1) for alias in concept.aliases),
        (name_key(concept.id), 2),
    ):
        if key:
            ranked.setdefault(key, rank)
    return list(ranked.items())


def matching_ids(candidates: Iterable[tuple[int, str]]) -> list[str]:
    """Return the ids of the best rank among (rank, id), sorted."""
    pairs = sorted(set(candidates))
    return [concept_id for rank, concept_id in pairs if rank == pairs[0][0]]


def concept_order(concept: Concept) -> tuple[str, str]:
    """Return what concepts are sorted by: (name key, id)."""
    return (name_key(concept.name), concept.id)


def passage_order(passage: Passage) -> tuple[str, int, str, tuple[str, ...], tuple[str, ...]]:
    """Return what passages are sorted by: (source, line), then whatever else tells two apart."""
    return (passage.source, passage.line, passage.text, passage.section, passage.concepts)


def topic_order(topic: "TopicCount") -> tuple[bool, str, bool, int, str, str]:
    """Return what topics are sorted by: (document, line) of their concept, those without last, then (name key, id)."""
    concept = topic.concept
    return (
        concept.document is None,
        concept.document or "",
        concept.line is None,
        concept.line or 0,
        *concept_order(concept),
    )


def check_first(first: int) -> None:
    """Raise InvalidQuery unless `first` is a page size: 1 to `MAX_FIRST`."""
    if not 1 <= first <= MAX_FIRST:
        raise InvalidQuery(f"first is {first}; ask for 1 to {MAX_FIRST}")


def check_position(after: Position | None) -> None:
    """Raise InvalidQuery unless `after` is a place that a list can have."""
    if after is not None and not (
        abs(after.rank) <= MAX_RANK and all(not text or possible(text) for text in after[1:])
    ):
        raise InvalidQuery("after is no place in a list of concepts; give the position of a concept of a page")


def check_radius(radius: int) -> None:
    """Raise InvalidQuery unless `radius` is a number of steps."""
    if radius < 0:
        raise InvalidQuery(f"the radius is {radius}; give 0 or more")
