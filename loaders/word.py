"""A Word document (.docx) -> blocks: headings by style or outline level, list items, table rows, paragraphs.

python-docx opens the package and resolves styles; it is part of the extra `documents`. The text is walked in the
document's own XML: deleted text, comments, headers, footers and text boxes are left out, formulas are no words, and a
style made for code makes no block.

A block's line is the number of its paragraph: the line that it has in the plain text that Word exports.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graph.model import Source
from loaders.document import Document
from loaders.outline import Outline, Piece

__all__ = ["MAX_UNPACKED_BYTES", "MISSING_EXTRA", "read_docx"]

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MISSING_EXTRA = "reading it takes an extra: pip install 'noteatlas[documents]'"
_MAX_TEXT_BYTES = 64 * 1024 * 1024  # of document.xml
_MAX_PARTS = 20_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SKIPPED = {
    f"{_W}del",
    f"{_W}moveFrom",
    f"{_W}pPr",
    f"{_W}txbxContent",
    f"{_W}drawing",
    f"{_W}pict",
    f"{_W}object",
    f"{_W}instrText",
    f"{_W}commentReference",
    f"{_W}footnoteReference",
    f"{_W}endnoteReference",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent",
}
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_CODE = re.compile(r"code|preformatted|listing|代码", re.IGNORECASE)
_LIST = re.compile(r"(?:list(?: bullet| number)?(?: ([1-9]))?$)|列表|项目符号", re.IGNORECASE)
_MAX_TITLE = 200


def read_docx(source: Source, data: bytes) -> Document:
    """Return the blocks of a Word document. Raises ValueError with a short reason."""
    try:
        import docx
    except ImportError as error:
        raise ValueError(MISSING_EXTRA) from error
    _check(data)
    try:
        document = docx.Document(io.BytesIO(data))
        styles = {s.style_id: s for s in document.styles}
        body = document.element.body
        title = (document.core_properties.title or "").strip()
    except (
        KeyError,
        ValueError,
        OSError,
        zipfile.BadZipFile,
        AttributeError,
        SyntaxError,
        NotImplementedError,
    ) as error:
        raise ValueError("damaged, or no Word document") from error
    except docx.exceptions.PythonDocxError as error:
        raise ValueError("damaged, or no Word document") from error
    reader = _Reader(styles)
    reader.read(body)
    title = title or next((b.text for b in reader.outline.blocks if b.kind == "heading"), "")
    return Document(replace(source, title=title[:_MAX_TITLE]) if title else source, tuple(reader.outline.blocks))


def _check(data: bytes) -> None:
    """Raise ValueError for what must not be unpacked: no package, an encrypted one, or one much larger inside."""
    if data.startswith(_OLE):
        raise ValueError("encrypted, or an old .doc; save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ValueError("damaged, or no Word document") from error
    if any(part.flag_bits & 1 for part in parts):
        raise ValueError("encrypted; save it without a password")
    total = sum(part.file_size for part in parts)
    text = max((part.file_size for part in parts if part.filename.endswith(".xml")), default=0)
    if total > MAX_UNPACKED_BYTES or text > _MAX_TEXT_BYTES or len(parts) > _MAX_PARTS:
        raise ValueError(f"too large once unpacked: {total:,} bytes; split it, {MAX_UNPACKED_BYTES:,} is the limit")


class _Reader:
    def __init__(self, styles: dict[str, Any]) -> None:
        self.styles = styles
        self.outline = Outline()
        self.number = 0  # of paragraphs so far
        self.shapes: dict[str, tuple[int, int | None, bool]] = {}  # by style: heading level, depth in a list, code

    def read(self, body: Any) -> None:
        for element in _blocks(body):
            if element.tag == f"{_W}p":
                self.number += 1
                self.paragraph(element)
            else:
                self.table(element)
        self.leave()

    def leave(self) -> None:
        """End the list, if one is open."""
        while self.outline.depth:
            self.outline.close_item()
            self.outline.close_list()

    def table(self, table: Any) -> None:
        self.leave()
        for row in table.iterchildren(f"{_W}tr"):
            cells = []
            for cell in row.iterchildren(f"{_W}tc"):
                inside = [p for p in _blocks(cell) if p.tag == f"{_W}p"]
                self.number += len(inside)
                pieces = [_piece(p, self.number) for p in inside]
                cells.append(Piece(" ".join(p.text for p in pieces if p.text), [self.number]))
            self.outline.row(cells)

    def paragraph(self, paragraph: Any) -> None:
        level, listed, code = self.shape(paragraph)
        piece = _piece(paragraph, self.number)
        if code or not any(c.isalnum() for c in piece.text):
            return
        if level:
            self.leave()
            self.outline.heading(level, piece)
        elif listed is not None:
            while self.outline.depth > listed:
                self.outline.close_item()
            while self.outline.depth <= listed and self.outline.depth < _MAX_DEPTH:
                self.outline.open_item()
            self.outline.paragraph(piece)
        else:
            self.leave()
            self.outline.paragraph(piece)

    def shape(self, paragraph: Any) -> tuple[int, int | None, bool]:
        """Return a paragraph's heading level (0 for none), its depth in a list (None for none), whether it is code."""
        properties = paragraph.find(f"{_W}pPr")
        style = _value(properties, "pStyle") or ""
        if style not in self.shapes:
            self.shapes[style] = self.style_shape(style)
        level, in_list, code = self.shapes[style]
        outline = _number(properties, "outlineLvl")
        if outline is not None:
            level = outline + 1 if outline < _BODY_TEXT else 0
        numbering = properties.find(f"{_W}numPr") if properties is not None else None
        listed = None
        if not level and (numbering is not None or in_list is not None):
            listed = min(_number(numbering, "ilvl") or in_list or 0, _MAX_DEPTH - 1)
            if numbering is not None and _number(numbering, "numId") == 0:
                listed = None  # numbering taken off
        return level, listed, code

    def style_shape(self, style_id: str) -> tuple[int, int | None, bool]:
        level, code = 0, False
        listed: int | None = None
        style = self.styles.get(style_id)
        for _ in range(_MAX_DEPTH):  # styles are based on one another, in a circle if the file is made so
            if style is None:
                break
            name = style.name or ""
            if not level and (match := _HEADING.match(name)):
                level = int(match[1])
            level = level or (1 if name in {"Title", "标题"} else 0)
            own = style.element.find(f"{_W}pPr")
            if listed is None and (match := _LIST.match(name)):
                listed = int(match[1] or 1) - 1
            if listed is None and own is not None and own.find(f"{_W}numPr") is not None:
                listed = 0
            code = code or bool(_CODE.search(name))
            style = getattr(style, "base_style", None)
        return level, listed, code


_MAX_DEPTH = 9
_BODY_TEXT = 9  # the outline level that says: no heading


def _blocks(container: Any) -> Iterator[Any]:
    """Yield the paragraphs and tables of a container in order, those within content controls too."""
    todo = list(container.iterchildren())[::-1]
    while todo:
        element = todo.pop()
        if element.tag in {f"{_W}p", f"{_W}tbl"}:
            yield element
        elif element.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"}:
            todo += list(element.iterchildren())[::-1]


def _value(properties: Any, name: str) -> str | None:
    found = properties.find(f"{_W}{name}") if properties is not None else None
    return found.get(f"{_W}val") if found is not None else None


def _number(properties: Any, name: str) -> int | None:
    value = _value(properties, name)
    return int(value) if value is not None and value.isascii() and value.isdecimal() else None


def _piece(paragraph: Any, line: int) -> Piece:
    """Return a paragraph's text, bold runs marked, formulas masked; a soft break is a space."""
    parts: list[str] = []
    strong: list[tuple[int, int]] = []
    masked: list[tuple[int, int]] = []
    length = 0
    todo = [(child, False) for child in paragraph.iterchildren()][::-1]
    while todo:
        element, bold = todo.pop()
        tag = element.tag
        if tag in _SKIPPED or not isinstance(tag, str):
            continue
        text = ""
        if tag.startswith(_M):
            text = "".join(element.itertext(f"{_M}t"))[:500]
            masked.append((length, length + len(text)))
        elif tag == f"{_W}t":
            text = element.text or ""
        elif tag in {f"{_W}tab", f"{_W}br", f"{_W}cr"}:
            text = " "
        elif tag == f"{_W}noBreakHyphen":
            text = "-"
        else:
            if tag == f"{_W}r":
                mark = element.find(f"{_W}rPr/{_W}b")
                bold = mark is not None and mark.get(f"{_W}val") not in {"0", "false"}
            todo += [(child, bold) for child in element.iterchildren()][::-1]
            continue
        text = text.replace("\n", " ")
        if bold and text.strip():
            if strong and strong[-1][1] == length:
                strong[-1] = (strong[-1][0], length + len(text))
            else:
                strong.append((length, length + len(text)))
        parts.append(text)
        length += len(text)
    return Piece("".join(parts), [line], strong, masked).trimmed()
