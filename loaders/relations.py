"""Sentences -> stated relations, by ordered rules over phrasings (data, see `loaders.phrasing`).

For each sentence the rules are tried in the order of their table; the first to read a pair of concepts keeps the pair,
so that `A is a variant of B` is not read again as `A is a B`. A rule may ask for a condition (`needs`), which is a
function of the two concepts and what the lexicon knows of them (`loaders.conditions`).

A subject that the sentence does not name is carried (`Sentence.subject`), at a lower confidence. Questions say nothing.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from graph.model import RELATION_TYPES, ConceptKind, Evidence, Origin, Relation, RelationType
from graph.names import is_cjk
from loaders.conditions import CONDITIONS, PARTS_OR_KINDS, Ends, is_category
from loaders.encoding import MAX_SENTENCE, Encoded, Marked
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.phrasing import Match, Rule, forms, is_disbelieved, is_negated, is_supposed, readings
from loaders.sentences import Sentence
from loaders.subjects import clause_subject, is_told, named_subject

__all__ = ["Judge", "line_in", "read_relations"]

Judge = Callable[[Encoded, list[Relation]], list[Relation]]
"""Given a sentence in the tight form, brackets kept, and what the phrasings read: what is to be believed."""

_CONDITIONAL = {RelationType.CONTRASTS_WITH, RelationType.GENERALIZES}  # a special case may be said with "if"
_BEING = {  # what these say is not said of an owner: "the output of X is a Y"
    RelationType.IS_A,
    RelationType.EQUIVALENT_TO,
    RelationType.EXTENDS,
    RelationType.CONTRASTS_WITH,
}
_CARRIED = 0.85  # what a carried subject leaves of a rule's confidence


def read_relations(sentence: Sentence, source: str, lexicon: Lexicon, *, judge: Judge | None = None) -> list[Relation]:
    """Return what the sentence states, each relation with the sentence as its evidence.

    `judge` has the last word on what the phrasings read, and may add to it (`loaders.reader`) where something is known
    of two of the concepts. At most one relation for a pair of concepts (and its reverse). Nothing for a sentence of
    more than `MAX_SENTENCE` characters: its patterns are quadratic at worst, and no note needs so long a one.
    """
    if sentence.asks or len(sentence.text) > MAX_SENTENCE or _points_elsewhere(sentence.written):
        return []
    if len({*(m.concept for m in sentence.mentions), *sentence.subject}) < 2:
        return []
    found: dict[frozenset[str], Relation] = {}
    mentions = _appositions(sentence, lexicon)
    marked = Marked(sentence.text, mentions)
    written = forms(marked)
    for rule, form, match in readings(written, written[0].language):
        negatable = rule.type is not RelationType.CONTRASTS_WITH and not rule.denies
        if negatable and is_negated(form, match.start, match.end):
            continue
        if rule.type not in _CONDITIONAL and is_supposed(form, match.start, match.end):
            continue
        for relation in _read(rule, match, form, sentence, source, lexicon):
            pair = frozenset((relation.source, relation.target))
            old = found.get(pair)
            same = old is not None and (old.evidence[0].rule, old.key) == (rule.name, relation.key)
            if old is None or (same and relation.confidence > old.confidence):
                found[pair] = relation
    if not found and not (judge and lexicon.relates({*(m.concept for m in marked.mentions), *sentence.subject})):
        return []
    if is_disbelieved(written[0]):
        return []
    if judge is None:
        return list(found.values())
    tight = written[-1]
    if tight.language == "en":  # without separators, in any language
        tight = marked.tight("en", brackets=True)
    return judge(tight, list(found.values()))


# A link to another site with no word beside it, or an entry of a list of references: a title is no statement.
_REFERENCE = re.compile(
    r"\W{0,4}(?:\d{1,3}[.)、]\s*)?\[[^\]]{1,300}\]\(https?://[^\s)]{1,2000}\)\W{0,4}"
    r"|\W{0,4}\[\^?\d{1,3}\]:?\s(?=.{0,400}(?:\[[A-Z](?:/[A-Z]{2})?\]|\bet al\b|arxiv|https?://|\b(?:19|20)\d\d\b)).*",
    re.IGNORECASE | re.DOTALL,
)


def _points_elsewhere(written: str) -> bool:
    """Tell whether a sentence only names what can be read elsewhere."""
    return "[" in written and _REFERENCE.fullmatch(written) is not None


def _appositions(sentence: Sentence, lexicon: Lexicon) -> list[Mention]:
    """Return the mentions with those made one that stand side by side and name one thing: "优化器 Adam" is Adam."""
    out: list[Mention] = []
    for mention in sentence.mentions:
        last = out[-1] if out else None
        if last is not None and not sentence.text[last.extent[1] : mention.extent[0]].strip():
            extent = (last.extent[0], mention.extent[1])
            named = sentence.text[slice(*mention.span)]
            category = is_category(sentence.text[slice(*last.extent)]) and named[:1].isascii() and named[:1].isupper()
            if last.concept == mention.concept or category or lexicon.is_kind_of(mention.concept, last.concept):
                out[-1] = mention._replace(extent=extent)
                continue
            if lexicon.is_kind_of(last.concept, mention.concept) and not mention.compound:
                out[-1] = last._replace(extent=extent, compound=False)
                continue
        out.append(mention)
    return out


def _read(
    rule: Rule, match: Match, form: Encoded, sentence: Sentence, source: str, lexicon: Lexicon
) -> Iterator[Relation]:
    if rule.pairs:
        row = match.slots.get("L", ())
        for n, one in enumerate(row):
            for other in row[n + 1 :]:
                ends = Ends(one.concept, other.concept, one, several=True, shown_b="", lexicon=lexicon)
                yield from _relation(rule, match, ends, form, sentence, source)
        return
    start, stop = rule.source or ("S" if "S" in match.slots or "A" not in match.slots else "A"), rule.target
    sources = _slot(rule, start, match, form, sentence, lexicon)
    targets = _slot(rule, stop, match, form, sentence, lexicon)
    listed = match.slots.get("B" if stop != "S" else stop, ())
    several = len({m.concept for m in listed}) > 1
    for a, mention in sources:
        if mention is not None and rule.type is not RelationType.COMBINES and _is_summand(mention, sentence.text):
            continue
        for b, target in targets:
            if a != b:
                shown = sentence.text[slice(*target.extent)] if target else ""
                silent = match.carried and "S" not in match.slots
                ends = Ends(a, b, mention, several=several, shown_b=shown, lexicon=lexicon, carried=silent)
                yield from _relation(rule, match, ends, form, sentence, source)


def _is_summand(mention: Mention, text: str) -> bool:
    """Tell whether a plus sign makes another thing of it: what "GBDT+FM" does, neither of the two does."""
    start, end = mention.extent
    return "+" in {text[max(0, start - 2) : start].rstrip()[-1:], text[end : end + 2].lstrip()[:1]}


def _slot(
    rule: Rule, name: str, match: Match, form: Encoded, sentence: Sentence, lexicon: Lexicon
) -> Sequence[tuple[str, Mention | None]]:
    """Return the concepts of a slot; for an unnamed subject, that of the clauses before or of the sentence."""
    if name in match.slots:
        named: Sequence[Mention] = match.slots[name]
        if name == "S" or (name == "A" and rule.type in {RelationType.CONTRASTS_WITH, RelationType.APPLIED_TO}):
            named = named_subject(form, match.start, named, being=rule.type in _BEING)
        return [(m.concept, m) for m in named]
    if name != "S":
        return []
    mentions = clause_subject(form, match.start, lexicon)
    if not mentions and rule.type is not RelationType.SOLVES and is_told(form, match.start):
        return []
    if mentions is None:
        return [(c, None) for c in sentence.subject if _acts(c, lexicon)]
    return [(m.concept, m) for m in mentions]


def _acts(concept: str, lexicon: Lexicon) -> bool:
    """Tell whether a concept can be what a sentence goes on about: not the mere title of a section."""
    term = lexicon.terms.get(concept)
    if term is None or term.known or len(term.names) > 1:
        return True
    return term.kind is not ConceptKind.OTHER if is_cjk(term.name) else len(term.name.split()) < 2


def _relation(
    rule: Rule, match: Match, ends: Ends, form: Encoded, sentence: Sentence, source: str
) -> Iterator[Relation]:
    if ends.a == ends.b or ends.everyday() or (rule.needs and not CONDITIONS[rule.needs](ends)):
        return
    kind = rule.type
    if rule.needs in PARTS_OR_KINDS and not ends.related():
        kind = RelationType.PART_OF
    confidence = rule.confidence * (_CARRIED if match.carried and "S" not in match.slots else 1.0)
    info = RELATION_TYPES[kind]
    line = line_in(sentence, form, match.start)
    evidence = Evidence(source, line, sentence.written, rule.name)
    group = f"{ends.a}@{source}:{line}" if kind is RelationType.COMBINES else None
    made = Relation(ends.a, kind, ends.b, Origin.STATED, round(confidence, 3), (evidence,), (), group)
    yield made.canonical() if info.symmetric else made


def line_in(sentence: Sentence, form: Encoded, at: int) -> int:
    """Return the 1-based line in the file of the character `at` of a sentence's encoded form."""
    if "\n" not in sentence.text:
        return sentence.line
    stripped = sentence.text.lstrip()
    offsets = form.offsets()
    offset = offsets[min(at, len(offsets) - 1)] if offsets else 0
    return sentence.line + stripped.count("\n", 0, max(0, offset - len(sentence.text) + len(stripped)))
