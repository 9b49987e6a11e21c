"""Phrasings as data: templates over concepts, compiled to patterns, and the sentence in the form they read.

A sentence is *encoded*: each mention becomes one private-use character, width and case are folded, spaces next to
concepts and Chinese go, and a bracket that only gives another name of the concept before it is dropped. A template is
a regular expression over that, with these words of its own:

    {S}       the subject; where a template begins `{S}{adv}` it may be missing from a clause (then it is carried)
    {A} {B}   an enumeration of concepts (`A、B 和 C`, `A, B and C`), as long as it can be
    {C}       the same as {B}, after its owner if it has one: in `Adagrad 的学习率消失` the problem
    {L}       one of two or more, related pair by pair
    {adv}     adverbs of the language, any number
    ~  ~~     a gap: short and without a concept or a negation; longer, within the clause, with anything
    {end}     the clause ends here
    M  LIST   one concept; an enumeration

Gaps are bounded and enumerations match possessively; the worst sentence found costs time quadratic in its length, and
no sentence of more than `MAX_SENTENCE` characters is read. A negation in the clause of a match, up to its
end, undoes it (`is_negated`; comparisons apart); a sentence that reports an error states nothing (`is_disbelieved`).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from graph.model import RelationType
from loaders.mentions import Mention, after_name
from loaders.patterns import load_table

__all__ = ["MAX_SENTENCE", "Encoded", "Match", "Rule", "encode", "phrasings"]

MAX_SENTENCE = 600
_FIRST = 0xE000  # the private use area: concept n of a sentence is chr(_FIRST + n)
_M = "[\ue000-\uf8ff]"
_NO = "不无没未非莫勿别"
_ZH_COUNTERS = (
    "一个|一种|一类|一些|一层|这种|该|每个|其他|其它|其|两个|多个|单独的|各种|多种|常见的?|常用的?|主流的?|不同的?"
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded sentence: its text, its mentions (by private-use character), and where each character came from."""

    text: str
    mentions: tuple[Mention, ...]
    offsets: tuple[int, ...]

    def concepts(self, piece: str) -> tuple[Mention, ...]:
        """Return the mentions in a piece of the encoded text, in order."""
        return tuple(self.mentions[ord(c) - _FIRST] for c in piece if "\ue000" <= c <= "\uf8ff")


@dataclass(frozen=True, slots=True)
class Match:
    """A template matched: the mentions in each slot, and where in the sentence; `carried` if {S} was not named."""

    slots: dict[str, tuple[Mention, ...]]
    start: int
    end: int
    carried: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a language's table: what it reads, how sure it is, and its compiled templates."""

    name: str
    type: RelationType
    confidence: float
    patterns: tuple[tuple[re.Pattern[str], bool], ...]  # (pattern, is the subject carried)
    source: str | None
    target: str
    needs: str | None
    pairs: bool

    def matches(self, sentence: Encoded) -> Iterator[Match]:
        """Yield every match, template by template, from left to right."""
        for pattern, carried in self.patterns:
            for match in pattern.finditer(sentence.text):
                slots = {k: sentence.concepts(v) for k, v in match.groupdict().items() if v}
                named = carried or "S" in slots or "S" not in match.re.groupindex
                yield Match(slots, match.start(), match.end(), carried or not named)


def _fold(text: str) -> Iterator[tuple[str, int]]:
    for i, char in enumerate(text):
        for folded in unicodedata.normalize("NFKC", "'" if char == "’" else char).casefold():
            # A note may hold private-use characters of its own, which must not pass for mentions.
            yield (" " if "\ue000" <= folded <= "\uf8ff" else folded), i


def encode(text: str, mentions: Sequence[Mention], *, brackets: bool) -> Encoded:
    """Encode a sentence with its mentions (spans within `text`). Without `brackets` all bracketed text is dropped."""
    usable = [m for m in mentions if not m.compound][: 0xF8FF - _FIRST]
    chars: list[str] = []
    offsets: list[int] = []
    at = 0
    for n, mention in enumerate(usable):
        for folded, i in _fold(text[at : mention.extent[0]]):
            chars.append(folded)
            offsets.append(at + i)
        chars.append(chr(_FIRST + n))
        offsets.append(mention.span[0])
        at = max(at, mention.extent[1])
    for folded, i in _fold(text[at:]):
        chars.append(folded)
        offsets.append(at + i)
    keep = _squeeze("".join(chars), usable, brackets=brackets)
    return Encoded("".join(chars[i] for i in keep), tuple(usable), tuple(offsets[i] for i in keep))


_NESTED = re.compile(r"\([^()]{0,200}\)")
_TIGHT = re.compile(r"[\ue000-\uf8ff\u2e80-\u9fff,.;:!?()、。/+=“”\"']")


def _squeeze(text: str, mentions: Sequence[Mention], *, brackets: bool) -> list[int]:
    """Return the indices of the characters to keep: no needless brackets, quotes or spaces."""
    drop: set[int] = set()
    for match in _NESTED.finditer(text):
        inner = match.group()
        inside = [mentions[ord(c) - _FIRST].concept for c in inner if "\ue000" <= c <= "\uf8ff"]
        before = text[: match.start()].rstrip()[-1:]
        owner = mentions[ord(before) - _FIRST].concept if "\ue000" <= before <= "\uf8ff" else None
        if not brackets or not inside or set(inside) == {owner}:
            drop.update(range(match.start(), match.end()))
            if owner is not None and (suffix := after_name(text, match.end())):
                drop.update(range(match.end(), suffix))
    drop.update(i for i, c in enumerate(text) if c in '“”"‘*`【】《》「」')
    kept = [i for i in range(len(text)) if i not in drop]
    out: list[int] = []
    for k, i in enumerate(kept):
        if text[i] in " \t\n":
            follow = next((text[j] for j in kept[k + 1 :] if text[j] not in " \t\n"), "")
            if not out or not follow or _TIGHT.match(text[out[-1]]) or _TIGHT.match(follow) or text[out[-1]] == " ":
                continue
        out.append(i)
    return out


@cache
def _denials(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    table = load_table(f"{language}.yaml")
    return re.compile(table["negations"]), re.compile(table["disbeliefs"])


def is_negated(text: str, start: int, end: int, language: str) -> bool:
    """Tell whether a negation stands in the clause of a match, before its end: in it or to its left."""
    clause = max(text.rfind(mark, 0, start + 1) for mark in ",;。.") + 1
    return _denials(language)[0].search(text, min(clause, start), end) is not None


def is_disbelieved(text: str, language: str) -> bool:
    """Tell whether a sentence says of what it says that it is not so, or only supposed."""
    return _denials(language)[1].search(text) is not None


@cache
def phrasings(language: str) -> tuple[Rule, ...]:
    """Return the rules of `zh` or `en`, in the order in which they are tried."""
    table = load_table(f"{language}.yaml")
    return tuple(_rule(row, table) for row in table["rules"])


def _rule(row: dict[str, Any], table: dict[str, Any]) -> Rule:
    patterns: list[tuple[re.Pattern[str], bool]] = []
    for template in row["templates"]:
        patterns.append((_compile(template, table, carried=False), False))
        if template.startswith("{S}{adv}"):
            patterns.append((_compile(template, table, carried=True), True))
    return Rule(
        row["rule"],
        RelationType(row["type"]),
        float(row["confidence"]),
        tuple(patterns),
        row.get("from"),
        row.get("to", "B"),
        row.get("needs"),
        bool(row.get("pairs")),
    )


def _either(words: Sequence[str]) -> str:
    return "|".join(re.escape(str(w)) for w in sorted(words, key=lambda w: -len(str(w))))


def _compile(template: str, table: dict[str, Any], *, carried: bool) -> re.Pattern[str]:
    chinese = table["language"] == "zh"
    adverbs, connectives = _either(table["adverbs"]), _either(table["connectives"])
    if chinese:
        joint = "(?:、|/|&|和|与|及其?|以及|或者?|跟|还有|加上)"
        more = f"(?>{joint}(?:{_ZH_COUNTERS})?M)*+"
        slot_list = f"(?:M(?>,M){{2,}}+{more}|M,M(?=等(?![价于同效])|都|均|和|及)|M{more})"
        adv = f"(?:{adverbs}){{0,4}}"
        gap = rf"[^{_M[1:-1]},.;:!?。{_NO}]{{0,12}}?"
        lead = f"(?:^|[,;:。]|并且?|而?且|从而|进而|以便|同时)(?:{connectives}){{0,3}}"
    else:
        last = r"(?>,? ?(?:and|or|plus|as well as|/|&) ?(?:the |an? )?M)"
        closing = r"(?= ?(?:(?:and|or) (?:other|similar|some)|\)|$))"
        slot_list = f"(?:M(?>, ?M)++{last}++|M(?>, ?M){{2,}}+|M(?>, ?M)++{closing}|M(?>/M)*+{last}*+)"
        adv = f"(?: ?(?:{adverbs})(?![a-z])){{0,4}} ?"
        gap = rf"(?:(?!\b(?:not|no|never|without|cannot)\b)[^{_M[1:-1]},.;:!?]){{0,24}}?"
        lead = rf"(?:^|[,;:.]| and | or | to )(?: ?(?:{connectives})(?![a-z])){{0,3}} ?"
    body = template
    if carried:
        body = lead + template.removeprefix("{S}")
    owner = "(?:M(?:中|里|上)?的[^M,.;。]{0,6})?" if chinese else ""
    counter = f"(?:{_ZH_COUNTERS})?" if chinese else ""
    tail = (
        "(?!的(?!.{0,3}(?:情况|场景|时|问题|优|缺|任务|领域|数据|模型|学习|训练|优化|计算|应用|评估|生成|方法|参数|过程|求解|一种|一类|算法|技术)))"
        if chinese
        else "(?!'s)"
    )
    sp = "" if chinese else " ?"
    replacements = {
        "{S}": "(?P<S>LIST)",
        "{A}": f"{sp}{counter}(?P<A>LIST){sp}",
        "{B}": f"{sp}{counter}(?P<B>LIST)(?!M){tail if template.endswith(('{B}', '{C}')) else ''}{sp}",
        "{C}": f"{sp}{counter}{owner}(?P<B>LIST)(?!M){tail if template.endswith(('{B}', '{C}')) else ''}{sp}",
        "{L}": "(?P<L>LIST)",
        "{adv}": adv,
        "{end}": r"(?= ?(?:[,.;:!?。)]|$))",
        "~~": r"[^.;!?。]{0,40}?",
        "~": gap,
    }
    for word, pattern in replacements.items():
        body = body.replace(word, pattern)
    body = body.replace("LIST", slot_list).replace("[^M", f"[^{_M[1:-1]}")
    return re.compile(re.sub(r"(?<![A-Za-z\\<])M(?![A-Za-z>])", _M, body))
