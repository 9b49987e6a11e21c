"""A vault: names of files that every system takes, text that is text, and fields that `load` reads as they were."""

import re
import unicodedata
from pathlib import PurePosixPath

import yaml
from hypothesis import given

from graph.exchange.vault import FIELDS, to_vault
from graph.model import Concept, Evidence, KnowledgeGraph, Relation, RelationType, Source, merge
from loaders.extract import extract_texts
from loaders.fields import field_rule, folded_key
from tests.graph_strategies import graphs, hostile_graphs
from tests.samples import attention_graph, boosting_graph

T = RelationType
SAMPLES = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})


@given(graphs() | hostile_graphs())
def test_files_have_names_that_every_system_takes(graph: KnowledgeGraph) -> None:
    files = to_vault(graph)
    ends = {end for r in graph.relations for end in (r.source, r.target)}
    assert len(files) == len(ends | {c.id for c in graph.concepts})
    folded = {unicodedata.normalize("NFKC", name).casefold() for name in files}
    assert len(folded) == len(files)
    for name, content in files.items():
        stem = name.removesuffix(".md")
        assert PurePosixPath(name).name == name
        assert len(name.encode()) <= 140
        assert not re.search(r'[\\/:*?"<>|#^\[\]\x00-\x1f]', stem)
        assert stem == stem.strip(" .")
        assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem)
        head = yaml.safe_load(content.decode().split("\n---\n")[0].removeprefix("---\n"))
        assert set(head) <= {"title", "aliases", "kind"}


def test_every_field_is_one_that_the_loader_reads_in_this_direction() -> None:
    assert set(FIELDS) == set(T)
    for type_, key in FIELDS.items():
        rule = field_rule(folded_key(key))
        assert rule is not None
        assert rule.type is type_
        assert rule.turned == (type_ is T.PREREQUISITE_OF)


def test_a_vault_that_is_loaded_says_what_was_exported() -> None:
    """By names: ids are made anew."""
    sources = [
        (Source(f"atlas/{name}", "markdown", name, ""), content.decode()) for name, content in to_vault(SAMPLES).items()
    ]
    again = merge(extract_texts(sources))
    names = {c.id: c.name for c in SAMPLES.concepts}
    said = {c.id: set(c.names) for c in again.concepts}
    found = {
        (r.type, source, target) for r in again.relations for source in said[r.source] for target in said[r.target]
    }
    for relation in SAMPLES.relations:
        if any(set("&<>") & set(names[end]) for end in (relation.source, relation.target)):
            continue  # no name that a reader of notes would take for one
        key = (relation.type, names[relation.source], names[relation.target])
        turned = (relation.type, key[2], key[1])
        assert key in found or (turned in found and relation.type in {T.CONTRASTS_WITH, T.EQUIVALENT_TO}), key


def test_names_and_sentences_are_text() -> None:
    """No link, field, heading, property or list comes of them."""
    hostile = "a]] [[b|c]] uses:: [[d]] #tag **x** <script> ![[e]] %%f%%"
    said = (Evidence("n.md", 1, f"- {hostile}\n---\n# H\n1. x", "r"),)
    graph = KnowledgeGraph.of(
        [Concept("x", hostile, (f'"{hostile}',), definition=f"- {hostile}"), Concept("y", "con"), Concept("z", "CON")],
        [Relation("x", T.USES, "y", evidence=said)],
    )
    files = to_vault(graph)
    assert sorted(files) == ["CON_ (2).md", "a b c uses d tag x script ! e f.md", "con_.md"]
    text = files["a b c uses d tag x script ! e f.md"].decode()
    assert re.findall(r"\[\[.*?\]\]", text.replace("\\[", "").replace("\\]", "").split("---\n", 2)[2]) == [
        "[[con_|con]]"
    ]
    assert re.findall(r"^(\w[\w ]*)::", text, re.MULTILINE) == ["uses"]
    assert "\n---\n" not in text.split("---\n", 2)[2]
