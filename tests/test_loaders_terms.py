"""Names: one concept under all of its names, names that the notes introduce, and what is never a name."""

from itertools import chain, permutations
from pathlib import Path

import pytest
import yaml

from graph.model import Concept, ConceptKind, KnowledgeGraph, Origin, Source, merge
from loaders.charsets import decode
from loaders.discovery import discover
from loaders.extract import extract_texts
from loaders.lexicon import Choice, Lexicon, Term, default_lexicon
from loaders.markdown import read_markdown
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
    assert _ids(using) == {"llama", "grouped-query-attention"}


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


# -- names that nothing introduces, and what brackets tie ----------------------------------------------------------

EMPTY = Lexicon(())


def _found(*texts: str, lexicon: Lexicon = EMPTY) -> dict[str, tuple[str, ...]]:
    """The new terms of some notes: id -> names."""
    documents = [read_markdown(Source(f"{n}.md", "markdown", str(n), "0" * 64), text) for n, text in enumerate(texts)]
    return {t.id: t.names for t in discover(documents, lexicon) if not t.known}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("看到折叠粒度（Folding Granularity）。", ("折叠粒度", "Folding Granularity")),
        ("我们用袋鼠折叠网络(quokka folding network, QFN)来做。", ("袋鼠折叠网络", "quokka folding network", "QFN")),
        ("Token folding（词元折叠）很省。", ("Token folding", "词元折叠")),
        ("It is a quokka folding network (QFN), they say.", ("quokka folding network", "QFN")),
    ],
)
def test_a_bracket_gives_a_new_thing_its_names(text: str, names: tuple[str, ...]) -> None:
    assert names in _found(text).values()


@pytest.mark.parametrize(
    "text", ["看数据（如 Quokka）。", "公司（Quokka Limited Company of Perth）", "袋鼠（see the paper）"]
)
def test_an_example_or_a_phrase_in_brackets_is_no_other_name(text: str) -> None:
    assert all(len(names) == 1 for names in _found(text).values())


def test_the_words_before_a_bracket_give_way_to_the_shorter_name_that_recurs() -> None:
    text = "折叠误差很大。\n\n折叠误差很小。\n\n谓折叠误差（folding error）如上。\n"
    assert ("折叠误差", "folding error") in _found(text).values()


def test_a_name_that_recurs_is_found_though_nothing_introduces_it() -> None:
    zh = "训练时用对数折叠算法。\n\n这里的对数折叠算法更快。\n"
    en = "They prefer quokka sampling.\n\nWith quokka sampling it is quick.\n"
    assert "对数折叠算法" in _found(zh)
    assert "quokka-sampling" in _found(en)
    assert "对数折叠算法" not in _found(zh.split("\n\n")[0]), "once is not enough"


def test_running_text_is_never_cut_inside_of_a_word() -> None:
    """Pieces of words and words that point became concepts in an earlier trial."""
    text = "随机梯度下降算法很好，以下也可以用。\n\n对数损失也很好，下面也可以用梯度下降算法。\n" * 3
    junk = ("降算法", "数损失", "以下", "下面", "也可以", "随机", "可以用", "很好")
    assert not set(junk) & set(chain.from_iterable(_found(text).values()))


def test_a_bracket_that_gives_one_name_to_unlike_things_ties_nothing() -> None:
    text = "有师的折叠法（Guided Folding）与无师的折叠法（Blind Stacking）。\n"
    assert all(len(names) == 1 for names in _found(text).values())
    assert ("折叠法", "Guided Folding") in _found("折叠法（Guided Folding）与折叠法（Guided Folding）。\n").values()


def test_who_proposed_a_thing_is_no_thing() -> None:
    text = "1999年Anna Wombat和Berta Quokka提出了它。\n\n由 Anna Wombat 提出。\n\nAnna Wombat 与 Berta Quokka。\n"
    assert _found(text) == {}


def test_names_with_characters_that_are_not_seen_are_read_like_others() -> None:
    text = (
        "https\u200b ## Quokka\u200b Net。\n\nQuokka Net 与 https\u200b ##。\n\nA\u030a:s:\u0301 A\u030a:s:\u0301。\n"
    )
    assert "https" not in _found(text)


def test_people_titles_companies_and_repeated_labels_are_no_terms() -> None:
    text = (
        "- **Geoffrey Quokka**: wrote it.\n\nWombat 等人提出了它。\n\nWombat 等人又说。\n\n"
        "参见《Folding Networks Considered》。\n\n参见《Folding Networks Considered》。\n\nOpenAI 与 GPU。\n\n"
        + "".join(f"- **展开看看**：第{n}次这样说。\n" for n in "一二三四五")
    )
    assert _found(text) == {}


@pytest.mark.parametrize(
    "heading",
    [
        "Types of Folding Nets",
        "Folding Nets Explained",
        "折叠网络的种类",
        "Folding Nets -- Wombats",
        "Fold Nets or Fold Trees",
        "a1+b2",
    ],
)
def test_what_names_a_part_of_a_text_or_several_things_is_no_term(heading: str) -> None:
    assert _found(f"## {heading}\n\nText of it.\n") == {}


def test_capitals_are_tied_to_the_one_name_whose_initials_they_are() -> None:
    text = "## Quokka Folding Network\n\nText.\n\n- **QFN**: short.\n- **QFNs**: many.\n"
    assert [sorted(names) for names in _found(text).values()] == [["QFN", "QFNs", "Quokka Folding Network"]]
    apart = _found(f"{text}\n## Quick Fold Norm\n\nText.\n")
    assert sorted(map(sorted, apart.values())) == [["QFN", "QFNs"], ["Quick Fold Norm"], ["Quokka Folding Network"]]


def test_a_capital_at_the_start_of_a_sentence_says_nothing_and_quotations_are_not_read() -> None:
    text = (
        '- Weighs how often. Weighs how much.\n- Weighs how long.\n\nSay "Perth is a town of Wombat Country" now.\n\n'
    )
    assert _found(f'{text}Or "Perth is in the Wombat Country" here, 3个袋鼠模型。\n\n另外3个袋鼠模型。\n') == {}


def test_an_author_s_usual_suffix_makes_no_second_thing() -> None:
    found = _found("# Quokka\n\n## Quokka 算法\n\n- **Quokka**：一。\n- **Quokka 算法**：二。\n")
    assert set(found) == {"quokka"}
    kept = _found("## 折叠损失\n\n一。\n\n## 折叠损失函数曲面\n\n二。\n")
    assert len(kept) == 2


def test_new_ids_do_not_depend_on_the_order_of_files() -> None:
    texts = (
        "## Quokka Nets\n\nText.\n",
        "## Quokka Net\n\nText.\n\n- **Quokka Fold Order** (QFO): quick.\n",
        "Wombat Trees (QWT) and Quokka Nets.\n\n- **quokka fold orders**: two.\n",
    )
    orders = [[texts[i] for i in order] for order in permutations(range(3))]
    assert len({frozenset(_found(*order)) for order in orders}) == 1
    assert {"quokka-net", "quokka-fold-order"} <= set(_found(*texts))


def test_a_paragraph_behind_an_invisible_sign_and_a_tab_is_read() -> None:
    documents = decode("\u200b\t袋鼠网络（Quokka Net）很快。\n".encode())
    assert "袋鼠网络" in _found(documents)


# -- headings ---------------------------------------------------------------------------------------------------------


def test_an_empty_heading_is_a_concept_without_a_definition() -> None:
    [graph] = _graphs("# Quokka Fold Order\n\n## MQA\n\n## GQA\n\nShares keys in groups.\n")
    empty = _concept(graph, "multi-query-attention")
    assert (empty.definition, empty.line, empty.document) == (None, 3, "0.md")
    assert _concept(graph, "grouped-query-attention").definition == "Shares keys in groups."
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


_POINTS = Lexicon([Term("quokka", ("Quokka",)), Term("quokka-3", ("Quokka-3",)), Term("quokka-3-5", ("Quokka 3.5",))])


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("Quokka 3.5", ["quokka-3-5"]),
        ("Quokka-3.5 与 Quokka-3", ["quokka-3-5", "quokka-3"]),
        ("Quokka 3.1", ["quokka"]),
        ("Quokka-3.1", ["quokka"]),
        ("Quokka-3. 5 of them", ["quokka-3"]),
    ],
)
def test_a_version_with_a_point_is_another_version(text: str, concepts: list[str]) -> None:
    assert [m.concept for m in find_mentions(text, _POINTS)] == concepts


_ROWS = Lexicon(
    [Term("row-hop", ("行采样",)), Term("shard", ("分表",)), Term("word-order", ("词序",)), Term("big", ("大模型",))]
)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("先做行采样", ["row-hop"]),
        ("从中进行采样", []),
        ("每张卡并行采样", []),
        ("给每项打分表示喜欢", []),
        ("按月分表", ["shard"]),
        ("一串单词序列", []),
        ("打乱词序", ["word-order"]),
        ("这是大模型", ["big"]),
        ("扩大模型", []),
        ("采用大模型", ["big"]),
    ],
)
def test_a_name_across_two_chinese_words_is_not_there(text: str, concepts: list[str]) -> None:
    assert [m.concept for m in find_mentions(text, _ROWS)] == concepts


def test_a_label_names_no_concept_that_is_called_like_it() -> None:
    lexicon = Lexicon([Term("gain", ("Gain", "Advantages", "优势")), Term("quokka", ("Quokka",))])
    [graph] = _graphs("# Quokka\n\n## Advantages\n\n- **优势**: fast, says Quokka.\n", lexicon=lexicon)
    assert _ids(graph) == {"quokka"}
    [graph] = _graphs("# Quokka\n\n## The Gain\n\nIts advantages: see the gain.\n", lexicon=lexicon)
    assert _ids(graph) == {"quokka", "gain"}


def test_a_passage_speaks_only_of_concepts_that_its_graph_holds() -> None:
    lexicon = Lexicon([Term("mass", ("Mass",), ConceptKind.PROPERTY), Term("quokka", ("Quokka",), ConceptKind.MODEL)])
    [graph] = _graphs("The mass of a Quokka.\n", lexicon=lexicon)
    assert _ids(graph) == {"quokka"}
    assert [p.concepts for p in graph.passages] == [("quokka",)]


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


_ONE = Lexicon([Term("coil", ("Spring Coil",))], {"Spring": [Choice("coil", ("steel", "wire"))]})


@pytest.mark.parametrize(
    ("text", "document", "found"),
    [
        ("A Spring of steel", "", True),
        ("A Spring", "steel", False),
        ("A Spring", "steel and more steel", False),
        ("A Spring", "steel and wire", True),
    ],
)
def test_an_everyday_word_wants_two_tell_tale_words_of_the_document(text: str, document: str, found: bool) -> None:
    assert bool(find_mentions(text, _ONE, document=document)) is found


def test_the_nearest_tell_tale_word_counts_on_either_side() -> None:
    text = "steel once, bloom twice and more; a Spring of steel"
    assert [m.concept for m in find_mentions(text, _SMALL)] == ["spring-coil"]
    text = "steel once; in bloom a Spring, later again of steel"
    assert [m.concept for m in find_mentions(text, _SMALL)] == ["spring-season"]


def test_an_ambiguous_name_keeps_its_sense_within_a_section() -> None:
    far = " " + "x " * 40
    steel = f"The Spring is of steel.{far}The Spring and steel.{far}"
    one = f"# One\n\n{steel}A Spring in bloom.\n"
    [graph] = _graphs(one, lexicon=_SMALL)
    assert _ids(graph) & {"spring-coil", "spring-season"} == {"spring-coil"}
    [graph] = _graphs(f"{one}\n# Two\n\nA Spring in bloom.{far}\n\nThe Spring may bloom.\n", lexicon=_SMALL)
    assert _ids(graph) & {"spring-coil", "spring-season"} == {"spring-coil", "spring-season"}


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
    assert before >= {("momentum", "adam"), ("rmsprop", "adam"), ("adam", "nadam")}


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
