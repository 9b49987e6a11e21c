"""Inside a line: which characters are words, and which are code, mathematics, addresses or marks.

`read_inline` is one pass of a hand scanner, linear in the text (an opening mark looks for its closing one within a
fixed reach), so that no input can make it slow.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from loaders.document import Link, Span
from loaders.fields import link_parts

__all__ = ["Inline", "is_plain_term", "read_inline"]

_URL = re.compile(r"(?:https?://|www\.)[^\s<>()（）\[\]，。；、\"'“”]+")
_HTML_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|<!--[^\n]{0,500}?-->")
_TERM_IN_CODE = re.compile(r"[\w\u4e00-\u9fff][\w \u4e00-\u9fff+#-]{0,40}")
_SHORT = r"(?!(?:e\.g|i\.e|v\.s|a\.k\.a|w\.r\.t)\b)"  # no attribute paths
_CALL = re.compile(
    rf"\b{_SHORT}[a-z_]\w*(?:\.\w+)+(?:\([^()\n]{{0,80}}\))?|\b\w+_\w+(?:\([^()\n]{{0,80}}\))?", re.ASCII
)
_REACH = 2000  # how far a closing mark may stand from its opening one: keeps the scan linear
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,12}|#\d{1,6});")
_FOOTNOTE = re.compile(r"\[(?:\^[^\]\s]{1,40}|\d{1,3}(?:\s?[,，-]\s?\d{1,3}){0,8})\](?:\(#[^)\s]{1,60}\))?")
FILLER = "\u2063"  # invisible, no space and no word: what the middle of a very long gap is filled with
_WIDE = 200
_WIDE_RUN = re.compile(rf"\s{{{_WIDE},}}")
_EDGE = 50
_BLANK = re.compile(r"[^\S\n]")
_MARK = re.compile(r"[`$*_~=\[<\\^#{(]")
_TAG = re.compile(r"#(?:\[\[[^\[\]\n]{1,100}\]\]|[\w/\u3400-\u9fff-]{1,60})")
_BLOCK_REFERENCE = re.compile(r"\(\([0-9a-fA-F-]{30,40}\)\)")  # Logseq's, to a block by its id
_BLOCK_ID = re.compile(r"(?<=\s)\^[A-Za-z0-9-]{1,40}[ \t]*$", re.MULTILINE)  # Obsidian's, at a block's end
_IMAGE_SIZE = re.compile(r"\{:[^{}\n]{0,80}\}")
_NO_WORDS = (  # with what each cannot do without
    (_URL, ("://", "www.")),
    (_CALL, (".", "_")),
    (_ENTITY, ("&",)),
    (_BLOCK_ID, ("^",)),
)
_NOTE_FILE = re.compile(r"(?![A-Za-z][A-Za-z+.-]*:)<?[^<>\n]{1,300}?\.md(?:#[^<>\n]{0,200})?>?")


@dataclass(frozen=True, slots=True)
class Inline:
    """What `read_inline` found: the text with all but words blanked, emphasised spans, links to other notes."""

    readable: str
    strong: tuple[Span, ...]
    links: tuple[Link, ...]


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.blanks: list[Span] = []
        self.strong: list[Span] = []
        self.links: list[Link] = []

    def blank(self, start: int, end: int) -> None:
        self.blanks.append((start, end))

    def find(self, mark: str, start: int) -> int:
        """Return where `mark` stands at or soon after `start`, or -1."""
        return self.text.find(mark, start, start + _REACH)

    def run(self) -> None:
        i = 0
        while match := _MARK.search(self.text, i):
            i = _HANDLERS[match.group()](self, match.start())

    def readable(self) -> str:
        """Return the text with what was to be blanked as spaces; its lines stay."""
        if not self.blanks:
            return self.text
        out = list(self.text)
        for start, end in self.blanks:
            out[start:end] = [c if c == "\n" else " " for c in out[start:end]]
        return "".join(out)

    def code(self, i: int) -> int:
        n = 1
        while self.text.startswith("`", i + n):
            n += 1
        fence = "`" * n
        end = self.find(fence, i + n)
        if end < 0:
            return i + n
        inner = self.text[i + n : end]
        if is_plain_term(inner):
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
        address = self.text[close + 2 : end].strip()
        if _NOTE_FILE.fullmatch(address):
            name, heading = link_parts(address.strip("<>"))
            self.links.append(Link((i + 1, close), name, heading, file=True))
        return i + 1

    def wikilink(self, i: int) -> int:
        end = self.find("]]", i + 2)
        if end < 0 or end - i > 300 or "\n" in self.text[i:end]:
            return i + 2
        inner = self.text[i + 2 : end]
        if i > 0 and self.text[i - 1] == "!":  # an embedded note or picture
            self.blank(i - 1, end + 2)
            return end + 2
        target, bar, shown = inner.partition("|")
        note = target.partition("#")[0]
        start = end - len(shown) if bar else i + 2 + (len(target) - len(target.lstrip("#^")) if not note else 0)
        stop = end if bar or not note else i + 2 + len(note)
        self.blank(i, start)
        self.blank(stop, end + 2)
        name, heading = link_parts(inner)
        if name:
            self.links.append(Link((start, stop), name, heading))
        return end + 2

    def tag(self, i: int) -> int:
        """Blank a tag within a line of text; alone on a line it may as well be a heading without its space."""
        match = _TAG.match(self.text, i)
        if match is None or (i > 0 and not self.text[i - 1].isspace()) or match.group()[1:].isdecimal():
            return i + 1
        line = self.text.rfind("\n", max(0, i - _REACH), i) + 1
        alone = not self.text[max(line, i - _REACH) : i].strip() and self.text[match.end() : match.end() + 1] in {
            "",
            "\n",
        }
        if alone and "[" not in match.group():
            return i + 1
        self.blank(i, match.end())
        return match.end()

    def brace(self, i: int) -> int:
        if self.text.startswith("{{", i):  # a macro: {{query ...}}
            end = self.find("}}", i + 2)
            if end > 0:
                self.blank(i, end + 2)
                return end + 2
            return i + 2
        if match := _IMAGE_SIZE.match(self.text, i):
            self.blank(i, match.end())
            return match.end()
        return i + 1

    def parenthesis(self, i: int) -> int:
        if match := _BLOCK_REFERENCE.match(self.text, i):
            self.blank(i, match.end())
            return match.end()
        return i + 1

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


_HANDLERS: dict[str, Callable[[_Scanner, int], int]] = {
    "`": _Scanner.code,
    "$": _Scanner.math,
    "*": _Scanner.star,
    "_": _Scanner.star,
    "~": _Scanner.pair,
    "=": _Scanner.pair,
    "^": _Scanner.pair,
    "#": _Scanner.tag,
    "{": _Scanner.brace,
    "(": _Scanner.parenthesis,
    "[": _Scanner.bracket,
    "<": _Scanner.angle,
    "\\": _Scanner.escape,
}


def is_plain_term(code: str) -> bool:
    """Tell whether inline code is one plain term (`softmax`), which is read, and not a call, a path or a variable."""
    return _TERM_IN_CODE.fullmatch(code.strip()) is not None and "_" not in code


def _filled(gap: re.Match[str]) -> str:
    """Return a gap with its middle filled: patterns that pass over spaces from every place would be quadratic in it."""
    middle = gap.group()[_EDGE:-_EDGE]
    filled = _BLANK.sub(FILLER, middle)
    return f"{gap.group()[:_EDGE]}{filled}{gap.group()[-_EDGE:]}"


def read_inline(text: str) -> Inline:
    """Return the words of `text` in place, its emphasised spans and its links to other notes.

    Inline code that is one plain term (`softmax`) stays; calls, attribute paths, snake_case and mathematics go.
    """
    scanner = _Scanner(text)
    scanner.run()
    readable = scanner.readable()
    for pattern, signs in _NO_WORDS:
        if any(sign in readable for sign in signs):
            readable = pattern.sub(lambda m: " " * len(m.group()), readable)
    if len(readable) >= _WIDE:
        readable = _WIDE_RUN.sub(_filled, readable)
    return Inline(readable, tuple(sorted(scanner.strong)), tuple(scanner.links))
