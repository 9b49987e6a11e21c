"""What lies between two concepts, compared with networkx's enumeration of all simple paths."""

import itertools
import random

import networkx as nx
import pytest

from graph import between as module
from graph.between import Between, between
from graph.model import RELATION_TYPES, Relation, RelationType

T = RelationType


def ties(text: str) -> list[Relation]:
    """Relations as words: a>b uses, a=b contrasts."""
    found = []
    for word in text.split():
        a, b = word.replace("=", ">").split(">")
        found.append(Relation(a, T.CONTRASTS_WITH if "=" in word else T.USES, b))
    return found


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_it_is_all_that_is_on_a_simple_path(seed: int, directed: bool) -> None:
    choose = random.Random(seed)
    names = [f"n{n:02}" for n in range(12)]
    relations: list[Relation] = []
    for _ in range(22):
        a, b = choose.sample(names, 2)
        relations.append(Relation(a, choose.choice([T.USES, T.IS_A, T.CONTRASTS_WITH]), b).canonical())
    relations = list({r.key: r for r in relations}.values())
    steps = nx.DiGraph()
    steps.add_nodes_from(names)
    for r in relations:
        steps.add_edge(r.source, r.target)
        if not directed or RELATION_TYPES[r.type].symmetric:
            steps.add_edge(r.target, r.source)
    for source, target, most in itertools.product(names[:4], names[4:8], (1, 3, 5)):
        paths = list(nx.all_simple_paths(steps, source, target, cutoff=most))
        found = between(relations, source, target, max_length=most, directed=directed, first=99)
        pairs = {pair for path in paths for pair in itertools.pairwise(path)}
        assert set(found.concepts) == {node for path in paths for node in path}
        assert list(found.relations) == sorted(
            (
                r
                for r in relations
                if (r.source, r.target) in pairs
                or ((not directed or RELATION_TYPES[r.type].symmetric) and (r.target, r.source) in pairs)
            ),
            key=lambda r: r.key,
        )
        assert not found.truncated
        assert len(set(found.concepts)) == len(found.concepts)


def test_shortest_ways_come_first_and_a_way_is_there_whole_or_not_at_all() -> None:
    relations = ties("a>x x>z a>p p>q q>z a>b b>z")
    assert between(relations, "a", "z", max_length=3, first=99).concepts == ("a", "b", "z", "x", "p", "q")
    found = between(relations, "a", "z", max_length=3, first=5)
    assert (found.concepts, found.truncated) == (("a", "b", "z", "x"), True)
    assert len(found.relations) == 4


def test_a_dead_end_is_between_nothing() -> None:
    assert between(ties("a=spur a=z"), "a", "z", max_length=5, first=9).concepts == ("a", "z")


def test_the_same_and_the_unconnected() -> None:
    assert between(ties("a>b"), "a", "a", max_length=3, first=9) == Between(("a",))
    assert between(ties("b>a"), "a", "b", max_length=3, first=9) == Between()
    assert between(ties("a>m m>b"), "a", "b", max_length=1, first=9) == Between()


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{n}" for n in range(30)]
    relations = [Relation(a, T.USES, b) for a, b in itertools.permutations(names, 2)]
    monkeypatch.setattr(module, "MAX_STEPS", 500)
    found = between(relations, "n0", "n29", max_length=6, first=99)
    assert found.truncated
    assert "n29" in found.concepts
