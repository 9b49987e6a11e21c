"""Finding things of any type again by their global ids (`api.schema.node_ids`)."""

import asyncio
from collections.abc import Sequence

from api.schema.node_ids import read_relation_node_id, read_source_node_id
from api.schema.types import Concept, Info, Node, Relation, Source

__all__ = ["find_nodes"]


async def find_nodes(info: Info, node_ids: Sequence[str]) -> list[Node | None]:
    """Return what has these global ids, in their order; None for what is not there. At most three calls to the store.

    A concept comes before anything else whose id reads alike; unlike the `ID` arguments elsewhere, a name is no id.
    """
    return list(await asyncio.gather(*(_find(info, node_id) for node_id in node_ids)))


async def _find(info: Info, node_id: str) -> Node | None:
    concept = await info.context.concepts_if_any.load(node_id)
    if concept is not None:
        return Concept.of(concept)
    if (key := read_relation_node_id(node_id)) is not None:
        relation = await info.context.relations_by_key.load(key)
        return None if relation is None else Relation.of(relation)
    if (path := read_source_node_id(node_id)) is not None:
        source = await info.context.sources.load(path)
        return None if source is None else Source.of(path, source)
    return None
