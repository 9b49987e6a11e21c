"""Inside a line: which characters are words, and which are code, mathematics, addresses or marks.

`read_inline` is one pass of a hand scanner, linear in the text (an opening mark looks for its closing one within a
fixed reach), so that no input can make it slow.
"""

import re
from dataclasses import dataclass

from loaders.document import Link, Span

__all__ = ["Inline", "read_inline"]

_URL = re.compile(r"(?:https?://|www\.)[^\s<>()（）\[\]，。；、\"'“”]+")
_HTML_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|<!--[^\n]{0,500}?-->")
_TERM_IN_CODE = re.compile(r"[\w\u4e00-\u9fff][\w \u4e00-\u9fff+#-]{0,40}")
_CALL = re.compile(r"\b[a-z_]\w*(?:\.\w+)+(?:\([^()\n]{0,80}\))?|\b\w+_\w+(?:\([^()\n]{0,80}\))?", re.ASCII)
_REACH = 2000  # how far a closing mark may stand from its opening one: keeps the scan linear
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,12}|#\d{1,6});")
_FOOTNOTE = re.compile(r"\[(?:\^[^\]\s]{1,40}|\d{1,3}(?:\s?[,，-]\s?\d{1,3}){0,8})\](?:\(#[^)\s]{1,60}\))?")


@dataclass(frozen=True, slots=True)
class Inline:
    """What `read_inline` found: the text with all but words blanked, emphasised spans, links to other notes."""

    readable: str
    strong: tuple[Span, ...]
    links: tuple[Link, ...]


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.out = list(text)
        self.strong: list[Span] = []
        self.links: list[Link] = []

    def blank(self, start: int, end: int) -> None:
        for i in range(start, end):
            if self.out[i] != "\n":
                self.out[i] = " "

    def find(self, mark: str, start: int) -> int:
        """Return where `mark` stands at or soon after `start`, or -1."""
        return self.text.find(mark, start, start + _REACH)

    def run(self) -> None:
        i = 0
        while i < len(self.text):
            step = _HANDLERS.get(self.text[i])
            i = step(self, i) if step else i + 1

    def code(self, i: int) -> int:
        n = 1
        while self.text.startswith("`", i + n):
            n += 1
        fence = "`" * n
        end = self.find(fence, i + n)
        if end < 0:
            return i + n
        inner = self.text[i + n : end]
        if _TERM_IN_CODE.fullmatch(inner.strip()) and "_" not in inner:
            self.blank(i, i + n)
            self.blank(end, end + n)
        else:
            self.blank(i, end + n)
        return end + n

    def math(self, i: int) -> int:
        mark = "$$" if self.text.startswith("$$", i) else "$"
        start = i + len(mark)
        end = self.find(mark, start)
        if end <= start or (mark == "$" and "\n\n" in self.text[start:end]):
            return start
        self.blank(i, end + len(mark))
        return end + len(mark)

    def star(self, i: int) -> int:
        mark = self.text[i]
        n = 1
        while self.text.startswith(mark, i + n):
            n += 1
        if n == 1 and i > 0 and self.text[i - 1].isascii() and self.text[i - 1].isalnum():
            return i + 1
        end = self.find(mark * n, i + n) if n <= 3 else -1
        if n > 1:
            self.blank(i, i + n)
        if end < 0 or "\n" in self.text[i + n : end]:
            return i + n
        inner = self.text[i + n : end]
        if not inner.strip() or (n == 1 and (inner[0].isspace() or inner[-1].isspace())):
            return i + n
        self.blank(i, i + n)
        self.blank(end, end + n)
        lead, tail = len(inner) - len(inner.lstrip()), len(inner) - len(inner.rstrip())
        self.strong.append((i + n + lead, end - tail))
        return i + n

    def pair(self, i: int) -> int:
        mark = self.text[i] * 2
        if not self.text.startswith(mark, i):
            return i + 1
        self.blank(i, i + 2)
        return i + 2

    def bracket(self, i: int) -> int:
        if self.text.startswith("[[", i):
            return self.wikilink(i)
        if match := _FOOTNOTE.match(self.text, i):
            self.blank(i, match.end())
            return match.end()
        image = i > 0 and self.text[i - 1] == "!"
        close = self.find("]", i + 1)
        if close < 0 or not self.text.startswith("(", close + 1):
            return i + 1
        end = self.find(")", close + 2)
        if end < 0 or "\n" in self.text[i:end]:
            return i + 1
        if image:
            self.blank(i - 1, end + 1)
            return end + 1
        self.blank(i, i + 1)
        self.blank(close, end + 1)
        return i + 1

    def wikilink(self, i: int) -> int:
        end = self.find("]]", i + 2)
        if end < 0 or end - i > 300 or "\n" in self.text[i:end]:
            return i + 2
        inner = self.text[i + 2 : end]
        target, bar, shown = inner.partition("|")
        start = end - len(shown) if bar else i + 2
        stop = end if bar else i + 2 + len(target.split("#")[0])
        self.blank(i, start)
        self.blank(stop, end + 2)
        name = target.split("#")[0].split("/")[-1].strip()
        if name and not (i > 0 and self.text[i - 1] == "!"):
            self.links.append(Link((start, stop), name))
        return end + 2

    def angle(self, i: int) -> int:
        if match := _HTML_TAG.match(self.text, i):
            self.blank(i, match.end())
            return match.end()
        return i + 1

    def escape(self, i: int) -> int:
        if self.text.startswith(("\\(", "\\["), i):
            end = self.find("\\)" if self.text[i + 1] == "(" else "\\]", i + 2)
            if end > 0:
                self.blank(i, end + 2)
                return end + 2
        self.blank(i, i + 1)
        return i + 2


_HANDLERS = {
    "`": _Scanner.code,
    "$": _Scanner.math,
    "*": _Scanner.star,
    "_": _Scanner.star,
    "~": _Scanner.pair,
    "=": _Scanner.pair,
    "[": _Scanner.bracket,
    "<": _Scanner.angle,
    "\\": _Scanner.escape,
}


def read_inline(text: str) -> Inline:
    """Return the words of `text` in place, its emphasised spans and its links to other notes.

    Inline code that is one plain term (`softmax`) stays; calls, attribute paths, snake_case and mathematics go.
    """
    scanner = _Scanner(text)
    scanner.run()
    readable = "".join(scanner.out)
    for pattern in (_URL, _CALL, _ENTITY):
        readable = pattern.sub(lambda m: " " * len(m.group()), readable)
    return Inline(readable, tuple(sorted(scanner.strong)), tuple(scanner.links))
