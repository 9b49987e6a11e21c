"""Names as people write them, and the two forms that machines compare: a key and a slug.

One thing has many spellings: `Multi-Query Attention`, `multi query attention`, `MultiQueryAttention`. `name_key`
maps them to one string, so that a look-up by name needs no fuzzy search. It folds what never tells two concepts
apart (width, case, spaces, hyphens, quotes) and keeps what may (digits, `+`, `#`, CJK). `slug` makes the stable
id of a concept from its name.
"""

import re
import unicodedata

__all__ = ["is_cjk", "name_key", "slug"]

_IGNORED = re.compile(r"[\s\-_·‐-―*`\"'“”‘’()\[\]:,.。、/\\\u200b-\u200f\ufeff]+")
_NOT_SLUG = re.compile(r"[^\w+#]+")
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def is_cjk(text: str) -> bool:
    """Tell whether `text` has at least one Chinese character."""
    return _CJK.search(text) is not None


def name_key(name: str) -> str:
    """Return the one key shared by all ways of writing `name`; empty if it holds nothing but punctuation.

    Unicode NFKC, case folded, without spaces, hyphens, quotes, brackets and dots; an ASCII key of more than four
    letters loses a plural `s` (not `ss`). Idempotent: `name_key(name_key(x)) == name_key(x)` but for plurals of
    plurals.
    """
    key = _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())
    key = unicodedata.normalize("NFKC", key)  # a combining mark may now follow another character
    if key.isascii() and len(key) > 4 and key.endswith("s") and not key.endswith("ss"):
        return key[:-1]
    return key


def slug(name: str) -> str:
    """Return the id made from `name`: NFKC, lower case, runs of other characters as one hyphen; CJK is kept.

    >>> slug("Multi-Query Attention")
    'multi-query-attention'
    >>> slug("交叉熵 Loss")
    '交叉熵-loss'
    """
    text = unicodedata.normalize("NFKC", name).casefold().replace("_", "-")
    return _NOT_SLUG.sub("-", text).strip("-") or "concept"
