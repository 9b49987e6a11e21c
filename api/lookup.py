"""From what a person calls a concept to its id: an id, a name or an alias, in any case and spelling.

The same for every way in: a name that nothing has is `UnknownConcept` with the nearest names, one that several
concepts have is `AmbiguousName` with their ids.
"""

from collections.abc import Sequence

from graph.beside import Around, Beside
from graph.errors import AmbiguousName, UnknownConcept
from graph.store import GraphStore

__all__ = ["concept_id", "concept_ids", "find_concept"]

_NEAR = 5


async def concept_ids(store: GraphStore, names: Sequence[str]) -> list[str]:
    """Return the ids of the concepts called `names`, in their order, each once.

    Raises UnknownConcept or AmbiguousName for the first that has not exactly one. One call to the store, however many
    names; one more to find what an unknown one may have meant.
    """
    meanings = await store.resolve(names) if names else {}
    found: dict[str, None] = {}
    for name in names:
        ids = meanings.get(name, [])
        if not ids:
            hits = await store.search(name, first=_NEAR)
            raise UnknownConcept(name, [hit.concept.name for hit in hits])
        found[_only(name, ids)] = None
    return list(found)


async def concept_id(store: GraphStore, name: str) -> str:
    """Return the id of the concept called `name`. Raises UnknownConcept or AmbiguousName."""
    return (await concept_ids(store, [name]))[0]


async def find_concept(store: GraphStore, name: str, *, beside: Sequence[Beside] = ()) -> tuple[str | None, Around]:
    """Return the id of the concept called `name`, None if there is none, and the concept with what is beside it.

    Raises AmbiguousName. One call to the store.
    """
    found = await store.find([name], beside=beside)
    ids = found.meanings.get(name, [])
    return (_only(name, ids) if ids else None), found.around


def _only(name: str, ids: Sequence[str]) -> str:
    if len(ids) > 1:
        raise AmbiguousName(name, ids)
    return ids[0]
