"""PDF -> blocks: headings by bookmark or by type size, list items by their marks, paragraphs joined from lines.

PDFium, the reader of a browser, extracts the text; pypdfium2, which brings it, is part of the extra `documents`. A PDF
knows no paragraphs and no headings. Lines are joined until a gap, a mark of a list or another type size; what stands
at the top or bottom of most pages and page numbers are dropped. A page that is a picture has no text.

A block's line is the number of the page that it begins on, counted from 1.
"""

import math
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

from graph.model import Source
from loaders.charsets import clean
from loaders.document import Document
from loaders.outline import Outline, Piece
from loaders.word import MISSING_EXTRA

__all__ = ["MAX_PAGES", "read_pdf"]

MAX_PAGES = 5_000
_MAX_CHARACTERS = 16 * 1024 * 1024
_MAX_BOOKMARKS = 5_000
_MAX_HEADING = 120
_LARGER = 1.12  # how many times the body's size a heading's is
_TEXT = 20  # characters of a line from which distances are learnt
_GAP = 1.45  # how many times the usual distance of lines one between paragraphs is
_SHORT = 0.75  # of a full line: one that ends a sentence so early ends its paragraph
_MAX_LEVELS = 6
_BULLET = re.compile(r"(?:[•●○▪◦‣■□◆➢►∙·]|[-–*](?=\s))\s*(?=\S)|(?:\(?\d{1,2}[.)、]|[①-⑳])\s*(?=\D)")
_APART = re.compile(r"[^\w\s]?|\(?\d{1,2}[.)、]?")  # a bullet or a number whose item is set apart from it
_ENDS = re.compile(r"[。！？.!?:：;；]$")
_NUMBER = re.compile(
    r"\s*(?:\d{1,2}(?:\.\d{1,2}){0,4}|[IVX]{1,5}|[A-Z]|第?[一二三四五六七八九十]{1,3}[章节]?)[.、)]?\s+"
)
_NUMBERED = re.compile(r"\d+(?:\.\d+)*\.?\s+\S")
_WRONG_PASSWORD = 4  # PDFium's FPDF_ERR_PASSWORD
_PDFIUM = threading.Lock()  # PDFium's own: it knows no threads


@dataclass(slots=True)
class _Line:
    text: str
    page: int
    size: float
    y: float
    level: int = 0  # of a heading


def read_pdf(source: Source, data: bytes) -> Document:
    """Return the blocks of a PDF. Raises ValueError with a short reason."""
    try:
        import pypdfium2
    except ImportError as error:
        raise ValueError(MISSING_EXTRA) from error
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            encrypted = getattr(error, "err_code", None) == _WRONG_PASSWORD
            reason = "encrypted; save it without a password" if encrypted else "damaged, or no PDF"
            raise ValueError(reason) from error
        try:
            pages = _pages(document)
            bookmarks = _bookmarks(document)
            title = document.get_metadata_value("Title").strip()
        except pypdfium2.PdfiumError as error:
            raise ValueError("damaged") from error
        finally:
            document.close()
    lines = _without_margins(pages)
    if not lines:
        raise ValueError("no text in it that can be read, as in scanned pages; recognise its text first")
    _find_headings(lines, bookmarks)
    outline = _outlined(lines)
    return Document(replace(source, title=title[:200]) if title else source, tuple(outline.blocks))


def _pages(document: Any) -> list[list[_Line]]:
    """Return the lines of every page, in the order in which the file has them."""
    count = len(document)
    if count > MAX_PAGES:
        raise ValueError(f"{count:,} pages; split it, {MAX_PAGES:,} is the limit")
    pages, left = [], _MAX_CHARACTERS
    for number in range(count):
        page = document[number]
        text = page.get_textpage()
        left -= text.count_chars()
        if left < 0:
            raise ValueError(f"more than {_MAX_CHARACTERS:,} characters; split it")
        pages.append(list(_lines(text, number + 1)))
        text.close()
        page.close()
    return pages


def _lines(page: Any, number: int) -> Iterator[_Line]:
    """Yield the lines of a page's text, each with its usual type size and the height of its first character."""
    from pypdfium2 import raw

    rows: list[tuple[int, str]] = []
    for i in [*range(page.count_chars()), None]:
        character = "\n" if i is None else chr(raw.FPDFText_GetUnicode(page, i))
        if character != "\n" and i is not None:
            rows.append((i, character))
            continue
        text = " ".join(clean("".join(c for _, c in rows).replace("\r", " ").replace("\ufffe", "-")).split())
        if text:
            sizes = Counter(round(raw.FPDFText_GetFontSize(page, k) * 2) / 2 for k, c in rows if not c.isspace())
            size = max(sizes.items(), key=lambda row: (row[1], row[0]))[0]
            first = next(k for k, c in rows if not c.isspace())
            matrix = raw.FS_MATRIX()
            scale = math.hypot(matrix.c, matrix.d) if raw.FPDFText_GetMatrix(page, first, matrix) else 1.0
            yield _Line(text, number, round(size * scale * 2) / 2, page.get_charbox(first, loose=True)[1])
        rows = []


def _bookmarks(document: Any) -> dict[tuple[int, str], int]:
    """Return the level of every bookmark, by its page and its folded title."""
    found: dict[tuple[int, str], int] = {}
    for bookmark in islice(document.get_toc(max_depth=_MAX_LEVELS), _MAX_BOOKMARKS):
        place = bookmark.get_dest()
        page = place.get_index() if place is not None else None
        if page is not None:
            found[page + 1, _unnumbered(bookmark.get_title())] = bookmark.level + 1
    return found


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


def _unnumbered(text: str) -> str:
    """Return a heading folded and without its number, which a bookmark may lack."""
    return _folded(_NUMBER.sub("", text)) or _folded(text)


def _without_margins(pages: Sequence[Sequence[_Line]]) -> list[_Line]:
    """Return all lines but page numbers and what is repeated at the top or bottom of half of the pages or more."""

    def shape(line: _Line) -> str:
        return re.sub(r"\d+", "#", _folded(line.text))

    edges = Counter(key for rows in pages for key in {shape(row) for row in (*rows[:2], *rows[-2:])})
    often = max(3, len(pages) // 2)
    repeated = {key for key, count in edges.items() if count >= often}
    return [
        row
        for rows in pages
        for n, row in enumerate(rows)
        if not ((n < 2 or n >= len(rows) - 2) and shape(row) in repeated)
        and not (n in {0, len(rows) - 1} and shape(row).strip("-–/.|") in {"#", "#/#"})
    ]


def _find_headings(lines: Sequence[_Line], bookmarks: dict[tuple[int, str], int]) -> None:
    """Give the headings their levels: those of the bookmarks if these are found in the text, else by type size."""
    for line in lines:
        line.level = bookmarks.get((line.page, _unnumbered(line.text)), 0)
    if any(line.level for line in lines):
        return
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    body = max(weights.items(), key=lambda row: (row[1], -row[0]))[0]
    sizes = {x.size for x in lines if x.size >= _LARGER * body > 0 and len(x.text) <= _MAX_HEADING}
    levels = {size: min(n, _MAX_LEVELS) for n, size in enumerate(sorted(sizes, reverse=True), 1)}
    for line in lines:
        words = sum(c.isalpha() for c in line.text)
        if words > 1 and len(line.text) <= _MAX_HEADING and not line.text.endswith((",", "，", ";", "；", "。")):
            line.level = levels.get(line.size, 0)


def _outlined(lines: Sequence[_Line]) -> Outline:
    outline = Outline()
    leading, width = _leading(lines), _width(lines)
    rows: list[_Line] = []

    def close() -> None:
        if rows:
            _tell(outline, rows)
            rows.clear()

    bullet = False
    for line in lines:
        if _APART.fullmatch(line.text):
            close()
            bullet = True
            continue
        if rows and (bullet or not _goes_on(rows[-1], line, leading, width)):
            close()
        rows.append(replace(line, text=f"• {line.text}") if bullet and not line.level else line)
        bullet = False
    close()
    while outline.depth:
        outline.close_item()
    return outline


def _leading(lines: Sequence[_Line]) -> float:
    """Return the usual distance of two lines."""
    text = [line for line in lines if len(line.text) >= _TEXT]  # of no formula and no figure
    pairs = [(a, b) for a, b in pairwise(text) if a.page == b.page and a.size == b.size]
    steps = sorted(a.y - b.y for a, b in pairs if 0.9 * a.size <= a.y - b.y < 5 * a.size)
    return steps[len(steps) // 10] if steps else 0.0  # most lines go on; what stands apart does so by more


def _width(lines: Sequence[_Line]) -> int:
    """Return how wide a full line is, in letters; a Chinese character counts as two."""
    widths = sorted(_wide(line.text) for line in lines if not line.level)
    return widths[len(widths) * 9 // 10] if widths else 0


def _wide(text: str) -> int:
    return len(text) + sum(c > "\u2e7f" for c in text)


def _goes_on(above: _Line, line: _Line, leading: float, width: int) -> bool:
    """Tell whether a line goes on what the line above began."""
    if above.level != line.level or abs(above.size - line.size) > 1 or _BULLET.match(line.text):
        return False
    if line.level:
        return above.page == line.page and not _NUMBERED.match(line.text) and _near(above, line, leading)
    if _ENDS.search(above.text) and _wide(above.text) < _SHORT * width:
        return False
    if above.page != line.page:
        return not _ENDS.search(above.text)
    return _near(above, line, leading)


def _near(above: _Line, line: _Line, leading: float) -> bool:
    step = above.y - line.y
    return not leading or -leading < step <= _GAP * max(leading, line.size)


def _tell(outline: Outline, rows: Sequence[_Line]) -> None:
    piece = Piece(_joined(row.text for row in rows), [rows[0].page])
    while outline.depth:
        outline.close_item()
    mark = _BULLET.match(piece.text)
    if rows[0].level:
        outline.close_list()
        outline.heading(rows[0].level, piece)
    elif mark:
        outline.open_item()
        outline.paragraph(Piece(piece.text[mark.end() :], piece.lines))
    else:
        outline.close_list()
        outline.paragraph(piece)


def _joined(texts: Iterable[str]) -> str:
    """Return lines as one: a word broken at the end made whole, Chinese without a space between."""
    parts: list[str] = []
    for text in texts:
        if parts:
            last = parts[-1]
            if last.endswith("-") and last[-2:-1].isalpha() and text[:1].islower():
                parts[-1] = last[:-1]
            elif not (last[-1] > "\u2e7f" and text[0] > "\u2e7f"):
                parts.append(" ")
        parts.append(text)
    return "".join(parts)
