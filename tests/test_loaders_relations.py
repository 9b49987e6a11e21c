"""What sentences state, row by row: the phrasings of both languages are data, and so are their tests.

`data/relations.<language>.yaml` says how a row is read. A row is all or nothing: what is stated beyond it is an error.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.model import Origin, Relation, RelationType, Source
from loaders.extract import extract_texts
from loaders.phrasing import phrasings

DATA = Path(__file__).parent / "data"
ROWS: dict[str, dict[str, Any]] = {
    f"{language}-{n}.md": row
    for language in ("zh", "en")
    for n, row in enumerate(yaml.safe_load((DATA / f"relations.{language}.yaml").read_text(encoding="utf-8")), 1)
}


@cache
def _stated() -> dict[str, list[Relation]]:
    """What each row states; each is a source of its own, and all are read at once, which is much faster."""
    texts = [
        (
            Source(path, "markdown", path, "0" * 64),
            f"# {row['under']}\n\n{row['text']}" if "under" in row else row["text"],
        )
        for path, row in ROWS.items()
    ]
    graphs = extract_texts(texts, phrasings_only=True)
    return {path: [r for r in graphs[path].relations if r.origin is Origin.STATED] for path in ROWS}


def _expected(says: list[str]) -> set[tuple[str, str, str]]:
    """Expand `A COMBINES B + C`: a relation per ingredient."""
    rows = (line.split(" ", 2) for line in says)
    return {(a, kind, b) for a, kind, rest in rows for b in rest.split(" + ")}


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path}: {row['text']}") for path, row in ROWS.items()])
def test_a_sentence_states_exactly_what_its_row_says(path: str) -> None:
    found = {(r.source, r.type.value, r.target) for r in _stated()[path]}
    assert not found & _expected(ROWS[path].get("not", [])), "read the tempting way"
    assert found == _expected(ROWS[path].get("says", []))


@pytest.mark.parametrize("path", [path for path, row in ROWS.items() if " COMBINES " in str(row.get("says"))])
def test_the_ingredients_of_one_statement_share_one_group(path: str) -> None:
    groups = {r.group for r in _stated()[path] if r.type is RelationType.COMBINES}
    assert len(groups) == 1
    assert None not in groups


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_of_a_language_is_read_by_some_row(language: str) -> None:
    used = {e.rule for rows in _stated().values() for r in rows for e in r.evidence}
    assert {rule.name for rule in phrasings(language)} - used == set()


def test_a_row_is_written_once_and_in_the_words_of_the_model() -> None:
    texts = [(path[:2], row.get("under"), row["text"]) for path, row in ROWS.items()]
    assert len(set(texts)) == len(texts)
    types = {t.value for t in RelationType}
    for row in ROWS.values():
        assert set(row) <= {"text", "under", "says", "not"}
        assert all(kind in types for _, kind, _ in _expected([*row.get("says", ()), *row.get("not", ())]))


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("- [XGBoost extends GBDT](https://example.org/a)", False),
        ("[2] Wombat B. XGBoost extends GBDT[J]. Folding Letters, 2031.", False),
        ("[^3]: Wombat et al., XGBoost extends GBDT", False),
        ("- [XGBoost](https://example.org/a) extends GBDT.", True),
        ("[1] XGBoost extends GBDT.", True),
        ("XGBoost extends GBDT ([this page](https://example.org/a)).", True),
    ],
)
def test_what_only_points_elsewhere_states_nothing(text: str, states: bool) -> None:
    (graph,) = extract_texts([(Source("n.md", "markdown", "n", "0" * 64), f"# Trees\n\n{text}\n")]).values()
    assert states is any(r.key == ("xgboost", RelationType.EXTENDS, "gbdt") for r in graph.relations)
