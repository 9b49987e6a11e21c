"""A second reader beside the phrasings: candidate relations of a sentence, weighed by a small linear model.

A phrasing is precise and knows few ways of writing. This reader looks at two concepts in one sentence, at the words
around them (classes of trigger words, `patterns/triggers.yaml`), at what they are (kinds, kinship), at what the field
knows of them (`loaders.facts`) and at what the phrasings read, and says for each relation that any of these suggests
how probable it is that the sentence states it. Of two concepts of which the field knows nothing it judges only what a
phrasing read: on annotated notes its own guesses about such pairs never came out probable enough.

Concepts of one enumeration form a **group** and share what stands around it; an unnamed subject is a group before the
sentence. Features come in **tables** (one per type and direction, one per type, some shared), so that a candidate's
weight is a sum of look-ups: `features` is read by `bench/fit_reader.py`, which fits the weights on annotated notes,
and by `Model`, which sums them. The model is logistic: the sum is the log of the odds, and the confidence that comes
of it is a probability that can be checked (docs/reading.md has the table).

Linear in the sentence: of the groups to the right of a group no more than `_REACH` are looked at.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from graph.model import RELATION_TYPES, ConceptKind, Relation, RelationType
from loaders.document import Span
from loaders.encoding import Encoded
from loaders.lexicon import Lexicon
from loaders.needs import led
from loaders.patterns import load_table
from loaders.phrasing import is_negated, is_supposed

__all__ = ["Candidate", "Context", "Features", "candidates", "forget_pairs"]

Features = tuple[tuple[str, tuple[str, ...]], ...]
"""(table, the items of that table that hold), ..."""

_REACH = 6  # groups to the right of a group that may be its other end
_FAR = 90  # characters between two groups beyond which nothing is related
_BESIDE = 14  # characters before and after the two that are looked at
_MARKS = "。.!?;:,()"  # what parts clauses, strongest first
_MARK = re.compile(f"[{re.escape(_MARKS)}]")
_CONCEPT = re.compile("[\ue000-\uf8ff]")
_GROUP = re.compile(
    "[\ue000-\uf8ff](?:(?:,? ?(?:、|/|&|和|与|及|以及|或|跟|, ?| and | or |and|or)(?:the |an? )?)[\ue000-\uf8ff])*"
)
_T = RelationType
_SUGGESTED: Mapping[str, tuple[RelationType, ...]] = {
    "uses": (_T.USES,),
    "used-by": (_T.USES, _T.APPLIED_TO),
    "is-a": (_T.IS_A,),
    "such-as": (_T.IS_A, _T.PART_OF),
    "extends": (_T.EXTENDS,),
    "generalizes": (_T.GENERALIZES,),
    "combines": (_T.COMBINES,),
    "solves": (_T.SOLVES,),
    "solved-by": (_T.SOLVES,),
    "causes": (_T.CAUSES,),
    "caused-by": (_T.CAUSES,),
    "evaluates": (_T.EVALUATES,),
    "applied": (_T.APPLIED_TO,),
    "contrast": (_T.CONTRASTS_WITH,),
    "equivalent": (_T.EQUIVALENT_TO,),
    "part": (_T.PART_OF,),
    "first": (_T.PREREQUISITE_OF,),
}
_COMPARED = ("比", "than")  # what stands behind these is what the subject is compared with
_NO_FACTS: frozenset[RelationType] = frozenset()
_UNREAD_NEVER = {_T.PART_OF}  # its guesses were right half of the time only; that the whole uses the part is judged
_KIND = frozenset({_T.IS_A})
_SYMMETRIC = frozenset(t for t, info in RELATION_TYPES.items() if info.symmetric)
_OF_A_KIND = {"kind": "parent", "parent": "kind"}  # a kinship -> the same from the other end


@dataclass(frozen=True, slots=True)
class Context:
    """Where a sentence stands: the unit it is in, what is spoken of there, and how much the document makes of what.

    `unit` is the kind of its block; `focus` holds the concepts of the headings and items above it; `times` says how
    often the document mentions a concept, `introduced` which ones stand alone somewhere (a heading, a bold term).
    """

    unit: str
    focus: AbstractSet[str] = frozenset()
    times: Mapping[str, int] = field(default_factory=dict)
    introduced: AbstractSet[str] = frozenset()


class Candidate(NamedTuple):
    """A relation that a sentence may state, and the features that speak for or against it.

    Those that hang on what stands around the pair are in `place`, the others, of which there are few sets, in `ends`.
    `at` is where the earlier end stands in the encoded sentence; `phrased` the relation that a phrasing read, if any.
    """

    source: str
    type: RelationType
    target: str
    place: Features
    ends: Features
    at: int
    phrased: Relation | None

    @property
    def features(self) -> Features:
        """All of them."""
        return self.place + self.ends


class _Group(NamedTuple):
    """Concepts side by side: their ids, and where they begin and end in the encoded sentence."""

    concepts: tuple[str, ...]
    start: int
    end: int


class _Hit(NamedTuple):
    """A trigger word in the encoded sentence: where, and its class."""

    start: int
    end: int
    name: str


@cache
def _triggers() -> tuple[re.Pattern[str], Mapping[str, tuple[str, ...]]]:
    classes: dict[str, list[str]] = {}
    for name, rows in load_table("triggers.yaml").items():
        for word in chain(rows["zh"], rows["en"]):
            classes.setdefault(str(word).casefold(), []).append(name)
    words = sorted(classes, key=lambda w: (-len(w), w))
    zh = "|".join(re.escape(w) for w in words if not w.isascii())
    en = "|".join(re.escape(w) for w in words if w.isascii() and w[0].isalnum())
    marks = "|".join(re.escape(w) for w in words if w.isascii() and not w[0].isalnum())
    return led(rf"{zh}|(?<![a-z])(?:{en})(?![a-z])|{marks}"), {w: tuple(n) for w, n in classes.items()}


def _hits(text: str) -> list[_Hit]:
    pattern, classes = _triggers()
    return [_Hit(m.start(), m.end(), name) for m in pattern.finditer(text) for name in classes[m.group()]]


def candidates(
    form: Encoded, subject: Sequence[str], phrased: Sequence[Relation], lexicon: Lexicon, context: Context
) -> Iterator[Candidate]:
    """Yield the candidate relations of an encoded sentence, pair by pair from left to right.

    A negation or a supposition in the clause, up to the later end, leaves only comparisons and what phrasings read;
    so does a sign of equality between the two: a formula is no sentence.

    `subject`: the concepts that an unnamed subject stands for. `phrased`: what the phrasings read in the sentence.
    """
    text = form.text
    groups = [
        _Group(tuple(dict.fromkeys(m.concept for m in form.concepts(g.group()))), g.start(), g.end())
        for g in _GROUP.finditer(text)
    ]
    named = {c for g in groups for c in g.concepts}
    carried = tuple(c for c in subject if c not in named)
    if not groups or len(named) + len(carried) < 2:
        return
    said: dict[frozenset[str], tuple[Relation, ...]] = {}
    for relation in phrased:
        ends = frozenset((relation.source, relation.target))
        said[ends] = (*said.get(ends, ()), relation)
    hits: Sequence[_Hit] | None = None
    salient = cache(lambda concept: _salience(concept, lexicon, context))
    for one, other, is_carried in _pairs(groups, carried):
        pairs = [
            (a, b, known, read)
            for n, a in enumerate(one.concepts)
            for b in (other.concepts[n + 1 :] if one is other else other.concepts)
            if a != b
            for known, read in ((_known(a, b, lexicon), said.get(frozenset((a, b)), ()) if said else ()),)
            if known is not None or read
        ]
        if not pairs:
            continue
        if _is_summand(text, one, other):
            pairs = [(a, b, known, read) for a, b, known, read in pairs if read]
        hits = _hits(text) if hits is None else hits
        around = _around(text, hits, one, other, carried=is_carried, unit=context.unit)
        denied = is_negated(form, one.start, other.end) or is_supposed(form, one.start, other.end)
        denied = denied or "=" in text[one.end : other.start]
        denied = denied or text[max(0, one.start - 6) : one.start].rstrip().endswith(_COMPARED)  # 比 Y 更能
        for a, b, known, read in pairs:
            pair = _Pair(a, b, around, known or _UNKNOWN, read, salient(a), salient(b))
            for candidate in _of_pair(pair, lexicon, one.start):
                if not denied or candidate.phrased or candidate.type is _T.CONTRASTS_WITH:
                    yield candidate


def _is_summand(text: str, one: _Group, other: _Group) -> bool:
    """Tell whether a plus sign makes another thing of `one`, unless that is joined to `other`: "GBDT+FM" is neither."""
    if one.end == 0 or text[one.end : other.start].strip() == "+":
        return False
    return "+" in {text[max(0, one.start - 2) : one.start].rstrip()[-1:], text[one.end : one.end + 2].lstrip()[:1]}


def _pairs(groups: Sequence[_Group], carried: tuple[str, ...]) -> Iterator[tuple[_Group, _Group, bool]]:
    if carried:
        before = _Group(carried, 0, 0)
        yield from ((before, g, True) for g in groups[:_REACH] if g.start <= _FAR)
    for n, one in enumerate(groups):
        for other in groups[n : n + _REACH + 1]:
            if other.start - one.end <= _FAR and (one is not other or len(one.concepts) > 1):
                yield one, other, False


# -- what stands around a pair ---------------------------------------------------------------------------------


class _Around(NamedTuple):
    """What stands around two groups, as items that do not depend on the type; `types` are those it suggests."""

    direction: str  # what is added to f (the source stands first) or b: "/c" if the first is carried, "/s" side by side
    types: frozenset[RelationType]
    between: frozenset[RelationType]
    triggers: tuple[str, ...]
    shape: tuple[str, ...]
    core: tuple[str, ...]  # what of the shape is always there


def _around(text: str, hits: Sequence[_Hit], one: _Group, other: _Group, *, carried: bool, unit: str) -> _Around:
    same = one is other
    start, end = one.start, other.end
    gap = "" if same else text[one.end : other.start]
    before, inside, after = _sorted_hits(hits, one, other, _clause(text, start, end))
    triggers = [*(f"m:{n}" for n in inside), *(f"l:{n}" for n in before), *(f"r:{n}" for n in after)]
    if inside:
        triggers += [f"m1:{inside[0]}", f"m9:{inside[-1]}"]
        if len(set(inside)) == 1:
            triggers.append(f"only:{inside[0]}")
    crossed = len(_CONCEPT.findall(gap))
    shape = [
        _bucket(len(gap)),
        f"crossed{min(crossed, 4)}",
        f"bound{next((c for c in _MARKS if c in gap), '') if gap else ''}",
        f"unit={unit}",
    ]
    short = gap.strip()
    if len(short) <= 8 and not same and not crossed:
        shape.append(f"words={short}")
    if not text[:start].strip(" \"'"):
        shape.append("first")
    if not text[end:].strip(" .。;,:"):
        shape.append("last")
    if text[end : end + 1] in {"的", "'"}:
        shape.append("owns")
    between = frozenset([t for n in inside for t in _SUGGESTED.get(n, ())])
    types = between.union([t for n in (*before, *after) for t in _SUGGESTED.get(n, ())])
    mark = "/s" if same else "/c" if carried else ""
    return _Around(mark, types, between, tuple(dict.fromkeys(triggers)), tuple(shape), tuple(shape[:3]))


def _sorted_hits(
    hits: Sequence[_Hit], one: _Group, other: _Group, clause: Span
) -> tuple[list[str], list[str], list[str]]:
    """Return the classes of the triggers before two groups within their clause, between the two, and after them."""
    before: list[str] = []
    inside: list[str] = []
    after: list[str] = []
    for begin, stop, name in hits:
        if stop <= one.start:
            if clause[0] <= begin:
                before.append(name)
        elif other.end <= begin:
            if stop <= clause[1]:
                after.append(name)
        elif one is not other and one.end <= begin and stop <= other.start:
            inside.append(name)
    return before, inside, after


def _clause(text: str, start: int, end: int) -> Span:
    """Return where the looks to the left of `start` and to the right of `end` stop: at a mark, or `_BESIDE` away."""
    left = max(0, start - _BESIDE)
    for mark in _MARK.finditer(text, left, start):
        left = mark.end()
    right = _MARK.search(text, end, end + _BESIDE)
    return left, right.start() if right else min(len(text), end + _BESIDE)


_LIMITS = (0, 2, 4, 8, 14, 24, 45)
_BUCKETS = tuple(f"gap{next(limit for limit in _LIMITS if length <= limit)}" for length in range(_LIMITS[-1] + 1))


def _bucket(length: int) -> str:
    return _BUCKETS[length] if length < len(_BUCKETS) else "gapfar"


def _salience(concept: str, lexicon: Lexicon, context: Context) -> tuple[str, ...]:
    term = lexicon.terms.get(concept)
    times = context.times.get(concept, 0)
    return (
        "focus" if concept in context.focus else "passing",
        "introduced" if concept in context.introduced else "met",
        f"n{next((n for n in (1, 2, 5) if times <= n), 9)}",
        "known" if term is not None and term.known else "new",
    )


# -- a pair's candidates ---------------------------------------------------------------------------------------


class _Known(NamedTuple):
    """What the field knows of two concepts `a` and `b`: the types that hold from `a` to `b`, and back; kinship.

    `kin`: `a` is a kind of `b`, its parent, its sibling, or (empty) nothing of these.
    """

    forth: frozenset[RelationType] = frozenset()
    back: frozenset[RelationType] = frozenset()
    kin: str = ""


_UNKNOWN = _Known()


@lru_cache(maxsize=1 << 14)
def _known(a: str, b: str, lexicon: Lexicon) -> _Known | None:
    """Return what is known of two concepts; None if nothing is, so that only a phrasing can relate them."""
    facts = lexicon.facts
    forth, back = facts.get((a, b), _NO_FACTS), facts.get((b, a), _NO_FACTS)
    kin = _kinship(a, b, lexicon)
    if kin == "kind":
        forth |= _KIND
    elif kin == "parent":
        back |= _KIND
    return _Known(forth, back, kin) if forth or back else None


def forget_pairs() -> None:
    """Let go of what is remembered of pairs of a lexicon's concepts."""
    _known.cache_clear()


def _kinship(a: str, b: str, lexicon: Lexicon) -> str:
    one, two = lexicon.terms.get(a), lexicon.terms.get(b)
    if one is None or two is None:
        return ""
    if one.isa and lexicon.is_kind_of(a, b):
        return "kind"
    if two.isa and lexicon.is_kind_of(b, a):
        return "parent"
    return "sibling" if one.isa and one.isa == two.isa else ""


class _Pair(NamedTuple):
    """Two concepts of which `a` stands first, what stands around them, what is known and read of them, salience."""

    a: str
    b: str
    around: _Around
    known: _Known
    said: tuple[Relation, ...]
    salience_a: tuple[str, ...]
    salience_b: tuple[str, ...]


def _of_pair(pair: _Pair, lexicon: Lexicon, at: int) -> Iterator[Candidate]:
    forth, back, kin = pair.known
    around = pair.around
    types = around.between | forth | back
    if pair.said:
        types |= {r.type for r in pair.said}
    kinds = _kind(pair.a, lexicon), _kind(pair.b, lexicon)
    there = _Ends(kinds, kin, pair.salience_a, pair.salience_b)
    back_again = _Ends(kinds[::-1], _OF_A_KIND.get(kin, kin), pair.salience_b, pair.salience_a)
    for kind in sorted(types):
        if kind is _T.IN_TOPIC:
            continue
        symmetric = kind in _SYMMETRIC
        trigger = "own" if kind in around.between else "side" if kind in around.types else "none"
        for forward in (True,) if symmetric else (True, False):
            source, target = (pair.a, pair.b) if forward else (pair.b, pair.a)
            phrased = next((r for r in pair.said if r.type is kind and (symmetric or r.source == source)), None)
            if phrased is None and not _is_suggested(kind, pair):
                continue
            knowledge = _knowledge(kind, forth, back) if forward else _knowledge(kind, back, forth)
            ends = there if forward else back_again
            if phrased is not None:
                place, others = _read_features(phrased, around, knowledge, ends, trigger)
            else:
                way = f"{'f' if forward else 'b'}{around.direction}"
                place = _place_features(_way_table(kind, way), way, knowledge.table, around)
                others = _unread_features(kind, way, trigger, knowledge, ends, read_otherwise=bool(pair.said))
            yield Candidate(source, kind, target, place, others, at, phrased)


def _is_suggested(kind: RelationType, pair: _Pair) -> bool:
    """Tell whether the words leave room for a type that no phrasing read: some types need a word that says so."""
    if kind in _UNREAD_NEVER:
        return False
    if kind is _T.COMBINES:
        return kind in pair.around.between
    return kind is not _T.CONTRASTS_WITH or kind in pair.around.types or pair.around.direction == "/c"


def _kind(concept: str, lexicon: Lexicon) -> str:
    term = lexicon.terms.get(concept)
    return (term.kind if term else ConceptKind.OTHER).value


class _Knowledge(NamedTuple):
    """What the field knows of a candidate: whether it holds, what else does, and which end is learnt first."""

    fact: str  # yes, reverse, other (another type), no
    table: str  # the table of that
    others: tuple[str, ...]
    order: tuple[str, ...]


@lru_cache(maxsize=4096)
def _knowledge(
    kind: RelationType,
    forth: frozenset[RelationType],
    back: frozenset[RelationType],
) -> _Knowledge:
    order = [f"first-{x}" for x, there in (("source", forth), ("target", back)) if _T.PREREQUISITE_OF in there]
    others: tuple[str, ...] = ()
    if kind in forth:
        fact = "yes"
    else:
        others = (*(f"fact>{t.value}" for t in sorted(forth)), *(f"fact<{t.value}" for t in sorted(back)))
        if kind in back and kind not in _SYMMETRIC:
            fact = "reverse"
        else:
            fact = "other" if (forth | back) - {_T.PREREQUISITE_OF} else "no"
    return _Knowledge(fact, f"fact={fact}", others, tuple(order))


class _Ends(NamedTuple):
    """Of the source and the target: kinds, kinship, salience."""

    kinds: tuple[str, str]
    kin: str
    source: tuple[str, ...]
    target: tuple[str, ...]


def _items(ends: _Ends) -> tuple[str, ...]:
    """Return what each end is to the document."""
    return (*(f"s:{x}" for x in ends.source), *(f"t:{x}" for x in ends.target))


@cache
def _way_table(kind: RelationType, way: str) -> str:
    return f"{kind.value}/{way}"


def _read_features(
    phrased: Relation, around: _Around, knowledge: _Knowledge, ends: _Ends, trigger: str
) -> tuple[Features, Features]:
    """Return what speaks for a phrasing's reading: the same for all types, since rare ones have no examples."""
    rule = phrased.evidence[0].rule if phrased.evidence else ""
    reading = (
        "",
        f"sure{int(phrased.confidence * 20)}",
        f"rule={rule}",
        knowledge.table,
        f"{knowledge.table}|{trigger}",
        f"kin={ends.kin}",
        f"trigger={trigger}",
        f"way{around.direction}",
    )
    return (("read", reading), ("read", around.shape[:4])), (("read", _items(ends)),)


def _place_features(mine: str, way: str, fact: str, around: _Around) -> Features:
    """Return what the words around a pair say of a relation that no phrasing read."""
    return ((mine, around.triggers), (mine, around.shape), (way, around.shape), (fact, around.core))


@lru_cache(maxsize=1 << 14)
def _unread_features(
    kind: RelationType, way: str, trigger: str, knowledge: _Knowledge, ends: _Ends, *, read_otherwise: bool
) -> Features:
    """Return what the two concepts themselves say of it."""
    fact = knowledge.table
    source, target = ends.kinds
    items = _items(ends)
    reading = f"{'otherwise' if read_otherwise else 'unread'}|{knowledge.fact}|{trigger}"
    return (
        (_way_table(kind, way), ("", *knowledge.others, f"kin={ends.kin}|{trigger}")),
        (kind.value, (f"{source}>{target}", f"{source}>", f">{target}")),
        (kind.value, (fact, f"kin={ends.kin}", *knowledge.order)),
        (kind.value, items),
        (way, (f"trigger={trigger}", fact)),
        (fact, (f"trigger={trigger}",)),
        ("", ("", reading)),
        ("", items),
        ("", tuple(f"{x}>{y}" for x, y in zip(ends.source, ends.target, strict=True))),
    )
