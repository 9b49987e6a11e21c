"""Cards for learning by heart: what the notes themselves say of a concept; none where they say nothing of it.

A card asks for a concept by its names and answers with its definition and with sentences that say something of it, each
with file and line. Few are good enough: a sentence has to state a relation that starts from the concept (or one that
holds both ways), to begin with the concept, so that it is about it, and to be a whole one. Headings, labels, questions
and lines that lead over to what follows are left out, and so is what repeats another.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graph.model import RELATION_TYPES, Concept, Evidence, Origin, Passage, Relation, RelationType
from graph.names import is_cjk

__all__ = ["Card", "Saying", "card_of"]

_SAYINGS = 3
_LEAST_BESIDE = 6  # characters that a sentence must have beyond the names in it: fewer are a heading or a label
_MOST = 260  # characters of a sentence that one still reads on a card
_AHEAD = 6.0  # how much may stand before the concept's name: a Chinese character is 1, any other _NARROW
_NARROW = 0.4
_NOT_SAID = frozenset({RelationType.PREREQUISITE_OF, RelationType.IN_TOPIC})
_NO_SENTENCE = re.compile(
    r"^\s*[#|(（]|^.{0,6}(?:为什么|如何|怎么|怎样)|^\W*(?:why|how)\b|[?？:：,，、;；(（]\s*$|(?:区别|比较|对比|差异|异同|联系|比如|把|的|和|与|及|或|在)\s*(?:[(（][^()（）]*[)）])?\s*$|"
    r"\b(?:differences?|comparison|versus|the|an?|of|and|or|to|with)\s*$|\bvs\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:在|与|和|同|跟|当|如果|若|对于|对|为了|由于|因为|(?:in|for|unlike|like|when|if|with|to|compared)\b)[^,，。;；]{0,40}[,，]\s*",
    re.IGNORECASE,
)
_STOPS = " .。!！;；"
_FREE = "的在而则但与和或是将把对用即种个些该此其让使为当"  # behind another character, a name ends a longer one
_MARKUP = re.compile(r"\*\*|__|`|^\s*(?:[-*+]|\d+[.)、])\s+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_SHORT = re.compile(r"[A-Z0-9][A-Za-z0-9/+-]{1,8}")
_FEW_CAPITALS = 2


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence of the notes, and where it stands; `line` is None where only the file is known."""

    text: str
    path: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """One concept to learn: its id, its preferred name, other names, its definition, what else is said of it."""

    id: str
    name: str
    others: tuple[str, ...]
    definition: Saying | None
    sayings: tuple[Saying, ...]


def card_of(concept: Concept, relations: Iterable[Relation], passages: Sequence[Passage]) -> Card | None:
    """Return the card of a concept, made from its relations and the passages that mention it.

    None if no sentence says anything about it. Sentences of the surest relations come first.
    """
    definition = _definition(concept, passages)
    said = {definition.text} if definition else set()
    sayings: list[Saying] = []
    for evidence in _evidence(concept, relations):
        text = _plain(evidence.text)
        if len(sayings) < _SAYINGS and _is_about(text, concept) and not _is_told(text, said):
            said.add(text)
            sayings.append(Saying(text, evidence.source, evidence.line))
    if definition is None and not sayings:
        return None
    return Card(concept.id, _plain(concept.name), _other_names(concept), definition, tuple(sayings))


def _definition(concept: Concept, passages: Sequence[Passage]) -> Saying | None:
    """Return a concept's definition with the line of the passage that holds it."""
    text = _plain(concept.definition or "")
    if not text or not _says_more(text, concept):
        return None
    found = next((p for p in passages if concept.definition and concept.definition in p.text), None)
    if found is None:
        return Saying(text, concept.document or "", None)
    before = found.text[: found.text.index(concept.definition or "")]
    return Saying(text, found.source, found.line + before.count("\n"))


def _evidence(concept: Concept, relations: Iterable[Relation]) -> Iterator[Evidence]:
    """Yield the evidence of what the notes state of a concept, the surest first."""
    rows = [
        r
        for r in relations
        if r.origin is Origin.STATED
        and r.type not in _NOT_SAID
        and (r.source == concept.id or RELATION_TYPES[r.type].symmetric)
    ]
    for relation in sorted(rows, key=lambda r: (-r.confidence, r.key)):
        yield from (e for e in relation.evidence if e.says_so)


def _is_about(text: str, concept: Concept) -> bool:
    return (
        len(text) <= _MOST
        and _NO_SENTENCE.search(text) is None
        and _says_more(text, concept)
        and any(_begins_with(text, name) for name in concept.names)
    )


def _says_more(text: str, concept: Concept) -> bool:
    """Tell whether a text says more than the concept's names."""
    rest = text
    for name in sorted(concept.names, key=len, reverse=True):
        rest = re.sub(re.escape(name), "", rest, flags=re.IGNORECASE)
    return len(re.findall(r"\w", rest)) >= _LEAST_BESIDE


def _begins_with(text: str, name: str) -> bool:
    """Tell whether a name, as words of its own, stands at the beginning of a sentence or of its first main clause."""
    ahead, behind = ("(?<![A-Za-z0-9])", "(?![A-Za-z0-9])")
    if is_cjk(name):
        ahead, behind = (f"(?<![^\\W{_FREE}])" if is_cjk(name[0]) else ahead), ""
    found = re.search(ahead + re.escape(name) + behind, text, re.IGNORECASE)
    if found is None:
        return False
    lead = _LEAD.match(text)
    starts = [0, *([lead.end()] if lead and lead.end() <= found.start() else [])]
    return any(sum(1.0 if is_cjk(c) else _NARROW for c in text[start : found.start()]) <= _AHEAD for start in starts)


def _is_told(text: str, said: Iterable[str]) -> bool:
    bare = text.rstrip(_STOPS)
    return any(bare in other or other.rstrip(_STOPS) in bare for other in said)


def _plain(text: str) -> str:
    """Return a text in one line, without control characters and the marks of Markdown."""
    return " ".join(_MARKUP.sub("", _CONTROL.sub(" ", text)).split())


def _other_names(concept: Concept) -> tuple[str, ...]:
    """Return the name in the other script and the short form, or the long one of a short name: not all there are."""
    own = concept.name.casefold()
    other = next((a for a in concept.aliases if is_cjk(a) != is_cjk(own) and own not in a.casefold()), None)
    if _is_short(concept.name):
        forms = [a for a in concept.aliases if " " in a and not is_cjk(a)]
    else:
        forms = [a for a in concept.aliases if _is_short(a)]
    form = min((a for a in forms if a != other), key=lambda name: (len(name), name), default=None)
    return tuple(_plain(name) for name in (form, other) if name is not None)


def _is_short(name: str) -> bool:
    return _SHORT.fullmatch(name) is not None and sum(c.isupper() for c in name) >= _FEW_CAPITALS
