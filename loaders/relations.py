"""Sentences -> stated relations, by ordered rules over phrasings (data, see `loaders.phrasing`).

For each sentence the rules are tried in the order of their table; the first to read a pair of concepts keeps the pair,
so that `A is a variant of B` is not read again as `A is a B`. A rule may ask for a condition (`needs`), which is a
function of the two concepts and what the lexicon knows of them; conditions stand in one table below.

A subject that the sentence does not name is carried (`Sentence.subject`), at a lower confidence. Questions say nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graph.model import RELATION_TYPES, ConceptKind, Evidence, Origin, Relation, RelationType
from graph.names import is_cjk, name_key
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.phrasing import (
    MAX_SENTENCE,
    Encoded,
    Match,
    Rule,
    encode,
    is_disbelieved,
    is_negated,
    phrasings,
)
from loaders.sentences import Sentence

__all__ = ["read_relations"]

_KIND_NOUNS = frozenset(
    {"指标", "编码", "量化", "剪枝", "距离", "采样", "蒸馏", "迁移", "幻觉", "注意", "归一", "分词", "微调"}
)
_CATEGORY = re.compile(
    r"(?:方法|模型|算法|指标|函数|技术|策略|框架|任务)$|\b(?:models|methods|algorithms|techniques|metrics|functions|strategies)$",
    re.IGNORECASE,
)
_CARRIED = 0.85  # what a carried subject leaves of a rule's confidence


def read_relations(sentence: Sentence, source: str, lexicon: Lexicon) -> list[Relation]:
    """Return what the sentence states, each relation with the sentence as its evidence.

    At most one relation for a pair of concepts (and its reverse). Nothing for a sentence of more than `MAX_SENTENCE`
    characters: its patterns are quadratic at worst, and no note needs so long a one.
    """
    if sentence.asks or not sentence.mentions or len(sentence.text) > MAX_SENTENCE:
        return []
    found: dict[frozenset[str], Relation] = {}
    mentions = _appositions(sentence, lexicon)
    forms = [encode(sentence.text, mentions, brackets=False)]
    if "(" in sentence.text or "（" in sentence.text:
        forms.append(encode(sentence.text, mentions, brackets=True))
    language = "zh" if is_cjk(forms[0].text) else "en"  # of what is left beside the names: a gloss is no sentence
    if is_disbelieved(forms[0].text, language):
        return []
    for rule in phrasings(language):
        for form in forms:
            for match in rule.matches(form):
                if rule.type is not RelationType.CONTRASTS_WITH and is_negated(
                    form.text, match.start, match.end, language
                ):
                    continue
                for relation in _read(rule, match, form, sentence, source, lexicon):
                    pair = frozenset((relation.source, relation.target))
                    old = found.get(pair)
                    if old is None or (old.evidence[0].rule == rule.name and old.key == relation.key):
                        found[pair] = relation
    return list(found.values())


def _appositions(sentence: Sentence, lexicon: Lexicon) -> list[Mention]:
    """Return the mentions with those made one that stand side by side and name one thing: "优化器 Adam" is Adam."""
    out: list[Mention] = []
    for mention in sentence.mentions:
        last = out[-1] if out else None
        if last is not None and not sentence.text[last.extent[1] : mention.extent[0]].strip():
            extent = (last.extent[0], mention.extent[1])
            if last.concept == mention.concept or lexicon.is_kind_of(mention.concept, last.concept):
                out[-1] = replace(mention, extent=extent, compound=mention.compound)
                continue
            if lexicon.is_kind_of(last.concept, mention.concept) and not mention.compound:
                out[-1] = replace(last, extent=extent, compound=False)
                continue
        out.append(mention)
    return out


def _heads(name: str) -> set[str]:
    """Return the head noun of a Chinese name that ends in one of two characters that name a kind: 指标, 编码."""
    tail = name[-2:]
    return {tail} if len(name) > 3 and is_cjk(tail) and tail in _KIND_NOUNS else set()


@dataclass(frozen=True, slots=True)
class _Ends:
    """Two candidate ends, as conditions see them."""

    a: str
    b: str
    mention_a: Mention | None
    several: bool
    shown_b: str
    lexicon: Lexicon

    def kind(self, concept: str) -> ConceptKind:
        term = self.lexicon.terms.get(concept)
        return term.kind if term else ConceptKind.OTHER

    def related(self) -> bool:
        """Tell whether the lexicon, or the names themselves, make `a` a kind of `b`."""
        if self.lexicon.is_kind_of(self.a, self.b):
            return True
        a, b = self.lexicon.terms.get(self.a), self.lexicon.terms.get(self.b)
        if a is None or b is None:
            return False
        if any(_heads(n) & {x for m in b.names for x in _heads(m)} for n in a.names):
            return True
        tails = [name_key(n) for n in b.names if len(n) > 1]
        return any(name_key(n).endswith(t) and name_key(n) != t for n in a.names for t in tails if len(t) > 1)


K = ConceptKind
_WORKS = {K.METHOD, K.MODEL, K.LAYER, K.OPTIMIZER, K.LOSS, K.TOOL}
_JUDGED = {K.TOPIC, K.PROBLEM, K.MODEL, K.METHOD, K.PROPERTY}
_NO_INGREDIENT = {K.PROBLEM, K.TOPIC, K.PROPERTY}


def _is_reverse(e: _Ends) -> bool:
    return e.lexicon.is_kind_of(e.b, e.a)


def _is_sum(e: _Ends) -> bool:
    """`A = B + C`, but not a formula: `P = TP + FN` adds up counts."""
    return e.several and e.kind(e.a) in _WORKS and e.kind(e.b) in _WORKS


def _is_ingredient(e: _Ends) -> bool:
    kinds = e.kind(e.b) not in _NO_INGREDIENT and e.kind(e.a) is not K.PROBLEM
    return kinds and not e.lexicon.is_kind_of(e.a, e.b) and not _is_reverse(e)


def _is_same_kind(e: _Ends) -> bool:
    a, b = e.lexicon.terms.get(e.a), e.lexicon.terms.get(e.b)
    return a is not None and b is not None and a.kind is b.kind and a.isa is not None and a.isa == b.isa


_CONDITIONS: Mapping[str, Callable[[_Ends], bool]] = {
    "variant": lambda e: e.mention_a is not None and e.mention_a.variant,
    "sum": _is_sum,
    "several": lambda e: e.several,
    "problem": lambda e: e.kind(e.b) is K.PROBLEM and e.kind(e.a) is not K.TOPIC,
    "burden": lambda e: e.kind(e.b) in {K.PROBLEM, K.PROPERTY} and e.kind(e.a) in _WORKS,
    "metric": lambda e: e.kind(e.a) is K.METRIC and e.kind(e.b) in _JUDGED and not e.related(),
    "unrelated": lambda e: not e.related() and not _is_reverse(e),
    "kinship": lambda e: e.related() or (bool(_CATEGORY.search(e.shown_b)) and not _is_reverse(e)),
    "parts-or-kinds": lambda e: not _is_reverse(e) and (e.related() or e.kind(e.a) is not K.PROBLEM),
    "not-reverse": lambda e: not _is_reverse(e),
    "ingredient": _is_ingredient,
    "same-kind": _is_same_kind,
}


def _read(
    rule: Rule, match: Match, form: Encoded, sentence: Sentence, source: str, lexicon: Lexicon
) -> Iterator[Relation]:
    if rule.pairs:
        row = match.slots.get("L", ())
        for n, one in enumerate(row):
            for other in row[n + 1 :]:
                ends = _Ends(one.concept, other.concept, one, several=True, shown_b="", lexicon=lexicon)
                yield from _relation(rule, match, ends, form, sentence, source)
        return
    start, stop = rule.source or ("S" if "S" in match.slots or "A" not in match.slots else "A"), rule.target
    sources = _slot(start, match, form, sentence, lexicon)
    targets = _slot(stop, match, form, sentence, lexicon)
    listed = match.slots.get("B" if stop != "S" else stop, ())
    several = len({m.concept for m in listed}) > 1
    for a, mention in sources:
        for b, target in targets:
            if a != b:
                shown = sentence.text[slice(*target.extent)] if target else ""
                ends = _Ends(a, b, mention, several=several, shown_b=shown, lexicon=lexicon)
                yield from _relation(rule, match, ends, form, sentence, source)


def _slot(
    name: str, match: Match, form: Encoded, sentence: Sentence, lexicon: Lexicon
) -> Sequence[tuple[str, Mention | None]]:
    """Return the concepts of a slot; for an unnamed subject, that of the clauses before or of the sentence."""
    if name in match.slots:
        return [(m.concept, m) for m in match.slots[name]]
    if name != "S":
        return []
    for clause in reversed(_clauses(form.text, match.start)):
        if opening := form.concepts(_opening(clause)):
            return [(m.concept, m) for m in opening if _acts(m.concept, lexicon)]
    return [(c, None) for c in sentence.subject]


def _acts(concept: str, lexicon: Lexicon) -> bool:
    """Tell whether a concept can be what later clauses go on about; a property or a topic is said in passing."""
    term = lexicon.terms.get(concept)
    return term is None or term.kind not in {ConceptKind.PROPERTY, ConceptKind.TOPIC, ConceptKind.PROBLEM}


def _clauses(text: str, before: int) -> list[str]:
    """Return the clauses of `text` that lie before an offset."""
    out, start = [], 0
    for i in range(before):
        if text[i] in ",;:。":
            out.append(text[start:i])
            start = i + 1
    if start < before:
        out.append(text[start:before])
    return out


def _opening(clause: str) -> str:
    """Return the concepts that a clause begins with, when they are its subject; else nothing."""
    end = 0
    while end < len(clause) and "\ue000" <= clause[end] <= "\uf8ff":
        end += 1
        if clause[end : end + 1] in {"和", "与", "及", "、", "/"} and "\ue000" <= clause[end + 1 : end + 2] <= "\uf8ff":
            end += 1
    return clause[:end] if clause[end : end + 1] not in {"的", "中", "里", "上", "时"} else ""


def _relation(
    rule: Rule, match: Match, ends: _Ends, form: Encoded, sentence: Sentence, source: str
) -> Iterator[Relation]:
    if ends.a == ends.b or (rule.needs and not _CONDITIONS[rule.needs](ends)):
        return
    kind = rule.type
    if rule.needs == "parts-or-kinds" and not ends.related():
        kind = RelationType.PART_OF
    confidence = rule.confidence * (_CARRIED if match.carried and "S" not in match.slots else 1.0)
    info = RELATION_TYPES[kind]
    line = sentence.line + sentence.text.lstrip().count("\n", 0, _offset(match, form, sentence))
    evidence = Evidence(source, line, sentence.written, rule.name)
    group = f"{ends.a}@{source}:{line}" if kind is RelationType.COMBINES else None
    made = Relation(ends.a, kind, ends.b, Origin.STATED, round(confidence, 3), (evidence,), (), group)
    yield made.canonical() if info.symmetric else made


def _offset(match: Match, form: Encoded, sentence: Sentence) -> int:
    lead = len(sentence.text) - len(sentence.text.lstrip())
    at = form.offsets[min(match.start, len(form.offsets) - 1)] if form.offsets else 0
    return max(0, at - lead)
