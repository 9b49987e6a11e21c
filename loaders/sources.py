"""Paths in, readable text out: which files are notes, in what encoding, in which of the two formats.

Nothing here raises for one bad file but `UnreadableSource`; the caller names it and goes on with the others. Folders
are walked without following links out of them; hidden files and folders are left out.
"""

import codecs
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from charset_normalizer import from_bytes

from graph.errors import UnreadableSource
from graph.model import Source, SourceFormat
from loaders.code import code_lines

__all__ = ["MAX_SOURCE_BYTES", "SUFFIXES", "decode", "find_files", "read_source", "sniff_format"]

MAX_SOURCE_BYTES = 16 * 1024 * 1024
SUFFIXES: dict[str, SourceFormat] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".txt": "plaintext",
    ".text": "plaintext",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\u200e\u200f\u2060\ufeff\ufffc\ud800-\udfff]")
_COMMON_CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_ATX = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_MARKDOWN_MARKS = re.compile(
    r"^(?: {0,3}(?:#{1,6}[ \t]|```|~~~|>[ \t]|(?:=|-){3,}[ \t]*$)|[ \t]*[-*+][ \t]|\|.*\|)", re.MULTILINE
)


def find_files(paths: Sequence[Path]) -> tuple[list[tuple[Path, str]], list[UnreadableSource]]:
    """Return the files to read, each with the name of its source, and what is wrong with the other `paths`.

    A folder gives its notes (by `SUFFIXES`), a file is taken whatever its suffix. A source is named by its path from
    the folder that was given or that the file is in, that folder's own name first: `week1/notes.md` is another source
    than `week2/notes.md`, however they are loaded. Files come in the order of `paths`, a folder's sorted by name.
    A file is read once. Where two would still have the same name, the later one is named by its whole path as given.
    """
    found: list[tuple[Path, str]] = []
    failures: list[UnreadableSource] = []
    taken: set[str] = set()
    read: set[Path] = set()
    for path in paths:
        if path.is_dir():
            rows = [(file, (_own_name(path) / file.relative_to(path)).as_posix()) for file in _walk(path)]
            if not rows:
                failures.append(
                    UnreadableSource(str(path), f"no notes in this folder; notes end in {', '.join(SUFFIXES)}")
                )
        elif path.is_file():
            rows = [(path, (_own_name(path.parent) / path.name).as_posix())]
        else:
            reason = "not a regular file" if path.exists() else "no such file or folder"
            failures.append(UnreadableSource(str(path), reason))
            continue
        for file, name in rows:
            if not name.isprintable():
                failures.append(
                    UnreadableSource(
                        ascii(str(file))[1:-1], "its name has characters that cannot be printed; rename it"
                    )
                )
                continue
            real = file.resolve()
            if real in read:
                continue
            if name in taken:
                name = file.as_posix()
            taken.add(name)
            read.add(real)
            found.append((file, name))
    return found, failures


def _own_name(folder: Path) -> Path:
    """Return a folder's name as given, `.` and `..` worked out; links are not followed."""
    return Path(Path(os.path.normpath(folder.absolute())).name)


def _walk(folder: Path) -> Iterable[Path]:
    root = folder.resolve()
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts) or file.suffix.lower() not in SUFFIXES:
            continue
        if file.is_file() and file.resolve().is_relative_to(root):
            yield file


def read_source(path: Path, name: str) -> tuple[Source, str]:
    """Read one file: its `Source` and its text, with LF as the only line end. Raises UnreadableSource."""
    try:
        size = path.stat().st_size
        if size > MAX_SOURCE_BYTES:
            raise UnreadableSource(str(path), f"{size:,} bytes; split it, {MAX_SOURCE_BYTES:,} is the limit")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableSource(str(path), error.strerror or type(error).__name__) from error
    try:
        text = decode(data)
    except ValueError as error:
        raise UnreadableSource(str(path), str(error)) from error
    form = sniff_format(path, text)
    return Source(name, form, _title(path, text), hashlib.sha256(data).hexdigest()), text


def decode(data: bytes) -> str:
    """Decode notes: a BOM decides, then UTF-16 by its zero bytes, UTF-8, GB18030, and what charset-normalizer finds.

    Control characters, zero-width characters and lone surrogates are dropped; CRLF and CR become LF, so that lines
    count as an editor shows them. Raises ValueError with a short reason.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _clean(_strict(data, encoding))
    if wide := _wide_encoding(data):
        return _clean(_strict(data, wide))
    if b"\x00" in data:
        raise ValueError("binary, not text; export it as Markdown or text first")
    try:
        return _clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if text and _looks_chinese(text):
        return _clean(text)
    best = from_bytes(data).best()
    if best is None:
        raise ValueError("unknown encoding; save it as UTF-8")
    return _clean(str(best))


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"damaged {encoding} text at byte {error.start:,}; save it as UTF-8") from error


def _wide_encoding(data: bytes) -> str | None:
    """Return the UTF-16 flavour that the zero bytes of ASCII characters and line ends give away, if any."""
    head = data[:4096]
    if len(head) < 2 or len(data) % 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    newlines_le, newlines_be = head.count(b"\n\x00"), head.count(b"\x00\n")
    threshold = len(head) // 8
    if odd > max(threshold, 4 * even) or (newlines_le > 2 and not even):
        return "utf-16-le"
    if even > max(threshold, 4 * odd) or (newlines_be > 2 and not odd):
        return "utf-16-be"
    return None


def _looks_chinese(text: str) -> bool:
    """Tell whether most of what is not ASCII is common Chinese: GB18030 decodes almost any bytes to something."""
    other = sum(not c.isascii() for c in text)
    return other > 0 and len(_COMMON_CJK.findall(text)) >= 0.9 * other


def _clean(text: str) -> str:
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def sniff_format(path: Path, text: str) -> SourceFormat:
    """Return the format by suffix, corrected by content.

    A text file with two or more `#` headings is Markdown; a Markdown file without any block mark is flattened text.
    """
    form = SUFFIXES.get(path.suffix.lower(), "plaintext")
    if form == "plaintext":
        lines = text.split("\n")
        code = code_lines(lines)  # a comment in pasted code looks like a heading
        return (
            "markdown" if sum(1 for i, x in enumerate(lines) if i not in code and _ATX.match(x)) >= 2 else "plaintext"
        )
    return "markdown" if _MARKDOWN_MARKS.search(text) else "plaintext"


def _title(path: Path, text: str) -> str:
    heading = _ATX.search(text)
    if heading:
        line = text[heading.start() : text.find("\n", heading.start()) % (len(text) + 1)]
        if title := line.strip().strip("#").strip():
            return title[:200]
    return path.stem
