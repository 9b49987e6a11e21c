"""What sentences state, row by row: the phrasings of both languages are data, and so are their tests.

`data/relations.<language>.yaml` says how a row is read. A row is all or nothing: what is stated beyond it is an error.
"""

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.model import KnowledgeGraph, Origin, Relation, RelationType, Source
from loaders.extract import extract_texts
from loaders.phrasing import phrasings

DATA = Path(__file__).parent / "data"
ROWS: dict[str, list[dict[str, Any]]] = {
    language: yaml.safe_load((DATA / f"relations.{language}.yaml").read_text(encoding="utf-8"))
    for language in ("zh", "en")
}
each_row = pytest.mark.parametrize(
    "row", [pytest.param(row, id=row["text"]) for row in chain.from_iterable(ROWS.values())]
)


def _read(row: dict[str, Any]) -> KnowledgeGraph:
    text = f"# {row['under']}\n\n{row['text']}" if "under" in row else row["text"]
    return extract_texts([(Source("row.md", "markdown", "Row", "0" * 64), text)])["row.md"]


def _stated(graph: KnowledgeGraph) -> list[Relation]:
    return [r for r in graph.relations if r.origin is Origin.STATED]


def _expected(says: list[str]) -> set[tuple[str, str, str]]:
    """Expand `A COMBINES B + C`: a relation per ingredient."""
    rows = (line.split(" ", 2) for line in says)
    return {(a, kind, b) for a, kind, rest in rows for b in rest.split(" + ")}


@each_row
def test_a_sentence_states_exactly_what_its_row_says(row: dict[str, Any]) -> None:
    found = {(r.source, r.type.value, r.target) for r in _stated(_read(row))}
    assert not found & _expected(row.get("not", [])), "read the tempting way"
    assert found == _expected(row.get("says", []))


@pytest.mark.parametrize("row", [r for r in chain(*ROWS.values()) if "COMBINES" in str(r.get("says"))], ids=str)
def test_the_ingredients_of_one_statement_share_one_group(row: dict[str, Any]) -> None:
    groups = {r.group for r in _stated(_read(row)) if r.type is RelationType.COMBINES}
    assert len(groups) == 1
    assert None not in groups


@pytest.mark.parametrize("language", ROWS)
def test_every_rule_of_a_language_is_read_by_some_row(language: str) -> None:
    used = {e.rule for row in ROWS[language] for r in _stated(_read(row)) for e in r.evidence}
    assert {rule.name for rule in phrasings(language)} - used == set()
