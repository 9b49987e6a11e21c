"""Which mentioned concepts are kept: what notes are about, and not the words they say in passing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import ConceptKind, Source
from loaders.extract import extract_texts
from loaders.keeping import Signs, _holds, _outermost, keeps
from loaders.lexicon import Lexicon, Term

LEXICON = Lexicon(
    [
        Term("mass", ("Mass", "质量"), ConceptKind.OTHER),
        Term("quokka-net", ("Quokka Net", "袋鼠网络"), ConceptKind.MODEL),
        Term("wombat-net", ("Wombat Net",), ConceptKind.MODEL),
    ]
)


def _ids(text: str) -> set[str]:
    [graph] = extract_texts([(Source("0.md", "markdown", "0", "0" * 64), text)], lexicon=LEXICON).values()
    return {c.id for c in graph.concepts}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Here the mass of things matters little.\n", set()),
        ("Here the mass of things and the mass of others matter.\n", set()),
        ("- Mass\n- Quokka Net\n", {"mass", "quokka-net"}),
        ("# Mass\n\nText.\n", {"mass"}),
        ("Read of a **mass**.\n\nMass is much.\n", {"mass"}),
        ("Some say the Quokka Net is slow, and the quokka net it is.\n", {"quokka-net"}),
    ],
)
def test_an_everyday_word_counts_where_it_stands_out_and_a_model_where_it_recurs(text: str, kept: set[str]) -> None:
    assert _ids(text) == kept


def test_a_title_of_a_work_does_not_speak_of_what_it_names() -> None:
    assert _ids("He wrote 《Quokka Net Considered》 and 《More of the Quokka Net》 of late.\n") == set()
    assert _ids("He wrote of the Quokka Net and more of the Quokka Net of late.\n") == {"quokka-net"}


def test_what_a_relation_speaks_of_is_kept() -> None:
    assert _ids("Quokka Net is a variant of Wombat Net.\n") == {"quokka-net", "wombat-net"}


def test_each_sign_speaks_for_a_concept_and_titles_against_it() -> None:
    term = LEXICON.terms["mass"]

    def kept(signs: Signs, **others: bool) -> bool:
        related = frozenset({"mass"} if others.get("related") else ())
        placed = frozenset({"mass"} if others.get("placed") else ())
        near = frozenset({"mass"} if others.get("near") else ())
        introduced = others.get("introduced", False)
        return keeps(term, signs, introduced=introduced, related=related, placed=placed, near=near)

    assert not kept(Signs(times=1))
    assert kept(Signs(times=1), related=True)
    assert not kept(Signs(times=1, strong=1))
    assert kept(Signs(times=1, strong=1), near=True)
    assert not kept(Signs(times=0), related=True)
    assert kept(Signs(times=1, alone=1), introduced=True)
    assert kept(Signs(times=3, alone=1, leads=1))
    assert keeps(
        Term("new", ("New",), known=False), Signs(times=1), introduced=False, related=frozenset(), placed=frozenset()
    )


spans = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1])), max_size=6)


@given(spans, st.integers(0, 16), st.integers(1, 4))
def test_a_span_is_found_in_whichever_holds_it(found: list[tuple[int, int]], start: int, length: int) -> None:
    end = start + length
    assert _holds(_outermost(found), start, end) is any(a <= start and end <= b for a, b in found)
