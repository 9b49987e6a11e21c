"""Cards: which sentences are good enough, the deck as Anki reads it, and what the route takes and refuses."""

import io
import itertools
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.anki import anki_deck
from api.cards import Card, Saying, card_of
from api.limits import MAX_KNOWN
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, Source
from tests.api_service import Service
from tests.map_samples import HOSTILE_NAMES
from tests.map_service import served
from tests.samples import attention_graph

T = RelationType
LAYER_NORM = Concept("layer-norm", "Layer Normalization", ("LN", "层归一化", "层归一化技术"))


def stated(text: str, *, source: str = "layer-norm", kind: RelationType = T.USES, sure: float = 0.9) -> Relation:
    return Relation(source, kind, "other", Origin.STATED, sure, (Evidence("n.md", 4, text, "en.uses"),)).canonical()


def sayings(*rows: Relation, concept: Concept = LAYER_NORM) -> list[str]:
    card = card_of(concept, rows, [])
    return [saying.text for saying in card.sayings] if card else []


def notes_of(deck: bytes) -> list[dict[str, str]]:
    """Return the notes of an .apkg file by the names of their fields, in the order in which they are learnt."""
    with zipfile.ZipFile(io.BytesIO(deck)) as archive:
        assert json.loads(archive.read("media")) == {}
        collection = archive.read("collection.anki2")
    connection = sqlite3.connect(":memory:")
    connection.deserialize(collection)
    (models,) = connection.execute("SELECT models FROM col").fetchone()
    fields = {int(key): [f["name"] for f in model["flds"]] for key, model in json.loads(models).items()}
    rows = connection.execute(
        "SELECT n.guid, n.mid, n.flds, c.did FROM notes n JOIN cards c ON c.nid = n.id ORDER BY c.due"
    ).fetchall()
    connection.close()
    return [
        {"guid": guid, "model": str(mid), "deck": str(did), **dict(zip(fields[mid], text.split("\x1f"), strict=True))}
        for guid, mid, text, did in rows
    ]


# -- which sentences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Layer normalization rescales the features of each token.",
        "LN 对每个样本的所有特征做归一化。",
        "In a Transformer, layer normalization follows each sublayer.",
        "在 Transformer 中，层归一化放在每个子层之后。",
        "但层归一化不依赖批大小。",
    ],
)
def test_a_sentence_that_begins_with_the_concept_is_about_it(text: str) -> None:
    assert sayings(stated(text)) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "层归一化与批归一化的区别",
        "LN vs BN",
        "# Layer Normalization for sequences",
        "Layer normalization differs as follows:",
        "为什么层归一化不依赖批大小",
        "What is layer normalization good for?",
        "Layer Normalization (LN)",
        "Most large models of today were trained with layer normalization.",
        "条件层归一化再加上一个条件向量。",
        "The PLN-based encoder needs no warm-up of its own.",
        "层归一化" + "很长" * 200,
    ],
)
def test_headings_labels_questions_and_sentences_about_others_make_no_card(text: str) -> None:
    assert card_of(LAYER_NORM, [stated(text)], []) is None


def test_only_what_is_stated_of_the_concept_counts_the_surest_first_and_nothing_twice() -> None:
    said = [stated(f"LN is used in model number {n} of many.", sure=n / 10) for n in (3, 9, 5, 7)]
    rows = [Relation(r.source, r.type, f"other-{i}", r.origin, r.confidence, r.evidence) for i, r in enumerate(said)]
    assert sayings(*rows) == [f"LN is used in model number {n} of many." for n in (9, 7, 5)]
    twice = "LN is used in all models of this kind."
    assert sayings(stated(twice), stated(twice, kind=T.SOLVES), stated(f"{twice[:-1]}, as is dropout.")) == [twice]
    of_another = Relation("other", T.USES, "layer-norm", Origin.STATED, 0.9, stated(twice).evidence)
    order = stated(twice, kind=T.PREREQUISITE_OF)
    field = Relation("layer-norm", T.IS_A, "x", Origin.INFERRED, 0.9, (Evidence("n.md", 1, twice, "lexicon.is-a"),))
    assert sayings(of_another, order, field) == []
    assert sayings(stated(twice, source="a-first", kind=T.CONTRASTS_WITH)) == [twice]  # which holds both ways


def test_a_definition_has_the_line_at_which_it_stands_and_few_names_are_asked_for() -> None:
    concept = Concept("ln", "Layer Normalization", LAYER_NORM.aliases, definition="rescales each token", line=1)
    passage = Passage("n.md", 7, "First line.\nLN **rescales each token**.", (), ("ln",))
    card = card_of(concept, [], [passage])
    assert card == Card("ln", "Layer Normalization", ("LN", "层归一化"), Saying("rescales each token", "n.md", 8), ())
    assert card_of(Concept("ln", "LN", (), definition="LN"), [], []) is None


# -- the deck ----------------------------------------------------------------------------------------------------------


def test_a_deck_keeps_its_ids_so_that_a_newer_one_updates_it() -> None:
    card = Card("ln", "LN", ("层归一化",), Saying("It rescales.", "n.md", 3), (Saying("LN helps.", "m.md", None),))
    other = Card("bn", "BN", (), None, (Saying("BN helps.", "m.md", 1),))
    (first,) = notes_of(anki_deck([card], timestamp=1.0))
    changed = Card("ln", "Layer Norm", (), Saying("Said otherwise.", "n.md", 9), ())
    bn, later = notes_of(anki_deck([other, changed], timestamp=2.0))
    assert [first[key] == later[key] for key in ("guid", "model", "deck")] == [True] * 3
    assert bn["guid"] != later["guid"]
    assert "It rescales." in first["Definition"]
    assert "n.md:3" in first["Definition"]
    assert first["Others"] == "层归一化"
    assert "m.md</span>" in first["Sayings"]
    assert anki_deck([card], timestamp=1.0) != b""


@pytest.mark.parametrize(
    "name",
    [
        *HOSTILE_NAMES,
        "[sound:x.mp3]",
        "[latex]\\input{/etc/passwd}[/latex]",
        "{{cloze}}",
        "\\(\\href{javascript:1}x\\)",
    ],
)
def test_what_notes_hold_is_only_text(name: str) -> None:
    (note,) = notes_of(anki_deck([Card(name, name, (name,), Saying(name, name, 1), (Saying(name, name, 2),))]))
    for field in ("Id", "Name", "Others", "Definition", "Sayings"):
        text = note[field]
        for tag in ("<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>", '<span class="place">', "</span>"):
            text = text.replace(tag, "")
        assert not any(sign in text for sign in ("<", ">", '"', "[", "{{", "\\(", "\x1f"))


# -- the route ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    chain = [f"c{i}" for i in range(1101)]
    long = KnowledgeGraph.of(
        [], [Relation(a, T.PREREQUISITE_OF, b, Origin.CURATED) for a, b in itertools.pairwise(chain)]
    )
    graphs = {
        "attention.md": attention_graph(),
        "long": long,
        "n.md": KnowledgeGraph.of([], [], [], [Source("n.md", "markdown", "N", "a" * 64)]),
    }
    with served(tmp_path_factory.mktemp("decks"), graphs) as found:
        yield found


def test_the_steps_that_are_left_become_cards(service: Service) -> None:
    answer = service.client.post("/cards.apkg", json={"targets": ["GQA"], "known": ["attention", "from-other-notes"]})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="note-atlas.apkg"'
    assert (answer.headers["x-steps"], answer.headers["x-cards"]) == ("4", "4")
    notes = {note["Name"]: note for note in notes_of(answer.content)}
    assert "GQA with one group is exactly MQA. " in notes["Grouped-Query Attention"]["Sayings"]
    assert "attention.md:19" in notes["Grouped-Query Attention"]["Sayings"]
    assert next(iter(notes)) == "Self-Attention"
    whole = service.client.post("/cards.apkg", json={"targets": ["GQA"], "sure": 0})
    assert whole.headers["x-steps"] == "5"


def test_a_path_of_which_the_notes_say_nothing_gives_no_file(service: Service) -> None:
    answer = service.client.post("/cards.apkg", json={"targets": ["c3"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (answer.headers["x-steps"], answer.headers["x-cards"]) == ("4", "0")


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        ({"targets": ["nix"]}, 404, "no concept is called 'nix'"),
        ({"targets": []}, 400, "targets has 0 entries"),
        ({"targets": "GQA"}, 400, "targets is not a list of strings"),
        ({"targets": ["GQA"], "known": [1]}, 400, "known is not a list of strings"),
        ({"targets": ["GQA"], "known": [f"k{i}" for i in range(MAX_KNOWN + 1)]}, 400, "known has 2001 entries"),
        ({"targets": ["GQA"], "sure": 2}, 400, "sure is not a number from 0 to 1"),
        ({"targets": ["GQA"], "sure": True}, 400, "sure is not a number from 0 to 1"),
        (["GQA"], 400, "the body is not a JSON object"),
        ({"targets": ["c1100"]}, 400, "the path has 1,101 steps: cards are made for at most 1,000"),
    ],
)
def test_what_no_deck_can_be_made_of_is_refused_in_one_line(
    service: Service, body: object, status: int, line: str
) -> None:
    answer = service.client.post("/cards.apkg", json=body)
    assert answer.status_code == status
    assert line in answer.text
    assert "\n" not in answer.text


def test_forms_of_other_sites_and_other_methods_are_refused(service: Service) -> None:
    body = {"targets": ["GQA"]}
    assert service.client.post("/cards.apkg", json=body, headers={"origin": "https://evil.example"}).status_code == 403
    assert service.client.post("/cards.apkg", content="{}", headers={"content-type": "text/plain"}).status_code == 415
    assert (
        service.client.post("/cards.apkg", content=b"\xff", headers={"content-type": "application/json"}).status_code
        == 400
    )
    assert service.client.get("/cards.apkg").status_code == 405


def test_no_file_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    anki_deck([Card("ln", "LN", (), Saying("It rescales.", "n.md", 3), ())])
    assert list(tmp_path.iterdir()) == []
