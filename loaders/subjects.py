"""Whom a clause speaks of when it leaves its subject out: the concept that the clauses before it are about, or nobody.

"BERT stacks encoders and uses WordPiece", "Randomly drops units to prevent overfitting", "It was proposed in 2014,
reducing the need for ...": the subject stands at the beginning of a clause before, or in no clause of the sentence;
then the sentence's own subject (`Sentence.subject`) is meant. Where a clause has another subject, which is no
concept ("we use dropout to prevent overfitting"), nobody is meant.
"""

import re
from collections.abc import Sequence

from graph.model import ConceptKind
from loaders.encoding import Encoded
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.phrasing import chinese_openers, chinese_silence
from loaders.tokens import CONCEPT_MARK
from loaders.wording import clause_openers

__all__ = ["clause_subject", "is_told", "named_subject"]

_KINDS_SAID_IN_PASSING = {ConceptKind.PROPERTY, ConceptKind.TOPIC, ConceptKind.PROBLEM}


def is_told(form: Encoded, at: int) -> bool:
    """Tell whether the clause that begins at `at` tells the reader what to do: "Use a validation set"."""
    return form.language == "en" and clause_openers().imperative.match(form.text, at) is not None


def clause_subject(form: Encoded, at: int, lexicon: Lexicon) -> tuple[Mention, ...] | None:
    """Return the concepts that the clause beginning at `at` leaves out; none if somebody else is meant.

    None if the sentence does not say.
    """
    if form.language == "zh":
        for clause in reversed(_clauses(form.text, at, ",;:。.")):
            if opening := form.concepts(found := _chinese_opening(clause)):
                return opening if found == clause else _acting(opening, lexicon)
            if clause and not chinese_silence().match(clause):
                return ()
        return None
    return _english(form, at)


def _acting(mentions: Sequence[Mention], lexicon: Lexicon) -> tuple[Mention, ...]:
    """Return those that later clauses can go on about; a property or a topic is said in passing."""
    terms = [(m, lexicon.terms.get(m.concept)) for m in mentions]
    return tuple(m for m, term in terms if term is None or term.kind not in _KINDS_SAID_IN_PASSING)


def _clauses(text: str, before: int, marks: str) -> list[str]:
    """Return the clauses of `text` that lie before an offset."""
    out, start = [], 0
    for i in range(before):
        if text[i] in marks:
            out.append(text[start:i])
            start = i + 1
    if start < before:
        out.append(text[start:before])
    return out


def _chinese_opening(clause: str) -> str:
    """Return the concepts that a clause begins with, or says are proposed, if later clauses are about them."""
    for pattern in chinese_openers():
        if match := pattern.search(clause):
            return match["S"]
    return ""


def named_subject(form: Encoded, at: int, mentions: Sequence[Mention], *, being: bool) -> Sequence[Mention]:
    """Return whom a clause speaks of whose subject, written at `at`, are `mentions`: in "X is a Y that", X.

    Nobody if they only go with another noun: "the output from X". What is said of the output of X, too, is not said of
    X if it says what that is (`being`).
    """
    if form.language == "zh":
        return mentions
    at = form.place(mentions[0], at) - 1  # behind the words that only qualify it
    start = max(form.text.rfind(mark, 0, at) for mark in ";.") + 1
    openers = clause_openers()
    if start < at and is_told(form, max(0, start - 2)):  # "Implement X with Y" says nothing of X
        return ()
    head = openers.head.search(form.text, start, at)
    if head and not openers.oblique.search(form.text, start, head.start()):
        return form.concepts(head["S"])
    if openers.oblique.search(form.text, start, at) or (being and openers.attributive.search(form.text, start, at)):
        return ()
    return mentions


_RELATIVE = re.compile(r"[\x01- ](?:,[\x01- ])?(?:which|that|who)(?=[\x01- ]|$)")
_LAST = re.compile(r"\x1f(.)$")
_INDEFINITE = re.compile(r"[\x01- ]+(?:an?|one)(?=[\x01- ])")
_LABEL = 40  # characters of a label
_CONCEPTLESS = "".join(map(chr, range(1, 33)))


def _english(form: Encoded, at: int) -> tuple[Mention, ...] | None:
    openers = clause_openers()
    if openers.gerund.match(form.text, at):  # "Using A, we": its subject comes later
        return ()
    before = form.text[:at]
    if _RELATIVE.match(form.text, at) and (last := _LAST.search(before.rstrip(",\x01\x02\x03 "))):
        relative = form.concepts(last[1])
        return tuple(named_subject(form, last.start(), relative, being=False)) or relative
    end = at
    for clause in reversed(_clauses(before, at, ",;:—()")):
        label = form.text[end:].lstrip(_CONCEPTLESS)[:1] in {":", "—"}
        end -= len(clause) + 1
        if found := openers.named.match(clause):
            if end > 0 and found.end() == len(clause) and _INDEFINITE.match(clause):
                continue  # "Dropout, a regularizer, prevents": what the one before is
            return form.concepts(found["S"])
        if clause.strip(_CONCEPTLESS) and not openers.silent.match(clause):
            if label and clause.count(CONCEPT_MARK) == 0 and len(clause) < _LABEL:  # "Idea: reduces ..."
                continue
            return ()
    return None
