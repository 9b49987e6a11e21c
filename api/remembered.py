"""Where it is remembered what notes said: a folder of the user's, with a file for each set of folders and lexicons.

A memory saves time and nothing else. It holds what notes say, so that only its owner may look into it; one that was not
used for half a year is deleted, and `noteatlas load --fresh` reads without.
"""

import hashlib
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from platformdirs import user_cache_path

from loaders.remembering import Memory

__all__ = ["NoMemory", "open_memory", "rules_digest"]

_KEPT_S = 180 * 24 * 3600
_READ_WITH = ("charset-normalizer", "lxml", "markdown-it-py", "mdit-py-plugins", "pypdfium2", "python-docx", "pyyaml")


class NoMemory(Exception):
    """Nothing can be remembered; its text says why."""


@contextmanager
def open_memory(
    folder: Path | None, paths: Sequence[Path], lexicon: Sequence[Path], *, shipped: bool = True
) -> Iterator[Memory]:
    """Open what is remembered of `paths`, read with the lexicons `lexicon` and, if so, the shipped one.

    `folder` holds all memories; None is the user's folder for such things. Raises NoMemory if it cannot be used.
    """
    folder = folder or user_cache_path("noteatlas", appauthor=False) / "reading"
    named = "\0".join([*(str(p.absolute()) for p in paths), "", *(str(p.absolute()) for p in lexicon), str(shipped)])
    file = folder / f"{hashlib.sha256(named.encode(errors='surrogateescape')).hexdigest()[:32]}.sqlite3"
    with ExitStack() as opened:
        try:
            memory = opened.enter_context(Memory(file, rules_digest(lexicon)))
            file.touch()
            _forget_old(folder)
        except (OSError, sqlite3.Error) as error:
            raise NoMemory(f"{folder}: {getattr(error, 'strerror', None) or error}") from error
        yield memory


def rules_digest(lexicon: Sequence[Path]) -> str:
    """Return a text that is another one if files may be read in another way: by other rules, tables or libraries.

    Cost: some megabytes are hashed.
    """
    digest = hashlib.sha256(sys.version.encode())
    for name in ("noteatlas", *_READ_WITH):
        try:
            digest.update(f"{name} {version(name)}\n".encode())
        except PackageNotFoundError:  # an extra
            digest.update(f"{name} -\n".encode())
    for module in ("contribution.py", "edits.py", "model.py", "names.py"):
        digest.update((files("graph") / module).read_bytes())
    _add(digest, files("loaders"))
    for file in lexicon:
        for each in sorted(file.iterdir()) if file.is_dir() else [file]:
            if each.is_file():
                digest.update(f"{each.name} {each.stat().st_size}\n".encode(errors="surrogateescape"))
                digest.update(each.read_bytes())
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", folder: Traversable) -> None:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                _add(digest, entry)
        elif not entry.name.endswith(".pyc"):
            digest.update(entry.read_bytes())


def _forget_old(folder: Path) -> None:
    """Delete memories that were not used for long."""
    oldest = time.time() - _KEPT_S
    for file in folder.glob("*.sqlite3"):
        with suppress(OSError):
            if file.stat().st_mtime < oldest:
                file.unlink()
