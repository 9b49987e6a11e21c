"""Circles of prerequisites: every one is named, its weakest relations are those that study paths go against."""

from itertools import pairwise
from pathlib import Path

import networkx as nx
import orjson
from hypothesis import given
from hypothesis import strategies as st

from graph.cycles import explain_cycles
from graph.model import Origin, Relation, RelationType
from graph.paths import prerequisite_graph, study_path
from tests.command_line import noteatlas

T = RelationType
NAMES = "abcdefgh"
ends = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])


def before(first: str, then: str, confidence: float = 1.0) -> Relation:
    return Relation(first, T.PREREQUISITE_OF, then, Origin.CURATED, confidence)


prerequisites = st.lists(
    st.builds(lambda pair, sure: before(*pair, confidence=sure), ends, st.sampled_from([0.2, 0.5, 0.9])),
    max_size=24,
    unique_by=lambda r: r.key,
)


@given(prerequisites)
def test_cycles_are_the_strongly_connected_sets_and_cut_where_paths_go_against_them(rows: list[Relation]) -> None:
    graph = prerequisite_graph(rows)
    cycles = explain_cycles(graph)
    components = [c for c in nx.strongly_connected_components(graph) if len(c) > 1]
    assert sorted(sorted(c.members) for c in cycles) == sorted(map(sorted, components))
    assert study_path(graph, NAMES).cuts == tuple(
        sorted((circle.cut for c in cycles for circle in c.circles), key=lambda r: r.key)
    )
    for cycle in cycles:
        path = study_path(graph, cycle.members)
        assert {r.key for r in path.cuts} >= {circle.cut.key for circle in cycle.circles}
        cuts = {circle.cut.key for circle in cycle.circles}
        assert cycle.weakest.confidence == min(circle.cut.confidence for circle in cycle.circles)
        assert nx.is_directed_acyclic_graph(
            nx.DiGraph((u, v) for u, v in graph.subgraph(cycle.members).edges if (u, T.PREREQUISITE_OF, v) not in cuts)
        )


@given(prerequisites)
def test_each_circle_is_a_round_of_which_the_cut_is_the_weakest_and_comes_last(rows: list[Relation]) -> None:
    for cycle in explain_cycles(prerequisite_graph(rows)):
        for circle in cycle.circles:
            arrows = circle.round
            assert arrows[-1] == circle.cut
            assert all(a.target == b.source for a, b in pairwise((*arrows, arrows[0])))
            assert all(circle.cut.confidence <= r.confidence for r in arrows)
            assert {r.source for r in arrows} <= set(cycle.members)


@given(prerequisites, st.randoms())
def test_the_order_of_the_relations_does_not_matter(rows: list[Relation], chance: object) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert explain_cycles(prerequisite_graph(rows)) == explain_cycles(prerequisite_graph(shuffled))


EDGES = [
    {"source": a, "target": b, "type": "PREREQUISITE_OF", "confidence": sure}
    for a, b, sure in [
        ("limits", "derivatives", 1.0),
        ("derivatives", "chain rule", 0.9),
        ("chain rule", "limits", 0.2),
        ("sets", "limits", 1.0),
        ("egg", "chicken", 0.5),
        ("chicken", "egg", 0.5),
        ("chain rule", "backpropagation", 1.0),
    ]
]


def test_the_command_names_members_weakest_relation_and_evidence(tmp_path: Path) -> None:
    evidence = [{"document": "calculus.md", "line": 4, "text": "Know the chain rule first.", "rule": "import"}]
    rows = [{**row, "evidence": evidence} if row["confidence"] == 0.2 else row for row in EDGES]
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"edges": rows})).status == 0
    text = noteatlas("cycles", cwd=tmp_path).text
    assert text.splitlines() == [
        "1. 3 concepts that each come before all others of them:",
        "   chain rule → limits → derivatives",
        "   A circle: these 3 cannot all hold.",
        "     limits before derivatives (confidence 1.00): a person said so",
        "     derivatives before chain rule (confidence 0.90): a person said so",
        "     chain rule before limits (confidence 0.20): “Know the chain rule first.” (calculus.md:4)",
        "     The order goes against the last, chain rule before limits: the least sure; the others are at least 0.90.",
        "2. 2 concepts that each come before all others of them:",
        "   chicken → egg",
        "   A circle: these 2 cannot all hold.",
        "     chicken before egg (confidence 0.50): a person said so",
        "     egg before chicken (confidence 0.50): a person said so",
        "     The order goes against the last, egg before chicken: none is less sure.",
    ]
    found = noteatlas("cycles", "--json", cwd=tmp_path).json["cycles"]
    assert [[m["id"] for m in c["members"]] for c in found] == [
        ["chain rule", "limits", "derivatives"],
        ["chicken", "egg"],
    ]
    assert found[0]["weakest"]["evidence"] == evidence
    assert found[0]["weakest"] == found[0]["circles"][0]["cut"] == found[0]["circles"][0]["round"][-1]


def test_study_paths_through_imported_cycles_still_hold_all_else(tmp_path: Path) -> None:
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"edges": EDGES})).status == 0
    path = noteatlas("path", "backpropagation", "--json", cwd=tmp_path).json
    assert [step["id"] for step in path["steps"]] == ["sets", "limits", "derivatives", "chain rule", "backpropagation"]
    assert path["cycles"] == [["chain rule", "limits", "derivatives"]]
    assert [(r["source"], r["target"]) for r in path["cuts"]] == [("chain rule", "limits")]


def test_without_a_cycle_it_says_so_and_that_is_no_failure(tmp_path: Path) -> None:
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"edges": EDGES[:2]})).status == 0
    assert noteatlas("cycles", cwd=tmp_path).text == "No cycle: the prerequisites contradict each other nowhere.\n"
    assert noteatlas("cycles", "--json", cwd=tmp_path).json == {"cycles": []}
