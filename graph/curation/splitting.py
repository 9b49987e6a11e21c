"""Taking a concept apart: some of its names become those of a concept of its own, with what the notes say of them.

What belongs to whom is told by the text: a sentence that has one of the names that go and none of those that stay goes
with them. What was derived follows what it was derived from. Everything else stays where it was.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from graph.curation.draft import Draft
from graph.model import Concept, Evidence, Passage, Relation, RelationKey
from graph.names import is_cjk, name_key

__all__ = ["plain", "split"]


def plain(text: str) -> str:
    """Return text as sentences are compared: NFKC, case folded, runs of white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class _Sides:
    """Whom a text speaks of, by the names in it: the one that stays, the one that goes.

    A name is found as a whole word, or, if it is Chinese, anywhere; of names that overlap the longest counts: a text
    about 多头注意力 does not speak of 注意力.
    """

    def __init__(self, stays: Iterable[str], goes: Iterable[str]) -> None:
        self.goes = {name_key(name) for name in goes}
        self._goes = {plain(name): side for side, names in ((False, stays), (True, goes)) for name in names}
        found = sorted(filter(name_key, self._goes), key=lambda name: (-len(name), name))
        self._pattern = re.compile("|".join(map(_pattern, found)))

    def leaves(self, text: str) -> bool:
        """Tell whether a text speaks of the one that goes alone."""
        return self._speaks(text) == {True}

    def says_both(self, text: str) -> bool:
        """Tell whether a text speaks of both."""
        return self._speaks(text) == {True, False}

    def _speaks(self, text: str) -> set[bool]:
        return {self._goes[match] for match in self._pattern.findall(plain(text))}


def _pattern(name: str) -> str:
    return re.escape(name) if is_cjk(name) else rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"


def split(draft: Draft, concept: str, goes: Sequence[str]) -> str:
    """Make the names `goes` of `concept`, as the notes have them, those of another with what is theirs; return its id.

    The first is its name where the notes have it. What stays must have a name. Linear in what the notes say of the
    concept.
    """
    keys = {name_key(name) for name in goes}
    names = {name for row in draft.rows(concept) for name in row.names}
    found = {name for name in names if name_key(name) in keys}
    made = draft.new_id(goes[0])
    parting = _Parting(concept, made, goes, _Sides(names - found, found))
    own = draft.of(concept)
    parting.learn(row for key in own for row in draft.held(key))
    further = {key for reason in own for key in draft.derived_from(reason)}
    for key in sorted(further.union(own)):
        for path, row in draft.take(key):
            for part in parting.relations(row):
                draft.put(path, part)
    for path, rows in draft.take_concept(concept).items():
        for named in (part for row in rows for part in parting.concepts(row)):
            draft.put_concept(path, named)
    for path, place, passage in draft.passages(concept):
        draft.rename_in(path, place, parting.named_in(passage))
    return made


class _Parting:
    """One split: who goes where."""

    def __init__(self, concept: str, made: str, out: Sequence[str], sides: _Sides) -> None:
        self.concept = concept
        self.made = made
        self.out = out
        self.sides = sides
        self.ways: dict[RelationKey, set[str]] = {}  # of each relation of the concept: whose it is from now on

    def learn(self, relations: Iterable[Relation]) -> None:
        """Find out of each relation whose it is: by its sentences, else by what it was derived from."""
        derived: dict[RelationKey, set[RelationKey]] = {}
        for relation in relations:
            if self.concept not in (relation.source, relation.target):
                continue
            whose = {self.made if self.sides.leaves(e.text) else self.concept for e in relation.evidence}
            if whose or not relation.because:
                self.ways.setdefault(relation.key, set()).update(whose or {self.concept})
            else:
                derived.setdefault(relation.key, set()).update(relation.because)
        for _ in range(len(derived)):  # a reason may itself be derived
            for key, because in derived.items():
                whose = {w for reason in because for w in self.ways.get(reason, ())}
                self.ways.setdefault(key, set()).update(whose)
            if all(self.ways[key] for key in derived):
                break
        for key in derived:
            if not self.ways[key]:
                self.ways[key] = {self.concept}

    def concepts(self, concept: Concept) -> list[Concept]:
        """Return one row of the concept, taken apart."""
        gone = [n for n in concept.names if name_key(n) in self.sides.goes]
        left = [n for n in concept.names if name_key(n) not in self.sides.goes]
        if not gone:
            return [concept]
        order = [name_key(name) for name in self.out]
        gone.sort(key=lambda name: order.index(name_key(name)))
        goes = concept.definition is not None and (not left or self.sides.leaves(concept.definition))
        parts = [
            replace(
                concept,
                id=self.made,
                name=gone[0],
                aliases=tuple(gone[1:]),
                definition=concept.definition if goes else None,
            )
        ]
        if left:
            definition = None if goes else concept.definition
            parts.append(replace(concept, name=left[0], aliases=tuple(left[1:]), definition=definition))
        return parts

    def relations(self, relation: Relation) -> list[Relation]:
        """Return one row of a relation of the concept, or of what was derived from one, taken apart."""
        because = tuple(key for reason in relation.because for key in self._keys(reason))
        if self.concept not in (relation.source, relation.target):
            return [relation if because == relation.because else replace(relation, because=because)]
        parts = []
        for whose in sorted(self.ways.get(relation.key, {self.concept})):
            evidence = self._evidence(relation, whose)
            if relation.evidence and not evidence:
                continue  # another source's sentences are the other one's
            reasons = tuple(key for key in because if self.concept not in _ends(key) or whose == self.concept)
            reasons = tuple(key for key in reasons if self.made not in _ends(key) or whose == self.made)
            key = self._key(relation.key, whose)
            parts.append(
                replace(
                    relation, source=key[0], target=key[2], evidence=evidence, because=reasons or because
                ).canonical()
            )
        return parts

    def _evidence(self, relation: Relation, whose: str) -> tuple[Evidence, ...]:
        return tuple(e for e in relation.evidence if self.sides.leaves(e.text) == (whose == self.made))

    def _key(self, key: RelationKey, whose: str) -> RelationKey:
        source, kind, target = key
        ends = (whose if end == self.concept else end for end in (source, target))
        return Relation(next(ends), kind, next(ends)).canonical().key

    def _keys(self, key: RelationKey) -> list[RelationKey]:
        return [self._key(key, whose) for whose in sorted(self.ways[key])] if key in self.ways else [key]

    def named_in(self, passage: Passage) -> tuple[str, ...]:
        """Return whom a passage names that named the concept."""
        if self.sides.leaves(passage.text):
            return tuple(self.made if id_ == self.concept else id_ for id_ in passage.concepts)
        if self.sides.says_both(passage.text):
            at = passage.concepts.index(self.concept) + 1
            return (*passage.concepts[:at], self.made, *passage.concepts[at:])
        return passage.concepts


def _ends(key: RelationKey) -> tuple[str, str]:
    return key[0], key[2]
