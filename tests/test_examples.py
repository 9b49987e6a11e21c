"""The example clients against the real service: what they print, in Python and in Node, and what they raise."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from api.access import digest_of
from api.app import create_app
from api.settings import Settings
from tests.api_service import Service, fill, serving

EXAMPLES = Path(__file__).parents[1] / "examples"
PYTHON = EXAMPLES / "python" / "noteatlas_client.py"
NODE = EXAMPLES / "javascript" / "noteatlas-client.mjs"

ANSWER = """\
Grouped-Query Attention (GQA, 分组查询注意力)
  Grouped-Query Attention generalizes Multi-Head Attention
    attention.md:20: GQA 的组数等于头数时就是 MHA。
  Grouped-Query Attention generalizes Multi-Query Attention
    attention.md:19: GQA with one group is exactly MQA.
  Grouped-Query Attention belongs to the topic Transformers & <friends>
    attention.md:19: Grouped-Query Attention
55 concepts
Study path:
  1. Attention (before Self-Attention)
  2. Self-Attention (before Multi-Head Attention)
  3. Multi-Head Attention (before Multi-Query Attention, Grouped-Query Attention)
  4. Multi-Query Attention (before Grouped-Query Attention)
  5. Grouped-Query Attention
UNKNOWN_CONCEPT: near are Grouped-Query Attention
"""


def command(language: str) -> list[str]:
    """How a client is run as a program; skips where there is no Node."""
    if language == "python":
        return [sys.executable, str(PYTHON)]
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node 20: install it to test the JavaScript example")
    return [node, str(NODE)]


def run(language: str, url: str, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
    return subprocess.run(
        [*command(language), url, name], capture_output=True, text=True, encoding="utf-8", env=environment, timeout=60
    )


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_client_prints_a_concept_pages_a_path_and_an_error(service: Service, language: str) -> None:
    done = run(language, service.url, "GQA")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ANSWER


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_client_that_finds_nothing_says_so(service: Service, language: str) -> None:
    assert run(language, service.url, "Nothing at all").stdout == "no concept is called Nothing at all\n"


@pytest.mark.parametrize("language", ["python", "javascript"])
async def test_a_client_sends_its_token(tmp_path: Path, language: str) -> None:
    token = "t" * 30
    (tmp_path / "tokens").write_text(f"ann:read:{digest_of(token)}\n")
    app = create_app(Settings(store=str(tmp_path / "store"), tokens_file=tmp_path / "tokens"))
    with serving(app) as service:
        await fill(app.state.store)
        assert run(language, service.url, "GQA", NOTEATLAS_TOKEN=token).stdout == ANSWER
        refused = run(language, service.url, "GQA")
    assert refused.returncode != 0
    assert "AtlasError: UNAUTHENTICATED: a token is needed" in refused.stderr


@pytest.fixture(scope="module")
def client() -> ModuleType:
    """The Python example as a module."""
    spec = importlib.util.spec_from_file_location("noteatlas_client", PYTHON)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["noteatlas_client"] = module
    spec.loader.exec_module(module)
    return module


def test_errors_have_codes_and_what_goes_with_them(service: Service, client: ModuleType) -> None:
    with client.Atlas(service.url) as atlas:
        for ask, code, key in (
            (lambda: atlas.concept("kernel"), "AMBIGUOUS_NAME", "ids"),
            (lambda: atlas.study_path(["Atention"]), "UNKNOWN_CONCEPT", "near"),
            (lambda: list(atlas.concepts(page=101)), "INVALID_QUERY", None),
            (lambda: atlas.ask("{ nothing }"), "GRAPHQL_INVALID", None),
        ):
            with pytest.raises(client.AtlasError) as raised:
                ask()
            assert raised.value.code == code
            assert key is None or raised.value.details[key]
    with (
        client.Atlas(f"{service.url}/nowhere") as atlas,
        pytest.raises(client.AtlasError, match=r"^NO_ANSWER: status 404"),
    ):
        atlas.ask("{ stats { concepts } }")


def test_values_are_typed(service: Service, client: ModuleType) -> None:
    with client.Atlas(service.url) as atlas:
        found = atlas.concept("gqa", relations=1)
        assert found.concept.aliases == ("GQA", "分组查询注意力")
        (relation,) = found.relations
        assert relation.evidence[0] == client.Evidence("attention.md", 20, "GQA 的组数等于头数时就是 MHA。")
        assert [step.concept.id for step in atlas.study_path(["MHA"], known=["attention"])] == [
            "self-attention",
            "multi-head-attention",
        ]
