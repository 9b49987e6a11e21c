"""Paths in, contents out: which files are notes, in which format, and their text or, of a binary format, their bytes.

Nothing here raises for one bad file but `UnreadableSource`; the caller names it and goes on with the others. Folders
are walked without following links out of them; hidden files and folders are left out, and what programs keep beside
notes (`logseq/bak`, the `_files` of a saved page).
"""

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath

from graph.errors import UnreadableSource
from graph.model import Source, SourceFormat
from loaders.charsets import decode
from loaders.code import code_lines
from loaders.document import Document
from loaders.formats import FORMATS, MAX_SOURCE_BYTES, SUFFIXES, Content, read_document
from loaders.nesting import Teaching

__all__ = [
    "MAX_SOURCE_BYTES",
    "SUFFIXES",
    "Folder",
    "decode",
    "digest_of",
    "find_files",
    "find_folders",
    "open_document",
    "read_source",
    "sniff_format",
]

_ATX = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_MARKDOWN_MARKS = re.compile(
    r"^(?: {0,3}(?:#{1,6}[ \t]|```|~~~|>[ \t]|(?:=|-){3,}[ \t]*$)|[ \t]*[-*+][ \t]|\|.*\|)", re.MULTILINE
)


_PAGE_FILES = ("_files", "_文件")  # what browsers call the folder beside a saved page


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
    read: set[str] = set()
    for path in paths:
        if path.is_dir():
            own = _own_name(path)
            rows = [(path / inside, (own / inside).as_posix(), real) for inside, real in _walk(path)]
            if not rows:
                failures.append(
                    UnreadableSource(str(path), f"no notes in this folder; notes end in {', '.join(SUFFIXES)}")
                )
        elif path.is_file():
            rows = [(path, (_own_name(path.parent) / path.name).as_posix(), os.path.realpath(path))]
        else:
            reason = "not a regular file" if path.exists() else "no such file or folder"
            failures.append(UnreadableSource(str(path), reason))
            continue
        for file, name, real in rows:
            if not name.isprintable():
                failures.append(
                    UnreadableSource(
                        ascii(str(file))[1:-1], "its name has characters that cannot be printed; rename it"
                    )
                )
                continue
            if real in read:
                continue
            if name in taken:
                name = file.as_posix()
            taken.add(name)
            read.add(real)
            found.append((file, name))
    return found, failures


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of notes against the sources that begin with its name: which still are notes of it, and which are not.

    Both sorted. `closed` names a folder within that cannot be looked into: what seems gone may be there.
    """

    name: str
    there: tuple[str, ...]
    gone: tuple[str, ...]
    closed: str | None = None


def find_folders(paths: Sequence[Path], sources: Collection[str]) -> list[Folder]:
    """Return the folders among `paths`, those of one name as one, in the order of their names; files are passed over.

    `sources` are the names that a store knows; a name is a note of a folder if `find_files` gives it that name.
    """
    named: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path.is_dir() and (name := _own_name(path).as_posix()) != ".":
            named[name].append(path)
    found = []
    for name, folders in sorted(named.items()):
        files = {file for _, file in find_files(folders)[0]}
        below = [source for source in sorted(sources) if source.startswith(f"{name}/")]
        there = tuple(source for source in below if source in files)
        gone = tuple(source for source in below if source not in files)
        closed = next((inside for folder in folders for inside in _closed(folder)), None) if gone else None
        found.append(Folder(name, there, gone, closed))
    return found


def _closed(folder: Path) -> list[str]:
    """Return the folders within that cannot be listed; `find_files` passes over them without a word."""
    refused: list[str] = []
    for _ in os.walk(folder, onerror=lambda error: refused.append(str(error.filename))):
        pass
    return refused


def _own_name(folder: Path) -> Path:
    """Return a folder's name as given, `.` and `..` worked out; links are not followed."""
    return Path(Path(os.path.normpath(folder.absolute())).name)


_KEPT_BY_PROGRAMS = (("logseq", "bak"), ("logseq", "version-files"), ("assets", "storages"))


def _walk(folder: Path) -> Iterator[tuple[PurePath, str]]:
    """Yield the notes in a folder, by their paths within it, in order, and where each really is.

    Folders that cannot be listed are passed over, and so are folders that are links, and files that are links out of
    the folder.
    """
    root = os.path.realpath(folder)
    found: list[tuple[tuple[str, ...], os.DirEntry[str]]] = []
    todo: list[tuple[str, tuple[str, ...]]] = [(root, ())]
    while todo:
        here, inside = todo.pop()
        with suppress(OSError), os.scandir(here) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    todo.append((entry.path, (*inside, entry.name)))
                elif _format_of(entry.name) is not None and _is_file(entry):
                    found.append(((*inside, entry.name), entry))
    found.sort(key=lambda row: row[0])
    pages = {(*p[:-1], entry.name.rpartition(".")[0]) for p, entry in found if _format_of(entry.name) == "html"}
    for parts, entry in found:
        if any(pair in _KEPT_BY_PROGRAMS for pair in pairwise(parts)) or _is_beside_page(parts, pages):
            continue
        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
        if real.startswith(f"{root.rstrip(os.sep)}{os.sep}"):
            yield PurePath(*parts), real


def _format_of(name: str) -> str | None:
    stem, dot, suffix = name.rpartition(".")
    return SUFFIXES.get(f"{dot}{suffix}".lower()) if stem else None


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link into a folder that may not be looked into
        return False


def _is_beside_page(parts: tuple[str, ...], pages: Collection[tuple[str, ...]]) -> bool:
    """Tell whether a file is in the folder that a browser saved beside a page."""
    folders = (parts[:end] for end in range(1, len(parts)))
    return any(f[-1].endswith(_PAGE_FILES) and (*f[:-1], f[-1].rpartition("_")[0]) in pages for f in folders)


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file's bytes, as `read_source` finds it; None if it cannot be read, which that tells."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def read_source(path: Path, name: str) -> tuple[Source, Content]:
    """Read one file: its `Source` and its content: text, with LF as the only line end, or the bytes of a binary format.

    Raises UnreadableSource.
    """
    suffix = SUFFIXES.get(path.suffix.lower(), "plaintext")
    form = FORMATS[suffix]
    try:
        size = path.stat().st_size
        if size > form.max_bytes:
            raise UnreadableSource(str(path), f"{size:,} bytes; split it, {form.max_bytes:,} is the limit")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableSource(str(path), error.strerror or type(error).__name__) from error
    digest = hashlib.sha256(data).hexdigest()
    if form.decode is None:
        return Source(name, suffix, path.stem, digest), data
    try:
        text = form.decode(data)
    except ValueError as error:
        raise UnreadableSource(str(path), str(error)) from error
    if suffix in {"markdown", "plaintext"}:
        return Source(name, sniff_format(path, text), _title(path, text), digest), text
    return Source(name, suffix, path.stem, digest), text


def open_document(path: Path, name: str, *, teaching: Teaching) -> Document:
    """Read one file and rebuild what stands in it. Raises UnreadableSource, also for what is not of its format."""
    try:
        return read_document(*read_source(path, name), teaching=teaching)
    except ValueError as error:
        raise UnreadableSource(str(path), str(error)) from error


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
