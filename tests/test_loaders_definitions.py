"""Definitions: which sentence of some notes says what a concept is, and which only look so."""

import pytest

from graph.model import Source
from loaders.extract import extract_texts

CASES = {
    "is a": ("Dropout is a way of dropping units.\n", "Dropout is a way of dropping units."),
    "refers to": ("Dropout refers to dropping units at random.\n", "Dropout refers to dropping units at random."),
    "an apposition before": (
        "Dropout (随机失活) is the dropping of units.\n",
        "Dropout (随机失活) is the dropping of units.",
    ),
    "是一种": ("Dropout 是一种随机丢弃单元的做法。\n", "Dropout 是一种随机丢弃单元的做法。"),
    "是指": ("Dropout 是指训练时随机丢弃单元。\n", "Dropout 是指训练时随机丢弃单元。"),
    "是 and what it is at the end": ("Dropout 是随机丢弃单元的正则方法。\n", "Dropout 是随机丢弃单元的正则方法。"),
    "behind a head": ("- **Dropout**: drops units at random\n", "Dropout : drops units at random"),
    "behind a head in Chinese": ("- Dropout：随机丢弃单元，得到许多小网络\n", "Dropout：随机丢弃单元，得到许多小网络"),
    "its own name behind its head": ("- Dropout: Dropout measures nothing.\n", "Dropout: Dropout measures nothing."),
    "the first below its heading": (
        "# Dropout\n\n训练时按概率把单元的输出置为零。\n",
        "训练时按概率把单元的输出置为零。",
    ),
    "under a label": (
        "# Dropout\n\n- Definition: Dropout is a way to drop units.\n",
        "Dropout is a way to drop units.",
    ),
    "numbers and marks are left away": ("1. Dropout 是一种**正则**做法；\n", "Dropout 是一种 正则 做法"),
    "the best of several": (
        "Dropout maps units to zero.\n\nDropout is a regulariser.\n\nDropout is an old idea.\n",
        "Dropout is a regulariser.",
    ),
    "who proposed it": ("Dropout 是由几位作者提出的。\n", None),
    "when it was proposed": ("Dropout was proposed long ago.\n", None),
    "how good it is": ("Dropout is very useful.\n", None),
    "praise only": ("Dropout 是最常用的手段之一。\n", None),
    "what it can do": ("Dropout 可以和别的手段一起用。\n", None),
    "a question": ("Dropout 是一种什么东西？\n", None),
    "a head with nothing behind": ("- **Dropout**:\n  - first\n", None),
    "a head before a list": ("- Dropout: Adam, RMSprop, BERT\n", None),
    "a head before another subject": ("- Dropout: Adam is used here.\n", None),
    "a head before a remark": ("- Dropout：例如某个网络的最后一层\n", None),
    "the first below its heading, but of another": ("# Dropout\n\nAdam 每一步都更新参数。\n", None),
    "the second below its heading": ("# Dropout\n\n见下。\n\n训练时按概率把单元的输出置为零。\n", None),
}


def _definition(text: str) -> str | None:
    graph = extract_texts([(Source("n.md", "markdown", "N", "0" * 64), text)])["n.md"]
    concept = graph.concept("dropout")
    assert concept is not None
    return concept.definition


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_sentence_defines_what_it_says_something_of(text: str, expected: str | None) -> None:
    assert _definition(text) == expected


def test_an_aspect_of_the_thing_above_is_no_definition_of_the_aspect() -> None:
    text = "# BERT\n\n- Regularization: a little of it\n- 正则化：即加一个惩罚项\n"
    graph = extract_texts([(Source("n.md", "markdown", "N", "0" * 64), text)])["n.md"]
    concept = graph.concept("regularization")
    assert concept is not None
    assert concept.definition == "正则化：即加一个惩罚项"


def test_a_definition_is_not_too_long_and_not_too_short() -> None:
    assert _definition(f"Dropout is a {'very ' * 80}old idea.\n") is None
    assert _definition("Dropout：丢\n\nDropout again.\n") is None
