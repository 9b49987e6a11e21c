"""What a rule may ask of the two concepts that it relates (`needs` in the tables): one table of small functions.

A condition looks at the concepts' kinds, at what the lexicon says of their kinship, and at how they were written.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from graph.model import ConceptKind
from graph.names import is_cjk, name_key
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.patterns import load_table

__all__ = ["CONDITIONS", "PARTS_OR_KINDS", "Ends", "forget_terms", "is_category"]


def _heads(name: str) -> set[str]:
    """Return the head noun of a Chinese name that ends in one of two characters that name a kind: 指标, 编码."""
    tail = name[-2:]
    return {tail} if len(name) > 3 and is_cjk(tail) and tail in _kind_nouns()[0] else set()


@cache
def _kind_nouns() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return the head nouns that make names kinds of one another, and what a name of a category ends in."""
    tables = [load_table("zh.yaml"), load_table("en.yaml")]
    shared = frozenset(noun for table in tables for noun in table["kind_nouns"])
    zh, en = ("|".join(table["categories"]) for table in tables)
    return shared, re.compile(rf"(?:{zh})$|\b(?:{en})$", re.IGNORECASE)


def is_category(name: str) -> bool:
    """Tell whether a name, as written, is that of a category of things: "目标检测算法"."""
    return bool(_kind_nouns()[1].search(name))


@dataclass(frozen=True, slots=True)
class Ends:
    """Two candidate ends, as conditions see them."""

    a: str
    b: str
    mention_a: Mention | None
    several: bool
    shown_b: str
    lexicon: Lexicon
    carried: bool = False  # the sentence does not name `a`

    def known(self, concept: str) -> bool:
        """Tell whether the lexicon has it; what the notes introduce is not known."""
        term = self.lexicon.terms.get(concept)
        return term is not None and term.known

    def kind(self, concept: str) -> ConceptKind:
        """Return the kind of one of the two; where it is no particular one, of what it is a kind of."""
        for id_ in (concept, *self.lexicon.ancestors(concept)):
            term = self.lexicon.terms.get(id_)
            if term is not None and term.kind is not ConceptKind.OTHER:
                return term.kind
        return ConceptKind.OTHER

    def vague(self, concept: str) -> bool:
        """Tell whether a concept is of no particular sort and called by a word of everyday use: value, feature."""
        term = self.lexicon.terms.get(concept)
        return term is not None and term.known and name_key(term.name) in term.weak and self.kind(concept) is K.OTHER

    def everyday(self) -> bool:
        """Tell whether one of the two is a word of all days that only these notes take for a term: technique."""
        terms = (self.lexicon.terms.get(concept) for concept in (self.a, self.b))
        return any(t is not None and not t.known and name_key(t.name) in _everyday() for t in terms)

    def is_name_of_b(self, text: str) -> bool:
        """Tell whether a text is a name of `b`, without words that go with it."""
        term = self.lexicon.terms.get(self.b)
        return term is not None and name_key(text) in {name_key(n) for n in term.names}

    def related(self) -> bool:
        """Tell whether the lexicon, or the names themselves, make `a` a kind of `b`."""
        return _is_related(self.a, self.b, self.lexicon)


@lru_cache(maxsize=1 << 14)
def _is_related(one: str, other: str, lexicon: Lexicon) -> bool:
    if lexicon.is_kind_of(one, other):
        return True
    if one not in lexicon.terms or other not in lexicon.terms:
        return False
    keys, heads, _ = _named(one, lexicon)
    _, other_heads, tails = _named(other, lexicon)
    if not heads.isdisjoint(other_heads):
        return True
    return any(k.endswith(t) and k != t for k in keys if k.endswith(tails) for t in tails)


@lru_cache(maxsize=1 << 13)
def _named(concept: str, lexicon: Lexicon) -> tuple[tuple[str, ...], frozenset[str], tuple[str, ...]]:
    """Return the keys of a concept's names, the head nouns of these, and the keys that other names may end in."""
    names = lexicon.terms[concept].names
    keys = tuple(map(name_key, names))
    heads = frozenset(head for name in names for head in _heads(name))
    return keys, heads, tuple(k for k, name in zip(keys, names, strict=True) if len(name) > 1 and len(k) > 1)


def forget_terms() -> None:
    """Let go of what was worked out of a lexicon's terms."""
    _is_related.cache_clear()
    _named.cache_clear()


@cache
def _everyday() -> frozenset[str]:
    return frozenset(name_key(word) for word in load_table("en.yaml")["everyday"])


K = ConceptKind
_WORKS = {K.METHOD, K.MODEL, K.LAYER, K.OPTIMIZER, K.LOSS, K.TOOL}
_JUDGED = {K.TOPIC, K.PROBLEM, K.MODEL, K.METHOD, K.PROPERTY}
_ASPECTS = {K.PROBLEM, K.PROPERTY, K.TOPIC}
_NO_INGREDIENT = {K.PROBLEM, K.TOPIC, K.PROPERTY}


def _is_reverse(e: Ends) -> bool:
    return e.lexicon.is_kind_of(e.b, e.a)


def _is_kin(e: Ends) -> bool:
    """Tell whether `a` is known, or by the name of `b` said, to be of its kind."""
    if e.related() or not is_category(e.shown_b) or _is_reverse(e):
        return e.related()
    said = load_table("en.yaml")["member_kinds"].get(e.shown_b.split()[-1].casefold())
    return said is None or not e.known(e.a) or e.kind(e.a) in {said, K.OTHER}


def _is_sum(e: Ends) -> bool:
    """`A = B + C`, but not a formula: `P = TP + FN` adds up counts."""
    return e.several and e.kind(e.a) in _WORKS and e.kind(e.b) in _WORKS


def _is_ingredient(e: Ends) -> bool:
    kinds = e.kind(e.b) not in _NO_INGREDIENT and e.kind(e.a) is not K.PROBLEM
    return kinds and not e.lexicon.is_kind_of(e.a, e.b) and not _is_reverse(e)


def _is_usable(e: Ends) -> bool:
    """One can use the other: not a quantity or a word of everyday use, where the sentence does not name the one."""
    a, b = e.kind(e.a), e.kind(e.b)
    named = b in _WORKS or not e.known(e.b) or a is b is K.METRIC
    return _is_ingredient(e) and (
        not e.carried or (named and (a in _WORKS | {K.METRIC, K.PROPERTY} or not e.known(e.a)))
    )


def _is_cure(e: Ends) -> bool:
    """Tell whether `a` can cure `b`, by a sentence that says so; a field of study only where it is named."""
    no_cure = {K.PROBLEM, K.TOPIC} if e.carried else {K.PROBLEM}
    return e.kind(e.b) is K.PROBLEM and e.kind(e.a) not in no_cure


def _is_remedy(e: Ends) -> bool:
    """A thing can solve a problem: neither another problem nor a field, nor a quantity that is said in passing."""
    a = e.kind(e.a)
    able = a not in {K.PROBLEM, K.TOPIC} and (a is not K.OTHER or not e.known(e.a) or not e.carried)
    return e.kind(e.b) is K.PROBLEM and able and not e.related()


@cache
def _burdens() -> tuple[str, ...]:
    return tuple(word for language in ("zh", "en") for word in load_table(f"{language}.yaml")["burdens"])


def _is_burden(e: Ends) -> bool:
    """A thing can lessen something that is better to have less of."""
    term = e.lexicon.terms.get(e.b)
    burden = e.kind(e.b) is K.PROBLEM or (term is not None and any(n.endswith(_burdens()) for n in term.names))
    return burden and (e.kind(e.a) in _WORKS or not e.known(e.a))


def _is_part(e: Ends) -> bool:
    """A kind of the whole or a part of it; one alone is told only by what it is."""
    part = e.kind(e.a) not in _ASPECTS | {K.METRIC} and (e.several or not e.carried or _is_component(e))
    return not _is_reverse(e) and (e.related() or part)


def _is_component(e: Ends) -> bool:
    return e.kind(e.a) in _WORKS or not e.known(e.a)


def _is_field(e: Ends) -> bool:
    """A thing can be applied to another: a task, a model, data; not a quantity that the clause goes on about."""
    b = e.kind(e.b)
    if e.related() or _is_reverse(e) or b in {K.PROBLEM, K.PROPERTY, K.METRIC}:
        return False
    return not e.carried or b is not K.OTHER or not e.known(e.b)


def _is_member(e: Ends) -> bool:
    """A thing can be one of what a kind of things is called by: a method of a task, an algorithm of a method."""
    return not _is_reverse(e) and (e.related() or (_is_component(e) and e.kind(e.b) in _WORKS | {K.TOPIC, K.METRIC}))


def _is_comparable(e: Ends) -> bool:
    """Two things, rather than a thing and its error rate."""
    a, b = e.kind(e.a), e.kind(e.b)
    return a is b or (a in _WORKS and b in _WORKS) or not (e.known(e.a) and e.known(e.b))


def _is_way(e: Ends) -> bool:
    return not _is_reverse(e) and e.kind(e.b) in {K.METHOD, K.OPTIMIZER, K.MODEL} and e.kind(e.a) in _WORKS


def _is_same_kind(e: Ends) -> bool:
    a, b = e.lexicon.terms.get(e.a), e.lexicon.terms.get(e.b)
    return a is not None and b is not None and a.kind is b.kind and a.isa is not None and a.isa == b.isa


_THING = re.compile(
    r"(?:framework|librar|model|network|architecture|tool|system|模型|框架|网络|系统)\w*$", re.IGNORECASE
)


def _is_compatible(e: Ends) -> bool:
    """Tell whether `a` can be a `b`: a remedy is no problem, and what is a metric is not a model."""
    a, b = e.kind(e.a), e.kind(e.b)
    if _is_reverse(e) or e.vague(e.a) or e.vague(e.b) or (a is K.PROBLEM) != (b is K.PROBLEM):
        return False
    if b is K.TOPIC and _THING.search(e.shown_b) and not e.is_name_of_b(e.shown_b):
        return False  # an NLP framework is no NLP
    return b is not K.METRIC or a in {K.METRIC, K.LOSS, K.PROPERTY, K.OTHER}


def _is_heir(e: Ends) -> bool:
    """Tell whether `a` can be made from `b`: things of one sort, neither a problem, a part nor a setting."""
    return not _is_reverse(e) and (e.related() or _is_of_one_sort(e))


def _is_heir_of(e: Ends) -> bool:
    """Tell whether `b` can be made from `a`, or be a case of it."""
    return e.lexicon.is_kind_of(e.b, e.a) or _is_of_one_sort(e)


def _is_of_one_sort(e: Ends) -> bool:
    """Two works, or two of one kind; of two words of no particular kind only if the lexicon does not know both."""
    a, b = e.kind(e.a), e.kind(e.b)
    alike = a is b and a not in _ASPECTS and (a is not K.OTHER or not (e.known(e.a) and e.known(e.b)))
    return (a in _WORKS and b in _WORKS) or alike


def _has_parts(e: Ends) -> bool:
    return e.kind(e.a) not in _ASPECTS | {K.METRIC} and e.kind(e.b) is not K.TOPIC


def _is_rival(e: Ends) -> bool:
    """Tell whether one can be compared with the other: things of one sort."""
    a, b = e.kind(e.a), e.kind(e.b)
    if K.OTHER in {a, b}:
        return not (e.known(e.a) and e.known(e.b)) and not e.vague(e.a) and not e.vague(e.b)
    return a is b or (a in _WORKS and b in _WORKS)


def _is_measured(e: Ends) -> bool:
    """Tell whether `a` can measure `b`, by a sentence that says so."""
    parts = _WORKS - {K.MODEL, K.METHOD}
    return e.kind(e.a) is K.METRIC and e.kind(e.b) not in parts and not e.vague(e.b) and not e.related()


_BENCHMARK = re.compile(r"(?:data ?set|benchmark|corpus|leaderboard|基准|数据集|榜单|语料库?)$", re.IGNORECASE)


def _is_benchmark(e: Ends) -> bool:
    """Tell whether `a` is a set of data, or a quantity, that models such as `b` are measured on."""
    term = e.lexicon.terms.get(e.a)
    judges = e.kind(e.a) is K.METRIC or (term is not None and any(_BENCHMARK.search(n) for n in term.names))
    return judges and e.kind(e.b) in {K.MODEL, K.METHOD} and not e.carried


def _is_piece_or_kind(e: Ends) -> bool:
    """Tell whether `b` can consist of `a`, or be divided into it."""
    if e.vague(e.a) or _is_reverse(e):
        return False
    return e.related() or e.kind(e.a) not in _ASPECTS | {K.METRIC}


def _is_basis(e: Ends) -> bool:
    """Tell whether `a` can rest on `b`: on a law, too, but on no problem and no quantity."""
    kinds = e.kind(e.b) not in {K.PROBLEM, K.PROPERTY, K.METRIC} and e.kind(e.a) not in _ASPECTS
    return kinds and not e.vague(e.b) and not _is_reverse(e)


def _is_own_part(e: Ends) -> bool:
    """Tell whether `a` can be a part that one has: a layer, a model, a thing that only these notes know."""
    return not _is_reverse(e) and not e.related() and (e.kind(e.a) in {K.LAYER, K.MODEL} or not e.known(e.a))


def _is_field_of_talk(e: Ends) -> bool:
    """Tell whether a heading's field stands for a subject that is not named: the notes speak of something in it."""
    return e.carried and e.kind(e.a) is K.TOPIC


def _is_task(e: Ends) -> bool:
    """Tell whether `b` can be what `a` is there for: a task, a thing that it helps; no quantity, no everyday word."""
    a, b = e.kind(e.a), e.kind(e.b)
    if e.related() or _is_reverse(e) or K.PROBLEM in {a, b} or a in {K.PROPERTY, K.OTHER} or _is_field_of_talk(e):
        return False
    data = b is K.OTHER and e.known(e.b) and (e.carried or e.vague(e.b) or " " not in e.lexicon.terms[e.b].name)
    return b not in {K.PROPERTY, K.METRIC} and not data


PARTS_OR_KINDS = frozenset(
    {"parts-or-kinds", "pieces-or-kinds", "parts", "components"}
)  # where what is no kind is a part
CONDITIONS: Mapping[str, Callable[[Ends], bool]] = {
    "variant": lambda e: e.mention_a is not None and e.mention_a.variant,
    "sum": _is_sum,
    "several": lambda e: e.several,
    "problem": lambda e: e.kind(e.b) is K.PROBLEM and e.kind(e.a) is not K.TOPIC,
    "cure": _is_cure,
    "remedy": _is_remedy,
    "afflicted": lambda e: e.kind(e.b) is K.PROBLEM and _is_component(e) and not e.related(),
    "burden": _is_burden,
    "gain": lambda e: e.kind(e.b) in {K.PROPERTY, K.METRIC} and e.kind(e.a) in _WORKS,
    "metric": lambda e: e.kind(e.a) is K.METRIC and e.kind(e.b) in _JUDGED and not e.related(),
    "metric-of-field": lambda e: e.kind(e.a) is K.METRIC and e.kind(e.b) in {K.TOPIC, K.PROBLEM} and not e.related(),
    "heir-of": _is_heir_of,
    "list-part": lambda e: not _is_reverse(e) and not e.related() and _has_parts(e),
    "unrelated": lambda e: not e.related() and not _is_reverse(e),
    "kinship": _is_kin,
    "known-kinship": lambda e: _is_kin(e) and e.known(e.a),
    "parts-or-kinds": lambda e: not _is_reverse(e) and (e.related() or e.kind(e.a) is not K.PROBLEM),
    "basis": _is_basis,
    "parts": _is_part,
    "pieces-or-kinds": _is_piece_or_kind,
    "material": lambda e: _is_ingredient(e) and not (e.vague(e.a) or e.vague(e.b) or _is_field_of_talk(e)),
    "means": lambda e: _is_basis(e) and e.kind(e.b) is not K.TOPIC and not _is_field_of_talk(e) and not e.vague(e.a),
    "components": lambda e: not _is_reverse(e) and (e.related() or _is_component(e)),
    "component": lambda e: _is_ingredient(e) and _is_component(e),
    "usable": _is_usable,
    "works": lambda e: e.kind(e.a) in _WORKS and e.kind(e.b) in _WORKS and _is_ingredient(e),
    "trained-with": lambda e: e.kind(e.a) is K.MODEL and e.kind(e.b) in _WORKS - {K.MODEL},
    "field": _is_field,
    "member": _is_member,
    "judge": lambda e: e.kind(e.a) in {K.METRIC, K.METHOD} and e.kind(e.b) in _JUDGED and not e.related(),
    "comparable": _is_comparable,
    "benchmark": _is_benchmark,
    "rivals": lambda e: e.kind(e.a) is e.kind(e.b) and e.kind(e.a) in _WORKS and not e.related() and not _is_reverse(e),
    "way": _is_way,
    "measured": _is_measured,
    "has-part": lambda e: e.kind(e.b) in {K.MODEL, K.LAYER, K.METHOD} and _is_own_part(e),
    "help": lambda e: _is_task(e) or (e.kind(e.b) is K.OTHER and not e.vague(e.b) and e.kind(e.a) in _WORKS),
    "heir": _is_heir,
    "same-sort": lambda e: _is_heir(e) and e.kind(e.a) is e.kind(e.b) and e.known(e.a) and e.known(e.b),
    "task": _is_task,
    "rival": _is_rival,
    "not-problem": lambda e: K.PROBLEM not in {e.kind(e.a), e.kind(e.b)} and not _is_reverse(e),
    "of-use": lambda e: e.kind(e.a) is not K.PROBLEM and not e.related() and not _is_reverse(e),
    "kind-of": _is_compatible,
    "one-kind": lambda e: _is_compatible(e) and not e.several,
    "user": lambda e: e.kind(e.a) in _WORKS and not e.related() and not _is_reverse(e),
    "not-reverse": lambda e: not _is_reverse(e),
    "ingredient": _is_ingredient,
    "plural": lambda e: _is_ingredient(e) and e.shown_b.endswith("s") and not e.shown_b.endswith("ss"),
    "same-kind": _is_same_kind,
}
