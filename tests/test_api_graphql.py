"""What each GraphQL field answers, asked over a real socket of the real application on a real store."""

import base64
from pathlib import Path

import pytest

from graph.comparison import compare
from graph.model import RELATION_TYPES, Evidence, KnowledgeGraph, Relation, RelationType, merge
from graph.sqlite_store import SqliteStore
from tests.api_service import Counting, Service, answer, namesakes_graph
from tests.samples import attention_graph, boosting_graph

GRAPH = merge(
    {"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph(), "namesakes.json": namesakes_graph()}
)


def ids(rows: list[dict[str, str]]) -> list[str]:
    return [row["id"] for row in rows]


def arrow(row: dict[str, dict[str, str]]) -> tuple[str, str, str]:
    return (row["source"]["id"], row["type"], row["target"]["id"])


def key(relation: Relation) -> tuple[str, str, str]:
    return (relation.source, relation.type.name, relation.target)


GQA_ID = "grouped-query-attention"
ARROW = "source { id } type target { id }"

# -- concept ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["grouped-query-attention", "GQA", "gqa", "Grouped-Query Attention", "grouped query attention", "分组查询注意力"],
)
def test_a_concept_is_found_by_its_id_a_name_or_an_alias_in_any_case(service: Service, name: str) -> None:
    found = service.data("query($id: ID!) { concept(id: $id) { id name aliases kind } }", {"id": name})
    assert found["concept"] == {
        "id": "grouped-query-attention",
        "name": "Grouped-Query Attention",
        "aliases": ["GQA", "分组查询注意力"],
        "kind": "METHOD",
    }


def test_a_concept_that_nobody_heard_of_is_null(service: Service) -> None:
    assert service.data('{ concept(id: "phlogiston") { id } }') == {"concept": None}


def test_a_name_of_two_concepts_is_an_error_that_lists_their_ids(service: Service) -> None:
    error = service.ask('{ concept(id: "kernel") { id } }')["errors"][0]
    assert error["extensions"] == {"code": "AMBIGUOUS_NAME", "name": "kernel", "ids": ["kernel-os", "kernel-svm"]}
    assert "kernel-os, kernel-svm" in error["message"]
    assert service.data('{ concept(id: "核函数") { id } }') == {"concept": {"id": "kernel-svm"}}


def test_an_unknown_name_elsewhere_is_an_error_that_lists_the_nearest(service: Service) -> None:
    error = service.ask('{ studyPath(targets: ["GQA", "attention multi"]) { cycles } }')["errors"][0]
    assert error["extensions"]["code"] == "UNKNOWN_CONCEPT"
    assert error["extensions"]["name"] == "attention multi"
    assert set(error["extensions"]["near"]) == {"Multi-Head Attention", "Multi-Query Attention", "Attention"}


@pytest.mark.parametrize(
    "query",
    [
        '{ concepts(topic: "nix") { totalCount } }',
        '{ topics(parent: "nix") { id } }',
        '{ neighborhood(ids: ["gqa", "nix"]) { truncated } }',
        '{ studyPath(targets: ["nix"]) { cycles } }',
        '{ studyPath(targets: ["gqa"], known: ["nix"]) { cycles } }',
        '{ frontier(known: ["nix"]) { concept { id } } }',
        '{ shortestPath(source: "nix", target: "gqa") { type } }',
        '{ shortestPath(source: "gqa", target: "nix") { type } }',
    ],
)
def test_every_argument_that_names_a_concept_says_when_there_is_none(service: Service, query: str) -> None:
    assert service.code(query) == "UNKNOWN_CONCEPT"


def test_a_concept_knows_its_place_its_topics_passages_prerequisites_and_what_it_unlocks(service: Service) -> None:
    found = service.data(
        '{ concept(id: "MHA") { definition document line topics { id } prerequisites { id } unlocks { id } } '
        'xgb: concept(id: "XGB") { passages { line text section source { path title format sha256 } } } }'
    )
    assert found["concept"] == {
        "definition": "多个注意力头并行计算。",
        "document": "attention.md",
        "line": 11,
        "topics": [{"id": "transformers"}],
        "prerequisites": [{"id": "self-attention"}],
        "unlocks": [{"id": "grouped-query-attention"}, {"id": "multi-query-attention"}],
    }
    assert found["xgb"]["passages"] == [
        {
            "line": 5,
            "text": "XGBoost extends GBDT with a second-order loss.",
            "section": ["Boosting"],
            "source": {
                "path": "trees/boosting.txt",
                "title": "Boosting",
                "format": "plaintext",
                "sha256": "b" * 64,
            },
        }
    ]


# -- relations ----------------------------------------------------------------------------------------------------


def test_a_relation_carries_its_ends_origin_confidence_evidence_and_reasons(service: Service) -> None:
    found = service.data(
        '{ concept(id: "GQA") { relations(types: [GENERALIZES, PREREQUISITE_OF]) { edges { node { '
        + ARROW
        + " origin confidence group label zh: label(language: ZH) evidence { line text rule source { path } } "
        + f"because {{ {ARROW} }} }} }} }} }} }}"
    )["concept"]["relations"]["edges"]
    by_arrow = {arrow(edge["node"]): edge["node"] for edge in found}
    said = by_arrow["grouped-query-attention", "GENERALIZES", "multi-query-attention"]
    assert said["evidence"] == [
        {
            "line": 19,
            "text": "GQA with one group is exactly MQA.",
            "rule": "en.generalizes",
            "source": {"path": "attention.md"},
        }
    ]
    assert (said["origin"], said["confidence"], said["because"]) == ("STATED", 0.9, [])
    assert (said["label"], said["zh"], said["group"]) == ("generalizes", "推广了", None)
    derived = by_arrow["multi-query-attention", "PREREQUISITE_OF", "grouped-query-attention"]
    assert (derived["origin"], derived["evidence"]) == ("INFERRED", [])
    assert [arrow(row) for row in derived["because"]] == [
        ("grouped-query-attention", "GENERALIZES", "multi-query-attention")
    ]


@pytest.mark.parametrize("direction", ["OUT", "IN", "BOTH", None])
@pytest.mark.parametrize("types", [["IN_TOPIC"], ["GENERALIZES", "EXTENDS", "CONTRASTS_WITH"], [], None])
def test_relations_are_those_of_the_types_and_direction_asked_for_in_order(
    service: Service, direction: str | None, types: list[str] | None
) -> None:
    found = service.data(
        'query($types: [RelationType!], $direction: Direction) { concept(id: "multi-head-attention") { relations('
        f"types: $types, direction: $direction) {{ totalCount edges {{ node {{ {ARROW} }} }} }} }} }}",
        {"types": types, "direction": direction},
    )["concept"]["relations"]
    me = "multi-head-attention"
    expected = [
        key(r)
        for r in GRAPH.relations
        if ((r.source == me and direction != "IN") or (r.target == me and direction != "OUT"))
        and (types is None or r.type.name in types)
    ]
    assert [arrow(edge["node"]) for edge in found["edges"]] == expected
    assert found["totalCount"] == len(expected)


def test_relations_are_paged_without_gap_or_repeat(service: Service) -> None:
    query = (
        'query($after: String) { concept(id: "attention") { id } mha: concept(id: "MHA") { relations(first: 2, '
        f"after: $after) {{ totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} "
        f"edges {{ cursor node {{ {ARROW} }} }} }} }} }}"
    )
    found: list[tuple[str, str, str]] = []
    after = None
    while True:
        page = service.data(query, {"after": after})["mha"]["relations"]
        info = page["pageInfo"]
        assert info["hasPreviousPage"] is (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        found += [arrow(edge["node"]) for edge in page["edges"]]
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    expected = [key(r) for r in GRAPH.relations if "multi-head-attention" in (r.source, r.target)]
    assert found == expected
    assert page["totalCount"] == len(expected) > 4


def test_an_ingredient_of_a_combination_names_its_group(service: Service) -> None:
    edges = service.data(
        '{ concept(id: "adam") { relations(types: [COMBINES]) { edges { node { group target { name } } } } } }'
    )["concept"]["relations"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"group": "adam@attention.md:28", "target": {"name": "Momentum"}},
        {"group": "adam@attention.md:28", "target": {"name": "RMSprop"}},
    ]


async def test_evidence_in_a_file_that_was_never_loaded_still_names_it(tmp_path: Path) -> None:
    said = Relation("a", RelationType.USES, "b", evidence=(Evidence("lost.md", 3, "A uses B.", "import"),))
    async with SqliteStore(str(tmp_path)) as store:
        await store.upsert("graph.json", KnowledgeGraph.of([], [said]))
        found = await answer(
            store,
            '{ concept(id: "a") { name relations { edges { node { target { name } evidence { source { path title '
            "format sha256 } } } } } } }",
        )
    assert found["concept"]["name"] == "a"
    node = found["concept"]["relations"]["edges"][0]["node"]
    assert node["target"] == {"name": "b"}
    assert node["evidence"][0]["source"] == {
        "path": "lost.md",
        "title": "lost.md",
        "format": "import",
        "sha256": None,
    }


# -- concepts -----------------------------------------------------------------------------------------------------

PAGE = """query($first: Int, $after: String, $topic: ID, $kind: ConceptKind) {
  concepts(first: $first, after: $after, topic: $topic, kind: $kind) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } } }"""


@pytest.mark.parametrize("first", [1, 7, 100])
@pytest.mark.parametrize("narrowed", [{}, {"topic": "Transformers & <friends>"}, {"kind": "TOOL"}])
def test_concepts_are_paged_in_order_without_gap_or_repeat(
    service: Service, first: int, narrowed: dict[str, str]
) -> None:
    found: list[str] = []
    after = None
    while True:
        page = service.data(PAGE, {"first": first, "after": after, **narrowed})["concepts"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert page["edges"][-1]["cursor"] == after
        if not page["pageInfo"]["hasNextPage"]:
            break
    whole = service.data(PAGE, {"first": 100, **narrowed})["concepts"]
    assert found == [edge["node"]["id"] for edge in whole["edges"]]
    expected = [
        c.id
        for c in GRAPH.concepts
        if narrowed.get("kind", c.kind.name) == c.kind.name
        and ("topic" not in narrowed or any(key(r) == (c.id, "IN_TOPIC", "transformers") for r in GRAPH.relations))
    ]
    assert sorted(found) == expected
    assert page["totalCount"] == len(expected)


def test_an_empty_page_has_no_cursors(service: Service) -> None:
    page = service.data(PAGE, {"kind": "EXERCISE"})["concepts"]
    assert page == {
        "totalCount": 0,
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "attention",
        "ÄÖ",
        "====",
        cursor("c1:"),
        cursor("c2:attention"),
        cursor("c1:no such id"),
        "A" * 5000,
        cursor('r1:["a","IS_A","b"]'),
        base64.b64encode(b"c1:\xff\xfe").decode(),
    ],
)
def test_a_cursor_that_is_none_of_this_list_is_refused(service: Service, after: str) -> None:
    error = service.ask(PAGE, {"after": after})["errors"][0]
    assert error["extensions"]["code"] == "INVALID_QUERY"
    assert len(error["message"]) < 300


@pytest.mark.parametrize(
    "after",
    [
        cursor("c1:attention"),
        cursor("r1:"),
        cursor("r1:[]"),
        cursor('r1:["a","NO","b"]'),
        cursor('r1:[1,"IS_A","b"]'),
        cursor('r1:{"a":1}'),
        cursor('r1:"abc"'),
        cursor("r1:null"),
        cursor('r1:["a",["IS_A"],"b"]'),
    ],
)
def test_a_cursor_that_is_none_of_a_list_of_relations_is_refused(service: Service, after: str) -> None:
    query = 'query($after: String) { concept(id: 0) { id } a: concept(id: "gqa") { relations(after: $after) '
    assert service.code(query + "{ totalCount } } }", {"after": after}) == "INVALID_QUERY"


def test_a_cursor_of_relations_holds_although_its_relation_is_gone(service: Service) -> None:
    query = 'query($after: String) { concept(id: "gqa") { relations(after: $after) { edges { node { type } } } } }'
    gone = cursor('r1:["grouped-query-attention","GENERALIZES","zzz"]')
    edges = service.data(query, {"after": gone})["concept"]["relations"]["edges"]
    assert [edge["node"]["type"] for edge in edges] == ["IN_TOPIC", "PREREQUISITE_OF", "PREREQUISITE_OF"]


async def test_a_total_is_counted_only_when_it_is_asked_for(api_store: SqliteStore) -> None:
    store = Counting(api_store)
    await answer(store, "{ concepts { edges { node { id } } } }")
    assert store.calls["count"] == 0
    await answer(store, "{ concepts { totalCount } }")
    assert store.calls["count"] == 1


# -- search, topics, statistics -----------------------------------------------------------------------------------


def test_search_finds_chinese_and_english_with_score_and_what_matched(service: Service) -> None:
    query = "query($query: String!, $first: Int) { search(query: $query, first: $first) "
    query += "{ score matched concept { id } } }"
    best = service.data(query, {"query": "注意力"})["search"][0]
    assert (best["matched"], best["concept"]) == ("注意力", {"id": "attention"})
    assert 0 < best["score"] < 1
    assert service.data(query, {"query": "Adam"})["search"] == [
        {"score": 1, "matched": "Adam", "concept": {"id": "adam"}}
    ]
    assert service.data(query, {"query": "MQA"})["search"][0]["concept"]["id"] == "multi-query-attention"
    assert len(service.data(query, {"query": "attention", "first": 2})["search"]) == 2
    assert service.data(query, {"query": "?!"})["search"] == []


def test_search_says_what_the_query_names_and_passages_what_they_were_found_by(service: Service) -> None:
    asked = "search(query: $query) { named concept { id } } searchPassages(query: $query) { found }"
    found = service.data(f"query($query: String!) {{ {asked} }}", {"query": "Why is MQA exactly like GQA?"})
    hits = [(hit["concept"]["id"], hit["named"]) for hit in found["search"]]
    assert hits[:2] == [("multi-query-attention", True), (GQA_ID, True)]
    assert found["searchPassages"][0]["found"] == ["mqa", "gqa", "exactly"]


def test_search_finds_what_is_mistyped(service: Service) -> None:
    query = "query($query: String!) { search(query: $query) { score concept { id } } }"
    for mistyped, meant in (("grouped querry atention", "grouped-query-attention"), ("分组查旬注意力", GQA_ID)):
        best = service.data(query, {"query": mistyped})["search"][0]
        assert best["concept"]["id"] == meant
        assert 0 < best["score"] < 0.2


def test_passages_are_searched_and_say_what_they_mention(service: Service) -> None:
    query = "query($query: String!, $first: Int) { searchPassages(query: $query, first: $first) "
    query += "{ score concepts { id } passage { text line section source { path } } } }"
    found = service.data(query, {"query": "exactly mqa"})["searchPassages"]
    (passage,) = [p for p in GRAPH.passages if "exactly MQA" in p.text]
    assert found == [
        {
            "score": found[0]["score"],
            "concepts": [{"id": id_} for id_ in passage.concepts],
            "passage": {
                "text": passage.text,
                "line": passage.line,
                "section": list(passage.section),
                "source": {"path": passage.source},
            },
        }
    ]
    assert 0.9 < found[0]["score"] < 1
    assert len(service.data(query, {"query": "attention", "first": 1})["searchPassages"]) == 1
    assert service.data(query, {"query": "?!"})["searchPassages"] == []


def test_concepts_are_compared_side_by_side(service: Service) -> None:
    found = service.data(
        '{ compare(ids: ["MQA", "gqa"]) { concepts { id } between { ' + ARROW + " } "
        "shared { concept { id } type direction sharedBy { id } relations { " + ARROW + " } } "
        "only { concept { id } relations { " + ARROW + " } } } }"
    )["compare"]
    expected = compare(GRAPH.relations, ["multi-query-attention", GQA_ID], names={c.id: c.name for c in GRAPH.concepts})
    assert ids(found["concepts"]) == list(expected.ids)
    assert [arrow(r) for r in found["between"]] == [key(r) for r in expected.between] != []
    assert (
        [
            (row["concept"]["id"], row["type"], row["direction"].lower(), tuple(ids(row["sharedBy"])))
            for row in found["shared"]
        ]
        == [(s.concept, s.type, s.direction, s.by) for s in expected.shared]
        != []
    )
    assert [[arrow(r) for r in row["relations"]] for row in found["shared"]] == [
        [key(r) for r in s.relations] for s in expected.shared
    ]
    assert [(row["concept"]["id"], [arrow(r) for r in row["relations"]]) for row in found["only"]] == [
        (own.concept, [key(r) for r in own.relations]) for own in expected.only
    ]
    error = service.ask('{ compare(ids: ["gqa", "phlogiston"]) { concepts { id } } }')["errors"][0]
    assert error["extensions"]["code"] == "UNKNOWN_CONCEPT"


async def test_a_comparison_and_a_search_of_passages_cost_few_calls(api_store: SqliteStore) -> None:
    store = Counting(api_store)
    await answer(
        store, '{ compare(ids: ["gqa", "mqa", "mha"]) { shared { concept { name } } only { concept { id } } } }'
    )
    assert sum(store.calls.values()) == 3
    store = Counting(api_store)
    await answer(store, '{ searchPassages(query: "attention") { concepts { name } passage { source { path } } } }')
    assert sum(store.calls.values()) == 3


def test_topics_are_counted_alike_from_above_and_from_a_concept(service: Service) -> None:
    fields = "id name conceptCount childCount children { id } concept { kind }"
    found = service.data(f'{{ topics {{ {fields} }} concept(id: "gqa") {{ topics {{ {fields} }} }} }}')
    expected = {
        "id": "transformers",
        "name": "Transformers & <friends>",
        "conceptCount": 5,
        "childCount": 0,
        "children": [],
        "concept": {"kind": "TOPIC"},
    }
    assert found["topics"] == [expected]
    assert found["concept"]["topics"] == [expected]
    assert service.data('{ topics(parent: "transformers") { id } }') == {"topics": []}


def test_statistics_add_up(service: Service) -> None:
    stats = service.data(
        "{ stats { concepts relations passages sources relationsByType { type count } conceptsByKind { kind count } } }"
    )["stats"]
    assert (stats["concepts"], stats["relations"]) == (len(GRAPH.concepts), len(GRAPH.relations))
    assert (stats["passages"], stats["sources"]) == (len(GRAPH.passages), len(GRAPH.sources))
    assert sum(row["count"] for row in stats["relationsByType"]) == stats["relations"]
    assert sum(row["count"] for row in stats["conceptsByKind"]) == stats["concepts"]
    assert {"kind": "TOOL", "count": 40} in stats["conceptsByKind"]


def test_relation_types_are_the_models_table(service: Service) -> None:
    rows = service.data("{ relationTypes { type labelEn labelZh inverseEn inverseZh symmetric acyclic learntFirst } }")[
        "relationTypes"
    ]
    assert [row["type"] for row in rows] == [t.name for t in RelationType]
    for row, info in zip(rows, RELATION_TYPES.values(), strict=True):
        assert (row["labelEn"], row["inverseZh"], row["symmetric"]) == (info.label_en, info.inverse_zh, info.symmetric)
        assert row["learntFirst"] == (info.learnt_first.upper() if info.learnt_first else None)


# -- walks --------------------------------------------------------------------------------------------------------


def test_a_neighborhood_is_nearest_first_with_all_relations_between_its_concepts(service: Service) -> None:
    query = 'query($first: Int, $types: [RelationType!], $radius: Int) { neighborhood(ids: ["XGB"], first: $first, '
    query += f"types: $types, radius: $radius) {{ truncated concepts {{ id }} relations {{ {ARROW} }} }} }}"
    near = service.data(query, {"radius": 2})["neighborhood"]
    assert ids(near["concepts"]) == ["xgboost", "gbdt", "gradient-descent"]
    assert near["truncated"] is False
    inside = set(ids(near["concepts"]))
    assert [arrow(r) for r in near["relations"]] == [key(r) for r in GRAPH.relations if {r.source, r.target} <= inside]
    cut = service.data(query, {"radius": 2, "first": 2})["neighborhood"]
    assert (ids(cut["concepts"]), cut["truncated"]) == (["xgboost", "gbdt"], True)
    assert ids(service.data(query, {"radius": 2, "types": ["EXTENDS"]})["neighborhood"]["concepts"]) == [
        "xgboost",
        "gbdt",
    ]
    assert ids(service.data(query, {"radius": 0})["neighborhood"]["concepts"]) == ["xgboost"]


PATH = f"""query($targets: [ID!]!, $known: [ID!], $sure: Float) {{
  studyPath(targets: $targets, known: $known, minConfidence: $sure) {{
    steps {{ concept {{ id }} because {{ {ARROW} }} }} cycles cuts {{ {ARROW} }} }} }}"""


def test_a_study_path_puts_prerequisites_first_and_says_why(service: Service) -> None:
    path = service.data(PATH, {"targets": ["GQA"]})["studyPath"]
    order = [step["concept"]["id"] for step in path["steps"]]
    assert order == [
        "attention",
        "self-attention",
        "multi-head-attention",
        "multi-query-attention",
        "grouped-query-attention",
    ]
    reasons = {step["concept"]["id"]: [arrow(r) for r in step["because"]] for step in path["steps"]}
    assert reasons["multi-head-attention"] == [
        ("multi-head-attention", "PREREQUISITE_OF", "multi-query-attention"),
        ("multi-head-attention", "PREREQUISITE_OF", "grouped-query-attention"),
    ]
    assert reasons["grouped-query-attention"] == []
    assert (path["cycles"], path["cuts"]) == ([], [])


def test_a_study_path_leaves_out_what_is_known_and_what_is_not_sure_enough(service: Service) -> None:
    steps = service.data(PATH, {"targets": ["GQA"], "known": ["自注意力"]})["studyPath"]["steps"]
    assert [step["concept"]["id"] for step in steps] == [
        "multi-head-attention",
        "multi-query-attention",
        "grouped-query-attention",
    ]
    steps = service.data(PATH, {"targets": ["MQA"], "sure": 0.9})["studyPath"]["steps"]
    assert [step["concept"]["id"] for step in steps] == ["multi-head-attention", "multi-query-attention"]
    assert service.data(PATH, {"targets": ["MQA"], "known": ["mqa"]})["studyPath"]["steps"] == []
    assert [s["concept"]["id"] for s in service.data(PATH, {"targets": ["Tool 07"]})["studyPath"]["steps"]] == [
        "tool-07"
    ]


def test_the_frontier_is_what_can_be_learnt_next_and_what_that_opens(service: Service) -> None:
    query = "query($known: [ID!]!, $first: Int) { frontier(known: $known, first: $first) "
    query += "{ concept { id } unlocks { id } } }"
    first = service.data(query, {"known": ["attention"], "first": 1})["frontier"]
    assert first == [{"concept": {"id": "self-attention"}, "unlocks": [{"id": "multi-head-attention"}]}]
    beginnings = [row["concept"]["id"] for row in service.data(query, {"known": []})["frontier"]]
    assert beginnings == ["attention", "gbdt", "gradient-descent", "rmsprop"]
    goals = '{ frontier(known: [], targets: ["Adam"], first: 2) { concept { id } } }'
    assert [row["concept"]["id"] for row in service.data(goals)["frontier"]] == ["gradient-descent", "rmsprop"]
    assert service.code('{ frontier(known: [], targets: ["nix"]) { concept { id } } }') == "UNKNOWN_CONCEPT"


def test_evidence_tells_whether_its_text_says_so(service: Service) -> None:
    found = service.data('{ concept(id: "MQA") { relations { edges { node { evidence { saysSo } } } } } }')
    assert {e["saysSo"] for edge in found["concept"]["relations"]["edges"] for e in edge["node"]["evidence"]} == {True}


SHORTEST = f"""query($source: ID!, $target: ID!, $types: [RelationType!], $directed: Boolean) {{
  shortestPath(source: $source, target: $target, types: $types, directed: $directed) {{ {ARROW} }} }}"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"source": "GQA", "target": "attention"}, ["GENERALIZES", "EXTENDS", "IS_A"]),
        ({"source": "attention", "target": "GQA"}, ["PREREQUISITE_OF", "PREREQUISITE_OF", "PREREQUISITE_OF"]),
        ({"source": "attention", "target": "GQA", "types": ["IS_A", "EXTENDS", "GENERALIZES"]}, None),
        (
            {"source": "attention", "target": "GQA", "types": ["IS_A", "EXTENDS", "GENERALIZES"], "directed": False},
            ["IS_A", "EXTENDS", "GENERALIZES"],
        ),
        ({"source": "MHA", "target": "MQA", "types": ["CONTRASTS_WITH"]}, ["CONTRASTS_WITH"]),
        ({"source": "MQA", "target": "MHA", "types": ["CONTRASTS_WITH"]}, ["CONTRASTS_WITH"]),
        ({"source": "GQA", "target": "gqa"}, []),
        ({"source": "GQA", "target": "Tool 00"}, None),
        ({"source": "GQA", "target": "Tool 00", "directed": False}, None),
        ({"source": "adam", "target": "xgboost", "directed": None}, None),
    ],
)
def test_a_shortest_path_follows_the_arrows_unless_told_otherwise(
    service: Service, variables: dict[str, object], expected: list[str] | None
) -> None:
    path = service.data(SHORTEST, variables)["shortestPath"]
    assert (None if path is None else [row["type"] for row in path]) == expected


async def test_a_shortest_path_asks_the_store_once_a_level(api_store: SqliteStore) -> None:
    store = Counting(api_store)
    await answer(store, SHORTEST, {"source": "GQA", "target": "attention"})
    assert store.calls["relations"] == 3


def test_a_confidence_that_is_no_number_is_refused(service: Service) -> None:
    assert service.code(PATH, {"targets": ["GQA"], "sure": -0.1}) == "INVALID_QUERY"
    assert service.code(PATH, {"targets": ["GQA"], "sure": "0.5"}) == "GRAPHQL_INVALID"


def test_of_several_operations_the_one_to_run_must_be_named(service: Service) -> None:
    query = "query A { stats { concepts } } query B { stats { relations } }"
    assert service.code(query) == "GRAPHQL_INVALID"
    body = service.client.post("/graphql", json={"query": query, "operationName": "B"}).json()
    assert body == {"data": {"stats": {"relations": len(GRAPH.relations)}}}
