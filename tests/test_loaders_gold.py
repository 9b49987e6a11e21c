"""Counting a graph against gold: what is right, wrong, neutral and missed, on small hand-made cases."""

import json
from pathlib import Path

import pytest

from graph.errors import UnreadableSource
from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Relation, RelationType
from loaders.gold import Gold, Tally, Verdict, read_gold, score

T = RelationType
CONCEPTS = [
    {"id": "adam", "name": "Adam"},
    {"id": "momentum", "name": "Momentum", "aliases": ["动量"]},
    {"id": "sgd", "name": "SGD"},
    {"id": "rare", "name": "Rare", "salience": "minor"},
]


def row(source: str, kind: str, target: str, **more: object) -> dict[str, object]:
    return {"source": source, "type": kind, "target": target, "line": 1, "evidence": "", **more}


def gold(*relations: dict[str, object]) -> Gold:
    return Gold("g", CONCEPTS, relations, ["last week"])


def graph(*edges: tuple[str, RelationType, str], names: tuple[str, ...] = (), line: int = 1) -> KnowledgeGraph:
    ids = dict.fromkeys([e for a, _, b in edges for e in (a, b)] + list(names))
    evidence = (Evidence("n.md", line, "words", "a.rule"),)
    return KnowledgeGraph.of(
        [Concept(i, i, line=line) for i in ids],
        [
            Relation(a, t, b, Origin.STATED if t is not T.IN_TOPIC else Origin.STRUCTURAL, 1.0, evidence)
            for a, t, b in edges
        ],
    )


def test_concepts_are_right_by_name_or_alias_wrong_otherwise_and_minor_ones_are_not_missed() -> None:
    found = score(graph(names=("Adam", "动量", "nonsense")), gold())
    assert found.concepts == Tally(right=2, wrong=1, found=2, missed=1)


def test_a_true_term_that_gold_lacks_is_neutral_and_a_phrase_that_is_none_is_always_wrong() -> None:
    found = score(graph(names=("AdaMax", "last week")), gold(), terms=["AdaMax", "last week"])
    assert (found.concepts.right, found.concepts.wrong) == (0, 1)


def test_a_second_node_for_a_concept_is_wrong_if_it_shares_a_name() -> None:
    twice = KnowledgeGraph.of([Concept("a", "Momentum", ("动量",)), Concept("b", "动量")])
    assert score(twice, gold()).concepts.wrong == 1


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (("adam", T.EXTENDS, "sgd"), Verdict.RIGHT),
        (("sgd", T.EXTENDS, "adam"), Verdict.WRONG),
        (("adam", T.SOLVES, "sgd"), Verdict.WRONG),
        (("adam", T.USES, "momentum"), Verdict.RIGHT),
        (("momentum", T.PART_OF, "adam"), Verdict.RIGHT),
        (("sgd", T.CONTRASTS_WITH, "momentum"), Verdict.RIGHT),
        (("momentum", T.IS_A, "sgd"), Verdict.NEUTRAL),
        (("adam", T.USES, "nowhere"), Verdict.WRONG),
    ],
)
def test_what_gold_says_of_a_relation(said: tuple[str, RelationType, str], verdict: Verdict) -> None:
    annotated = gold(
        row("adam", "EXTENDS", "sgd"),
        row("adam", "USES", "momentum"),
        row("momentum", "CONTRASTS_WITH", "sgd"),
        row("momentum", "IS_A", "sgd", strength="implied"),
    )
    assert [v for _, v in score(graph(said), annotated).verdicts] == [verdict]


def test_an_accepted_other_type_counts_also_with_its_ends_swapped() -> None:
    annotated = gold(row("adam", "EXTENDS", "sgd", alt_types=["IS_A", "SOLVES(rev)"]))
    assert score(graph(("adam", T.IS_A, "sgd")), annotated).relations == Tally(1, 0, 1, 0)
    assert score(graph(("sgd", T.SOLVES, "adam")), annotated).relations == Tally(1, 0, 1, 0)
    assert score(graph(("adam", T.SOLVES, "sgd")), annotated).relations == Tally(0, 1, 0, 1)


def test_what_is_wanted_are_explicit_core_relations_whose_ends_are_on_their_line() -> None:
    annotated = gold(
        row("adam", "EXTENDS", "sgd"),
        row("adam", "USES", "momentum", context=True),
        row("sgd", "USES", "momentum", subject_from_context=True),
        row("sgd", "CAUSES", "momentum", salience="minor"),
        row("sgd", "IS_A", "momentum", strength="structural"),
    )
    assert score(graph(), annotated).relations == Tally(0, 0, 0, 1)


def test_pairs_do_not_mind_type_and_direction() -> None:
    found = score(graph(("sgd", T.SOLVES, "adam")), gold(row("adam", "EXTENDS", "sgd")))
    assert found.relations == Tally(0, 1, 0, 1)
    assert found.pairs == Tally(1, 0, 1, 0)


def test_only_the_lines_asked_for_count() -> None:
    annotated = gold(row("adam", "EXTENDS", "sgd"), row("adam", "USES", "momentum", line=9))
    found = score(graph(("adam", T.EXTENDS, "sgd"), line=9), annotated, lines=range(1, 5))
    assert found.relations == Tally(0, 0, 0, 1)


def test_topics_are_right_in_any_ancestor() -> None:
    annotated = gold(row("adam", "IN_TOPIC", "sgd"), row("sgd", "COVERED_IN", "momentum"))
    found = score(graph(("adam", T.IN_TOPIC, "momentum"), ("momentum", T.IN_TOPIC, "adam")), annotated)
    assert found.structure == Tally(right=1, wrong=1, found=0, missed=2)


def test_a_heading_kept_as_a_topic_is_neutral() -> None:
    evidence = (Evidence("n.md", 1, "words", "a.rule"),)
    kept = KnowledgeGraph.of(
        [Concept("adam", "Adam"), Concept("basics", "The basics of it", kind=ConceptKind.TOPIC)],
        [Relation("adam", T.IN_TOPIC, "basics", Origin.STRUCTURAL, 1.0, evidence)],
    )
    assert score(kept, gold()).concepts.wrong == 0


def test_tallies_add_up_and_know_when_there_is_nothing_to_say() -> None:
    assert Tally(1, 2, 3, 4) + Tally(1, 1, 1, 1) == Tally(2, 3, 4, 5)
    assert (Tally(3, 1).precision, Tally(3, 1).recall) == (0.75, None)


def test_gold_is_read_from_a_folder_or_a_file(tmp_path: Path) -> None:
    one = row("adam", "EXTENDS", "sgd")
    (tmp_path / "concepts.jsonl").write_text("\n".join(map(json.dumps, CONCEPTS)), encoding="utf-8")
    (tmp_path / "relations.jsonl").write_text(json.dumps(one) + "\n", encoding="utf-8")
    (tmp_path / "not_concepts.txt").write_text("3\tlast week\n", encoding="utf-8")
    (tmp_path / "01.json").write_text(json.dumps({"concepts": CONCEPTS, "relations": [one]}), encoding="utf-8")
    assert read_gold(tmp_path).no_concepts == {"lastweek"}
    assert read_gold(tmp_path / "01.json").explicit == read_gold(tmp_path).explicit == {0}


@pytest.mark.parametrize("content", ["{", "[]", '{"concepts": []}'])
def test_what_is_no_gold_is_said_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "01.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableSource, match="no gold") as caught:
        read_gold(file)
    assert "\n" not in str(caught.value)
