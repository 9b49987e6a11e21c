"""Flattened text -> blocks: text copied from a page, which lost its heading marks, fences and list marks.

What was lost is read off the shapes. A heading is a short line without a predicate or closing punctuation that stands
apart; unfenced code is a run of lines that look like code; bullets and numbers make items, deeper indentation makes
their children. Heading levels are rebuilt by a stack: a heading goes below the open heading that contains it (by
`Kinship`, or because its name contains the other's), beside the open heading of its own kind, else beside the last one.

Three things are dropped before: a tail that repeats what came before (a paste too many), page chrome, and code.
All passes are linear in the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from graph.model import Source
from loaders.code import code_lines
from loaders.document import Block, BlockKind, Document
from loaders.inline import read_inline
from loaders.patterns import load_table

__all__ = ["Kinship", "is_label", "is_question", "read_plaintext", "repeated_tail"]

Kinship = Callable[[str, str], Literal["within", "below", "kin", "apart"] | None]
"""Given an open heading and a new one: is the new one within it, a thing below a topic of another subject, of its kind
(a sibling), apart from it, or is that not known?"""

_BULLET = re.compile(r"(\s*)(?:[•·●○▪◦‣■□◆➢►]|[-*+](?=\s))\s*")
_NUMBER = re.compile(r"(\s*)(?:(\d{1,2})(?:[.、．]\s*|[)）][.、]?\s*)|[(（](\d{1,2})[)）][.、]?\s*|([①-⑳])\s*)(?=\D)")
_LOOSE_NUMBER = re.compile(r"(\s+)(\d{1,2})\s*(?=[^\d\s.,:：%])")
_NUMBER_INSIDE = re.compile(r"\s(\d{1,2})[.、．](?=[^\d\s])")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_ONLY_URL = re.compile(r"\s*<?(?:https?://|www\.)\S+>?\s*")
_HEADING_NUMBER = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})+\.?|第?[一二三四五六七八九十]{1,3}[、.章节]|\d{1,2}[.、])\s*")
_LABEL_JOINTS = re.compile(r"和|与|及|、|/|&|,|\band\b")
_ENDS_SENTENCE = re.compile(r"[。；;，,、:：!！….—]$")
_INSIDE_SENTENCE = re.compile(r"[。；;，！]|[,.!]\s|,(?=[\u4e00-\u9fff])")
_KEY_VALUE = re.compile(r"[^:：]{1,30}[:：]\s*\S")
_MAX_HEADING_WIDTH = 64
_BODY_LINES = 12
_MIN_TAIL_LINES = 6


@dataclass(slots=True)
class _Heading:
    text: str
    block: int
    level: int
    has_body: bool = False
    is_label: bool = False


@cache
def _words() -> dict[str, frozenset[str]]:
    table = load_table("plaintext.yaml")
    return {
        "labels": frozenset(w.casefold() for rows in table["labels"].values() for w in rows),
        "chrome": frozenset(w.casefold() for w in table["chrome_words"]),
    }


@cache
def _shapes() -> tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]]:
    table = load_table("plaintext.yaml")

    def either(key: str) -> re.Pattern[str]:
        zh = "|".join(map(re.escape, table[key]["zh"]))
        en = "|".join(map(re.escape, table[key]["en"]))
        return re.compile(rf"(?:{zh})|\b(?:{en})\b", re.IGNORECASE)

    return either("predicates"), either("questions"), tuple(s.casefold() for s in table["chrome_starts"])


def is_label(text: str) -> bool:
    """Tell whether a heading names only a part of a text (优点, Example), not a thing."""
    bare = _HEADING_NUMBER.sub("", text.strip(), count=1).strip(" :：*#.。?？").casefold()
    labels = _words()["labels"]
    return bare in labels or all(part.strip() in labels for part in _LABEL_JOINTS.split(bare))


def is_question(text: str) -> bool:
    """Tell whether a line asks something."""
    return text.rstrip(" *").endswith(("?", "？")) or bool(_shapes()[1].search(text) and len(text) > 4)


def repeated_tail(lines: list[str]) -> int:
    """Return the index of the first line of the longest tail that stands, line for line, earlier in the text too.

    Only a tail of at least six lines with words counts; `len(lines)` if there is none. Linear: the Z-function of the
    reversed lines.
    """
    rows = [(i, line.strip()) for i, line in enumerate(lines) if any(c.isalnum() for c in line)][::-1]
    n = len(rows)
    z = [0] * n
    left = right = best = 0
    for i in range(1, n):
        k = min(right - i, z[i - left]) if i < right else 0
        while i + k < n and rows[k][1] == rows[i + k][1]:
            k += 1
        z[i] = k
        if i + k > right:
            left, right = i, i + k
        best = max(best, min(k, i))  # the two runs must not overlap
    return rows[best - 1][0] if best >= _MIN_TAIL_LINES else len(lines)


def read_plaintext(source: Source, text: str, *, kinship: Kinship | None = None) -> Document:
    """Return the blocks of flattened text; never raises on any text. `kinship` helps to rebuild the outline."""
    lines = text.split("\n")
    del lines[repeated_tail(lines) :]
    return Document(source, tuple(_Reader(lines, kinship or (lambda *_: None)).read()))


class _Reader:
    def __init__(self, lines: list[str], kinship: Kinship) -> None:
        self.lines = lines
        self.kinship = kinship
        self.code = code_lines(lines)
        self.blocks: list[Block] = []
        self.headings: list[_Heading] = []
        self.items: list[tuple[int, int]] = []  # (indentation, block), a stack
        self.lead: int | None = None
        self.number: int | None = None  # of the last numbered item
        self.joined = 0  # the first line after those that the last paragraph took

    def read(self) -> list[Block]:
        for i, line in enumerate(self.lines):
            if i < self.joined:
                continue
            if not line.strip():
                self.lead = self.lead if self.next_is_item(i) else None
            elif i in self.code or _ONLY_URL.fullmatch(line) or not any(c.isalnum() for c in line):
                self.body()
            elif not self.is_chrome(line) and not self.item(i, line) and not self.heading(i, line):
                self.paragraph(i, line)
        return self.blocks

    def is_chrome(self, line: str) -> bool:
        bare = line.strip().casefold()
        if bare.startswith(_shapes()[2]):
            return True
        return bare in _words()["chrome"] and all(b.kind == "heading" for b in self.blocks) and len(self.blocks) < 3

    def body(self) -> None:
        if self.headings:
            self.headings[-1].has_body = True

    def next_is_item(self, i: int) -> bool:
        follow = next((line for line in self.lines[i + 1 : i + 4] if line.strip()), "")
        return bool(_BULLET.match(follow) or _NUMBER.match(follow))

    # -- list items ---------------------------------------------------------------------------------------------

    def item(self, i: int, line: str) -> bool:
        match = _BULLET.match(line) or _NUMBER.match(line)
        number: int | None = None
        if match is None and self.number is not None:
            loose = _LOOSE_NUMBER.match(line)
            match = loose if loose and int(loose[2]) == self.number + 1 else None
        if match is None:
            return False
        if match.re is not _BULLET:
            digits = [g for g in match.groups()[1:] if g]
            number = _CIRCLED.find(digits[0]) + 1 or int(digits[0])
            if match.re is _NUMBER and not match[1] and self.numbered_heading(i, line):
                return False
        nested = _NUMBER.match(line, match.end()) if match.re is _BULLET else None
        start = nested.end() if nested else match.end()
        if not line[start:].strip():
            return True
        self.body()
        indent = len(match[1].expandtabs(4))
        while self.items and self.items[-1][0] >= indent:
            self.items.pop()
        parent = self.items[-1][1] if self.items else self.lead if self.lead is not None else self.top()
        for piece_start, piece_end in self.split_numbers(line, start, number):
            index = self.add("item", i, line[piece_start:piece_end], len(self.items), parent)
        self.items.append((indent, index))
        self.number = number
        return True

    def split_numbers(self, line: str, start: int, number: int | None) -> list[tuple[int, int]]:
        """Split `5.one thing 6.another` where the numbers go on."""
        pieces: list[tuple[int, int]] = []
        if number is not None:
            for match in _NUMBER_INSIDE.finditer(line, start):
                if int(match[1]) == number + 1:
                    pieces.append((start, match.start()))
                    start, number = match.end(), number + 1
        return [*pieces, (start, len(line))]

    def numbered_heading(self, i: int, line: str) -> bool:
        """Tell whether an unindented number opens a heading (`3.2 Attention`) rather than an item."""
        dotted = re.match(r"\d{1,2}\.\d{1,2}", line)
        return bool(dotted) and self.heading_shape(i, line)

    # -- headings -----------------------------------------------------------------------------------------------

    def heading(self, i: int, line: str) -> bool:
        if line[:1].isspace() and self.items:
            return False
        if not self.heading_shape(i, line):
            return False
        self.items.clear()
        self.lead = self.number = None
        self.open_heading(i, line.strip())
        return True

    def body_below(self, i: int) -> str:
        """Return the text below heading `i`, up to the next line that looks like a heading, folded."""
        rows: list[str] = []
        for line in self.lines[i + 1 : i + 1 + _BODY_LINES]:
            bare = line.strip()
            if bare and len(bare) < 16 and not _ENDS_SENTENCE.search(bare) and not _BULLET.match(line) and rows:
                break
            rows.append(bare)
        return "\n".join(rows).casefold()

    def heading_shape(self, i: int, line: str) -> bool:
        bare = line.strip()
        width = sum(2 if ord(c) > 0x2E7F else 1 for c in bare)
        if width > _MAX_HEADING_WIDTH or width < 2 or not any(c.isalnum() for c in bare):
            return False
        if bare.startswith(("**", "“", '"', "（", "(", "[", "<", "|", "=", "-", ">")):
            return False
        asks = is_question(bare)
        if _ENDS_SENTENCE.search(bare) or (not asks and _INSIDE_SENTENCE.search(bare)) or _KEY_VALUE.match(bare):
            return False
        if "→" in bare or "->" in bare or "=" in bare:
            return False
        if asks:
            return self.stands_apart(i, strict=True)
        if len(bare) > 8 and _shapes()[0].search(bare):
            return False
        return self.stands_apart(i, strict=width > 24)

    def stands_apart(self, i: int, *, strict: bool) -> bool:
        """Tell whether line `i` has air around it: after a blank line, a heading or a list, before other text."""
        if i == 0 or not self.lines[i - 1].strip():
            return True
        above = self.blocks[-1] if self.blocks else None
        after_heading = above is not None and above.kind == "heading" and above.line == i
        after_list = above is not None and bool(self.items) and not self.lines[i][:1].isspace()
        after_code = i - 1 in self.code
        if strict and not (after_heading or after_list or after_code):
            return False
        after_sentence = self.lines[i - 1].rstrip().endswith(("。", "？", "?", "!", "！", "."))
        return after_heading or after_list or after_code or after_sentence

    def open_heading(self, i: int, text: str) -> None:
        label = is_label(text) or is_question(text)  # a question, too, belongs to the heading that it is asked under
        adjacent = bool(self.blocks) and self.blocks[-1].kind == "heading" and self.blocks[-1].line == i
        depth = self.depth_for(text, self.body_below(i), label=label, adjacent=adjacent)
        del self.headings[depth:]
        parent = self.headings[-1].block if self.headings else None
        block = self.add("heading", i, text, depth + 1, parent)
        self.headings.append(_Heading(text, block, depth + 1, is_label=label))

    def depth_for(self, text: str, body: str, *, label: bool, adjacent: bool) -> int:
        """Return how many of the open headings stay open above a new one called `text`, with `body` below it.

        `adjacent`: it stands right below another heading, without a blank line: what an outer heading looks like.
        """
        if not self.headings:
            return 0
        named = [n for n, h in enumerate(self.headings) if not h.is_label]
        if label:
            return (named[-1] if named else -1) + 1
        floor = 0 if self.headings[0].has_body else 1  # a first heading without text is the title: all stand below it
        apart: int | None = None
        for n in reversed(named):
            above = self.headings[n]
            kin = self.kinship(above.text, text)
            if (
                kin == "within"
                or self.mentions(text, above.text)
                or (kin != "kin" and self.speaks_of(body, above.text))
            ):
                return n + 1
            if n == named[-1] and not above.has_body and (kin == "below" or (adjacent and kin != "kin")):
                return n + 1
            if kin == "kin":
                return max(n, floor)
            apart = n if kin is not None else apart
        if apart is None:
            apart = named[-1] if named else 0
        return max(apart, floor)

    def speaks_of(self, body: str, above: str) -> bool:
        """Tell whether Chinese text below a new heading speaks of an open one by its proper, Latin name."""
        name = above.strip().casefold()
        return len(name) > 2 and name.isascii() and name in body and not body.isascii()

    def mentions(self, text: str, above: str) -> bool:
        """Tell whether a heading contains the name of an open one: `LSTM 的关键特性` goes below `LSTM`."""
        name = above.strip().casefold()
        return 1 < len(name) < len(text) and name in text.casefold()

    # -- the rest -----------------------------------------------------------------------------------------------

    def paragraph(self, i: int, line: str) -> None:
        self.body()
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if indent == 0:
            self.items.clear()
            self.number = None
        else:
            while self.items and self.items[-1][0] >= indent:
                self.items.pop()
        self.joined = i + 1
        while self.joined < len(self.lines) and self.goes_on(self.joined):
            self.joined += 1
        wrapped = [row.strip() for row in self.lines[i + 1 : self.joined]]
        bare = line.strip().lstrip(":：").lstrip()
        if not bare:
            return
        parent = self.items[-1][1] if self.items else self.top()
        index = self.add("paragraph", i, "\n".join((bare, *wrapped)), 0, parent)
        self.lead = index if bare.rstrip("*").endswith((":", "：")) else None

    def goes_on(self, i: int) -> bool:
        """Tell whether line `i` goes on the hard-wrapped English paragraph of the line above."""
        above = self.lines[i - 1].rstrip()
        wrapped = len(above) > 50 and above.isascii() and above[-1:] not in ".:!?"
        return wrapped and self.lines[i].strip()[:1].islower() and i not in self.code

    def top(self) -> int | None:
        return self.headings[-1].block if self.headings else None

    def add(self, kind: BlockKind, i: int, text: str, level: int, parent: int | None) -> int:
        return self.append(kind, i + 1, text.rstrip(), level, parent)

    def append(self, kind: BlockKind, line: int, text: str, level: int, parent: int | None) -> int:
        inline = read_inline(text)
        self.blocks.append(Block(kind, line, text, inline.readable, level, parent, inline.strong, inline.links))
        return len(self.blocks) - 1
