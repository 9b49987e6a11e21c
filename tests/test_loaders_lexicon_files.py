"""A lexicon of one's own: what docs/lexicon.md says is read, another field's notes work, and slips are named."""

import re
from pathlib import Path

import pytest

from graph.errors import InputError
from graph.model import ConceptKind, Origin, RelationType, Source
from loaders.extract import extract_texts
from loaders.lexicon import default_lexicon
from loaders.lexicon.files import read_lexicon
from loaders.mentions import find_mentions
from tests.command_line import noteatlas

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "lexicon.md").read_text(encoding="utf-8")
BAKING, NOTES, SAID = (
    re.search(rf"^```{block}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]
    for block in ("yaml", "markdown", "text")
)


def write(folder: Path, **files: str) -> list[Path]:
    """Write files NAME.yaml and return their paths."""
    paths = [folder / f"{name}.yaml" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_the_documented_lexicon_reads_the_documented_notes(tmp_path: Path) -> None:
    lexicon = read_lexicon(write(tmp_path, baking=BAKING), shipped=False)
    graph = extract_texts([(Source("bread.md", "markdown", "Bread", "0" * 64), NOTES)], lexicon=lexicon)["bread.md"]
    shown = [f"{r.source} {r.type.value} {r.target}" for r in graph.relations if r.origin is not Origin.INFERRED]
    assert sorted(shown) == SAID.splitlines()
    assert {c.id for c in graph.concepts} == {t for t in lexicon.terms if t != "proof-box"}
    proofing = graph.concept("proofing")
    assert proofing is not None
    assert proofing.aliases == ("final rise", "醒发")
    assert any("proof of this dough" in p.text and "proofing" in p.concepts for p in graph.passages)


def test_every_section_and_field_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)
    assert rows == ["subject", "concepts", "ambiguous", "facts", "id", "names", "kind", "isa", "weak", "exact"]
    assert all(kind.value in DOCUMENT for kind in ConceptKind)


def test_a_lexicon_extends_the_shipped_one_or_replaces_it(tmp_path: Path) -> None:
    paths = write(tmp_path, baking=BAKING)
    own, both = read_lexicon(paths, shipped=False), read_lexicon(paths)
    assert set(both.terms) == set(own.terms) | set(default_lexicon().terms)
    assert both.facts[("levain", "wild-yeast")] == {RelationType.USES}
    assert both.facts.items() >= default_lexicon().facts.items()
    assert both.find("天然酵种") == own.find("levain")
    assert own.find("Adam") is None
    assert read_lexicon([]) is default_lexicon()
    assert len(read_lexicon([], shipped=False)) == 0


def test_a_known_id_gains_names_and_a_folder_is_its_files_by_name(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="concepts: [{id: adam, names: [Optimizer of the First Man]}, {id: tea, names: [Tea, 茶]}]",
        b="concepts: [{id: tea, kind: tool, names: [cha]}]",
        c="[{name: cuppa, choose: [{concept: tea, near: [mug]}]}]",
    )
    (tmp_path / "notes.txt").write_text("not: [a lexicon", encoding="utf-8")
    lexicon = read_lexicon([tmp_path])
    adam = lexicon.find("optimizer of the first man")
    assert adam == lexicon.find("Adam")
    assert adam is not None
    assert (adam.kind, adam.name) == (ConceptKind.OPTIMIZER, "Adam")
    assert (lexicon.terms["tea"].names, lexicon.terms["tea"].kind) == (("Tea", "茶", "cha"), ConceptKind.TOOL)
    assert [c.concept for c in lexicon.ambiguous["cuppa"]] == ["tea"]


def test_own_meanings_come_before_the_shipped_ones_of_an_ambiguous_name(tmp_path: Path) -> None:
    rows = "ambiguous: [{name: LR, choose: [{concept: lira, near: [bank]}]}]"
    text = f"concepts: [{{id: lira, names: [Turkish Lira]}}]\n{rows}"
    meanings = [c.concept for c in read_lexicon(write(tmp_path, money=text)).ambiguous["lr"]]
    assert meanings == ["lira", "logistic-regression", "learning-rate"]


def test_an_ambiguous_name_that_is_a_word_must_have_its_capitals(tmp_path: Path) -> None:
    """Whatever stands near it: "is" is never IS. Also when the lexicon is extended."""
    near = "generated images, GAN, FID, inception"
    for lexicon in (default_lexicon(), read_lexicon(write(tmp_path, baking=BAKING))):
        assert [m.concept for m in find_mentions("The score is high.", lexicon, document=near)] == []
        assert [m.concept for m in find_mentions("Its IS rose.", lexicon, document=near.casefold())] == [
            "inception-score"
        ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("concepts: [", "not YAML: did not find expected node content in line 2"),
        ("just words", "needs concepts, ambiguous or facts"),
        ("subject: tea", "needs concepts, ambiguous or facts"),
        ("concept: [{id: tea, names: [Tea]}]\nfacts: {}", "unknown field 'concept'"),
        ("concepts: {id: tea}", "a list `concepts`"),
        ("concepts: [{id: tea, names: [Tea], is_a: drink}]", "tea: unknown field 'is_a'"),
        ("concepts: [{id: tea, names: [Tea], kind: drink}]", "tea: unknown kind 'drink'"),
        ("concepts: [{id: tea, names: [on]}]", "tea: YAML reads True where a word should be; put it in quotes"),
        ("concepts: [{id: tea, names: [Tea, ~]}]", "tea: YAML reads None where a word should be"),
        ("concepts: [{id: tea, names: [[Tea]]}]", "tea: names is not a list of words"),
        ("concepts: [{id: tea, names: [Tea], weak: Tea}]", "tea: weak is not a list of words"),
        ("concepts: [{id: tea, names: ['--']}]", "tea: a name needs letters"),
        ("concepts: [{id: tea, names: [Tea], isa: drink}]", "no concept has the id 'drink'"),
        ("concepts: [{id: tea, names: [Tea]}, {id: tea, names: [Cha]}]", "tea: this id is given twice"),
        ("concepts: [{id: tea, names: [Tea]}]\nfacts: {tea: uses water}", "no concept has the id 'water'"),
        ("concepts: [{id: tea, names: [Tea]}]\nfacts: {tea: likes tea}", "tea: unknown relation 'likes'"),
        ("[{name: T, choose: [{concept: tea, near: [cup]}]}]", "no concept has the id 'tea'"),
        ("[{name: T, choose: [{concept: adam, near: cup}]}]", "T: near is not a list of words"),
        ("[{name: T, choose: [{concept: adam, near: []}]}]", "T: each meaning needs words"),
        ("&a [*a]", "YAML reads a list where a word should be"),
        (
            "concepts: [{id: tea, names: [Tea, T]}, {id: time, names: [Time, t]}]",
            "names of two concepts: 'T' (tea and time); say in `ambiguous` what chooses between them",
        ),
        ("concepts: [{id: first-man, names: [Adam]}]", "names of two concepts: 'Adam' (adam and first-man)"),
    ],
)
def test_a_slip_is_one_line_that_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_lexicon(write(tmp_path, mine=text))
    assert str(caught.value).startswith(f"{tmp_path / 'mine.yaml'}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_names_of_two_concepts_are_counted(tmp_path: Path) -> None:
    names = ", ".join(f"word{n}" for n in range(8))
    text = f"concepts: [{{id: a, names: [{names}]}}, {{id: b, names: [{names}]}}]"
    with pytest.raises(InputError, match=r"'word0' \(a and b\), .* and 3 more;"):
        read_lexicon(write(tmp_path, mine=text))


def test_the_commands_take_a_lexicon_and_change_nothing_if_it_is_refused(tmp_path: Path) -> None:
    """By option and by setting; a store is not even made before the lexicon is known to be usable."""
    write(tmp_path, baking=BAKING, broken="concepts: [")
    (tmp_path / "bread.md").write_text(NOTES, encoding="utf-8")
    options = ["--no-lexicon", "--lexicon", "baking.yaml"]
    settings = {"NOTEATLAS_NO_LEXICON": "1", "NOTEATLAS_LEXICON": "baking.yaml"}
    said = noteatlas("extract", "bread.md", *options, cwd=tmp_path)
    assert {n["id"] for n in said.json["nodes"]} >= {"levain", "poolish"}
    assert noteatlas("extract", "bread.md", cwd=tmp_path, env=settings) == said
    assert noteatlas("load", "bread.md", *options, "--json", cwd=tmp_path).json["total"]["concepts_added"] == 7
    for lexicon, message in (("broken.yaml", "broken.yaml: not YAML"), ("none.yaml", "none.yaml: No such file")):
        refused = noteatlas("load", "bread.md", "--lexicon", lexicon, "--store", "new", cwd=tmp_path)
        assert refused.status == 1
        assert message in refused.complaint
    assert not (tmp_path / "new").exists()
