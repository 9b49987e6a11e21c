"""The facts between the lexicon's concepts, checked by machine: a slip of the pen here would mislead readers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

import loaders
from loaders.lexicon import default_lexicon

FILES = sorted((Path(loaders.__file__).parent / "facts").glob("*.yaml"))
RELATIONS = {
    *("is_a", "part_of", "extends", "generalizes", "combines", "uses", "solves", "causes", "evaluates"),
    *("applied_to", "contrasts_with", "equivalent_to", "after"),
}


def _parts(line: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the relations of one concept's line with their targets."""
    for part in line.split(";"):
        relation, _, targets = part.strip().partition(" ")
        yield relation, [t.strip() for t in targets.split(",")]


@cache
def _lines() -> list[tuple[str, str, str]]:
    """Every line: its file, its concept and what it says."""
    return [
        (f.name, concept, line)
        for f in FILES
        for concept, line in yaml.safe_load(f.read_text(encoding="utf-8")).items()
    ]


@cache
def _facts() -> list[tuple[str, str, str, str]]:
    """Every fact: its file, source, relation and target."""
    return [
        (file, concept, relation, target)
        for file, concept, line in _lines()
        for relation, targets in _parts(line)
        for target in targets
    ]


def _cycle(edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the concepts of one cycle in their order; empty if there is none."""
    targets: dict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        targets[source].add(target)
    done: set[str] = set()
    for start in sorted(targets):
        path: list[str] = []
        stack = [(start, iter(sorted(targets[start])))] if start not in done else []
        path.extend(node for node, _ in stack)
        while stack:
            following = next(stack[-1][1], None)
            if following is None:
                done.add(stack.pop()[0])
                path.pop()
            elif following in path:
                return path[path.index(following) :]
            elif following not in done:
                path.append(following)
                stack.append((following, iter(sorted(targets.get(following, ())))))
    return []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_a_file_maps_each_concept_once_to_one_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    assert isinstance(table, dict)
    assert [(k, v) for k, v in table.items() if not isinstance(k, str) or not isinstance(v, str)] == []
    keys = [line.split(":")[0] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert sorted({k for k in keys if keys.count(k) > 1}) == []
    assert len(keys) == len(table)


def test_every_concept_is_in_the_lexicon_and_every_relation_is_known() -> None:
    terms = default_lexicon().terms
    assert sorted({(file, source) for file, source, _, _ in _facts() if source not in terms}) == []
    assert sorted({(file, source, target) for file, source, _, target in _facts() if target not in terms}) == []
    assert [(file, source, relation) for file, source, relation, _ in _facts() if relation not in RELATIONS] == []


def test_no_fact_is_about_itself_or_said_twice() -> None:
    assert [fact for fact in _facts() if fact[1] == fact[3]] == []
    assert [fact for fact, n in Counter(_facts()).items() if n > 1] == []
    twice = [(file, c) for file, c, line in _lines() if len(rows := [r for r, _ in _parts(line)]) > len(set(rows))]
    assert twice == []


def test_what_the_lexicon_says_already_is_not_said_again() -> None:
    terms = default_lexicon().terms
    assert [
        (f, s, t) for f, s, relation, t in _facts() if relation == "is_a" and s in terms and terms[s].isa == t
    ] == []


@pytest.mark.parametrize("relation", ["after", "extends", "part_of", "is_a", "generalizes"])
def test_no_order_runs_in_a_circle(relation: str) -> None:
    edges = [(source, target) for _, source, r, target in _facts() if r == relation]
    if relation == "is_a":
        edges += [(t.id, t.isa) for t in default_lexicon().terms.values() if t.isa]
    assert _cycle(edges) == []


def test_a_circle_is_seen() -> None:
    assert _cycle([("a", "b"), ("b", "c"), ("a", "c")]) == []
    assert _cycle([("a", "b"), ("b", "c"), ("c", "b")]) == ["b", "c"]
