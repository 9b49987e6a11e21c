"""Reading with a language model: against a server of our own that tells the truth, lies, stalls and breaks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.errors import InputError
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType
from loaders.language_model import LanguageModel, Usage, connect, read_with
from tests.llm_stub import Answer, Stub, completion, drips, floods, hangs_up, raw, says, serving, stalls

T = RelationType
TEXT = "First line.\nAlpha was built from Beta.\nGamma helps neither."
GRAPH = KnowledgeGraph.of(
    [Concept("alpha", "Alpha", ("阿尔法",)), Concept("beta", "Beta"), Concept("gamma", "Gamma")],
    passages=[
        Passage("n.md", 10, TEXT, (), ("alpha", "beta", "gamma")),
        Passage("n.md", 20, "Only Alpha.", (), ("alpha",)),
    ],
)
TRUE = {"source": "Alpha", "type": "EXTENDS", "target": "Beta", "quote": "Alpha was  built from Beta."}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as made:
        made.answer = says(TRUE)
        yield made


def read(model: LanguageModel, graph: KnowledgeGraph = GRAPH) -> tuple[tuple[Relation, ...], Usage]:
    graphs, usage = read_with(model, {"n.md": graph})
    return graphs["n.md"].relations, usage


def test_a_relation_is_kept_with_the_words_and_the_line_of_the_notes(stub: Stub) -> None:
    relations, usage = read(stub.model())
    evidence = Evidence("n.md", 11, "Alpha was built from Beta.", "llm.small")
    assert relations == (Relation("alpha", T.EXTENDS, "beta", Origin.STATED, 0.7, (evidence,)),)
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens, usage.kept) == (1, 7, 3, 1)
    assert usage.text() == "1 passages asked, 0 from the cache; 7 tokens in, 3 out; 1 relations kept"


def test_a_passage_with_one_concept_is_not_asked_about_and_the_question_holds_the_notes_as_data(stub: Stub) -> None:
    read(stub.model(key="secret"))
    (asked,) = stub.asked
    assert asked["path"] == "/v1/chat/completions"
    assert json.loads(asked["messages"][1]["content"]) == {"concepts": ["Alpha", "Beta", "Gamma"], "passage": TEXT}
    assert stub.headers == ["Bearer secret"]


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"quote": "Alpha is the best of Beta."}, "its quote is not in the notes"),
        ({"quote": "A"}, "its quote is not in the notes"),
        ({"quote": "Gamma helps neither."}, "its quote does not name both ends"),
        ({"type": "LOVES"}, "no such type"),
        ({"type": "IN_TOPIC"}, "no such type"),
        ({"target": "Delta"}, "an end is no concept of the passage"),
        ({"target": "alpha"}, "an end is no concept of the passage"),
    ],
)
def test_a_lie_is_dropped_and_counted(stub: Stub, lie: dict[str, str], why: str) -> None:
    stub.answer = says({**TRUE, **lie}, TRUE)
    relations, usage = read(stub.model())
    assert [r.key for r in relations] == [("alpha", T.EXTENDS, "beta")]
    assert usage.dropped == {why: 1}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (raw(b"no", 500), "the server answered 500"),
        (raw(b"", 302), "the server answered 302"),
        (raw(b"{"), "the answer was no chat completion"),
        (raw(b'{"choices": []}'), "the answer was no chat completion"),
        (raw(completion("I think that Alpha ...")), "the model's text was not the JSON asked for"),
        (raw(completion('{"relations": [{"source": 1}]}')), "the model's text was not the JSON asked for"),
        (says(*[TRUE] * 41), "the model's text was not the JSON asked for"),
        (stalls, "no answer in time"),
        (drips, "no answer in time"),
        (floods, "the answer was too long"),
        (hangs_up, "the connection broke"),
    ],
)
def test_a_broken_answer_leaves_the_passage_out_and_says_why(stub: Stub, answer: Answer, why: str) -> None:
    stub.answer = answer
    relations, usage = read(stub.model())
    assert relations == ()
    assert usage.failures == {why: 1}
    assert f"1 passages left out: {why}" in usage.text()


def test_a_server_that_only_fails_is_not_asked_for_ever(stub: Stub) -> None:
    stub.answer = raw(b"no", 503)
    passages = [Passage("n.md", n, f"Alpha {n} met Beta.", (), ("alpha", "beta")) for n in range(1, 101)]
    _, usage = read(stub.model(), KnowledgeGraph.of(GRAPH.concepts, passages=passages))
    assert len(stub.asked) == 8
    assert usage.failures == {"the server answered 503": 8, "not asked, the server only failed": 92}


def test_an_answer_is_paid_for_once_and_a_failure_is_not_kept(stub: Stub, tmp_path: Path) -> None:
    stub.answer = raw(b"no", 500)
    read(stub.model(tmp_path / "cache"))
    stub.answer = says(TRUE)
    first, _ = read(stub.model(tmp_path / "cache"))
    again, usage = read(stub.model(tmp_path / "cache"))
    assert first == again
    assert (usage.requests, usage.cached, len(stub.asked)) == (0, 1, 2)
    for kept in (tmp_path / "cache").iterdir():
        kept.write_text("{", encoding="utf-8")
    _, usage = read(stub.model(tmp_path / "cache"))
    assert usage.requests == 1  # a damaged answer is asked for again


def test_what_the_notes_are_known_to_state_is_not_added_again(stub: Stub) -> None:
    held = Relation("alpha", T.EXTENDS, "beta", Origin.STATED, 0.9, (Evidence("n.md", 11, "...", "en.extends"),))
    graph = KnowledgeGraph.of(GRAPH.concepts, [held], GRAPH.passages)
    relations, usage = read(stub.model(), graph)
    assert (relations, usage.kept) == ((held,), 0)


@pytest.mark.parametrize("url", ["", "ftp://host/v1", "model", "http://"])
def test_an_address_that_is_none_is_said_in_one_line(url: str) -> None:
    with pytest.raises(InputError, match="is no address of a language model"):
        connect(url, "small")


def test_a_cache_that_cannot_be_written_is_said(stub: Stub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="name another folder"):
        read(stub.model(tmp_path / "file"))
