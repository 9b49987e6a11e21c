"""A graph of any size with a seed, for what is measured on stores: sources of 500 concepts, four relations to each."""

import random
from typing import Final

from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, Source

SOURCE: Final = 500
WORDS: Final = (
    *("gradient", "attention", "kernel", "margin", "boosting", "entropy", "layer", "norm", "batch", "momentum"),
)
HAN: Final = "注意力梯度下降损失函数模型训练数据优化器正则化交叉熵多头查询自编码解码层归一残差随机森林提升树支持向量"


def make_sources(concepts: int, *, seed: int) -> dict[str, KnowledgeGraph]:
    """Sources by path. Prerequisites go from lower to higher numbers and stay in their source, so closures do too."""
    choose = random.Random(seed)
    sources = {}
    for start in range(0, concepts, SOURCE):
        path = f"notes/{start // SOURCE:04}.md"
        rows, relations, passages = [], [], []
        for number in range(start, min(start + SOURCE, concepts)):
            name = f"{' '.join(choose.sample(WORDS, 2))} {number}"
            alias = "".join(choose.choices(HAN, k=choose.randrange(2, 7)))
            kind = choose.choice(list(ConceptKind))
            rows.append(
                Concept(f"c{number}", name, (alias,), kind, f"{alias}：{name} in a sentence.", path, number + 1)
            )
            for type_ in (RelationType.PREREQUISITE_OF, *choose.sample(list(RelationType)[1:], 3)):
                near = max(start, number - choose.randrange(1, 40))
                if type_ is not RelationType.PREREQUISITE_OF and choose.random() < 0.1:
                    near = choose.randrange(number + 1)
                said = (Evidence(path, number + 1, f"c{near} and {name} in one sentence.", "bench"),)
                relations.append(Relation(f"c{near}", type_, f"c{number}", Origin.STATED, 0.9, said))
            passages.append(Passage(path, number + 1, f"A passage about {name}.", ("Section",), (f"c{number}",)))
        sources[path] = KnowledgeGraph.of(rows, relations, passages, [Source(path, "markdown", path, "0" * 64)])
    return sources
