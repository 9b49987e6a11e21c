"""Graphs for tests of the map: one with the shape of real notes, and one whose names try to break a page."""

import random

from graph.model import (
    RELATION_TYPES,
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationType,
    Source,
)

T = RelationType
NOTES = Source("study/notes.md", "markdown", "Notes", "c" * 64)

_CHINESE = (
    "注意力",
    "损失",
    "梯度",
    "卷积",
    "归一化",
    "正则",
    "特征",
    "编码",
    "采样",
    "聚类",
    "回归",
    "嵌入",
    "剪枝",
    "量化",
)
_ENGLISH = (
    "Attention",
    "Gradient",
    "Kernel",
    "Boosting",
    "Dropout",
    "Encoder",
    "Pooling",
    "Adapter",
    "Policy",
    "Router",
)
_KINDS = (*[ConceptKind.METHOD] * 4, ConceptKind.MODEL, ConceptKind.METRIC, ConceptKind.PROBLEM, ConceptKind.OTHER)


def seeded_graph(*, concepts: int = 420, topics: int = 14, seed: int = 11) -> KnowledgeGraph:
    """Notes in two languages: topics of unequal size, a few hubs and many leaves, every sort of origin."""
    dice = random.Random(seed)
    heads = [
        Concept(f"topic-{i}", f"{dice.choice(_CHINESE)}专题 {i}", (), ConceptKind.TOPIC, None, NOTES.path, i + 1)
        for i in range(topics)
    ]
    made = [_concept(dice, i) for i in range(concepts - topics)]
    home = {c.id: heads[min(topics - 1, int(dice.expovariate(3 / topics)))].id for c in made}
    relations = [
        Relation(c.id, T.IN_TOPIC, home[c.id], Origin.STRUCTURAL, 1.0, _said(c.line or 1, c.name, "heading"))
        for c in made
        if dice.random() < 0.93
    ]
    drawn = [kind for kind in T if kind not in {T.IN_TOPIC, T.PREREQUISITE_OF}]
    for line in range(1000, 1000 + concepts * 3 // 2):
        first = dice.choice(made)
        near = [c for c in made if home[c.id] == home[first.id]] if dice.random() < 0.8 else made
        second = near[int(len(near) * dice.random() ** 2)]
        kind = dice.choice(drawn)
        origin = dice.choice((*[Origin.STATED] * 6, Origin.STRUCTURAL, Origin.INFERRED))
        text = f"{first.name} 与 {second.name} 有关。"
        relations.append(Relation(first.id, kind, second.id, origin, 0.9, _said(line, text, "zh.made-up")))
        if RELATION_TYPES[kind].learnt_first == "target" and second.id < first.id:
            because = ((first.id, kind, second.id),)
            relations.append(Relation(second.id, T.PREREQUISITE_OF, first.id, Origin.INFERRED, 0.7, (), because))
    passages = [Passage(NOTES.path, c.line or 1, f"{c.name} 的一段说明。", (), (c.id,)) for c in made]
    return KnowledgeGraph.of([*heads, *made], relations, passages, [NOTES])


def _concept(dice: random.Random, i: int) -> Concept:
    chinese = dice.choice(_CHINESE) + dice.choice(_CHINESE)
    english = f"{dice.choice(_ENGLISH)} {dice.choice(_ENGLISH)} {i}"
    name, other = (chinese + str(i), english) if dice.random() < 0.5 else (english, chinese + str(i))
    definition = f"{name} 是一个编造的概念。" if dice.random() < 0.3 else None
    return Concept(f"concept-{i}", name, (other,), dice.choice(_KINDS), definition, NOTES.path, 100 + i)


def _said(line: int, text: str, rule: str) -> tuple[Evidence, ...]:
    return (Evidence(NOTES.path, line, text, rule),)


HOSTILE_NAMES = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<!--<script>alert(3)",
    "\"'`><svg onload=alert(4)>",
    "<a href='javascript:alert(5)'>href</a>",
    "{{ 7*7 }} {% raw %} ${alert(6)}",
    "javascript:alert(7)",
    "\u202egnp.exe \u2066right to left\u2069",
    "שלום עולם مرحبا",
    "👩‍👩‍👧‍👦 emoji 🏳️‍🌈",
    "x" * 500,
    "界" * 500,
    "line\none\r\ntwo\ttab \u2028 \u0007 end",
    "__proto__",
    "constructor",
    "&lt;b&gt; &amp; %3Cscript%3E",
    "]]><style>*{display:none}</style>",
)


def hostile_graph() -> KnowledgeGraph:
    """Every string of every concept and relation is one of HOSTILE_NAMES, ids included; all hang on one hub."""
    source = Source("<b>notes</b>&.md", "markdown", HOSTILE_NAMES[0], "e" * 64)
    hub = Concept("hub", "Hub", HOSTILE_NAMES[:3], ConceptKind.METHOD, HOSTILE_NAMES[1], source.path, 1)
    others = [
        Concept(name[:200], name, (HOSTILE_NAMES[i - 1],), ConceptKind.OTHER, name, source.path, i + 2)
        for i, name in enumerate(HOSTILE_NAMES)
    ]
    relations = [
        Relation("hub", T.USES, c.id, Origin.STATED, 0.9, (Evidence(source.path, i + 2, c.name, c.name[:60]),))
        for i, c in enumerate(others)
    ]
    passages = [Passage(source.path, i + 2, c.name, (c.name,), ("hub", c.id)) for i, c in enumerate(others)]
    return KnowledgeGraph.of([hub, *others], relations, passages, [source])


def topics_graph() -> KnowledgeGraph:
    """Two levels of topics, a topic with nothing in it, a concept with many names, a chain of prerequisites."""
    path = "topics.md"
    topic = ConceptKind.TOPIC
    concepts = [
        Concept("learning", "Learning", ("学习",), topic, None, path, 1),
        Concept("norms", "Normalization", ("归一化",), topic, None, path, 3),
        Concept("bare", "Bare Topic", (), topic, None, path, 90),
        Concept(
            "batch-norm",
            "Batch Normalization",
            ("BatchNorm", "批归一化", "BN", "批标准化", "批量归一化"),
            ConceptKind.LAYER,
            "Batch normalization rescales activations over a batch.",
            path,
            5,
        ),
        Concept("layer-norm", "Layer Normalization", ("层归一化", "LN"), ConceptKind.LAYER, None, path, 6),
        Concept("epoch", "Epoch", (), ConceptKind.OTHER, None, path, 2),
    ]
    said = Evidence(path, 6, "Unlike batch normalization, layer normalization looks at one example.", "en.contrast")
    relations = [
        Relation("norms", RelationType.IN_TOPIC, "learning", Origin.STRUCTURAL, 0.9),
        Relation("epoch", RelationType.IN_TOPIC, "learning", Origin.STRUCTURAL, 0.9),
        Relation("batch-norm", RelationType.IN_TOPIC, "norms", Origin.STRUCTURAL, 0.9),
        Relation("layer-norm", RelationType.IN_TOPIC, "norms", Origin.STRUCTURAL, 0.9),
        Relation("batch-norm", RelationType.CONTRASTS_WITH, "layer-norm", Origin.STATED, 0.9, (said,)),
    ]
    passages = [
        Passage(path, 5, "Batch normalization rescales activations over a batch.", ("Normalization",), ("batch-norm",)),
        Passage(path, 6, said.text, ("Normalization",), ("batch-norm", "layer-norm")),
    ]
    return KnowledgeGraph.of(concepts, relations, passages, [Source(path, "markdown", "Topics", "0" * 64)])
