"""`--llm` on the command line: asked only when told to, its cost said, its failures no failure of the load."""

from pathlib import Path

import orjson
import pytest

from tests.command_line import environment, noteatlas
from tests.llm_stub import raw, says, serving

NOTES = "# Adam\n\nAdam has little to do with t-SNE, people say.\n\n# t-SNE\n\nIt draws.\n"
READ = {
    "source": "Adam",
    "type": "CONTRASTS_WITH",
    "target": "t-SNE",
    "quote": "Adam has little to do with t-SNE, people say.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "adam.md").write_text(NOTES, encoding="utf-8")
    return tmp_path


def rules(document: bytes) -> set[str]:
    return {e["rule"] for edge in orjson.loads(document)["edges"] for e in edge["evidence"]}


def test_a_model_is_asked_only_when_told_to_and_what_it_cost_is_said(folder: Path) -> None:
    with serving() as stub:
        stub.answer = says(READ)
        settings = environment(NOTEATLAS_LLM_MODEL="small", NOTEATLAS_LLM_KEY="very-secret")
        assert "llm.small" not in rules(noteatlas("extract", "adam.md", cwd=folder, env=settings).stdout)
        assert stub.asked == []
        run = noteatlas("extract", "adam.md", "--llm", stub.url, cwd=folder, env=settings)
        assert (run.status, "llm.small" in rules(run.stdout)) == (0, True)
        assert "1 passages asked, 0 from the cache; 7 tokens in, 3 out; 1 relations kept" in run.stderr
        assert "very-secret" not in run.stderr
        assert stub.headers == ["Bearer very-secret"]
        again = noteatlas("extract", "adam.md", "--llm", stub.url, "--llm-model", "small", cwd=folder)
        assert "0 passages asked, 1 from the cache" in again.stderr
        assert again.stdout == run.stdout


def test_a_model_that_fails_costs_the_load_nothing(folder: Path) -> None:
    with serving() as stub:
        stub.answer = raw(b"no", 500)
        run = noteatlas("load", "adam.md", "--llm", stub.url, "--llm-model", "small", "--json", cwd=folder)
    assert run.status == 0
    assert orjson.loads(run.stdout)["total"]["concepts_added"] >= 2
    assert "1 passages left out: the server answered 500" in run.stderr


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--llm", "http://127.0.0.1:9/v1"), 2, "name the model: --llm-model NAME, or NOTEATLAS_LLM_MODEL"),
        (("--llm", "nowhere", "--llm-model", "small"), 1, "'nowhere' is no address of a language model"),
    ],
)
def test_wrong_options_are_said_in_one_line_and_nothing_is_stored(
    folder: Path, options: tuple[str, ...], status: int, said: str
) -> None:
    run = noteatlas("load", "adam.md", *options, cwd=folder)
    assert run.status == status
    assert said in run.complaint
    assert not (folder / ".noteatlas").exists()
