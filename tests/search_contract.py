"""What every store finds (`graph.searching`), as tests; see `tests.store_contract`, which has the fixtures."""

import pytest

from graph.model import Concept, KnowledgeGraph, Passage
from graph.store import GraphStore
from tests.store_contract import StoreFixtures, fill, ids

EXACT = 0.2  # the least score of an exact match
ALL = 0.5  # the least score of a passage that has all that was asked for
MOST_STATEMENTS = 11  # of a search, whatever is asked: nine look-ups, and two of the Neo4j store's own

MHA, MQA, GQA = "multi-head-attention", "multi-query-attention", "grouped-query-attention"


class SearchContract(StoreFixtures):
    """A subclass gives `store_url`: the URL of a store that is empty."""

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (
                "注意力",
                [
                    ("attention", 0.95),
                    ("self-attention", 0.5675),
                    ("multi-head-attention", 0.554),
                    ("multi-query-attention", 0.545),
                    ("grouped-query-attention", 0.5386),
                ],
            ),
            (
                "注意",
                [
                    ("attention", 0.76),
                    ("self-attention", 0.545),
                    ("multi-head-attention", 0.536),
                    ("multi-query-attention", 0.53),
                    ("grouped-query-attention", 0.5257),
                ],
            ),
            (
                "询",  # a single character
                [("multi-query-attention", 0.515), ("grouped-query-attention", 0.5129)],
            ),
            ("MQA", [("multi-query-attention", 0.95)]),
            ("gradient", [("gradient-descent", 0.848), ("gbdt", 0.7379), ("vanishing-gradient", 0.6424)]),
            ("MQA \ud800\0", [("multi-query-attention", 0.94)]),
            ("Adam", [("adam", 1.0)]),
            ("ａｄａｍ", [("adam", 1.0)]),
            ("multi-query attention", [("multi-query-attention", 1.0)]),
            ("multiquery attentions", [("multi-query-attention", 1.0)]),
            ("multiq", [("multi-query-attention", 0.8284)]),
            ("query multi", [("multi-query-attention", 0.6474)]),
            ("desc grad", [("gradient-descent", 0.648)]),
            ("并行", [("multi-head-attention", 0.3)]),
            ("input output", [("attention", 0.3)]),
            ("head 并行 计算", [("multi-head-attention", 0.2)]),
            ("head momentum", [("momentum", 0.44)]),  # the name in it
            ("uer", []),  # not the beginning of a word
            ("意主", []),
            ("注意 力", None),  # as 注意力: spaces do not tell Chinese words apart
            ("", []),
            ("  ？！… `'\"", []),
        ],
    )
    async def test_search_finds_and_ranks(
        self, store: GraphStore, query: str, expected: list[tuple[str, float]] | None
    ) -> None:
        """The hits, their scores and their order are the same in every store."""
        await fill(store)
        if expected is None:
            found = await store.search(query.replace(" ", ""), first=10)
            assert ids([h.concept for h in await store.search(query, first=10)]) == ids([h.concept for h in found])
            return
        assert [(hit.concept.id, hit.score) for hit in await store.search(query, first=10)] == expected

    async def test_search_tells_what_matched(self, store: GraphStore) -> None:
        """The name, alias or definition as it is written."""
        await fill(store)
        assert [h.matched for h in await store.search("GQA", first=5)] == ["GQA"]
        assert [h.matched for h in await store.search("并行", first=5)] == ["多个注意力头并行计算。"]
        assert len(await store.search("注意", first=2)) == 2

    @pytest.mark.parametrize(
        ("text", "found_by", "not_by"),
        [
            ("BERT模型base", ["bert", "BERT模型", "模型 bert", "型", "base"], ["ert", "模ert", "tbase"]),
            ("the art of the is", ["the", "t", "th", "is", "i", "art of", "THE ART"], ["he", "rt"]),
            ("can't re-use foo.bar snake_case x3.14", ["can", "t", "use", "bar", "case", "x3", "14"], ["ase", "3"]),
            ("C++ and C#, ½ of ﬁne", ["c++", "c", "1", "fine", "FI"], ["ine"]),
            ("naïve Übung ΣΊΣΥΦΟΣ привет", ["na", "naïv", "ÜBUNG", "σίσυφος", "прив"], ["ïve", "bung"]),
            ("カタカナ学習モデル 한국어", ["カタ", "学", "学習", "モデ", "한국"], ["タカ", "국어"]),
            ("𠀀𠀁 々 〇", ["𠀀", "𠀁", "𠀀𠀁", "々", "〇"], ["𠀂"]),
            ("注意，力", ["注意", "力", "注意 力"], ["意力学"]),
            ("a" * 300 + " " + "注意" * 100, ["a" * 300, "a" * 70, "意注" * 60], ["a" * 301, "b"]),
            (" ".join(f"w{n}" for n in range(40)), [" ".join(f"w{n}" for n in range(40))], ["w0 w40"]),
        ],
    )
    async def test_search_cuts_words_alike_everywhere(
        self, store: GraphStore, text: str, found_by: list[str], not_by: list[str]
    ) -> None:
        """Parts of Chinese runs and beginnings of words are found in names, aliases and definitions; nothing else."""
        graph = KnowledgeGraph.of(
            [Concept("name", text), Concept("alias", "x", (text,)), Concept("text", "y", definition=text)],
            [],
            [Passage("a.md", 1, text)],
        )
        await store.upsert("a.md", graph)
        for query in found_by:
            hits = await store.search(query, first=9)
            assert {hit.concept.id for hit in hits} == {"name", "alias", "text"}, query
            assert [hit.passage.text for hit in await store.search_passages(query, first=9)] == [text], query
        for query in not_by:
            assert [hit for hit in await store.search(query, first=9) if hit.score >= EXACT] == [], query
            assert [hit for hit in await store.search_passages(query, first=9) if hit.score >= ALL] == [], query

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("self attention", [("b.md", 1, 1.0), ("a.md", 9, 0.9481), ("b.md", 2, 0.75)]),
            ("self", [("b.md", 1, 0.9308), ("b.md", 2, 0.9154), ("a.md", 9, 0.9148)]),
            ("att", [("b.md", 1, 0.7231), ("b.md", 2, 0.7115), ("a.md", 9, 0.7111)]),
            ("注意力", [("a.md", 2, 0.95), ("b.md", 3, 0.9429), ("c.md", 1, 0.9429)]),
            ("意", [("a.md", 2, 0.9167), ("b.md", 3, 0.9143), ("c.md", 1, 0.9143)]),
            ("力 自", [("a.md", 2, 0.7333)]),
            ("自 注意力", [("a.md", 2, 0.7667)]),
            ("elf", []),
            ("意注", []),
            ("自注意力 momentum", [("a.md", 2, 0.2517)]),
            ("self attention words", [("a.md", 9, 0.7667), ("b.md", 1, 0.34), ("b.md", 2, 0.32)]),
            ("what is the self of words?", [("a.md", 9, 0.7333)]),
            ("", []),
            ("？！…", []),
        ],
    )
    async def test_passages_are_found_and_ranked(
        self, store: GraphStore, query: str, expected: list[tuple[str, int, float]]
    ) -> None:
        """Each once, best first, then by place; the passages, their scores and their order are alike in every store."""
        shared = Passage("c.md", 1, "多头注意力机制，", (), ("x", "ghost", "y"))
        await store.upsert("z.md", KnowledgeGraph.of([Concept("x", "X"), Concept("y", "Y")], [], [shared]))
        await store.upsert(
            "a.md",
            KnowledgeGraph.of(
                [],
                [],
                [
                    shared,
                    Passage("a.md", 9, "Self-attention weighs all words."),
                    Passage("a.md", 2, "自注意力机制。", ("Other words",), ("y",)),
                    Passage("b.md", 1, "SELF attention"),
                    Passage("b.md", 2, "Attention to oneself is no self"),
                    Passage("b.md", 3, "即为注意力机制。"),
                ],
            ),
        )
        found = await store.search_passages(query, first=9)
        assert [(h.passage.source, h.passage.line, h.score) for h in found] == expected
        assert await store.search_passages(query, first=2) == found[:2]
        # What a passage mentions and no source has is left out, until it is there.
        mentioned = {("a.md", 2): ("y",), ("c.md", 1): ("x", "y")}
        assert [h.concepts for h in found] == [mentioned.get((h.passage.source, h.passage.line), ()) for h in found]

    async def test_passages_that_are_gone_are_not_found(self, store: GraphStore) -> None:
        """A source's passages are replaced with it; those that stay are found as before."""
        stays, goes, comes = (Passage("a.md", n, f"word{n} common") for n in range(3))
        await store.upsert("a.md", KnowledgeGraph.of([], [], [stays, goes]))
        await store.upsert("a.md", KnowledgeGraph.of([], [], [stays, comes]))
        assert [h.passage for h in await store.search_passages("common", first=9)] == [stays, comes]
        assert await store.search_passages("word1", first=9) == []
        await store.upsert("b.md", KnowledgeGraph.of([], [], [stays]))
        await store.remove(["a.md"])
        assert [h.passage for h in await store.search_passages("common", first=9)] == [stays]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("batch normalisaton", ["bn", "bn2"]),
            ("Batchnormalisation", ["bn", "bn2"]),
            ("batch-nromalization", ["bn", "bn2"]),
            ("normalizaton bacth", ["bn", "bn2"]),
            ("tranformer", ["transformers", "vit"]),
            ("tranform", ["transformers", "vit"]),  # on the way to it
            ("vison tranformer", ["vit"]),
            ("自注意里", ["self", "mixed"]),
            ("自注义力", ["self", "mixed"]),
            ("注意里", ["self", "mixed"]),
            ("意注", ["self", "mixed"]),
            ("度梯下降", ["gd"]),
            ("BERT自注易力", ["mixed"]),
            ("bret", ["mixed"]),
            ("brt", ["mixed"]),
            ("gtp4", ["gpt4"]),
            ("gtp5", []),
            ("gq", []),
            ("br", []),
            ("里", []),
            ("意里", []),  # one of two characters is another word
            ("5678", []),
            ("banana normalization", []),
            ("trnsfrmr", []),
            ("tranformer banana", ["transformers"]),  # the whole name in it
            ("交熵", ["ce"]),  # a character is missing
            ("交差熵", ["ce"]),
            ("差熵", []),
            ("svm", []),  # another name of three letters would be as near
            ("ssvd", ["svd"]),
            ("loar", ["lora"]),
        ],
    )
    async def test_search_finds_what_is_mistyped(self, store: GraphStore, query: str, expected: list[str]) -> None:
        """A letter or two that are missing, too many, wrong or in the wrong order; in names and aliases only."""
        await store.upsert(
            "a.md",
            KnowledgeGraph.of(
                [
                    Concept("bn", "Batch Normalization"),
                    Concept("bn2", "Layers", ("batch normalizations in 2D",)),
                    Concept("transformers", "Transformer"),
                    Concept("vit", "Vision Transformer"),
                    Concept("self", "自注意力"),
                    Concept("mixed", "BERT自注意力机制"),
                    Concept("gd", "梯度下降"),
                    Concept("gpt4", "GPT4"),
                    Concept("ce", "交叉熵"),
                    Concept("lora", "LoRA"),
                    Concept("svd", "SVD"),
                    Concept("number", "1234 5679", definition="batch normalizatiom, transformar, 自注意理"),
                ]
            ),
        )
        hits = await store.search(query, first=9)
        assert ids([hit.concept for hit in hits]) == expected
        assert all(0 < hit.score < EXACT for hit in hits)

    async def test_mistyped_names_come_after_all_exact_matches(self, store: GraphStore) -> None:
        """They are only looked for where no name has all words; `first` cuts the same list."""
        await store.upsert("near.md", KnowledgeGraph.of(Concept(f"n{n}", f"momentun{'x' * n}") for n in range(2)))
        await store.upsert(
            "a.md", KnowledgeGraph.of([Concept("text", "Adam", definition="Has momentum."), Concept("y", "memory")])
        )
        hits = await store.search("momentum", first=9)
        assert ids([hit.concept for hit in hits]) == ["text", "n0", "n1"]
        assert [hit.score >= EXACT for hit in hits] == [True, False, False]
        assert [hit.matched for hit in hits] == ["Has momentum.", "momentun", "momentunx"]
        for first in range(1, 4):
            assert await store.search("momentum", first=first) == hits[:first]
        for name, scores in (("Momentum", 1.0), ("a momentum", 0.6)):
            await store.upsert("a.md", KnowledgeGraph.of([Concept("exact", name)]))
            hits = await store.search("momentum", first=9)
            assert ids([hit.concept for hit in hits]) == ["exact"]
            assert hits[0].score >= scores
        await store.remove(["near.md"])
        assert await store.search("momentun", first=9) != []
        await store.remove(["a.md"])
        assert await store.search("momentun", first=9) == []

    async def test_mistyped_names_are_few(self, store: GraphStore) -> None:
        """Ten at most."""
        await store.upsert("a.md", KnowledgeGraph.of(Concept(f"n{n:02}", f"kernel {n}") for n in range(30)))
        hits = await store.search("kernal", first=99)
        assert ids([hit.concept for hit in hits]) == [f"n{n:02}" for n in range(10)]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("mha gqa", [MHA, GQA]),
            ("GQA、MHA", [GQA, MHA]),
            ("mqa，gqa", [MQA, GQA]),
            ("MQA/GQA", [MQA, GQA]),
            ("why is MHA before GQA", [MHA, GQA]),
            ("What is the difference between Adam and RMSprop?", ["adam", "rmsprop"]),
            ("Adam和RMSprop有什么区别", ["adam", "rmsprop"]),
            ("为什么需要分组查询注意力", [GQA]),
            ("how does multi head attention work?", [MHA]),
            ("梯度下降与ａｄａｍ", ["gradient-descent", "adam"]),
            ("why", []),
            ("为什么", []),
        ],
    )
    async def test_the_names_in_a_question_are_found_in_its_order(
        self, store: GraphStore, query: str, expected: list[str]
    ) -> None:
        """In either language, side by side or in a sentence; each is `named`, and nothing comes before them."""
        await fill(store)
        hits = await store.search(query, first=9)
        assert [hit.concept.id for hit in hits if hit.named] == expected
        assert ids([hit.concept for hit in hits])[: len(expected)] == expected
        assert bool(hits) == bool(expected)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("mha gq", [(MHA, True), (GQA, False)]),  # on the way to the second
            ("adam rmsporp", [("adam", True), ("rmsprop", False)]),
            ("momentun 和 adam 的区别", [("adam", True), ("momentum", False)]),
            ("momentum kernel", [("momentum", True)]),
            ("gradients, vanishing", [("vanishing-gradient", False)]),
            ("分组查旬注意力", [(GQA, False), ("attention", True)]),  # nearly a name as a whole
        ],
    )
    async def test_what_is_left_over_is_found_after_the_names(
        self, store: GraphStore, query: str, expected: list[tuple[str, bool]]
    ) -> None:
        """Names that begin with it, and names that are nearly it."""
        await fill(store)
        assert [(hit.concept.id, hit.named) for hit in await store.search(query, first=9)] == expected

    async def test_exact_before_beginnings_before_near_names(self, store: GraphStore) -> None:
        """Whatever the length and the number of names, in any case."""
        await store.upsert(
            "a.md",
            KnowledgeGraph.of(
                [
                    Concept("a", "Kernel tricks for the impatient"),
                    Concept("b", "Some method", ("KERNEL",)),
                    Concept("c", "Kernels of truth"),
                    Concept("d", "Colonel", ("kernal",)),
                    Concept("e", "Svm", definition="A kernel method."),
                ]
            ),
        )
        assert ids([h.concept for h in await store.search("kernel", first=9)]) == ["b", "c", "a", "e"]
        assert ids([h.concept for h in await store.search("kernal svm", first=9)]) == ["d", "e"]
        assert ids([h.concept for h in await store.search("kernle", first=9)])[0] == "b"

    async def test_a_name_before_an_alias_and_a_longer_name_before_its_parts(self, store: GraphStore) -> None:
        """What has a name as its preferred name is meant; several aliases are all found, three at most."""
        graph = KnowledgeGraph.of(
            [
                Concept("ap", "Average Precision", ("AP",)),
                Concept("ap2", "Affinity Propagation", ("ap",)),
                Concept("bn", "Batch Normalization", ("BN",)),
                Concept("norm", "Normalization"),
                Concept("rnn", "Recurrent Network", ("RNN",)),
                Concept("bn0", "bn", ("BN unit",)),
                Concept("cpp", "C++"),
                *(Concept(f"x{n}", f"X {n}", ("twin",)) for n in range(5)),
            ]
        )
        await store.upsert("a.md", graph)
        for query, expected in {
            "ap or batch normalization?": ["ap2", "ap", "bn"],
            "bn of RNNs": ["bn0", "rnn"],
            "what is C++": ["cpp"],
            "twin normalization": ["x0", "x1", "x2", "norm"],
            "BN units": ["bn0"],
        }.items():
            assert ids([h.concept for h in await store.search(query, first=9) if h.named]) == expected, query

    async def test_fewer_are_the_beginning_of_more(self, store: GraphStore) -> None:
        """However many names begin with what was typed; names before aliases, short ones before long ones."""
        await store.upsert(
            "a.md",
            KnowledgeGraph.of(
                Concept(f"net{n:03}", f"Net {'x' * (n % 7)}{n}" if n % 3 else f"Other {n}", (f"network {'y' * n}",))
                for n in range(90)
            ),
        )
        for query in ("n", "net", "netw", "network y", "net x"):
            hits = await store.search(query, first=90)
            assert len(hits) > 20
            for first in (1, 5, 20):
                assert await store.search(query, first=first) == hits[:first], (query, first)

    async def test_a_search_costs_a_fixed_number_of_statements(self, store: GraphStore) -> None:
        """However many words and names the query has."""
        await fill(store)
        for query in (
            "a",
            "adam",
            "mha gqa",
            "momentun rmsporp",
            "mha mqa gqa adam rmsprop momentum xgb gbdt",
            "why " * 20 + "headd of atention",
            "注意里和自注易力 x",
        ):
            for ask in (store.search, store.search_passages):
                before = store.statements
                await ask(query, first=9)
                assert store.statements - before <= MOST_STATEMENTS, query

    async def test_passages_are_found_by_any_name_of_what_is_asked(self, store: GraphStore) -> None:
        """A name stands for all names of its concept; `found` says as what it stands in the passage."""
        texts = [
            "分组查询注意力让几个头共用键和值。",
            "A grouped-query attention layer keeps few keys.",
            "GQAs and MHA are alike.",
            "MHA keeps all.",
            "The GQAX model is another thing.",
        ]
        rows = [Passage("a.md", line, text) for line, text in enumerate(texts, start=1)]
        by_mention = Passage("a.md", 9, "It keeps few keys.", (), (GQA,))
        await store.upsert("b.md", KnowledgeGraph.of([], [], [*rows, by_mention]))
        await fill(store)

        async def found(query: str) -> list[tuple[int, tuple[str, ...]]]:
            return [(h.passage.line, h.found) for h in await store.search_passages(query, first=9) if h.passage in rows]

        grouped = [(2, ("Grouped-Query Attention",)), (1, ("分组查询注意力",))]
        assert await found("为什么需要 GQA") == [*grouped, (3, ("gqa",))]
        assert await found("why is MHA before GQA") == [(3, ("mha", "gqa")), *grouped, (4, ("mha",))]
        assert (await found("gqa keys"))[0] == (2, ("Grouped-Query Attention", "keys"))
        hits = await store.search_passages("gqa few keys", first=9)
        assert [(h.passage.line, h.score >= ALL) for h in hits if h.passage.line in {2, 9}] == [(2, True), (9, True)]
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)

    async def test_names_of_words_that_no_index_has_are_found_in_passages(self, store: GraphStore) -> None:
        """A stop word of Lucene's, and a single character, under any of the names of what is asked."""
        concepts = [Concept("it", "it", ("the",)), Concept("entropy", "熵", ("墒",))]
        texts = ["it", "the", "熵 of it", "墒"]
        passages = [Passage("a.md", line, text, (), ()) for line, text in enumerate(texts, 1)]
        await store.upsert("a.md", KnowledgeGraph.of(concepts, (), passages))
        for query, lines in {"it's": {1, 2, 3}, "it": {1, 2, 3}, "熵": {3, 4}, "墒": {3, 4}}.items():
            hits = await store.search_passages(query, first=9)
            assert {hit.passage.line for hit in hits if hit.score >= ALL} == lines, query
