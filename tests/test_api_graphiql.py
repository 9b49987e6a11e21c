"""GraphiQL: our own files, pinned; nothing from elsewhere; and examples that work."""

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.http import GRAPHIQL_FOLDER
from api.loading import read_notes, sample_notes, store_all
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, answer
from tests.browser import watch

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EXAMPLES = re.findall(r"query: `(.*?)`", (GRAPHIQL_FOLDER / "page.js").read_text(encoding="utf-8"), re.DOTALL)
VENDORED = re.findall(
    r"^\| (\S+) \| \S+ \d+\.\d+\.\d+ \| .* \| ([0-9a-f]{64}) \|$",
    (GRAPHIQL_FOLDER / "VENDORED.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_a_browser_without_a_query_gets_the_editor_and_one_with_a_query_its_answer(service: Service) -> None:
    page = service.client.get("/graphql", headers={"accept": HTML})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<main id="graphiql"' in page.text
    answer = service.client.get("/graphql?query={__typename}", headers={"accept": HTML})
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_link_on_another_site_may_open_the_editor(service: Service) -> None:
    headers = {"accept": HTML, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert service.client.get("/graphql", headers=headers).status_code == 200


def test_the_editors_policy_allows_no_inline_script_and_no_other_host(service: Service) -> None:
    policy = service.client.get("/graphql", headers={"accept": HTML}).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert "http" not in policy
    assert "*" not in policy


def test_everything_that_the_page_loads_is_ours_and_is_served(service: Service) -> None:
    page = service.client.get("/graphql", headers={"accept": HTML}).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) == 7
    assert "<script>" not in page
    for address in loaded:
        if address != "data:,":
            assert re.fullmatch(r"/graphiql/[a-z.-]+", address)
            assert service.client.get(address).status_code == 200
    styles = "".join(file.read_text(encoding="utf-8") for file in GRAPHIQL_FOLDER.glob("*.css"))
    assert set(re.findall(r"url\(\s*[\"']?([^\"',;/]*)", styles)) == {"data:image"}
    assert "@import" not in styles


def test_vendored_files_are_the_ones_that_are_listed() -> None:
    assert len(VENDORED) == 4
    for name, digest in VENDORED:
        assert hashlib.sha256((GRAPHIQL_FOLDER / name).read_bytes()).hexdigest() == digest, name
    ours = {"index.html", "page.css", "page.js", "VENDORED.md", "LICENSES.txt"}
    assert {file.name for file in GRAPHIQL_FOLDER.iterdir()} == ours | {name for name, _ in VENDORED}


def test_there_are_a_dozen_examples_each_with_a_name_and_a_question() -> None:
    assert len(EXAMPLES) == 12
    names = [re.search(r"^query (\w+)", example, re.MULTILINE)[1] for example in EXAMPLES]  # type: ignore[index]
    assert len(set(names)) == 12
    assert all(example.startswith("# ") for example in EXAMPLES)


def leaves(value: Any) -> int:
    """How many values there are in an answer that are neither null nor a list nor an object."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else int(value is not None)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_answers_with_something(service: Service, number: int) -> None:
    data = service.data(EXAMPLES[number])
    assert all(data.values())
    assert leaves(data) >= 6


@pytest.fixture(scope="module")
async def sample_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    """A store of the sample notes that the examples are about."""
    folder = sample_notes()
    notes = [folder / name for name in ("en/attention.md", "en/inference-and-serving.md", "zh/optimizers.md")]
    async with SqliteStore(str(tmp_path_factory.mktemp("samples"))) as store:
        await store_all(store, read_notes(notes))
        yield store


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_an_example_answers_with_something_on_the_sample_notes(sample_store: SqliteStore, number: int) -> None:
    data = await answer(sample_store, EXAMPLES[number])
    assert all(data.values())
    assert leaves(data) >= 6


@pytest.mark.browser
async def test_a_browser_runs_an_example_and_shows_the_documentation_without_leaving_us(
    service: Service, page: Page
) -> None:
    seen = await watch(page)
    await page.goto(f"{service.url}/graphql")
    await page.locator(".graphiql-execute-button").click()
    await expect(page.locator(".result-window")).to_contain_text("注意力机制")
    await expect(page.locator(".graphiql-tab")).to_have_count(len(EXAMPLES))
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await page.get_by_role("link", name="Query", exact=True).click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("A page of concepts, ordered by name")
    assert seen.outside(service.url) == []
    assert seen.troubles() == []


# -- documentation ------------------------------------------------------------------------------------------------

DOCS = Path(__file__).parents[1] / "docs"
DOCUMENTED = re.findall(r"```graphql\n(.*?)```", (DOCS / "graphql.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(DOCUMENTED)))
def test_a_query_in_the_documentation_answers_with_something(disposable: Service, number: int) -> None:
    assert all(disposable.data(DOCUMENTED[number]).values())
