"""What was read and not kept, and why: for a person who misses something on the map.

Nothing here decides. `loaders.extract` notes what it leaves out as it goes; what it never takes up (headings and heads
of items that give no name) and what it chose between (ambiguous names) is worked out afterwards, and only on demand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from graph.model import Relation
from loaders.document import Block, Document
from loaders.encoding import MAX_SENTENCE
from loaders.lexicon import Lexicon, Term
from loaders.mentions import Mention, find_mentions, is_term
from loaders.plaintext import is_label, is_question
from loaders.prerequisites import LeftOut
from loaders.sentences import head_span
from loaders.terms import clean_heading

__all__ = [
    "Drop",
    "Dropped",
    "Meaning",
    "Remarks",
    "contradicted",
    "improbable",
    "in_passing",
    "meanings",
    "refused_terms",
    "too_long",
]

_SHORT = 4  # letters of an ambiguous name in lower case that is more likely a word: map, lr
_SHOWN = 80
_IMPROBABLE = "another reading, or none, is more probable"


class Drop(StrEnum):
    """What sort of thing was left out."""

    CONCEPT = "concept"
    TERM = "term"
    RELATION = "relation"
    PREREQUISITE = "prerequisite"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True, order=True)
class Dropped:
    """One thing left out: what it is called or says, where it stands (`line` is 1-based, 0 if nowhere), and why."""

    what: Drop
    source: str
    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Meaning:
    """An ambiguous name at one place, as written there: the concept that was chosen, empty if none was."""

    name: str
    source: str
    line: int
    concept: str


@dataclass(slots=True)
class Remarks:
    """What was left out, and where an ambiguous name was given which meaning; source by source."""

    dropped: list[Dropped] = field(default_factory=list)
    meanings: list[Meaning] = field(default_factory=list)


def in_passing(names: Iterable[tuple[str, int]], source: str) -> list[Dropped]:
    """Return the records of concepts, given by name and line, that are only mentioned."""
    return [Dropped(Drop.CONCEPT, source, line, name, "said once, in passing") for name, line in names]


def too_long(text: str, source: str, line: int) -> Dropped:
    """Return the record of a sentence that no rule reads for its length."""
    shown = f"{' '.join(text[: 2 * _SHOWN].split())[:_SHOWN]} ..."
    return Dropped(Drop.SENTENCE, source, line, shown, f"more than {MAX_SENTENCE} characters")


def improbable(read: Iterable[Relation], kept: Iterable[Relation], source: str) -> list[Dropped]:
    """Return the records of what phrasings read and the trained reader holds improbable."""
    keys = {relation.key for relation in kept}
    return [
        Dropped(Drop.RELATION, source, e.line, f"{_spelled(r)}, read by {e.rule}", _IMPROBABLE)
        for r in read
        if r.key not in keys
        for e in r.evidence[:1]
    ]


def contradicted(candidates: Iterable[LeftOut], source: str) -> list[Dropped]:
    """Return the records of inferred prerequisites that are left out."""
    return [Dropped(Drop.PREREQUISITE, source, 0, _spelled(row.relation), row.reason) for row in candidates]


def _spelled(relation: Relation) -> str:
    return f"{relation.source} {relation.type.value} {relation.target}"


def refused_terms(document: Document, named: Mapping[int, Sequence[str]], lexicon: Lexicon) -> Iterator[Dropped]:
    """Yield the headings and the heads of items that gave no concept. `named` has what each heading block names."""
    for i, block in enumerate(document.blocks):
        text = _candidate(block)
        if text and not named.get(i) and not find_mentions(text, lexicon, alone=[(0, len(text))]):
            yield Dropped(Drop.TERM, document.source.path, block.line, text[:_SHOWN], _refusal(text))


def _candidate(block: Block) -> str:
    if block.kind == "heading":
        return clean_heading(block.readable)
    head = head_span(block) if block.kind == "item" else None
    return clean_heading(block.readable[slice(*head)]) if head else ""


def _refusal(text: str) -> str:
    if is_label(text):
        return "names a part of the text, not a thing"
    if is_question(text):
        return "a question"
    return "not introduced as a name" if is_term(text) else "a phrase, not a name"


def meanings(document: Document, mentions: Sequence[Sequence[Mention]], lexicon: Lexicon) -> Iterator[Meaning]:
    """Yield each place at which an ambiguous name stands, with what was chosen there. `mentions`: each block's."""
    unsure = Lexicon(Term(key, (key,)) for key in lexicon.ambiguous)
    for block, found in zip(document.blocks, mentions, strict=True):
        taken: set[int] = set()
        for mention in found:
            taken.update(range(*mention.span))
            name = block.readable[slice(*mention.span)]
            if any(key in lexicon.ambiguous for key in lexicon.known_as(name.casefold())):
                yield _meaning(document, block, mention, mention.concept)
        for mention in find_mentions(block.readable, unsure):
            name = block.readable[slice(*mention.span)]
            if taken.isdisjoint(range(*mention.span)) and not (name.islower() and len(name) <= _SHORT):
                yield _meaning(document, block, mention, "")


def _meaning(document: Document, block: Block, mention: Mention, concept: str) -> Meaning:
    name = " ".join(block.readable[slice(*mention.span)].split())
    return Meaning(name, document.source.path, block.line_at(mention.span[0]), concept)
