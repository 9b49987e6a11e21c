"""What is taken away from a map, in a real Chromium: every form holds what is seen, and a failure is told."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from api.app import create_app
from api.settings import Settings
from tests.api_service import Service, serving
from tests.browser import NewPage, until
from tests.map_service import filled
from tests.samples import attention_graph
from tests.test_map_page import open_map

pytestmark = pytest.mark.browser

GQA, MHA = "grouped-query-attention", "multi-head-attention"
STATE = (
    "(() => { const { canvas, app } = NoteAtlas; return {"
    " concepts: canvas.drawing().marks.map((m) => m.id).sort(), relations: canvas.visible().map((r) => r.key).sort(),"
    " least: canvas.least(), places: canvas.drawing().marks.map((m) => [m.id, m.x, m.y]).sort() }; })()"
)
QUERY = (
    f"focus={GQA}&radius=1&add=adam&add=vanishing-gradient"
    "&off=CONTRASTS_WITH&off=problem&on=PREREQUISITE_OF%3Ainferred&least=0.65"
)


async def exported(page: Page, label: str, path: Path) -> Path:
    """Save the map by the menu's entry `label`."""
    await page.locator("#export summary").click()
    async with page.expect_download() as download:
        await page.locator("#export").get_by_text(label, exact=True).click()
    await (await download.value).save_as(path)
    await expect(page.locator("#live")).to_have_text(re.compile(r"saved$"))
    return path


async def test_a_saved_page_opens_as_the_map_was_seen(new_page: NewPage, small: Service, tmp_path: Path) -> None:
    """Added concepts, switches, confidence: as they were, and the saved page's own legend switches them back."""
    page = await new_page(reduced_motion="reduce")
    await open_map(page, f"{small.url}/?{QUERY}")
    await until(page, "NoteAtlas.canvas.has('adam')")
    state = await page.evaluate(STATE)
    path = await exported(page, "Page in one file (HTML)", tmp_path / "map.html")
    saved = await new_page(reduced_motion="reduce")
    seen = await open_map(saved, path.as_uri())
    assert await saved.evaluate(STATE) == state
    await saved.locator("#legend summary").click()
    await expect(saved.locator("#legend summary")).to_contain_text("filtered")
    await saved.get_by_role("button", name="contrasts with").click()
    assert len((await saved.evaluate(STATE))["relations"]) > len(state["relations"])
    await saved.get_by_role("button", name="Reset the filters").click()
    await expect(saved.locator("#legend summary")).not_to_contain_text("filtered")
    await expect(saved.locator("#legend summary")).to_be_focused()
    # What was opened can be closed there, and comes back.
    await saved.evaluate("NoteAtlas.app.select('adam')")
    await expect(saved.locator("#panel .kind")).to_be_visible()
    await saved.keyboard.press("-")
    await until(saved, "!NoteAtlas.canvas.has('adam')")
    await saved.evaluate("history.back()")
    await until(saved, "NoteAtlas.canvas.has('adam')")
    assert seen.troubles() == []


async def test_pictures_hold_what_is_seen_and_no_more(page: Page, small: Service, tmp_path: Path) -> None:
    await open_map(page, f"{small.url}/?{QUERY}")
    await until(page, "NoteAtlas.canvas.has('adam')")
    whole = (await exported(page, "Drawing (SVG)", tmp_path / "some.svg")).read_text("utf-8")
    state = await page.evaluate(STATE)
    names = await page.evaluate("[...NoteAtlas.canvas.concepts.values()].map((c) => [c.id, c.label.split('\\n')[0]])")
    hidden = [label for i, label in names if i not in state["concepts"]]
    assert hidden
    assert ">Adam<" in whole
    assert not [label for label in hidden if f">{label}<" in whole]
    assert [word in whole for word in (">Compares<", ">Learn first<")] == [False, True]
    some = (await exported(page, "Picture (PNG)", tmp_path / "some.png")).read_bytes()
    await open_map_again(page, f"{small.url}/?focus={GQA}&radius=1&add=adam&add=vanishing-gradient")
    more = (await exported(page, "Drawing (SVG)", tmp_path / "more.svg")).read_text("utf-8")
    assert [word in more for word in (">Compares<", ">Learn first<")] == [True, False]
    assert [label for label in hidden if f">{label}<" in more]
    assert (await exported(page, "Picture (PNG)", tmp_path / "more.png")).read_bytes() != some


async def open_map_again(page: Page, url: str) -> None:
    """Load another map in a page that is watched already."""
    await page.goto("about:blank")
    await page.goto(url)
    await until(page, "NoteAtlas.canvas && NoteAtlas.canvas.has('adam')")


@pytest.mark.parametrize(("label", "ending"), [("GraphML", "graphml"), ("GEXF", "gexf"), ("Mermaid", "mmd")])
async def test_the_menu_saves_what_the_address_says_now(
    page: Page, small: Service, tmp_path: Path, label: str, ending: str
) -> None:
    """What was switched and opened since the page came counts, and the file has the server's name for it."""
    await open_map(page, f"{small.url}/?focus={GQA}&radius=1#concept={MHA}")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.keyboard.press("+")
    await until(page, "location.search.includes('add=')")
    await page.locator("#legend summary").click()
    await page.locator("#legend").get_by_role("button", name="generalizes").click()
    await page.keyboard.press("Escape")
    await page.locator("#export summary").click()
    async with page.expect_download() as download:
        await page.locator("#export").get_by_text(label, exact=True).click()
    file = await download.value
    assert re.fullmatch(rf"note-atlas-neighborhood-{GQA}-[\d-]+\.{ending}", file.suggested_filename)
    await file.save_as(tmp_path / "map")
    text = (tmp_path / "map").read_text("utf-8")
    assert "Self-Attention" in text
    assert not re.search("generalizes", text, re.IGNORECASE)
    await expect(page.locator("#export summary")).to_be_focused()


@pytest.mark.parametrize(
    ("lang", "says"),
    [("en", "GraphML was not saved: the server does not answer"), ("zh", "GraphML未能保存：服务器没有响应")],
)
async def test_an_export_from_a_server_that_is_gone_is_told(page: Page, tmp_path: Path, lang: str, says: str) -> None:
    """On the page, for everybody, with a way to try again; also by a reader who uses keys alone."""
    with serving(create_app(Settings(store=filled(tmp_path, {"attention.md": attention_graph()})))) as service:
        await open_map(page, f"{service.url}/?lang={lang}")
        await page.locator("#export summary").focus()
        await page.keyboard.press("Enter")
    await page.locator("#export").get_by_text("GraphML").focus()
    await page.keyboard.press("Enter")
    line = page.get_by_role("alert")
    await expect(line).to_contain_text(says)
    await expect(line).to_be_in_viewport()
    await expect(line.get_by_role("button", name={"en": "Try again", "zh": "重试"}[lang])).to_be_visible()


def refusal(status: int, kind: str, body: str) -> Callable[[Route], Awaitable[None]]:
    """Return what answers a request so."""

    async def refuse(route: Route) -> None:
        await route.fulfill(status=status, content_type=kind, body=body)

    return refuse


async def test_what_the_server_refuses_is_told_in_its_words_and_tried_again(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?focus={GQA}")
    answers = [
        (503, "application/json", json.dumps({"error": "the store cannot be reached now", "code": "X"})),
        (404, "text/plain", "no concept is called 'GQA'"),
    ]
    for status, kind, body in answers:
        refuse = refusal(status, kind, body)
        await page.route("**/export.gexf*", refuse)
        await page.locator("#export summary").click()
        await page.locator("#export").get_by_text("GEXF").click()
        said = json.loads(body)["error"] if kind.endswith("json") else body
        await expect(page.get_by_role("alert")).to_contain_text(f"GEXF was not saved: {said}")
        await page.unroute("**/export.gexf*", refuse)
    async with page.expect_download() as download:
        await page.get_by_role("alert").get_by_role("button", name="Try again").click()
    assert (await download.value).suggested_filename.endswith(".gexf")
    await expect(page.locator("#notice")).to_be_hidden()


async def test_the_menu_says_what_a_file_cannot_hold(new_page: NewPage, small: Service) -> None:
    for lang, says in (
        ("en", "what you moved by hand and what you know stay in this browser"),
        ("zh", "手动移动的位置"),
    ):
        page = await new_page()
        await open_map(page, f"{small.url}/?lang={lang}")
        await page.locator("#export summary").click()
        await expect(page.locator("#export .note")).to_contain_text(says)
