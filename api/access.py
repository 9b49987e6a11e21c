"""Who may do what: tokens with scopes, out of the environment or of a file that is read again when it changes.

An entry is `NAME:SCOPES:SECRET`, in a file one a line (`#` begins a comment), in NOTEATLAS_TOKENS separated by commas:

    ann:read:sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    loader:read+write:a-token-of-at-least-24-characters

The secret is a token or, better, its SHA-256 (`noteatlas token` makes both): who reads the file then has no token.
Only digests are kept in memory. A token that comes is hashed, which takes the same time for all of a length, and its
digest is compared with every known one in constant time, whichever fits.

A file that becomes unusable changes nothing (`api.watched`): half a file must not lock everyone out. To shut everyone
out, leave one entry for a new token of your own.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from api.watched import Watched
from graph.errors import InputError

__all__ = [
    "FORBIDDEN",
    "UNAUTHENTICATED",
    "Grant",
    "Keyring",
    "Refusal",
    "Scope",
    "digest_of",
    "new_token",
    "parse_tokens",
    "refusal",
]

_MAX_FILE_BYTES = 1_000_000
_LEAST_LENGTH = 24
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")  # what a Bearer header can carry (RFC 6750)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_ENTRY = "NAME:SCOPES:SECRET, as in ann:read:sha256:9f86..."


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Grant:
    """Whose token it was, and what it allows."""

    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something may not be done: an HTTP status, a code and a sentence, and the challenge that goes with them."""

    status: int
    code: str
    sentence: str
    challenge: str


UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
_REALM = 'Bearer realm="noteatlas"'


def refusal(grant: Grant | None, needed: Scope, *, was_given: bool = False) -> Refusal | None:
    """Return why a caller with `grant` may not do what needs a scope, None if it may.

    `was_given` says whether there was a token, which then was not valid.
    """
    if grant is None and was_given:
        sentence = "the token is not valid, or no longer"
        return Refusal(401, UNAUTHENTICATED, sentence, f'{_REALM}, error="invalid_token"')
    if grant is None:
        sentence = "a token is needed: send it as `Authorization: Bearer TOKEN`"
        return Refusal(401, UNAUTHENTICATED, sentence, _REALM)
    if needed not in grant.scopes:
        challenge = f'{_REALM}, error="insufficient_scope", scope="{needed}"'
        return Refusal(403, FORBIDDEN, f"this needs a token with the scope {needed}", challenge)
    return None


@dataclass(frozen=True, slots=True)
class _Entry:
    digest: str
    grant: Grant


def new_token() -> str:
    """Return a token that nobody can guess: 256 random bits."""
    return f"natl_{secrets.token_urlsafe(32)}"


def digest_of(token: str) -> str:
    """Return what an entry says instead of the token: `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()}"


def parse_tokens(entries: Iterable[str], place: str) -> list[_Entry]:
    """Return the entries, in their order. Raises InputError that names `place` and the entry's number, never its text.

    Names and secrets are unique; scopes are joined with `+`.
    """
    found: list[_Entry] = []
    for number, entry in enumerate(entries, 1):
        text = entry.partition("#")[0].strip()
        if text:
            try:
                found.append(_parse(text))
            except ValueError as error:
                raise InputError(f"{place}, entry {number}: {error}") from None
    for what, values in (("name", [e.grant.name for e in found]), ("token", [e.digest for e in found])):
        if len(set(values)) < len(values):
            raise InputError(f"{place}: two entries have the same {what}; each needs its own")
    if not found:
        raise InputError(f"{place}: there is no token; write {_ENTRY}")
    return found


def _parse(text: str) -> _Entry:
    name, _, rest = text.partition(":")
    words, _, secret = rest.partition(":")
    if not secret:
        raise ValueError(f"write {_ENTRY}")
    if not _NAME.match(name):
        raise ValueError("a name has up to 64 letters, digits, dots, - and _")
    try:
        scopes = frozenset(Scope(word.strip()) for word in words.split("+"))
    except ValueError:
        raise ValueError(f"scopes are {' and '.join(Scope)}, or both as read+write") from None
    if secret.startswith("sha256:"):
        if not _DIGEST.match(secret):
            raise ValueError("sha256: is followed by 64 hexadecimal digits in lower case")
    elif len(secret) < _LEAST_LENGTH or not _TOKEN.match(secret):
        raise ValueError(f"a token has {_LEAST_LENGTH} or more of letters, digits and - . _ ~ + /")
    else:
        secret = digest_of(secret)
    return _Entry(secret, Grant(name, scopes))


class Keyring:
    """The tokens that are valid now, of the environment (`fixed`) and of a file. `clock` is in seconds."""

    def __init__(
        self, fixed: str | None = None, file: Path | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Read them. Raises InputError if there are entries that cannot be used."""
        self._fixed = parse_tokens(fixed.split(","), "NOTEATLAS_TOKENS") if fixed is not None else []
        self._watched = (
            Watched(file, _read, what="the tokens file", max_bytes=_MAX_FILE_BYTES, clock=clock) if file else None
        )

    @property
    def empty(self) -> bool:
        """Whether there are no tokens at all: nobody is asked for one."""
        return not self._fixed and self._watched is None

    def grant(self, token: str) -> Grant | None:
        """Return what `token` allows, None if it is not, or no longer, valid."""
        presented = digest_of(token).encode()
        found = None
        for entry in (*self._fixed, *(self._watched.value if self._watched else ())):  # to the end, whatever is found
            if hmac.compare_digest(entry.digest.encode(), presented):
                found = entry.grant
        return found


def _read(data: bytes, place: str) -> list[_Entry]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{place} is not UTF-8") from None
    return parse_tokens(text.splitlines(), place)
