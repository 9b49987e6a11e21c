"""Where the words of a search are marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.question import parse_query
from graph.spans import matched_spans


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("attention", "Self-Attention and attentions", ["Attention", "attention"]),
        ("att", "Attention", ["Att"]),
        ("multiq", "Multi-Query Attention", ["Multi-Q"]),
        ("multiquery", "the Multi-Query Attention", ["Multi-Query"]),
        ("Multi Query attentions", "Multi-Query Attention", ["Multi-Query Attention"]),
        ("query multi", "Multi-Query Attention", ["Multi", "Query"]),
        ("注意", "自注意力与注意力", ["注意", "注意"]),
        ("注意力机制是什么", "注意力", ["注意力"]),
        ("BERT模型", "用BERT做模型", ["BERT", "模型"]),
        ("uer", "Query", []),
        ("gradeint", "Gradient", []),
        ("ﬁne", "a ﬁne \U0001f600 Ｆｉｎｅ day", ["ﬁne", "Ｆｉｎｅ"]),
        ("naïve", "nai\u0308ve Bayes", ["nai\u0308ve"]),
        ("straße", "Die STRASSE", ["STRASSE"]),
        ("x", "", []),
        ("aa", "aaa", ["aa"]),
        ("意意", "意意意", ["意意意"]),
    ],
)
def test_what_is_searched_for_is_marked(query: str, text: str, marked: list[str]) -> None:
    parsed = parse_query(query)
    assert parsed
    assert [text[start:end] for start, end in matched_spans(parsed, text)] == marked


@given(st.text(), st.text(min_size=1, max_size=5))
def test_marks_are_within_the_text_in_order_and_apart(text: str, query: str) -> None:
    if parsed := parse_query(query):
        at = 0
        for start, end in matched_spans(parsed, text):
            assert at <= start < end <= len(text)
            at = end
