"""Vaults of Obsidian and Logseq: a note is a thing, its fields are statements, and what programs add is no text."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import KnowledgeGraph, Origin, Relation, RelationType, Source, merge
from loaders.document import Document
from loaders.extract import extract, extract_texts
from loaders.fields import field_rule, folded_key, means
from loaders.front_matter import read_front_matter
from loaders.lexicon import Lexicon
from loaders.markdown import read_markdown
from loaders.patterns import load_table
from tests.command_line import noteatlas

VAULT = Path(__file__).parent / "data" / "vault"
T = RelationType


def _load(notes: dict[str, str], lexicon: Lexicon | None = None) -> KnowledgeGraph:
    rows = [(Source(path, "markdown", path, "0" * 64), text) for path, text in notes.items()]
    return merge(extract_texts(rows, lexicon=lexicon, phrasings_only=True))


def _said(graph: KnowledgeGraph, *, fields: bool = True) -> set[tuple[str, str, str]]:
    return {r.key for r in graph.relations if any(e.rule.startswith("field.") for e in r.evidence) or not fields}


def _row(graph: KnowledgeGraph, source: str, kind: RelationType, target: str) -> Relation:
    return next(r for r in graph.relations if r.key == (source, kind, target))


def _read(text: str) -> Document:
    return read_markdown(Source("a.md", "markdown", "a", "0" * 64), text)


def _words(text: str) -> list[str]:
    return [" ".join(b.readable.split()) for b in _read(text).blocks]


# -- fields -----------------------------------------------------------------------------------------------------------

KEYS = [(row, key) for row in load_table("note_fields.yaml")["relations"] for key in row["keys"]]


@pytest.mark.parametrize(("row", "key"), KEYS, ids=[key for _, key in KEYS])
def test_every_key_states_its_relation_in_its_direction(row: dict[str, str], key: str) -> None:
    graph = _load({"v/LSTM.md": f"{key}:: [[Quokka fold]]\n"})
    ends = ("quokka-fold", "long-short-term-memory")
    if T(row["type"]) is T.CONTRASTS_WITH or T(row["type"]) is T.EQUIVALENT_TO:
        ends = tuple(sorted(ends))
    elif row.get("from") != "value":
        ends = ends[::-1]
    relation = _row(graph, ends[0], T(row["type"]), ends[1])
    assert relation.origin is Origin.STATED
    [evidence] = relation.evidence
    assert (evidence.line, evidence.text) == (1, f"{key}:: [[Quokka fold]]")
    assert evidence.rule == f"field.{row['rule']}"


def test_no_key_means_two_things() -> None:
    keys = [folded_key(key) for _, key in KEYS]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if means(key)]
    assert field_rule("dependson") == field_rule(folded_key("Depends-On"))


@pytest.mark.parametrize(
    "written",
    [
        "solves:: [[Quokka fold]]",
        "**Solves**:: [[Quokka fold|folding]]",
        "- solves:: [[Quokka fold]]",
        "> solves:: [[Quokka fold]]",
        "A note (solves:: [[Quokka fold]]) in passing.",
        "A note [solves:: [[Quokka fold]]] in passing.",
        "- item [solves:: Quokka fold]",
        "解决:: [[Quokka fold]]",
        "解决：： [[Quokka fold]]",
        "solves::[[notes/Quokka fold#Part]]",
        "solves:: [fold](notes/Quokka%20fold.md)",
        "solves::\n- [[Quokka fold]]",
        "- solves::\n  - [[Quokka fold]]",
        "text before\nsolves:: [[Quokka fold]]\ntext after",
        '---\nsolves: "[[Quokka fold]]"\n---\n',
        "---\nsolves: [[Quokka fold]]\n---\n",
        '---\nsolves: ["[[Quokka fold]]"]\n---\n',
        '---\nsolves:\n  - "[[Quokka fold]]"\n---\n',
        "---\nsolves:\n  - [[Quokka fold]]\n---\n",
        "---\nSolves: Quokka fold\n---\n",
        "---\r\nsolves: Quokka fold\r\n---\r\n".replace("\r", ""),
    ],
)
def test_a_field_may_be_written_in_many_ways(written: str) -> None:
    graph = _load({"v/LSTM.md": written})
    assert _said(graph) == {("long-short-term-memory", T.SOLVES, "quokka-fold")}
    [evidence] = _row(graph, "long-short-term-memory", T.SOLVES, "quokka-fold").evidence
    lines = written.split("\n")
    assert (
        evidence.text.split("\n")[0] in lines[evidence.line - 1]
        or evidence.text.split("\n")[-1] in lines[evidence.line - 1]
    )


@pytest.mark.parametrize(
    "written",
    [
        "std::vector is a class",
        "`solves:: [[Quokka fold]]`",
        "```\nsolves:: [[Quokka fold]]\n```",
        "author:: [[Quokka fold]]",
        "type:: quokka",
        "type:: [[Course]]",
        "up: [[Note]]",
        "solves::",
        "solves:: none",
        "%% solves:: [[Quokka fold]] %%",
        "map :: (a -> b) -> [a] -> [b]",
        "---\nsolves: {a: b}\n---\n",
        "---\nsolves: [\n---\n",
        "---\nsolves: null\n---\n",
        "solves:: [[LSTM]]",
    ],
)
def test_what_only_looks_like_a_field_states_nothing(written: str) -> None:
    assert _said(_load({"v/LSTM.md": written})) == set()


def test_values_are_links_and_names_between_commas() -> None:
    graph = _load({"v/LSTM.md": "uses:: [[Quokka fold]], sigmoid、[[Wombat gate, the second]]；dropout\n"})
    assert _said(graph) == {
        ("long-short-term-memory", T.USES, name) for name in ("quokka-fold", "sigmoid", "dropout")
    }  # a name with a comma can be no concept's


def test_ingredients_of_one_field_are_one_group() -> None:
    graph = _load({"v/Adam.md": "combines:: [[Momentum]], [[RMSprop]]\n"})
    assert len({r.group for r in graph.relations if r.type is T.COMBINES}) == 1


def test_a_field_is_no_sentence_and_its_values_are_in_no_topic_by_it() -> None:
    graph = _load({"v/LSTM.md": "solves:: [[vanishing gradient]], [[exploding gradient]]\n\nuses::\n- [[sigmoid]]\n"})
    assert {r.type for r in graph.relations if r.origin is not Origin.INFERRED} == {T.SOLVES, T.USES}


# -- whom a field and a text speak of ---------------------------------------------------------------------------------


def test_a_field_of_a_block_speaks_of_what_the_block_names() -> None:
    text = "- [[Wombat gate]]\n  extends:: [[Quokka fold]]\n- text about something\n  uses:: [[Quokka fold]]\n"
    assert _said(_load({"pages/LSTM.md": text})) == {
        ("wombat-gate", T.EXTENDS, "quokka-fold"),
        ("long-short-term-memory", T.USES, "quokka-fold"),
    }


def test_in_a_file_that_is_no_note_of_a_thing_a_field_speaks_of_the_heading_or_of_nothing() -> None:
    text = "uses:: [[Quokka fold]]\n\n## LSTM\n\nsolves:: [[Quokka fold]]\n"
    assert _said(_load({"week 1/2024-01-05.md": text})) == {("long-short-term-memory", T.SOLVES, "quokka-fold")}


@pytest.mark.parametrize(
    "path",
    [
        "v/LSTM.md",
        "v/lstm.md",
        "v/03 LSTM.md",
        "v/long-short-term-memory.md",
        "pages/ML___LSTM.md",
        "pages/ML%2FLSTM.md",
    ],
)
def test_the_name_of_a_file_is_the_silent_subject(path: str) -> None:
    graph = _load({path: "It mitigates the vanishing gradient.\n\n## Notes\n\nIt was used for machine translation.\n"})
    relation = _row(graph, "long-short-term-memory", T.SOLVES, "vanishing-gradient")
    assert relation.evidence[0].line == 1
    assert graph.concept("long-short-term-memory").line == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "path", ["v/README.md", "v/2024-01-05.md", "v/index.md", "v/My thoughts on that.md", "v/Template LSTM.md"]
)
def test_a_file_that_names_nothing_is_no_subject(path: str) -> None:
    graph = _load({path: "It mitigates the vanishing gradient.\n"})
    assert graph.relations == ()


def test_a_title_counts_before_the_name_of_the_file() -> None:
    for text in (
        "---\ntitle: LSTM\n---\nIt mitigates the vanishing gradient.",
        "title:: LSTM\n\n- It mitigates the vanishing gradient.",
    ):
        graph = _load({"v/BPE.md": text})
        assert ("long-short-term-memory", T.SOLVES, "vanishing-gradient") in _said(graph, fields=False)


def test_a_first_heading_is_the_title_of_a_file_whose_name_is_for_the_file_system() -> None:
    notes = {
        "v/quokkas-and-wombats.md": "# Quokkas and Wombats\n\nThey are marsupials.\n",
        "v/Wombat gate.md": "# Some other words\n\nIt is simple.\n",
        "v/koala_trees.md": "They have no heading.\n",
        "v/links.md": "See [[quokkas-and-wombats|both]], [[Wombat gate]] and [[koala_trees]].\n",
    }
    graph = _load(notes, NO_WORDS)
    names = {c.id: c.names for c in graph.concepts}
    assert names["quokkas-and-wombats"] == ("Quokkas and Wombats",)
    assert names["wombat-gate"] == ("Wombat gate",)  # the name of a note, as links write it
    assert names["koala-trees"] == ("koala trees",)  # nothing else is known
    linked = {c for p in graph.passages if "links" in p.source for c in p.concepts}
    assert {"quokkas-and-wombats", "wombat-gate"} <= linked  # links go by the file's name all the same


# -- names and links --------------------------------------------------------------------------------------------------

NO_WORDS = Lexicon(())


def test_aliases_are_further_names_of_the_note() -> None:
    notes = {
        "v/Quokka fold.md": "---\naliases: [QF, 短尾折叠]\ntags: [marsupial methods]\n---\nIt is simple.\n",
        "v/b.md": "短尾折叠是一种方法。\n\nextends:: [[QF]]\n\n## Wombat gate\n\nextends:: [[QF]]",
    }
    graph = _load(notes, NO_WORDS)
    concept = graph.concept("quokka-fold")
    assert concept is not None
    assert set(concept.aliases) >= {"QF", "短尾折叠"}
    assert ("wombat-gate", T.EXTENDS, "quokka-fold") in _said(graph)
    assert not any(r.type is T.IN_TOPIC for r in graph.relations)  # no note and no text has that tag's name


def test_aliases_join_a_known_concept_and_take_no_name_from_another() -> None:
    graph = _load(
        {"v/LSTM.md": "---\naliases: [Hochreiter cell, BPE, cell]\n---\nLSTM.\n", "v/b.md": "The BPE of cell."}
    )
    known = graph.concept("long-short-term-memory")
    assert known is not None
    assert "Hochreiter cell" in known.aliases
    assert not {"BPE", "cell"} & set(known.aliases)


def test_tags_that_name_a_concept_are_topics() -> None:
    text = "---\ntags: [ml/deep-learning, todo, note, memory, key]\n---\nText.\n"
    graph = _load({"v/LSTM.md": text})
    topics = [r for r in graph.relations if r.type is T.IN_TOPIC]
    assert [(r.source, r.target, r.origin) for r in topics] == [
        ("long-short-term-memory", "deep-learning", Origin.STRUCTURAL)
    ]
    assert topics[0].evidence[0].rule == "topic.tag"


@pytest.mark.parametrize(
    "link",
    ["[[Quokka fold]]", "[[Quokka fold|that thing]]", "[[notes/Quokka fold]]", "[[Quokka fold#Part|it]]", "[[QF]]",
     "[[2023-quokka-notes|folding]]", "[this one](2023-quokka-notes.md)", "[this](../x/2023-quokka-notes.md#part)"],
)  # fmt: skip
def test_a_link_means_its_note_whatever_it_shows(link: str) -> None:
    notes = {
        "v/2023-quokka-notes.md": "---\ntitle: Quokka fold\naliases: [QF]\n---\nText.\n",
        "v/b.md": f"## LSTM\n\nLSTM is a variant of {link}.\n",
    }
    graph = _load(notes)
    relation = _row(graph, "long-short-term-memory", T.EXTENDS, "quokka-fold")
    assert relation.evidence[0].text == f"LSTM is a variant of {link}."
    concept = graph.concept("quokka-fold")
    assert concept is not None
    assert not {"that thing", "it", "folding", "2023-quokka-notes"} & set(concept.aliases)


def test_a_link_to_a_heading_means_what_the_heading_names() -> None:
    graph = _load({"v/b.md": "## LSTM\n\nLSTM is a variant of [[Networks#RNN]].\n"})
    assert ("long-short-term-memory", T.EXTENDS, "recurrent-neural-network") in _said(graph, fields=False)


def test_a_link_to_a_file_that_is_not_there_names_nothing() -> None:
    graph = _load({"v/b.md": "## LSTM\n\nLSTM is a variant of [this](Quokka-fold.md).\n"})
    assert [c.id for c in graph.concepts] == ["long-short-term-memory"]


# -- what is no text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("a %%hidden%% b", ["a b"]),
        ("a %%hidden\n\nstill%% b", ["a", "b"]),
        ("a %% never ends", ["a %% never ends"]),
        ("```\n%%\n```\na %%x%% b", ["a b"]),
        ("a ==marked== and ^^marked^^ b", ["a marked and marked b"]),
        ("![[note]] a ![[pic.png|300]] b", ["a b"]),
        ("a ((6458b2c1-1111-4222-8333-abcdefabcdef)) b", ["a b"]),
        ("a {{query (and [[x]] [[y]])}} b", ["a b"]),
        ("a b ^block-1", ["a b"]),
        ("2^10 and x ^ y", ["2^10 and x ^ y"]),
        ("a #tag and #中文/标签 b #[[a tag]]", ["a and b"]),
        ("C# and F# are #1", ["C# and F# are #1"]),
        ("- [ ] open\n- [x] done\n- TODO [#A] plan\n- LATER more", ["open", "done", "plan", "more"]),
        ("> [!note] Title\n> body\n> more", ["Title", "body more"]),
        ("> [!warning]-\n> body", ["body"]),
        ("> [!tip]+ alone", ["alone"]),
        ("- text\n  id:: 6458b2c1\n  collapsed:: true\n- other", ["text", "other"]),
        ("- text\n  :LOGBOOK:\n  CLOCK: [2024-01-05]\n  :END:\n  SCHEDULED: <2024-01-05 Fri>", ["text"]),
        ("#+BEGIN_QUERY\n{:title x}\n#+END_QUERY\ntext", ["text"]),
        ("![alt](a.png){:height 300, :width 200} text", ["text"]),
        ("text[^1] and[^note]", ["text and"]),
        ("author:: [[Someone]]", ["Someone"]),
        ("[[#Part]] and [[note#Part]]", ["Part and note"]),
    ],
)
def test_what_a_program_or_a_mark_adds_is_no_text(written: str, words: list[str]) -> None:
    assert [w for w in _words(written) if w] == words


def test_lines_stay_those_of_the_file_whatever_is_taken_out() -> None:
    text = "---\na: b\n---\n%%\nx\n%%\n- one\n  id:: 1\n\n> [!note] two\n> three\n\n#+BEGIN_QUERY\nx\n#+END_QUERY\nfour"
    found = {b.text: b.line for b in _read(text).blocks}
    assert found == {"one": 7, "two": 10, "three": 11, "four": 16}


def test_folders_that_programs_keep_are_not_read() -> None:
    assert sorted(extract([VAULT]).graphs) == [
        "vault/journals/2024_01_05.md",
        "vault/notes/LSTM.md",
        "vault/notes/Recurrent networks.md",
        "vault/notes/门控循环单元.md",
        "vault/pages/ML___Quokka gate.md",
    ]


# -- the whole way ----------------------------------------------------------------------------------------------------


def test_a_vault_is_loaded_from_the_command_line(tmp_path: Path) -> None:
    store = f"--store={tmp_path / 'store'}"
    assert noteatlas("load", VAULT, store, cwd=tmp_path).status == 0
    graph = noteatlas("export", store, cwd=tmp_path).json
    found = {(e["source"], e["type"], e["target"]): e for e in graph["edges"] if e["origin"] != "inferred"}
    lstm, gru, rnn = "long-short-term-memory", "gated-recurrent-unit", "recurrent-neural-network"
    expected = {
        (rnn, "PREREQUISITE_OF", lstm): (7, "field.depends-on"),
        ("chain-rule", "PREREQUISITE_OF", lstm): (7, "field.depends-on"),
        (lstm, "EXTENDS", rnn): (8, "field.extends"),
        (lstm, "USES", "quokka-gate"): (16, "field.uses"),
        ("machine-translation", "USES", lstm): (21, "field.used-by"),
        (gru, "EXTENDS", lstm): (4, "field.extends"),
        (gru, "APPLIED_TO", "automatic-speech-recognition"): (6, "field.applied-to"),
        ("quokka-gate", "PREREQUISITE_OF", gru): (7, "field.depends-on"),
        ("quokka-gate", "PART_OF", lstm): (3, "field.part-of"),
        ("wombat-gate", "EXTENDS", "quokka-gate"): (9, "field.extends"),
        ("sigmoid", "PREREQUISITE_OF", "quokka-gate"): (15, "field.depends-on"),
        (gru, "CONTRASTS_WITH", "wombat-gate"): (4, "field.contrasts"),
        (rnn, "IN_TOPIC", "sequence-model"): (3, "field.topic"),
        (lstm, "IN_TOPIC", rnn): (4, "topic.tag"),
        (rnn, "CAUSES", "vanishing-gradient"): (7, "en.causes"),
    }
    for key, (line, rule) in expected.items():
        assert (line, rule) in [(e["line"], e["rule"]) for e in found[key]["evidence"]], key
    assert not [key for key in found if "byte-pair-encoding" in key]
    names = {n["id"]: n for n in graph["nodes"]}
    assert "quokka valve" in names["quokka-gate"]["aliases"]


# -- hostile ----------------------------------------------------------------------------------------------------------

HOSTILE: dict[str, tuple[int, Callable[[int], str]]] = {
    "fields": (500, lambda n: "uses:: [[a]]\n" * n),
    "one long field": (2_000, lambda n: "uses:: " + "[[a]], " * n),
    "fields in one line": (1_000, lambda n: "(uses:: [[a]]) " * n),
    "fields that never close": (2_000, lambda n: "(uses:: [[a " * n),
    "colons": (20_000, lambda n: "::" * n),
    "keys": (3_000, lambda n: "a b c:: " * n),
    "comments": (5_000, lambda n: "%% a " * n),
    "macros": (5_000, lambda n: "{{a " * n),
    "block references": (5_000, lambda n: "((6458b2c1 " * n),
    "tags": (5_000, lambda n: "#a " * n),
    "carets": (10_000, lambda n: "^a " * n),
    "embeds": (2_000, lambda n: "![[a " * n),
    "callouts": (1_000, lambda n: "> [!note] a\n> b\n\n" * n),
    "links to files": (1_000, lambda n: "[a](b.md) " * n),
    "items of fields": (300, lambda n: "- uses::\n" + "  - [[a]]\n" * n),
    "properties": (2_000, lambda n: "- a\n  id:: 1\n" * n),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_note_takes_at_most_three_times_the_time(name: str) -> None:
    n, make = HOSTILE[name]
    fastest = [float("inf"), float("inf")]
    for _ in range(4):
        for k in (0, 1):
            text = make(n * (k + 1))
            gc.disable()
            start = time.process_time()
            _load({"v/LSTM.md": text}, NO_WORDS)
            fastest[k] = min(fastest[k], time.process_time() - start)
            gc.enable()
        if fastest[1] <= 3 * max(fastest[0], 0.01):
            return
    pytest.fail(f"{fastest[0]:.3f} s, then {fastest[1]:.3f} s for twice the note")


@pytest.mark.parametrize(
    "front",
    [
        "[" * 16_000,
        "a: " + "[" * 5_000,
        "{" * 16_000,
        "- " * 8_000,
        "? " * 8_000,
        "a: &a [x]\nb: &b [*a, *a]\n" + "".join(f"c{n}: &c{n} [*b, *b]\n" for n in range(99)),
        "a: &a [*a]",
        "&a [*a]: b",
        "depends_on: &x [*x]",
        "a: !!python/object/apply:os.system ['echo']",
        "depends_on: !!binary x\n<<: *nothing",
        "x" * 100_000,
        "a: b\n" * 3_000,
        "'" * 10_000,
        "\ta: b",
    ],
)
def test_a_hostile_front_matter_does_no_harm(front: str) -> None:
    start = time.process_time()
    document = _read(f"---\n{front}\n---\nLSTM is a variant of RNN.\n")
    assert time.process_time() - start < 5
    assert len(document.fields) <= 600


def test_a_front_matter_ends_with_its_limit() -> None:
    rows = "\n".join(f"k{n}: v" for n in range(2_000))
    assert read_front_matter(rows, 2) == [] or len(read_front_matter(rows, 2)) <= 501


@settings(deadline=None)  # the first example reads tables
@given(st.text(alphabet=":[]()|#^%{}!=\n -*abK中，：", max_size=120))
def test_any_text_at_all_is_a_note(text: str) -> None:
    document = _read(text)
    for block in document.blocks:
        assert len(block.readable) == len(block.text)
        assert 1 <= block.line <= text.count("\n") + 1
    for field in document.fields:
        assert 1 <= field.line <= text.count("\n") + 1
        assert field.value
