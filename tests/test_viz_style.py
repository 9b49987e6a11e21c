"""The table of looks: complete, and readable in light and in dark."""

import pytest

from graph.model import ConceptKind, Origin, Relation, RelationType
from viz.style import (
    COLOURS,
    DASHES,
    KIND_FAMILIES,
    KIND_WORDS,
    PAPER,
    RELATION_FAMILIES,
    TEXT_COLOURS,
    Colour,
    relation_row,
    relation_rows,
    style_table,
    theme_css,
)

SURFACES = [c for c in COLOURS if c.name in {"paper", "panel", "mark", "area"}]
LINES = [c for c in COLOURS if c.name in {*RELATION_FAMILIES.values(), *(f.colour for f in KIND_FAMILIES), "ring"}]


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_type_kind_and_origin_has_a_look() -> None:
    assert set(RELATION_FAMILIES) == set(RelationType)
    assert sorted(k for f in KIND_FAMILIES for k in f.kinds) == sorted(ConceptKind)
    assert set(KIND_WORDS) == set(ConceptKind)
    assert set(DASHES) == set(Origin)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("surface", SURFACES, ids=lambda c: c.name)
def test_text_has_a_contrast_of_4_5_on_every_surface(theme: str, surface: Colour) -> None:
    names = TEXT_COLOURS if surface.name != "mark" else TEXT_COLOURS[:1]  # only ink is set on a mark
    found = {c.name: contrast(getattr(c, theme), getattr(surface, theme)) for c in names}
    assert min(found.values()) >= 4.5, found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_and_lines_have_a_contrast_of_3_on_paper_and_areas(theme: str) -> None:
    area = next(c for c in COLOURS if c.name == "area")
    found = {
        (c.name, ground.name): contrast(getattr(c, theme), getattr(ground, theme))
        for c in LINES
        for ground in (PAPER, area)
    }
    assert min(found.values()) >= 3, sorted(found.items(), key=lambda item: item[1])[:3]


def test_kinds_differ_in_shape_or_filling_not_only_in_colour() -> None:
    shapes = [f.shape for f in KIND_FAMILIES]
    assert len(set(shapes)) == len(shapes) - 1
    assert [f.key for f in KIND_FAMILIES if f.shape == "dot"] == ["method", "other"]  # "other" is drawn hollow


def test_topics_and_inferred_prerequisites_are_off_at_first_and_nothing_else() -> None:
    assert {row.key for row in relation_rows() if not row.shown} == {"IN_TOPIC", "PREREQUISITE_OF:inferred"}


def test_every_relation_is_governed_by_one_row() -> None:
    keys = [row.key for row in relation_rows()]
    assert len(set(keys)) == len(keys)
    assert {relation_row(Relation("a", t, "b", o)) for t in RelationType for o in Origin} == set(keys)


def test_the_script_gets_a_colour_for_every_row_and_kind() -> None:
    table, names = style_table(), {c.name for c in COLOURS}
    assert {row["colour"] for row in table["rows"]} <= names  # type: ignore[index,attr-defined]
    assert {family["colour"] for family in table["families"]} <= names  # type: ignore[index,attr-defined]
    assert all(f"--{name}:" in theme_css() for name in names)
