"""The page around the map, in a real Chromium: tree, panel, search, trail, keys, themes, narrow screens, troubles."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.api_service import Service
from tests.browser import NewPage
from tests.map_samples import topics_graph
from tests.map_service import served, together
from tests.samples import attention_graph, boosting_graph
from tests.test_map_page import open_map, search
from viz.maps import render_map

pytestmark = pytest.mark.browser

GQA = "grouped-query-attention"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over three sample graphs."""
    graphs = {"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph(), "topics.md": topics_graph()}
    with served(tmp_path_factory.mktemp("frame"), graphs) as running:
        yield running


@pytest.fixture(params=["served", "saved"])
def address(request: pytest.FixtureRequest, service: Service, tmp_path: Path) -> str:
    """The three graphs as a page: served, and saved as a file."""
    if request.param == "served":
        return f"{service.url}/"
    whole = together(attention_graph(), boosting_graph(), topics_graph())
    path = tmp_path / "map.html"
    path.write_bytes(render_map(whole).encode())
    return path.as_uri()


# -- the tree of topics -----------------------------------------------------------------------------------------------


async def test_the_tree_opens_branch_by_branch_with_counts(page: Page, address: str) -> None:
    """By mouse: a topic's twisty opens it, a concept in it is selected by a click; only what is opened is read."""
    seen = await open_map(page, address)
    tree = page.get_by_role("tree", name="Topics")
    learning = tree.get_by_role("treeitem", name="Learning, 4 concepts")
    await expect(learning).to_have_attribute("aria-expanded", "false")
    await learning.locator(".twisty").first.click()
    await expect(learning).to_have_attribute("aria-expanded", "true")
    inside = learning.get_by_role("group").first.locator("> [role=treeitem]")
    await expect(inside.locator("> .row .name")).to_have_text(["Normalization", "Epoch"])
    await expect(page.locator("[data-concept=batch-norm][role=treeitem]")).to_have_count(0)
    await inside.nth(0).locator(".twisty").first.click()
    await page.get_by_role("treeitem", name="Layer Normalization").click()
    await expect(page.locator("#panel h2")).to_have_text("Layer Normalization")
    await expect(page.get_by_role("treeitem", name="Layer Normalization")).to_have_attribute("aria-selected", "true")
    assert seen.troubles() == []


async def test_the_tree_is_one_stop_with_the_keys_of_a_tree(page: Page, address: str) -> None:
    await open_map(page, address)
    tree = page.get_by_role("tree")
    await expect(tree.locator("[tabindex='0']")).to_have_count(1)
    learning = tree.locator("> [data-topic=learning]")
    await learning.focus()
    await page.keyboard.press("ArrowRight")
    await expect(learning).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowRight")
    norms = tree.locator("[data-topic=norms]")
    await expect(norms).to_be_focused()
    await page.keyboard.press("End")
    await expect(tree.locator("> [data-others]")).to_be_focused()
    await page.keyboard.press("Home")
    await expect(tree.locator("> [role=treeitem]").first).to_be_focused()
    await norms.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(learning).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(learning).to_have_attribute("aria-expanded", "false")
    await expect(tree.locator("[tabindex='0']")).to_have_count(1)


async def test_topics_that_hold_nothing_stand_in_one_branch_at_the_end(page: Page, address: str) -> None:
    """It is closed, counts them, opens by keyboard and by mouse, and by itself for one that is selected."""
    await open_map(page, address)
    tree = page.get_by_role("tree")
    others = tree.locator("> [role=treeitem]").last
    bare = tree.locator("[data-topic=bare]")
    held = others.locator("[role=treeitem]")
    count = await held.count()
    await expect(others).to_have_accessible_name(f"Other topics: {count} that nothing is in")
    await expect(others.locator("> .row .count")).to_have_text(str(count))
    await expect(tree.locator("> .bare")).to_have_count(0)
    await expect(bare).to_be_hidden()
    await others.focus()
    await page.keyboard.press("ArrowRight")
    await expect(others).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowRight")
    await expect(held.first).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(others).to_have_attribute("aria-expanded", "false")
    await others.locator("> .row .name").click()
    await expect(bare).to_be_visible()
    await others.locator("> .row .twisty").click()
    await expect(bare).to_be_hidden()
    await page.evaluate("NoteAtlas.app.select('bare')")
    await expect(bare).to_be_visible()
    await page.evaluate("NoteAtlas.app.select('adam')")
    await expect(bare).to_be_hidden()


async def test_a_selected_concept_is_shown_in_the_tree(page: Page, address: str) -> None:
    """Its topics open by themselves, and it alone is marked."""
    await open_map(page, f"{address}#concept=layer-norm")
    item = page.locator("#tree [data-concept=layer-norm]")
    await expect(item).to_have_attribute("aria-selected", "true")
    await expect(item).to_be_visible()
    await page.evaluate("NoteAtlas.app.select('adam')")
    await expect(item).to_be_hidden()  # what opened by itself closes by itself
    await expect(page.locator("#tree [tabindex='0']")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#tree [aria-selected]")).to_have_count(0)


async def test_a_topics_name_goes_to_the_topic(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/?lang=en")
    await page.locator("#tree [data-topic=learning] > .row .name").click()
    await page.wait_for_url(re.compile(r"[?&]topic=learning"))
    assert "lang=en" in page.url


# -- the concept ------------------------------------------------------------------------------------------------------


async def test_a_concept_shows_two_names_and_folds_the_others(page: Page, address: str) -> None:
    await open_map(page, f"{address}#concept=batch-norm")
    names = page.locator("#panel .aliases")
    await expect(names).to_have_text("批归一化 · BN")
    await expect(page.locator("#panel .kind")).to_contain_text("layer · 2 passages in 1 file")
    await expect(page.locator("#panel .where")).to_have_text("topics.md:5")
    more = page.locator("#panel .names")
    await expect(more.get_by_text("BatchNorm")).to_be_hidden()
    await more.get_by_text("3 more names").click()
    await expect(more).to_contain_text("批标准化 · 批量归一化")


async def test_a_relation_is_one_line_and_opens_to_its_evidence(page: Page, address: str) -> None:
    await open_map(page, f"{address}#concept=batch-norm")
    item = page.locator("#panel .relation", has_text="Layer Normalization")
    said = item.locator(".said")
    await expect(said).to_contain_text("Unlike batch normalization")
    await expect(item.get_by_text("topics.md:6")).to_be_hidden()
    box = await item.bounding_box()
    assert box is not None
    assert box["height"] < 60
    await said.click()
    await expect(said).to_have_attribute("aria-expanded", "true")
    await expect(item.get_by_text("topics.md:6")).to_be_visible()
    await expect(item.get_by_text("stated in the notes · confidence 0.90")).to_be_visible()
    await expect(item.locator("blockquote mark")).to_have_text(["batch normalization", "layer normalization"])


async def test_why_one_comes_before_the_other_in_four_actions_by_mouse(page: Page, address: str) -> None:
    """Click the box, type, click the answer, click the question mark: the sentence, the file and the line."""
    await open_map(page, address)
    await page.get_by_role("combobox").click()
    await page.keyboard.type("GQA")
    await page.locator("#hits [role=option]").first.click()
    await page.get_by_role("button", name="Why Multi-Head Attention?").click()
    why = page.locator("#panel [data-type=PREREQUISITE_OF] li", has_text="Multi-Head Attention").first
    await expect(why.locator("blockquote").first).to_be_visible()
    await expect(why.locator("blockquote").first).to_contain_text("MHA")
    await expect(why.locator(".place").first).to_have_text(re.compile(r"attention\.md:\d+"))


async def test_why_one_comes_before_the_other_in_four_actions_by_keyboard(page: Page, address: str) -> None:
    """`/`, type, Enter, `w`."""
    await open_map(page, address)
    await page.keyboard.press("/")
    await page.keyboard.type("GQA")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel h2")).to_have_text("Grouped-Query Attention")
    await expect(page.locator("#panel [data-type=PREREQUISITE_OF]").first).to_be_visible()
    await page.keyboard.press("w")
    why = page.locator("#panel [data-type=PREREQUISITE_OF] li", has_text="Multi-Head Attention").first
    await expect(why.locator("blockquote").first).to_be_visible()
    await expect(why.locator(".place").first).to_have_text(re.compile(r"attention\.md:\d+"))
    await page.keyboard.press("w")
    await expect(why.locator("blockquote").first).to_be_hidden()


async def test_a_link_to_a_relation_opens_it(page: Page, address: str) -> None:
    key = json.dumps(["batch-norm", "CONTRASTS_WITH", "layer-norm"])
    await open_map(page, address)
    await page.evaluate("(key) => { location.hash = `#relation=${encodeURIComponent(key)}`; }", key)
    await expect(page.locator("#panel h2")).to_have_text("Batch Normalization contrasts with Layer Normalization")
    await expect(page.locator("#panel")).to_contain_text("topics.md:6")


# -- search -----------------------------------------------------------------------------------------------------------


async def test_a_passage_that_is_chosen_is_brought_into_sight(page: Page, address: str) -> None:
    await page.set_viewport_size({"width": 1000, "height": 360})  # the passages are at the foot of the panel
    await open_map(page, address)
    await search(page, "GQA")
    hit = page.locator("#hits .hit", has=page.locator(".hit-text")).first
    said = (await hit.locator(".hit-other").inner_text()).split(" · ")[-1]
    await hit.click()
    passage = page.locator("#panel .passages .sought")
    await expect(passage).to_have_count(1)
    await expect(passage.locator(".place")).to_have_text(said)
    await expect(passage).to_be_in_viewport(ratio=1)


async def test_search_groups_what_it_finds_and_marks_the_words(page: Page, address: str) -> None:
    await open_map(page, address)
    await search(page, "normalization")
    hits = page.locator("#hits")
    for group in ("Concepts", "Topics"):
        await expect(hits.get_by_role("group", name=group)).to_be_visible()
    assert await hits.locator("mark").first.inner_text() == "Normalization"
    count = await hits.get_by_role("option").count()
    for _ in range(count):
        await page.keyboard.press("ArrowDown")
    await expect(hits.get_by_role("option").first).to_have_attribute("aria-selected", "true")  # once round
    await expect(page.locator("#live")).to_have_text(re.compile(r"2 concepts, 1 topic.* found"))
    await page.keyboard.press("Escape")
    await expect(hits).to_be_hidden()


async def test_the_sentences_of_the_notes_are_found_as_well(page: Page, service: Service) -> None:
    """What mentions a concept opens that concept."""
    seen = await open_map(page, f"{service.url}/")
    await search(page, "one example")
    hit = page.get_by_role("group", name="In the notes").get_by_role("option")
    await expect(hit).to_contain_text("topics.md:6")
    await expect(hit.locator("mark").first).to_have_text(re.compile("one( example)?"))
    await hit.click()
    await expect(page.locator("#panel h2")).to_have_text("Batch Normalization")
    assert seen.troubles() == []


async def test_a_saved_page_finds_sentences_and_forgives_typing_errors(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_bytes(render_map(topics_graph()).encode())
    seen = await open_map(page, path.as_uri())
    await search(page, "one example")
    group = page.get_by_role("group", name="In the notes")
    await expect(group.get_by_role("option")).to_have_count(1)
    await expect(group).to_contain_text("topics.md:6")
    for typed in ("layer normlization", "layre normalization", "Batch Normalisation"):
        await search(page, typed)
        await expect(page.locator("#hits [role=option]").first).to_contain_text("Normalization")
    await search(page, "zzzz")
    await expect(page.locator("#hits")).to_contain_text("Nothing is called that")
    assert seen.troubles() == []


async def test_a_question_leads_to_what_it_names_their_comparison_and_the_path(page: Page, service: Service) -> None:
    """Concepts in its order, then where to go with them; the words of the question are not marked."""
    seen = await open_map(page, f"{service.url}/?lang=en")
    await search(page, "why is MHA before GQA")
    hits = page.locator("#hits")
    await expect(hits.get_by_role("group", name="Concepts").get_by_role("option")).to_have_text(
        [re.compile("^Multi-Head Attention"), re.compile("^Grouped-Query Attention")]
    )
    go = hits.get_by_role("group", name="Go to").get_by_role("option")
    await expect(go).to_have_text(["Compare MHA and GQA", "Path to GQA"])
    assert set(await hits.locator("mark").all_inner_texts()) <= {"MHA", "GQA"}
    await go.first.click()
    await page.wait_for_url(re.compile(r"compare=multi-head-attention&compare=grouped-query-attention"))
    await page.goto(f"{service.url}/?lang=zh")
    await search(page, "GQA 之前为什么先学 MHA")
    await page.get_by_role("group", name="前往").get_by_text("通往 GQA 的学习路径").click()
    await page.wait_for_url(re.compile(r"path=grouped-query-attention"))
    assert seen.troubles() == []


async def test_hits_of_an_earlier_text_cannot_be_chosen(page: Page, service: Service) -> None:
    """They are pale while those of the new one are on their way; Enter waits for the right ones."""
    await open_map(page, f"{service.url}/?lang=en")
    await search(page, "momentum")
    hits = page.locator("#hits")
    await expect(hits.get_by_role("option").first).to_contain_text("Momentum")
    held = asyncio.Event()

    async def late(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route("**/graphql", late)
    await page.get_by_role("combobox").fill("XGBoost")
    await expect(hits).to_have_attribute("aria-busy", "true")
    await hits.get_by_role("option").first.click()
    await page.get_by_role("combobox").press("Enter")
    await expect(page.locator("#panel h2")).not_to_have_text("Momentum")
    held.set()
    await expect(page.locator("#panel h2")).to_have_text("XGBoost")


async def test_a_phone_is_not_told_to_press_a_key(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/?lang=en")
    box = page.get_by_role("combobox")
    await expect(box).to_have_attribute("placeholder", re.compile(r"\( / \)"))
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(box).to_have_attribute("placeholder", "Search concepts, sentences…")


async def test_a_saved_page_finds_the_names_in_a_question(page: Page, tmp_path: Path) -> None:
    """Side by side, in a question, mistyped beside one; and the sentences by any name of what is asked."""
    path = tmp_path / "map.html"
    path.write_bytes(render_map(attention_graph()).encode())
    seen = await open_map(page, path.as_uri())
    hits = page.get_by_role("group", name="Concepts").get_by_role("option")
    for typed, expected in {
        "mha gqa": ["Multi-Head", "Grouped-Query"],
        "MQA/GQA": ["Multi-Query", "Grouped-Query"],
        "what is the difference between Adam and RMSprop?": ["Adam", "RMSprop"],
        "为什么需要分组查询注意力": ["Grouped-Query"],
        "rmsporp 和 adam": ["Adam", "RMSprop"],
    }.items():
        await search(page, typed)
        for place, name in enumerate(expected):
            await expect(hits.nth(place)).to_contain_text(name)
    await search(page, "分组查询注意力 group")
    sentences = page.get_by_role("group", name="In the notes").get_by_role("option")
    await expect(sentences.first).to_contain_text("GQA with one")
    assert seen.troubles() == []


async def test_what_an_input_method_is_composing_is_not_searched(page: Page, address: str) -> None:
    await open_map(page, address)
    box = page.get_by_role("combobox")
    await box.focus()
    await box.evaluate(
        "(e) => { e.dispatchEvent(new CompositionEvent('compositionstart')); e.value = 'zhu';"
        " e.dispatchEvent(new InputEvent('input', { isComposing: true }));"
        " e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })); }"
    )
    await expect(page.locator("#hits")).to_be_hidden()
    await box.evaluate(
        "(e) => { e.value = '注意力'; e.dispatchEvent(new CompositionEvent('compositionend', { data: '注意力' })); }"
    )
    await expect(page.locator("#hits [role=option]").first).to_contain_text("Attention")


# -- the trail --------------------------------------------------------------------------------------------------------


async def test_the_trail_keeps_where_one_has_been(page: Page, address: str) -> None:
    await open_map(page, f"{address}#concept=adam")
    trail = page.get_by_role("navigation", name="Where you have been")
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await expect(trail).to_be_hidden()
    for concept in ("epoch", "batch-norm"):
        await page.evaluate("(id) => NoteAtlas.app.select(id)", concept)
        await expect(page.locator(f"#trail a[href='#concept={concept}']")).to_have_attribute("aria-current", "true")
    await expect(trail.get_by_role("link")).to_have_text(["Batch Normalization", "Epoch", "Adam"])
    await page.keyboard.press("[")
    await expect(page.locator("#panel h2")).to_have_text("Epoch")
    await page.keyboard.press("]")
    await expect(page.locator("#panel h2")).to_have_text("Batch Normalization")
    await trail.get_by_role("link", name="Adam").click()
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await page.reload()
    await expect(trail.get_by_role("link")).to_have_text(["Adam", "Batch Normalization", "Epoch"])


# -- keys -------------------------------------------------------------------------------------------------------------


async def test_the_question_mark_lists_every_key(page: Page, address: str) -> None:
    await open_map(page, address)
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="All keys")
    await expect(dialog).to_be_visible()
    keys = set(await dialog.locator("kbd").all_inner_texts())
    assert {"/", "?", "[", "]", "w", "+", "-", "←", "→", "↑", "↓", "Enter", "Esc"} <= keys
    assert "undefined" not in await dialog.inner_text()
    for _ in range(4):  # the focus stays inside
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "['BODY', 'DIALOG'].includes(document.activeElement.tagName)"
            " || document.activeElement.closest('dialog') !== null"
        )
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_keys_work_from_a_box_that_is_ticked(page: Page, address: str) -> None:
    await open_map(page, f"{address}#concept={GQA}")
    box = page.locator("#panel .known input")
    await box.focus()
    await page.keyboard.press("Space")
    await expect(box).to_be_checked()
    await page.keyboard.press("k")
    await expect(box).not_to_be_checked()
    await page.keyboard.press("/")
    await expect(page.locator("#query")).to_be_focused()
    await page.keyboard.type("k?")  # in a box to type in they are letters
    await expect(page.locator("#query")).to_have_value("k?")
    await expect(page.get_by_role("dialog", name="All keys")).to_be_hidden()


async def test_arrows_move_to_the_neighbour_that_lies_there(new_page: NewPage, address: str) -> None:
    page = await new_page(reduced_motion="reduce")
    await open_map(page, f"{address}#concept={GQA}")
    await expect(page.locator("#panel h2")).to_have_text("Grouped-Query Attention")
    here, there = await page.evaluate(
        "(id) => { const { canvas } = NoteAtlas; const found = ['left', 'right', 'up', 'down']"
        ".map((way) => [way, canvas.neighbours(id, way)[0]]).find(([, other]) => other !== undefined); return found; }",
        GQA,
    )
    await page.keyboard.press({"left": "ArrowLeft", "right": "ArrowRight", "up": "ArrowUp", "down": "ArrowDown"}[here])
    await page.wait_for_function("(id) => NoteAtlas.app.selected === id", arg=there)
    await page.locator("#canvas .vis-network").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_be_focused()
    await page.keyboard.press("ArrowDown")  # the panel scrolls with it: the selection stays
    assert await page.evaluate("NoteAtlas.app.selected") == there


async def test_keys_do_nothing_while_typing(page: Page, address: str) -> None:
    await open_map(page, f"{address}#concept=adam")
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await page.get_by_role("combobox").focus()
    await page.keyboard.type("w+-[?")
    assert await page.get_by_role("combobox").input_value() == "w+-[?"
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await expect(page.locator("dialog[open]")).to_have_count(0)


# -- the frame --------------------------------------------------------------------------------------------------------


async def test_the_theme_is_chosen_kept_and_drawn(new_page: NewPage, service: Service) -> None:
    """As the system has it, light, dark and round again; the map follows, and the next page remembers."""
    page = await new_page(color_scheme="dark")
    seen = await open_map(page, f"{service.url}/")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark, fill = await page.evaluate(paper), await page.evaluate("NoteAtlas.canvas.colourOf('adam')")
    button = page.locator("#theme")
    await button.click()
    await expect(button).to_have_attribute("aria-label", "Theme: light")
    assert await page.evaluate(paper) == "rgb(253, 253, 251)"
    await page.wait_for_function("(was) => NoteAtlas.canvas.colourOf('adam') !== was", arg=fill)
    await page.reload()
    assert await page.evaluate(paper) == "rgb(253, 253, 251)"
    await button.click()
    await expect(button).to_have_attribute("aria-label", "Theme: dark")
    await button.click()
    await expect(button).to_have_attribute("aria-label", "Theme: as the system has it")
    assert await page.evaluate(paper) == dark
    assert await page.evaluate("localStorage.getItem('noteatlas.theme')") is None
    assert "theme" not in page.url
    assert seen.troubles() == []


async def test_a_phone_shows_one_part_at_a_time(new_page: NewPage, service: Service) -> None:
    page = await new_page(**PHONE)
    seen = await open_map(page, f"{service.url}/#concept=batch-norm")
    panel, canvas, tree = page.locator("#panel"), page.locator("#canvas"), page.locator("#tree")
    tabs = page.locator("#tabs")
    await expect(tabs.get_by_role("button").first).to_have_text("Batch Normalization")
    await expect(panel).to_be_visible()
    await expect(canvas).to_be_hidden()
    await expect(tree).to_be_hidden()
    await tabs.get_by_role("button", name="Map").click()
    await expect(canvas).to_be_visible()
    await expect(panel).to_be_hidden()
    await tabs.get_by_role("button", name="Topics").click()
    await page.locator("#tree [data-concept=layer-norm]").click()
    await expect(panel.get_by_role("heading", level=2)).to_have_text("Layer Normalization")
    await expect(page.get_by_role("combobox")).to_be_in_viewport()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await expect(page.get_by_role("combobox")).to_be_in_viewport()
    for width in (390, 320):
        await page.set_viewport_size({"width": width, "height": 700})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.troubles() == []


@pytest.mark.parametrize(("lang", "path", "compare"), [("en", "Path", "Compare"), ("zh", "路径", "对比")])
async def test_a_phone_reaches_the_path_and_the_comparison(
    new_page: NewPage, service: Service, lang: str, path: str, compare: str
) -> None:
    """Beside the tabs, with nothing over them and nothing cut; without a selection the path is the learning order."""
    page = await new_page(**PHONE)
    await open_map(page, f"{service.url}/?lang={lang}")
    views = page.locator(".views")
    for width in (390, 320):
        await page.set_viewport_size({"width": width, "height": 844})
        controls = [
            *await page.locator("#tabs button").all(),
            *[views.get_by_role("link", name=n) for n in (path, compare)],
        ]
        right = 0.0
        for control in controls:
            box = await control.bounding_box()
            assert box is not None
            assert box["x"] >= right - 0.5, await control.inner_text()
            right = box["x"] + box["width"]
            assert await control.evaluate("(e) => e.scrollWidth <= e.clientWidth"), await control.inner_text()
        assert right <= width
    await page.locator("#tabs [data-to=map]").click()
    one_line = "getComputedStyle(document.querySelector('.numbers')).lineHeight"
    numbers = await page.locator(".numbers").bounding_box()
    assert numbers is not None
    assert numbers["height"] < 1.5 * float((await page.evaluate(one_line)).removesuffix("px"))
    await views.get_by_role("link", name=compare).click()
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.press("Escape")
    await views.get_by_role("link", name=path).click()
    await page.wait_for_url("**types=PREREQUISITE_OF*")
    await expect(views.get_by_role("link", name=path)).to_have_attribute("aria-current", "page")


async def test_twice_the_size_is_as_usable(new_page: NewPage, service: Service) -> None:
    """At 200 % zoom a screen of 1280 by 800 has 640 by 400 pixels: nothing is cut at the side."""
    page = await new_page(viewport={"width": 640, "height": 400})
    await open_map(page, f"{service.url}/#concept=batch-norm")
    for part in ("Map", "Topics", "Batch"):
        await page.locator("#tabs").get_by_role("button", name=part).click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 640
        await expect(page.get_by_role("combobox")).to_be_in_viewport()


async def test_print_gives_the_concept_and_not_the_frame(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/#concept=batch-norm")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.emulate_media(media="print")
    for part in ("header", "#map", "#side", "#panel .close"):
        await expect(page.locator(part).first).to_be_hidden()
    await expect(page.locator("#panel h2")).to_be_visible()


# -- troubles ---------------------------------------------------------------------------------------------------------


async def test_a_server_that_is_gone_is_said_and_tried_again(page: Page, service: Service) -> None:
    """The panel says it with a button; the search box says it; once the server is back, both work."""
    await open_map(page, f"{service.url}/")

    async def refuse(route: Route) -> None:
        await route.abort()

    await page.route("**/graphql", refuse)
    await page.evaluate("NoteAtlas.app.select('adam')")
    await expect(page.locator("#panel h2")).to_contain_text("the server does not answer")
    await search(page, "adam")
    await expect(page.locator("#hits")).to_contain_text("the server does not answer")
    await page.keyboard.press("Escape")
    await page.unroute("**/graphql", refuse)
    await page.locator("#panel").get_by_role("button", name="Try again").click()
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await search(page, "epoch")
    await expect(page.locator("#hits [role=option]").first).to_contain_text("Epoch")


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "No concept is called “Momentun”; did you mean"), ("zh", "没有叫“Momentun”的概念")]
)
async def test_a_concept_that_does_not_exist_is_said_with_near_names(
    new_page: NewPage, service: Service, lang: str, words: str
) -> None:
    """In the page's language, wide and narrow; the name leads on, and the search box is there."""
    for options in ({}, PHONE):
        page = await new_page(**options)
        response = await page.goto(f"{service.url}/?focus=Momentun&lang={lang}")
        assert response is not None
        assert response.status == 404
        line = page.get_by_role("alert")
        await expect(line).to_contain_text(words)
        await expect(line).to_be_in_viewport()
        await expect(page.get_by_role("combobox")).to_be_in_viewport()
        await line.get_by_role("link", name="Momentum").click()
        await expect(page.locator("#panel h2")).to_have_text("Momentum")


async def test_a_link_to_a_concept_that_is_gone_names_others(page: Page, address: str) -> None:
    await open_map(page, f"{address}#concept=gradient-descend")
    await expect(page.locator("#panel h2")).to_contain_text("No concept is called “gradient-descend”")
    await page.locator("#panel").get_by_role("button", name="Gradient Descent").click()
    await expect(page.locator("#panel h2")).to_have_text("Gradient Descent")


async def test_two_concepts_are_compared_by_key(page: Page, service: Service) -> None:
    """`c`, the other's name, Enter; Escape gives up."""
    await open_map(page, f"{service.url}/#concept=batch-norm")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await page.keyboard.press("c")
    box = page.get_by_role("combobox")
    await expect(box).to_be_focused()
    await expect(box).to_have_attribute("placeholder", "Compare Batch Normalization with…")
    await page.keyboard.press("Escape")
    await expect(box).not_to_be_focused()
    await page.keyboard.press("c")
    await page.keyboard.type("LN")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?compare=batch-norm&compare=layer-norm")


async def test_a_slow_answer_is_waited_for_with_a_word(page: Page, service: Service) -> None:
    """Names that the map knows stand at once, and a later choice is not overwritten by an earlier, slower answer."""
    await open_map(page, f"{service.url}/")
    held: list[Route] = []

    async def hold(route: Route) -> None:
        if '"id":"adam"' in (route.request.post_data or ""):
            held.append(route)
        else:
            await route.continue_()

    await page.route("**/graphql", hold)
    await page.evaluate("void NoteAtlas.app.select('adam')")
    await expect(page.locator("#panel h2")).to_have_text("Adam")
    await expect(page.locator("#panel .slow")).to_have_text("Reading the notes…")
    await page.evaluate("void NoteAtlas.app.select('epoch')")
    await expect(page.locator("#panel .kind")).to_be_visible()
    for route in held:
        await route.continue_()
    await expect(page.locator("#panel h2")).to_have_text("Epoch")
