"""`noteatlas score`: figures that add up, what each rule does, folds that judge rules on other files."""

import json
from pathlib import Path

import pytest

from graph.errors import InputError, UnreadableSource
from loaders.lexicon import Lexicon
from loaders.scoring import Judged, find_cases, fold_scores, judge, pooled, rule_records
from tests.command_line import noteatlas

NOTES = {
    "01": "# Optimizers\n\nAdam combines Momentum and RMSprop. Adam outperforms Dropout.\n",
    "02": "# Normalization\n\nLayerNorm differs from BatchNorm. BERT uses LayerNorm.\n",
    "03": "# Models\n\nGPT-2 uses LayerNorm. ResNet uses Dropout.\n",
    "04": "# Losses\n\nFocal loss extends cross-entropy.\n",
}
ROWS = {
    "01": [("adam", "COMBINES", "momentum"), ("adam", "COMBINES", "rmsprop"), ("adam", "USES", "momentum")],
    "02": [("layernorm", "CONTRASTS_WITH", "batchnorm"), ("bert", "USES", "layernorm")],
    "03": [("gpt-2", "USES", "layernorm")],
    "04": [("focal-loss", "EXTENDS", "cross-entropy")],
}
NAMES = {
    "01": ["Optimizers", "Adam", "Momentum", "RMSprop", "Dropout"],
    "02": ["Normalization", "LayerNorm", "BatchNorm", "BERT"],
    "03": ["GPT-2", "LayerNorm", "ResNet", "Dropout"],
    "04": ["Focal Loss", "Cross-Entropy"],
}


def gold_of(number: str) -> dict[str, object]:
    """The gold of one of the files."""
    concepts = [{"id": n.lower().replace(" ", "-"), "name": n, "lines": [3]} for n in NAMES[number]]
    relations = [{"source": s, "type": t, "target": o, "line": 3, "evidence": ""} for s, t, o in ROWS[number]]
    return {"concepts": concepts, "relations": relations}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder NN-name.md with NN.json."""
    for number, text in NOTES.items():
        (tmp_path / f"{number}-notes.md").write_text(text, encoding="utf-8")
        (tmp_path / f"{number}.json").write_text(json.dumps(gold_of(number)), encoding="utf-8")
    return tmp_path


def judged(folder: Path) -> list[Judged]:
    """All files, as the phrasings read them."""
    return [judge(case, phrasings_only=True) for case in find_cases(folder)]


def test_counts_add_up_over_files(folder: Path) -> None:
    rows = judged(folder)
    total = pooled(each.score for each in rows)
    assert total.relations.right == sum(each.score.relations.right for each in rows) == 6
    assert total.relations.wrong == 2
    assert (total.relations.found, total.relations.missed) == (6, 1)


def test_a_rule_has_its_right_and_wrong_relations_and_files(folder: Path) -> None:
    records = {r.rule: r for r in rule_records(judged(folder))}
    uses = records["en.uses"]
    assert (uses.fired, uses.right, uses.wrong, uses.files_right, uses.files_wrong) == (3, 2, 1, 2, 1)
    assert not uses.is_suspect
    combines = next(r for name, r in records.items() if name.startswith("en.combines"))
    assert (combines.right, combines.files_right, combines.is_suspect) == (2, 1, True)
    assert list(records) == sorted(records)


def test_folds_keep_only_the_rules_that_other_files_bear_out(folder: Path) -> None:
    """USES is right in 02 and 03, each of which speaks for the other; all others are right in one file alone."""
    rows = judged(folder)
    folds = fold_scores(rows, 4)
    assert [score.relations.right for score, _ in folds] == [0, 0, 1, 0]
    assert folds[2][0].relations.wrong == 1
    assert "en.uses" in folds[1][1]  # in 03 it is as often wrong as right
    assert "en.uses" not in folds[2][1]
    assert pooled(score for score, _ in folds).concepts == pooled(each.score for each in rows).concepts


@pytest.mark.parametrize("folds", [1, 5])
def test_folds_need_files(folder: Path, folds: int) -> None:
    with pytest.raises(InputError, match="4 files cannot be dealt"):
        fold_scores(judged(folder), folds)


def test_a_folder_may_part_notes_and_gold_and_numbers_may_be_picked(folder: Path, tmp_path: Path) -> None:
    parted = tmp_path / "parted"
    for name in ("notes", "gold"):
        (parted / name).mkdir(parents=True)
    for file in folder.glob("0[12]*"):
        (parted / ("gold" if file.suffix == ".json" else "notes") / file.name).write_bytes(file.read_bytes())
    assert [c.name for c in find_cases(parted)] == ["01", "02"]
    assert [c.name for c in find_cases(folder, only=["03", "01"])] == ["01", "03"]


def test_without_the_lexicon_only_what_the_notes_introduce_is_found(folder: Path) -> None:
    case = find_cases(folder, only=["02"])[0]
    assert judge(case, lexicon=Lexicon(())).score.concepts.found < judge(case).score.concepts.found == 4


def test_lines_and_terms_limit_what_is_counted(folder: Path) -> None:
    case = find_cases(folder, only=["03"])[0]
    assert judge(case, lines=range(1, 2)).score.relations.wrong == 0
    gold = folder / "03.json"
    gold.write_text(json.dumps(gold_of("03") | {"concepts": [{"id": "gpt-2", "name": "GPT-2"}]}), encoding="utf-8")
    assert judge(case).score.concepts.wrong > judge(case, terms=frozenset({"ResNet", "Dropout"})).score.concepts.wrong


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "no gold"),
        ("{}", "no gold"),
        ('{"concepts": [{"id": "x"}], "relations": []}', "a row of concepts has no name"),
        ('{"concepts": [], "relations": [{"source": "x", "type": "USES"}]}', "a row of relations has no target"),
        ('{"concepts": ["x"], "relations": []}', "a row of concepts has no id"),
    ],
)
def test_gold_that_is_none_is_named(folder: Path, content: str, reason: str) -> None:
    (folder / "01.json").write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableSource, match=reason):
        judge(find_cases(folder)[0])


def test_the_command_prints_figures_rules_folds_and_mistakes(folder: Path) -> None:
    found = noteatlas("score", ".", "--phrasings-only", "--rules", "--folds", "2", "--json", cwd=folder).json
    assert [row["name"] for row in found["files"]] == ["01", "02", "03", "04"]
    assert found["pooled"]["relations"] == {
        "precision": 0.75, "recall": 0.8571, "right": 6, "wrong": 2, "found": 6, "missed": 1,
    }  # fmt: skip
    assert len(found["folds"]["each"]) == 2
    assert {r["rule"]: r["suspect"] for r in found["rules"]}["en.uses"] is False
    text = noteatlas("score", ".", "--phrasings-only", "--rules", "--show", "1", "--only", "01", cwd=folder).text
    assert "missed relations (1)\n    adam USES momentum 3" in text
    assert "suspect" in text


def test_one_file_of_notes_may_have_a_folder_of_gold(folder: Path) -> None:
    gold = folder / "gold-of-two"
    gold.mkdir()
    for name, rows in gold_of("02").items():
        (gold / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")  # type: ignore[call-overload]
    found = noteatlas("score", "gold-of-two", "--notes", "02-notes.md", "--lines", "1-9", "--json", cwd=folder).json
    assert found["pooled"]["concepts"]["recall"] == 1
    assert found["folds"] is None


def test_what_cannot_be_scored_is_named_and_the_rest_is_scored(folder: Path) -> None:
    (folder / "02.json").write_text("{", encoding="utf-8")
    result = noteatlas("score", ".", "--json", cwd=folder)
    assert result.status == 1
    assert [row["name"] for row in json.loads(result.stdout)["files"]] == ["01", "03", "04"]
    assert "02.json: no gold" in result.stderr
    for arguments, message in (
        (["score", "none"], "no folder of NN-name.md and NN.json"),
        (["score", ".", "--only", "09"], "no gold called 09.json"),
        (["score", ".", "--terms", "none.txt"], "none.txt: No such file"),
        (["score", ".", "--folds", "9"], "files cannot be dealt into 9 folds"),
    ):
        refused = noteatlas(*arguments, cwd=folder)
        assert refused.status == 1
        assert message in refused.stderr.splitlines()[-1]
