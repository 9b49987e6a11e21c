"""Files and folders that are there whole or as they were before, whatever happens while they are written."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from graph.errors import InputError

__all__ = ["write_file", "write_folder"]


def write_file(path: Path, content: bytes, *, advice: str = "give another --output") -> None:
    """Write a file so that it is there whole or as it was before; what is no regular file is just written to.

    A link stays a link, and what it leads to is written. Raises InputError, which ends with `advice`, if it cannot be
    written.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {path}: {reason}; {advice}") from error


def _replace(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        part.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder of files, by their paths in it, so that it is there whole or not at all.

    An empty folder may be there. Raises InputError if one with something in it is, or if it cannot be written.
    """
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path} is there already: name a new folder, or one that ends in .zip, with --output")
        target = path.resolve()
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part") as made:
            part = Path(made) / "whole"
            part.mkdir()
            for name, content in files.items():
                file = part / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
            part.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; give another --output") from error


def _umask() -> int:
    mask = os.umask(0)  # there is no way to read it but to set it
    os.umask(mask)
    return mask
