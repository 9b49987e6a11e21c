"""axe-core finds nothing on any view, light and dark, wide and narrow; nor do the console and the policy complain."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.api_service import Service
from tests.axe import violations
from tests.browser import NewPage, Watch, watch
from tests.map_samples import topics_graph
from tests.map_service import served
from tests.samples import attention_graph
from tests.test_map_page import search

pytestmark = pytest.mark.browser

MHA, GQA = "multi-head-attention", "grouped-query-attention"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over two sample graphs."""
    graphs = {"attention.md": attention_graph(), "topics.md": topics_graph()}
    with served(tmp_path_factory.mktemp("axe"), graphs) as running:
        yield running


STATES = {
    "overview": "/",
    "concept": "/#concept=batch-norm",
    "topic": "/?topic=norms",
    "neighbourhood": f"/?focus={GQA}&radius=2",
    "path": f"/?path={GQA}",
    "compare": f"/?compare={MHA}&compare={GQA}",
    "order": "/?types=PREREQUISITE_OF",
    "unknown": "/?focus=no-such-thing",
    "relation": "/#relation=" + "%5B%22batch-norm%22%2C%22CONTRASTS_WITH%22%2C%22layer-norm%22%5D",
}


@pytest.mark.parametrize("look", ["light", "dark", "phone", "phone-dark"])
async def test_axe_finds_nothing(new_page: NewPage, service: Service, look: str) -> None:
    """Every view, light and dark, wide and narrow; no error on the console, no violation, no request elsewhere."""
    scheme = "dark" if "dark" in look else "light"
    page = await new_page(color_scheme=scheme, reduced_motion="reduce", **(PHONE if "phone" in look else {}))
    seen: Watch = await watch(page)
    found: dict[str, list[str]] = {}
    for name, path in STATES.items():
        await page.goto("about:blank")
        await page.goto(f"{service.url}{path}")
        await page.wait_for_function("() => performance.getEntriesByName('map-drawn').length > 0")
        await expect(page.locator("#tree [role=treeitem]").first).to_be_attached()
        if name == "concept":
            await expect(page.locator("#panel .kind")).to_be_visible()
            await page.keyboard.press("w")
        if "phone" in look and name in ("overview", "path"):
            await page.locator("#tabs").get_by_role("button", name="Map").click()
        if "phone" in look and name == "topic":
            await page.locator("#tabs").get_by_role("button", name="Topics").click()
        if name == "overview":
            await page.locator("#legend summary").click()
        if problems := await violations(page):
            found[name] = problems
    await search(page, "normalization")
    if problems := await violations(page):
        found["search"] = problems
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    if problems := await violations(page):
        found["keys"] = problems
    assert found == {}
    assert seen.violations == []
    assert [e for e in seen.errors if "404" not in e] == []  # a page that answers 404 is named on the console
    assert [r for r in seen.outside(service.url) if r != "about:blank"] == []


async def test_axe_finds_nothing_on_an_empty_store(new_page: NewPage, tmp_path: Path) -> None:
    with served(tmp_path, {}) as running:
        for scheme in ("light", "dark"):
            page = await new_page(color_scheme=scheme)
            seen = await watch(page)
            await page.goto(f"{running.url}/")
            assert await violations(page) == []
            box = await page.locator("main").bounding_box()
            assert box is not None
            assert box["x"] > 100  # a column in the middle
            assert seen.troubles() == []
