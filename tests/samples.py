"""A small hand-made graph that tests of stores, API and maps share; its sentences are made up for it."""

from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, Source

ATTENTION = Source("attention.md", "markdown", "Attention / 注意力", "a" * 64)
BOOSTING = Source("trees/boosting.txt", "plaintext", "Boosting", "b" * 64)

T = RelationType
K = ConceptKind


def _said(source: Source, line: int, text: str, rule: str = "en.generalizes") -> tuple[Evidence, ...]:
    return (Evidence(source.path, line, text, rule),)


def attention_graph() -> KnowledgeGraph:
    """Attention from the mechanism to GQA: a chain of prerequisites, one COMBINES group, two languages."""
    path = ATTENTION.path
    concepts = [
        Concept(
            "attention",
            "Attention",
            ("注意力", "注意力机制"),
            K.METHOD,
            "Weighs the parts of the input by how much they matter for the output.",
            path,
            3,
        ),
        Concept("self-attention", "Self-Attention", ("自注意力", "自注意力机制"), K.METHOD, None, path, 7),
        Concept(
            "multi-head-attention",
            "Multi-Head Attention",
            ("MHA", "多头注意力"),
            K.METHOD,
            "多个注意力头并行计算。",
            path,
            11,
        ),
        Concept("multi-query-attention", "Multi-Query Attention", ("MQA", "多查询注意力"), K.METHOD, None, path, 15),
        Concept(
            "grouped-query-attention", "Grouped-Query Attention", ("GQA", "分组查询注意力"), K.METHOD, None, path, 19
        ),
        Concept("transformers", "Transformers & <friends>", (), K.TOPIC, None, path, 1),
        Concept("gradient-descent", "Gradient Descent", ("梯度下降",), K.OPTIMIZER, None, path, 25),
        Concept("momentum", "Momentum", ("动量",), K.OPTIMIZER, None, path, 26),
        Concept("rmsprop", "RMSprop", (), K.OPTIMIZER, None, path, 27),
        Concept("adam", "Adam", (), K.OPTIMIZER, None, path, 28),
        Concept("vanishing-gradient", "Vanishing Gradient", ("梯度消失",), K.PROBLEM, None, path, 30),
    ]
    mqa = _said(path_source := ATTENTION, 19, "GQA with one group is exactly MQA.")
    relations = [
        Relation("grouped-query-attention", T.GENERALIZES, "multi-query-attention", Origin.STATED, 0.9, mqa),
        Relation(
            "grouped-query-attention",
            T.GENERALIZES,
            "multi-head-attention",
            Origin.STATED,
            0.85,
            _said(path_source, 20, "GQA 的组数等于头数时就是 MHA。", "zh.special-case"),
        ),
        Relation(
            "multi-query-attention",
            T.CONTRASTS_WITH,
            "multi-head-attention",
            Origin.STATED,
            0.8,
            _said(path_source, 16, "Unlike MHA, MQA keeps one key-value head.", "en.unlike"),
        ).canonical(),
        Relation(
            "multi-head-attention",
            T.EXTENDS,
            "self-attention",
            Origin.STATED,
            0.8,
            _said(path_source, 11, "MHA extends self-attention to several heads.", "en.extends"),
        ),
        Relation(
            "self-attention",
            T.IS_A,
            "attention",
            Origin.STATED,
            0.9,
            _said(path_source, 7, "Self-attention is a kind of attention.", "en.is-a"),
        ),
        Relation(
            "adam",
            T.COMBINES,
            "momentum",
            Origin.STATED,
            0.95,
            _said(path_source, 28, "Adam = Momentum + RMSprop", "sum"),
            group="adam@attention.md:28",
        ),
        Relation(
            "adam",
            T.COMBINES,
            "rmsprop",
            Origin.STATED,
            0.95,
            _said(path_source, 28, "Adam = Momentum + RMSprop", "sum"),
            group="adam@attention.md:28",
        ),
        *(
            Relation(
                c.id,
                T.IN_TOPIC,
                "transformers",
                Origin.STRUCTURAL,
                1.0,
                _said(path_source, c.line or 1, c.name, "heading"),
            )
            for c in concepts[:5]
        ),
        *(
            Relation(before, T.PREREQUISITE_OF, after, Origin.INFERRED, 0.7, (), ((after, why, before),))
            for before, why, after in (
                ("attention", T.IS_A, "self-attention"),
                ("self-attention", T.EXTENDS, "multi-head-attention"),
                ("multi-head-attention", T.GENERALIZES, "grouped-query-attention"),
                ("multi-query-attention", T.GENERALIZES, "grouped-query-attention"),
                ("momentum", T.COMBINES, "adam"),
                ("rmsprop", T.COMBINES, "adam"),
            )
        ),
        Relation(
            "multi-head-attention",
            T.PREREQUISITE_OF,
            "multi-query-attention",
            Origin.STATED,
            0.9,
            _said(path_source, 15, "Know MHA before MQA.", "en.prerequisite"),
        ),
        Relation(
            "gradient-descent",
            T.PREREQUISITE_OF,
            "momentum",
            Origin.STATED,
            0.9,
            _said(path_source, 26, "Momentum needs gradient descent first.", "en.prerequisite"),
        ),
    ]
    passages = [
        Passage(
            path,
            7,
            "Self-attention is a kind of attention.",
            ("Transformers & <friends>",),
            ("self-attention", "attention"),
        ),
        Passage(
            path,
            19,
            "GQA with one group is exactly MQA.",
            ("Transformers & <friends>", "GQA"),
            ("grouped-query-attention", "multi-query-attention"),
        ),
        Passage(path, 28, "Adam = Momentum + RMSprop", ("Optimizers",), ("adam", "momentum", "rmsprop")),
    ]
    return KnowledgeGraph.of(concepts, relations, passages, [ATTENTION])


def boosting_graph() -> KnowledgeGraph:
    """A second source, which also supports one concept of the first (gradient descent, under one more name)."""
    path = BOOSTING.path
    concepts = [
        Concept("gbdt", "GBDT", ("梯度提升树", "gradient boosted trees"), K.MODEL, None, path, 2),
        Concept("xgboost", "XGBoost", ("XGB",), K.MODEL, None, path, 5),
        Concept("gradient-descent", "Gradient Descent", ("GD", "梯度下降"), K.OPTIMIZER, "沿负梯度更新。", path, 9),
    ]
    relations = [
        Relation(
            "xgboost",
            T.EXTENDS,
            "gbdt",
            Origin.STATED,
            0.9,
            _said(BOOSTING, 5, "XGBoost extends GBDT with a second-order loss.", "en.extends"),
        ),
        Relation("gbdt", T.PREREQUISITE_OF, "xgboost", Origin.INFERRED, 0.8, (), (("xgboost", T.EXTENDS, "gbdt"),)),
        Relation(
            "gbdt",
            T.USES,
            "gradient-descent",
            Origin.STATED,
            0.7,
            _said(BOOSTING, 2, "GBDT 用梯度下降的思想拟合残差。", "zh.uses"),
        ),
    ]
    passages = [
        Passage(path, 5, "XGBoost extends GBDT with a second-order loss.", ("Boosting",), ("xgboost", "gbdt")),
    ]
    return KnowledgeGraph.of(concepts, relations, passages, [BOOSTING])
