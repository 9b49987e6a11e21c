"""Reading files of facts: what a line means, and what is said of a wrong one."""

import pytest

from graph.errors import InputError
from graph.model import RelationType
from loaders.facts import parse_facts

T = RelationType


def test_a_line_gives_each_relation_from_its_concept() -> None:
    facts = parse_facts("adam: combines momentum, rmsprop; extends sgd", "f.yaml")
    assert facts == {
        ("adam", "momentum"): {T.COMBINES},
        ("adam", "rmsprop"): {T.COMBINES},
        ("adam", "sgd"): {T.EXTENDS},
    }


def test_after_is_a_prerequisite_in_the_other_direction() -> None:
    assert parse_facts("adam: after momentum", "f.yaml") == {("momentum", "adam"): {T.PREREQUISITE_OF}}


def test_symmetric_facts_stand_in_both_directions_and_types_of_a_pair_add_up() -> None:
    facts = parse_facts("bn: contrasts_with ln; is_a ln", "f.yaml")
    assert facts == {("bn", "ln"): {T.CONTRASTS_WITH, T.IS_A}, ("ln", "bn"): {T.CONTRASTS_WITH}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "f.yaml: a file of facts is a mapping"),
        ("a: [", "f.yaml: not YAML"),
        ("a: likes b", "f.yaml: a: unknown relation 'likes'; there are prerequisite_of, is_a"),
        ("a: uses", "f.yaml: a: 'uses' names no concept"),
        ("a: uses b,", "f.yaml: a: 'uses b,' names no concept"),
    ],
)
def test_a_wrong_file_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_facts(text, "f.yaml")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
