"""Names that are nearly what was typed: what the index is asked for finds what comparing all would find."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import searching
from graph.model import Concept, KnowledgeGraph
from graph.near_names import Ways, gram_tokens, pieces_of, rank_near, tiers_of
from graph.question import Query, parse_query
from graph.store import SearchHit, open_store

LATIN = [
    "gradient",
    "grade",
    "radiant",
    "kernel",
    "normal",
    "attention",
    "boosting",
    "layer",
    "ingredients",
    "at",
    "k2",
]
HAN = "注意力梯度下降损失"


def made_name(choose: random.Random) -> str:
    words = choose.choices(LATIN, k=choose.randrange(1, 5))
    if choose.random() < 0.3:
        words.append("".join(choose.choices(HAN, k=choose.randrange(1, 7))))
    return choose.choice([" ", "-", ""]).join(words) + choose.choice(["", "s", f" {choose.randrange(99)}"])


def mistyped(choose: random.Random, text: str) -> str:
    """One letter wrong, missing or too many, or two that changed places."""
    at = choose.randrange(len(text) - 1)
    letter = choose.choice(HAN if text[at] in HAN else "aegnrtz")
    return choose.choice(
        [
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ]
    )


def typed(choose: random.Random) -> str:
    text = choose.choice([*LATIN[:9], "gradientkernel", "注意力梯度", "下降损失注意力"])
    for _ in range(choose.randrange(1, 4)):
        text = mistyped(choose, text)
    return text


def of_all_names(concepts: list[tuple[Concept, set[str]]], query: Query) -> list[SearchHit]:
    """Compare every concept that an index may propose; each comes with its grams."""
    pieces = [set(piece) for tier in tiers_of(query.terms[0]) for piece in tier.pieces]
    return rank_near(query, [concept for concept, grams in concepts if any(piece <= grams for piece in pieces)])


@pytest.mark.parametrize("most", [(2, 5, None), (200, 2000, None)])
async def test_the_shortest_first_are_as_good_as_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: tuple[int | None, ...]
) -> None:
    """Names of words and Chinese, with aliases, written together and longer than the index tells apart; 200 queries."""
    monkeypatch.setattr(searching, "_MOST_SHORT", most)
    choose = random.Random(6)
    concepts = [
        Concept(f"c{n}", made_name(choose), tuple(made_name(choose) for _ in range(choose.randrange(3))))
        for n in range(300)
    ]
    indexed = [(concept, set(gram_tokens(concept).split())) for concept in concepts]
    near = 0
    async with open_store(str(tmp_path)) as store:
        await store.upsert("a.md", KnowledgeGraph.of(concepts))
        for text in (typed(choose) for _ in range(200)):
            query = parse_query(text)
            found = await store.search(text, first=99)
            if query and len(query.terms) == 1 and all(hit.score < 0.2 for hit in found):
                near += bool(found)
                assert found == of_all_names(indexed, query), text
    assert near > 60


async def test_several_words_find_what_any_piece_of_a_mistyped_one_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Side by side, written together, with a number, in both languages: what is asked of the index loses nothing."""
    choose = random.Random(7)
    concepts = [
        Concept(f"c{n}", made_name(choose), tuple(made_name(choose) for _ in range(choose.randrange(3))))
        for n in range(300)
    ]
    asked = []
    for _ in range(300):
        words = choose.sample(LATIN, choose.randrange(2, 4)) + choose.choice([[], [], ["注意力"], ["42"]])
        at = choose.randrange(len(words))
        words[at] = mistyped(choose, words[at])
        asked.append(choose.choice([" ", " ", "-"]).join(words))

    def any_piece(_: Query, wrong: list[str]) -> Ways:
        return ((tuple(piece for term in wrong for piece in pieces_of(term)),),)

    near = 0
    async with open_store(str(tmp_path)) as store:
        await store.upsert("a.md", KnowledgeGraph.of(concepts))
        found = [await store.search(text, first=20) for text in asked]
        monkeypatch.setattr(searching, "ways_of", any_piece)
        for text, hits in zip(asked, found, strict=True):
            near += any(hit.score < 0.2 for hit in hits)
            assert hits == await store.search(text, first=20), text
    assert near > 100


WAYS: dict[str, Callable[[str, int], str]] = {
    "wrong": lambda term, at: f"{term[:at]}q{term[at + 1 :]}",
    "missing": lambda term, at: f"{term[:at]}q{term[at:]}",
    "too many": lambda term, at: term[:at] + term[at + 1 :],
    "changed places": lambda term, at: term[:at] + term[at + 1 : at + 2] + term[at] + term[at + 2 :],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rest", ["", "xyz"])
def test_one_mistake_is_always_in_the_first_tier(way: str, rest: str) -> None:
    """Wherever it is, in a whole word and in the beginning of one: or what the tier leaves out would be lost."""
    for term in ("abcdefg", "abcdefgh", "gradientdescent"):
        pieces = tiers_of(term)[0].pieces
        for at in range(len(term)):
            grams = set(gram_tokens(Concept("c", WAYS[way](term, at) + rest)).split())
            assert any(grams.issuperset(piece) for piece in pieces), (term, at)
