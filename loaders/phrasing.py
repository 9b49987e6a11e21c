"""Phrasings as data: templates over concepts, compiled to patterns.

A template is a regular expression over an encoded sentence (`loaders.encoding`). English ones are made of words
(`loaders.wording`); Chinese ones are regular expressions with these words of their own:

    {S}       the subject; where a template begins `{S}{adv}` it may be missing from a clause (then it is carried)
    {A} {B}   an enumeration of concepts (`A、B 和 C`, `A, B and C`), as long as it can be
    {C}       the same as {B}, after its owner if it has one: in `Adagrad 的学习率消失` the problem
    {L}       one of two or more, related pair by pair
    {adv}     adverbs of the language, any number
    ~  ~~     a gap: short and without a concept or a negation; longer, within the clause, with anything
    {end}     the clause ends here
    M         one concept; <list> is an enumeration, and so is any other name of the table's `words` and `grammar`

Gaps are bounded and enumerations match possessively; the worst sentence found costs time quadratic in its length, and
no sentence of more than `MAX_SENTENCE` characters is read. A negation in the clause of a match, up to its
end, undoes it (`is_negated`; comparisons apart); a sentence that reports an error states nothing (`is_disbelieved`).

A sentence has the words of few templates. `readings` tries only those that it may match (`loaders.needs`), and a
template is compiled when a sentence first asks for it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graph.model import RelationType
from graph.names import is_cjk
from loaders.encoding import FIRST_CONCEPT, LAST_CONCEPT, MAX_SENTENCE, Encoded, Marked, encode
from loaders.mentions import Mention
from loaders.needs import CONCEPT, Needs, WordIndex, led, needs
from loaders.patterns import load_table
from loaders.tokens import CONCEPT_MARK
from loaders.wording import english_grammar, expression, general_expression, lead, template_words

__all__ = [
    "MAX_SENTENCE",
    "Match",
    "Rule",
    "Template",
    "chinese_openers",
    "chinese_silence",
    "forms",
    "heads",
    "is_disbelieved",
    "is_negated",
    "is_supposed",
    "phrasings",
    "readings",
]

_M = f"[{FIRST_CONCEPT}-{LAST_CONCEPT}]"


@dataclass(frozen=True, slots=True)
class Match:
    """A template matched: the mentions in each slot, and where in the sentence; `carried` if {S} was not named."""

    slots: dict[str, tuple[Mention, ...]]
    start: int
    end: int
    carried: bool


@dataclass(slots=True, eq=False)
class Template:
    """One way of writing of a rule, as a pattern over encoded sentences, and what a sentence needs for it to match.

    `carried`: the subject is left out, so that a match begins where a clause does.
    """

    expression: str
    needs: Needs
    carried: bool
    _pattern: re.Pattern[str] | None = field(default=None, init=False)

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern; made when it is first asked for."""
        if self._pattern is None:
            self._pattern = re.compile(self.expression)
        return self._pattern

    def matches(self, sentence: Encoded, starts: Sequence[int] | None = None) -> Iterator[Match]:
        """Yield every match, from left to right; only at `starts`, if it is known that none begins elsewhere."""
        found = self.pattern.finditer(sentence.text) if starts is None else _at(self.pattern, sentence.text, starts)
        for match in found:
            slots = {k: sentence.concepts(v) for k, v in match.groupdict().items() if v}
            named = "S" in slots or "S" not in match.re.groupindex
            yield Match(slots, match.start(), match.end(), self.carried or not named)


def _at(pattern: re.Pattern[str], text: str, starts: Sequence[int]) -> Sequence[re.Match[str]]:
    """Return the matches that begin at one of `starts`, none within another."""
    found = [match for start in starts if (match := pattern.match(text, start))]
    if len(found) < 2:
        return found
    apart, end = [], 0
    for match in found:
        if match.start() >= end:
            end = match.end()
            apart.append(match)
    return apart


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a language's table: what it reads, how sure it is, and its templates."""

    name: str
    type: RelationType
    confidence: float
    templates: tuple[Template, ...]
    source: str | None
    target: str
    needs: str | None
    pairs: bool
    denies: bool = False  # its templates hold the negation: what does not have a problem solves it

    def matches(self, sentence: Encoded) -> Iterator[Match]:
        """Yield every match, template by template, from left to right; tries them all."""
        for template in self.templates:
            yield from template.matches(sentence)


@cache
def _denials(language: str) -> tuple[re.Pattern[str], ...]:
    table = load_table(f"{language}.yaml")
    return tuple(led(table.get(key, "(?!)")) for key in ("negations", "disbeliefs", "suppositions"))


def is_negated(form: Encoded, start: int, end: int) -> bool:
    """Tell whether a negation stands in the clause of a match, before its end: in it or to its left."""
    return _in_clause(form, start, end, 0)


def is_supposed(form: Encoded, start: int, end: int) -> bool:
    """Tell whether the clause of a match, up to its end, is a condition or says that something might be."""
    return _in_clause(form, start, end, 2)


def _in_clause(form: Encoded, start: int, end: int, which: int) -> bool:
    before = form.plain[: start + 1]
    clause = max(before.rfind(","), before.rfind(";"), before.rfind("。"), before.rfind(".")) + 1
    return _denials(form.language)[which].search(form.plain[min(clause, start) : end]) is not None


def is_disbelieved(form: Encoded) -> bool:
    """Tell whether a sentence says of what it says that it is not so, or only supposed."""
    return _denials(form.language)[1].search(form.plain) is not None


@cache
def phrasings(language: str) -> tuple[Rule, ...]:
    """Return the rules of `zh` or `en`, in the order in which they are tried."""
    table = load_table(f"{language}.yaml")
    return tuple(_rule(row, language) for row in table["rules"])


def forms(marked: Marked) -> list[Encoded]:
    """Return the forms in which a sentence is read: without what stands in brackets, and with it.

    In English also one with the words spelled out that templates use and that have been taken for concepts.
    """
    text = marked.written
    bracketed = "(" in text or "（" in text
    if is_cjk(text):
        first = marked.tight("zh", brackets=False)
        if is_cjk(first.text):  # what is left beside the names: a gloss is no sentence
            return [first, *([marked.tight("zh", brackets=True)] if bracketed else [])]
    found = [marked.tokens(brackets=False), *([marked.tokens(brackets=True)] if bracketed else [])]
    words = template_words()
    names = [(m, " ".join(text[slice(*m.span)].casefold().split())) for m in marked.mentions]
    kept = [m for m, name in names if name not in words and name.removesuffix("s") not in words]
    if len(kept) < len(names):
        found.append(encode(text, kept, language="en", brackets=bracketed))
    return found


@cache
def heads(language: str) -> tuple[Rule, ...]:
    """Return the rules for what a head says of its items; their templates match a whole head."""
    table = load_table(f"{language}.yaml")
    return tuple(_rule(row, language, whole=True) for row in table["heads"])


@dataclass(frozen=True, slots=True)
class _Index:
    """A language's templates, numbered in order: the rule of each, and what each needs."""

    rows: tuple[tuple[int, Rule, Template], ...]
    words: WordIndex
    concept: re.Pattern[str]  # where a concept begins
    lead: re.Pattern[str]  # where a template with a carried subject may match


@cache
def _index(language: str) -> _Index:
    rows = tuple((n, rule, t) for n, rule in enumerate(phrasings(language)) for t in rule.templates)
    begin = lead() if language == "en" else _grammar(language)["lead"]
    concept = CONCEPT_MARK if language == "en" else _M
    return _Index(rows, WordIndex([t.needs for _, _, t in rows]), re.compile(concept), re.compile(f"(?={begin})"))


def readings(forms: Sequence[Encoded], language: str) -> Iterator[tuple[Rule, Encoded, Match]]:
    """Yield what the rules of a language read in the forms of one sentence: by rule, by form, by template, by place.

    The same as trying every rule on every form, in far less time.
    """
    index = _index(language)
    todo: list[tuple[int, int, int]] = []
    starts: list[tuple[list[int], list[int]]] = []
    for n, form in enumerate(forms):
        concepts = [m.start() for m in index.concept.finditer(form.text)]
        candidates = index.words.candidates(form.text, len(concepts))
        carried = any(index.rows[k][2].carried for k in candidates)
        starts.append((concepts, [m.start() for m in index.lead.finditer(form.text)] if carried else []))
        todo += [(index.rows[k][0], n, k) for k in candidates]
    for _, n, k in sorted(todo):
        _, rule, template = index.rows[k]
        places = None
        if template.carried or template.needs.opens:
            concepts, leads = starts[n]
            places = leads if template.carried else concepts
            if template.needs.concepts:  # a match has all its concepts behind its start
                places = places[: bisect_right(places, concepts[-template.needs.concepts])]
        for match in template.matches(forms[n], places):
            yield rule, forms[n], match


@cache
def chinese_openers() -> tuple[re.Pattern[str], ...]:
    """Return what finds, as group S, whom the clauses after a clause go on about when they do not say; first wins."""
    return tuple(_chinese(pattern, carried=False).pattern for pattern in load_table("zh.yaml")["subjects"])


@cache
def chinese_silence() -> re.Pattern[str]:
    """Return what a clause begins with that leaves its subject out too, so that the clauses before it may tell."""
    return _chinese(load_table("zh.yaml")["silence"], carried=False).pattern


def _rule(row: Mapping[str, Any], language: str, *, whole: bool = False) -> Rule:
    build = _english if language == "en" else _chinese
    templates: list[Template] = []
    for written in row["templates"]:
        template = build(written, carried=False)
        templates.append(_as_head(written, template, language) if whole else template)
        if written.startswith(("{S}{adv}", "{S} {adv}")):
            templates.append(build(written, carried=True))
    return Rule(
        row["rule"],
        RelationType(row["type"]),
        float(row["confidence"]),
        tuple(templates),
        row.get("from"),
        row.get("to", "B"),
        row.get("needs"),
        bool(row.get("pairs")),
        bool(row.get("denies")),
    )


def _either(words: Sequence[str]) -> str:
    return "|".join(re.escape(str(w)) for w in sorted(words, key=lambda w: -len(str(w))))


_LONE_M = re.compile(r"(?<![A-Za-z\\<])M(?![A-Za-z>])")
_NAMED = re.compile("<([a-z][a-z-]*)>")  # the names of groups are capitals
_SLOTS = {"{S}": "<s>", "{A}": "<a>", "{B}": "<b>", "{C}": "<c>", "{L}": "<l>", "{adv}": "<adv>", "{end}": "<end>"}
_GAPS = {"~~": "<far>", "~": "<gap>"}


@cache
def _grammar(language: str) -> dict[str, str]:
    """Return what a language's `<names>` stand for: its word lists as alternatives, its `grammar` as it is."""
    table = load_table(f"{language}.yaml")
    grammar = {name: f"(?:{_either(words)})" for name, words in table["words"].items()}
    for name, pattern in table["grammar"].items():  # a pattern may use the names above it
        grammar[name] = _NAMED.sub(lambda m: grammar[m[1]], pattern)
    return grammar


_OPEN = {  # no narrower than what these stand for in any language: what a template needs is read off this form
    "s": CONCEPT,
    "a": f"(?:.*){CONCEPT}(?:.*)",
    "b": f"(?:.*){CONCEPT}(?:.*)",
    "c": f"(?:.*){CONCEPT}(?:.*)",
    "l": CONCEPT,
    "list": CONCEPT,
    "adv": "(?:.*)",
    "gap": "(?:.*)",
    "far": "(?:.*)",
    "lead": "(?:.*)",
    "end": "",
    "tail": "",
}


def _as_head(written: str, template: Template, language: str) -> Template:
    """Return a template for whole heads; what may stand before it is narrower where it names a thing, or none."""
    grammar = english_grammar() if language == "en" else _grammar(language)
    before = "head-silent" if "{" not in written else "head-open" if written.startswith("{") else "head-before"
    return Template(f"{grammar[before]}{template.expression}{grammar['head-after']}$", template.needs, carried=False)


def _english(written: str, *, carried: bool) -> Template:
    general = needs(general_expression(written, carried=carried, concept=CONCEPT))
    return Template(expression(written, carried=carried), general, carried)


def _chinese(written: str, *, carried: bool) -> Template:
    grammar = _grammar("zh")
    body = "<lead>" + written.removeprefix("{S}") if carried else written
    if written.endswith(("{A}", "{B}", "{C}")):
        body += "<tail>"
    for word, name in (_SLOTS | _GAPS).items():
        body = body.replace(word, name)
    expression = _NAMED.sub(lambda m: grammar[m[1]], body)
    general = _NAMED.sub(lambda m: _OPEN[m[1]] if m[1] in _OPEN else grammar[m[1]], body)
    return Template(_with_concepts(expression, _M), needs(_with_concepts(general, CONCEPT)), carried)


def _with_concepts(pattern: str, concept: str) -> str:
    """Return a pattern in which `M` is the class (or the character) that stands for a concept."""
    return _LONE_M.sub(concept, pattern.replace("[^M", f"[^{concept.strip('[]')}"))
