"""From values of the model to rows of an answer: bounded, in plain text, each relation with its sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.cli_output import in_words
from api.mcp.answers import ConceptRow, Fact, PassageRow, Place, Reason, Ref, Sentence
from api.mcp.bounds import MAX_NAME, plain, shorten
from graph.model import Concept, Evidence, Relation, RelationKey
from graph.store import GraphStore, PassageHit

__all__ = ["FEW", "Rows", "rows_of"]

FEW: Final = 12
"""How many names a list of names has at most."""

_SENTENCES: Final = 3
_REASONS: Final = 3
_HEADINGS: Final = 6


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes rows, given every concept they name and every relation that an inferred one was derived from."""

    concepts: Mapping[str, Concept]
    derived_from: Mapping[RelationKey, Relation] = field(default_factory=dict)

    def ref(self, concept_id: str) -> Ref:
        """Name a concept; one that is gone since then has its id for a name."""
        found = self.concepts.get(concept_id)
        return Ref(id=concept_id, name=shorten(found.name if found else concept_id, MAX_NAME))

    def refs(self, ids: Sequence[str], *, most: int = FEW) -> list[Ref]:
        """Name the first few concepts."""
        return [self.ref(concept_id) for concept_id in ids[:most]]

    def concept(self, concept_id: str, *, aliases: int = 4) -> ConceptRow:
        """Describe a concept, with its first few aliases."""
        found = self.concepts.get(concept_id) or Concept(concept_id, concept_id)
        placed = found.document is not None and found.line is not None
        return ConceptRow(
            **self.ref(concept_id).model_dump(),
            aliases=[shorten(alias, MAX_NAME) for alias in found.aliases[:aliases]],
            kind=found.kind,
            definition=shorten(found.definition) if found.definition else None,
            introduced=Place(file=plain(found.document or ""), line=found.line or 1) if placed else None,
        )

    def fact(self, relation: Relation) -> Fact:
        """Describe a relation with its sentences."""
        source, target = self.ref(relation.source), self.ref(relation.target)
        # Several rules may have read one sentence.
        said = list({(row.source, row.line, row.text): row for row in relation.evidence}.values())
        return Fact(
            source=source,
            type=relation.type,
            target=target,
            words=in_words(relation.key, {source.id: source.name, target.id: target.name}),
            origin=relation.origin,
            confidence=relation.confidence,
            sentences=[_sentence(row) for row in said[:_SENTENCES]],
            sentences_left=max(0, len(said) - _SENTENCES),
        )

    def reason(self, relation: Relation) -> Reason:
        """Describe a relation with its sentences, and with those of what it was derived from."""
        found = [self.derived_from[key] for key in relation.because if key in self.derived_from]
        return Reason(**self.fact(relation).model_dump(), because=[self.fact(row) for row in found[:_REASONS]])

    def passage(self, hit: PassageHit) -> PassageRow:
        """Describe a passage."""
        row = hit.passage
        return PassageRow(
            file=plain(row.source),
            line=row.line,
            text=shorten(row.text),
            section=[shorten(heading, MAX_NAME) for heading in row.section[:_HEADINGS]],
            concepts=self.refs(hit.concepts),
        )


def _sentence(evidence: Evidence) -> Sentence:
    return Sentence(file=plain(evidence.source), line=evidence.line, text=shorten(evidence.text))


async def rows_of(store: GraphStore, relations: Iterable[Relation], *, others: Iterable[str] = ()) -> Rows:
    """Return what makes rows of these relations, and of the concepts `others`. Cost: two calls to the store."""
    shown = list(relations)
    derived_from = await store.get_relations(sorted({key for r in shown for key in r.because}))
    ends = {end for r in (*shown, *derived_from.values()) for end in (r.source, r.target)}
    return Rows(await store.get(sorted(ends.union(others))), derived_from)
