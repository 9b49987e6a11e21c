"""From page to page, in a real Chromium: where the focus goes, what is announced, and the layout that is remembered."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.api_service import Service
from tests.browser import NewPage, until
from tests.test_map_page import open_map

pytestmark = pytest.mark.browser

GQA, MHA = "grouped-query-attention", "multi-head-attention"
LAYOUT = "NoteAtlas.app.page.layout"


async def loaded(page: Page, query: str) -> None:
    """Wait until the page with this query is there."""
    await page.wait_for_url(re.compile(re.escape(query)))
    await until(page, "window.NoteAtlas && NoteAtlas.canvas")


# -- focus and the live region ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "says"), [("en", "Path to GQA, 5 steps"), ("zh", "到 GQA 的路径，5 步")])
async def test_p_leads_on_to_the_steps(page: Page, small: Service, lang: str, says: str) -> None:
    """The focus is on the heading, what is shown is said, and the next Tab is in the list of steps."""
    seen = await open_map(page, f"{small.url}/?lang={lang}#concept={GQA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.keyboard.press("p")
    await loaded(page, "path=")
    await expect(page.locator("#live")).to_have_text(says)
    await expect(page.locator("#study h2")).to_be_focused()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('#study') !== null")
    assert seen.troubles() == []


async def test_comparing_by_key_leads_on_to_the_table(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/#concept={GQA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.keyboard.press("c")
    await page.keyboard.type("MHA")
    await page.keyboard.press("Enter")
    await loaded(page, "compare=")
    await expect(page.locator("#live")).to_have_text(re.compile(r"^Comparison of GQA and MHA, \d+ concepts$"))
    await expect(page.locator("#compare table").first).to_be_visible()
    await expect(page.locator("#compare h2")).to_be_focused()


async def test_a_link_leads_on_to_the_map_with_its_concept_selected(page: Page, small: Service) -> None:
    """The arrows go on from there; map and concept are announced as one."""
    await open_map(page, f"{small.url}/#concept={GQA}")
    await page.get_by_role("button", name="What is around it").click()
    await loaded(page, "focus=")
    live = re.compile(r"^Around GQA, \d+ concepts\. Grouped-Query Attention, \d+ relations$")
    await expect(page.locator("#live")).to_have_text(live)
    await expect(page.locator("#canvas .vis-network")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_be_focused()


@pytest.mark.parametrize("by", ["keyboard", "mouse"])
async def test_a_topic_of_the_tree_leads_on_to_its_map(page: Page, large: Service, by: str) -> None:
    """The focus is seen by those who use keys, and is no ring round the map for those who click."""
    await open_map(page, f"{large.url}/")
    item = page.locator("#tree [data-topic]").first
    topic = await item.get_attribute("data-topic")
    if by == "mouse":
        await item.locator("> .row .name").click()
    else:
        await item.focus()
        await page.keyboard.press("Enter")
    await loaded(page, f"topic={topic}")
    await expect(page.locator("#live")).to_have_text(re.compile(r"^Topic .+, \d+ concepts\b"))
    await expect(page.locator("#canvas .vis-network")).to_be_focused()
    assert await page.evaluate("document.activeElement.matches(':focus-visible')") == (by == "keyboard")


async def test_on_a_narrow_screen_the_focus_goes_to_what_is_seen(new_page: NewPage, small: Service) -> None:
    page = await new_page(viewport={"width": 390, "height": 844})
    await open_map(page, f"{small.url}/#concept={GQA}")
    await page.get_by_role("button", name="What is around it").click()
    await loaded(page, "focus=")
    await expect(page.locator("#panel")).to_be_focused()


async def test_the_other_language_leaves_the_focus_on_the_switch(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/")
    await page.locator("#language").focus()
    await page.keyboard.press("Enter")
    await loaded(page, "lang=zh")
    await expect(page.locator("#language")).to_be_focused()
    await expect(page.locator("#live")).to_have_text(re.compile("^主题地图，"))


async def test_back_to_another_page_is_announced_as_well(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?focus={GQA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.keyboard.press("p")
    await loaded(page, "path=")
    await expect(page.locator("#live")).to_have_text(re.compile("^Path to"))
    await page.keyboard.press("[")
    await loaded(page, "focus=")
    await expect(page.locator("#live")).to_have_text(re.compile("^Around GQA"))


async def test_a_page_opened_from_elsewhere_is_left_alone(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?path=GQA")
    await page.wait_for_timeout(500)
    assert await page.evaluate("document.activeElement.tagName") == "BODY"
    assert await page.locator("#live").inner_text() == ""


async def test_the_path_without_a_goal_asks_for_one_at_once(page: Page, small: Service) -> None:
    """Path, a name, Enter; Escape leaves the order of everything to look at."""
    seen = await open_map(page, f"{small.url}/")
    await page.get_by_role("link", name="Path").focus()
    await page.keyboard.press("Enter")
    await loaded(page, "types=PREREQUISITE_OF")
    box = page.get_by_role("combobox")
    await expect(box).to_be_focused()
    await expect(box).to_have_attribute("placeholder", "What do you want to understand?")
    await expect(page.locator("#live")).to_have_text(
        re.compile(r"^Learning order, \d+ concepts\. What do you want to understand\?$")
    )
    await page.keyboard.press("Escape")
    await expect(box).not_to_be_focused()
    await page.get_by_role("button", name="Choose a goal…").click()
    await page.keyboard.type("MQA")
    await page.keyboard.press("Enter")
    await loaded(page, "path=multi-query-attention")
    await expect(page.locator("#study h2")).to_be_focused()
    assert seen.troubles() == []


async def test_an_order_of_everything_begins_small_and_grows_on_demand(page: Page, large: Service) -> None:
    seen = await open_map(page, f"{large.url}/?types=PREREQUISITE_OF")
    assert await page.evaluate("NoteAtlas.canvas.concepts.size") == 32
    await expect(page.locator("#hidden")).to_contain_text("388 more")
    await expect(page.get_by_role("button", name="Choose a goal…")).to_be_visible()
    await page.get_by_role("link", name="show 32 more").click()
    await loaded(page, "most=64")
    assert await page.evaluate("NoteAtlas.canvas.concepts.size") == 64
    assert seen.troubles() == []


# -- layouts ----------------------------------------------------------------------------------------------------------


async def choose(page: Page, name: str) -> None:
    """Choose a layout in the legend, and wait for the page that has it."""
    await page.locator("#legend summary").click()
    await page.locator("#legend .choice").get_by_role("link", name=name, exact=True).click()
    await page.wait_for_load_state()
    await until(page, "window.NoteAtlas && NoteAtlas.canvas")


async def test_a_layout_is_remembered_for_its_kind_of_view(page: Page, small: Service) -> None:
    seen = await open_map(page, f"{small.url}/?focus={GQA}")
    assert await page.evaluate(LAYOUT) == "radial"
    await choose(page, "circle")
    assert await page.evaluate(LAYOUT) == "circle"
    assert "layout=circle" in page.url

    # Another of the same kind, by a link of the page and by an address; other kinds have their own.
    await page.evaluate("NoteAtlas.app.go({ focus: 'adam' })")
    await loaded(page, "focus=adam&layout=circle")
    await page.goto(f"{small.url}/?focus={MHA}#concept={GQA}")
    await loaded(page, f"focus={MHA}&layout=circle#concept={GQA}")
    assert await page.evaluate(LAYOUT) == "circle"
    await page.goto(f"{small.url}/?path=GQA")
    await until(page, "window.NoteAtlas && NoteAtlas.canvas")
    assert await page.evaluate(LAYOUT) == "layers"
    assert "layout" not in page.url

    # The address goes first, and opening it changes no mind.
    await page.goto(f"{small.url}/?focus=adam&layout=radial")
    await until(page, "window.NoteAtlas && NoteAtlas.canvas")
    assert await page.evaluate(LAYOUT) == "radial"
    await page.goto(f"{small.url}/?focus=adam")
    await loaded(page, "layout=circle")

    # The view's own can be had again, and is then what comes.
    await choose(page, "rings")
    assert await page.evaluate(LAYOUT) == "radial"
    assert "layout" not in page.url
    await page.goto(f"{small.url}/?focus={MHA}")
    await until(page, "window.NoteAtlas && NoteAtlas.canvas")
    assert await page.evaluate(LAYOUT) == "radial"
    assert seen.troubles() == []


async def test_every_view_offers_its_own_layout_first(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?compare=MHA&compare=GQA")
    offers = page.locator("#legend .choice").last.get_by_role("link")
    await page.locator("#legend summary").click()
    await expect(offers).to_have_text(["columns", "areas", "force", "circle", "layers"])
    await expect(offers.first).to_have_attribute("aria-current", "true")
    await page.goto(f"{small.url}/?focus=adam&lang=zh")
    await page.locator("#legend summary").click()
    await expect(page.locator("#legend .choice").last.get_by_role("link")).to_have_text(
        ["环绕", "分区", "力导向", "环形", "分层"]
    )


@pytest.mark.parametrize("kept", ["not json", '"text"', '{"overview": "spiral"}', '{"overview": 7}', "null"])
async def test_what_else_is_kept_under_that_name_does_no_harm(page: Page, small: Service, kept: str) -> None:
    await page.add_init_script(f"localStorage.setItem('noteatlas.layouts', {kept!r})")
    seen = await open_map(page, f"{small.url}/")
    assert await page.evaluate(LAYOUT) == "areas"
    assert seen.troubles() == []


async def test_a_remembered_layout_makes_no_page_flash(page: Page, small: Service) -> None:
    """The page that came in another layout is not drawn, and Back does not lead to it."""
    await page.add_init_script("localStorage.setItem('noteatlas.layouts', '{\"overview\": \"circle\"}')")
    await page.goto(f"{small.url}/?view=all")
    await page.goto(f"{small.url}/")
    await loaded(page, "/?layout=circle")
    await page.go_back()
    await loaded(page, "/?view=all")
