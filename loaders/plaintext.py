"""Flattened text -> blocks: text copied from a page, which lost its heading marks, fences and list marks.

What was lost is read off the shapes. A heading is a short line without a predicate or closing punctuation that stands
apart; unfenced code is a run of lines that look like code; bullets and numbers make items, deeper indentation makes
their children. Heading levels are rebuilt by `loaders.nesting`.

Three things are dropped before: a tail that repeats what came before (a paste too many), page chrome, and code.
All passes are linear in the text.
"""

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from graph.model import Source
from loaders.code import code_lines
from loaders.document import Block, BlockKind, Document
from loaders.inline import read_inline
from loaders.needs import led
from loaders.nesting import Heading, Teaching, nest
from loaders.patterns import load_table

__all__ = ["heading_like", "is_label", "is_question", "read_plaintext", "repeated_tail"]

_BULLET = re.compile(r"(\s*)(?:[•·●○▪◦‣■□◆➢►]|[-*+](?=\s))\s*")
_NUMBER = re.compile(r"(\s*)(?:(\d{1,2})(?:[.、．]\s*|[)）][.、]?\s*)|[(（](\d{1,2})[)）][.、]?\s*|([①-⑳])\s*)(?=\D)")
_LOOSE_NUMBER = re.compile(r"(\s+)(\d{1,2})\s*(?=[^\d\s.,:：%])")
_NUMBER_INSIDE = re.compile(r"\s(\d{1,2})[.、．](?=[^\d\s])")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_ONLY_URL = re.compile(r"\s*<?(?:https?://|www\.)\S+>?\s*")
_HEADING_NUMBER = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2})+[.、，,]?|第?[一二三四五六七八九十]{1,3}[、.，,章节]|\d{1,2}[.、)）](?!\d)|[(（][一二三四五六七八九十\d]{1,3}[)）])\s*"
)
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}")
_LABEL_JOINTS = re.compile(r"和|与|及|、|/|&|,|\band\b")
_ENDS_SENTENCE = re.compile(r"[。；;，,、:：!！….—]$")
_INSIDE_SENTENCE = re.compile(r"[。；;，！]|[,.!]\s|,(?=[\u4e00-\u9fff])")
_KEY_VALUE = re.compile(r"[^:：]{1,30}[:：]\s*\S")
_REMARK = re.compile(r"[(（][^()（）\n]*[)）]")
_MAX_HEADING_WIDTH = 64
_BODY_LINES = 12
_MIN_TAIL_LINES = 6


@dataclass(slots=True)
class _Heading:
    """A heading's block, its text, its line, and what else its place depends on."""

    block: int
    text: str
    line: int
    adjacent: bool
    has_body: bool = False


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
        return led(rf"(?:{zh})|\b(?:{en})\b", re.IGNORECASE)

    return either("predicates"), either("questions"), tuple(s.casefold() for s in table["chrome_starts"])


@lru_cache(maxsize=1 << 12)
def is_label(text: str) -> bool:
    """Tell whether a heading names only a part of a text (优点, Example), not a thing."""
    bare = _HEADING_NUMBER.sub("", text.strip(), count=1).strip(" :：*#.。?？").casefold()
    labels = _words()["labels"]
    return bare in labels or all(part.strip() in labels for part in _LABEL_JOINTS.split(bare))


def is_question(text: str) -> bool:
    """Tell whether a line asks something."""
    return text.rstrip(" *").endswith(("?", "？")) or bool(_shapes()[1].search(text) and len(text) > 4)


def heading_like(line: str) -> bool:
    """Tell whether a stripped line has the shape of a heading: short, no sentence, or a question."""
    if not 2 <= _width(_REMARK.sub("", line)) <= _MAX_HEADING_WIDTH or not any(c.isalnum() for c in line):
        return False
    if line.startswith(("**", "“", '"', "（", "(", "[", "<", "|", "=", "-", ">")):
        return False
    if _ENDS_SENTENCE.search(line) or "→" in line or "->" in line or "=" in line:
        return False
    asks, bare = is_question(line), _REMARK.sub("", line)
    if (not asks and _INSIDE_SENTENCE.search(bare)) or _KEY_VALUE.match(bare):
        return False
    return asks or len(bare) <= 8 or not _shapes()[0].search(bare)


def _width(line: str) -> int:
    """Return how wide a line is: Chinese characters count twice."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in line)


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


def read_plaintext(source: Source, text: str, *, teaching: Teaching | None = None) -> Document:
    """Return the blocks of flattened text; never raises on any text. `teaching` helps to rebuild the outline."""
    lines = text.split("\n")
    del lines[repeated_tail(lines) :]
    return Document(source, tuple(_Reader(lines, teaching or Teaching()).read()))


class _Reader:
    def __init__(self, lines: list[str], teaching: Teaching) -> None:
        self.lines = lines
        self.teaching = teaching
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
        self.place_headings()
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
        """Tell whether an unindented number opens a heading (`3.2 Attention`) rather than an item.

        A plain one does if it stands between blank lines, goes on with the numbers, and text follows, no other item.
        """
        if not self.heading_shape(i, line):
            return False
        if _DOTTED.match(line):
            return True
        bare = _HEADING_NUMBER.sub("", line.strip(), count=1)
        alone = (i == 0 or not self.lines[i - 1].strip()) and not "".join(self.lines[i + 1 : i + 2]).strip()
        follow = next((row for row in self.lines[i + 1 : i + 4] if row.strip()), "")
        is_item = _BULLET.match(follow) or _NUMBER.match(follow)
        return bool(alone and follow and not is_item and bare and not bare.endswith(("?", "？")))

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

    def body_below(self, line: int, end: int) -> str:
        """Return the text below the heading at `line`, as far as the line `end` and not too far, folded."""
        rows = self.lines[line : min(end - 1, line + _BODY_LINES)]
        return "\n".join(r for row in rows if (r := row.strip())).casefold()

    def heading_shape(self, i: int, line: str) -> bool:
        bare = _HEADING_NUMBER.sub("", line.strip(), count=1)
        if not heading_like(bare):
            return False
        if is_question(bare):
            return self.stands_apart(i, strict=True)
        return self.stands_apart(i, strict=_width(bare) > 24)

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
        adjacent = bool(self.blocks) and self.blocks[-1].kind == "heading" and self.blocks[-1].line == i
        block = self.add("heading", i, text, 1, None)  # its place is known when all headings are
        self.headings.append(_Heading(block, text, i + 1, adjacent=adjacent))

    def place_headings(self) -> None:
        """Give every heading its level and the heading above it."""
        ends = [h.line for h in self.headings[1:]] + [len(self.lines) + 1] * bool(self.headings)
        rows = [
            Heading(
                h.text,
                self.body_below(h.line, end),
                empty=not h.has_body,
                adjacent=h.adjacent,
                part=is_label(h.text) or is_question(h.text),
                aspect=is_label(h.text.rpartition("的")[2]),
                opens=h.block == 0,
            )
            for h, end in zip(self.headings, ends, strict=True)
        ]
        levels: list[int] = []
        for heading, parent in zip(self.headings, nest(rows, self.teaching), strict=True):
            levels.append(1 if parent is None else levels[parent] + 1)
            above = None if parent is None else self.headings[parent].block
            self.blocks[heading.block] = replace(self.blocks[heading.block], level=levels[-1], parent=above)

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
