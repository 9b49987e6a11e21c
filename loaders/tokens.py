"""English as tokens: concepts, words and marks, each after one separator that tells what sort of word follows.

So no template needs to know where the encoding left a space, and a pattern passes over "words that can qualify a noun"
without looking at what they are. Set phrases that say no more than one word are that word (`same` in the table: "a
variety of" is "a", "this method" is "it"), and short forms and dashes come in one spelling.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from loaders.patterns import load_table

__all__ = ["CONCEPT_MARK", "SEPARATOR", "marks_of_classes", "plain", "tokenize"]

_TABLE = "en.yaml"
_M = "\ue000-\uf8ff"
CONCEPT_MARK = "\x1f"  # the separator before a concept
_MARKS = [" ", *map(chr, range(1, 31))]
SEPARATOR = "[\x01- ]"
_SPACES = dict.fromkeys(range(1, 32), " ")
_TOKEN = re.compile(
    rf"[{_M}]|(?<=[{_M}])-[a-z]+(?:-[a-z]+)*|(?:e\.g|i\.e|v\.s|w\.r\.t)(?![a-z])\.?|(?:vs|etc|al|cf|resp)\."
    r"|'(?:s|re|ve)\b|[^\W_]+(?:['.-][^\W_]+)*|[-=]>|[-–—]{2,3}|[^\s\x00-\x1f]",
)
_SAME = {
    "e.g.": "e.g", "i.e.": "i.e", "v.s.": "vs", "v.s": "vs", "vs.": "vs", "etc.": "etc", "al.": "al", "cf.": "cf",
    "->": "→", "=>": "→", "--": "—", "---": "—", "、": ",", "。": ".", "…": "etc", "'re": "are", "'ve": "have",
}  # fmt: skip
_PRONOUN_IS = re.compile(r"(it|that|this|there|what|which|here|who|let|they|you|we)'(s|ve|re)")
_IS = {"s": "is", "ve": "have", "re": "are"}


def plain(text: str) -> str:
    """Return an encoded English text with spaces for separators, as long as before."""
    return text.translate(_SPACES)


def tokenize(text: str) -> list[tuple[str, int]]:
    """Return the tokens of an encoded text with their separators, each with its offset in `text`."""
    tokens = _tokens(text)
    phrases, classes = _phrases(), _classes()
    out = []
    skipped = 0  # tokens of a phrase that its word stands for
    for n, (written, at) in enumerate(tokens):
        if skipped:
            skipped -= 1
            continue
        if written in phrases:
            for phrase, word in phrases[written]:
                if [t for t, _ in tokens[n : n + len(phrase)]] == phrase:
                    written = word
                    skipped = len(phrase) - 1
                    break
        if "\ue000" <= written <= "\uf8ff":
            out.append((CONCEPT_MARK + written, at))
        else:
            known = classes.get(written)
            out.append((_MARKS[written[0].isalnum() if known is None else known] + written, at))
    return out


def _tokens(text: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        part, at = match.group(), match.start()
        if part in {"-", "–"}:
            apart = text[at - 1 : at].isspace() and text[at + 1 : at + 2].isspace()
            found.append((("—" if apart or part == "–" else "-"), at))
        elif "'" in part and (short := _PRONOUN_IS.fullmatch(part)):
            found += (short[1], at), (_IS[short[2]], at)
        else:
            found.append((_SAME.get(part, part), at))
    return found


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = load_table(_TABLE)
    return table


@cache
def _phrases() -> Mapping[str, Sequence[tuple[list[str], str]]]:
    """Return the set phrases by their first word, longest first, each with the word that it stands for."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for word, phrases in _table()["same"].items():
        for phrase in phrases:
            tokens = str(phrase).split(" ")
            found.setdefault(tokens[0], []).append((tokens, str(word)))
    return {first: sorted(rows, key=lambda row: -len(row[0])) for first, rows in found.items()}


@cache
def _class_sets() -> Sequence[frozenset[str]]:
    """Return which classes the words after each separator have: none after the first, `qualifiers` after the second."""
    words: dict[str, set[str]] = {}
    for name, row in _table()["classes"].items():
        for word in row:
            words.setdefault(str(word), set()).add(name)
    sets = {_with_default(frozenset(names)) for names in words.values()}
    return [
        frozenset(),
        frozenset({"qualifiers"}),
        *sorted(sets - {frozenset(), frozenset({"qualifiers"})}, key=sorted),
    ]


def _with_default(names: frozenset[str]) -> frozenset[str]:
    """Return the classes of a word of the table: what is not listed as a stop can qualify a noun."""
    return names if names & {"stops", "determiners", "also"} else names | {"qualifiers"}


@cache
def _classes() -> Mapping[str, int]:
    """Return the index of the separator of every word of the table's classes; `tokenize` knows that of the others."""
    sets = _class_sets()
    words: dict[str, set[str]] = {}
    for name, row in _table()["classes"].items():
        for word in row:
            words.setdefault(str(word), set()).add(name)
    return {word: sets.index(_with_default(frozenset(names))) for word, names in words.items()}


def marks_of_classes() -> Mapping[str, str]:
    """Return for every class of words the separators that stand before them."""
    sets = _class_sets()
    return {
        name: "".join(_MARKS[n] for n, names in enumerate(sets) if name in names)
        for name in ("qualifiers", *_table()["classes"])
    }
