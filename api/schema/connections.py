"""Pages of a list, as the Relay specification of connections has them: forward only, with opaque cursors.

A cursor says which list it belongs to, in which version of its form, and after which place to go on: `c2:`, the order
and what its entry is sorted by, or `r1:` and a relation's key, in URL-safe base64. Clients must not look inside; that
they can is no secret, so nothing depends on it. A cursor holds the place, not the entry: it still does when that entry
is gone or sorted elsewhere, and neither then nor when others come is anything skipped that was there, or shown twice.
"""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence

import orjson
import strawberry

from graph.errors import InvalidQuery
from graph.listing import ConceptOrder, Position
from graph.model import Relation, RelationKey, RelationType

__all__ = ["PageInfo", "concept_cursor", "read_concept_cursor", "relation_cursor", "relation_page"]

_CONCEPT, _RELATION = "c2:", "r1:"


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether entries follow after this page.")
    has_previous_page: bool = strawberry.field(description="Whether entries come before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first entry; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last entry, to give as `after` for the next page; null on an empty page."
    )


def concept_cursor(position: Position, order: ConceptOrder) -> str:
    """Return the cursor of a place in a list of concepts in this order."""
    return _encode(_CONCEPT + orjson.dumps([order.by, order.reverse, *position]).decode())


def read_concept_cursor(cursor: str | None, order: ConceptOrder) -> Position | None:
    """Return the place that a cursor holds, None for None. Raises InvalidQuery if it is none of a list in this order.

    Whether a list can have such a place is for the store to say.
    """
    if cursor is None:
        return None
    try:
        by, reverse, rank, name_key, concept = orjson.loads(_decode(_CONCEPT, cursor))
    except (ValueError, TypeError) as error:
        raise _bad(cursor) from error
    if [by, reverse, type(rank), type(name_key), type(concept)] != [order.by, order.reverse, int, str, str]:
        raise _bad(cursor)
    return Position(rank, name_key, concept)


def relation_cursor(relation: Relation) -> str:
    """Return the cursor of a relation."""
    return _encode(_RELATION + orjson.dumps(relation.key).decode())


def relation_page(relations: Sequence[Relation], *, first: int, after: str | None) -> tuple[list[Relation], int]:
    """Return the `first` of `relations`, which are in order of their keys, after a cursor, and where they start.

    Raises InvalidQuery if `after` is not a relation's cursor.
    """
    start = 0 if after is None else bisect_right(relations, _relation_key(after), key=lambda r: r.key)
    return list(relations[start : start + first]), start


def _relation_key(cursor: str) -> RelationKey:
    try:
        source, type_, target = orjson.loads(_decode(_RELATION, cursor))
        key = (source, RelationType(type_), target)
    except (ValueError, TypeError) as error:
        raise _bad(cursor) from error
    if not isinstance(source, str) or not isinstance(target, str):
        raise _bad(cursor)
    return key


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(prefix: str, cursor: str) -> str:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error) as error:
        raise _bad(cursor) from error
    if not text.startswith(prefix):
        raise _bad(cursor)
    return text.removeprefix(prefix)


def _bad(cursor: str) -> InvalidQuery:
    shown = cursor if len(cursor) <= 40 else f"{cursor[:40]}..."
    return InvalidQuery(f"after: {shown!r} is not a cursor of this list: give an `endCursor` or `cursor` of its pages")
