"""What notes say of names, before it is decided which of them are terms: sums, document by document.

    blocks -> names with the places they stand in, names of one thing, runs of words, people

What several documents say adds up, in any order, and what one of them said can be taken out again: so of many documents
only those that changed need be read (`loaders.rereading`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from graph.names import name_key
from loaders.candidates import Candidate
from loaders.chunks import runs_of
from loaders.document import Document
from loaders.introductions import Introduction, introductions
from loaders.lexicon import Lexicon
from loaders.needs import led
from loaders.terms import read_heading, topic_phrase

__all__ = ["Gathered", "gather"]

_T = TypeVar("_T")

_QUOTED = re.compile(r"《[^《》\n]{1,200}》|\"[^\"\n]{20,200}\"|“[^“”\n]{25,200}”")  # titles and examples
_OPENS = re.compile(r"(?:^|[.。!！?？:：;；\n])[\s*_\"“'(（-]*\Z")
_SENTENCE_CASE = re.compile(r"[A-Z][a-z]+(?: [a-z][a-z'-]*)*")
_WHO = r"[A-Z][A-Za-z.-]*(?: [A-Z][A-Za-z.-]*){0,3}"
_PERSON = led(
    rf"({_WHO})(?:\s*(?:等人?(?:\s*(?:提出|于|在|的|首次)|$)|教授|博士|团队)| et\.? al\b)|"
    rf"(?:由|(?:19|20)\d\d\s*年[，,]?\s*(?:由|的)?)\s*({_WHO})(?:\s*(?:和|与|、|及|以及)\s*({_WHO}))?[^，。；\n]{{0,30}}?(?:提出|发明|发表)"
)
_MAX_RUN = 40  # characters of a run of words that is looked at


class Gathered:
    """All candidates of some documents, and which names are one thing's."""

    __slots__ = ("block", "candidates", "outline", "people", "runs", "ties", "topics")

    def __init__(self) -> None:
        self.candidates: dict[str, Candidate] = {}
        self.ties: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)  # key of the first name -> its others
        self.topics: Counter[str] = Counter()  # what headings over headings name
        self.outline: Counter[str] = Counter()  # what headings without a text of their own name: an outline has no less
        self.people: Counter[str] = Counter()
        self.runs: dict[str, list[int]] = {}  # a run as written -> times, blocks, the last block counted
        self.block = 0

    # -- reading ----------------------------------------------------------------------------------------------------

    def read(self, document: Document, lexicon: Lexicon) -> None:
        """Add what a document says."""
        above = {b.parent for b in document.blocks if b.kind == "heading"}
        filled = {b.parent for b in document.blocks if b.kind != "heading"}
        texts = [_QUOTED.sub(lambda m: " " * len(m.group()), b.readable) for b in document.blocks]
        runs = runs_of(texts)
        for i, block in enumerate(document.blocks):
            self.block += 1
            if block.kind == "heading":
                heading = read_heading(block.readable, lexicon)
                names = heading.names
                if i in above and not names and not heading.concepts and (topic := topic_phrase(block.readable)):
                    names = (topic,)
                if names:
                    place = "topic" if i in above else "heading" if i in filled else "empty-heading"
                    self._add(Introduction(names, place))
                    if place != "heading":
                        self.outline[name_key(names[0])] += 1
                    if i in above:
                        self.topics[name_key(names[0])] += 1
            for introduction in introductions(block, runs[i], lexicon):
                self._add(introduction)
            text = texts[i]
            self.people.update(name_key(n) for m in _PERSON.finditer(text) for n in m.groups() if n)
            for start, end in runs[i]:
                run = text[start:end]
                if _SENTENCE_CASE.fullmatch(run) and _OPENS.search(text[max(0, start - 8) : start]):
                    run = run[0].lower() + run[1:]  # its capital says nothing
                if end - start <= _MAX_RUN:
                    self._run(run)

    def _run(self, text: str) -> None:
        """Count a run of words: most are seen once and come to nothing, so that little is done here."""
        row = self.runs.get(text)
        if row is None:
            self.runs[text] = [1, 1, self.block]
        else:
            row[0] += 1
            if row[2] != self.block:
                row[1] += 1
                row[2] = self.block

    def _add(self, introduction: Introduction) -> None:
        for name in introduction.names:
            self._count(name, introduction.place)
        if len(introduction.names) > 1:
            self.ties[name_key(introduction.names[0])][introduction.names] += 1

    def _count(self, name: str, place: str) -> None:
        key = name_key(name)
        if not key:
            return
        candidate = self.candidates.get(key)
        if candidate is None:
            candidate = self.candidates[key] = Candidate()
        candidate.written[" ".join(name.split())] += 1
        if candidate.last != self.block:
            candidate.last = self.block
            candidate.blocks += 1
        candidate.places[place] = candidate.places.get(place, 0) + 1

    # -- sums ---------------------------------------------------------------------------------------------------------

    def add(self, other: "Gathered", times: int = 1) -> None:
        """Add what other documents say; with -1 as `times`, take it out again. Linear in `other`."""
        for key, theirs in other.candidates.items():
            mine = self.candidates.get(key)
            if mine is None:
                mine = self.candidates[key] = Candidate()
            _sum(mine.written, theirs.written, times)
            _sum(mine.places, theirs.places, times)
            mine.blocks += times * theirs.blocks
            if not mine.blocks:
                del self.candidates[key]
        for key, names in other.ties.items():
            _sum(self.ties[key], names, times)
            if not self.ties[key]:
                del self.ties[key]
        for sums, more in ((self.topics, other.topics), (self.outline, other.outline), (self.people, other.people)):
            _sum(sums, more, times)
        for text, (count, blocks, _) in other.runs.items():
            row = self.runs.get(text)
            if row is None:
                row = self.runs[text] = [0, 0, -1]
            row[0] += times * count
            row[1] += times * blocks
            if not row[0]:
                del self.runs[text]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; the inverse of `from_json`."""
        return {
            "candidates": {key: [c.written, c.places, c.blocks] for key, c in self.candidates.items()},
            "ties": [[names, times] for rows in self.ties.values() for names, times in rows.items()],
            "topics": self.topics,
            "outline": self.outline,
            "people": self.people,
            "runs": {text: row[:2] for text, row in self.runs.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave."""
        made = cls()
        made.candidates = {
            key: Candidate(Counter(written), places, blocks)
            for key, (written, places, blocks) in value["candidates"].items()
        }
        for names, times in value["ties"]:
            made.ties[name_key(names[0])][tuple(names)] = times
        made.topics, made.outline = Counter(value["topics"]), Counter(value["outline"])
        made.people = Counter(value["people"])
        made.runs = {text: [times, blocks, -1] for text, (times, blocks) in value["runs"].items()}
        return made


def _sum(sums: dict[_T, int], more: Mapping[_T, int], times: int) -> None:
    for key, count in more.items():
        total = sums.get(key, 0) + times * count
        if total:
            sums[key] = total
        else:
            del sums[key]


def gather(document: Document, lexicon: Lexicon) -> Gathered:
    """Return what one document says of names. Linear in its text."""
    gathered = Gathered()
    gathered.read(document, lexicon)
    return gathered
