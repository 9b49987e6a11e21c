"""The four questions: as an operation of ours, as one of the peer's, and as a statement that somebody writes by hand.

Each has the same variables for all, and `answer` makes of what each gives the one thing that it should be: the `data`
of our answer. Lists of relations come in the same order from all. The hits of a search do not: each ranks them in its
own way, so they are compared by name.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.graphql_peer.data import HITS, rare_word

__all__ = ["QUESTIONS", "Question"]

Rows = Sequence[Sequence[Any]]
Data = dict[str, Any]


def as_it_is(data: Data) -> Data:
    return data


@dataclass(frozen=True, slots=True)
class Question:
    """`variables` makes those of one asking, given a source of chance and how many concepts there are.

    `shaped` makes the data of our answer of the statement's rows, `translated` of the peer's data; `compared` is what
    has to be equal of all three.
    """

    name: str
    ours: str
    peers: str
    by_hand: str
    variables: Callable[[random.Random, int], Mapping[str, Any]]
    shaped: Callable[[Rows], Data]
    translated: Callable[[Data], Data]
    compared: Callable[[Data], Data] = as_it_is


def a_concept(choose: random.Random, concepts: int) -> dict[str, Any]:
    return {"id": f"c{choose.randrange(HITS, concepts)}"}


def a_word(choose: random.Random, concepts: int) -> dict[str, Any]:
    return {"word": rare_word(choose.randrange(concepts // HITS))}


def sentences(name: str, texts: Sequence[str], places: Sequence[str]) -> Data:
    """Return a relation, given the texts of its evidence and their places, each `path:line`."""
    lines = (int(place.rpartition(":")[2]) for place in places)
    evidence = [{"text": text, "line": line} for text, line in zip(texts, lines, strict=True)]
    return {"node": {"source": {"name": name}, "evidence": evidence}}


def evidence_by_hand(rows: Rows) -> Data:
    ((name, relations),) = rows
    return {"concept": {"name": name, "relations": {"edges": [sentences(*relation) for relation in relations]}}}


def evidence_of_peer(data: Data) -> Data:
    (found,) = data["concepts"]
    edges = [
        sentences(edge["node"]["name"], edge["properties"]["evidence_text"], edge["properties"]["evidence_place"])
        for edge in found["prerequisitesConnection"]["edges"]
    ]
    return {"concept": {"name": found["name"], "relations": {"edges": edges}}}


EVIDENCE = Question(
    "a concept, what it requires, and the evidence",
    ours="""query ($id: ID!) { concept(id: $id) { name relations(types: [PREREQUISITE_OF], direction: IN) { edges {
        node { source { name } evidence { text line } } } } } }""",
    peers="""query ($id: ID!) { concepts(where: {id: {eq: $id}}) { name prerequisitesConnection(
        sort: [{node: {id: ASC}}]) { edges { node { name } properties { evidence_text evidence_place } } } } }""",
    by_hand="""MATCH (c:Concept {id: $id}) RETURN c.name, COLLECT {
        MATCH (c)<-[r:PREREQUISITE_OF]-(p:Concept) RETURN [p.name, r.evidence_text, r.evidence_place]
        ORDER BY p.id }""",
    variables=a_concept,
    shaped=evidence_by_hand,
    translated=evidence_of_peer,
)


NESTED = Question(
    "two levels of prerequisites",
    ours="query ($id: ID!) { concept(id: $id) { name prerequisites { name prerequisites { name } } } }",
    peers="""query ($id: ID!) { concepts(where: {id: {eq: $id}}) { name
        prerequisites(sort: [{name_key: ASC}, {id: ASC}]) { name
        prerequisites(sort: [{name_key: ASC}, {id: ASC}]) { name } } } }""",
    by_hand="""MATCH (c:Concept {id: $id}) RETURN c.name, COLLECT {
        MATCH (c)<-[:PREREQUISITE_OF]-(p:Concept) WITH p ORDER BY p.name_key, p.id
        RETURN {name: p.name, prerequisites: COLLECT {
        MATCH (p)<-[:PREREQUISITE_OF]-(q:Concept) WITH q ORDER BY q.name_key, q.id RETURN {name: q.name} } } }""",
    variables=a_concept,
    shaped=lambda rows: {"concept": {"name": rows[0][0], "prerequisites": rows[0][1]}},
    translated=lambda data: {"concept": data["concepts"][0]},
)


PAGE = Question(
    "a page of 50 with what they require",
    ours="{ concepts(first: 50) { edges { node { name prerequisites { name } } } } }",
    peers="""{ concepts(limit: 50, sort: [{name_key: ASC}, {id: ASC}]) { name
        prerequisites(sort: [{name_key: ASC}, {id: ASC}]) { name } } }""",
    by_hand="""MATCH (c:Concept) USING INDEX c:Concept(name_key, id) WHERE c.name_key IS NOT NULL AND c.id IS NOT NULL
        WITH c ORDER BY c.name_key, c.id LIMIT 50 RETURN c.name, COLLECT {
        MATCH (c)<-[:PREREQUISITE_OF]-(p:Concept) WITH p ORDER BY p.name_key, p.id RETURN {name: p.name} }""",
    variables=lambda _choose, _concepts: {},
    shaped=lambda rows: {
        "concepts": {"edges": [{"node": {"name": name, "prerequisites": before}} for name, before in rows]}
    },
    translated=lambda data: {"concepts": {"edges": [{"node": node} for node in data["concepts"]]}},
)


SEARCH = Question(
    "a full-text search with ten hits",
    ours=f"query ($word: String!) {{ search(query: $word, first: {HITS}) {{ concept {{ name }} }} }}",
    peers=f"query ($word: String!) {{ conceptsFound(phrase: $word, first: {HITS}) {{ edges {{ node {{ name }} }} }} }}",
    by_hand=f"""CALL db.index.fulltext.queryNodes('concept_search', $word) YIELD node, score
        RETURN node.name ORDER BY score DESC LIMIT {HITS}""",
    variables=a_word,
    shaped=lambda rows: {"search": [{"concept": {"name": name}} for (name,) in rows]},
    translated=lambda data: {"search": [{"concept": edge["node"]} for edge in data["conceptsFound"]["edges"]]},
    compared=lambda data: {"search": sorted(data["search"], key=lambda hit: hit["concept"]["name"])},
)

QUESTIONS = (EVIDENCE, NESTED, PAGE, SEARCH)
