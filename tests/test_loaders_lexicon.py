"""The lexicon and the word lists themselves, checked by machine: what a slip of the pen would break without a sound."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

import loaders
from graph.errors import InputError
from graph.model import ConceptKind
from graph.names import name_key, slug
from loaders.lexicon import Choice, Term, default_lexicon, parse_lexicon
from loaders.mentions import find_mentions

HOME = Path(loaders.__file__).parent
FILES = sorted((HOME / "lexicon").glob("*.yaml"))
TABLES = sorted((HOME / "patterns").glob("*.yaml"))


@cache
def _terms() -> list[tuple[str, Term]]:
    """Every row with its file, not yet merged by id."""
    return [(file.name, t) for file in FILES for t in parse_lexicon(file.read_text(encoding="utf-8"), file.name)[0]]


@cache
def _choices() -> list[tuple[str, str, list[Choice]]]:
    """Every ambiguous name with its file and its meanings."""
    return [
        (file.name, name, rows)
        for file in FILES
        for name, rows in parse_lexicon(file.read_text(encoding="utf-8"), file.name)[1].items()
    ]


def _words(table: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(table, dict):
        for key, value in table.items():
            yield f"{path} (key)", key
            yield from _words(value, f"{path}/{key}")
    elif isinstance(table, list):
        for value in table:
            yield from _words(value, path)
    else:
        yield path, table


@pytest.mark.parametrize("file", [*FILES, *TABLES], ids=lambda f: f.name)
def test_every_word_is_a_word(file: Path) -> None:
    """YAML reads an unquoted on, no, yes or null as something else, and 90 as a number."""
    words = _words(yaml.safe_load(file.read_text(encoding="utf-8")), file.name)
    assert [
        (p, w)
        for p, w in words
        if not isinstance(w, str | float) and not p.endswith(("/confidence", "/pairs", "/linked", "/denies"))
    ] == []


def test_an_id_is_given_once() -> None:
    files = defaultdict(list)
    for file, term in _terms():
        files[term.id].append(file)
    assert {i: rows for i, rows in files.items() if len(rows) > 1} == {}


def test_an_id_is_a_slug() -> None:
    assert [(file, t.id) for file, t in _terms() if slug(t.id) != t.id] == []


def test_a_name_is_given_once_and_has_letters() -> None:
    assert [(file, t.id) for file, t in _terms() if not all(map(name_key, t.names))] == []
    assert [(file, t.id) for file, t in _terms() if any(n != n.strip() for n in t.names)] == []


def test_no_name_means_two_things_unless_it_is_listed_as_ambiguous() -> None:
    ambiguous = {name_key(name) for _, name, _ in _choices()}
    owners = defaultdict(set)
    for file, term in _terms():
        for name in term.names:
            owners[name_key(name)].add((file, term.id))
    assert {k: sorted(rows) for k, rows in owners.items() if len(rows) > 1 and k not in ambiguous} == {}


def test_what_a_term_is_a_kind_of_is_there_and_never_itself() -> None:
    kinds = {t.id: t.isa for _, t in _terms()}
    assert [(i, isa) for i, isa in kinds.items() if isa and isa not in kinds] == []
    for start in kinds:
        seen, at = {start}, kinds[start]
        while at:
            assert at not in seen, f"{start} is, at some remove, a kind of itself"
            seen.add(at)
            at = kinds[at]


def test_weak_and_exact_names_are_names() -> None:
    for file, term in _terms():
        keys = {name_key(n) for n in term.names}
        assert term.weak <= keys, f"{file}: {term.id}: weak"
        assert set(term.exact) <= keys, f"{file}: {term.id}: exact"


def test_an_ambiguous_name_is_listed_once_and_chooses_among_concepts() -> None:
    ids = {t.id for _, t in _terms()}
    keys = [name_key(name) for _, name, _ in _choices()]
    assert sorted(k for k in set(keys) if keys.count(k) > 1) == []
    for file, name, rows in _choices():
        assert [c.concept for c in rows if c.concept not in ids] == [], f"{file}: {name}"
        assert all(c.near and all(w.strip() for w in c.near) for c in rows), f"{file}: {name}"
        assert len({c.concept for c in rows}) == len(rows), f"{file}: {name}"


def test_a_name_alone_on_a_line_is_found() -> None:
    """What a file lists and no text can match is a row that lies. Names with dots or signs are left to other tests."""
    lexicon = default_lexicon()
    plain = re.compile(r"[A-Za-z]{2}[A-Za-z -]{5,}[A-Za-z]|[\u4e00-\u9fff]{2,16}")
    lost = [
        (term.id, name)
        for term in lexicon.terms.values()
        for name in term.names
        if plain.fullmatch(name) and lexicon.find(name) is term
        if term.id not in {m.concept for m in find_mentions(name, lexicon, alone=[(0, len(name))])}
    ]
    assert lost == []


def test_the_shipped_lexicon_is_all_of_the_files() -> None:
    lexicon = default_lexicon()
    assert set(lexicon.terms) == {t.id for _, t in _terms()}
    assert len(lexicon) > 1000
    assert {t.kind for t in lexicon.terms.values()} <= set(ConceptKind)
    assert set(lexicon.ambiguous) == {name_key(name) for _, name, _ in _choices()}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("concepts: [", "not YAML"),
        ("subject: x\n", "a list `concepts`"),
        ("just text\n", "a list `concepts`"),
        ("concepts: [{id: x}]", "an id and a list of names"),
        ("concepts: [{id: x, names: []}]", "an id and a list of names"),
        ("concepts: [{names: [x]}]", "an id and a list of names"),
        ("concepts: [x]", "an id and a list of names"),
        ("concepts: [{id: x, names: [x], kind: thing}]", "unknown kind 'thing'"),
        ("[{name: x}]", "each row needs a name and choose"),
        ("[{name: x, choose: [{concept: y}]}]", "each row needs a name and choose"),
        ("[x]", "each row needs a name and choose"),
    ],
)
def test_a_bad_lexicon_file_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=r"^mine\.yaml: ") as caught:
        parse_lexicon(text, "mine.yaml")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lexicon_file_gives_terms_or_choices() -> None:
    terms, choices = parse_lexicon(
        "subject: food\n"
        "concepts:\n"
        "- {id: tea, kind: other, isa: drink, names: [Tea, 茶, Tea], weak: [Tea], exact: [茶]}\n",
        "mine.yaml",
    )
    assert terms == [
        Term("tea", ("Tea", "茶"), ConceptKind.OTHER, "food", "drink", weak=frozenset({"tea"}), exact={"茶": "茶"})
    ]
    assert choices == {}
    assert parse_lexicon("[{name: T, choose: [{concept: tea, near: [cup]}]}]", "mine.yaml") == (
        [],
        {"T": [Choice("tea", ("cup",))]},
    )
