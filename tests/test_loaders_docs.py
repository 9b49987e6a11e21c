"""docs/reading.md tells the truth: its examples are read, its tables are complete, its figures are the code's."""

import re
from functools import cache
from pathlib import Path

import pytest

from graph.model import KnowledgeGraph, Origin, RelationType, Source
from loaders import formats, phrasing, sources
from loaders.extract import extract_texts

READING = (Path(__file__).parents[1] / "docs" / "reading.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```markdown\n(.*?)^```\n\n```text\n(.*?)^```$", READING, re.MULTILINE | re.DOTALL)
PHRASINGS = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", READING, re.MULTILINE)
SENTENCES = [(kind, text) for kind, *texts in PHRASINGS for text in texts]


@cache
def _graphs() -> list[KnowledgeGraph]:
    """The graphs of the examples, then those of the phrasings, read at once."""
    texts = [*(text for text, _ in EXAMPLES), *(text for _, text in SENTENCES)]
    rows = [(Source(f"{n:03}.md", "markdown", str(n), "0" * 64), text) for n, text in enumerate(texts)]
    return list(extract_texts(rows, phrasings_only=True).values())


def _stated(graph: KnowledgeGraph) -> list[str]:
    return [f"{r.source} {r.type.value} {r.target}" for r in graph.relations if r.origin is Origin.STATED]


@pytest.mark.parametrize("n", range(len(EXAMPLES)))
def test_an_example_gives_the_relations_below_it(n: int) -> None:
    assert sorted(_stated(_graphs()[n])) == sorted(EXAMPLES[n][1].splitlines())


@pytest.mark.parametrize("n", range(len(SENTENCES)), ids=[f"{kind}: {text}" for kind, text in SENTENCES])
def test_a_phrasing_is_read_as_its_type(n: int) -> None:
    kinds = [line.split(" ")[1] for line in _stated(_graphs()[len(EXAMPLES) + n])]
    assert kinds
    assert set(kinds) == {SENTENCES[n][0]}


def test_every_type_that_a_sentence_can_state_has_a_phrasing() -> None:
    stated = {rule.type for language in ("zh", "en") for rule in phrasing.phrasings(language)}
    assert [kind for kind, *_ in PHRASINGS] == [t.value for t in sorted(stated, key=[k for k, *_ in PHRASINGS].index)]
    assert len(EXAMPLES) >= 3
    assert READING.count("```") == 4 * len(EXAMPLES)


def test_files_limits_and_origins_are_those_of_the_code() -> None:
    for suffix, form in sources.SUFFIXES.items():
        row = next(line for line in READING.splitlines() if line.startswith("| `.") and f"`{suffix}`" in line)
        assert row.endswith(f"| {formats.FORMATS[form].label} |")
    for limit in {form.max_bytes for form in formats.FORMATS.values()}:
        assert f"{limit:,} bytes" in READING
    assert f"more than {phrasing.MAX_SENTENCE} characters" in READING
    assert re.findall(r"^\| `([a-z]+)` \|", READING, re.MULTILINE) == [
        "stated", "structural", "inferred", "curated",
    ]  # fmt: skip
    assert {o.value for o in Origin} == {"stated", "structural", "inferred", "curated"}
    sure = [rule.confidence for language in ("zh", "en") for rule in phrasing.phrasings(language)]
    assert f"{min(sure)} to {max(sure)}" in READING
    assert set(dict.fromkeys(kind for kind, *_ in PHRASINGS)) <= {t.value for t in RelationType}
