"""The reader beside the phrasings: which candidates a sentence has, and what becomes of them under given weights."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import Evidence, Origin, Relation, RelationType
from graph.names import is_cjk
from loaders.encoding import Encoded, Marked
from loaders.lexicon import Lexicon, Term
from loaders.mentions import find_mentions
from loaders.reader import Candidate, Context, candidates
from loaders.reader.model import Model, default_model, judge
from loaders.sentences import Sentence

T = RelationType
FACTS = {("Alpha", "Beta"): frozenset({T.USES}), ("Beta", "Alpha"): frozenset({T.PREREQUISITE_OF})}
LEXICON = Lexicon([Term(n, (n,)) for n in ("Alpha", "Beta", "Gamma", "Delta")], facts=FACTS)
BARE = Lexicon(LEXICON.terms.values())


def sentence_of(text: str, lexicon: Lexicon = LEXICON, subject: tuple[str, ...] = ()) -> Sentence:
    mentions = tuple(find_mentions(text, lexicon))
    return Sentence(0, 0, 1, text, text, mentions, subject, own=not subject, asks=False)


def tight(text: str, sentence: Sentence) -> Encoded:
    return Marked(text, sentence.mentions).tight("zh" if is_cjk(text) else "en", brackets=True)


def seen(text: str, *phrased: Relation, lexicon: Lexicon = LEXICON, subject: tuple[str, ...] = ()) -> list[Candidate]:
    sentence = sentence_of(text, lexicon, subject)
    form = tight(text, sentence)
    return list(candidates(form, subject, phrased, lexicon, Context("paragraph")))


def keys(found: list[Candidate]) -> set[tuple[str, RelationType, str]]:
    return {(c.source, c.type, c.target) for c in found}


def items(found: list[Candidate], key: tuple[str, RelationType, str]) -> set[str]:
    (one,) = [c for c in found if (c.source, c.type, c.target) == key]
    return {f"{table}|{item}" for table, rows in one.features for item in rows}


def test_a_fact_suggests_its_type_in_both_directions_and_says_which_is_known() -> None:
    found = seen("Alpha met Beta yesterday")
    assert ("Alpha", T.USES, "Beta") in keys(found)
    assert "USES|fact=yes" in items(found, ("Alpha", T.USES, "Beta"))
    assert "USES|fact=reverse" in items(found, ("Beta", T.USES, "Alpha"))
    assert "USES|first-target" in items(found, ("Alpha", T.USES, "Beta"))


def test_without_facts_only_what_phrasings_read_is_judged() -> None:
    assert seen("Alpha extends Beta", lexicon=BARE) == []
    read = Relation("Alpha", T.SOLVES, "Beta", Origin.STATED, 0.8, (Evidence("n", 1, "", "en.solves"),))
    found = seen("Alpha met Beta yesterday", read, lexicon=BARE)
    assert [c.phrased for c in found if c.type is T.SOLVES and c.source == "Alpha"] == [read]
    assert "read|rule=en.solves" in items(found, ("Alpha", T.SOLVES, "Beta"))


def test_a_trigger_word_suggests_its_type_for_concepts_that_are_known_to_be_related() -> None:
    found = seen("Alpha extends Beta")
    assert {"EXTENDS/f|m:extends", "f|trigger=own"} <= items(found, ("Alpha", T.EXTENDS, "Beta"))
    assert ("Alpha", T.EXTENDS, "Beta") not in keys(seen("Alpha met Beta"))


def test_a_parent_in_the_lexicon_is_known_as_one() -> None:
    lexicon = Lexicon([Term("Alpha", ("Alpha",), isa="Beta"), Term("Beta", ("Beta",))])
    found = seen("Beta: Alpha", lexicon=lexicon)
    assert {"IS_A|fact=yes", "IS_A|kin=kind"} <= items(found, ("Alpha", T.IS_A, "Beta"))


def test_members_of_an_enumeration_share_what_stands_around_them() -> None:
    facts = {("Alpha", c): frozenset({T.USES}) for c in ("Beta", "Gamma", "Delta")}
    found = seen("Alpha 使用 Beta、Gamma 和 Delta", lexicon=Lexicon(LEXICON.terms.values(), facts=facts))
    shared = [items(found, ("Alpha", T.USES, c)) for c in ("Beta", "Gamma", "Delta")]
    assert shared[0] == shared[1] == shared[2]


def test_a_subject_that_is_not_named_is_a_candidate_of_its_own_kind() -> None:
    found = seen("uses Beta", subject=("Alpha",))
    assert any(c.features[0][0] == "USES/f/c" for c in found)


def test_a_negation_leaves_comparisons_only() -> None:
    assert {c.type for c in seen("Alpha does not use Beta", lexicon=LEXICON)} <= {T.CONTRASTS_WITH}


@pytest.mark.parametrize(
    ("kind", "silent", "said"),
    [
        (T.COMBINES, "Alpha met Beta", "Alpha merges Beta"),
        (T.CONTRASTS_WITH, "Alpha met Beta", "Alpha, unlike Beta"),
        (T.PART_OF, "Alpha contains Beta", None),
    ],
)
def test_some_types_need_a_word_that_says_so(kind: RelationType, silent: str, said: str | None) -> None:
    lexicon = Lexicon(LEXICON.terms.values(), facts={("Alpha", "Beta"): frozenset({kind})})
    assert ("Alpha", kind, "Beta") not in keys(seen(silent, lexicon=lexicon))
    assert said is None or ("Alpha", kind, "Beta") in keys(seen(said, lexicon=lexicon))


def test_what_a_plus_sign_joins_does_nothing_alone() -> None:
    assert ("Alpha", T.USES, "Beta") not in keys(seen("Gamma+Alpha met Beta"))
    assert ("Alpha", T.USES, "Beta") in keys(seen("Alpha+Beta"))


def weights(**tables: dict[str, float]) -> Model:
    return Model({name.replace("_", "/"): rows for name, rows in tables.items()}, keep_read=0.4, keep_unread=0.6)


def judged(text: str, model: Model, *phrased: Relation) -> list[Relation]:
    sentence = sentence_of(text)
    form = tight(text, sentence)
    return judge(model, form, sentence, list(phrased), source="n.md", lexicon=LEXICON, context=Context("paragraph"))


def test_the_most_probable_candidate_of_a_pair_is_kept_with_its_probability() -> None:
    model = weights(USES_f={"": 2.0})
    (kept,) = judged("Alpha met Beta", model)
    assert kept.key == ("Alpha", T.USES, "Beta")
    assert kept.confidence == pytest.approx(0.881, abs=0.001)
    assert kept.evidence == (Evidence("n.md", 1, "Alpha met Beta", "reader.uses"),)


def test_nothing_is_kept_below_the_thresholds() -> None:
    assert judged("Alpha met Beta", weights(USES_f={"": 0.0})) == []  # 0.5: too little for what no phrasing read
    read = Relation("Alpha", T.USES, "Beta", Origin.STATED, 0.8, (Evidence("n.md", 1, "", "en.uses"),))
    assert judged("Alpha met Beta", weights(), read) == [replace(read, confidence=0.5)]
    assert judged("Alpha met Beta", weights(read={"": -1.0}), read) == []


def test_what_the_reader_has_no_candidate_for_stays_as_it_was_read() -> None:
    read = Relation("Delta", T.USES, "Gamma", Origin.STATED, 0.8, (Evidence("n.md", 1, "", "list.uses"),))
    assert read in judged("Alpha met Beta", weights(), read)


@given(
    st.lists(st.sampled_from(["Alpha", "Beta", "Gamma", "使用", "is a", "，", "of", "改进", "not", " "]), max_size=30)
)
def test_probabilities_are_probabilities_and_symmetric_types_come_once(words: list[str]) -> None:
    model = default_model()
    for one in seen(" ".join(words)):
        assert 0 <= model.probability(one) <= 1
        assert one.source != one.target


def test_the_shipped_weights_name_only_tables_that_features_use() -> None:
    model = default_model()
    assert 0 < model.keep_read < 1
    assert 0 < model.keep_unread < 1
    ways = {f"{d}{w}" for d in "fb" for w in ("", "/c", "/s")}
    tables = {"", "read", *ways, *(t.value for t in T), *(f"{t.value}/{w}" for t in T for w in ways)}
    tables |= {f"fact={k}" for k in ("yes", "reverse", "other", "no")}
    assert set(model.tables) <= tables
    assert len(model.tables) > 20
