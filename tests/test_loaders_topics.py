"""IN_TOPIC: what a text puts below what, by headings, lists, questions and titles, and what it only says in passing."""

import pytest

from graph.model import Origin, RelationType, Source
from loaders.extract import extract_texts

CASES = {
    "a heading below a heading": ("# Optimizer\n\n## Adam\n\nIt is fast.\n", ["adam optimizer"]),
    "an item, by its head": ("# Optimizer\n\n- Adam: the usual choice\n", ["adam optimizer"]),
    "an item, whole": ("# 优化器\n\n- Adam\n- 不知道叫什么的\n", ["adam optimizer"]),
    "all members of an enumeration": ("# 优化器\n\n- Adam、RMSprop\n", ["adam optimizer", "rmsprop optimizer"]),
    "brackets are remarks": ("# Optimizer\n\n- Adam (like RMSprop)\n", ["adam optimizer"]),
    "an item of an item": ("# Optimizer\n\n- Adam\n  - AdamW\n", ["adam optimizer", "adamw adam"]),
    "a question, by what it asks about": ("# Optimizer\n\n## What is Adam?\n\nA good one.\n", ["adam optimizer"]),
    "an item below a question": (
        "## 优化器有哪些？\n\n（1）Adam：常用\n\n（2）RMSprop：也常用\n",
        ["adam optimizer", "rmsprop optimizer"],
    ),
    "a label is looked through": ("# Optimizer\n\n## Variants\n\n- Adam\n", ["adam optimizer"]),
    "a phrase names the topic by its only concept": ("# 优化器面试题的笔记\n\n- Adam\n", ["adam optimizer"]),
    "a list of an aspect holds nothing": ("# Adam\n\n- Use cases:\n  - Transformer\n", []),
    "a line of an aspect leads to nothing": ("# Adam\n\n它的缺点如下：\n\n- 过拟合\n", []),
    "what a comparison lists is in neither": ("# 优化器\n\n## Adam 和 RMSprop 的区别\n\n- 学习率\n", []),
    "what a list lists, if these are properties": (
        "## 激活函数有哪些性质？\n\n（1）非线性：弯的\n\n（2）单调性：只升不降\n\n（3）稀疏性：多数是零\n",
        ["monotonicity activation-function", "non-linearity activation-function", "sparsity activation-function"],
    ),
    "a bold line stands for a heading": ("# Optimizer\n\n**Adam**\n\nIt is fast.\n", ["adam optimizer"]),
    "a paragraph that explains": ("# Optimizer\n\nAdam is a method that adapts.\n", ["adam optimizer"]),
    "a heading of two": ("# Precision and Recall\n\n- Accuracy\n", ["accuracy precision", "accuracy recall"]),
    "a member of a heading of two is in neither": ("# Precision and Recall\n\n## Recall\n\nAll of them.\n", []),
    "the title in the front matter": (
        "---\ntitle: Gradient Descent\n---\n\nGradient descent moves weights.\n\n## Adam\n\nFast.\n",
        ["adam gradient-descent"],
    ),
    "a first line that is a title": (
        "深入理解神经网络的优化器\n\n优化器不难。\n\n## Adam\n\n快。\n",
        ["adam optimizer"],
    ),
    "nothing is in a kind of itself": ("# Adam\n\n## Optimizer\n\nIt moves weights.\n", []),
}


def _topics(text: str, path: str = "note.md") -> list[str]:
    graph = extract_texts([(Source(path, "markdown", "Note", "0" * 64), text)])[path]
    rows = [r for r in graph.relations if r.type is RelationType.IN_TOPIC]
    assert all(r.origin is Origin.STRUCTURAL and r.evidence[0].rule.startswith("topic.") for r in rows)
    return sorted(f"{r.source} {r.target}" for r in rows)


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_text_puts_its_concepts_into_topics(text: str, expected: list[str]) -> None:
    assert _topics(text) == expected


def test_a_file_is_named_after_its_topic() -> None:
    text = "Gradient descent moves weights.\n\n## Adam\n\nFast.\n"
    assert _topics(text, "week/07-gradient-descent.md") == ["adam gradient-descent"]
    assert _topics(text, "week/07-misc.md") == []


def test_a_topic_that_only_the_notes_know_is_followed_by_one_that_the_field_knows() -> None:
    text = "# Neural Network\n\n## Quokka training tricks\n\n### Dropout\n\nDrop units.\n\n### Adam\n\nFast.\n"
    assert {"dropout neural-network", "dropout quokka-training-tricks"} <= set(_topics(text))


def test_what_is_guessed_is_less_sure() -> None:
    text = "# Optimizer\n\n## Adam\n\nFast.\n\n## What is RMSprop?\n\nFast, too.\n"
    graph = extract_texts([(Source("n.md", "markdown", "N", "0" * 64), text)])["n.md"]
    sure = {r.source: r.confidence for r in graph.relations if r.type is RelationType.IN_TOPIC}
    assert sure["adam"] > sure["rmsprop"] > 0.5
