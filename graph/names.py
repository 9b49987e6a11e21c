"""Names as people write them, and the two forms that machines compare: a key and a slug.

One thing has many spellings: `Multi-Query Attention`, `multi query attention`, `MultiQueryAttention`. `name_key`
maps them to one string, so that a look-up by name needs no fuzzy search. It folds what never tells two concepts
apart (width, case, spaces, hyphens, quotes, and all that cannot be seen) and keeps what may (digits, `+`, `#`, CJK).
`slug` makes the stable id of a concept from its name.

Characters without a width make no name of their own: `name_key` and `slug` pass over every one of them, so that two
names which look the same are the same. For show, `without_hidden` takes away those that do nothing where they stand and
keeps the two joiners where they do: U+200D inside an emoji that is made of several, and either joiner between letters
of a script whose letters join (Arabic, those of India, Tibetan, Burmese, Khmer, Mongolian).
"""

import re
import unicodedata
from functools import lru_cache

__all__ = ["is_cjk", "name_key", "slug", "squashed", "without_hidden"]

_HIDDEN = r"\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
_IGNORED = re.compile(rf"[\s\-_·‐-―*`\"'“”‘’()\[\]:,.。、/\\{_HIDDEN}]+")
_ALL_HIDDEN = re.compile(rf"[{_HIDDEN}]+")
_PICTURES = r"\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINING = r"\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af"
_STRAY = re.compile(
    r"[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
    rf"|\u200d(?!(?<=[{_PICTURES}\ufe0f]\u200d)[{_PICTURES}])(?!(?<=[{_JOINING}]\u200d)[{_JOINING}])"
    rf"|\u200c(?!(?<=[{_JOINING}]\u200c)[{_JOINING}])"
)
_NOT_SLUG = re.compile(r"[^\w+#]+")
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def is_cjk(text: str) -> bool:
    """Tell whether `text` has at least one Chinese character."""
    return not text.isascii() and _CJK.search(text) is not None


def without_hidden(text: str) -> str:
    """Return `text` without the characters that cannot be seen and do nothing where they stand.

    >>> len(without_hidden("G\N{ZERO WIDTH JOINER}QA"))
    3
    """
    return text if text.isascii() else _STRAY.sub("", text)


@lru_cache(maxsize=1024)  # a name is looked at several times in a row, for each index that it goes into
def name_key(name: str) -> str:
    """Return the one key shared by all ways of writing `name`; empty if it holds nothing but punctuation.

    Unicode NFKC, case folded, without spaces, hyphens, quotes, brackets and dots; an ASCII key of more than four
    letters loses a plural `s` (not `ss`). Idempotent: `name_key(name_key(x)) == name_key(x)` but for plurals of
    plurals.
    """
    if not name.isascii():
        key = _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())
        key = unicodedata.normalize("NFKC", key)  # a combining mark may now follow another character
    else:
        key = name.lower()
        if not key.isalnum():
            key = _IGNORED.sub("", key)
    if key[-1:] == "s" and len(key) > 4 and key.isascii() and not key.endswith("ss"):
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
    if not text.isascii():
        text = _ALL_HIDDEN.sub("", text)
    return _NOT_SLUG.sub("-", text).strip("-") or "concept"


def squashed(text: str) -> str | None:
    """Return a text as name keys see it: whoever has a name in it, in any spelling, has its key in what is returned.

    So a key that is not in it is the key of no name in the text. None where that cannot be promised: combining marks,
    which may belong to what is before them or not.

    >>> squashed("Multi-Query Attention (MQA)")
    'multiqueryattentionmqa'
    """
    if text.isascii():
        return _IGNORED.sub("", text.lower())
    folded = unicodedata.normalize("NFKC", text).casefold()
    if any(map(unicodedata.combining, folded)):
        return None
    return _IGNORED.sub("", folded)
