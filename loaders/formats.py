"""The formats that notes are kept in, as a table: which suffixes, how bytes become text, what reads the blocks.

A binary format has no `decode`: its reader takes the bytes. A reader raises ValueError, with a short reason that can
stand after the file's name, for a file that it cannot read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from graph.model import Source, SourceFormat
from loaders.charsets import decode, decode_page
from loaders.document import Document
from loaders.html import read_html
from loaders.markdown import read_markdown
from loaders.nesting import Teaching
from loaders.notebook import read_notebook
from loaders.pdf import read_pdf
from loaders.plaintext import read_plaintext
from loaders.word import read_docx

__all__ = ["FORMATS", "MAX_DOCUMENT_BYTES", "MAX_SOURCE_BYTES", "SUFFIXES", "Content", "Format", "read_document"]

MAX_SOURCE_BYTES = 16 * 1024 * 1024
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024  # most of a document's bytes are its pictures
Content = str | bytes
_Reader = Callable[[Source, Content, Teaching | None], Document]


@dataclass(frozen=True, slots=True)
class Format:
    """One row of `FORMATS`; see the module's docstring. `label` is what people call it."""

    label: str
    suffixes: tuple[str, ...]
    decode: Callable[[bytes], str] | None
    read: _Reader
    max_bytes: int = MAX_SOURCE_BYTES


def _text(read: Callable[[Source, str], Document]) -> _Reader:
    return lambda source, content, _: read(source, content if isinstance(content, str) else decode(content))


def _binary(read: Callable[[Source, bytes], Document]) -> _Reader:
    return lambda source, content, _: read(source, content.encode() if isinstance(content, str) else content)


def _flattened(source: Source, content: Content, teaching: Teaching | None) -> Document:
    return read_plaintext(source, content if isinstance(content, str) else decode(content), teaching=teaching)


FORMATS: Mapping[SourceFormat, Format] = MappingProxyType(
    {
        "markdown": Format("Markdown", (".md", ".markdown", ".mdown"), decode, _text(read_markdown)),
        "plaintext": Format("flattened text", (".txt", ".text"), decode, _flattened),
        "html": Format("a saved page", (".html", ".htm"), decode_page, _text(read_html)),
        "notebook": Format("a Jupyter notebook", (".ipynb",), decode, _text(read_notebook)),
        "docx": Format("a Word document", (".docx",), None, _binary(read_docx), MAX_DOCUMENT_BYTES),
        "pdf": Format("PDF", (".pdf",), None, _binary(read_pdf), MAX_DOCUMENT_BYTES),
    }
)
SUFFIXES: Mapping[str, SourceFormat] = MappingProxyType(
    {suffix: name for name, form in FORMATS.items() for suffix in form.suffixes}
)


def read_document(source: Source, content: Content, *, teaching: Teaching | None = None) -> Document:
    """Return the blocks of a source in its format; `teaching` helps to rebuild the outline of flattened text.

    The document's source may have a better title than the one given. Raises ValueError with a short reason.
    """
    return FORMATS[source.format].read(source, content, teaching)
