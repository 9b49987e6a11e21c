"""How good an extraction is: a graph against what a person annotated (its *gold*), counted so that counts add up.

Gold is a folder with `concepts.jsonl`, `relations.jsonl` and `not_concepts.txt` (a line and a phrase, tab between), or
one JSON file with the keys `concepts`, `relations`, `not_concepts`. A gold relation has a `strength`: `explicit` (the
text says it; nothing written means this), `structural` or `implied`; `salience` other than `core` counts for nobody;
`context` or `subject_from_context` mark one of whose ends is not named on its line.

* A node is **right** if its name, else an alias, is one of a gold concept; **neutral** if it is a true term of the
  field that gold has no row for, or a heading kept as a topic; else **wrong**. A second node for one concept is wrong
  if the two share a name.
* A stated relation is right if an explicit row says the same of the same two (`alt_types` and reversals included; "A
  has B in it" is one statement whether as USES, PART_OF or APPLIED_TO; symmetric types have no direction), neutral if
  gold only implies it or an end is neutral, else wrong. Precision counts satisfied rows against wrong statements,
  recall the explicit core rows whose two ends are on their line.
* `pairs` is the same without type and direction; `structure` compares IN_TOPIC with membership, any ancestor accepted.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

from graph.errors import UnreadableSource
from graph.model import RELATION_TYPES, ConceptKind, KnowledgeGraph, Origin, Relation, RelationType
from graph.names import name_key

__all__ = ["Gold", "Score", "Tally", "Verdict", "read_gold", "score"]

_OTHER_WORDS = {"USED_FOR": "APPLIED_TO", "COVERED_IN": "IN_TOPIC", "VARIANT_OF": "EXTENDS"}
_MEMBERSHIP = {"IN_TOPIC", "IS_A", "PART_OF", "EVALUATES"}
_SYMMETRIC = {t.value for t, info in RELATION_TYPES.items() if info.symmetric}

Key = tuple[str, str, str]


class Verdict(Enum):
    """What gold says of a relation."""

    RIGHT = "right"
    WRONG = "wrong"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of what was given (right, wrong) and of what was wanted (found, missed); they add up over files."""

    right: int = 0
    wrong: int = 0
    found: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """How much of what was given is right; None if nothing was."""
        return self.right / given if (given := self.right + self.wrong) else None

    @property
    def recall(self) -> float | None:
        """How much of what was wanted is found; None if nothing was."""
        return self.found / wanted if (wanted := self.found + self.missed) else None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.right + other.right, self.wrong + other.wrong, self.found + other.found, self.missed + other.missed
        )


def _statement(source: str, word: str, target: str) -> Key:
    """Return the one form of a typed relation under which equal statements meet."""
    word = _OTHER_WORDS.get(word, word)
    if word in _SYMMETRIC:
        return (min(source, target), word, max(source, target))
    if word in {"PART_OF", "APPLIED_TO"}:
        return (target, "USES", source)
    return (source, word, target)


@dataclass(frozen=True)
class Gold:
    """What a person annotated in one file of notes; `path` names it, rows are as read."""

    path: str
    concepts: Sequence[Mapping[str, Any]]
    relations: Sequence[Mapping[str, Any]]
    not_concepts: Sequence[str] = ()

    @cached_property
    def surfaces(self) -> Mapping[str, AbstractSet[str]]:
        """Name key -> the ids of the gold concepts so called."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.concepts:
            for name in (row["id"], row["name"], *row.get("aliases", ())):
                found[name_key(name)].add(row["id"])
        return found

    @cached_property
    def no_concepts(self) -> AbstractSet[str]:
        """The name keys of phrases that are no concepts."""
        return {name_key(n) for n in self.not_concepts} - self.surfaces.keys()

    @cached_property
    def statements(self) -> Mapping[Key, AbstractSet[int]]:
        """What is said in any accepted form -> the indices of the relations that say it."""
        found: dict[Key, set[int]] = defaultdict(set)
        for i, row in enumerate(self.relations):
            for word in (row["type"], *row.get("alt_types", ())):
                plain = word.removesuffix("(rev)")
                ends = (row["target"], row["source"]) if plain != word else (row["source"], row["target"])
                found[_statement(ends[0], plain, ends[1])].add(i)
        return found

    @cached_property
    def pairs(self) -> Mapping[frozenset[str], AbstractSet[int]]:
        """Two concepts -> the indices of the relations between them."""
        found: dict[frozenset[str], set[int]] = defaultdict(set)
        for i, row in enumerate(self.relations):
            found[frozenset((row["source"], row["target"]))].add(i)
        return found

    @cached_property
    def explicit(self) -> AbstractSet[int]:
        """The indices of the relations that the text says in words."""
        return {
            i
            for i, row in enumerate(self.relations)
            if row.get("strength", "explicit") == "explicit" and _word(row) != "IN_TOPIC"
        }

    def wanted(self, lines: range | None) -> AbstractSet[int]:
        """Return the indices of the explicit core relations, both ends on their line, that lie within `lines`."""
        return {
            i
            for i in self.explicit
            if _is_core(row := self.relations[i])
            and not (row.get("context") or row.get("subject_from_context"))
            and _within(row.get("line"), lines)
        }


def _word(row: Mapping[str, Any]) -> str:
    return _OTHER_WORDS.get(row["type"], str(row["type"]))


def _is_core(row: Mapping[str, Any]) -> bool:
    return bool(row.get("salience", "core") == "core")


def _within(line: int | None, lines: range | None) -> bool:
    return lines is None or line is None or line in lines


def read_gold(path: Path) -> Gold:
    """Read one gold: a folder or a JSON file. Raises UnreadableSource."""
    try:
        if path.is_dir():
            phrases = path / "not_concepts.txt"
            text = phrases.read_text(encoding="utf-8") if phrases.exists() else ""
            nots = [row.split("\t")[1] for row in text.splitlines() if "\t" in row]
            return Gold(str(path), _rows(path / "concepts.jsonl"), _rows(path / "relations.jsonl"), nots)
        document = json.loads(path.read_text(encoding="utf-8"))
        return Gold(str(path), document["concepts"], document["relations"], document.get("not_concepts", []))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableSource(str(path), f"no gold: {error}; it needs concepts and relations") from error


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which gold concept each node is (`to`), which nodes are neutral, and what is wrong with the others."""

    to: Mapping[str, str]
    neutral: AbstractSet[str]
    topics: int
    wrong: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    right: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Score:
    """The tallies of a graph against gold, the verdict on each stated relation, and what was missed, for reading."""

    concepts: Tally
    relations: Tally
    pairs: Tally
    structure: Tally
    verdicts: tuple[tuple[Relation, Verdict], ...] = ()
    details: Mapping[str, Sequence[object]] = field(default_factory=dict)

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.concepts + other.concepts,
            self.relations + other.relations,
            self.pairs + other.pairs,
            self.structure + other.structure,
            self.verdicts + other.verdicts,
        )


def align(names_of: Iterable[tuple[str, Sequence[str], bool, bool]], gold: Gold, terms: AbstractSet[str]) -> Alignment:
    """Match nodes with gold concepts. Each row of `names_of` is (id, names, is a topic that headings use, counts).

    A node that does not count (it lies outside the lines that are looked at) is matched, and not judged.
    """
    to: dict[str, str] = {}
    used: dict[str, set[str]] = {}
    wrong: list[str] = []
    duplicates: list[tuple[str, str]] = []
    neutral: set[str] = set()
    topics = 0
    for node, names, is_topic, counts in sorted(names_of, key=lambda row: (-len(row[1]), row[0])):
        keys = list(dict.fromkeys(map(name_key, names)))
        pick = _pick(keys, gold)
        if pick is not None:
            to[node] = pick
            if pick not in used:
                used[pick] = set(keys)
            elif used[pick] & set(keys):
                duplicates.append((names[0], pick))
        elif gold.no_concepts & set(keys):
            wrong += [names[0]] * counts
        elif terms & set(keys):
            neutral.add(node)
        elif is_topic:
            neutral.add(node)
            topics += counts
        elif counts:
            wrong.append(names[0])
    return Alignment(to, neutral, topics, tuple(wrong), tuple(duplicates), used.keys())


def _pick(keys: Sequence[str], gold: Gold) -> str | None:
    first = gold.surfaces.get(keys[0], set())
    if len(first) == 1:
        return min(first)
    votes = Counter(found for key in keys for found in gold.surfaces.get(key, ()))
    return max(sorted(votes), key=votes.__getitem__) if votes else None


def verdict(relation: Relation, gold: Gold, alignment: Alignment) -> tuple[Verdict, AbstractSet[int]]:
    """Return what gold says of a stated relation, and the explicit rows that it satisfies."""
    ends = (alignment.to.get(relation.source), alignment.to.get(relation.target))
    if ends[0] is None or ends[1] is None:
        strangers = [
            e for e in (relation.source, relation.target) if e not in alignment.to and e not in alignment.neutral
        ]
        return (Verdict.WRONG if strangers else Verdict.NEUTRAL), set()
    if ends[0] == ends[1]:
        return Verdict.NEUTRAL, set()
    rows = gold.statements.get(_statement(ends[0], relation.type.value, ends[1]), set())
    if met := rows & gold.explicit:
        return Verdict.RIGHT, met
    return (Verdict.NEUTRAL if rows else Verdict.WRONG), set()


def score(graph: KnowledgeGraph, gold: Gold, *, lines: range | None = None, terms: Iterable[str] = ()) -> Score:
    """Return how `graph` compares with `gold`. `lines`: count only what lies there. `terms`: names of true terms.

    Linear in both but for ancestors in the structure.
    """
    topics = {r.target for r in graph.relations if r.type is RelationType.IN_TOPIC}
    shown = _lines_of_relations(graph)
    alignment = align(
        (
            (
                c.id,
                c.names,
                c.kind is ConceptKind.TOPIC and c.id in topics,
                _within(c.line if c.line is not None else shown.get(c.id), lines),
            )
            for c in graph.concepts
        ),
        gold,
        {name_key(t) for t in terms},
    )
    here = {row["id"]: any(_within(n, lines) for n in (row.get("lines") or [None])) for row in gold.concepts}
    duplicates = [d for d in alignment.duplicates if here[d[1]]]
    core = {row["id"] for row in gold.concepts if _is_core(row) and here[row["id"]]}
    concepts = Tally(
        sum(here[g] for g in alignment.right),
        len(alignment.wrong) + len(duplicates),
        len(core & alignment.right),
        len(core - alignment.right),
    )
    stated = [
        r
        for r in graph.relations
        if r.origin is Origin.STATED and r.type is not RelationType.IN_TOPIC and _within(_line(r), lines)
    ]
    judged = [(r, *verdict(r, gold, alignment)) for r in stated]
    wanted = gold.wanted(lines)
    met = frozenset().union(*(rows for _, _, rows in judged)) if judged else frozenset()
    off = {_wrong_key(r, alignment) for r, v, _ in judged if v is Verdict.WRONG}
    relations = Tally(len(met), len(off), len(met & wanted), len(wanted - met))
    details = {
        "missed concepts": sorted(core - alignment.right),
        "wrong concepts": [*alignment.wrong, *duplicates],
        "missed relations": [_shown(gold.relations[i]) for i in sorted(wanted - met)],
        "wrong relations": [(r.key, _line(r), r.evidence[0].rule) for r, v, _ in judged if v is Verdict.WRONG],
    }
    return Score(
        concepts,
        relations,
        _pairs(judged, gold, alignment, wanted),
        _structure(graph, gold, alignment, lines),
        tuple((r, v) for r, v, _ in judged),
        details,
    )


def _lines_of_relations(graph: KnowledgeGraph) -> dict[str, int]:
    found: dict[str, int] = {}
    for relation in graph.relations:
        if relation.evidence:
            for end in (relation.source, relation.target):
                found.setdefault(end, relation.evidence[0].line)
    return found


def _line(relation: Relation) -> int | None:
    return relation.evidence[0].line if relation.evidence else None


def _shown(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (row["source"], row["type"], row["target"], row.get("line"))


def _wrong_key(relation: Relation, alignment: Alignment) -> tuple[object, ...]:
    a, b = alignment.to.get(relation.source), alignment.to.get(relation.target)
    if a is not None and b is not None:
        return _statement(a, relation.type.value, b)
    return (*relation.key, _line(relation))


def _pairs(
    judged: Iterable[tuple[Relation, Verdict, AbstractSet[int]]],
    gold: Gold,
    alignment: Alignment,
    wanted: AbstractSet[int],
) -> Tally:
    met: set[int] = set()
    off: set[object] = set()
    for relation, said, _ in judged:
        a, b = alignment.to.get(relation.source), alignment.to.get(relation.target)
        if a is None or b is None:
            if said is Verdict.WRONG:
                off.add((*relation.key, _line(relation)))
        elif a != b:
            rows = gold.pairs.get(frozenset((a, b)), set())
            met |= rows & gold.explicit
            if not rows:
                off.add(frozenset((a, b)))
    return Tally(len(met), len(off), len(met & wanted), len(wanted - met))


def _structure(graph: KnowledgeGraph, gold: Gold, alignment: Alignment, lines: range | None) -> Tally:
    above: dict[str, set[str]] = defaultdict(set)
    members: set[tuple[str, str]] = set()
    for row in gold.relations:
        words = {_OTHER_WORDS.get(w, w) for w in (row["type"], *row.get("alt_types", ()))}
        if words & _MEMBERSHIP or row.get("strength") == "structural":
            above[row["source"]].add(row["target"])
        if _word(row) == "IN_TOPIC" and _within(row.get("line"), lines):
            members.add((row["source"], row["target"]))
    to = alignment.to
    said = {
        (to[r.source], to[r.target])
        for r in graph.relations
        if r.type is RelationType.IN_TOPIC and r.source in to and r.target in to and _within(_line(r), lines)
    }
    said = {pair for pair in said if pair[0] != pair[1]}
    ours: dict[str, set[str]] = defaultdict(set)
    for source, target in said:
        ours[source].add(target)
    good = {pair for pair in said if pair[1] in _closure(above, pair[0])}
    found = {pair for pair in members if pair[1] in _closure(ours, pair[0])}
    return Tally(len(good), len(said - good) if members else 0, len(found), len(members - found))


def _closure(above: Mapping[str, AbstractSet[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for following in above.get(todo.pop(), ()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen
