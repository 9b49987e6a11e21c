"""A typed client of Note Atlas's GraphQL, to copy into a program of yours. It needs httpx2 and nothing else.

    with Atlas("http://127.0.0.1:8765") as atlas:
        for step in atlas.study_path(["GQA"], known=["attention"]):
            print(step.concept.name)

Run as a program it asks a service four things and prints the answers:

    python noteatlas_client.py http://127.0.0.1:8765 GQA
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx2

_EVIDENCE = """
fragment Facts on Relation {
  type
  label
  source { id name }
  target { id name }
  origin
  confidence
  evidence { text line source { path } }
}
"""


class AtlasError(Exception):
    """The service refused or failed. `code` is stable (see docs/graphql.md), `details` is what goes with it."""

    def __init__(self, code: str, message: str, details: dict[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept: its id, its preferred name, and what was asked for besides."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of the notes, and where it stands."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed arrow between two concepts; `label` is the type in words."""

    type: str
    label: str
    source: Concept
    target: Concept
    origin: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A concept with its relations."""

    concept: Concept
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One concept to learn; `because` leads to the later steps that need it."""

    concept: Concept
    because: tuple[Relation, ...] = field(default=())


class Atlas:
    """A service. `token` is needed where the service asks for one. Use it as `with`, or call `close`."""

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 30.0) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx2.Client(base_url=url, headers=headers, timeout=timeout_s)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Return the data of any query. Raises AtlasError with the code of the first error."""
        response = self._client.post("/graphql", json={"query": query, "variables": variables})
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or not body.keys() & {"data", "errors"}:
            raise AtlasError("NO_ANSWER", f"status {response.status_code}, and no GraphQL", {})
        for error in body.get("errors", ()):
            details = dict(error.get("extensions", {}))
            raise AtlasError(details.pop("code", "UNKNOWN"), error["message"], details)
        data: dict[str, Any] = body["data"]
        return data

    def concept(self, name: str, *, relations: int = 20) -> Described | None:
        """Return what is called `name` (an id, a name or an alias) with its first relations; None if nothing is."""
        query = (
            "query ($id: ID!, $first: Int!) { concept(id: $id) { id name aliases definition "
            "relations(first: $first) { edges { node { ...Facts } } } } }" + _EVIDENCE
        )
        found = self.ask(query, id=name, first=relations)["concept"]
        if found is None:
            return None
        edges = found["relations"]["edges"]
        return Described(_concept(found), tuple(_relation(edge["node"]) for edge in edges))

    def concepts(self, *, page: int = 100) -> Iterator[Concept]:
        """Yield every concept by name, asking for so many at a time."""
        query = (
            "query ($first: Int!, $after: String) { concepts(first: $first, after: $after) { "
            "pageInfo { hasNextPage endCursor } edges { node { id name aliases } } } }"
        )
        after = None
        while True:
            found = self.ask(query, first=page, after=after)["concepts"]
            yield from (_concept(edge["node"]) for edge in found["edges"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def study_path(self, targets: Sequence[str], *, known: Sequence[str] = ()) -> list[Step]:
        """Return what to learn for the targets, in order, less what is known."""
        query = (
            "query ($targets: [ID!]!, $known: [ID!]) { studyPath(targets: $targets, known: $known) { "
            "steps { concept { id name } because { ...Facts } } } }" + _EVIDENCE
        )
        found = self.ask(query, targets=list(targets), known=list(known))["studyPath"]
        return [Step(_concept(row["concept"]), tuple(map(_relation, row["because"]))) for row in found["steps"]]


def _concept(row: dict[str, Any]) -> Concept:
    return Concept(row["id"], row["name"], tuple(row.get("aliases", ())), row.get("definition"))


def _relation(row: dict[str, Any]) -> Relation:
    return Relation(
        row["type"],
        row["label"],
        _concept(row["source"]),
        _concept(row["target"]),
        row["origin"],
        row["confidence"],
        tuple(Evidence(said["source"]["path"], said["line"], said["text"]) for said in row["evidence"]),
    )


def main(url: str, name: str) -> None:
    """Ask for a concept with its evidence, for all concepts, for a study path, and for something that is not there."""
    with Atlas(url, token=os.environ.get("NOTEATLAS_TOKEN")) as atlas:
        found = atlas.concept(name)
        if found is None:
            print(f"no concept is called {name}")
            return
        print(f"{found.concept.name} ({', '.join(found.concept.aliases)})")
        for relation in found.relations:
            for said in relation.evidence:
                print(f"  {relation.source.name} {relation.label} {relation.target.name}")
                print(f"    {said.path}:{said.line}: {said.text}")
        print(f"{sum(1 for _ in atlas.concepts(page=20))} concepts")
        print("Study path:")
        for number, step in enumerate(atlas.study_path([name]), 1):
            needed_by = ", ".join(relation.target.name for relation in step.because)
            print(f"  {number}. {step.concept.name}{f' (before {needed_by})' if needed_by else ''}")
        try:
            atlas.study_path([f"{name}-of-nothing"])
        except AtlasError as error:
            print(f"{error.code}: near are {', '.join(error.details['near']) or 'none'}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
