"""English phrasings: templates made of words, compiled to patterns over a sentence made of tokens (`loaders.tokens`).

A template is a row of elements with one space between them; an element matches its tokens with their separators:

    word          that token; inside it `.` is any character and `?` makes the character before it optional
    (a|b c)       one of several; `(a|b)s?` glues an ending on, `(a|b)+` repeats it
    [a|b c]       one of several or nothing; `[a|b]*` any number of them
    <name>        a verb or a pattern of the table: `<solve>` is solve, solves, solved; `<solve-ing>`, `<solve-ed>`,
                  `<solve-base>` and `<solve-any>` are its other forms
    {S} {A} {B}   an enumeration of concepts, with the words before each that only qualify it; {s} {a} {b} one concept;
                  {L} one of two or more
    {adv} {end}   adverbs, any number; the clause ends here
    ~  ...  ~~    gaps: words that can qualify a noun; words of the clause but no concept; anything within the clause
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from loaders.patterns import load_table
from loaders.tokens import CONCEPT_MARK, SEPARATOR, marks_of_classes

__all__ = ["Openers", "clause_openers", "english_grammar", "expression", "general_expression", "lead", "template_words"]

_TABLE = "en.yaml"
_END = f"(?={SEPARATOR}|$)"


@dataclass(frozen=True, slots=True)
class Openers:
    """How a clause begins: with its subject (group `S`), or so that it leaves it out; and what may stand before one.

    `head`: "X is a". `oblique`: what makes no subject of it; `attributive`: what makes it the owner of the subject.
    `imperative`: a clause that tells the reader what to do; `gerund`: one that begins a sentence with what is done.
    """

    named: re.Pattern[str]
    silent: re.Pattern[str]
    head: re.Pattern[str]
    oblique: re.Pattern[str]
    attributive: re.Pattern[str]
    imperative: re.Pattern[str]
    gerund: re.Pattern[str]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = load_table(_TABLE)
    return table


def _inflected(verb: str | Sequence[str]) -> tuple[str, str, str, str, str]:
    """Return base, third person, past, participle and -ing form; an irregular verb is given as these five."""
    if not isinstance(verb, str):
        base, third, past, participle, ing = verb
        return base, third, past, participle, ing
    word, _, rest = verb.partition(" ")
    rest = f" {rest}" if rest else ""
    if re.search(r"[^aeiou]y$", word):
        third, past, ing = word[:-1] + "ies", word[:-1] + "ied", word + "ing"
    elif word.endswith("e"):
        third, past, ing = word + "s", word + "d", word[:-1] + "ing"
    else:
        third = word + ("es" if re.search(r"(?:s|x|z|ch|sh|o)$", word) else "s")
        past, ing = word + "ed", word + "ing"
    return word + rest, third + rest, past + rest, past + rest, ing + rest


def _either(words: Sequence[str]) -> str:
    rows = sorted(dict.fromkeys(words), key=lambda w: (-len(w), w))
    return SEPARATOR + "(?:" + "|".join(SEPARATOR.join(map(re.escape, row.split(" "))) for row in rows) + ")"


def _stems(words: Sequence[str]) -> list[str]:
    """Return what every one of some forms begins with, but for forms that begin with another: solve, not solves."""
    found: list[str] = []
    for word in sorted({w.split(" ")[0] for w in words}):
        if not found or not word.startswith(found[-1]):
            found.append(word)
    return found


_NAMED = re.compile("<([a-z][a-z-]*)>")  # the names of groups are capitals
_SLOT = re.compile(r"\{([A-Za-z]+)\}")
_MARKED = re.compile(r"\[[^\]]*\]| M| ")


def _in_pattern(match: re.Match[str]) -> str:
    """Return what a space stands for in a pattern of the table, before a concept or not, or in a class."""
    if match.group().startswith("["):
        return match.group().replace(" ", "\x01- ")
    return f"{CONCEPT_MARK}." if match.group() == " M" else SEPARATOR


_ANYTHING = "(?:.*)"
_GENERAL = {
    "closing": "",
    "end": "",
    "guard": "",
    "not-of": "",
    "not-being": "",
    "start": "",
    "opening": "",
    "not-but": "",
    "after-kind": "",
} | dict.fromkeys(
    (
        "before",
        "adv",
        "gap",
        "words-between",
        "active",
        "of-object",
        "far",
        "lead",
        "after-s",
        "after-a",
        "after-b",
        "after-l",
        "after-one",
    ),
    _ANYTHING,
)


@cache
def _grammar(*, general: bool = False) -> Mapping[str, str]:
    """Return the pattern of every `<name>`: classes of words, forms of verbs, patterns and macros of the table.

    In the `general` grammar patterns that hold no telling word are wider and much shorter.
    """
    grammar: dict[str, str] = {}
    for name, marks in marks_of_classes().items():
        grammar[name] = f"[{re.escape(marks)}][^\x01- ]+" if marks else "(?!)"
    first: set[str] = set()
    base: set[str] = set()
    for name, verbs in _table()["verbs"].items():
        rows = [_inflected(v) for v in verbs]
        forms = {
            "": [f for r in rows for f in r[:3]],
            "-base": [r[0] for r in rows],
            "-ed": [r[3] for r in rows],
            "-ing": [r[4] for r in rows],
            "-any": [f for r in rows for f in r],
        }
        for ending, words in forms.items():
            grammar[name + ending] = _either(_stems(words) if general else words) + ("" if general else _END)
        first |= {form.split(" ")[0] for r in rows for form in r}
        base |= {r[0].split(" ")[0] for r in rows} - {"be"}
    grammar["verbs"] = _either(sorted(first)) + _END
    grammar["bases"] = _either(sorted(base)) + _END
    for name, pattern in _table()["grammar"].items():
        grammar[name] = _NAMED.sub(lambda m: grammar[m[1]], _MARKED.sub(_in_pattern, str(pattern)))
        if general and name in _GENERAL:
            grammar[name] = _GENERAL[name]
        elif general and name in _LISTS.values():
            grammar[name] = f"{CONCEPT_MARK}.{_ANYTHING}"
    for name, template in _table()["macros"].items():
        grammar[name] = _Compiler(f"({template})", grammar).pattern()
    return grammar


_PARTS = re.compile(r"[()\[\]|]|~~|~|\.\.\.|\{[A-Za-z]+\}|<[a-z-]+>| |[^()\[\]|{}<> ~]+")
_GAPS = {"~": "gap", "...": "words-between", "~~": "far", "{adv}": "adv", "{end}": "end"}
_LISTS = {"S": "list", "A": "list", "B": "objects", "L": "list"}


class _Compiler:
    """One template, by recursive descent: every element brings the separator before it."""

    def __init__(self, template: str, grammar: Mapping[str, str]) -> None:
        self.template = template
        self.grammar = grammar
        self.parts = _PARTS.findall(template)
        self.at = 0

    def pattern(self) -> str:
        """Return the pattern of the whole template. Raises ValueError for what is no template."""
        out = self.alternative()
        if self.at != len(self.parts) or "".join(self.parts) != self.template:
            raise ValueError(f"not a template: {self.template!r}")
        return out

    def peek(self) -> str:
        return self.parts[self.at] if self.at < len(self.parts) else ""

    def take(self) -> str:
        self.at += 1
        part: str = self.parts[self.at - 1]
        return part

    def alternative(self) -> str:
        out = ""
        while self.peek() not in {"", ")", "]", "|"}:
            out += self.element() if self.peek() != " " else self.take()[1:]
        return out

    def element(self) -> str:
        part = self.peek()
        if part == "[":
            body = self.group("]") + ("*" if self.peek() == "*" and self.take() else "?")
            if self.peek() not in {"", " ", ")", "]", "|"}:
                raise ValueError(f"only * can follow ] in {self.template!r}")
            return body
        if part == "(":
            body = self.group(")")
            return body + ("+" if self.peek() == "+" and self.take() else self.rest())
        self.take()
        if part in _GAPS:
            return self.grammar[_GAPS[part]]
        if slot := _SLOT.fullmatch(part):
            return self.slot(slot[1])
        if name := _NAMED.fullmatch(part):
            return self.grammar[name[1]]
        self.at -= 1
        return SEPARATOR + self.rest()

    def rest(self) -> str:
        """Return the pattern of an element, or of the rest of one, that is not preceded by a separator."""
        out = ""
        while (part := self.peek()) not in {"", " ", ")", "]", "|"}:
            if part == "(":
                self.take()
                out += f"(?:{self.rest()}"
                while self.peek() == "|":
                    out += self.take() + self.rest()
                if not self.peek():
                    raise ValueError(f"an open bracket in {self.template!r}")
                out += self.take()
            else:
                out += self.word(self.take())
        return out

    def group(self, close: str) -> str:
        self.take()
        rows = [self.alternative()]
        while self.peek() == "|":
            self.take()
            rows.append(self.alternative())
        if self.peek() != close:
            raise ValueError(f"no {close} in {self.template!r}")
        self.take()
        return f"(?:{'|'.join(rows)})"

    def slot(self, written: str) -> str:
        name = written.upper()
        group = f"(?P<{name}>{self.grammar[_LISTS[name] if written.isupper() else 'one']})"
        before = self.grammar["before"] if self.at > 1 else self.grammar["guard"] if name == "S" else ""
        return before + group + self.grammar[f"after-{name.casefold() if written.isupper() else 'one'}"]

    def word(self, part: str) -> str:
        if part == "M":
            return f"(?<={CONCEPT_MARK})."
        return part if part[0].isalnum() else re.escape(part)


def expression(template: str, *, carried: bool) -> str:
    """Return the pattern of a template, as text; `carried`: without the {S} that it begins with, where a clause begins.

    Raises ValueError for what is no template.
    """
    return _expression(template, _grammar(), carried=carried)


def general_expression(template: str, *, carried: bool, concept: str) -> str:
    """Return a pattern that is no narrower and shorter than a template's, with `concept` for concepts."""
    return _expression(template, _grammar(general=True), carried=carried).replace(f"{CONCEPT_MARK}.", concept)


def _expression(template: str, grammar: Mapping[str, str], *, carried: bool) -> str:
    body = _Compiler(template.removeprefix("{S} ") if carried else template, grammar).pattern()
    return (grammar["lead"] if carried else "") + body + _END


def english_grammar() -> Mapping[str, str]:
    """Return the patterns of English by name."""
    return _grammar()


def lead() -> str:
    """Return the pattern of where a clause begins that may leave its subject out."""
    return _grammar()["lead"]


@cache
def clause_openers() -> Openers:
    """Return the patterns of how clauses begin."""
    grammar = _grammar()
    return Openers(
        *(
            re.compile(grammar[name])
            for name in ("named", "silent", "head", "oblique", "attributive", "imperative", "gerund")
        )
    )


@cache
def template_words() -> frozenset[str]:
    """Return the words and phrases that templates spell out: a concept so called may be meant as that word."""
    found = set()
    for template in [*(t for row in _table()["rules"] for t in row["templates"]), *_table()["macros"].values()]:
        for phrase in re.split(r"<[^<>]*>|\{\w+\}|[^a-z? -]+|~", str(template)):
            words = phrase.split()
            found |= {" ".join(words[n : n + length]) for length in (1, 2) for n in range(len(words) - length + 1)}
    return frozenset(form for w in found for form in (w.replace("?", ""), re.sub(r".\?", "", w)))
