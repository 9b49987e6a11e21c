"""A page saved from a browser -> blocks: headings, paragraphs, items, table rows; what surrounds the text is left out.

libxml2 (through lxml) parses, so that unclosed tags are closed as a browser would; nothing is fetched and no entity
but HTML's own is expanded. Left out are scripts, styles, navigation, asides, footers, hidden elements, preformatted
code and embedded media; a page with one `<main>` or `<article>` is read there only. Mathematics (MathJax, KaTeX,
MathML) and inline code are no words.

A block's lines are those of the file, as an editor shows it. libxml2 counts to 65,535; past that, lines are counted
on from the text alone, and are a little low where tags and scripts have line breaks of their own.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from graph.model import Source
from loaders.document import Document, Span
from loaders.inline import is_plain_term
from loaders.outline import Outline, Piece

__all__ = ["read_html"]

# fmt: off
_DROPPED = frozenset(
    {
        "head", "script", "style", "nav", "aside", "footer", "noscript", "template", "svg", "canvas", "iframe",
        "object", "embed", "audio", "video", "picture", "map", "pre", "textarea", "select", "option", "button",
        "input", "label", "dialog", "menu", "datalist", "rp", "rt",
    }
)
_DROPPED_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "dialog", "menu"})
_DROPPED_CLASSES = frozenset(
    {
        "headerlink", "anchor-link", "hash-link", "toc", "table-of-contents", "sidebar", "navbar", "breadcrumb",
        "breadcrumbs", "mw-editsection", "sr-only", "visually-hidden", "MathJax_Preview", "katex-html",
        "highlight", "codehilite",
    }
)
_BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr",
        "html", "li", "main", "ol", "p", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead",
        "tr", "ul",
    }
)
# fmt: on
_STRONG = frozenset({"b", "strong", "em", "i", "mark", "dfn"})
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_MATH_CLASSES = frozenset({"katex", "katex-display", "MathJax", "MathJax_Display", "MathJax_SVG", "mwe-math-element"})
_HEADING = re.compile(r"h[1-6]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_RUN = re.compile(r"[ \t\n\f\r\xa0]+|[^ \t\n\f\r\xa0]+")
_TRUSTED_LINES = 65_535
_MAX_MATH = 500
_MIN_SHARE = 0.2  # of a page's text that its <main> must hold to be what is read


def read_html(source: Source, text: str) -> Document:
    """Return the blocks of a page, its source titled as the page is. Raises ValueError with a short reason."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        root = None  # nothing in it: libxml2 recovers from all else
    if any("depth" in entry.message.casefold() for entry in parser.error_log):
        raise ValueError("its elements are nested too deeply; export it as Markdown or text first")
    if root is None:
        return Document(source)
    title = " ".join((root.findtext("head/title") or "").split())
    reader = _Reader()
    reader.read(_content(root))
    return Document(replace(source, title=title[:200]) if title else source, tuple(reader.outline.blocks))


def _content(root: etree._Element) -> etree._Element:
    """Return the element that holds the page's own text."""
    body = root.find("body")
    if body is None:
        return root
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = body.xpath(path)  # findall takes time quadratic in the nesting
        if len(found) == 1:
            return found[0] if _length(found[0]) >= _MIN_SHARE * _length(body) else body
    return body


def _length(element: etree._Element) -> int:
    return sum(len(t.strip()) for t in element.itertext(tag=etree.Element))


class _Writer:
    """A piece in the making: white space run together, every line of the text with its line in the file."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.lines: list[int] = []
        self.strong: list[Span] = []
        self.masked: list[Span] = []

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def words(self, text: str, line: int) -> int:
        """Add a text that begins at `line`; return the line on which it ends."""
        for match in _RUN.finditer(text):
            run = match.group()
            if not run.isspace():
                self.lines = self.lines or [line]
                self.add(run)
                continue
            breaks = run.count("\n")
            line += breaks
            if self.parts and not self.parts[-1].isspace():
                self.add("\n" if breaks else " ")
                if breaks:
                    self.lines.append(line)
            elif breaks and self.parts and self.parts[-1] == "\n":
                self.lines[-1] = line
        return line

    def line_break(self, line: int) -> None:
        if self.parts and self.parts[-1] != "\n":
            self.add("\n")
            self.lines.append(line)

    def piece(self) -> Piece:
        return Piece("".join(self.parts), self.lines, self.strong, self.masked).trimmed()


class _Reader:
    def __init__(self) -> None:
        self.outline = Outline()
        self.writer = _Writer()
        self.line = 1
        self.level = 0  # of the open heading; 0 is none
        self.cells: list[Piece] | None = None  # of the open table row
        self.terms: list[bool] = []  # by open <dl>: is an item open for a <dt>?
        self.layout = 0  # how many open tables only lay out the page
        self.opened: dict[str, tuple[etree._Element, int]] = {}  # the outermost strong and the outermost code element

    def read(self, root: etree._Element) -> None:
        walk: list[tuple[etree._Element, Iterator[etree._Element]]] = []
        if not self.enter(root):
            walk.append((root, iter(root)))
        while walk:  # lxml's own iterwalk is quadratic in comments
            element, children = walk[-1]
            child = next(children, None)
            if child is None:
                walk.pop()
                self.end(element, element.tag)
                if element is not root:
                    self.text(element.tail)
            elif self.enter(child):
                self.text(child.tail)
            else:
                walk.append((child, iter(child)))
        self.flush()

    def enter(self, element: etree._Element) -> bool:
        """Begin an element; return whether that is all, for it is a comment or left out."""
        self.at(element)
        if not isinstance(element.tag, str):
            self.line += (element.text or "").count("\n")
            return True
        if self.drop(element, element.tag):
            self.line += sum(t.count("\n") for t in element.itertext())
            return True
        self.start(element, element.tag)
        self.text(element.text)
        return False

    def at(self, element: etree._Element) -> None:
        line = element.sourceline or 0
        self.line = line if line < _TRUSTED_LINES else max(line, self.line)

    def text(self, text: str | None) -> None:
        if text:
            self.line = self.writer.words(text, self.line)

    def drop(self, element: etree._Element, tag: str) -> bool:
        classes = set((element.get("class") or "").split())
        if tag == "math" or tag == "mjx-container" or classes & _MATH_CLASSES or _is_tex(element, tag):
            self.math(element)
            return True
        return (
            tag in _DROPPED
            or element.get("role") in _DROPPED_ROLES
            or element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or _HIDDEN.search((element.get("style") or "")[:1000]) is not None
            or bool(classes & _DROPPED_CLASSES and (tag != "body"))
        )

    def math(self, element: etree._Element) -> None:
        """Add a formula as it was typed, as no word."""
        found = element.find(".//annotation")
        written = element.text if element.tag == "script" else found.text if found is not None else None
        start = self.writer.length
        self.writer.lines = self.writer.lines or [self.line]
        self.writer.add(f"${' '.join((written or '…').split())[:_MAX_MATH]}$")
        self.writer.masked.append((start, self.writer.length))

    def start(self, element: etree._Element, tag: str) -> None:
        if tag in _BLOCKS:
            self.flush()
        if _HEADING.fullmatch(tag):
            self.level = int(tag[1])
        elif tag == "br":
            self.writer.line_break(self.line)
        elif tag == "li":
            self.outline.open_item()
        elif tag == "dl":
            self.terms.append(False)
        elif tag == "dt" and self.terms:
            self.end_term()
            self.outline.open_item()
            self.terms[-1] = True
        elif tag == "table" and _lays_out(element):
            self.layout += 1
        elif tag == "tr" and not self.layout:
            self.cells = []
        elif tag in _STRONG or tag in _CODE:
            self.opened.setdefault("code" if tag in _CODE else "strong", (element, self.writer.length))

    def end(self, element: etree._Element, tag: str) -> None:
        for what, (opened, begins) in [*self.opened.items()]:
            if opened is element:
                del self.opened[what]
                self.mark(tag, (min(begins, self.writer.length), self.writer.length))
        if tag in _BLOCKS:
            if tag in {"td", "th"} and self.cells is not None:
                self.cells.append(self.take())
            else:
                self.flush()
        if _HEADING.fullmatch(tag):
            self.level = 0
        elif tag == "li":
            self.outline.close_item()
        elif tag == "dl":
            self.end_term()
            self.terms.pop()
        elif tag == "tr" and self.cells is not None:
            self.outline.row(self.cells)
            self.cells = None
        elif tag == "table" and self.layout and _lays_out(element):
            self.layout -= 1
        if tag in {"ul", "ol", "dl"}:
            self.outline.close_list()

    def end_term(self) -> None:
        if self.terms and self.terms[-1]:
            self.outline.close_item()
            self.terms[-1] = False

    def mark(self, tag: str, span: Span) -> None:
        written = "".join(self.tail(span))
        if tag in _CODE:
            if not is_plain_term(written):
                self.writer.masked.append(span)
        elif written.strip():
            lead, tail = len(written) - len(written.lstrip()), len(written) - len(written.rstrip())
            self.writer.strong.append((span[0] + lead, span[1] - tail))

    def tail(self, span: Span) -> Iterator[str]:
        """Return the parts of the writer's text from the beginning of `span`, which ends with the text."""
        left, n = span[1] - span[0], len(self.writer.parts)
        while left > 0 and n:
            n -= 1
            left -= len(self.writer.parts[n])
        yield from self.writer.parts[n:] if span[1] > span[0] else ()

    def take(self) -> Piece:
        piece, self.writer = self.writer.piece(), _Writer()
        return piece

    def flush(self) -> None:
        if self.cells is not None:  # in a cell, a block is no more than a space
            if self.writer.parts and not self.writer.parts[-1].isspace():
                self.writer.add(" ")
            return
        piece = self.take()
        if not any(c.isalnum() for c in piece.text):
            return
        if self.level:
            self.outline.heading(self.level, piece)
        else:
            self.outline.paragraph(piece)


def _is_tex(element: etree._Element, tag: str) -> bool:
    return tag == "script" and (element.get("type") or "").startswith("math/tex")


def _lays_out(table: etree._Element) -> bool:
    """Tell whether a table holds the page's text rather than rows of it."""
    return table.find(".//table") is not None or any(table.find(f".//h{n}") is not None for n in range(1, 7))
