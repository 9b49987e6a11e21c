"""Study paths in a browser: what is essential, what only the field says, circles told, and a phone's layout."""

import itertools
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from tests.api_service import Service
from tests.browser import NewPage, until
from tests.map_service import served
from tests.test_explorer_study import steps
from tests.test_map_page import open_map

pytestmark = pytest.mark.browser

T = RelationType
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PLACES = "[...NoteAtlas.canvas.concepts.values()].map((c) => [c.id, c.step, NoteAtlas.canvas.position(c.id)])"


def ring_graph() -> KnowledgeGraph:
    """A ring of three, cut at its last arrow, and what needs it."""
    rows = [("clay", "brick", 0.9), ("brick", "kiln", 0.8), ("kiln", "clay", 0.6), ("kiln", "pottery", 0.9)]
    return KnowledgeGraph.of(
        [Concept(name, name.title()) for name in ("clay", "brick", "kiln", "pottery")],
        [
            Relation(
                a,
                T.PREREQUISITE_OF,
                b,
                Origin.STATED,
                sure,
                (Evidence("ring.md", line, f"Know {a} before {b}.", "en.prerequisite"),),
            )
            for line, (a, b, sure) in enumerate(rows, 1)
        ],
        (),
        [Source("ring.md", "markdown", "Ring", "e" * 64)],
    )


def field_graph() -> KnowledgeGraph:
    """A goal that a sentence ties to one concept and only the field to four: two of them far away."""

    def place(name: str, line: int) -> tuple[Evidence, ...]:
        return (Evidence("field.md", line, f"## {name.title()}", "lexicon.prerequisite"),)

    said = (Evidence("field.md", 9, "A tower is built on a wall.", "en.uses"),)
    taught = [("stone", "wall"), ("sand", "stone"), ("sand", "plan"), ("plan", "tower")]
    return KnowledgeGraph.of(
        [
            Concept(n, n.title(), (), document="field.md", line=i)
            for i, n in enumerate(("sand", "stone", "wall", "plan", "tower"), 1)
        ],
        [
            Relation("tower", T.USES, "wall", Origin.STATED, 0.9, said),
            Relation("wall", T.PREREQUISITE_OF, "tower", Origin.INFERRED, 0.6, (), (("tower", T.USES, "wall"),)),
            *(
                Relation(a, T.PREREQUISITE_OF, b, Origin.INFERRED, 0.5, place(b, i))
                for i, (a, b) in enumerate(taught, 2)
            ),
            Relation(
                "tower", T.IS_A, "plan", Origin.INFERRED, 0.6, (Evidence("field.md", 5, "## Tower", "lexicon.is-a"),)
            ),
        ],
        (),
        [Source("field.md", "markdown", "Field", "f" * 64)],
    )


def long_graph() -> KnowledgeGraph:
    """Twenty steps, each of which needs one or two before it."""
    names = [f"step-{i:02}" for i in range(20)]
    pairs = [*itertools.pairwise(names), *zip(names, names[3:], strict=False)]
    return KnowledgeGraph.of(
        [Concept(n, f"A rather long name, number {n[-2:]}") for n in names],
        [Relation(a, T.PREREQUISITE_OF, b, Origin.CURATED) for a, b in pairs],
    )


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    graphs = {"ring.md": ring_graph(), "field.md": field_graph(), "long": long_graph()}
    with served(tmp_path_factory.mktemp("paths"), graphs) as service:
        yield service


@pytest.fixture
async def page(new_page: NewPage) -> Page:
    """One page on which nothing glides."""
    return await new_page(reduced_motion="reduce")


async def test_the_essential_steps_come_first_and_the_rest_is_folded_by_the_step_that_needs_it(
    page: Page, paths: Service
) -> None:
    seen = await open_map(page, f"{paths.url}/?path=tower")
    assert sorted(await steps(page)) == ["plan", "tower", "wall"]
    await expect(page.locator("#study .choice [aria-current]")).to_have_text("essential")
    background = page.locator("#study .background")
    await expect(background).to_contain_text("No sentence of these notes asks for them")
    assert await page.evaluate("[...NoteAtlas.canvas.concepts.keys()].sort()") == ["plan", "tower", "wall"]
    group = background.locator("details", has_text="Before Wall:")
    await expect(group.locator("[data-background=stone]")).to_be_hidden()
    await expect(group.locator("summary")).to_have_text("Before Wall: 2")
    await group.locator("summary").click()
    await expect(group.locator("[data-background=stone]")).to_be_visible()
    await page.locator("#study li[data-step=wall] input").check()
    await expect(background.locator("[data-background=stone]")).to_have_count(0)  # nobody needs it any more
    await expect(background.locator("[data-background=sand]")).to_have_count(1)  # for the plan
    await page.get_by_role("link", name="usual").click()
    await page.wait_for_url("**/?path=tower&sure=0.5")
    assert sorted(await steps(page)) == ["plan", "sand", "tower"]
    assert seen.troubles() == []


async def test_what_only_the_field_says_is_said_so_and_never_quoted(page: Page, paths: Service) -> None:
    await open_map(page, f"{paths.url}/?path=tower")
    plan = page.locator("#study li[data-step=plan]")
    await expect(plan).to_contain_text(
        "before Tower, by the usual order of the field; no sentence of these notes says so"
    )
    await expect(plan.locator(".cite")).to_have_count(0)
    await expect(page.locator("#study li[data-step=wall] .cite")).to_have_count(1)
    await page.evaluate("NoteAtlas.app.select('tower')")
    panel = page.locator("#panel")
    await panel.get_by_role("button", name="Why Plan?").click()
    why = panel.locator("li.open")
    await expect(why).to_contain_text(
        "This is the order in which the field is usually taught. No sentence of these notes"
    )
    await expect(why).to_contain_text("They introduce Tower in field.md:5")
    kind = panel.locator("[data-type=IS_A]")
    await expect(kind).to_contain_text("general knowledge of the field; no sentence says so")
    await expect(panel).not_to_contain_text("## Tower")


async def test_the_words_of_the_field_are_there_in_chinese(new_page: NewPage, paths: Service) -> None:
    page = await new_page(locale="zh-CN")
    await open_map(page, f"{paths.url}/?path=tower")
    await expect(page.locator("#study li[data-step=plan]")).to_contain_text("按本领域通常的顺序，笔记中没有句子这样说")
    await page.goto(f"{paths.url}/?path=pottery")
    await expect(page.locator("#study .cycle")).to_contain_text("因为它最不确定：置信度 0.60，其余至少 0.80")


async def test_a_ring_of_three_is_told_arrow_by_arrow_and_its_cut_looks_like_none_other(
    page: Page, paths: Service
) -> None:
    await open_map(page, f"{paths.url}/?path=pottery")
    told = page.locator("#study .cycle li")
    for line, (a, b) in enumerate([("Clay", "Brick"), ("Brick", "Kiln"), ("Kiln", "Clay")], 1):
        await expect(told.nth(line - 1)).to_contain_text(f"{a} comes before {b}")
        await expect(told.nth(line - 1)).to_contain_text(f"“Know {a.lower()} before {b.lower()}.” ring.md:{line}")
    await expect(told.nth(2)).to_contain_text("set aside")
    await expect(page.locator("#study .cycle")).to_contain_text(
        "because it is the least sure: 0.60, the others at least 0.80."
    )
    assert await steps(page) == ["clay", "brick", "kiln", "pottery"]
    lines = await page.evaluate(
        "NoteAtlas.canvas.drawing().lines.map((l) => [JSON.stringify(l.dashes), l.colour, Boolean(l.smooth)])"
    )
    assert len(lines) == 4
    assert len({tuple(line) for line in lines}) == 2
    await page.locator("#legend summary").click()
    await expect(page.locator("#legend .cut-key")).to_have_text("set aside: the order goes against it")
    await page.goto(f"{paths.url}/?path=tower")
    await page.locator("#legend summary").click()
    await expect(page.locator("#legend .cut-key")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_no_two_controls_of_a_phone_are_called_alike(new_page: NewPage, paths: Service, lang: str) -> None:
    for view in ("compare=clay&compare=kiln", "path=pottery"):
        page = await new_page(**PHONE)
        await open_map(page, f"{paths.url}/?{view}&lang={lang}")
        shown = [c for c in await page.locator("#tabs button, .views a").all() if await c.is_visible()]
        names = [await c.inner_text() for c in shown]
        assert len(names) >= 5
        assert len(set(names)) == len(names), names


async def test_a_reason_that_the_order_sets_aside_is_not_told_as_if_it_held(page: Page, paths: Service) -> None:
    await open_map(page, f"{paths.url}/?path=brick")
    assert await steps(page) == ["clay", "brick", "kiln"]
    await expect(page.locator("#study li[data-step=clay] .why")).to_have_text("❝ before Brick, as the notes say")
    await expect(page.locator("#study li[data-step=kiln] .why")).to_have_text(
        "❝ before Clay, as the notes say – set aside"
    )


async def test_of_two_that_need_each_other_both_arrows_are_drawn(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [
        Relation("a", T.PREREQUISITE_OF, "b", Origin.CURATED, 0.9),
        Relation("b", T.PREREQUISITE_OF, "a", Origin.CURATED, 0.6),
    ]
    with served(tmp_path_factory.mktemp("two"), {"two": KnowledgeGraph.of([], rows)}) as service:
        await open_map(page, f"{service.url}/?path=b")
        lines = await page.evaluate(
            "NoteAtlas.canvas.drawing().lines.map((l) => [l.from.x < l.to.x, Boolean(l.smooth)])"
        )
        assert sorted(lines) == [[False, True], [True, False]]
        await expect(page.locator("#study li[data-step=b]")).to_contain_text("your goal")


async def test_what_is_on_the_way_comes_next_before_all_else_what_opens_most_first(page: Page, paths: Service) -> None:
    await page.add_init_script('localStorage.setItem(\'noteatlas.known\', \'["step-00", "clay", "brick", "sand"]\')')
    await open_map(page, f"{paths.url}/?path=tower&path=step-04")
    following = page.locator("#study .next li")
    await expect(following.first).to_be_visible()
    await until(page, "document.querySelectorAll('#study .next li').length > 3")
    ids = [await item.get_attribute("data-next") for item in await following.all()]
    assert sorted(ids[:3]) == ["plan", "step-01", "wall"]
    assert ids[0] == "step-01"  # which opens another step
    assert not {"plan", "wall", "step-01"} & set(ids[3:])
    await expect(following.first).to_contain_text("on this path · opens up A rather long name, number 02")
    await expect(following.nth(4)).not_to_contain_text("on this path")


async def test_a_phone_has_the_steps_one_below_the_other_with_their_names_beside_them(
    new_page: NewPage, paths: Service
) -> None:
    page = await new_page(**PHONE, reduced_motion="reduce")
    seen = await open_map(page, f"{paths.url}/?path=step-19")
    await page.locator("#tabs [data-to=map]").click()
    await until(page, "NoteAtlas.canvas.labels().length === 20")
    places = sorted(await page.evaluate(PLACES), key=lambda row: row[1])
    assert len({at["x"] for _, _, at in places}) == 1
    assert [at["y"] for _, _, at in places] == sorted(at["y"] for _, _, at in places)
    labels = {label["id"]: label for label in await page.evaluate("NoteAtlas.canvas.labels()")}
    for node, _, at in places:
        assert labels[node]["left"] > at["x"]
        assert labels[node]["top"] < at["y"] < labels[node]["bottom"]
    first = await page.evaluate("NoteAtlas.canvas.pointOf('step-00')")
    right = await page.evaluate(
        "NoteAtlas.canvas.inWindow({x: Math.max(...NoteAtlas.canvas.labels().map((l) => l.right)), y: 0}).x"
    )
    assert 0 < first["y"] < 120
    assert right <= 390
    assert await page.evaluate("NoteAtlas.canvas.scale()") > 0.9  # which can be read
    lines = await page.evaluate("NoteAtlas.canvas.drawing().lines.map((l) => l.to.y > l.from.y)")
    assert all(lines)
    await page.set_viewport_size({"width": 1200, "height": 800})
    await until(
        page, "new Set([...NoteAtlas.canvas.concepts.keys()].map((id) => NoteAtlas.canvas.position(id).x)).size > 2"
    )
    await page.set_viewport_size({"width": 390, "height": 844})
    await until(
        page, "new Set([...NoteAtlas.canvas.concepts.keys()].map((id) => NoteAtlas.canvas.position(id).x)).size === 1"
    )
    assert seen.troubles() == []


async def test_numbers_on_a_broad_map_read_like_a_text(page: Page, paths: Service) -> None:
    await open_map(page, f"{paths.url}/?path=step-19")
    areas = await page.evaluate("NoteAtlas.canvas.drawing().areas")
    places = await page.evaluate(PLACES)

    def band(at: dict[str, float]) -> int:
        return next((i for i, a in enumerate(areas) if abs(at["y"] - a["y"]) <= a["height"] / 2), 0)

    read = sorted(places, key=lambda row: (band(row[2]), row[2]["x"], row[2]["y"]))
    assert [number for _, number, _ in read] == list(range(1, 21))
