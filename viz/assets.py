"""The files that a map's page needs, read once: our own scripts and styles, and vis-network out of pyvis.

vis-network comes from the installed pyvis package, which is found without importing it (that would load IPython).
Its style sheet is left out: it only dresses tool tips, buttons and editing, none of which our page uses. Served
names carry a hash of the content, so that a browser may keep a file for ever and never sees a stale one.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

__all__ = ["PLAIN_SCRIPTS", "SCRIPTS", "STYLES", "Asset", "asset", "assets"]

SCRIPTS = (
    "theme.js",
    "vis-network.js",
    "words.js",
    "layouts.js",
    "find.js",
    "switches.js",
    "data.js",
    "lines.js",
    "labels.js",
    "tall.js",
    "canvas.js",
    "quotes.js",
    "panel.js",
    "frame.js",
    "keys.js",
    "search.js",
    "trail.js",
    "tree.js",
    "list.js",
    "expand.js",
    "known.js",
    "legend.js",
    "steps.js",
    "study.js",
    "compare.js",
    "picture.js",
    "export.js",
    "print.js",
    "decide.js",
    "correct.js",
    "corrections.js",
    "arrival.js",
    "page.js",
)
"""Scripts in the order in which they must run: the first in the head; words, parts as they start, the page last."""

PLAIN_SCRIPTS = ("theme.js", "words.js", "switches.js", "plain.js")
"""Scripts of a page without a map, all in its head."""

STYLES = ("map.css", "study.css")

_HERE = Path(__file__).parent / "static"
_VIS_NAME = "vis-network.js"
_VIS = "lib/vis-9.1.2/vis-network.min.js"
_MEDIA = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its plain name, the hashed name that it is served under, its type and its text."""

    name: str
    served_as: str
    media_type: str
    text: str


@lru_cache(maxsize=1)
def assets() -> Mapping[str, Asset]:
    """Return every file by its plain name. Raises FileNotFoundError if the installation lacks one."""
    return MappingProxyType({name: _read(name) for name in dict.fromkeys((*SCRIPTS, *PLAIN_SCRIPTS, *STYLES))})


def asset(name: str) -> Asset:
    """Return the file with this plain name; KeyError if there is none."""
    return assets()[name]


def _read(name: str) -> Asset:
    path = _vis_path() if name == _VIS_NAME else _HERE / name
    text = path.read_text(encoding="utf-8")
    if name == _VIS_NAME:  # its last line names a source map that is not there: developer tools would ask for it
        text = text.partition("//# sourceMappingURL=")[0]
    if "</script" in text.lower():
        raise ValueError(f"{path}: a script that says </script cannot stand in a page")
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    stem, dot, suffix = name.rpartition(".")
    return Asset(name, f"{stem}-{digest}{dot}{suffix}", _MEDIA[dot + suffix], text)


def _vis_path() -> Path:
    spec = importlib.util.find_spec("pyvis")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("pyvis is not installed; install noteatlas again with its dependencies")
    return Path(spec.submodule_search_locations[0]) / _VIS
