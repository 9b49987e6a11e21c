"""A vault for Obsidian and its like: a note for each concept, with fields that link to others. One way, as a folder.

    ---
    aliases: ["Multi-Query Attention"]
    kind: "method"
    ---
    All heads share one key and one value.

    depends on:: [[MHA]]
    uses:: [[KV cache]], [[softmax]]

    > MQA shares one key-value head among all queries. — notes/attention.md:12

Fields are those that `noteatlas load` reads, so that a vault can be edited and loaded as notes: relations come back as
stated ones, with the field as their evidence. A prerequisite is a field of what needs it.

What is in a name is never markup, and never a place: file names are made of what every system takes.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from graph.exchange.ids import all_concepts
from graph.exchange.markup import printable
from graph.model import Concept, KnowledgeGraph, Relation, RelationType

__all__ = ["FIELDS", "to_vault"]

_T = RelationType
FIELDS: Final = {
    _T.PREREQUISITE_OF: "depends on",
    _T.IS_A: "is a",
    _T.PART_OF: "part of",
    _T.EXTENDS: "extends",
    _T.GENERALIZES: "generalizes",
    _T.COMBINES: "combines",
    _T.USES: "uses",
    _T.SOLVES: "solves",
    _T.CAUSES: "causes",
    _T.EVALUATES: "evaluates",
    _T.APPLIED_TO: "applied to",
    _T.CONTRASTS_WITH: "contrasts with",
    _T.EQUIVALENT_TO: "same as",
    _T.IN_TOPIC: "up",
}
"""By relation type: the key of the field, in the note of the source; of PREREQUISITE_OF in that of the target."""

_FORBIDDEN: Final = re.compile(r'[\\/:*?"<>|#^\[\]%\x00-\x1f\x7f]+')  # by some file system, or by links
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # by Windows
_MOST_BYTES: Final = 120  # of a file's name: systems take 255, and synchronizing programs add to it
_MOST_EVIDENCE: Final = 3
_NOT_IN_YAML: Final = re.compile("[\x7f-\x84\x86-\x9f]")
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>#|~=$^!]|^[-+](?= )|(?<=^\d)[.)](?= )|(?<=^\d\d)[.)](?= )")


def to_vault(graph: KnowledgeGraph) -> dict[str, bytes]:
    """Return the notes of `graph` by the names of their files: a note for each concept, all in one folder."""
    concepts = all_concepts(graph)
    files = _file_names(concepts)
    held: dict[str, list[Relation]] = defaultdict(list)
    for relation in graph.relations:
        held[relation.target if relation.type is _T.PREREQUISITE_OF else relation.source].append(relation)
    names = {concept.id: concept.name for concept in concepts}
    links = {id_: _link(file, names[id_]) for id_, file in files.items()}
    return {f"{files[c.id]}.md": _note(c, files[c.id], held[c.id], links) for c in concepts}


def _note(concept: Concept, file: str, relations: list[Relation], links: dict[str, str]) -> bytes:
    head = ["---"]
    if file != concept.name:
        head.append(f"title: {_quoted(concept.name)}")
    if concept.aliases:
        head.append(f"aliases: [{', '.join(map(_quoted, concept.aliases))}]")
    parts = ["\n".join([*head, f"kind: {_quoted(concept.kind.value)}", "---"])]
    if concept.definition:
        parts.append(_plain(concept.definition))
    fields: dict[str, list[str]] = defaultdict(list)
    said: dict[str, None] = {}
    for relation in relations:
        other = relation.source if relation.type is _T.PREREQUISITE_OF else relation.target
        fields[FIELDS[relation.type]].append(links[other])
        for evidence in relation.evidence[:_MOST_EVIDENCE]:
            said[f"> {_plain(evidence.text)} — {_plain(evidence.source)}:{evidence.line}"] = None
    if fields:
        parts.append("\n".join(f"{key}:: {', '.join(values)}" for key, values in fields.items()))
    parts += said
    return ("\n\n".join(parts) + "\n").encode()


def _quoted(text: str) -> str:
    """Return text as a string of YAML, which takes those of JSON."""
    string = json.dumps(printable(text), ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda m: f"\\u{ord(m[0]):04x}", string)


def _plain(text: str) -> str:
    """Return text as one line of Markdown that means itself, and is no field."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(printable(text).split())).replace("::", ":\\:")


def _link(file: str, name: str) -> str:
    """Return a link to a note that shows the name of its concept."""
    shown = " ".join(_FORBIDDEN.sub(" ", printable(name)).split())
    return f"[[{file}]]" if shown in {file, ""} else f"[[{file}|{shown}]]"


def _file_names(concepts: Iterable[Concept]) -> dict[str, str]:
    """Return the name of each concept's file, without suffix: different ones, also where case makes no difference."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for concept in concepts:
        bare = _file_name(concept.name)
        name, number = bare, 1
        while _folded(name) in taken:
            number += 1
            name = f"{bare} ({number})"
        taken.add(_folded(name))
        found[concept.id] = name
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _file_name(name: str) -> str:
    text = unicodedata.normalize("NFC", " ".join(_FORBIDDEN.sub(" ", printable(name)).split()))
    text = text.encode()[:_MOST_BYTES].decode(errors="ignore").strip(" .")
    if not text:
        return "concept"
    return f"{text}_" if _RESERVED.fullmatch(text) else text
