"""Decisions through GraphQL: who may make them, what they change, and what is told when they make no sense."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.curating import CURATION_FILE, read_decisions
from api.settings import Settings
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, fill, serving
from tests.test_api_access import READER, WRITER, bearer

DECIDE = """mutation Decide($decision: DecisionInput!) {
  decide(decision: $decision) {
    decision { id what source type target name to into out turn evidence author reason time file stale }
    changes { conceptsAdded conceptsRemoved relationsAdded relationsChanged relationsRemoved }
  }
}"""
UNDO = "mutation($id: ID!) { undo(id: $id) { decision { id } changes { relationsAdded } } }"
MAY = "{ mayDecide }"
GENERALIZES = """{ concept(id: "GQA") { relations(types: [GENERALIZES], direction: OUT) {
  edges { node { target { id } origin } } } } }"""
WRONG = {"what": "REJECT", "source": "gqa", "type": "GENERALIZES", "target": "mha", "reason": "no"}


@pytest.fixture
async def folder(tmp_path: Path) -> str:
    async with SqliteStore(str(tmp_path / "store")) as store:
        await fill(store)
    return str(tmp_path / "store")


@pytest.fixture
def service(folder: str, tmp_path: Path) -> Iterator[Service]:
    """A service without tokens, whose decisions are written to a file."""
    settings = Settings(store=folder, curation=tmp_path / CURATION_FILE, author="Ann", trusted_proxies="127.0.0.1")
    with serving(create_app(settings)) as service:
        yield service


def targets(service: Service) -> set[tuple[str, str]]:
    edges = service.data(GENERALIZES)["concept"]["relations"]["edges"]
    return {(edge["node"]["target"]["id"], edge["node"]["origin"]) for edge in edges}


def decide(service: Service, **decision: Any) -> dict[str, Any]:
    return service.data(DECIDE, {"decision": decision})["decide"]


def test_a_decision_is_seen_at_once_kept_with_its_reasons_and_taken_back(service: Service, tmp_path: Path) -> None:
    """By ids or names; its file has it too, and the history and the list tell of it."""
    before = targets(service)
    made = decide(service, **WRONG)
    told = made["decision"]
    assert (told["what"], told["author"], told["reason"], told["stale"]) == ("REJECT", "Ann", "no", None)
    assert told["evidence"]
    assert made["changes"]["relationsRemoved"] >= 1
    assert targets(service) < before
    assert [row.id for row in read_decisions(tmp_path / CURATION_FILE)[0]] == [told["id"]]
    listed = service.data(
        "{ decisions { id stale } history(first: 1) { number at cause changes { relationsRemoved } } }"
    )
    assert listed["decisions"] == [{"id": told["id"], "stale": None}]
    (latest,) = listed["history"]
    assert latest["cause"].startswith(f"decision {told['id']}: reject ")
    assert latest["changes"]["relationsRemoved"] == made["changes"]["relationsRemoved"]
    assert service.data(UNDO, {"id": told["id"]})["undo"]["decision"]["id"] == told["id"]
    assert targets(service) == before
    assert service.data("{ decisions { id } }") == {"decisions": []}
    assert read_decisions(tmp_path / CURATION_FILE) == ([], [])


def test_each_kind_can_be_decided(service: Service) -> None:
    """And a later one makes an earlier one stale."""
    accepted = decide(service, what="ACCEPT", source="gqa", type="GENERALIZES", target="mha")["decision"]
    assert ("multi-head-attention", "CURATED") in targets(service)
    decide(service, what="EDIT", source="gqa", type="GENERALIZES", target="mha", toType="EXTENDS", turn=True)
    assert "multi-head-attention" not in {target for target, _ in targets(service)}
    decide(service, what="ADD", source="New", type="PREREQUISITE_OF", target="gqa")
    decide(service, what="RENAME", name="New", to="Newer")
    assert service.data('{ concept(id: "newer") { name unlocks { id } } }')["concept"] == {
        "name": "Newer",
        "unlocks": [{"id": "grouped-query-attention"}],
    }
    alias = service.data('{ concept(id: "gqa") { aliases } }')["concept"]["aliases"][-1]
    split = decide(service, what="SPLIT", name="gqa", out=[alias])["decision"]
    assert split["out"] == [alias]
    decide(service, what="MERGE", name="Newer", into="mha")
    decide(service, what="SEPARATE", name="Something", out=["mha"])
    stale = {row["id"]: row["stale"] for row in service.data("{ decisions(first: 100) { id stale } }")["decisions"]}
    assert stale[accepted["id"]] == "a later decision says otherwise"
    assert sum(why is not None for why in stale.values()) == 1


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (WRONG | {"source": "nobody at all"}, "UNKNOWN_CONCEPT"),
        (WRONG | {"source": "Kernel"}, "AMBIGUOUS_NAME"),
        (WRONG | {"target": "gqa"}, "INVALID_INPUT"),
        (WRONG | {"type": "CAUSES"}, "INVALID_INPUT"),
        ({"what": "MERGE", "name": "gqa"}, "INVALID_INPUT"),
        ({"what": "RENAME", "name": "gqa", "to": "x" * 5000}, "INVALID_INPUT"),
        ({"what": "BURN"}, "GRAPHQL_INVALID"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    service: Service, decision: dict[str, Any], code: str
) -> None:
    """With the code that says what is wrong; and what is taken back must be there."""
    before = service.data("{ history(first: 1) { number } }")
    assert service.code(DECIDE, {"decision": decision}) == code
    assert service.code(UNDO, {"id": "nothing"}) == "INVALID_INPUT"
    assert service.data("{ history(first: 1) { number } }") == before


def test_another_machine_or_site_may_not_write(service: Service) -> None:
    """Without tokens: behind a proxy that names another machine, from another site's page, or by GET."""
    body = {"query": DECIDE, "variables": {"decision": WRONG}}
    forwarded = service.client.post("/graphql", json=body, headers={"x-forwarded-for": "203.0.113.9"}).json()
    assert forwarded["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    asked = service.client.post("/graphql", json={"query": MAY}, headers={"x-forwarded-for": "203.0.113.9"}).json()
    assert asked == {"data": {"mayDecide": False}}
    assert service.data(MAY) == {"mayDecide": True}
    for header in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert service.client.post("/graphql", json=body, headers=header).status_code == 403
    assert service.client.post("/graphql", data=body, headers={"content-type": "text/plain"}).status_code == 415
    got = service.client.get("/graphql", params={"query": "mutation { undo(id: 1) { decision { id } } }"})
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    assert service.data("{ decisions { id } }") == {"decisions": []}


def test_where_there_are_tokens_one_that_writes_is_needed(folder: str) -> None:
    """Even on this machine, and even where reading is open; the decision names the token's holder."""
    tokens = f"ann:read:{READER}, bob:read+write:{WRITER}"
    body = {"query": DECIDE, "variables": {"decision": WRONG}}
    with serving(create_app(Settings(store=folder, tokens=tokens, open_reads=True))) as service:
        codes = [
            service.client.post("/graphql", json=body, headers=headers).json()["errors"][0]["extensions"]["code"]
            for headers in ({}, bearer(READER))
        ]
        assert codes == ["UNAUTHENTICATED", "FORBIDDEN"]
        told = [
            service.client.post("/graphql", json={"query": MAY}, headers=headers).json()["data"]["mayDecide"]
            for headers in ({}, bearer(READER), bearer(WRITER))
        ]
        assert told == [False, False, True]
        made = service.client.post("/graphql", json=body, headers=bearer(WRITER)).json()["data"]["decide"]
        assert made["decision"]["author"] == "bob"
