"""Where a text speaks of which concept: the longest name at each place, in any spelling, that is really meant.

The longest name from the leftmost place wins (`loaders.matching` finds them). A match is then widened over words that
do not change what it is ("传统的 RNN 模型" is RNN) and marked as *compound* when the words around it make another thing
of it ("注意力得分" is not attention): a compound counts for search, never as the end of a relation.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from graph.names import name_key
from loaders.document import Span
from loaders.lexicon import Lexicon
from loaders.matching import names_at, openings
from loaders.patterns import load_table

__all__ = ["Mention", "after_name", "bare_forms", "find_mentions", "is_term", "stands_alone"]

_MAX_LIST = 30  # members of an enumeration that are looked at, on either side
_JOINTS = ("and", "or", "vs", "vs.", "sus", *"、/&和与及或")  # how that ends which joins a name to another before it
_MIN_SHARING = 3  # characters of a name that has a head
_MAX_MODIFIER = 30  # characters before a name in which another modifier of its head is looked for
_MAX_SIGNS = 5  # Chinese characters of that
_WORD = re.compile(r"[A-Za-z0-9]+")
_MODIFIER = r"(?:(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9]*(?:[ -][A-Za-z][A-Za-z0-9]*)?)|([\u4e00-\u9fff]{2,8}))"
_AND = r"、|/|&|和|与|及|以及|或|,?\s?(?<=\s)(?:and|or|vs\.?|versus)(?=\s)"
_JOINED = re.compile(rf"{_MODIFIER}\s?(?:{_AND})\s?$")
_LISTED_BEFORE = re.compile(rf"{_MODIFIER}\s?(?:{_AND}|[,，])\s?$")
_SYMBOL = re.compile(r"[A-Za-z](?![A-Za-z0-9])")  # 召回率R: a letter that stands for it
_LISTED = re.compile(r"\s*(?:、|, (?:and |or )?|和|与|及|以及|或|/|&|\b(?:and|or)\b)\s*(?:the |an? )?", re.IGNORECASE)
_VARIANT = re.compile(r"[ \t]?-[ \t]?(?:\d{1,2}|[A-Z])(?![A-Za-z0-9])|[ \t]?-[ \t]?\d{1,2}\.\d{1,2}(?![A-Za-z0-9])")

_VARIANT_STARTS = frozenset(" \t-")


class Mention(NamedTuple):
    """A concept's name in a text: the name's `span`, and the `extent` with the words around that go with it.

    `compound`: the words around make another thing of it. `variant`: a parameter follows, as in `GQA-1`.
    """

    concept: str
    span: Span
    extent: Span
    compound: bool = False
    variant: bool = False


@dataclass(frozen=True, slots=True)
class _Affixes:
    """The words around a name that belong to it or make another thing of it, and with what characters they meet it."""

    suffix: re.Pattern[str]
    tail: re.Pattern[str]
    determiner: re.Pattern[str]
    after: frozenset[str]  # what a suffix or a tail begins with, but for spaces
    before: frozenset[str]  # what a determiner ends with, but for spaces
    prefixes: frozenset[str]


@cache
def _affixes() -> _Affixes:
    table = load_table("terms.yaml")

    def words(key: str) -> tuple[str, str]:
        longest = sorted(table[key]["zh"], key=len, reverse=True)
        return "|".join(map(re.escape, longest)), "|".join(map(re.escape, table[key]["en"]))

    zh, en = words("suffixes")
    suffix = re.compile(rf"\s?(?:{zh})(?:\s?(?:{zh}))?|(?:[ -](?:{en})\b)+", re.IGNORECASE)
    zh, en = words("tails")
    tail = re.compile(rf"(?:\s?(?:{zh}))|[ -](?:{en})\b", re.IGNORECASE)
    zh, en = words("determiners")
    determiner = re.compile(rf"(?:(?:{zh})\s?|\b(?:{en})\s+)+$", re.IGNORECASE)
    after = frozenset("-").union(_cases(w[0] for k in ("suffixes", "tails") for w in table[k]["zh"]))
    before = _cases(w[-1] for w in table["determiners"]["zh"])
    return _Affixes(suffix, tail, determiner, after, before, frozenset(table["prefix_characters"]))


def _cases(chars: Iterable[str]) -> frozenset[str]:
    return frozenset(form for char in chars for form in (char, char.lower(), char.upper()))


def find_mentions(
    text: str, lexicon: Lexicon, *, alone: Sequence[Span] = (), context: str = "", document: str = ""
) -> list[Mention]:
    """Return the mentions in `text`, in order, none overlapping.

    A weak name counts only if its extent is one of the spans `alone` (a heading, an item's head, a bold term) but for
    punctuation, or if it stands in an enumeration with a sure one. Between the meanings of an ambiguous name choose
    the words near it, else those of `context` (the headings above), else those of the whole `document`, both folded.
    Linear in the text.
    """
    forms: frozenset[str] | None = None  # made for the first weak name: most texts have none
    found: list[Mention] = []
    slight: set[int] = set()  # indices of mentions by a weak name that does not stand alone
    at = 0  # where the last mention's name ends
    for start in openings(text, lexicon):
        if start < at or not (names := names_at(text, start, lexicon, (context, document))):
            continue
        for concept, end in names:
            mention = _widen(text, concept, start, end)
            if not _is_weak(text, mention, lexicon):
                break
            forms = bare_forms(text, alone) if forms is None else forms
            if stands_alone(text, mention, forms):
                break
        else:  # none is sure
            slight.add(len(found))
            mention = _widen(text, names[0][0], start, names[0][1])
        found.append(mention)
        at = mention.span[1]
    sure = [m for i, m in enumerate(found) if i not in slight or _is_listed(text, found, i, slight)]
    return _with_shared_heads(text, sure, lexicon)


def _with_shared_heads(text: str, found: list[Mention], lexicon: Lexicon) -> list[Mention]:
    """Add what shares its head with the name behind it: "forget and input gates" speaks of forget gates, too.

    A modifier that is a name by itself stays that. Linear: few characters before a name are tried.
    """
    more: list[Mention] = []
    for mention in found:
        start, end = mention.span
        if (
            mention.compound
            or not text[max(0, start - 4) : start].rstrip().endswith(_JOINTS)
            or end - start < _MIN_SHARING
        ):
            continue
        joined = _JOINED
        while len(more) < _MAX_LIST and (other := _sharing(text, start, text[mention.span[0] : end], joined, lexicon)):
            more.append(other)
            start, joined = other.span[0], _LISTED_BEFORE
    if not more:
        return found
    taken = {m.concept for m in found}
    free = (m for m in more if not any(o.span[0] < m.span[1] and m.span[0] < o.span[1] for o in found))
    return sorted([*found, *(m for m in free if m.concept not in taken)], key=lambda m: m.span)


def _sharing(text: str, start: int, name: str, joined: re.Pattern[str], lexicon: Lexicon) -> Mention | None:
    """Return what the modifier that is joined to a `name` is with the head of that, if the lexicon knows it."""
    before = joined.search(text, max(0, start - _MAX_MODIFIER), start)
    if before is None:
        return None
    group = 1 if before[1] else 2
    words, stop = before[group], before.end(group)
    if group == 1:
        modifiers = [words[m.start() :] for m in _WORD.finditer(words)]
    else:
        modifiers = [words[-n:] for n in range(min(len(words), _MAX_SIGNS), 1, -1)]
    cut = [m.start() for m in _WORD.finditer(name)][1:] if name.isascii() else range(1, len(name))
    for one in modifiers:
        for at in cut:
            term = lexicon.find_joined(f"{one} {name[at:]}")
            if term is not None:
                span = (stop - len(one), stop)
                return Mention(term.id, span, span)
    return None


def _is_weak(text: str, mention: Mention, lexicon: Lexicon) -> bool:
    """Tell whether a mention is by a name that counts only where it stands alone."""
    start, end = mention.span
    if end - start == 1:
        return True
    weak = lexicon.terms[mention.concept].weak
    return bool(weak) and (key := name_key(text[start:end])) in weak and key not in lexicon.ambiguous


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


def _widen(text: str, concept: str, start: int, end: int) -> Mention:
    affixes = _affixes()
    ends_cjk = text[end - 1] > "\u2e7f"
    variant = _VARIANT.match(text, end) if text[end : end + 1] in _VARIANT_STARTS else None
    stop = variant.end() if variant else end
    if ends_cjk and (symbol := _SYMBOL.match(text, stop)):
        stop = symbol.end()
    compound = False
    follow = text[stop : stop + 1]
    if follow.isspace() or follow in affixes.after:
        suffix = affixes.suffix.match(text, stop)
        if suffix and not affixes.tail.match(text, suffix.end()):
            stop = suffix.end()
        elif (tail := affixes.tail.match(text, stop)) and not (tail.group()[:1].isspace() and ends_cjk):
            compound = True
    begin = start
    last = text[start - 1 : start]
    if last.isspace() or last in affixes.before:
        determiner = affixes.determiner.search(text, max(0, start - 24), start)
        begin = determiner.start() if determiner else start
    if text[start] > "\u2e7f" and start > 0 and begin == start and last in affixes.prefixes:
        compound = True
    return Mention(concept, (start, end), (begin, stop), compound, variant is not None)


def after_name(text: str, at: int) -> int | None:
    """Return where the words end that follow a name at `at` without changing what it is; None if there are none."""
    match = _affixes().suffix.match(text, at)
    return match.end() if match else None


def bare_forms(text: str, spans: Sequence[Span]) -> frozenset[str]:
    """Return what the spans of a text hold, folded and without punctuation around."""
    return frozenset(_bare(text, span) for span in spans)


def stands_alone(text: str, mention: Mention, alone: AbstractSet[str]) -> bool:
    """Tell whether a mention is all that one of the spans holds of which `alone` are the `bare_forms`."""
    if not alone:
        return False
    return _bare(text, mention.span) in alone or (
        mention.extent != mention.span and _bare(text, mention.extent) in alone
    )


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


@cache
def _whole_words() -> tuple[str, ...]:
    """Words that only look as if a name began or ended with a function word: 对比 does not begin with 对."""
    return tuple(load_table("chunks.yaml")["zh"]["keep"].split())


_NOT_IN_TERM = re.compile(r"[，。；！？、,;!?:：=<>|→\n“”\"{}$^~@]|\.\s|\.$|\\|^\d+$|^[\d\W]+$")


@lru_cache(maxsize=1 << 14)
def is_term(name: str) -> bool:
    """Tell whether a name that no lexicon knows can be a concept's: a short noun, not a phrase or a generic word."""
    name = name.strip()
    generic, starts, ends, en_starts, en_ends, clause = _generic()
    whole = _whole_words()
    if not name or _NOT_IN_TERM.search(name) or not (key := name_key(name)) or key in generic:
        return False
    cjk = sum(c > "\u2e7f" for c in name)
    if cjk:
        return (
            2 <= cjk <= 12
            and len(name) <= 40
            and (not name.startswith(starts) or name.startswith(whole))
            and (not name.endswith(ends) or name.endswith(whole))
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
