"""Names: one concept under all of its names, names that the notes introduce, and what is never a name."""

from itertools import chain
from pathlib import Path

import pytest
import yaml

from graph.model import Concept, ConceptKind, KnowledgeGraph, Origin, Source, merge
from loaders.extract import extract_texts
from loaders.lexicon import Choice, Lexicon, Term, default_lexicon
from loaders.mentions import find_mentions, is_term
from loaders.terms import abbreviates, clean_heading, guess_kind, read_heading

NAMES = yaml.safe_load((Path(__file__).parent / "data" / "terms.yaml").read_text(encoding="utf-8"))


def _graphs(*texts: str, lexicon: Lexicon | None = None) -> list[KnowledgeGraph]:
    """The graphs of some Markdown notes that are loaded together."""
    rows = [(Source(f"{n}.md", "markdown", str(n), "0" * 64), text) for n, text in enumerate(texts)]
    return list(extract_texts(rows, lexicon=lexicon).values())


def _ids(graph: KnowledgeGraph) -> set[str]:
    return {c.id for c in graph.concepts}


def _concept(graph: KnowledgeGraph, concept_id: str) -> Concept:
    found = graph.concept(concept_id)
    assert found, f"{concept_id} is not among {sorted(_ids(graph))}"
    return found


def _stated(graph: KnowledgeGraph) -> set[str]:
    return {f"{r.source} {r.type.value} {r.target}" for r in graph.relations if r.origin is Origin.STATED}


# -- one concept under all its names ----------------------------------------------------------------------------------


def test_three_files_that_call_one_thing_differently_speak_of_one_concept() -> None:
    graphs = _graphs("# MQA\n", "Multi-Query Attention shares one key head.\n", "- **多查询注意力**：共用一个键头。\n")
    assert [_ids(graph) for graph in graphs] == [{"multi-query-attention"}] * 3
    [concept] = merge({str(n): graph for n, graph in enumerate(graphs)}).concepts
    assert {"MQA", "Multi-Query Attention", "多查询注意力"} <= set(concept.names)


@pytest.mark.parametrize(
    "spelling",
    [
        "multi-query attention",
        "Multi Query Attention",
        "multi-query attentions",
        "MQA",
        "mqa",
        "MQA 机制",
        "多查询注意力",
        "Multi‑Query Attention",
        "传统的 MQA",
        "multi-query\nattention",
    ],
)
def test_a_name_is_known_in_any_spelling(spelling: str) -> None:
    assert [m.concept for m in find_mentions(f"用 {spelling} 就好", default_lexicon())] == ["multi-query-attention"]


@pytest.mark.parametrize("text", ["stage scores", "the stage matrix", "台阶得分", "非台阶", "台阶矩阵"])
def test_a_name_inside_of_another_word_is_not_plainly_meant(text: str) -> None:
    lexicon = Lexicon([Term("stage", ("Stage", "台阶"))])
    assert [m.compound for m in find_mentions(text, lexicon)] == [True]
    assert find_mentions("stages, upstage, stagecraft", lexicon)[1:] == []


# -- names that the notes introduce -----------------------------------------------------------------------------------

INTRODUCED = {
    "a heading": "## Quokka Fold Order\n",
    "an item's head": "- **Quokka Fold Order**: sends tokens the short way.\n",
    "an item's head in Chinese punctuation": "- Quokka Fold Order：走近路。\n",
    "a link to another note": "Compare with [[Quokka Fold Order]] first.\n",
    "a definition": "Quokka Fold Order is a way to skip stages. Quokka Fold Order is cheap.\n",
    "a bracket": "Tokens pass through Quokka Fold Order (QFO) early, and QFO is cheap.\n",
    "a heading with a number": "### 2.1 Quokka Fold Order\n",
}


@pytest.mark.parametrize("text", INTRODUCED.values(), ids=INTRODUCED)
def test_a_name_that_one_file_introduces_is_found_in_the_others(text: str) -> None:
    introducing, using = _graphs(text, "BERT uses Quokka Fold Order everywhere.\n")
    assert "quokka-fold-order" in _ids(introducing)
    assert _stated(using) == {"bert USES quokka-fold-order"}


def test_an_abbreviation_in_brackets_is_the_same_thing_in_every_file() -> None:
    one, two, three = _graphs(
        "Tokens pass through Quokka Fold Order (QFO) early, and QFO is cheap.\n",
        "BERT uses QFO.\n",
        "# Quokka Fold Order\n",
    )
    for graph in (one, two, three):
        assert set(_concept(graph, "quokka-fold-order").names) == {"Quokka Fold Order", "QFO"}
    assert _stated(two) == {"bert USES quokka-fold-order"}


def test_a_heading_gives_all_the_names_in_its_brackets() -> None:
    [graph] = _graphs("# 袋鼠折叠（Quokka Fold Order, QFO）\n")
    assert _concept(graph, "袋鼠折叠").names == ("袋鼠折叠", "Quokka Fold Order", "QFO")


@pytest.mark.parametrize(
    "text",
    ["GQA（又称组块头共享）很省显存。", "GQA 也叫做组块头共享，很省显存。", "GQA, also known as 组块头共享, is cheap."],
)
def test_what_a_known_thing_is_also_called_becomes_its_name(text: str) -> None:
    _, using = _graphs(text, "LLaMA 使用组块头共享。\n")
    assert "组块头共享" in _concept(using, "grouped-query-attention").aliases
    assert _stated(using) == {"llama USES grouped-query-attention"}


def test_remarks_and_examples_in_brackets_are_no_names() -> None:
    [graph] = _graphs("GQA（例如组块头）与 GQA（见论文）和 GQA (see the paper) and GQA (2023) differ.\n")
    assert not {"组块头", "例如组块头", "见论文", "see the paper", "2023"} & set(
        _concept(graph, "grouped-query-attention").names
    )


@pytest.mark.parametrize(
    ("short", "long", "answer"),
    [
        ("MQA", "multi-query attention", True),
        ("BPE", "byte pair encoding", True),
        ("kNN", "k nearest neighbours", True),
        ("LSTM", "long short-term memory", True),
        ("XML", "multi-query attention", False),
        ("AQM", "multi-query attention", False),
        ("RP", "rp", False),
        ("A", "attention", False),
        ("QA", "multi-query attention", False),
        ("M Q A", "multi-query attention", False),
    ],
)
def test_a_short_form_is_made_of_the_letters_of_its_long_form(short: str, long: str, answer: bool) -> None:
    assert abbreviates(short, long) is answer


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Quokka Loss", "loss"),
        ("袋鼠优化器", "optimizer"),
        ("袋鼠层", "layer"),
        ("Quokka network", "model"),
        ("Quokka", "other"),
        ("袋鼠注意力", "method"),
        ("命中率", "metric"),
    ],
)
def test_the_last_word_of_a_new_name_tells_its_kind(name: str, kind: str) -> None:
    assert guess_kind([name]) is ConceptKind(kind)


# -- headings ---------------------------------------------------------------------------------------------------------


def test_an_empty_heading_is_a_concept_without_a_definition() -> None:
    [graph] = _graphs("# Quokka Fold Order\n\n## MQA\n\n## GQA\n\nShares keys in groups.\n")
    empty = _concept(graph, "multi-query-attention")
    assert (empty.definition, empty.line, empty.document) == (None, 3, "0.md")
    assert _concept(graph, "grouped-query-attention").definition is None, "its text does not say what it is"
    assert {(r.source, r.target) for r in graph.relations if r.origin is Origin.STRUCTURAL} == {
        ("multi-query-attention", "quokka-fold-order"),
        ("grouped-query-attention", "quokka-fold-order"),
    }


@pytest.mark.parametrize(
    ("heading", "concepts"),
    [
        ("3.2 MQA", ["multi-query-attention"]),
        ("一、MQA（多查询注意力）", ["multi-query-attention"]),
        ("MQA 的原理", ["multi-query-attention"]),
        ("手推 GBDT", ["gbdt"]),
        ("What is GBDT", []),
        ("MQA 与 GQA", ["multi-query-attention", "grouped-query-attention"]),
        ("MQA 和 GQA 的区别", []),
        ("MQA vs GQA", []),
        ("为什么 MQA 更快？", []),
        ("优点", []),
        ("Pros and cons", []),
        ("1. 步骤", []),
    ],
)
def test_a_heading_names_what_it_is_about(heading: str, concepts: list[str]) -> None:
    found = read_heading(heading, default_lexicon())
    assert list(found.concepts) == concepts
    assert found.names == ()


@pytest.mark.parametrize(
    ("heading", "clean"),
    [
        ("1.2 注意力：", "注意力"),
        ("(3) 自注意力", "自注意力"),
        ("🔥 Adam 🔥", "Adam"),
        ("Q1：残差", "残差"),
        ("2017 — Transformer", "Transformer"),
        ("第三章 优化器", "优化器"),
        ("**Adam**", "Adam"),
        ("", ""),
        ("①", ""),
    ],
)
def test_a_heading_loses_its_number_and_its_marks(heading: str, clean: str) -> None:
    assert clean_heading(heading) == clean


# -- what is never a concept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(chain.from_iterable(NAMES["good"].values())))
def test_a_short_noun_can_be_a_name(name: str) -> None:
    assert is_term(name)


@pytest.mark.parametrize(
    "name", [pytest.param(n, id=f"{why}: {n}") for why, rows in NAMES["bad"].items() for n in rows]
)
def test_a_label_or_a_piece_of_a_sentence_is_no_name(name: str) -> None:
    assert not is_term(name)


def test_no_bad_name_gets_in_by_a_heading_an_item_or_a_link() -> None:
    """The same bad names, in the places that introduce names; `Lexicon(())` so that no known name is near."""
    rows = [n for n in chain.from_iterable(NAMES["bad"].values()) if n.strip() and "\\" not in n]
    texts = [text for n in rows for text in (f"# {n}\n", f"- **{n}**: so it goes.\n", f"See [[{n}]] there.\n")]
    found = {c.name for graph in _graphs(*texts, lexicon=Lexicon(())) for c in graph.concepts}
    assert found & set(rows) == set()


# -- which meaning ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("GBDT 的下一棵树拟合残差，残差越来越小。", "boosting-residual"),
        ("ResNet 里残差跨过两层。", "residual-connection"),
        ("## GBDT\n\n每一轮都拟合残差，残差越来越小。", "boosting-residual"),
        ("## ResNet\n\n残差跨过两处卷积。", "residual-connection"),
        ("混淆矩阵里有 TP。", "true-positive"),
        ("Megatron 用 TP 切开矩阵。", "tensor-parallelism"),
    ],
)
def test_the_words_around_or_the_heading_above_choose_the_meaning(text: str, concept: str) -> None:
    others = {"boosting-residual", "residual-connection", "true-positive", "tensor-parallelism"} - {concept}
    [graph] = _graphs(text)
    assert concept in _ids(graph)
    assert not others & _ids(graph)


_SMALL = Lexicon(
    [
        Term("mean-average-precision", ("Mean Average Precision", "MAP"), ConceptKind.METRIC, exact={"map": "MAP"}),
        Term("stage", ("Stage",), ConceptKind.METHOD, weak=frozenset({"stage"})),
        Term("spring-season", ("Spring Season",), ConceptKind.METHOD),
        Term("spring-coil", ("Spring Coil",), ConceptKind.METHOD),
    ],
    {"Spring": [Choice("spring-season", ("bloom",)), Choice("spring-coil", ("steel",))]},
)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("MAP of the ranking", ["mean-average-precision"]),
        ("a map of the town, Map and mAP", []),
        ("mean average precision", ["mean-average-precision"]),
        ("the next stage of it", []),
        ("Spring and steel", ["spring-coil"]),
        ("Spring and bloom", ["spring-season"]),
        ("steel far, then near a Spring in bloom", ["spring-season"]),
        ("Spring", []),
    ],
)
def test_exact_names_want_their_spelling_and_ambiguous_ones_a_word_nearby(text: str, concepts: list[str]) -> None:
    assert [m.concept for m in find_mentions(text, _SMALL)] == concepts


def test_a_weak_name_counts_only_where_it_stands_alone() -> None:
    heading, item, prose, bold = _graphs(
        "# Stage\n", "- Stage: one of three.\n", "The stage is set.\n", "It has one **stage**.\n", lexicon=_SMALL
    )
    assert [_ids(g) for g in (heading, item, prose, bold)] == [{"stage"}, {"stage"}, set(), {"stage"}]


def test_the_headings_above_and_then_the_whole_document_choose_a_meaning() -> None:
    text = "# Steel\n\nA Spring.\n"
    assert [m.concept for m in find_mentions("A Spring.", _SMALL, context="steel", document="bloom")] == ["spring-coil"]
    assert [m.concept for m in find_mentions("A Spring.", _SMALL, document="bloom")] == ["spring-season"]
    [graph] = _graphs(text, lexicon=_SMALL)
    assert "spring-coil" in _ids(graph)


# -- without a lexicon ------------------------------------------------------------------------------------------------


def test_notes_are_read_without_any_lexicon() -> None:
    [graph] = _graphs(
        "# Optimizers\n\n## Adam\n\nAdam combines Momentum and RMSprop.\n\n## Momentum\n\n## RMSprop\n\n"
        "## 优点\n\n- **Nadam**: a late comer.\n\nNadam is a variant of Adam.\n",
        lexicon=Lexicon(()),
    )
    assert _ids(graph) == {"optimizers", "adam", "momentum", "rmsprop", "nadam"}
    assert _stated(graph) == {"adam COMBINES momentum", "adam COMBINES rmsprop", "nadam EXTENDS adam"}
    assert _concept(graph, "optimizers").kind is ConceptKind.TOPIC
    before = {(r.source, r.target) for r in graph.relations if r.origin is Origin.INFERRED}
    assert before == {("momentum", "adam"), ("rmsprop", "adam"), ("adam", "nadam")}


def test_chinese_notes_are_read_without_any_lexicon() -> None:
    [graph] = _graphs("# 树模型\n\n## GBDT\n\n## XGBoost\n\nXGBoost 是 GBDT 的改进算法。\n", lexicon=Lexicon(()))
    assert _ids(graph) == {"树模型", "gbdt", "xgboost"}
    assert _stated(graph) == {"xgboost EXTENDS gbdt"}


def test_a_lexicon_grows_without_changing() -> None:
    more = _SMALL.extended([Term("stage", ("Stage", "Phase Step")), Term("brand-new", ("Brand New",), known=False)])
    assert len(more) == len(_SMALL) + 1
    assert more.terms["stage"].names == ("Stage", "Phase Step")
    assert _SMALL.terms["stage"].names == ("Stage",)
    assert [m.concept for m in find_mentions("phase step, brand new, Spring steel", more)] == [
        "stage",
        "brand-new",
        "spring-coil",
    ]
