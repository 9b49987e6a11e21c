"""The outline of flattened text, rebuilt: which heading stands below which, when nothing but the lines is left.

A heading is put into the stack of those that are still open, from what can be seen of it:

1. **Numbers**: `3.2` stands below `3`, beside `3.1`; 二、 beside 一、; (一) below the 一、 before it.
2. **Names**: a heading that contains the name of an open one (`LSTM 的关键特性`) stands below it.
3. **Knowledge** (`Teaching`): what is a kind or a part of an open heading's thing, or is taught under it, stands below
   it; what is taught beside it stands beside it.
4. **Shape**: a heading right below another, without a blank line, stands below it; so does what follows a heading that
   names no thing or a broad topic and has no text of its own.
5. Labels (优点, Example) and questions belong to the thing that they are asked under: to the open heading that their
   text speaks of, else to the last that names a thing.

A heading that names no thing (`Common questions`) takes the place of the first below it that does. The first heading
of a text, if nothing but headings follows it, is its title, and all stand below it. What none of this places stands
beside the last heading that names a thing.

Linear in the headings for a bounded number of open ones; deeper outlines than `_MAX_OPEN` are cut.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from graph.model import ConceptKind, RelationType
from loaders.lexicon import Lexicon
from loaders.patterns import load_table

__all__ = ["Heading", "Named", "Teaching", "nest"]

_MAX_OPEN = 12
_FEW = 2  # headings: the first of them is as likely a sibling of the second as its title
_DOTTED = re.compile(r"(\d{1,2}(?:\.\d{1,2})+)\.?(?=[^\d.]|$)")
_NUMERALS = "一二三四五六七八九十"
_STYLES = (  # numbering, outermost style first
    re.compile(r"第[一二三四五六七八九十\d]{1,3}[章部篇]"),
    re.compile(r"第[一二三四五六七八九十\d]{1,3}[节讲]"),
    re.compile(rf"[{_NUMERALS}]{{1,3}}[、.．，,]"),
    re.compile(rf"[(（][{_NUMERALS}]{{1,3}}[)）]"),
    re.compile(r"\d{1,2}[、.．)）](?!\d)"),
    re.compile(r"[(（]\d{1,2}[)）]"),
)

Kinship = Literal["within", "beside", "near"]


@dataclass(frozen=True, slots=True)
class Named:
    """What a heading names: things, in order; `compares` if it is about what tells them apart."""

    things: tuple[str, ...] = ()
    compares: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that is a heading, and what is seen around it.

    `body`: the text below it, folded and bounded; `empty`: there is none; `adjacent`: it stands right below another
    heading. `part`: it is a label, a question or a comparison, which is part of what is said of a thing.
    """

    text: str
    body: str
    empty: bool
    adjacent: bool
    part: bool = False
    aspect: bool = False
    opens: bool = False


@dataclass(slots=True)
class _Open:
    """An open heading: its index, what it names, and whether it may hold others."""

    index: int
    things: tuple[str, ...]
    part: bool
    style: int | None
    number: tuple[str, ...]


def nest(headings: Sequence[Heading], teaching: "Teaching") -> list[int | None]:
    """Return the parent of each heading, as an index into `headings`, None for those at the top."""
    return _Nesting(headings, teaching).run()


class _Nesting:
    def __init__(self, headings: Sequence[Heading], teaching: "Teaching") -> None:
        self.headings = headings
        self.teaching = teaching
        self.named = [teaching.read(h.text, h.body) for h in headings]
        self.stack: list[_Open] = []
        self.numbers = [_numbering(h.text) for h in headings]
        self.parents: list[int | None] = []

    def run(self) -> list[int | None]:
        for i, heading in enumerate(self.headings):
            style, number = self.numbers[i]
            depth = min(self.depth(i, style, number), _MAX_OPEN)
            del self.stack[depth:]
            self.parents.append(self.stack[-1].index if self.stack else None)
            named = self.named[i]
            again = any(set(o.things) & set(named.things) for o in self.stack)  # it says more on an open thing
            part = heading.part or heading.aspect or named.compares or again
            self.stack.append(_Open(i, named.things, part, style, number))
        return self.parents

    def depth(self, i: int, style: int | None, number: tuple[str, ...]) -> int:
        """Return how many of the open headings stay open above heading `i`."""
        heading = self.headings[i]
        if not self.stack:
            return 0
        floor = int(self.is_title(self.stack[0], i))
        numbered = self.by_number(style, number)
        if numbered is not None:
            return max(numbered, floor if style is None else 0)
        return self.by_part(i) if heading.part else self.by_thing(i, floor)

    def is_title(self, first: _Open, i: int) -> bool:
        """Tell whether heading `i` stands below the first one in any case, because that is the text's title.

        It is if it has no text of its own, or if it opens the text, has no number, and nothing is known of both.
        """
        heading = self.headings[first.index]
        several = len(self.headings) > _FEW and self.numbers[first.index] == (None, ())
        return heading.empty or (heading.opens and several and not (first.things and self.named[i].things))

    def by_number(self, style: int | None, number: tuple[str, ...]) -> int | None:
        """Return the depth that a number gives: below the heading with its stem, beside the last of its style."""
        if style is None and not number:
            return None
        for n in range(len(self.stack) - 1, -1, -1):
            above = self.stack[n]
            if len(number) > 1 and above.number == number[:-1]:
                return n + 1
            if len(number) > 1 and len(above.number) == len(number) and above.number[:-1] == number[:-1]:
                return n
            if style is not None and above.style == style and number != ("1",):
                return n
        if number == ("1",) or (style is not None and any(o.style is not None for o in self.stack)):
            return self.last() + 1
        return None

    def by_part(self, i: int) -> int:
        """Return the depth below the open heading that a label or a question is about, by its words and those below."""
        heading, things = self.headings[i], self.named[i].things
        body = heading.body.split("\n", 1)[0]
        for n in range(len(self.stack) - 1, -1, -1):
            above = self.stack[n]
            name = self.headings[above.index].text
            if above.part:
                continue
            if set(above.things) & set(things) or _contains(heading.text, name) or _speaks_of(body, name):
                return n + 1
        return self.last() + 1

    def last(self) -> int:
        """Return the place of the innermost open heading that is about a thing of its own; -1 if there is none."""
        return next((n for n in range(len(self.stack) - 1, -1, -1) if not self.stack[n].part), -1)

    def is_group(self, above: _Open) -> bool:
        """Tell whether an open heading names no thing and has no text: it only says that what follows goes together."""
        return not above.things and not above.part and self.headings[above.index].empty

    def by_thing(self, i: int, floor: int) -> int:
        """Return the depth that the open headings give, from the innermost outwards, by what they and this one name."""
        wraps = not self.named[i].things and self.headings[i].empty
        things = self.named[i].things or (self.things_below(i) if wraps else ())
        groups = [n for n, o in enumerate(self.stack) if self.is_group(o) and n >= floor]
        last = self.last()
        for n in range(len(self.stack) - 1, -1, -1):
            above = self.stack[n]
            if above.part:
                continue
            kin = self.kinship(above.things, things, compares=self.named[i].compares)
            if kin == "within" and n < last and self.teaching.is_field(above.things[0]):
                if wraps and not groups:
                    return max(n + 1, floor)
                break  # nearly everything is
            if self.is_below(i, n, kin, things):
                return n + 1
            if kin is not None:
                return max(n, floor)
        if groups and (wraps or groups[-1] == last):
            return groups[-1] + (not wraps)
        return self.beside_last(i, things, floor)

    def is_below(self, i: int, n: int, kin: Kinship | None, things: Sequence[str]) -> bool:
        """Tell whether heading `i`, which names `things`, or wraps what does, goes below the open heading at `n`."""
        heading, above = self.headings[i], self.stack[n]
        text = self.headings[above.index].text
        holds = n == len(self.stack) - 1 and self.headings[above.index].empty
        if kin == "within" and not (holds and self.in_row(above.index)):
            return True
        if not self.named[i].compares and (
            _contains(heading.text, text) or (not kin and _speaks_of(heading.body, text))
        ):
            return True
        if not holds:
            return False
        if heading.adjacent and kin != "beside":
            return True
        wraps = not self.named[i].things and heading.empty
        return not above.things or self.introduces(above.things[0], things, wraps=wraps)

    def beside_last(self, i: int, things: Sequence[str], floor: int) -> int:
        """Return the depth of a heading of which nothing is known: beside the last one, or a little further out."""
        last = self.last()
        plain = [n for n, o in enumerate(self.stack) if o.style is None and not o.number and not o.part and n >= floor]
        if self.numbers[i] == (None, ()) and last >= 0 and self.stack[last].style is not None and plain:
            return plain[-1]  # a heading without a number is no sibling of numbered ones
        if things and self.teaching.is_broad(things[0]):  # a topic is not taught under another's thing
            while last > floor and self.is_narrow(self.stack[last - 1]):
                last -= 1
        return max(last, floor, 0)

    def is_narrow(self, above: _Open) -> bool:
        """Tell whether an open heading names one thing that is no topic."""
        return bool(above.things) and not self.teaching.is_broad(above.things[0])

    def in_row(self, index: int) -> bool:
        """Tell whether an open heading follows a sibling without text: in a row of names no one holds the next."""
        return index > 0 and self.headings[index - 1].empty and self.parents[index - 1] == self.parents[index]

    def introduces(self, above: str, things: Sequence[str], *, wraps: bool) -> bool:
        """Tell whether a heading without text for `above` introduces what the next one names, unless it is a group."""
        return not wraps and (not things or (self.teaching.is_broad(above) and not self.teaching.is_broad(things[0])))

    def things_below(self, i: int) -> tuple[str, ...]:
        """Return what the first heading below heading `i` names that names anything."""
        for j in range(i + 1, min(i + 1 + _MAX_OPEN, len(self.headings))):
            if self.named[j].things and not self.headings[j].part:
                return self.named[j].things
            if not self.headings[j].empty:
                break
        return ()

    def kinship(self, above: Sequence[str], things: Sequence[str], *, compares: bool) -> Kinship | None:
        if not above or not things:
            return None
        if above[0] in things:
            return "beside" if compares else "within"
        return self.teaching.kinship(above[0], things[0])


def _numbering(text: str) -> tuple[int | None, tuple[str, ...]]:
    """Return the style of a heading's number, None for a dotted one, and its parts; nothing for no number."""
    bare = text.lstrip("#* \t")
    if dotted := _DOTTED.match(bare):
        return None, tuple(dotted[1].split("."))
    for style, pattern in enumerate(_STYLES):
        if match := pattern.match(bare):
            digits = "".join(str(_NUMERALS.find(c) + 1) if c in _NUMERALS else c for c in match.group())
            return style, ("".join(c for c in digits if c.isdigit()),)
    return None, ()


def _contains(text: str, above: str) -> bool:
    """Tell whether a heading contains the name of an open one: `LSTM 的关键特性` goes below `LSTM`."""
    name = above.strip().casefold()
    return 1 < len(name) < len(text) and name in text.casefold()


def _speaks_of(body: str, above: str) -> bool:
    """Tell whether Chinese text below a heading speaks of an open one by its proper, Latin name."""
    name = above.strip().casefold()
    return len(name) > 2 and name.isascii() and name in body and not body.isascii()


# -- what is known of the field ---------------------------------------------------------------------------------------


@cache
def _tree() -> tuple[Mapping[str, str], Mapping[str, str], frozenset[str]]:
    """Return the parents of topics, those of a lexicon's subjects, and the fields."""
    table = load_table("fields.yaml")
    parents = {child: parent for parent, children in table["topics"].items() for child in children}
    return parents, table["subjects"], frozenset(table["fields"])


class Teaching:
    """What a lexicon, its facts and the table of fields know of the things that headings name.

    `read` says what a heading names, given its text and what stands below it; by default nothing, for an outline by
    shapes and numbers only.
    """

    _INSIDE = frozenset({RelationType.IS_A, RelationType.PART_OF, RelationType.EVALUATES})

    def __init__(self, lexicon: Lexicon | None = None, read: Callable[[str, str], Named] = lambda *_: Named()) -> None:
        self.lexicon = lexicon or Lexicon(())
        self.read = read
        self._lines: dict[str, tuple[str, ...]] = {}

    def is_broad(self, thing: str) -> bool:
        """Tell whether a concept is a topic, which a heading without text introduces."""
        term = self.lexicon.terms.get(thing)
        return term is not None and term.kind is ConceptKind.TOPIC

    def is_field(self, thing: str) -> bool:
        """Tell whether a concept is a whole field, below which nearly everything may stand."""
        return thing in _tree()[2]

    def kinship(self, above: str, thing: str) -> Kinship | None:
        """Tell how a concept stands to that of an open heading; None if nothing is known.

        `within`: it is a kind or a part of it, or is taught under it; `beside`: it is a sibling of it; `near`: it
        belongs to a sibling.
        """
        if self.is_field(above) and self.is_field(thing):
            return "beside"
        upper, lower = self.lineage(above), self.lineage(thing)
        if above in lower:
            return "within"
        if upper and lower and upper[0] == lower[0]:
            return "beside"
        if self._alike(above, thing) and not (upper and self.lineage(upper[0])[:1] == lower[:1]):
            return "beside"
        if self.lexicon.facts.get((thing, above), frozenset()) & self._INSIDE:
            return "within"
        return "near" if upper and upper[0] in lower else None

    def _alike(self, above: str, thing: str) -> bool:
        """Tell whether two concepts are things of one sort: of one kind and subject."""
        a, b = self.lexicon.terms.get(above), self.lexicon.terms.get(thing)
        return a is not None and b is not None and a.kind is b.kind and a.subject == b.subject != ""

    def lineage(self, thing: str) -> tuple[str, ...]:
        """Return what a concept is a kind of or is taught under, nearest first."""
        if thing in self._lines:
            return self._lines[thing]
        parents, subjects, fields = _tree()
        out: list[str] = []
        here: str | None = thing
        while here is not None and len(out) < _MAX_OPEN:
            term = self.lexicon.terms.get(here)
            above = parents.get(here)
            if above is None and here not in fields and term is not None:
                above = term.isa or subjects.get(term.subject)
            here = above if above is not None and above != thing and above not in out else None
            if here is not None:
                out.append(here)
        self._lines[thing] = tuple(out)
        return self._lines[thing]
