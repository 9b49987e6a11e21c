"""Files of notes that were read before: only those that changed are read again, and those that they concern.

What a file says depends on the others by two things alone: the names that all notes together introduce, and the notes
that links lead to. Both are worked out from what every file said (`loaders.gathering`, `loaders.notes.Note`), in which
a changed file's words replace its former ones. A file is built again if it changed, or if it has a name in it that now
means something else, in any spelling. The order of the prerequisites is settled over all files, as ever.

The answer is that of `loaders.extract.extract`, whatever was read before.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from graph.contribution import Contribution, encode, with_relations
from graph.edits import decode
from graph.errors import InputError, UnreadableSource
from graph.model import KnowledgeGraph, RelationType
from graph.names import name_key, squashed
from loaders.building import Builder, forget_texts
from loaders.curriculum import Curriculum
from loaders.discovery import discover_among
from loaders.document import Document
from loaders.gathering import Gathered, gather
from loaders.lexicon import Lexicon, Term
from loaders.matching import forget_documents
from loaders.nesting import Teaching
from loaders.notes import Note, NoteIndex, note_of, note_terms
from loaders.prerequisites import settled_pairs
from loaders.reader.model import Model
from loaders.remembering import Common, Memory, Pair, Read, Record
from loaders.sources import digest_of, open_document

__all__ = ["Reread", "read_again"]

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Reread:
    """The contribution of each source by path, made when it is asked for; the digests of all; and the failures.

    `built` are the paths of those that were read anew.
    """

    graphs: Mapping[str, KnowledgeGraph]
    digests: Mapping[str, str]
    failures: tuple[UnreadableSource, ...]
    built: tuple[str, ...]


class _FileChanged(Exception):
    """A file has been written since its bytes were looked at."""


@dataclass(slots=True)
class _File:
    """A file that is opened now: its document, what it says of names, and what it says."""

    document: Document
    joined: set[str] = field(default_factory=set)  # keys of names that were put together from parts of it
    gathered: bytes | None = None
    read: Read | None = None


def read_again(
    files: Sequence[tuple[Path, str]],
    memory: Memory,
    shipped: Lexicon,
    teaching: Teaching,
    model: Model | None,
    *,
    on_source: Callable[[str], None] | None = None,
) -> Reread:
    """Return what files say, each with the name of its source, and keep it in an open memory.

    `on_source` hears of each source. A file that is written meanwhile is looked at again; raises InputError if that
    goes on. Cost: linear in what changed and what that concerns, and a little for all the rest: their bytes are
    hashed, and the names of all are weighed.
    """
    for _ in range(_TRIES):
        try:
            return _Reading(files, shipped, teaching, model, memory).read(on_source)
        except _FileChanged:
            continue
    raise InputError("the notes are being written all the time; load them when that has ended")


class _Reading:
    """One reading of some files; see `read_again`."""

    def __init__(
        self,
        files: Sequence[tuple[Path, str]],
        shipped: Lexicon,
        teaching: Teaching,
        model: Model | None,
        memory: Memory,
    ) -> None:
        self.shipped, self.teaching, self.model, self.memory = shipped, teaching, model, memory
        self.where = {name: file for file, name in files}
        self.failures: dict[str, UnreadableSource] = {}
        self.opened: dict[str, _File] = {}
        common, self.before = memory.recall()
        self.common = common or Common((), (), {}, Gathered())
        self.changed = {
            name
            for file, name in files
            if (name not in self.before or self.before[name].sha256 != digest_of(file)) and self._open(name) is not None
        }

    @property
    def paths(self) -> list[str]:
        """The names of the sources that can be read, in the order of the files."""
        return [name for name in self.where if name not in self.failures]

    def _open(self, name: str, *, as_before: bool = False) -> _File | None:
        """Open a file, once; None, and a failure, if it cannot be read."""
        if name in self.opened:
            return self.opened[name]
        try:
            document = open_document(self.where[name], name, teaching=self.teaching)
        except UnreadableSource as error:
            self.failures[name] = error
        else:
            if as_before and document.source.sha256 != self.before[name].sha256:
                raise _FileChanged
            self.opened[name] = _File(document)
            return self.opened[name]
        if as_before:
            raise _FileChanged
        return None

    def read(self, on_source: Callable[[str], None] | None) -> Reread:
        """Read what must be, keep what was read, and return what all files say."""
        paths = self.paths
        if not self.changed and self.before.keys() == set(paths):
            if on_source:
                for path in sorted(paths):
                    on_source(path)
            return self._answer(paths, self.before, {})
        notes = {
            path: note_of(self.opened[path].document) if path in self.changed else self.before[path].note
            for path in paths
        }
        noted = tuple(note_terms(list(notes.values()), self.shipped))
        named, named_before = self.shipped.extended(noted), self.shipped.extended(self.common.noted)
        anew = bool(named) != bool(named_before)  # without any lexicon, other rules hold
        texts = [row for row in self.memory.texts() if row[0] in notes and row[0] not in self.changed]
        renamed = _changed_keys(named_before, named, (*self.common.noted, *noted))
        gathered = self._gather(named, self.changed | _concerned(texts, renamed, anew=anew))
        discovered = tuple(discover_among(gathered, named))
        known, known_before = named.extended(discovered), named_before.extended(self.common.discovered)
        index = NoteIndex(notes.values(), known)
        keys = renamed | _changed_keys(known_before, known, (*self.common.discovered, *discovered))
        keys |= {key for key, _ in index.by_file.items() ^ self.common.by_file.items()}
        build = self.changed | _concerned(texts, keys, anew=anew)
        build |= {path for path in notes if path in self.before and self.before[path].own != index.by_path.get(path)}
        self._build(sorted(paths), build, known, index, on_source)
        for path in self.opened.keys() & self.failures.keys():  # next time it is as if it had never been read
            said = self.opened[path].gathered
            gathered.add(Gathered.from_json(orjson.loads(said)) if said else self.memory.gathered(path), -1)
        return self._settle(notes, index, Common(noted, discovered, index.by_file, gathered))

    def _gather(self, lexicon: Lexicon, paths: Iterable[str]) -> Gathered:
        """Return what all files say of names: what these ones say now takes the place of what they said."""
        total = self.common.gathered
        for path in sorted(self.before.keys() - set(self.paths)):
            total.add(self.memory.gathered(path), -1)
        for path in sorted(paths):
            file = self._open(path, as_before=path not in self.changed)
            if file is None:
                continue
            if path in self.before:
                total.add(self.memory.gathered(path), -1)
            with lexicon.joining(file.joined):
                said = gather(file.document, lexicon)
            total.add(said)
            file.gathered = orjson.dumps(said.to_json())
        return total

    def _build(
        self,
        paths: Sequence[str],
        build: set[str],
        lexicon: Lexicon,
        index: NoteIndex,
        on_source: Callable[[str], None] | None,
    ) -> None:
        curriculum = Curriculum(lexicon.facts)
        try:
            for path in paths:
                if on_source:
                    on_source(path)
                file = self._open(path, as_before=path not in self.changed) if path in build else None
                if file is None:
                    continue
                with lexicon.joining(file.joined):
                    builder = Builder(file.document, lexicon, self.model, index, self.shipped)
                    graph = builder.build(curriculum)
                try:
                    file.read = Read(encode(path, graph), tuple(builder.prerequisites))
                except InputError as error:
                    self.failures[path] = UnreadableSource(path, str(error))
                forget_documents()
        finally:
            forget_texts()

    def _settle(self, notes: Mapping[str, Note], index: NoteIndex, common: Common) -> Reread:
        """Settle the prerequisites over all files, keep everything, and answer."""
        paths = self.paths
        read = {path: file.read for path, file in self.opened.items() if file.read is not None}
        proposed = {p: _proposed(read[p]) if p in read else self.before[p].proposed for p in paths}
        stated = {p: _stated(read[p].contribution) if p in read else self.before[p].stated for p in paths}
        if self.before.keys() == set(paths) and all(
            (proposed[path], stated[path]) == (self.before[path].proposed, self.before[path].stated) for path in read
        ):
            kept = {pair for row in self.before.values() for pair in row.taken}
        else:
            kept = settled_pairs(
                (row for path in sorted(paths) for row in proposed[path]),
                (pair for path in sorted(paths) for pair in stated[path]),
            )
        records: dict[str, Record] = {}
        for path in paths:
            taken = frozenset((first, then) for first, then, _ in proposed[path] if (first, then) in kept)
            old = self.before.get(path)
            if path in read:
                digest = _whole(read[path], taken).digest
                sha256 = self.opened[path].document.source.sha256
                own = index.by_path.get(path)
                records[path] = Record(sha256, notes[path], own, proposed[path], stated[path], taken, digest)
            elif old is not None and old.taken == taken:
                records[path] = old
            elif old is not None:
                digest = _whole(self.memory.read(path, old.digest), taken).digest
                records[path] = replace(old, taken=taken, digest=digest)
        self._keep(records, read, common)
        return self._answer(paths, records, read)

    def _keep(self, records: Mapping[str, Record], read: Mapping[str, Read], common: Common) -> None:
        texts = {path: self._words(path) for path in read}
        try:
            with self.memory.writing() as mine:
                if not mine:  # another load of these files was faster: what it keeps is as good
                    return
                self.memory.forget(self.before.keys() - records.keys())
                for path, said in read.items():
                    self.memory.keep(path, records[path], texts[path], self.opened[path].gathered, said)
                self.memory.update(
                    {path: row for path, row in records.items() if path not in read and row is not self.before[path]}
                )
                self.memory.keep_common(common)
        except sqlite3.Error as error:  # what was read is right nevertheless
            self.memory.problem = str(error)

    def _words(self, path: str) -> str | None:
        """Return the words by which a file depends on names: its text, and names put together from parts of that."""
        file = self.opened[path]
        text = squashed(_said(file.document))
        if text is None:
            return None
        joined = set(file.joined)
        if file.gathered is None:  # it was not asked for names now, but when it was read before
            joined.update((self.memory.text(path) or "").split("\n")[1:])
        return "\n".join([text, *sorted(joined)])

    def _answer(self, paths: Sequence[str], records: Mapping[str, Record], read: Mapping[str, Read]) -> Reread:
        memory = self.memory

        def make(path: str) -> KnowledgeGraph:
            record = records[path]
            said = read[path] if path in read else memory.read(path, record.digest)
            return decode(_whole(said, record.taken))

        order = sorted(paths)
        return Reread(
            _Graphs(order, make),
            {path: records[path].digest for path in order},
            tuple(self.failures.values()),
            tuple(sorted(read)),
        )


class _Graphs(Mapping[str, KnowledgeGraph]):
    """Graphs by path, in the order of the paths, each made whenever it is asked for."""

    def __init__(self, paths: Sequence[str], make: Callable[[str], KnowledgeGraph]) -> None:
        self._paths = dict.fromkeys(paths)
        self._make = make

    def __getitem__(self, path: str) -> KnowledgeGraph:
        if path not in self._paths:
            raise KeyError(path)
        return self._make(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _said(document: Document) -> str:
    """Return everything of a document that names can be looked for in."""
    rows = [document.title, document.source.title, document.source.path]
    for block in document.blocks:
        rows.append(block.readable)
        if block.text != block.readable:
            rows.append(block.text)
        rows += [part for link in block.links for part in (link.target, link.heading)]
    rows += [part for row in document.fields for part in (row.value, row.heading)]
    return "\n".join(rows)


def _concerned(texts: Iterable[tuple[str, str | None]], keys: Iterable[str], *, anew: bool) -> set[str]:
    """Return the paths of the files whose words have one of these keys in them; all that there are with `anew`."""
    keys = sorted(keys)
    return {path for path, text in texts if anew or (keys and (text is None or any(key in text for key in keys)))}


def _changed_keys(old: Lexicon, new: Lexicon, terms: Iterable[Term]) -> set[str]:
    """Return the keys of all names that two lexicons, which differ in some terms, may take for different things."""
    keys: set[str] = set()
    changed: set[str] = set()
    for term in {term.id for term in terms}:
        one, other = old.terms.get(term), new.terms.get(term)
        names = {name_key(name) for side in (one, other) if side is not None for name in side.names}
        if one == other:
            keys |= {key for key in names if old.find_key(key) != new.find_key(key)}
        else:
            keys |= names
            changed.add(term)
    keys |= {key for key, rows in new.ambiguous.items() if any(choice.concept in changed for choice in rows)}
    return keys - {""}


def _proposed(read: Read) -> tuple[tuple[str, str, float], ...]:
    return tuple((r.source, r.target, r.confidence) for r in read.proposed)


def _stated(contribution: Contribution) -> tuple[Pair, ...]:
    return tuple((s, t) for s, type_, t in contribution.relations if type_ is RelationType.PREREQUISITE_OF)


def _whole(read: Read, taken: frozenset[Pair]) -> Contribution:
    """Return what a file says with those of its prerequisites that were taken."""
    return with_relations(read.contribution, (r for r in read.proposed if (r.source, r.target) in taken))
