"""What heads say of their lists and tables of their cells, row by row of a data file."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.model import Origin, Relation, RelationType, Source
from loaders.extract import extract_texts

DATA = Path(__file__).parent / "data" / "lists.yaml"
ROWS: list[dict[str, Any]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))


@cache
def _said() -> list[list[Relation]]:
    """What each row says; each is a source of its own."""
    texts = [(Source(f"{n}.md", "markdown", "", "0" * 64), row["text"]) for n, row in enumerate(ROWS)]
    graphs = extract_texts(texts, phrasings_only=True)
    said = (Origin.STATED, Origin.STRUCTURAL)
    return [
        [r for r in graphs[f"{n}.md"].relations if r.origin in said and r.type is not RelationType.IN_TOPIC]
        for n in range(len(ROWS))
    ]


@pytest.mark.parametrize("n", [pytest.param(n, id=row["text"].split("\n")[0]) for n, row in enumerate(ROWS)])
def test_a_list_says_exactly_what_its_row_says(n: int) -> None:
    found = {
        f"{r.source} {r.type.value} {r.target}" + (" structural" if r.origin is Origin.STRUCTURAL else "")
        for r in _said()[n]
    }
    assert found == set(ROWS[n]["says"])


def test_evidence_is_the_item_and_its_head() -> None:
    (relation,) = (r for r in _said()[0] if r.source == "early-stopping")
    assert [(e.line, e.text) for e in relation.evidence] == [
        (4, "Use early stopping"),
        (1, "Ways to reduce overfitting:"),
    ]


def test_a_label_without_a_concept_is_surer_of_nothing() -> None:
    """The concept that a list stands under is a guess, the one that its head names is not."""
    named = next(r for row in _said() for r in row if r.evidence[0].rule == "en.list.applications")
    said = next(r for row in _said() for r in row if r.evidence[0].rule == "en.list.remedies")
    assert named.confidence < said.confidence
