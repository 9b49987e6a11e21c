"""What people type over the sample notes, in both languages: the concepts that they mean come first, in their order."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.loading import read_notes, sample_notes, store_all
from graph.store import GraphStore, open_store

MHA, MQA, GQA = "multi-head-attention", "multi-query-attention", "grouped-query-attention"
BN, LN = "batch-normalization", "layer-normalization"
LSTM, LORA = "long-short-term-memory", "lora"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the sample notes, read once."""
    made = tmp_path_factory.mktemp("sample")

    async def load() -> None:
        async with open_store(str(made)) as store:
            await store_all(store, read_notes([sample_notes()]))

    asyncio.run(load())
    return made


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[GraphStore]:
    async with open_store(str(folder)) as store:
        yield store


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("why is MHA before GQA", [MHA, GQA]),
        ("为什么需要 GQA", [GQA]),
        ("what is the difference between BN and LN", [BN, LN]),
        ("Adam 和 RMSprop 有什么区别", ["adam", "rmsprop"]),
        ("mha gqa", [MHA, GQA]),
        ("lora dpo", [LORA, "direct-preference-optimization"]),
        ("bn ln", [BN, LN]),
        ("BN/LN", [BN, LN]),
        ("mqa，gqa", [MQA, GQA]),
        ("MHA、MQA、GQA的区别", [MHA, MQA, GQA]),
        ("how does LoRA work?", [LORA]),
        ("什么是注意力机制", ["attention"]),
        ("dropout 的作用是什么", ["dropout"]),
        ("为什么transformer用layer norm而不是bn", ["transformer", LN, BN]),
        ("LSTM为什么能缓解梯度消失", [LSTM, "vanishing-gradient"]),
        ("GBDT与随机森林的不同", ["gbdt", "random-forest"]),
        ("explain the vanishing gradient problem in RNNs", ["vanishing-gradient", "recurrent-neural-network"]),
        ("batch normalisaton", [BN]),
        ("atention", ["attention"]),
        ("lihgtgbm", ["lightgbm"]),
        ("交差熵", ["cross-entropy-loss"]),
        ("注意里机制", ["attention"]),
        ("rmsporp和adam的区别", ["adam", "rmsprop"]),  # the exact name first
        ("mha gq", [MHA, GQA]),
    ],
)
async def test_what_is_meant_comes_first(store: GraphStore, query: str, expected: list[str]) -> None:
    """Questions, names side by side, and names with a slip."""
    hits = await store.search(query, first=8)
    assert [hit.concept.id for hit in hits][: len(expected)] == expected


async def test_a_sentence_about_all_that_is_asked_comes_first(store: GraphStore) -> None:
    """It may call them by other names than the question does."""
    (best, *_) = await store.search_passages("GQA 和 MQA 有什么区别", first=5)
    assert {GQA, MQA} <= set(best.concepts)
    assert best.score >= 0.5
