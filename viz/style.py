"""How things look: one row per relation type, per kind of concept and per colour, read by the page and its legend.

Relation types share a colour by what they do for a reader (builds on, is, compares, acts, order, topic); kinds of
concept share a shape and a colour likewise. A colour is a pair, for light and for dark pages. None is the only
carrier of a meaning: every legend row has words, a chosen relation shows its verb, kinds differ in shape, and the
origin is told by the dash. Edge and node colours reach a contrast of 3 against both papers (WCAG 2.2, 1.4.11), text
colours 4.5 (1.4.3); `tests/test_viz_style.py` computes it. The hues start from the palette that Okabe and Ito
published for colour-blind readers ("Color Universal Design", 2008), darkened or lightened to reach those contrasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from graph.model import RELATION_TYPES, ConceptKind, Origin, Relation, RelationType

__all__ = [
    "COLOURS",
    "DASHES",
    "KIND_FAMILIES",
    "KIND_WORDS",
    "RELATION_FAMILIES",
    "TEXT_COLOURS",
    "Colour",
    "KindFamily",
    "RelationRow",
    "relation_row",
    "relation_rows",
    "style_table",
    "theme_css",
]


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour of the page, as `#rrggbb`, by its name in the style sheet (`--name`)."""

    name: str
    light: str
    dark: str


PAPER = Colour("paper", "#fdfdfb", "#14171b")
TEXT_COLOURS = (
    Colour("ink", "#1d2126", "#e4e6e8"),
    Colour("quiet", "#5c636b", "#a0a7af"),
    Colour("link", "#00598c", "#7cc4f0"),
)
"""Colours that text is set in, on paper and on panels."""

_SURFACES = (
    PAPER,
    Colour("panel", "#f5f5f1", "#1b1f24"),
    Colour("line", "#dcdcd5", "#32383f"),
    Colour("mark", "#fdeeb0", "#57490f"),
    Colour("area", "#f1f1ea", "#1c2127"),
)

_DRAWN = (
    Colour("builds", "#0072b2", "#56b4e9"),
    Colour("is", "#00805f", "#2fc59d"),
    Colour("compares", "#a8457f", "#e08fc2"),
    Colour("acts", "#b84d00", "#f0944d"),
    Colour("order", "#43484e", "#c9ccd1"),
    Colour("topic", "#7f858d", "#737a83"),
    Colour("k-topic", "#1d2126", "#e4e6e8"),
    Colour("k-method", "#3d6a94", "#7ea9d1"),
    Colour("k-measure", "#8a6d00", "#d3b445"),
    Colour("k-problem", "#b0413e", "#ec8a85"),
    Colour("k-other", "#777d84", "#8f969e"),
    Colour("ring", "#d55e00", "#ffb000"),
)

COLOURS = (*TEXT_COLOURS, *_SURFACES, *_DRAWN)

DASHES: Mapping[Origin, tuple[int, int] | None] = MappingProxyType(
    {Origin.CURATED: None, Origin.STATED: None, Origin.STRUCTURAL: (2, 4), Origin.INFERRED: (8, 5)}
)
"""Length of dash and gap by origin; None is a solid line."""

CUT_DASH = (1, 5)
"""The same of a prerequisite that a path's order goes against."""

RELATION_FAMILIES: Mapping[RelationType, str] = MappingProxyType(
    {
        RelationType.EXTENDS: "builds",
        RelationType.GENERALIZES: "builds",
        RelationType.COMBINES: "builds",
        RelationType.USES: "builds",
        RelationType.IS_A: "is",
        RelationType.PART_OF: "is",
        RelationType.CONTRASTS_WITH: "compares",
        RelationType.EQUIVALENT_TO: "compares",
        RelationType.SOLVES: "acts",
        RelationType.CAUSES: "acts",
        RelationType.EVALUATES: "acts",
        RelationType.APPLIED_TO: "acts",
        RelationType.PREREQUISITE_OF: "order",
        RelationType.IN_TOPIC: "topic",
    }
)
"""The colour of each relation type, in the order of the legend."""


@dataclass(frozen=True, slots=True)
class KindFamily:
    """Kinds of concept that are drawn alike: a vis-network shape, a colour, and what the legend calls them."""

    key: str
    shape: str
    colour: str
    en: str
    zh: str
    kinds: tuple[ConceptKind, ...]


KIND_FAMILIES = (
    KindFamily("topic", "diamond", "k-topic", "topic", "主题", (ConceptKind.TOPIC,)),
    KindFamily(
        "method",
        "dot",
        "k-method",
        "method, model, part",
        "方法、模型、部件",
        (ConceptKind.METHOD, ConceptKind.MODEL, ConceptKind.LAYER, ConceptKind.OPTIMIZER, ConceptKind.TOOL),
    ),
    KindFamily("measure", "square", "k-measure", "metric, loss", "指标、损失", (ConceptKind.METRIC, ConceptKind.LOSS)),
    KindFamily(
        "problem",
        "triangle",
        "k-problem",
        "problem, exercise",
        "问题、练习",
        (ConceptKind.PROBLEM, ConceptKind.EXERCISE),
    ),
    KindFamily("other", "dot", "k-other", "property, other", "性质、其他", (ConceptKind.PROPERTY, ConceptKind.OTHER)),
)

KIND_WORDS: Mapping[ConceptKind, tuple[str, str]] = MappingProxyType(
    {
        ConceptKind.TOPIC: ("topic", "主题"),
        ConceptKind.METHOD: ("method", "方法"),
        ConceptKind.MODEL: ("model", "模型"),
        ConceptKind.METRIC: ("metric", "指标"),
        ConceptKind.LOSS: ("loss", "损失"),
        ConceptKind.OPTIMIZER: ("optimizer", "优化器"),
        ConceptKind.LAYER: ("layer", "层"),
        ConceptKind.PROBLEM: ("problem", "问题"),
        ConceptKind.PROPERTY: ("property", "性质"),
        ConceptKind.TOOL: ("tool", "工具"),
        ConceptKind.EXERCISE: ("exercise", "练习"),
        ConceptKind.OTHER: ("concept", "概念"),
    }
)


@dataclass(frozen=True, slots=True)
class RelationRow:
    """What one switch of the legend governs: a relation type, or the inferred part of PREREQUISITE_OF.

    Prerequisites are two rows because the inferred ones follow from the relations that are already drawn: they would
    double every arrow, while a stated one is news.
    """

    key: str
    type: RelationType
    inferred: bool
    shown: bool


def relation_rows() -> tuple[RelationRow, ...]:
    """Return the rows of the legend, in its order, each with whether it is on when nobody has asked otherwise."""
    rows: list[RelationRow] = []
    for kind in RELATION_FAMILIES:
        rows.append(RelationRow(kind.value, kind, inferred=False, shown=kind is not RelationType.IN_TOPIC))
        if kind is RelationType.PREREQUISITE_OF:
            rows.append(RelationRow(f"{kind.value}:inferred", kind, inferred=True, shown=False))
    return tuple(rows)


def relation_row(relation: Relation) -> str:
    """Return the key of the legend's row that governs `relation`."""
    inferred = relation.type is RelationType.PREREQUISITE_OF and relation.origin is Origin.INFERRED
    return f"{relation.type.value}:inferred" if inferred else relation.type.value


def style_table() -> dict[str, object]:
    """Return all rows as the plain values that the page's script reads; colours by their names."""
    return {
        "rows": [
            {"key": row.key, "type": row.type.value, "inferred": row.inferred, "colour": RELATION_FAMILIES[row.type]}
            for row in relation_rows()
        ],
        "types": {
            kind.value: {
                "label": {"en": info.label_en, "zh": info.label_zh},
                "inverse": {"en": info.inverse_en, "zh": info.inverse_zh},
                "symmetric": info.symmetric,
            }
            for kind, info in RELATION_TYPES.items()
        },
        "families": [
            {"key": f.key, "shape": f.shape, "colour": f.colour, "label": {"en": f.en, "zh": f.zh}}
            for f in KIND_FAMILIES
        ],
        "kinds": {
            kind.value: {"family": f.key, "label": {"en": KIND_WORDS[kind][0], "zh": KIND_WORDS[kind][1]}}
            for f in KIND_FAMILIES
            for kind in f.kinds
        },
        "dashes": {origin.value: list(dash) if dash else False for origin, dash in DASHES.items()},
    }


def theme_css() -> str:
    """Return the colours as custom properties of a style sheet.

    The dark ones hold where the system asks for them (`prefers-color-scheme`); `data-theme`, "light" or "dark", on the
    root element says otherwise.
    """
    light = "color-scheme:light;" + "".join(f"--{c.name}:{c.light};" for c in COLOURS)
    dark = "color-scheme:dark;" + "".join(f"--{c.name}:{c.dark};" for c in COLOURS)
    return (
        f":root{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f":root[data-theme=dark]{{{dark}}}\n"
    )
