"""Names cut into labels."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.map_samples import HOSTILE_NAMES
from viz.labels import LINE_CELLS, cells, label_lines, label_size


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Adam", ("Adam",)),
        ("Grouped-Query Attention", ("Grouped-Query", "Attention")),
        ("交叉熵损失函数", ("交叉熵损失函数",)),
        ("梯度下降法(gradient descent)", ("梯度下降法", "(gradient descent)")),
        ("Reinforcement Learning from Human Feedback", ("Reinforcement", "Learning from Hum…")),
        ("Supercalifragilistic", ("Supercalifragilis…",)),
        ("", ("…",)),
        ("\u202e\u200b", ("…",)),
        ("G\u200dQ\u200bA\u2060", ("GQA",)),
        ("👩\u200d👩\u200d👧\u200d👦 emoji 🏳\ufe0f\u200d🌈", ("👩\u200d👩\u200d👧\u200d👦", "emoji 🏳\ufe0f\u200d🌈")),
        ("می\u200cخواهم", ("می\u200cخواهم",)),
    ],
)
def test_a_name_becomes_one_or_two_short_lines(name: str, lines: tuple[str, ...]) -> None:
    assert label_lines(name) == lines


@given(st.one_of(st.text(max_size=600), st.sampled_from(HOSTILE_NAMES)))
def test_no_label_is_larger_than_two_lines_or_holds_what_cannot_be_seen(name: str) -> None:
    lines = label_lines(name)
    assert 1 <= len(lines) <= 2
    assert all(line and cells(line) <= LINE_CELLS for line in lines)
    assert not any(unicodedata.category(c) == "Cc" or c in "\u202e\u2066\u2069" for line in lines for c in line)


def test_room_grows_with_wide_characters_and_lines() -> None:
    assert label_size(("界界",), 10)[0] == label_size(("abcd",), 10)[0]
    assert label_size(("a", "b"), 10)[1] == 2 * label_size(("a",), 10)[1]
