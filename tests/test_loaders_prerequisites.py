"""What is learnt before what: which reasons give a candidate, how sure, and that no choice of them goes in a circle."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product

import networkx as nx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.acyclic import Order
from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from loaders.curriculum import Curriculum
from loaders.extract import extract_texts
from loaders.facts import Facts
from loaders.lexicon import Lexicon, Term, default_lexicon
from loaders.prerequisites import Definition, LeftOut, infer_prerequisites, propose, settle

T = RelationType
NAMES = "abcdefg"
SAID = (Evidence("n.md", 3, "A sentence.", "en.uses"),)


def facts(*chains: str) -> Facts:
    """Facts that the letters of each chain are taught in this order: `facts("abc")` is a before b before c."""
    pairs = [pair for chain in chains for pair in pairwise(chain)]
    return dict.fromkeys(pairs, frozenset({T.PREREQUISITE_OF}))


def lexicon(known: Facts | None = None, **kinds: ConceptKind) -> Lexicon:
    """Terms `a` to `g`, methods unless `kinds` says otherwise, and facts about them."""
    return Lexicon((Term(n, (n.upper(),), kinds.get(n, ConceptKind.METHOD)) for n in NAMES), None, known)


def concepts(names: str = NAMES) -> dict[str, Concept]:
    """Concepts that one file introduces line by line, in alphabetical order."""
    return {n: Concept(n, n.upper(), document="n.md", line=NAMES.index(n) + 1) for n in names}


def said(source: str, kind: RelationType, target: str, confidence: float = 0.8) -> Relation:
    return Relation(source, kind, target, Origin.STATED, confidence, SAID)


def line_of(concept: str) -> Evidence:
    return Evidence("n.md", NAMES.index(concept) + 1, concept, "lexicon.prerequisite")


def infer(
    relations: Sequence[Relation],
    concepts: Mapping[str, Concept],
    lexicon: Lexicon,
    *,
    definitions: Mapping[str, Definition] | None = None,
    left_out: list[LeftOut] | None = None,
) -> list[Relation]:
    """`infer_prerequisites`, with a line for every concept."""
    return infer_prerequisites(
        relations, concepts, lexicon, definitions=definitions, introduction=line_of, left_out=left_out
    )


def before(relations: list[Relation]) -> dict[str, float]:
    return {f"{r.source}{r.target}": r.confidence for r in relations}


# -- reasons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (T.EXTENDS, "ba"), (T.COMBINES, "ba"), (T.GENERALIZES, "ba"), (T.IS_A, "ba"), (T.USES, "ba"),
        (T.SOLVES, "ba"), (T.EVALUATES, "ba"), (T.PART_OF, "ab"), (T.CAUSES, None), (T.APPLIED_TO, None),
        (T.CONTRASTS_WITH, None), (T.EQUIVALENT_TO, None), (T.IN_TOPIC, None),
    ],
)  # fmt: skip
def test_the_type_of_a_relation_says_which_end_is_learnt_first(kind: RelationType, expected: str | None) -> None:
    found = infer([said("a", kind, "b")], concepts(), lexicon())
    assert list(before(found)) == ([expected] if expected else [])
    for relation in found:
        assert relation.origin is Origin.INFERRED
        assert relation.because == (("a", kind, "b"),)
        assert relation.confidence < 0.8  # less sure than the sentence


def test_a_broad_topic_does_not_wait_for_what_it_uses_or_holds() -> None:
    rows = [said("a", T.USES, "b"), said("c", T.PART_OF, "a"), said("a", T.IS_A, "d"), said("a", T.EXTENDS, "e")]
    assert list(before(infer(rows, concepts(), lexicon(a=ConceptKind.TOPIC)))) == ["ea"]


def test_of_two_of_a_family_that_are_compared_the_first_is_learnt_first() -> None:
    terms = [
        Term("a", ("A",), isa="c"),
        Term("b", ("B",), isa="c"),
        Term("c", ("C",), ConceptKind.METHOD),
        Term("d", ("D",)),
    ]
    rows = [said("a", T.CONTRASTS_WITH, "b"), said("a", T.CONTRASTS_WITH, "d")]
    found = infer(rows, concepts(), Lexicon(terms))
    assert list(before(found)) == ["ab"]


def test_what_a_definition_is_made_of_comes_first_unless_it_is_built_on_what_is_defined() -> None:
    known = {("c", "a"): frozenset({T.EXTENDS}), ("d", "a"): frozenset({T.CONTRASTS_WITH})}
    defined = {"a": Definition(Evidence("n.md", 1, "A is a B.", "definition.mentions"), ("b", "c", "d", "a"))}
    [found] = infer([], concepts(), lexicon(known), definitions=defined)
    assert (found.source, found.target, found.because) == ("b", "a", ())
    assert [e.rule for e in found.evidence] == ["definition.mentions"]


def test_facts_fill_gaps_with_the_place_that_introduces_the_later_concept() -> None:
    [found] = propose([], concepts("ab"), lexicon(facts("ab")), Curriculum(facts("ab")), introduction=line_of)
    assert (found.source, found.target, found.evidence) == ("a", "b", (line_of("b"),))
    assert propose([], concepts("ab"), lexicon(facts("ab")), Curriculum(facts("ab"))) == []  # nothing to show for it


def test_facts_are_followed_through_what_the_notes_do_not_mention_and_are_less_sure_then() -> None:
    known = lexicon(facts("abcde"))
    assert list(before(infer([], concepts("abc"), known))) == ["ab", "bc"]
    near = before(infer([], concepts("ab"), known))["ab"]
    over_one = before(infer([], concepts("ac"), known))["ac"]
    over_two = before(infer([], concepts("ad"), known))["ad"]
    assert near > over_one > over_two
    assert infer([], concepts("ae"), known) == []  # too far


def test_reasons_of_several_sorts_add_up_and_those_of_one_sort_do_not() -> None:
    one = [said("b", T.USES, "a", 0.6)]
    more = [*one, said("a", T.PART_OF, "b", 0.4)]
    alone = before(infer(one, concepts("ab"), lexicon()))["ab"]
    assert before(infer(more, concepts("ab"), lexicon()))["ab"] == alone
    known = before(infer([], concepts("ab"), lexicon(facts("ab"))))["ab"]
    both = before(infer(one, concepts("ab"), lexicon(facts("ab"))))["ab"]
    assert both == pytest.approx(1 - (1 - alone) * (1 - known), abs=0.002)


def test_a_weak_reason_gives_way_to_the_field_and_a_firm_one_stands() -> None:
    known = lexicon(facts("abc"))
    left_out: list[LeftOut] = []
    found = infer([said("a", T.USES, "c")], concepts("ac"), known, left_out=left_out)
    assert list(before(found)) == ["ac"]
    assert [(row.relation.source, row.relation.target, row.reason) for row in left_out] == [
        ("c", "a", "the field teaches them the other way round")
    ]
    assert list(before(infer([said("a", T.EXTENDS, "c")], concepts("ac"), known))) == ["ca"]


def test_what_is_stated_is_not_inferred_again_nor_contradicted() -> None:
    rows = [said("a", T.PREREQUISITE_OF, "b"), said("b", T.USES, "a"), said("a", T.EXTENDS, "b")]
    assert infer(rows, concepts(), lexicon()) == []


# -- choosing ---------------------------------------------------------------------------------------------------------

kinds = st.sampled_from([T.EXTENDS, T.USES, T.PART_OF, T.SOLVES, T.IS_A, T.CONTRASTS_WITH, T.PREREQUISITE_OF])
some = st.sampled_from(NAMES)
relations = st.lists(
    st.builds(said, some, kinds, some, st.sampled_from([0.3, 0.5, 0.6, 0.9])).filter(lambda r: r.source != r.target),
    max_size=14,
).map(lambda rows: list(KnowledgeGraph.of((), rows).relations))
chains = st.lists(st.permutations(NAMES).map(lambda p: "".join(p[:3])), max_size=2).map(lambda c: facts(*c))


def _cycles(rows: list[Relation]) -> list[set[str]]:
    graph = nx.DiGraph((r.source, r.target) for r in rows if r.type is T.PREREQUISITE_OF)
    return [c for c in nx.strongly_connected_components(graph) if len(c) > 1]


@given(relations, chains, st.randoms())
def test_prerequisites_are_acyclic_have_reasons_and_do_not_depend_on_order(rows, known, random) -> None:  # type: ignore[no-untyped-def]
    stated = [r for r in rows if r.type is not T.PREREQUISITE_OF]
    found = infer(stated, concepts(), lexicon(known))
    assert _cycles(found) == []
    keys = {r.key for r in stated}
    for relation in found:
        assert relation.because or relation.evidence
        assert set(relation.because) <= keys
        assert 0 < relation.confidence < 1
    mixed = list(stated)
    random.shuffle(mixed)
    again = infer(mixed, dict(reversed(concepts().items())), lexicon(dict(reversed(known.items()))))
    assert [(r.key, r.confidence, set(r.because), r.evidence) for r in again] == [
        (r.key, r.confidence, set(r.because), r.evidence) for r in found
    ]


@example([said("a", T.PREREQUISITE_OF, "g"), said("g", T.PREREQUISITE_OF, "a"), said("g", T.EXTENDS, "b")], facts("ab"))
@given(relations, chains)
def test_the_inferred_close_no_cycle_with_the_stated(rows: list[Relation], known: Facts) -> None:
    stated = [r for r in rows if r.type is T.PREREQUISITE_OF]
    found = infer(rows, concepts(), lexicon(known))
    inside = {frozenset(c) for c in _cycles(stated)}
    assert {frozenset(c) for c in _cycles([*stated, *found])} == inside


@given(st.dictionaries(st.sampled_from(["a.md", "b.md", "c.md"]), relations, max_size=3))
def test_files_that_are_read_together_do_not_contradict_each_other(files: Mapping[str, list[Relation]]) -> None:
    rows = {
        path: propose([r for r in said_there if r.type is not T.PREREQUISITE_OF], concepts(), lexicon(), Curriculum({}))
        for path, said_there in files.items()
    }
    taken, left = settle(rows, ())
    assert _cycles([r for found in taken.values() for r in found]) == []
    chosen = {(r.source, r.target) for found in taken.values() for r in found}
    for path, row in rows.items():  # a pair is taken in every file that proposes it, or in none
        assert taken[path] == [r for r in row if (r.source, r.target) in chosen]
        assert {x.relation.key for x in left[path]} == {r.key for r in row} - {r.key for r in taken[path]}
    backwards = settle(dict(reversed([(p, r[::-1]) for p, r in rows.items()])), ())
    assert (dict(backwards[0]), dict(backwards[1])) == (taken, left)


def test_the_weakest_of_a_cycle_goes() -> None:
    rows = [said("a", T.EXTENDS, "b", 0.9), said("b", T.EXTENDS, "c", 0.9), said("c", T.USES, "a", 0.9)]
    left_out: list[LeftOut] = []
    found = infer(rows, concepts(), lexicon(), left_out=left_out)
    assert list(before(found)) == ["ba", "cb"]
    assert [(x.relation.source, x.relation.target, x.reason) for x in left_out] == [
        ("a", "c", "would close a cycle with surer ones")
    ]


def test_two_notes_that_contradict_each_other_keep_the_surer_order() -> None:
    texts = {
        "x.md": "Quokka Fold extends Wombat Fold.\n\n- **Quokka Fold**\n- **Wombat Fold**\n",
        "y.md": "Wombat Fold uses Quokka Fold.\n\n- **Quokka Fold**\n- **Wombat Fold**\n",
    }
    sources = [(Source(path, "markdown", path, "0" * 64), text) for path, text in texts.items()]
    graphs = extract_texts(sources, lexicon=Lexicon(()), phrasings_only=True)
    pairs = {p: [(r.source, r.target) for r in g.relations if r.type is T.PREREQUISITE_OF] for p, g in graphs.items()}
    assert pairs == {"x.md": [("wombat-fold", "quokka-fold")], "y.md": []}
    alone = extract_texts(sources[1:], lexicon=Lexicon(()), phrasings_only=True)["y.md"]
    assert [(r.source, r.target) for r in alone.relations if r.type is T.PREREQUISITE_OF] == [
        ("quokka-fold", "wombat-fold")
    ]


def test_the_order_in_which_files_are_given_does_not_matter() -> None:
    texts = {"x.md": "# A\n\nA extends B.\n", "y.md": "# B\n\nB extends A.\n"}

    def read(*paths: str) -> dict[str, KnowledgeGraph]:
        rows = [(Source(p, "markdown", p, "0" * 64), texts[p]) for p in paths]
        return extract_texts(rows, lexicon=lexicon(facts("ab")), phrasings_only=True)

    assert read("x.md", "y.md") == read("y.md", "x.md")


# -- the parts --------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(some, some), max_size=40), st.permutations(NAMES))
def test_an_order_refuses_exactly_what_closes_a_cycle(arrows: list[tuple[str, str]], nodes: list[str]) -> None:
    order, plain = Order(nodes), nx.DiGraph()
    plain.add_nodes_from(NAMES)
    for first, then in arrows:
        closes = nx.has_path(plain, then, first)
        assert order.add(first, then) is not closes
        if not closes:
            plain.add_edge(first, then)


def test_a_curriculum_knows_what_is_needed_at_any_remove() -> None:
    course = Curriculum(facts("abcd", "ce", "fa"))
    assert course.needed("d") == {"a", "b", "c", "f"}
    assert [course.is_before(x, y) for x, y in product("a", "bdeaf")] == [True, True, True, False, False]
    assert list(course.nearest("d", "af")) == [("a", 3)]
    assert list(course.nearest("d", "cb")) == [("c", 1)]
    assert [course.joins(c, "ac") for c in "bd"] == [True, False]
    assert [course.leads(c, "d") for c in "cb"] == [True, False]


def test_facts_that_go_in_a_circle_end() -> None:
    course = Curriculum(facts("aba"))
    assert course.needed("a") == {"b"}
    assert list(course.nearest("a", "a")) == []


def test_the_shipped_facts_teach_everything_in_some_order() -> None:
    arrows = [pair for pair, types in default_lexicon().facts.items() if T.PREREQUISITE_OF in types]
    assert nx.is_directed_acyclic_graph(nx.DiGraph(arrows))
