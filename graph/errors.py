"""Everything that Note Atlas can raise on purpose, as one tree.

    NoteAtlasError                 the root: catch it to turn a failure into one line
    ├── InputError                 what was given cannot be used; the caller can mend it
    │   ├── UnreadableSource       a notes file that cannot be read, with its path and why
    │   ├── InvalidGraph           a graph file that is not node-link JSON, or contradicts itself
    │   ├── InvalidQuery           an argument outside what is allowed (a page size, a radius, a cursor)
    │   ├── UnknownConcept         no concept is called that; carries the nearest names
    │   └── AmbiguousName          several concepts are called that; carries their ids
    └── StoreError                 the store could not do it
        ├── InvalidStoreUrl        the URL names no store that exists here
        ├── StoreUnavailable       unreachable, refused, timed out, or its file cannot be opened
        ├── StoreAuthError         the server refused the user name or password
        ├── StoreBusy              another process holds the store for writing
        └── IncompatibleStore      the store holds something that is not ours, or of a newer version

Each message is one sentence that says what is wrong and what to do. There is no HTTP and no exit status here:
`api` maps classes to both, in one table each.

A StoreError never holds the password of a URL, whoever made it and of what: not in its text, nor in its `args`.
"""

import re
from collections.abc import Sequence

__all__ = [
    "AmbiguousName",
    "IncompatibleStore",
    "InputError",
    "InvalidGraph",
    "InvalidQuery",
    "InvalidStoreUrl",
    "NoteAtlasError",
    "StoreAuthError",
    "StoreBusy",
    "StoreError",
    "StoreUnavailable",
    "UnknownConcept",
    "UnreadableSource",
    "redact",
]

_URL_SECRET = re.compile(r"(://[^/\s:@]*):(?!PASSWORD@HOST\b)\S*@")
# Up to the last @: a password may hold one, or a slash. What tells how a URL is written keeps its placeholder.


def redact(text: str) -> str:
    """Return `text` without the passwords of URLs in it.

    >>> redact("cannot reach neo4j://reader:hunter2@db:7687")
    'cannot reach neo4j://reader:***@db:7687'
    """
    return _URL_SECRET.sub(r"\1:***@", text)


class NoteAtlasError(Exception):
    """Root of every error that Note Atlas raises on purpose."""


class InputError(NoteAtlasError):
    """What was given cannot be used; the one who gave it can mend it."""


class UnreadableSource(InputError):
    """A file of notes that cannot be read. `path` names it, `reason` says why in a few words."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class InvalidGraph(InputError):
    """A graph document that does not follow the interchange format."""


class InvalidQuery(InputError):
    """An argument outside of what is allowed."""


class UnknownConcept(InputError):
    """No concept has this id, name or alias. `near` holds names that look like it, best first."""

    def __init__(self, name: str, near: Sequence[str] = ()) -> None:
        hint = f"; did you mean {', '.join(near)}?" if near else "; search for it with `noteatlas search`"
        super().__init__(f"no concept is called {name!r}{hint}")
        self.name = name
        self.near = tuple(near)


class AmbiguousName(InputError):
    """Several concepts share this name. `ids` holds theirs, sorted: use one of them instead."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__(f"{name!r} names {len(ids)} concepts; use one of these ids: {', '.join(ids)}")
        self.name = name
        self.ids = tuple(ids)


class StoreError(NoteAtlasError):
    """The store could not do what was asked. Passwords of URLs in its message are struck out."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(redact(arg) if isinstance(arg, str) else arg for arg in args))


class InvalidStoreUrl(StoreError):
    """The store's URL has an unknown scheme or lacks a part."""


class StoreUnavailable(StoreError):
    """The store cannot be reached or opened."""


class StoreAuthError(StoreError):
    """The server refused the user name or the password."""


class StoreBusy(StoreError):
    """Another process is writing to the store."""


class IncompatibleStore(StoreError):
    """The store's content is not Note Atlas's, or was written by a newer version."""
