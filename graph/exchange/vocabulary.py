"""The words of a graph in RDF: IRIs of concepts, relations and sources, and how relation types stand to SKOS.

A concept is a skos:Concept. A relation type is a property of our own vocabulary that says no more of SKOS than is so:

* IS_A, PART_OF and IN_TOPIC lead to something broader, GENERALIZES to something narrower.
* CONTRASTS_WITH and EQUIVALENT_TO are symmetric, as skos:related is. (skos:exactMatch is for concepts of two schemes.)
* The others are a skos:semanticRelation and no more: SKOS keeps skos:related apart from what is broader at any remove,
  and a concept may well be a prerequisite of one that is a kind of it.

IRIs are URNs, since this project has no web address that would answer. Of an id, letters and digits of any script and
`-._~` stand as they are and all else is percent-encoded, so that every id has an IRI and every such IRI one id.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from graph.model import RelationKey, RelationType

__all__ = [
    "BROADER",
    "CONCEPT",
    "NARROWER",
    "OURS",
    "PROPERTIES",
    "SCHEME",
    "SOURCE",
    "SUPER_PROPERTIES",
    "decoded",
    "encoded",
    "evidence_iri",
    "language_of",
    "passage_iri",
    "relation_iri",
    "relation_key",
]

OURS: Final = "urn:noteatlas:terms:"
CONCEPT: Final = "urn:noteatlas:concept:"
SOURCE: Final = "urn:noteatlas:source:"
SCHEME: Final = "urn:noteatlas:scheme"
_RELATION: Final = "urn:noteatlas:relation:"
_EVIDENCE: Final = "urn:noteatlas:evidence:"
_PASSAGE: Final = "urn:noteatlas:passage:"

_T = RelationType
BROADER: Final = frozenset({_T.IS_A, _T.PART_OF, _T.IN_TOPIC})
NARROWER: Final = frozenset({_T.GENERALIZES})
_RELATED: Final = frozenset({_T.CONTRASTS_WITH, _T.EQUIVALENT_TO})


def _camel(kind: RelationType) -> str:
    first, *rest = kind.value.lower().split("_")
    return first + "".join(word.title() for word in rest)


PROPERTIES: Final[Mapping[RelationType, str]] = MappingProxyType({kind: _camel(kind) for kind in RelationType})
"""By relation type: the local name of its property, such as `prerequisiteOf`."""

SUPER_PROPERTIES: Final[Mapping[RelationType, str]] = MappingProxyType(
    {
        kind: "broader"
        if kind in BROADER
        else "narrower"
        if kind in NARROWER
        else "related"
        if kind in _RELATED
        else "semanticRelation"
        for kind in RelationType
    }
)
"""By relation type: the local name of the property of SKOS that it specialises."""


def encoded(text: str) -> str:
    """Return text as a part of an IRI.

    >>> encoded("注意力 & <b>")
    '注意力%20%26%20%3Cb%3E'
    """
    return "".join(c if _plain(c) else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def _plain(character: str) -> bool:
    """Tell whether a character stands in an IRI as it is: normalizing the IRI must not make it another one."""
    if character.isascii():
        return character.isalnum() or character in "-._~"
    return character.isalnum() and unicodedata.is_normalized("NFKC", character)


def decoded(part: str) -> str:
    """Return the text that `encoded` made a part of an IRI of."""
    return unquote(part, errors="strict")


def relation_iri(key: RelationKey) -> str:
    """Return the IRI of the statement that a relation is."""
    source, kind, target = key
    return f"{_RELATION}{encoded(source)}:{kind.value}:{encoded(target)}"


def relation_key(iri: str) -> RelationKey | None:
    """Return the key of the relation with this IRI; None if it is no relation's."""
    parts = iri.removeprefix(_RELATION).split(":")
    if not iri.startswith(_RELATION) or len(parts) != 3 or parts[1] not in RelationType.__members__:
        return None
    return (decoded(parts[0]), RelationType(parts[1]), decoded(parts[2]))


def evidence_iri(key: RelationKey, number: int) -> str:
    """Return the IRI of a relation's evidence; `number` counts from 1."""
    return f"{relation_iri(key).replace(_RELATION, _EVIDENCE, 1)}:{number}"


def passage_iri(source: str, line: int, number: int) -> str:
    """Return the IRI of a passage; `number` counts those of the graph from 1."""
    return f"{_PASSAGE}{encoded(source)}:{line}:{number}"


_KANA: Final = re.compile("[\u3041-\u30ff]")
_HANGUL: Final = re.compile("[\uac00-\ud7a3\u1100-\u11ff]")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def language_of(text: str) -> str | None:
    """Return the language tag of a text whose script tells it: ja with kana, ko with hangul, zh for Han without either.

    None for all other scripts: Latin letters are no more English than French.
    """
    rows = ((_KANA, "ja"), (_HANGUL, "ko"), (_HAN, "zh"))
    return next((tag for script, tag in rows if script.search(text)), None)
