"""Back and forward, in a real Chromium: what was opened on the map, what was selected, what was filtered."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.api_service import Service
from tests.browser import NewPage, until
from tests.test_explorer_map import GQA, MHA, MQA, expanded, places
from tests.test_map_page import open_map, point_of, search

pytestmark = pytest.mark.browser

SELF = "self-attention"
VISIBLE = "NoteAtlas.canvas.visible().map((r) => r.key).sort()"


@pytest.fixture
async def page(new_page: NewPage) -> Page:
    """One page on which nothing glides."""
    return await new_page(reduced_motion="reduce")


async def step(page: Page, way: int, count: int) -> dict[str, Any]:
    """Go back (-1) or forward (1) by the browser's own history; return where everything stands once `count` do."""
    await page.evaluate("(way) => history.go(way)", way)
    await until(page, "(n) => NoteAtlas.canvas.concepts.size === n", count)
    return await places(page)


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
async def test_back_takes_an_expansion_off_and_forward_brings_it_back(page: Page, small: Service, by: str) -> None:
    """Twice opened, once closed: every step is one of the history, and what stays does not move."""
    seen = await open_map(page, f"{small.url}/?focus={GQA}&radius=1")
    start = await places(page)
    states = [start]
    urls = []
    for concept in (MHA, "self-attention"):
        await expanded(page, concept, by=by)
        await expect(page.locator("#panel .kind")).to_be_visible()
        states.append(await places(page))
        urls.append(page.url)
    assert urls[1].endswith(f"&add={MHA}&add=self-attention#concept=self-attention")
    await page.keyboard.press("-")
    await until(page, "(n) => NoteAtlas.canvas.concepts.size === n", len(states[1]))
    assert await places(page) == states[1]
    assert page.url.endswith(f"&add={MHA}#concept=self-attention")

    requests = len(seen.requests)
    assert await step(page, -1, len(states[2])) == states[2]
    assert page.url == urls[1]
    await until(page, "NoteAtlas.app.selected === 'self-attention'")
    assert await step(page, -1, len(states[1])) == states[1]
    while "add=" in page.url:  # selecting a concept is a step of its own
        await page.evaluate("history.back()")
        await page.wait_for_timeout(60)
    await until(page, "(n) => NoteAtlas.canvas.concepts.size === n", len(start))
    assert await places(page) == start
    for _ in range(6):
        await page.evaluate("history.forward()")
        await page.wait_for_timeout(60)
    assert await places(page) == states[1]
    asked = [r for r in seen.requests[requests:] if not r.endswith("/graphql")]
    assert asked == []  # nothing was loaded for it
    assert seen.troubles() == []


async def test_one_expansion_is_one_step_back(page: Page, small: Service) -> None:
    """By the panel's button, by `+`, and for a concept that a search brings onto the map with its neighbours."""
    await open_map(page, f"{small.url}/?focus={GQA}&radius=1#concept={GQA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    start = await places(page)
    await search(page, "Adam")
    await page.keyboard.press("Enter")
    await until(page, "NoteAtlas.app.selected === 'adam'")
    await expect(page).to_have_url(f"{small.url}/?focus={GQA}&radius=1&add=adam#concept=adam")
    joined = await places(page)
    assert await step(page, -1, len(start)) == start
    await until(page, "(id) => NoteAtlas.app.selected === id", GQA)
    await expect(page).to_have_url(f"{small.url}/?focus={GQA}&radius=1#concept={GQA}")
    assert await step(page, 1, len(joined)) == joined
    await until(page, "NoteAtlas.app.selected === 'adam'")
    # Closing what came by itself takes it away as well: a link could not show it otherwise.
    await page.keyboard.press("-")
    await until(page, "!NoteAtlas.canvas.has('adam')")
    await expect(page).to_have_url(f"{small.url}/?focus={GQA}&radius=1")
    assert await page.evaluate("NoteAtlas.app.selected") is None
    assert await step(page, -1, len(joined)) == joined


@pytest.mark.parametrize("opened", ["by hand", "by a link"])
async def test_closing_keeps_what_another_open_concept_brings(page: Page, small: Service, opened: str) -> None:
    """The map of a list of opened concepts is the same however it came about: in this page, or by a link."""
    base = f"{small.url}/?focus={MQA}&focus={SELF}&radius=0"
    if opened == "by a link":
        await open_map(page, f"{base}&add={MQA}&add={SELF}#concept={MQA}")
    else:
        await open_map(page, base)
        for concept in (MQA, SELF):
            await expanded(page, concept, by="keyboard")
        await page.mouse.click(*(await point_of(page, MQA)))
        await until(page, "(id) => NoteAtlas.app.shown && NoteAtlas.app.shown.id === id", MQA)
        await expect(page).to_have_url(f"{base}&add={MQA}&add={SELF}#concept={MQA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    before = await places(page)
    assert {MHA, GQA, "attention"} <= set(before)
    await page.keyboard.press("-")
    await page.wait_for_url(f"{base}&add={SELF}#concept={MQA}")
    after = await places(page)
    assert set(after) == {MQA, SELF, MHA, "attention"}
    assert after == {i: before[i] for i in after}
    await page.reload()
    await until(page, "NoteAtlas.canvas && NoteAtlas.app.selected")
    assert set(await places(page)) == set(after)


async def test_back_brings_the_filters_of_that_entry(page: Page, small: Service) -> None:
    seen = await open_map(page, f"{small.url}/?view=all#concept=adam")
    await page.locator("#legend summary").click()
    legend = page.locator("#legend")
    extends, least = legend.get_by_role("button", name="extends"), legend.get_by_role("slider")
    await extends.click()
    await least.fill("0.75")
    hidden = await page.evaluate(VISIBLE)
    await page.evaluate("NoteAtlas.app.select('momentum')")
    await expect(page.locator("#panel h2")).to_have_text("Momentum")
    await extends.click()
    await least.fill("0")
    shown = await page.evaluate(VISIBLE)
    assert hidden != shown
    await page.evaluate("history.back()")
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    assert await page.evaluate(VISIBLE) == hidden
    await expect(extends).to_have_attribute("aria-pressed", "false")
    await expect(least).to_have_value("0.75")
    await expect(page.locator("#legend summary")).to_contain_text("filtered")
    await page.evaluate("history.forward()")
    await expect(page.locator("#panel h2")).to_have_text("Momentum")
    assert await page.evaluate(VISIBLE) == shown
    await expect(page.locator("#legend summary")).not_to_contain_text("filtered")
    assert seen.troubles() == []


async def test_a_link_opens_the_same_whatever_the_legend_hid(page: Page, new_page: NewPage, small: Service) -> None:
    """What opening brings does not follow the legend: a link could not know when what was hidden."""
    await open_map(page, f"{small.url}/?focus={GQA}&radius=1&off=USES&off=EXTENDS&off=CONTRASTS_WITH#concept={MHA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.keyboard.press("+")
    await until(page, "location.search.includes('add=')")
    other = await new_page()
    await open_map(other, page.url)
    await until(other, "NoteAtlas.app.selected")
    assert set(await places(other)) == set(await places(page))


async def test_names_in_a_link_are_ids_in_the_address(page: Page, small: Service) -> None:
    """So that what was opened under another name can be closed, and opened again by back."""
    await open_map(page, f"{small.url}/?focus={GQA}&radius=1&add=Adam&lang=en#concept=adam")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await expect(page).to_have_url(f"{small.url}/?focus={GQA}&radius=1&lang=en&add=adam#concept=adam")
    await page.keyboard.press("-")
    await until(page, "!NoteAtlas.canvas.has('adam')")
    await page.evaluate("history.back()")
    await until(page, "NoteAtlas.canvas.has('adam')")
