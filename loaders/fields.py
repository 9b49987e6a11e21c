"""Fields: what people who keep their notes in a vault say of a note by key and value.

A field is a line `key:: value` (of a paragraph or a list item, as in Logseq and Dataview), a part of one in brackets
(`[key:: value]`, `(key:: value)`), or an entry of the front matter. Its values are links to notes (`[[note|shown]]`,
`[shown](note.md)`) or names, separated by commas; a key that has none takes them from the items of the list below it.

What keys mean is data, `patterns/note_fields.yaml`. Here they are found; `loaders.notes` makes relations of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import unquote

from graph.model import RelationType
from loaders.document import Block, Field
from loaders.patterns import load_table

__all__ = [
    "FieldRule",
    "described",
    "field_confidence",
    "field_rule",
    "folded_key",
    "is_kind_of_note",
    "link_parts",
    "means",
    "note_name",
    "read_fields",
    "values",
]

_KEY = r"[*_]{0,2}(?P<key>[^\W\d_][^:：\n\[\](){}（）|`，。,;；/\\]{0,38}?)[*_]{0,2}\s?(?:::|：：)[*_]{0,2}"
_LINE = re.compile(rf"[ \t]*(?:>[ \t]*)?{_KEY}(?:[ \t]+|(?=\[\[)|$)(?P<value>[^\n]*)")
_VALUE = r"(?:\[\[[^\[\]\n]{1,200}\]\]|[^\[\]()\n]){0,400}"
_INLINE = re.compile(
    rf"\[{_KEY}[ \t]*(?P<value>{_VALUE})\]|\({_KEY.replace('key', 'key2')}[ \t]*(?P<value2>{_VALUE})\)"
)
_PART = re.compile(
    r"!?\[\[(?P<wiki>[^\[\]\n]{1,300})\]\]|\[[^\[\]\n]{0,200}\]\((?P<file>[^()\s]{1,300}\.md(?:#[^()\s]{0,100})?)\)|(?P<sep>[,，、;；])"
)
_WRAPPING = " \t\"'“”‘’`*_#"
_MAX_VALUES = 100  # of a field
_MAX_TEXT = 300
_NOTHING = frozenset({"", "-", "none", "n/a", "null", "无", "todo", "tbd"})


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a key says: a relation of `type` from the note to the value, or with `turned` from the value to the note."""

    name: str
    type: RelationType
    turned: bool
    linked: bool


@cache
def _table() -> tuple[dict[str, FieldRule], dict[str, str]]:
    table = load_table("note_fields.yaml")
    rules = {
        folded_key(key): FieldRule(
            f"field.{row['rule']}", RelationType(row["type"]), row.get("from") == "value", bool(row.get("linked"))
        )
        for row in table["relations"]
        for key in row["keys"]
    }
    other = {folded_key(str(k)): kind for kind in ("title", "aliases", "tags", "noise") for k in table[kind]}
    return rules, other


def folded_key(key: str) -> str:
    """Return a key without case, spaces, hyphens and underscores: `Depends-on` is `depends_on`."""
    return re.sub(r"[\s_*-]+", "", key.casefold())


def field_rule(key: str) -> FieldRule | None:
    """Return what a folded key says of relations; None if nothing."""
    return _table()[0].get(key)


def field_confidence() -> float:
    """Return how sure a relation is that a field states."""
    return float(load_table("note_fields.yaml")["confidence"])


@cache
def _not_kinds() -> frozenset[str]:
    return frozenset(folded_key(str(word)) for word in load_table("note_fields.yaml")["not_kinds"])


def is_kind_of_note(value: str) -> bool:
    """Tell whether a value says what a note is, not what its concept is: `type:: [[Course]]`."""
    return folded_key(value) in _not_kinds()


def means(key: str) -> str | None:
    """Return `title`, `aliases`, `tags` or `noise` for a folded key of that meaning."""
    return _table()[1].get(key)


def link_parts(inner: str) -> tuple[str, str]:
    """Return the note and the heading that the inside of a wikilink, or a file's address, names; `""` for none."""
    target, _, heading = inner.partition("|")[0].partition("#")
    return note_name(target), heading.partition("#")[2].strip() or heading.strip(" ^")


def note_name(path: str) -> str:
    """Return the name of a note by its path or file name: its last part, decoded, without the suffix.

    Logseq writes `/` in the name of a page as `___` or `%2F`.
    """
    name = unquote(path).replace("\\", "/").replace("___", "/").rstrip("/ ").rpartition("/")[2].strip()
    return name[:-3] if name.casefold().endswith(".md") else name


def values(key: str, text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the values of a field's text: a name, a heading below it, and whether it is a link. At most 100.

    A title is one value, whatever it holds.
    """
    if means(key) == "title":
        if title := text.strip(_WRAPPING):
            yield title[:_MAX_TEXT], "", False
        return
    found: list[tuple[str, str, bool]] = []
    at, count = 0, 0
    gap = ""
    for match in [*_PART.finditer(text[:20_000]), None]:
        gap += text[at : match.start() if match else len(text)]
        at = match.end() if match else len(text)
        if match and not match["sep"]:
            name, heading = link_parts(match["wiki"] or match["file"])
            found.append((name, heading, True))
            continue
        plain = gap.strip(_WRAPPING)
        if not found and plain.casefold() not in _NOTHING:
            found.append((plain, "", False))
        for row in found:
            if row[0] and count < _MAX_VALUES:
                count += 1
                yield row
        found, gap = [], ""


def read_fields(blocks: Sequence[Block]) -> tuple[list[Block], list[Field]]:
    """Return the blocks with their fields blanked in what is read, and the fields, in reading order.

    Of a field whose key is not known only the key is blanked: its value may be a sentence.
    """
    fields: list[Field] = []
    out: list[Block] = []
    open_keys: dict[int, tuple[str, str]] = {}  # blocks that end with a key without a value: the key, the line
    for i, block in enumerate(blocks):
        if block.parent in open_keys and block.kind == "item":
            key, above = open_keys[block.parent]
            written = f"{above}\n{block.text.strip()}"[:_MAX_TEXT]
            fields += [Field(key, *v, block.line, written, block.parent) for v in values(key, block.text)]
            if field_rule(key) or means(key):
                block = replace(block, readable=re.sub(r"[^\n]", " ", block.readable))
        if "::" not in block.text and "：：" not in block.text:
            out.append(block)
            continue
        readable = list(block.readable)
        for key, start, end, value, whole, inline in _matches(block.text):
            written = block.text[slice(*whole)].strip()[:_MAX_TEXT]
            line = block.line_at(whole[0])
            fields += [Field(key, *v, line, written, i) for v in values(key, value)]
            if not value.strip() and whole[1] >= len(block.text.rstrip()):
                open_keys[i] = (key, written)
            if inline or field_rule(key) or means(key):
                start, end = whole if not inline else (start, end + len(value))
            for k in range(start, end):
                readable[k] = "\n" if readable[k] == "\n" else " "
        out.append(replace(block, readable="".join(readable)))
    return out, fields


def _matches(text: str) -> Iterator[tuple[str, int, int, str, tuple[int, int], bool]]:
    """Yield each field of a block's text: its folded key, the key's span, its value, the span of its line.

    The last tells whether it is a part of its line, in brackets.
    """
    start = 0
    for line in text.split("\n"):
        whole = (start, start + len(line))
        match = _LINE.fullmatch(line) if "::" in line or "：：" in line else None
        if match:
            yield folded_key(match["key"]), start, start + match.start("value"), match["value"], whole, False
        elif "::" in line:
            for inner in _INLINE.finditer(line):
                n = "" if inner["key"] else "2"
                at = start + inner.start("key" + n)
                yield (
                    folded_key(inner["key" + n]),
                    at,
                    start + inner.start("value" + n),
                    inner["value" + n],
                    whole,
                    True,
                )
        start += len(line) + 1


def described(fields: Sequence[Field]) -> Mapping[str, list[Field]]:
    """Return the fields of the note itself that give its title, aliases and tags, by that meaning."""
    rows: dict[str, list[Field]] = {"title": [], "aliases": [], "tags": []}
    for field in fields:
        meaning = means(field.key)
        if meaning in rows and field.block in {None, 0}:
            rows[meaning].append(field)
    return rows
