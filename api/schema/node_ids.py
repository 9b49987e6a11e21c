"""Global ids, by which `Query.node` finds a thing of any type again.

A concept's is its plain id, because that is what every other field calls it. A relation's and a source's are opaque:
the type and `:`, then what the store knows the thing by, in URL-safe base64. As an id of a concept may be any text,
it could look like one of these; `node` prefers the concept, and nothing that Note Atlas itself names has a colon.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import orjson
import strawberry

from graph.model import RelationKey, RelationType

__all__ = ["read_relation_node_id", "read_source_node_id", "relation_node_id", "source_node_id"]

_RELATION, _SOURCE = "Relation:", "Source:"


def relation_node_id(key: RelationKey) -> strawberry.ID:
    """Return the global id of the relation with this key."""
    return strawberry.ID(_RELATION + _encode(orjson.dumps(key)))


def read_relation_node_id(node_id: str) -> RelationKey | None:
    """Return the key in a relation's global id, None for any other text."""
    try:
        source, type_, target = orjson.loads(_decode(_RELATION, node_id) or b"null")
        key = (source, RelationType(type_), target)
    except (ValueError, TypeError):
        return None
    return key if isinstance(source, str) and isinstance(target, str) else None


def source_node_id(path: str) -> strawberry.ID:
    """Return the global id of the source with this path."""
    return strawberry.ID(_SOURCE + _encode(path.encode()))


def read_source_node_id(node_id: str) -> str | None:
    """Return the path in a source's global id, None for any other text."""
    try:
        found = _decode(_SOURCE, node_id)
        return None if found is None else found.decode()
    except UnicodeDecodeError:
        return None


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _decode(prefix: str, node_id: str) -> bytes | None:
    if not node_id.startswith(prefix):
        return None
    text = node_id.removeprefix(prefix)
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
