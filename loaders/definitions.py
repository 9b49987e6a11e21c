"""What notes say a concept is: of all sentences that could be its definition, the one that reads most like one.

A sentence may define a concept in three ways: it begins with its name and goes on to say what it is (`X is a ...`,
X 是指 ...); it stands behind the name that heads an item or a paragraph (`**X**: drops units`); it is the first below a
heading that names X alone. How much each reads like a definition is told by the phrases in `patterns/definitions.yaml`.
The best wins, the first of equals; a list, a remark on who proposed X or how good it is, and a question define nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from graph.model import ConceptKind, Evidence
from graph.names import is_cjk
from loaders.document import Document
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.patterns import load_table
from loaders.prerequisites import Definition
from loaders.sentences import Sentence, can_act, head_span

__all__ = ["Definitions"]

_MAX = 300
_OPENING, _HEADED, _SAID = 1, 2, 3  # ranks: the first below a heading, behind a head, said of its subject
_MIN = 6  # characters that say what a thing is
_MIN_OPENING = 10  # of a sentence that does not name it
_CLAUSE_ENDS = re.compile(
    r"[，。；;.!?]|,(?!\w)|(?<=[^\x00-\x7f]),|\b(?:for|to|in order to|used)\b|用于|应用|适用|主要|常用|为了|从而|可以"
)
_NO_PARTS = {ConceptKind.TOPIC, ConceptKind.TOOL, ConceptKind.PROPERTY, ConceptKind.EXERCISE}
_RULE = "definition.mentions"
_NUMBER = re.compile(r"^\s*(?:[(（]?\d{1,2}[)）.、:：]\s*|[①-⑳]\s*|[-*•+]\s+)+")
_MARKS = " \t\n*_`\"'“”‘’《》"
_GLOSS = re.compile(r"[\s*_”\"'）)]*(?:[(（][^()（）\n]{1,120}[)）])?[\s*_,，]*")
_COLON = re.compile(r"[:：]|\s*——?\s*|\s+[-–]{1,2}\s+")
_VERBLESS = re.compile(r"[\s、,，/;；+&.。()（）]|和|与|及|或|等|\band\b|\bor\b|\betc\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Phrases:
    strong: re.Pattern[str]
    weak: re.Pattern[str]
    others: re.Pattern[str]
    praise: re.Pattern[str]
    remarks: re.Pattern[str]
    labels: re.Pattern[str]
    against: re.Pattern[str]


@cache
def _phrases() -> _Phrases:
    table = load_table("definitions.yaml")

    def either(key: str) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in (*table[key]["zh"], *table[key]["en"])), re.IGNORECASE)

    labels = "|".join(map(re.escape, table["labels"]))
    zh, en = ("|".join(map(re.escape, table["remarks"][language])) for language in ("zh", "en"))
    return _Phrases(
        either("strong"),
        either("weak"),
        either("others"),
        either("praise"),
        re.compile(rf"(?:{zh})|(?:{en})\b", re.IGNORECASE),
        re.compile(rf"\s*[*_]*(?:{labels})[*_]*\s*[:：]\s*[*_]*\s*", re.IGNORECASE),
        re.compile(table["against"], re.IGNORECASE),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A definition, how much it reads like one, and what it mentions besides."""

    text: str
    rank: int
    by: Definition


class Definitions:
    """The definitions of one document's concepts. Tell it every sentence in reading order (`offer`)."""

    def __init__(self, document: Document, headings: Mapping[int, Sequence[str]], lexicon: Lexicon) -> None:
        self._document = document
        self._lexicon = lexicon
        self._headings = headings
        self._best: dict[str, _Found] = {}
        self._opened: set[int] = set()  # headings whose first sentence was told

    def __getitem__(self, concept: str) -> str | None:
        """Return the definition of a concept, without marks; None if there is none."""
        found = self._best.get(concept)
        return found.text if found else None

    @property
    def sources(self) -> dict[str, Definition]:
        """What the definitions mention, by the concept that they define."""
        return {concept: found.by for concept, found in self._best.items()}

    def offer(self, sentence: Sentence) -> None:
        """Take a sentence for the definition of what it defines, if it reads more like one than the last."""
        opens = self._opens(sentence)
        if sentence.asks:
            return
        label = _phrases().labels.match(sentence.text)
        start = label.end() if label else (n.end() if (n := _NUMBER.match(sentence.text)) else 0)
        first = next((m for m in sentence.mentions if not m.compound and m.extent[0] >= start), None)
        if first is not None and not sentence.text[start : first.extent[0]].strip(_MARKS + "(（The the"):
            self._take(first.concept, sentence, start, self._named(sentence, first))
        elif opens is not None and (label or self._is_predicate(sentence, start)):
            self._take(opens, sentence, start, _OPENING)

    def _opens(self, sentence: Sentence) -> str | None:
        """Return the concept under whose own heading a sentence is the first."""
        parent = self._document.blocks[sentence.block].parent
        if parent is None or parent in self._opened or self._document.blocks[parent].kind != "heading":
            return None
        self._opened.add(parent)
        named = self._headings.get(parent, ())
        return named[0] if len(named) == 1 else None

    def _named(self, sentence: Sentence, first: Mention) -> int:
        """Return how much a sentence that begins with a concept reads like its definition: 0 for not at all."""
        end = _GLOSS.match(sentence.text, first.extent[1]).end()  # type: ignore[union-attr]  # it matches nothing, too
        if colon := _COLON.match(sentence.text, end):
            return self._headed(sentence, first, colon.end())
        return _rank(sentence.text, end)

    def _headed(self, sentence: Sentence, first: Mention, start: int) -> int:
        """Return how much what stands behind a head says what the head is."""
        block = self._document.blocks[sentence.block]
        head = head_span(block)
        rest = sentence.text[start:].strip(_MARKS)
        if head is None or sentence.start > head[0] or len(rest) < _MIN or rest.endswith((":", "：")):
            return 0
        inside = [m for m in sentence.mentions if m.span[0] >= start and not m.compound]
        if _is_list(sentence.text, start, inside) or _phrases().remarks.match(rest):
            return 0
        if not can_act(first.concept, self._lexicon):  # an aspect of the thing above, unless it is said what it is
            return _rank(sentence.text, start)
        begins = next((m for m in inside if not sentence.text[start : m.extent[0]].strip(_MARKS)), None)
        if begins is not None and begins.concept == first.concept:
            return _rank(sentence.text, _GLOSS.match(sentence.text, begins.extent[1]).end()) or _HEADED  # type: ignore[union-attr]
        return 0 if begins is not None else _HEADED  # another thing is spoken of

    def _is_predicate(self, sentence: Sentence, start: int) -> bool:
        """Tell whether the first sentence under a heading speaks of the heading's thing without naming it."""
        text = sentence.text[start:].strip(_MARKS)
        first = next((m for m in sentence.mentions if not m.compound), None)
        subject = first is not None and not sentence.text[: first.extent[0]].strip(_MARKS)
        if subject or len(text) < _MIN_OPENING or _phrases().remarks.match(text):
            return False
        return ":" not in text and "：" not in text and not (text.startswith("在") and is_cjk(text))

    def _take(self, concept: str, sentence: Sentence, start: int, rank: int) -> None:
        text = " ".join(sentence.text[start:].split()).strip("*_ ").rstrip(";；:： ")
        old = self._best.get(concept)
        if rank == 0 or len(text) < _MIN or len(text) > _MAX or (old is not None and old.rank >= rank):
            return
        others = dict.fromkeys(self._parts(sentence, start) if rank in {_OPENING, _SAID} else ())
        others.pop(concept, None)
        evidence = Evidence(self._document.source.path, sentence.line, sentence.written[:_MAX], _RULE)
        self._best[concept] = _Found(text, rank, Definition(evidence, tuple(others)))

    def _parts(self, sentence: Sentence, start: int) -> Iterator[str]:
        """Yield what the first clause of a definition makes its concept of: things, not what it is good for."""
        stops = [
            m.start() for p in (_phrases().against, _CLAUSE_ENDS) for m in [p.search(sentence.text, start + 1)] if m
        ]
        end = min(stops, default=len(sentence.text))
        for mention in sentence.mentions:
            inside = start <= mention.span[0] and mention.span[1] <= end
            if inside and not mention.compound and self._lexicon.terms[mention.concept].kind not in _NO_PARTS:
                yield mention.concept


def _rank(text: str, at: int) -> int:
    """Return how much what follows a name reads like a definition; 0 for not at all."""
    phrases = _phrases()
    while at < len(text) and text[at] in " ,，*_":
        at += 1
    if _is_asserted(text, at):
        return _SAID
    return _OPENING if phrases.weak.match(text, at) and not phrases.others.match(text, at) else 0


def _is_asserted(text: str, at: int) -> bool:
    """Tell whether a text says from `at` on what a thing is, and not only how important it is."""
    phrases = _phrases()
    return phrases.strong.match(text, at) is not None and not phrases.praise.match(text, at)


def _is_list(text: str, start: int, mentions: Sequence[Mention]) -> bool:
    """Tell whether a text from `start` on is an enumeration of names."""
    rest = list(text)
    for mention in mentions:
        rest[mention.extent[0] : mention.extent[1]] = " " * (mention.extent[1] - mention.extent[0])
    left = _VERBLESS.sub("", "".join(rest[start:]))
    return len(left) * 3 < len(text) - start
