"""The page on paper, in a real Chromium: the map above what is read, as a PDF and as print media."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.api_service import Service
from tests.browser import NewPage
from tests.map_samples import HOSTILE_NAMES
from tests.test_map_page import open_map

pytestmark = pytest.mark.browser

pdfium = pytest.importorskip("pypdfium2")

SHEET = {"width": 718, "height": 1047}  # A4 less a centimetre all round
WHITE, DARK = "rgb(255, 255, 255)", "rgb(20, 23, 27)"


async def printed(page: Page, path: Path) -> list[str]:
    """Print to PDF; return the text of each sheet."""
    await page.pdf(path=path, format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "1cm"))
    document = pdfium.PdfDocument(path)
    try:
        return [sheet.get_textpage().get_text_bounded() for sheet in document]
    finally:
        document.close()


@pytest.mark.parametrize(
    ("query", "above", "below"),
    [
        ("path=GQA", "Learn first", "What to learn for"),
        ("focus=GQA", "Builds on", "Grouped-Query Attention"),
        ("compare=MHA&compare=GQA", "Builds on", "Compared:"),
        ("", "Builds on", "What do you want to look up?"),
    ],
)
async def test_the_map_is_on_the_first_sheet_above_what_is_read(
    new_page: NewPage, small: Service, tmp_path: Path, query: str, above: str, below: str
) -> None:
    """As text, whatever the theme; afterwards the page on the screen is as it was."""
    page = await new_page(color_scheme="dark")
    seen = await open_map(page, f"{small.url}/?{query}")
    await expect(page.locator("#panel h2")).to_contain_text(below)
    first = (await printed(page, tmp_path / "map.pdf"))[0]
    assert above in first
    assert below in first
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == DARK
    assert await page.evaluate("document.querySelector('#print-map').childElementCount") == 0
    assert await page.evaluate("document.documentElement.dataset.theme ?? null") is None
    assert seen.troubles() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_drawing_fits_the_sheet(new_page: NewPage, large: Service, scheme: str) -> None:
    """300 concepts or a few: within the width, leaving room for what is read, in light colours, a theme kept."""
    page = await new_page(color_scheme=scheme)
    seen = await open_map(page, f"{large.url}/?view=all")
    await page.locator("#theme").click()  # light
    await page.locator("#theme").click()  # dark
    await page.emulate_media(media="print", color_scheme=scheme)
    await page.set_viewport_size(SHEET)
    drawing = page.locator("#print-map svg")
    await expect(drawing).to_be_visible()
    box = await drawing.bounding_box()
    heading = await page.locator("#panel h2").bounding_box()
    assert box is not None
    assert heading is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= SHEET["width"]
    assert box["height"] < 0.6 * SHEET["height"]
    assert heading["y"] >= box["y"] + box["height"]
    assert await page.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == WHITE
    marks = await drawing.locator("circle, polygon, g > rect").count()
    assert marks >= 300
    for element in ("#map", "#side", "header"):
        await expect(page.locator(element).first).to_be_hidden()
    await page.emulate_media(media="screen", color_scheme=scheme)
    await expect(drawing).to_have_count(0)
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert seen.troubles() == []


async def test_names_that_try_to_run_are_text_on_paper(page: Page, hostile: Service) -> None:
    seen = await open_map(page, f"{hostile.url}/?view=all")
    await page.emulate_media(media="print")
    tags = set(await page.evaluate("[...document.querySelectorAll('#print-map svg *')].map((e) => e.tagName)"))
    assert tags <= {"g", "rect", "circle", "polygon", "path", "text"}
    drawn = await page.locator("#print-map svg").inner_html()
    assert "&lt;img" in drawn
    assert HOSTILE_NAMES[0] not in drawn
    assert seen.troubles() == []
