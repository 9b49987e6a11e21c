"""Where a text speaks of which concept: the longest name at each place, in any spelling, that is really meant.

A name is matched over *units* (a Latin word, a single Chinese character) joined by spaces and hyphens, by its
`name_key`; the longest name from the leftmost place wins. A match is then widened over words that do not change what
it is ("传统的 RNN 模型" is RNN) and marked as *compound* when the words around it make another thing of it
("注意力得分" is not attention): a compound counts for search, never as the end of a relation.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache

from graph.names import name_key
from loaders.document import Span
from loaders.lexicon import Lexicon
from loaders.patterns import load_table

__all__ = ["Mention", "after_name", "bare_forms", "find_mentions", "forget_documents", "is_term", "stands_alone"]

_UNIT = re.compile(r"[A-Za-zÀ-ɏΑ-ωά-ώ0-9]+(?:\+\+|#)?|[\u3400-\u9fff]")
_JOIN = re.compile(r"(?:[ \t\n]?[-_·‐-–'’/&+@×^][ \t]?|[ \t\n]{1,2})?")
_DROPPED = " \t\n-_·‐‑‒–'’/"  # what a name key leaves out between the parts of a name
_MAX_UNITS = 16
_MIN_JOINED = 6  # letters of a name that may be written apart: "batch norm", never "of a"
_MAX_LIST = 30  # members of an enumeration that are looked at, on either side
_NEAR = 60  # characters around an ambiguous name that are looked at
_SYMBOL = re.compile(r"[A-Za-z](?![A-Za-z0-9])")  # 召回率R: a letter that stands for it
_LISTED = re.compile(r"\s*(?:、|, (?:and |or )?|和|与|及|以及|或|/|&|\b(?:and|or)\b)\s*(?:the |an? )?", re.IGNORECASE)
_VARIANT = re.compile(r"\s?-\s?(?:\d{1,2}|[A-Z])(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept's name in a text: the name's `span`, and the `extent` with the words around that go with it.

    `compound`: the words around make another thing of it. `variant`: a parameter follows, as in `GQA-1`.
    """

    concept: str
    span: Span
    extent: Span
    compound: bool = False
    variant: bool = False


@cache
def _affixes() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], frozenset[str]]:
    table = load_table("terms.yaml")

    def words(key: str) -> tuple[str, str]:
        longest = sorted(table[key]["zh"], key=len, reverse=True)
        return "|".join(map(re.escape, longest)), "|".join(map(re.escape, table[key]["en"]))

    zh, en = words("suffixes")
    suffix = re.compile(rf"\s?(?:{zh})(?:\s?(?:{zh}))?|(?:[ -](?:{en})\b)+", re.IGNORECASE)
    zh, en = words("determiners")
    before = re.compile(rf"(?:(?:{zh})\s?|\b(?:{en})\s+)+$", re.IGNORECASE)
    zh, en = words("tails")
    tail = re.compile(rf"(?:\s?(?:{zh}))|[ -](?:{en})\b", re.IGNORECASE)
    return suffix, before, tail, frozenset(table["prefix_characters"])


def find_mentions(
    text: str, lexicon: Lexicon, *, alone: Sequence[Span] = (), context: str = "", document: str = ""
) -> list[Mention]:
    """Return the mentions in `text`, in order, none overlapping.

    A weak name counts only if its extent is one of the spans `alone` (a heading, an item's head, a bold term) but for
    punctuation, or if it stands in an enumeration with a sure one. Between the meanings of an ambiguous name choose
    the words near it, else those of `context` (the headings above), else those of the whole `document`, both folded.
    Linear in the text: at most `_MAX_UNITS` look-ups from each place.
    """
    units = [m.span() for m in _UNIT.finditer(text)]
    bare_alone = bare_forms(text, alone)
    found: list[Mention] = []
    slight: set[int] = set()  # indices of mentions by a weak name that does not stand alone
    n = 0
    while n < len(units):
        names = _names_at(text, units, n, lexicon, (context, document))
        if not names:
            n += 1
            continue
        rows = [(_widen(text, c, units[n][0], units[n + count - 1][1]), count) for c, count in names]
        sure = [row for row in rows if not _is_slight(text, row[0], lexicon, bare_alone)]
        mention, count = sure[0] if sure else rows[0]
        if not sure:
            slight.add(len(found))
        found.append(mention)
        n += count
    return [m for i, m in enumerate(found) if i not in slight or _is_listed(text, found, i, slight)]


def _is_slight(text: str, mention: Mention, lexicon: Lexicon, alone: AbstractSet[str]) -> bool:
    """Tell whether a mention is by a weak name that does not stand alone."""
    start, end = mention.span
    key = name_key(text[start:end])
    weak = (key in lexicon.terms[mention.concept].weak and key not in lexicon.ambiguous) or end - start == 1
    return weak and not stands_alone(text, mention, alone)


def _is_listed(text: str, found: Sequence[Mention], index: int, slight: set[int]) -> bool:
    """Tell whether a weak name is enumerated with a sure one: "search, information retrieval and ranking"."""
    first = last = index
    joints: list[str] = []
    while first > max(0, index - _MAX_LIST) and (
        joint := _LISTED.fullmatch(text[found[first - 1].extent[1] : found[first].extent[0]])
    ):
        joints.append(joint.group())
        first -= 1
    while last + 1 < min(len(found), index + _MAX_LIST) and (
        joint := _LISTED.fullmatch(text[found[last].extent[1] : found[last + 1].extent[0]])
    ):
        joints.append(joint.group())
        last += 1
    one_comma = len(joints) == 1 and joints[0].strip() == ","  # more likely where two clauses meet
    long_enough = found[index].extent[1] - found[index].extent[0] > 1
    return long_enough and not one_comma and any(i not in slight for i in range(first, last + 1))


def _names_at(
    text: str, units: Sequence[Span], n: int, lexicon: Lexicon, context: tuple[str, str]
) -> list[tuple[str, int]]:
    """Return the concepts of the names that begin at unit `n`, longest first, each with how many units it takes."""
    found: list[tuple[str, int]] = []
    key = gap = ""
    for count in range(1, min(_MAX_UNITS, len(units) - n) + 1):
        start, end = units[n + count - 1]
        if count > 1:
            gap = text[units[n + count - 2][1] : start]
            if gap and not _JOIN.fullmatch(gap):
                break
            key += gap.strip(_DROPPED)
        key += text[start:end].casefold()
        if count > 1 and len(key) < _MIN_JOINED and key.isascii() and gap.isspace():
            continue  # "of a" is not OFA
        concept = _resolve(key, text, units[n][0], end, lexicon, context)
        if concept is not None:
            found.append((concept, count))
        if not lexicon.has_prefix(key):
            break
    return found[::-1]


def _resolve(key: str, text: str, start: int, end: int, lexicon: Lexicon, context: tuple[str, str]) -> str | None:
    for candidate in dict.fromkeys((key, name_key(key), key.removesuffix("s") if len(key) > 2 else key)):
        concept = lexicon.find_key(candidate)
        if concept is None and candidate in lexicon.ambiguous:
            concept = _choose(candidate, text, start, end, lexicon, context)
        if concept is not None:
            exact = lexicon.terms[concept].exact.get(candidate)
            if exact is None or text[start:end].removesuffix("s") == exact.removesuffix("s"):
                return concept
    return None


def _choose(key: str, text: str, start: int, end: int, lexicon: Lexicon, context: tuple[str, str]) -> str | None:
    """Return the meaning whose tell-tale word stands nearest, else that of the headings, else of the document.

    With no such word at all, an abbreviation has its first meaning and another name none.
    """
    around = text[max(0, start - _NEAR) : end + _NEAR].casefold()
    centre = min(start, _NEAR)
    choices = [c for c in lexicon.ambiguous[key] if c.concept in lexicon.terms]
    near = [
        (abs(at - centre), n) for n, c in enumerate(choices) for w in c.near if (at := around.find(w.casefold())) >= 0
    ]
    if near:
        return choices[min(near)[1]].concept
    for wider in context:
        counts = [(_occurrences(c.near, wider), -n) for n, c in enumerate(choices)]
        if counts and max(counts)[0]:
            return choices[-max(counts)[1]].concept
    written = text[start:end]
    return choices[0].concept if choices and written.isascii() and written.isupper() else None


def forget_documents() -> None:
    """Let go of the texts that choosing between meanings remembers."""
    _occurrences.cache_clear()


@lru_cache(maxsize=4096)
def _occurrences(words: tuple[str, ...], text: str) -> int:
    """Return how often any of `words` stands in `text`; remembered, since a document is asked again and again."""
    return sum(text.count(w.casefold()) for w in words)


def _widen(text: str, concept: str, start: int, end: int) -> Mention:
    suffix, before, tail, prefixes = _affixes()
    ends_cjk = text[end - 1] > "\u2e7f"
    variant = _VARIANT.match(text, end)
    stop = variant.end() if variant else end
    if ends_cjk and (symbol := _SYMBOL.match(text, stop)):
        stop = symbol.end()
    compound = False
    after = suffix.match(text, stop)
    if after and not tail.match(text, after.end()):
        stop = after.end()
    elif (found := tail.match(text, stop)) and not (found.group()[:1].isspace() and ends_cjk):
        compound = True
    head = before.search(text, max(0, start - 24), start)
    begin = head.start() if head else start
    if text[start] > "\u2e7f" and start > 0 and begin == start and text[start - 1] in prefixes:
        compound = True
    return Mention(concept, (start, end), (begin, stop), compound, variant is not None)


def after_name(text: str, at: int) -> int | None:
    """Return where the words end that follow a name at `at` without changing what it is; None if there are none."""
    match = _affixes()[0].match(text, at)
    return match.end() if match else None


def bare_forms(text: str, spans: Sequence[Span]) -> frozenset[str]:
    """Return what the spans of a text hold, folded and without punctuation around."""
    return frozenset(_bare(text, span) for span in spans)


def stands_alone(text: str, mention: Mention, alone: AbstractSet[str]) -> bool:
    """Tell whether a mention is all that one of the spans holds of which `alone` are the `bare_forms`."""
    return bool({_bare(text, mention.span), _bare(text, mention.extent)} & alone)


def _bare(text: str, span: Span) -> str:
    return text[slice(*span)].strip(" \t\n:：*、,，.。()（）\"'“”[]【】").casefold()


@cache
def _generic() -> tuple[
    frozenset[str], tuple[str, ...], tuple[str, ...], frozenset[str], frozenset[str], re.Pattern[str]
]:
    table = load_table("terms.yaml")
    return (
        frozenset(name_key(str(w)) for rows in table["generic"].values() for w in rows),
        tuple(table["bad_starts"]["zh"]),
        tuple(table["bad_ends"]["zh"]),
        frozenset(map(str, table["bad_starts"]["en"])),
        frozenset(map(str, table["bad_ends"]["en"])),
        re.compile("|".join(map(re.escape, table["clause_words"]))),
    )


_NOT_IN_TERM = re.compile(r"[，。；！？、,;!?:：=<>|→\n“”\"{}$^~@]|\.\s|\.$|\\|^\d+$|^[\d\W]+$")


def is_term(name: str) -> bool:
    """Tell whether a name that no lexicon knows can be a concept's: a short noun, not a phrase or a generic word."""
    name = name.strip()
    generic, starts, ends, en_starts, en_ends, clause = _generic()
    if not name or _NOT_IN_TERM.search(name) or name_key(name) in generic or not name_key(name):
        return False
    cjk = sum(c > "\u2e7f" for c in name)
    if cjk:
        return (
            2 <= cjk <= 12
            and len(name) <= 40
            and not name.startswith(starts)
            and not name.endswith(ends)
            and not clause.search(name)
        )
    words = name.casefold().split()
    letters = sum(c.isalpha() for c in name)
    return (
        1 <= len(words) <= 5
        and letters >= 2
        and len(name) <= 60
        and words[0] not in en_starts
        and words[-1] not in en_ends
        and not any(w in en_ends - {"of"} and w in {"is", "are", "was", "were", "be", "that", "which"} for w in words)
    )
