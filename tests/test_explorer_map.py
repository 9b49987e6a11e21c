"""The map under the hand: opening and closing concepts on it, pointing at things, lines between two concepts, keys."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.api_service import Service
from tests.browser import NewPage, until
from tests.test_map_page import open_map, point_of

pytestmark = pytest.mark.browser

GQA, MHA, MQA = "grouped-query-attention", "multi-head-attention", "multi-query-attention"
PLACES = "Object.fromEntries([...NoteAtlas.canvas.concepts.keys()].map((id) => [id, NoteAtlas.canvas.position(id)]))"


@pytest.fixture
async def page(new_page: NewPage) -> Page:
    """One page on which nothing glides."""
    return await new_page(reduced_motion="reduce")


async def places(page: Page) -> dict[str, Any]:
    """Return where every concept on the map stands."""
    return dict(await page.evaluate(PLACES))


async def expanded(page: Page, concept: str, *, by: str) -> None:
    """Open a concept's neighbours on the map, with the mouse or the keyboard."""
    count = await page.evaluate("NoteAtlas.canvas.concepts.size")
    if by == "mouse":
        await page.mouse.dblclick(*(await point_of(page, concept)))
    else:
        await page.mouse.click(*(await point_of(page, concept)))
        await expect(page.locator("#panel .definition, #panel .where").first).to_be_visible()
        await page.keyboard.press("+")
    await until(page, "(was) => NoteAtlas.canvas.concepts.size > was", count)


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
async def test_opening_a_concept_moves_nothing_and_a_link_opens_the_same(page: Page, small: Service, by: str) -> None:
    seen = await open_map(page, f"{small.url}/?focus={GQA}&radius=1")
    before = await places(page)
    assert "self-attention" not in before
    await expanded(page, MHA, by=by)
    opened = await places(page)
    assert "self-attention" in opened
    assert {i: opened[i] for i in before} == before
    await expect(page).to_have_url(f"{small.url}/?focus={GQA}&radius=1&add={MHA}#concept={MHA}")
    await page.goto("about:blank")
    await page.goto(f"{small.url}/?focus={GQA}&radius=1&add={MHA}#concept={MHA}")
    await until(page, "NoteAtlas.canvas && NoteAtlas.canvas.selected()")
    again = await places(page)
    assert again.keys() == opened.keys()
    assert {i: again[i] for i in before} == before
    assert await page.evaluate("NoteAtlas.canvas.selected()") == MHA
    assert seen.troubles() == []


async def test_a_concept_opens_and_a_picture_is_taken_while_marks_are_hidden(
    page: Page, small: Service, tmp_path: Path
) -> None:
    """What is hidden keeps its place."""
    seen = await open_map(page, f"{small.url}/?focus={GQA}&radius=1&off=method&off=other")
    assert await page.evaluate("NoteAtlas.canvas.concepts.size") > 0
    await page.evaluate(
        f"NoteAtlas.canvas.add([{{id: 'late', name: 'Late', aliases: [], kind: 'model'}}], [], '{GQA}')"
    )
    place = await page.evaluate("NoteAtlas.canvas.position('late')")
    assert all(isinstance(place[axis], int | float) for axis in "xy")
    await page.locator("#export summary").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Drawing (SVG)").click()
    await (await download.value).save_as(tmp_path / "map.svg")
    assert "NaN" not in (tmp_path / "map.svg").read_text("utf-8")
    assert seen.troubles() == []


async def test_closing_a_concept_takes_away_what_opening_it_brought_and_no_more(page: Page, small: Service) -> None:
    seen = await open_map(page, f"{small.url}/?focus={GQA}&radius=1")
    before = await places(page)
    await expanded(page, MHA, by="mouse")
    await expanded(page, "self-attention", by="mouse")
    assert "attention" in await places(page)
    await expect(page.locator("#panel h2")).to_have_text("Self-Attention")
    await page.keyboard.press("-")
    await until(page, "!NoteAtlas.canvas.has('attention')")
    assert "self-attention" in await places(page)
    await page.mouse.click(*(await point_of(page, MHA)))
    button = page.get_by_role("button", name="Take its neighbours off again")
    await button.click()
    await until(page, "!NoteAtlas.canvas.has('self-attention')")
    assert await places(page) == before
    assert "add=" not in page.url
    await expect(button).to_have_count(0)
    assert seen.troubles() == []


async def test_opening_several_is_undone_in_any_order(page: Page, small: Service) -> None:
    """Closing the first also closes what was opened from what it brought."""
    await open_map(page, f"{small.url}/?focus={GQA}&radius=1")
    before = await places(page)
    await expanded(page, MHA, by="mouse")
    await expanded(page, "self-attention", by="mouse")
    await page.mouse.click(*(await point_of(page, MHA)))
    await expect(page.locator("#panel h2")).to_have_text("Multi-Head Attention")
    await page.keyboard.press("-")
    await until(page, "!NoteAtlas.canvas.has('self-attention')")
    assert await places(page) == before
    assert "add=" not in page.url


async def test_two_concepts_have_one_line_and_the_panel_has_all_they_say(page: Page, small: Service) -> None:
    """MHA and MQA: a contrast and a prerequisite. One line, named by the contrast; both are in the panel."""
    seen = await open_map(page, f"{small.url}/?focus=MHA&radius=1#concept={MHA}")
    (ax, ay), (bx, by) = await point_of(page, MHA), await point_of(page, MQA)
    await page.mouse.click((ax + bx) / 2, (ay + by) / 2)
    panel = page.locator("#panel")
    await expect(panel.get_by_role("heading", level=2)).to_contain_text("contrasts with")
    await expect(panel).to_contain_text("Unlike MHA, MQA keeps one key-value head.")
    await expect(panel).to_contain_text("Know MHA before MQA.")
    await expect(panel.locator("[data-relation]")).to_have_count(2)
    verbs = await page.evaluate("NoteAtlas.canvas.verbs().map((v) => v.verb)")
    assert verbs == ["contrasts with +1"]
    assert seen.troubles() == []


async def test_pointing_dims_what_is_not_related(page: Page, large: Service) -> None:
    await open_map(page, f"{large.url}/")
    assert await page.evaluate("NoteAtlas.canvas.verbs().length") == 0  # too many lines to name
    concept, far = await page.evaluate(
        "(() => { const c = NoteAtlas.canvas;"
        " const near = (id) => c.visible().filter((r) => r.source === id || r.target === id);"
        " const id = [...c.concepts.keys()].find((i) => near(i).length > 2 && near(i).length < 6);"
        " const ends = new Set(near(id).flatMap((r) => [r.source, r.target]));"
        " return [id, [...c.concepts.keys()].find((i) => !ends.has(i) && c.concepts.get(i).kind === 'method')]; })()"
    )
    clear = await page.evaluate("(id) => NoteAtlas.canvas.colourOf(id)", far)
    await page.mouse.move(*(await point_of(page, concept)))
    await until(page, "([id, was]) => NoteAtlas.canvas.colourOf(id) !== was", [far, clear])
    await page.mouse.move(5, 300)
    await until(page, "([id, was]) => NoteAtlas.canvas.colourOf(id) === was", [far, clear])


async def test_a_map_with_few_lines_says_what_each_means(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?focus=Adam&radius=1")
    await page.keyboard.press("Escape")
    verbs = await page.evaluate("NoteAtlas.canvas.verbs().map((v) => v.verb)")
    assert verbs == ["combines", "combines"]


async def test_arrows_go_from_mark_to_mark(page: Page, small: Service) -> None:
    await open_map(page, f"{small.url}/?focus={GQA}&radius=1#concept={GQA}")
    await expect(page.locator("#panel h2")).to_have_text("Grouped-Query Attention")
    for way in ("left", "right", "up", "down"):
        found = await page.evaluate("(way) => NoteAtlas.canvas.neighbours(NoteAtlas.canvas.selected(), way)", way)
        if found:
            break
    assert found
    place, other = [await page.evaluate("(id) => NoteAtlas.canvas.position(id)", i) for i in (GQA, found[0])]
    axis, sign = {"left": ("x", -1), "right": ("x", 1), "up": ("y", -1), "down": ("y", 1)}[way]
    assert (other[axis] - place[axis]) * sign > 0
    await page.locator("#canvas .vis-network").focus()
    await page.keyboard.press(f"Arrow{way.title()}")
    await until(page, "(id) => NoteAtlas.canvas.selected() === id", found[0])
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_be_focused()


async def test_the_name_of_an_area_opens_its_topic(page: Page, large: Service) -> None:
    await open_map(page, f"{large.url}/")
    topic = await until(page, "NoteAtlas.canvas.topics()[0]")
    x, y = await page.evaluate(
        "(t) => { const p = NoteAtlas.canvas.inWindow({x: (t.left + t.right) / 2, y: (t.top + t.bottom) / 2});"
        " const b = document.getElementById('canvas').getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; }",
        topic,
    )
    await page.mouse.click(x, y)
    await page.wait_for_url(f"**/?topic={topic['id']}")
    await until(page, "(id) => NoteAtlas.canvas && NoteAtlas.canvas.has(id)", topic["id"])


async def test_every_area_has_its_name_however_small_the_map(new_page: NewPage, large: Service) -> None:
    """Cut to the area where there is no room beside its mark, and never over another's."""
    page = await new_page(viewport={"width": 240, "height": 700}, reduced_motion="reduce")
    await open_map(page, f"{large.url}/")
    await page.locator("#tabs [data-to=map]").click()
    await until(
        page,
        "() => { const { canvas, app } = NoteAtlas; const named = new Set(canvas.labels().map((l) => l.id));"
        " const heads = app.page.areas.map((a) => a.head).filter((id) => id !== null && canvas.has(id));"
        " return heads.length > 9 && heads.every((id) => named.has(id)); }",
    )
    heads = await page.evaluate(
        "() => { const { canvas, app } = NoteAtlas; const heads = new Set(app.page.areas.map((a) => a.head));"
        " return canvas.labels().filter((l) => heads.has(l.id)); }"
    )
    for i, a in enumerate(heads):
        for b in heads[i + 1 :]:
            across = min(a["right"], b["right"]) - max(a["left"], b["left"])
            down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
            assert min(across, down) <= 0, (a, b)


async def test_how_far_a_neighbourhood_reaches_is_a_choice(page: Page, small: Service) -> None:
    seen = await open_map(page, f"{small.url}/#concept={GQA}")
    await page.get_by_role("button", name="What is around it").click()
    await page.wait_for_url(f"{small.url}/?focus={GQA}#concept={GQA}")
    await until(page, "NoteAtlas.canvas && NoteAtlas.canvas.selected()")
    assert await page.title() == "Grouped-Query Attention · Note Atlas"
    near = await page.evaluate("NoteAtlas.canvas.concepts.size")
    await page.locator("#legend summary").click()
    await expect(page.locator("#legend .choice").first.locator("[aria-current]")).to_have_text("1")
    await page.locator("#legend .choice").first.get_by_role("link", name="2").click()
    await page.wait_for_url(f"{small.url}/?focus={GQA}&radius=2#concept={GQA}")
    await until(page, "NoteAtlas.canvas && NoteAtlas.canvas.selected()")
    assert await page.evaluate("NoteAtlas.canvas.concepts.size") > near
    assert seen.troubles() == []


async def test_a_relation_that_is_selected_has_its_verb_and_the_names_of_its_ends(page: Page, large: Service) -> None:
    """Also where its ends join a crowd that has left no room."""
    await open_map(page, f'{large.url}/#relation=["concept-198","EQUIVALENT_TO","concept-219"]')
    await until(page, "NoteAtlas.canvas.verbs().length === 1")
    named = await page.evaluate("NoteAtlas.canvas.labels().map((label) => label.id)")
    assert {"concept-198", "concept-219"} <= set(named)


async def test_no_name_covers_the_mark_of_another_where_concepts_are_few(page: Page, large: Service) -> None:
    await open_map(page, f"{large.url}/?focus=concept-103&radius=2&layout=force")
    covered = await page.evaluate(
        "() => { const { canvas } = NoteAtlas; return canvas.labels().flatMap((l) => [...canvas.concepts.values()]"
        " .filter((c) => c.id !== l.id).filter((c) => { const { x, y } = canvas.position(c.id);"
        " return x > l.left && x < l.right && y > l.top && y < l.bottom; }).map((c) => [l.id, c.id])); }"
    )
    assert covered == []
