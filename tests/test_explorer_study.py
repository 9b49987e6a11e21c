"""Study and comparison: the path with its reasons, what is known, what comes next, circles, tables, what is saved."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from playwright.async_api import Page, expect

from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from tests.api_service import Service
from tests.browser import NewPage, until
from tests.map_samples import HOSTILE_NAMES, hostile_graph
from tests.map_service import served
from tests.samples import attention_graph, boosting_graph
from tests.test_decks import notes_of
from tests.test_map_page import open_map
from viz.maps import render_map

pytestmark = pytest.mark.browser

GQA, MHA, MQA = "grouped-query-attention", "multi-head-attention", "multi-query-attention"
KNOWN = "JSON.parse(localStorage.getItem('noteatlas.known') || '[]')"
SVG = "{http://www.w3.org/2000/svg}"


def circle_graph() -> KnowledgeGraph:
    """Two concepts that each need the other, and a third that needs one of them."""
    source = Source("circle.md", "markdown", "Circle", "d" * 64)

    def needs(before: str, after: str, confidence: float, line: int) -> Relation:
        said = (Evidence("circle.md", line, f"Know {before} before {after}.", "en.prerequisite"),)
        return Relation(before, RelationType.PREREQUISITE_OF, after, Origin.STATED, confidence, said)

    return KnowledgeGraph.of(
        [Concept("egg", "Egg"), Concept("hen", "Hen"), Concept("farm", "Farm")],
        [needs("egg", "hen", 0.9, 1), needs("hen", "egg", 0.6, 2), needs("hen", "farm", 0.8, 3)],
        (),
        [source],
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over the two sample graphs, and a circle."""
    graphs = {"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph(), "circle.md": circle_graph()}
    with served(tmp_path_factory.mktemp("small"), graphs) as service:
        yield service


@pytest.fixture
async def page(new_page: NewPage) -> Page:
    """One page on which nothing glides, and which may use the clipboard."""
    return await new_page(reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])


async def steps(page: Page) -> list[str]:
    """Return the ids of the steps that are left, in order."""
    listed = page.locator("#study > ol.steps > li")
    return [str(await item.get_attribute("data-step")) for item in await listed.all()]


# -- a path -----------------------------------------------------------------------------------------------------------


async def test_a_path_is_a_list_with_a_reason_and_a_sentence_for_each_step(page: Page, small: Service) -> None:
    seen = await open_map(page, f"{small.url}/?path=GQA")
    await expect(page.locator("#panel h2")).to_have_text("What to learn for Grouped-Query Attention")
    assert await steps(page) == ["attention", "self-attention", MHA, MQA, GQA]
    step = page.locator(f"#study li[data-step={MQA}]")
    await expect(step.locator(".why").first).to_contain_text("before GQA, because GQA generalizes MQA")
    await step.get_by_role("button", name="Show the sentence").first.click()
    await expect(step).to_contain_text("GQA with one group is exactly MQA.")
    await expect(step).to_contain_text("attention.md:19")
    assert await page.evaluate("(id) => NoteAtlas.canvas.concepts.get(id).step", MQA) == 4
    assert seen.troubles() == []


async def test_what_is_known_is_folded_away_and_stays_known(page: Page, small: Service) -> None:
    """Whoever knows MHA needs nothing of what leads to it only; the mark is on the map and survives a reload."""
    await open_map(page, f"{small.url}/?path=GQA")
    fill = await page.evaluate("(id) => NoteAtlas.canvas.colourOf(id)", MHA)
    await page.locator("#study li[data-step=attention] input").focus()
    await page.keyboard.press("Space")
    await expect(page.locator("#study li[data-step=self-attention] input")).to_be_focused()
    await page.locator("#study .folded summary").click()
    await page.locator("#study li[data-step=attention] input").uncheck()
    await page.locator(f"#study li[data-step={MHA}] input").check()
    await until(page, "document.querySelectorAll('#study > ol.steps > li').length === 2")
    assert await steps(page) == [MQA, GQA]
    await expect(page.locator("#study .folded").first).to_contain_text("Known: 1")
    await expect(page.locator("#study .folded").last).to_contain_text("Not needed any more: 2")
    assert await page.evaluate(KNOWN) == [MHA]
    assert await page.evaluate("(id) => NoteAtlas.canvas.colourOf(id)", MHA) != fill
    await page.reload()
    await until(page, "document.querySelectorAll('#study > ol.steps > li').length === 2")
    await page.evaluate("(id) => NoteAtlas.app.select(id)", MHA)
    box = page.get_by_role("checkbox", name="I know this")
    await expect(box).to_be_checked()
    await page.keyboard.press("k")
    await expect(box).not_to_be_checked()
    assert await page.evaluate(KNOWN) == []


async def test_how_much_detail_is_a_link(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?path=GQA&sure=0.5")
    await expect(page.locator("#study [aria-current]")).to_have_text("usual")
    await page.get_by_role("link", name="everything").click()
    await page.wait_for_url("**/?path=grouped-query-attention&sure=0")
    await expect(page.locator("#study [aria-current]")).to_have_text("everything")


async def test_p_makes_a_path_and_another_goal_joins_it(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/#concept=adam")
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await page.keyboard.press("p")
    await page.wait_for_url("**/?path=adam")
    await expect(page.locator("#study h2")).to_have_text("What to learn for Adam")
    await page.evaluate("(id) => NoteAtlas.app.select(id)", GQA)
    await page.get_by_role("button", name="Add as a goal").click()
    await page.wait_for_url(f"**/?path=adam&path={GQA}")
    await expect(page.locator("#study h2")).to_have_text("What to learn for Adam and Grouped-Query Attention")
    assert {"momentum", "self-attention"} <= set(await steps(page))
    await page.get_by_role("link", name="Without Adam").click()
    await page.wait_for_url(f"**/?path={GQA}")


async def test_a_goal_and_what_to_compare_are_chosen_by_typing(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?types=PREREQUISITE_OF")
    await page.get_by_role("button", name="Choose a goal").click()
    await page.keyboard.type("多查询")
    await expect(page.locator("#hits [role=option]").first).to_contain_text("Multi-Query Attention")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/?path={MQA}")
    await page.goto(f"{small.url}/?compare=MHA&compare=MQA")
    await page.get_by_role("button", name="Compare with one more").click()
    await page.keyboard.type("GQA")
    await expect(page.locator("#hits [role=option]").first).to_contain_text("Grouped-Query Attention")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/?compare={MHA}&compare={MQA}&compare={GQA}")


async def test_a_circle_is_said_in_words(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?path=farm")
    told = page.locator("#study .cycle li")
    await expect(told.first).to_contain_text("Egg comes before Hen")
    await expect(told.last).to_contain_text("Hen comes before Egg – set aside")
    await expect(page.locator("#study .cycle")).to_contain_text("the least sure: 0.60, the others at least 0.90.")
    assert await steps(page) == ["egg", "hen", "farm"]


async def test_a_goal_within_a_circle_keeps_its_steps(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?path=egg")
    assert sorted(await steps(page)) == ["egg", "hen"]


async def test_what_comes_next_follows_what_is_known(page: Page, small: Service) -> None:
    """Ids that these notes do not have are passed over."""
    await page.add_init_script("localStorage.setItem('noteatlas.known', '[\"from-other-notes\", \"attention\"]')")
    await open_map(page, f"{small.url}/?path=GQA")
    following = page.locator("#study .next")
    await expect(following.get_by_role("heading")).to_have_text("You can learn next")
    await expect(following.locator("[data-next=self-attention]")).to_contain_text("opens up Multi-Head Attention")
    await expect(following.locator("[data-next=attention]")).to_have_count(0)
    await page.locator("#study li[data-step=self-attention] input").check()
    await expect(following.locator(f"[data-next={MHA}]")).to_contain_text("Multi-Query Attention")


async def test_known_marks_are_saved_and_loaded_as_a_file(page: Page, small: Service, tmp_path: Path) -> None:
    await page.add_init_script("if (!localStorage.length) localStorage.setItem('noteatlas.known', '[\"adam\"]')")
    await open_map(page, f"{small.url}/?path=GQA")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Save what I know").click()
    path = tmp_path / "known.json"
    await (await download.value).save_as(path)
    saved = json.loads(path.read_text("utf-8"))
    assert saved["format"] == "noteatlas.known/1"
    assert [entry["id"] for entry in saved["known"]] == ["adam"]
    saved["known"].append({"id": "attention", "name": "Attention"})
    path.write_text(json.dumps(saved), "utf-8")
    chooser = page.locator("#study input[type=file]")
    await chooser.set_input_files(path)
    await expect(page.locator("#live")).to_have_text("2 known concepts loaded")
    assert await page.evaluate(KNOWN) == ["adam", "attention"]
    for number, broken in enumerate(("{not json", '{"known": ["a"]}', "[1, 2]", '["", "b"]', "null")):
        bad = tmp_path / f"bad-{number}.json"
        bad.write_text(broken, "utf-8")
        await page.locator("#study input[type=file]").set_input_files(bad)
        await expect(page.locator("#notice")).to_contain_text(f"bad-{number}.json was not loaded")
    await page.locator("#study input[type=file]").set_input_files(path)
    await expect(page.locator("#notice")).to_contain_text("2 known concepts loaded")  # no word of the bad ones stays
    assert await page.evaluate(KNOWN) == ["adam", "attention"]


async def test_a_path_is_copied_as_markdown(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?path=GQA")
    await page.locator("#study li[data-step=attention] input").check()
    await page.get_by_role("button", name="Copy as Markdown").click()
    await expect(page.locator("#live")).to_have_text("Copied as Markdown")
    await expect(page.locator("#notice")).to_contain_text("Copied as Markdown")  # for those who see as well
    text = await page.evaluate("navigator.clipboard.readText()")
    assert text.splitlines()[:4] == [
        "# What to learn for Grouped-Query Attention",
        "",
        "1. [ ] **Self-Attention** – before MHA, because MHA extends Self-Attention",
        "2. [ ] **Multi-Head Attention** – before MQA, as the notes say",
    ]
    assert "1. [x] **Attention** – before Self-Attention, because Self-Attention is a kind of Attention" in text


async def test_cards_are_a_deck_made_in_one_request(page: Page, small: Service, tmp_path: Path) -> None:
    seen = await open_map(page, f"{small.url}/?path=GQA")
    await page.locator("#study li[data-step=attention] input").check()
    await expect(page.locator("#study .next li").first).to_be_visible()
    asked = len(seen.requests)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Anki cards").click()
    paths = [urlsplit(url).path for url in seen.requests[asked:] if not url.startswith("blob:")]
    assert paths.count("/cards.apkg") == 1
    assert len(paths) <= 2  # the other one asks what comes next, if it was still on its way
    assert (await download.value).suggested_filename == "note-atlas.apkg"
    path = tmp_path / "cards.apkg"
    await (await download.value).save_as(path)
    names = [note["Name"] for note in notes_of(path.read_bytes())]
    assert names == ["Self-Attention", "Multi-Head Attention", "Multi-Query Attention", "Grouped-Query Attention"]
    await expect(page.locator("#notice")).to_contain_text("4 cards saved")
    assert seen.troubles() == []


async def test_a_saved_path_works_without_a_server(page: Page, small: Service, tmp_path: Path) -> None:
    """The list, its reasons, its sentences and its marks; no request is made."""
    path = tmp_path / "path.html"
    path.write_bytes(small.client.get("/export.html?path=GQA&path=MQA").content)
    seen = await open_map(page, path.as_uri())
    assert await steps(page) == ["attention", "self-attention", MHA, MQA, GQA]
    assert await page.locator("#study a").count() == 0  # a link leads nowhere here
    step = page.locator(f"#study li[data-step={MQA}]")
    await step.get_by_role("button", name="Show the sentence").first.click()
    await expect(step).to_contain_text("GQA with one group is exactly MQA.")
    await page.locator(f"#study li[data-step={MHA}] input").check()
    await until(page, "document.querySelectorAll('#study > ol.steps > li').length === 2")
    await page.locator("#export summary").click()
    await expect(page.locator("#export li")).to_have_count(2)
    assert seen.requests == [path.as_uri()]
    assert seen.troubles() == []


# -- a comparison -----------------------------------------------------------------------------------------------------


async def test_three_are_compared_in_words_with_their_sentences(page: Page, small: Service) -> None:
    seen = await open_map(page, f"{small.url}/?compare=MHA&compare=MQA&compare=GQA")
    between = page.locator("#between li")
    await expect(between.first).to_contain_text("Grouped-Query Attention generalizes Multi-")
    await expect(page.locator("#between")).to_contain_text("contrasts with")
    line = page.locator("#between li", has_text="Grouped-Query Attention generalizes Multi-Query Attention")
    await line.get_by_role("button", name="generalizes").click()
    await expect(line).to_contain_text("GQA with one group is exactly MQA.")
    await expect(page.locator("#compare dd").first).to_have_text("多个注意力头并行计算。")
    await expect(page.locator(f"#own [data-only={MHA}]")).to_contain_text("extends Self-Attention")
    await expect(page.locator(f"#own [data-only={MQA}]")).to_contain_text("Nothing of its own.")
    await page.get_by_role("link", name="Without Multi-Head Attention").click()
    await page.wait_for_url(f"**/?compare={MQA}&compare={GQA}")
    row = page.locator(f"#shared tr[data-shared={MHA}]")
    await expect(row.get_by_role("cell").first).to_contain_text("contrasts with")
    await expect(row.get_by_role("cell").last).to_contain_text("generalizes")
    await row.get_by_role("button", name="generalizes").click()
    await expect(page.locator("#shared tr.quotes:not([hidden])")).to_contain_text("GQA 的组数等于头数时就是 MHA。")
    assert seen.troubles() == []


# -- what is taken away -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "concept", "kind"), [("view=all", "adam", "problem"), ("focus=MHA&radius=2", MHA, "method")]
)
async def test_filters_are_in_the_address_and_a_link_has_them(
    page: Page, new_page: NewPage, small: Service, view: str, concept: str, kind: str
) -> None:
    await open_map(page, f"{small.url}/?{view}#concept={concept}")
    await page.locator("#legend summary").click()
    legend = page.locator("#legend")
    await legend.get_by_role("button", name="extends").click()
    await legend.get_by_role("button", name="stated in the notes").click()
    await legend.get_by_role("button", name=kind).click()
    await legend.get_by_role("slider").fill("0.75")
    visible = "NoteAtlas.canvas.visible().map((r) => r.key).sort()"
    count = await page.evaluate(visible)
    query = parse_qs(urlsplit(page.url).query)
    assert query["off"] == ["EXTENDS", kind, "stated"]
    assert query["least"] == ["0.75"]
    other = await new_page()
    await open_map(other, page.url)
    await until(other, "(id) => NoteAtlas.canvas.selected() === id", concept)
    assert await other.evaluate(visible) == count
    assert await other.evaluate("[...NoteAtlas.canvas.concepts.keys()].sort()") == await page.evaluate(
        "[...NoteAtlas.canvas.concepts.keys()].sort()"
    )
    await other.locator("#legend summary").click()
    await expect(other.locator("#legend summary")).to_contain_text("filtered")
    await expect(other.locator("#legend").get_by_role("button", name="extends")).to_have_attribute(
        "aria-pressed", "false"
    )
    await other.get_by_role("button", name="Reset the filters").click()
    await other.wait_for_url(f"**/?{view}#concept={concept}")
    await until(other, "NoteAtlas.canvas && NoteAtlas.canvas.visible().some((r) => r.type === 'EXTENDS')")


async def test_pictures_are_not_empty_and_names_are_only_text(page: Page, tmp_path: Path) -> None:
    """PNG and SVG of names that try to run: the drawing is well-formed and holds nothing but shapes and text."""
    source = tmp_path / "hostile.html"
    source.write_bytes(render_map(hostile_graph()).encode())
    seen = await open_map(page, source.as_uri())
    files = {}
    for label, ending in (("Drawing (SVG)", "svg"), ("Picture (PNG)", "png")):
        await page.locator("#export summary").click()
        async with page.expect_download() as download:
            await page.get_by_role("button", name=label).click()
        files[ending] = tmp_path / f"map.{ending}"
        await (await download.value).save_as(files[ending])
    png = files["png"].read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    assert len(png) > 10_000
    root = ElementTree.fromstring(files["svg"].read_text("utf-8"))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "title", "rect", "circle", "polygon", "path", "text"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or "href" in key]
    assert len(root.findall(f".//{SVG}circle")) + len(root.findall(f".//{SVG}polygon")) >= len(HOSTILE_NAMES)
    written = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert "<img src=x" in written
    assert seen.troubles() == []


async def test_a_path_is_printed_in_ink_on_white_by_itself(new_page: NewPage, small: Service) -> None:
    """In a dark theme too, and without the frame, the buttons and what is only for the screen."""
    page = await new_page(color_scheme="dark")
    await open_map(page, f"{small.url}/?path=GQA")
    await page.emulate_media(media="print", color_scheme="dark")
    ink = await page.evaluate("getComputedStyle(document.querySelector('#study h2')).color")
    assert ink == "rgb(29, 33, 38)"
    for hidden in ("#map", "#side", "#study .actions", "#study .cite"):
        await expect(page.locator(hidden).first).to_be_hidden()
    await expect(page.locator("#study .steps").first).to_be_visible()
