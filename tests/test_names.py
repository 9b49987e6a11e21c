"""The key by which names are compared and the slug that becomes an id."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.names import is_cjk, name_key, slug, without_hidden

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PUNCTUATION = " \t\n-_·‐‑–—*`\"'“”‘’()[]:,.。、/\\\u200b\ufeff"


@pytest.mark.parametrize(
    "same",
    [
        ["Multi-Query Attention", "multi query attention", "MultiQueryAttention", "MULTI_QUERY_ATTENTION"],
        ["ＭＱＡ", "mqa", "(MQA)", "“MQA”"],
        ["多查询注意力", "多查询 注意力", "（多查询注意力）"],
        ["Transformer", "transformers", "`Transformers`"],
        ["word2vec", "Word2Vec", "WORD-2-VEC"],
        ["Self‑Attention", "self–attention", "self—attention"],
        ["Straße", "STRASSE"],
        ["é", "e\u0301"],
        ["GQA", "G\u200dQA", "GQ\u2062A", "\u2066GQA\u2069", "G\xadQA", "GQA\ufe0f"],
    ],
)
def test_the_ways_of_writing_one_name_have_one_key(same: list[str]) -> None:
    assert len({name_key(name) for name in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("C", "C#"),
        ("GPT-2", "GPT-3"),
        ("L1", "L2"),
        ("注意力", "自注意力"),
        ("F1", "F2"),
        ("bias", "bia"),
        ("loss", "los"),
        ("cross", "cros"),
        ("BERT", "Albert"),
    ],
)
def test_names_of_different_things_have_different_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(text, st.sampled_from(PUNCTUATION), st.integers(0, 20))
def test_punctuation_anywhere_changes_no_key(name: str, mark: str, at: int) -> None:
    assert name_key(name[:at] + mark + name[at:]) == name_key(name)


@given(text)
@example("ΐ")
def test_a_key_is_its_own_key_but_for_plurals_of_plurals(name: str) -> None:
    key = name_key(name)
    again = name_key(key)
    assert again in {key, key[:-1]}
    assert again == key or (key.isascii() and key.endswith("s"))


@given(text)
def test_case_never_matters_to_a_key_of_plain_letters(name: str) -> None:
    plain = re.sub(r"[^A-Za-z0-9\u4e00-\u9fff ]", "", name)
    assert name_key(plain.upper()) == name_key(plain.lower()) == name_key(plain)


def test_a_name_of_nothing_but_punctuation_has_the_empty_key() -> None:
    assert {name_key(c) for c in PUNCTUATION} == {""}
    assert name_key("") == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Multi-Query Attention", "multi-query-attention"),
        ("交叉熵 Loss", "交叉熵-loss"),
        ("C++", "c++"),
        ("C#", "c#"),
        ("  F1 score  ", "f1-score"),
        ("snake_case", "snake-case"),
        ("L1/L2 regularisation", "l1-l2-regularisation"),
        ("ＭＱＡ", "mqa"),
        ("???", "concept"),
        ("", "concept"),
    ],
)
def test_a_slug_is_lower_case_with_single_hyphens_and_keeps_chinese(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(text)
def test_a_slug_is_never_empty_holds_no_space_and_is_its_own_slug(name: str) -> None:
    made = slug(name)
    assert made
    assert not re.search(r"\s|--|^-|-$|[/?&<>\"']", made)
    assert slug(made) == made


def test_chinese_is_told_from_other_scripts() -> None:
    assert is_cjk("MQA 多")
    assert is_cjk("㐀")
    assert not is_cjk("MQA, Müller, ошибка, かな, 。")
    assert not is_cjk("")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GQA", "GQA"),
        ("G\u200dQ\u200cA\u200b\u2060\ufeff", "GQA"),
        ("多\u200b查询\u200d注意力", "多查询注意力"),
        ("👩\u200d👩\u200d👧\u200d👦", "👩\u200d👩\u200d👧\u200d👦"),
        ("👩\u200d", "👩"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
    ],
)
def test_hidden_characters_stay_where_they_join_and_nowhere_else(text: str, shown: str) -> None:
    assert without_hidden(text) == shown


def test_hidden_characters_make_no_second_id() -> None:
    assert slug("G\u200dQA\u2060 Net") == slug("GQA Net") == "gqa-net"
