"""What the map's page asks the GraphQL service: the texts of `static/data.js`, as the page sends them."""

import re
from functools import lru_cache

from viz.assets import asset

__all__ = ["page_queries"]

_CONSTANT = re.compile(r"""^  const ([A-Z_]+) = (?:"([^"\n]*)"|`([^`]*)`);$""", re.MULTILINE)
_TABLE = re.compile(r"^  const QUERIES = \{\n(.*?)^  \};$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^    \w+: `([^`]*)`,$", re.MULTILINE)
_PLACE = re.compile(r"\$\{([A-Z_]+)\}")


@lru_cache(maxsize=1)
def page_queries() -> tuple[str, ...]:
    """Return every text that the page may send as a query. Raises ValueError if the script is written otherwise."""
    script = asset("data.js").text
    constants = {name: quoted or template for name, quoted, template in _CONSTANT.findall(script)}
    table = _TABLE.search(script)
    texts = _ROW.findall(table[1]) if table else []
    if not table or not texts or len(texts) != table[1].count("`") / 2:
        raise ValueError("static/data.js: its QUERIES are not rows of `name: text` any more")
    return tuple(_filled(text, constants) for text in texts)


def _filled(text: str, constants: dict[str, str]) -> str:
    while place := _PLACE.search(text):
        text = text.replace(place[0], constants[place[1]])
    return text
