"""Notes as things: how a vault's notes name concepts, link to them and relate them.

A vault keeps a note for a concept: its file's name, title and aliases are the concept's names, a link to it means the
concept, and its fields say how it relates to others.

    note_of          what a document says of its note, and of others by links and fields
    note_terms       the names that notes and fields give, before the text is searched for names
    NoteIndex        a link -> the concept that its note is about
    field_relations  fields -> stated relations, the field's line as evidence
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from graph.model import Evidence, Origin, Relation, RelationType
from graph.names import name_key, slug
from loaders.document import Block, Document, Field
from loaders.fields import described, field_confidence, field_rule, is_kind_of_note, note_name
from loaders.lexicon import Lexicon, Term, is_ordinary
from loaders.mentions import Mention, is_term
from loaders.plaintext import is_label
from loaders.terms import guess_kind, read_heading

__all__ = ["Note", "NoteIndex", "field_relations", "note_of", "note_terms", "with_links"]

_JOURNAL = re.compile(r"\d{2,4}[-_. 年/]\d{1,2}(?:[-_. 月/]\d{1,4})?.*|\d+")
_NUMBERED = re.compile(r"^[0-9]{1,3}[-_. ]+(?=\D)")
_MAX_SHOWN = 40  # characters of a link's words; longer ones are a phrase about it
_NO_NOTES = frozenset(
    name_key(w) for w in ("readme", "index", "contents", "untitled", "home", "notes", "inbox", "目录", "未命名", "首页")
)


def _names(document: Document) -> list[str]:
    """Return the names that a note gives itself: the title, else the file's name; then its aliases.

    A first heading is the title of a file whose name only spells words for a file system (`rag-and-agents`): as
    `RAG and Agents` people read it.
    """
    rows = described(document.fields)
    stem, is_slug = _stem(document)
    first = document.blocks[0] if is_slug and document.blocks else None
    heading = [first.text.strip()] if first is not None and first.kind == "heading" else []
    named = [f.value for f in rows["title"]] or [n for n in heading if _is_name(n)] or [stem]
    names = [n for n in (*named, *(f.value for f in rows["aliases"])) if _is_name(n)]
    return list(dict.fromkeys(names))


def _stem(document: Document) -> tuple[str, bool]:
    """Return a file's name as words, and whether it had marks in place of the spaces between them."""
    stem = note_name(document.source.path.rpartition(".")[0])
    bare = _NUMBERED.sub("", stem)
    if " " in bare or is_kebab_name(bare):
        return bare, False
    words = re.sub(r"[-_]+", " ", bare)
    return words, words != bare


def is_kebab_name(stem: str) -> bool:
    """Tell whether the hyphens of a file's name are a name's own: `Q-learning`, `T5-small`."""
    return stem.count("-") == 1 and "_" not in stem


def _is_name(name: str) -> bool:
    return is_term(name) and not is_label(name) and not _JOURNAL.fullmatch(name) and name_key(name) not in _NO_NOTES


@dataclass(frozen=True, slots=True)
class Note:
    """What a document says of its note and of others' that matters elsewhere, too.

    The names that the note gives itself, the first one preferred, and the key of its file's name; whether it is kept
    for a concept by its fields or aliases; the keys of what it links to; and what its fields name that is a concept.
    """

    path: str
    names: tuple[str, ...]
    file: str
    kept: bool
    links: tuple[str, ...]
    values: tuple[str, ...]


def note_of(document: Document) -> Note:
    """Return what a document says of notes."""
    linked = [link.target for block in document.blocks for link in block.links]
    linked += [field.value for field in document.fields if field.linked]
    return Note(
        document.source.path,
        tuple(_names(document)),
        name_key(_file(document)),
        any(field_rule(f.key) for f in document.fields) or bool(described(document.fields)["aliases"]),
        tuple(sorted(set(map(name_key, linked)))),
        tuple(field.value for field in document.fields if _names_a_concept(field)),
    )


def _names_a_concept(field: Field) -> bool:
    rule = field_rule(field.key)
    if rule is None or (rule.linked and (not field.linked or is_kind_of_note(field.value))):
        return False
    return _is_name(field.value)


def note_terms(notes: Sequence[Note], lexicon: Lexicon) -> list[Term]:
    """Return the terms that notes are kept for, and further names of known ones. Deterministic.

    A note is kept for a concept if it has aliases or fields that relate it, or if another links to it. What a field
    links to, or names where only concepts can stand, is a concept too.
    """
    linked = {key for note in notes for key in note.links}
    taken: dict[str, Term] = {}
    terms: dict[str, Term] = {}

    def add(names: Sequence[str]) -> None:
        known = next((t for n in names if (t := lexicon.find(n) or taken.get(name_key(n)))), None)
        free = [
            n
            for n in names
            if lexicon.find(n) is None and name_key(n) not in lexicon.ambiguous and name_key(n) not in taken
        ]
        free = [n for n in free if known is None or not is_ordinary(n)]
        if not free:
            return
        found = known.id if known else slug(free[0])
        old = terms.get(found)
        first = (known.name,) if known else ()
        terms[found] = Term(
            found,
            tuple(dict.fromkeys((*(old.names if old else first), *free))),
            known.kind if known else guess_kind(free),
            weak=(old.weak if old else frozenset()) | {name_key(n) for n in free if _is_slight(n)},
            known=False,
        )
        for name in terms[found].names:
            taken.setdefault(name_key(name), terms[found])

    for note in notes:
        if note.names and (note.kept or name_key(note.names[0]) in linked or note.file in linked):
            add(note.names)
    for note in notes:
        for value in note.values:
            add([value])
    return list(terms.values())


def _is_slight(name: str) -> bool:
    """Tell whether a name is too slight to be looked for in running text."""
    if not name.isascii():
        return len(name) < 3
    return is_ordinary(name) or (" " not in name and (name.islower() or len(name) < 3))


def _file(document: Document) -> str:
    return note_name(document.source.path.rpartition(".")[0])


class NoteIndex:
    """What the notes of a load are about, by the names of their files."""

    def __init__(self, notes: Iterable[Note], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.by_path: dict[str, str] = {}
        """What the note of each file is kept for."""
        self.by_file: dict[str, str] = {}
        """What a link to a file's name means."""
        for note in notes:
            concept = self._about(note)
            if concept is not None:
                self.by_path[note.path] = concept
                self.by_file.setdefault(note.file, concept)

    def _about(self, note: Note) -> str | None:
        for name in note.names:
            if (found := self._lexicon.find(name)) is not None:
                return found.id
            concepts = read_heading(name, self._lexicon).concepts
            if len(concepts) == 1:
                return concepts[0]
        return None

    def own(self, document: Document) -> str | None:
        """Return the concept that a note is kept for, by its title, its file's name or an alias; None if unknown."""
        return self.by_path.get(document.source.path)

    def find(self, target: str, heading: str = "", *, file: bool = False) -> str | None:
        """Return the concept that a link means: that of the heading in the note, else of the note, else of its name.

        For `file`, a file's address, only a note of the load counts.
        """
        if heading and (found := self._lexicon.find(heading)):
            return found.id
        key = name_key(target)
        if key in self.by_file:
            return self.by_file[key]
        named = None if file else self._lexicon.find(target)
        return named.id if named else None


def with_links(block: Block, mentions: list[Mention], index: NoteIndex) -> list[Mention]:
    """Return the mentions of a block, those in order that links say what they mean by.

    A wikilink means its note, whatever its shown words are; a link to a file only if they name nothing else.
    """
    if not block.links:
        return mentions
    out: list[Mention] = []
    ahead = deque(mentions)
    for link in sorted(block.links, key=lambda row: row.span):
        start, end = link.span
        concept = index.find(link.target, link.heading, file=link.file) if end - start <= _MAX_SHOWN else None
        while ahead and ahead[0].extent[1] <= start:
            out.append(ahead.popleft())
        inside: list[Mention] = []
        while ahead and ahead[0].extent[0] < end:
            inside.append(ahead.popleft())
        if concept is not None and inside and all(m.concept == concept for m in inside):
            extent = (min(start, inside[0].extent[0]), max(end, inside[-1].extent[1]))
            out.append(inside[0]._replace(extent=extent, compound=inside[-1].compound))
        elif concept is None or (inside and link.file):
            out += inside
        elif block.readable[start:end].strip():
            out.append(Mention(concept, link.span, link.span))
    return [*out, *ahead]


def field_relations(
    document: Document, index: NoteIndex, subject: Callable[[int | None], str | None]
) -> Iterator[tuple[Field, str, Relation]]:
    """Yield each field that states a relation, with the concept of its value and the relation.

    `subject` gives whom a field in a block (None: the note) speaks of.
    """
    path = document.source.path
    own = index.own(document)
    for field in document.fields:
        target = _target(field, index)
        if target is None:
            continue
        rule = field_rule(field.key)
        if rule is None:
            if own and own != target and (topic := _tag(field, path, own, target)):
                yield field, target, topic
            continue
        start = subject(field.block)
        if start is None or start == target:
            continue
        ends = (target, start) if rule.turned else (start, target)
        group = f"{ends[0]}@{path}:{field.line}" if rule.type is RelationType.COMBINES else None
        evidence = (Evidence(path, field.line, field.text, rule.name),)
        stated = Relation(ends[0], rule.type, ends[1], Origin.STATED, field_confidence(), evidence, (), group)
        yield field, target, stated.canonical()


def _target(field: Field, index: NoteIndex) -> str | None:
    rule = field_rule(field.key)
    if rule is None:  # a tag: `ml/deep-learning` is read by its last part
        name = re.sub(r"[-_]+", " ", field.value.lstrip("#").rpartition("/")[2])
        ordinary = len(name) < 2 or is_ordinary(name) or is_kind_of_note(name)
        return None if ordinary and not field.linked else index.find(name)
    if rule.linked and (not field.linked or is_kind_of_note(field.value)):
        return None
    return index.find(field.value, field.heading)


def _tag(field: Field, path: str, own: str, topic: str) -> Relation | None:
    if not described([field])["tags"]:
        return None
    evidence = (Evidence(path, field.line, field.text, "topic.tag"),)
    return Relation(own, RelationType.IN_TOPIC, topic, Origin.STRUCTURAL, 1.0, evidence)
