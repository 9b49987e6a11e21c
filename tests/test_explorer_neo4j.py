"""The page over a real Neo4j server: what is drawn, found, read, walked and added there, once through in a browser."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.async_api import Page, expect

from api.app import create_app
from api.settings import Settings
from graph.store import open_store
from tests.api_service import Service, serving
from tests.map_samples import topics_graph
from tests.neo4j_server import Server
from tests.samples import attention_graph
from tests.test_map_page import open_map, search

pytestmark = [pytest.mark.neo4j, pytest.mark.browser]

GQA = "grouped-query-attention"


@pytest.fixture(scope="module")
def over_neo4j(neo4j_server: Server) -> Iterator[Service]:
    """The service over two sample graphs in a Neo4j server."""
    neo4j_server.wipe()

    async def fill() -> None:
        async with open_store(neo4j_server.url) as store:
            await store.upsert("attention.md", attention_graph())
            await store.upsert("topics.md", topics_graph())

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop may be running in this one
        thread.submit(asyncio.run, fill()).result()
    with serving(create_app(Settings(store=neo4j_server.url))) as service:
        yield service
    neo4j_server.wipe()


async def test_the_page_over_neo4j_is_read_from_end_to_end(page: Page, over_neo4j: Service) -> None:
    """Overview, tree, search by name and by sentence, evidence, a path; nothing is refused and nobody else asked."""
    url = over_neo4j.url
    seen = await open_map(page, f"{url}/")
    assert await page.evaluate("NoteAtlas.canvas.has('multi-head-attention') && NoteAtlas.canvas.visible().length > 0")
    await expect(page.get_by_role("treeitem", name="Learning, 4 concepts")).to_be_visible()

    await search(page, "one example")
    sentence = page.get_by_role("group", name="In the notes").get_by_role("option")
    await expect(sentence).to_contain_text("topics.md:6")
    await search(page, "GQA")
    await page.get_by_role("group", name="Concepts").get_by_role("option", name="Grouped-Query Attention").click()
    await expect(page.locator("#panel h2")).to_have_text("Grouped-Query Attention")
    await page.get_by_role("button", name="Why Multi-Head Attention?").click()
    why = page.locator("#panel [data-type=PREREQUISITE_OF] li", has_text="Multi-Head Attention").first
    await expect(why.locator("blockquote").first).to_contain_text("MHA")
    await expect(why.locator(".place").first).to_have_text(re.compile(r"attention\.md:\d+"))
    await page.locator(".views").get_by_role("link", name="Path").click()
    await page.wait_for_url(f"**/?path={GQA}*")
    # The link keeps the concept selected: its own page stands over the steps until it is let go.
    await page.keyboard.press("Escape")
    steps = page.locator("#study > ol.steps > li")
    await expect(steps).to_have_count(5)
    await expect(steps.last).to_have_attribute("data-step", GQA)
    assert seen.outside(url) == []
    assert seen.troubles() == []


async def test_neighbours_join_a_map_over_neo4j(page: Page, over_neo4j: Service) -> None:
    """`+` asks the server for what the map does not hold, and keeps it in the address."""
    seen = await open_map(page, f"{over_neo4j.url}/?path=momentum#concept=momentum")
    await expect(page.locator("#panel .kind")).to_be_visible()
    assert not await page.evaluate("NoteAtlas.canvas.has('adam')")
    await page.keyboard.press("+")
    await page.wait_for_url("**add=momentum*")
    assert await page.evaluate("NoteAtlas.canvas.has('adam')")
    assert seen.outside(over_neo4j.url) == []
    assert seen.troubles() == []
