"""A way of working that generalises: every rule judged on annotated files, and on those that it was not written for.

`loaders.gold` compares one graph with one person's annotations; here are the files of a folder, their figures added
up, and two questions about rules:

* **How does each do?** How often it fired, was right and was wrong, and in how many files. A rule that is right in one
  file only is a *suspect*: it may read that file's sentence rather than a way of writing.
* **What would a stranger see?** The files are dealt into folds. For each fold only those rules are kept that earned
  their place in the other folds, right at least once there and more often right than wrong; the figures over all folds
  then judge rules on files that they were not written for (a form of cross-validation).

Stated relations are judged so, and a relation that several rules read is kept while one of them is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from graph.errors import InputError, UnreadableSource
from graph.model import KnowledgeGraph, Origin, Relation
from loaders.extract import extract_texts
from loaders.gold import Gold, Score, Tally, Verdict, read_gold, score
from loaders.lexicon import Lexicon
from loaders.sources import find_files, read_source

__all__ = ["Case", "Judged", "RuleRecord", "find_cases", "fold_scores", "judge", "pooled", "rule_records"]

_NUMBER = re.compile(r"\d+")
_NEEDED = {"concepts": ("id", "name"), "relations": ("source", "type", "target")}


@dataclass(frozen=True, slots=True)
class Case:
    """A file of notes and its gold, under the name that figures are given for."""

    name: str
    notes: Path
    gold: Path


@dataclass(frozen=True, slots=True)
class Judged:
    """What was read in a case, and how it compares with its gold."""

    case: Case
    graph: KnowledgeGraph
    gold: Gold
    score: Score


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """How a rule did: how many relations it read, how many are right and wrong, and in how many files each."""

    rule: str
    fired: int
    right: int
    wrong: int
    files_right: int
    files_wrong: int

    @property
    def is_suspect(self) -> bool:
        """Whether it is right in one file only: it may read a sentence rather than a way of writing."""
        return self.files_right == 1


def find_cases(gold: Path, *, notes: Path | None = None, only: Iterable[str] = ()) -> list[Case]:
    """Return the cases of a folder, by number: NN-name.* with NN.json, or the same in `notes/` and `gold/`.

    With `notes`, `gold` is that one file's: a folder of .jsonl files or a .json file. `only` names the numbers wanted.
    Raises InputError if there are none, if a gold has not exactly one file of notes, or for an unknown number.
    """
    if notes is not None:
        return [Case(notes.name, notes, gold)]
    if not gold.is_dir():
        raise InputError(f"{gold}: no folder of NN-name.md and NN.json; name the notes of one gold with --notes")
    texts, golds = (gold / "notes", gold / "gold") if (gold / "gold").is_dir() else (gold, gold)
    rows = sorted(f for f in golds.glob("*.json") if _NUMBER.fullmatch(f.stem))
    if not rows:
        raise InputError(f"{gold}: no gold called NN.json in this folder")
    wanted = set(only)
    if unknown := sorted(wanted - {row.stem for row in rows}):
        raise InputError(f"{gold}: no gold called {unknown[0]}.json")
    return [Case(row.stem, _notes_of(row, texts), row) for row in rows if not wanted or row.stem in wanted]


def _notes_of(gold: Path, texts: Path) -> Path:
    found = sorted(f for f in texts.glob(f"{gold.stem}-*") if f.is_file())
    if len(found) != 1:
        raise InputError(f"{gold}: {len(found)} files called {gold.stem}-* in {texts}; there must be one")
    return found[0]


def judge(
    case: Case,
    *,
    lexicon: Lexicon | None = None,
    phrasings_only: bool = False,
    lines: range | None = None,
    terms: AbstractSet[str] = frozenset(),
) -> Judged:
    """Read the notes of a case by themselves, and compare them with its gold. Raises UnreadableSource for either."""
    gold = read_gold(case.gold)
    for section, fields in _NEEDED.items():
        for row in getattr(gold, section):
            lacking = next((f for f in fields if not isinstance(row, dict) or f not in row), None)
            if lacking:
                raise UnreadableSource(str(case.gold), f"no gold: a row of {section} has no {lacking}")
    files, failures = find_files([case.notes])
    if failures or len(files) != 1:
        raise failures[0] if failures else UnreadableSource(str(case.notes), "not one file of notes")
    try:
        texts = [read_source(*files[0])]
        graphs = extract_texts(texts, lexicon=lexicon, phrasings_only=phrasings_only)
    except ValueError as error:
        raise UnreadableSource(str(case.notes), str(error)) from error
    graph = graphs[files[0][1]]
    return Judged(case, graph, gold, score(graph, gold, lines=lines, terms=terms))


def pooled(scores: Iterable[Score]) -> Score:
    """Return the counts of several files added up."""
    total = Score(Tally(), Tally(), Tally(), Tally())
    for each in scores:
        total += each
    return total


def rule_records(judged: Sequence[Judged]) -> list[RuleRecord]:
    """Return how each rule did that read a stated relation, sorted by name."""
    counts: Counter[tuple[str, Verdict | None]] = Counter()
    files: Counter[tuple[str, Verdict]] = Counter()
    for each in judged:
        seen: set[tuple[str, Verdict]] = set()
        for relation, said in each.score.verdicts:
            for rule in _rules(relation):
                counts[rule, None] += 1
                counts[rule, said] += 1
                seen.add((rule, said))
        files.update(seen)
    return [
        RuleRecord(
            rule,
            fired,
            counts[rule, Verdict.RIGHT],
            counts[rule, Verdict.WRONG],
            files[rule, Verdict.RIGHT],
            files[rule, Verdict.WRONG],
        )
        for (rule, said), fired in sorted(counts.items(), key=lambda row: row[0][0])
        if said is None
    ]


def _rules(relation: Relation) -> set[str]:
    return {e.rule for e in relation.evidence}


def fold_scores(
    judged: Sequence[Judged], folds: int, *, lines: range | None = None, terms: AbstractSet[str] = frozenset()
) -> list[tuple[Score, tuple[str, ...]]]:
    """Return each fold's pooled score with the rules that the other folds bear out, and the rules left out there.

    The files are dealt to the folds in turn. Raises InputError if there are fewer files than folds, or than two.
    """
    if not 2 <= folds <= len(judged):
        raise InputError(f"{len(judged)} files cannot be dealt into {folds} folds: at least two, at least a file each")
    return [
        _fold(judged[n::folds], [j for i, j in enumerate(judged) if i % folds != n], lines, terms) for n in range(folds)
    ]


def _fold(
    held: Sequence[Judged], others: Sequence[Judged], lines: range | None, terms: AbstractSet[str]
) -> tuple[Score, tuple[str, ...]]:
    earned = {r.rule for r in rule_records(others) if r.right > r.wrong}
    fired = {rule for each in held for relation, _ in each.score.verdicts for rule in _rules(relation)}
    scores = [
        score(replace(each.graph, relations=tuple(_borne_out(each.graph, earned))), each.gold, lines=lines, terms=terms)
        for each in held
    ]
    return pooled(scores), tuple(sorted(fired - earned))


def _borne_out(graph: KnowledgeGraph, earned: AbstractSet[str]) -> Iterator[Relation]:
    for relation in graph.relations:
        if relation.origin is not Origin.STATED or _rules(relation) & earned:
            yield relation
