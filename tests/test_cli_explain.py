"""`noteatlas explain`: every relation of two concepts down to its sentences, else the shortest chain, else none."""

from itertools import pairwise
from pathlib import Path

import pytest

from graph.interchange import dumps
from graph.model import Concept, KnowledgeGraph, Origin, Relation, RelationType, merge
from loaders.phrasing import phrasings
from loaders.rules import rule_words
from tests.command_line import noteatlas
from tests.samples import attention_graph, boosting_graph


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of the samples, one curated relation, and a concept that nothing relates to."""
    folder = tmp_path_factory.mktemp("home")
    lone = KnowledgeGraph.of(
        [Concept("island", "Island")],
        [Relation("gqa-notes", RelationType.USES, "grouped-query-attention", Origin.CURATED)],
    )
    graph = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph(), "lone": lone})
    (folder / "samples.json").write_bytes(dumps(graph))
    assert noteatlas("import", "samples.json", cwd=folder).status == 0
    return folder


def test_every_relation_is_shown_with_its_sentence_rule_origin_and_confidence(home: Path) -> None:
    text = noteatlas("explain", "gqa", "多查询注意力", cwd=home).text
    assert text.splitlines()[:4] == [
        "Grouped-Query Attention generalizes Multi-Query Attention (GENERALIZES)",
        "  stated, confidence 0.90",
        "  “GQA with one group is exactly MQA.” (attention.md:19)",
        "    en.generalizes: an English phrasing that says that one is a more general form of the other",
    ]
    assert "Multi-Query Attention is a prerequisite of Grouped-Query Attention (PREREQUISITE_OF)" in text
    assert "  inferred, confidence 0.70\n  because Grouped-Query Attention generalizes Multi-Query Attention" in text
    assert noteatlas("explain", "MQA", "GQA", cwd=home).text == text


def test_json_has_the_relations_of_both_directions_with_their_reasons_written_out(home: Path) -> None:
    found = noteatlas("explain", "GQA", "MQA", "--json", cwd=home).json
    assert [c["id"] for c in found["concepts"]] == ["grouped-query-attention", "multi-query-attention"]
    assert {(r["source"], r["type"]) for r in found["relations"]} == {
        ("grouped-query-attention", "GENERALIZES"),
        ("multi-query-attention", "PREREQUISITE_OF"),
    }
    inferred = next(r for r in found["relations"] if r["origin"] == "inferred")
    assert inferred["because"][0]["evidence"][0]["line"] == 19
    assert inferred["words"] == "Multi-Query Attention is a prerequisite of Grouped-Query Attention"
    assert found["chain"] is None
    assert list(found["rules"]) == sorted({e["rule"] for r in found["relations"] for e in r["evidence"]})


def test_without_a_relation_the_shortest_chain_is_shown_against_the_arrows_as_well(home: Path) -> None:
    text = noteatlas("explain", "GQA", "attention", cwd=home).text
    assert text.startswith("No relation between Grouped-Query Attention (GQA, 分组查询注意力) and Attention")
    found = noteatlas("explain", "GQA", "attention", "--json", cwd=home).json
    assert found["relations"] == []
    chain = found["chain"]
    assert text.count("\n  1. ") == text.count(f"\n  {len(chain)}. ") == 1
    ends = [{r["source"], r["target"]} for r in chain]
    assert "grouped-query-attention" in ends[0]
    assert "attention" in ends[-1]
    assert all(one & other for one, other in pairwise(ends))
    back = noteatlas("explain", "attention", "GQA", "--json", cwd=home).json["chain"]
    assert len(back) == len(chain)


def test_what_nothing_connects_is_said_so_and_is_no_failure(home: Path) -> None:
    result = noteatlas("explain", "GQA", "Island", cwd=home)
    assert result.text.startswith("No relation, and no chain of relations, leads from Grouped-Query Attention")
    found = noteatlas("explain", "GQA", "Island", "--json", cwd=home).json
    assert (found["relations"], found["chain"]) == ([], None)


def test_what_a_person_said_needs_no_sentence(home: Path) -> None:
    assert "  curated, confidence 1.00\n  a person said so" in noteatlas("explain", "GQA", "gqa-notes", cwd=home).text


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["GQA", "Atention"], "no concept is called 'Atention'; did you mean Attention"),
        (["GQA", "分组查询注意力"], "both names are those of one concept, grouped-query-attention: name two"),
    ],
)
def test_names_that_do_not_name_two_concepts_are_an_error(home: Path, names: list[str], message: str) -> None:
    result = noteatlas("explain", *names, cwd=home)
    assert result.status == 1
    assert message in result.complaint


def test_every_rule_has_words() -> None:
    rules = [rule.name for language in ("zh", "en") for rule in phrasings(language)]
    rules += [f"reader.{t.value.lower().replace('_', '-')}" for t in RelationType]
    rules += [
        "lexicon.is-a",
        "topic.heading",
        "topic.item",
        "topic.title",
        "topic.paragraph",
        "llm.some-model",
        "list.field",
        "table.compares",
    ]
    assert [rule for rule in rules if not rule_words(rule)] == []
    assert rule_words("a-persons-own-rule") is None
    assert rule_words("zh.new-family") is None
