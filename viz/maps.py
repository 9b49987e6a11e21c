"""A graph as a page: the only module that imports pyvis, and only while it draws (importing it loads IPython).

pyvis holds the nodes, the edges and the options, and its `generate_html` renders them, through a template of our own
with autoescaping on. What pyvis would do badly is not used: its templates (they load from other servers and insert
names as HTML), its headings, menus and string options, and `title`, which vis-network may show as HTML. A page makes
no request except to the server it came from, and a saved page makes none at all.

Two ways of delivery, one page and one script:

* `inline`: a single file. Everything stands in it, the whole graph included, and a policy in its head allows exactly
  the scripts in it (by their hashes) and nothing else.
* `static`: scripts and styles under `static/`, by names that carry a hash (`viz.assets`), and what is not drawn comes
  from the GraphQL service. `PAGE_POLICY` is the Content-Security-Policy to send along.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

from jinja2 import Environment, FileSystemLoader

from graph.model import KnowledgeGraph, RelationType
from viz.asked import Asked
from viz.assets import PLAIN_SCRIPTS, SCRIPTS, STYLES, asset
from viz.document import document
from viz.drawing import Drawing, draw
from viz.index import GraphIndex
from viz.style import theme_css
from viz.switches import Switches
from viz.wording import Said

__all__ = [
    "LINE_POLICY",
    "PAGE_POLICY",
    "SIGN_IN_POLICY",
    "Assets",
    "Language",
    "render_drawing",
    "render_line",
    "render_map",
    "render_sign_in",
]

Assets = Literal["inline", "static"]
Language = Literal["auto", "en", "zh"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""What a served page may do: vis-network sets styles on elements, hence 'unsafe-inline' for styles alone."""

LINE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""What a page of one line may do."""

SIGN_IN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What the page that asks for a token may do: send its form to where it came from; no frame may show it."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M4 4l8 3-5 6z' "
    "fill='none' stroke='%230072b2' stroke-width='1.5'/%3E%3Ccircle cx='4' cy='4' r='2.5' fill='%230072b2'/%3E%3C"
    "circle cx='12' cy='7' r='2.5' fill='%23d55e00'/%3E%3Ccircle cx='7' cy='13' r='2.5' fill='%2300805f'/%3E%3C/svg%3E"
)
_LOAD = "noteatlas load path/to/notes"
_TEMPLATES = Path(__file__).parent / "templates"


def render_map(
    graph: KnowledgeGraph,
    *,
    title: str = "Note Atlas",
    focus: Sequence[str] = (),
    radius: int = 1,
    types: Collection[RelationType] | None = None,
    lang: Language = "auto",
    assets: Assets = "inline",
    max_nodes: int = 300,
    endpoint: str = "graphql",
    notice: str = "",
) -> str:
    """Return a complete HTML page that shows `graph`.

    `focus` (ids, names or aliases) limits the map at first to those concepts and what is at most `radius` relations
    away, the first of them selected. `types` are the relation types switched on at first (None: all but IN_TOPIC and
    inferred prerequisites); PREREQUISITE_OF alone gives a map in layers, what comes first on the left, and with a
    focus all that comes before it. At most `max_nodes` concepts are drawn at first, the most related; the page says
    how many are not, and adds them when they are searched for. Other views: `viz.drawing.draw`, then
    `render_drawing`, which explains the other arguments.

    The same arguments give the same page. Raises UnknownConcept or AmbiguousName for a focus, InvalidQuery for a
    `max_nodes` outside 1..2000. Cost: linear in the graph, and the square of the largest connected group drawn.
    """
    order = types is not None and set(types) == {RelationType.PREREQUISITE_OF}
    asked = Asked(
        view="order" if order else "neighborhood" if focus else "all",
        names=tuple(focus),
        radius=radius,
        types=frozenset(types) if types is not None else None,
        most=max_nodes,
    )
    drawing = draw(GraphIndex(graph), asked)
    return render_drawing(
        drawing,
        title=title,
        lang=lang,
        endpoint=endpoint if assets == "static" else None,
        notes=document(graph) if assets == "inline" else None,
        notice=Said(notice, notice) if notice else None,
    )


def render_drawing(
    drawing: Drawing,
    *,
    title: str = "Note Atlas",
    lang: Language = "auto",
    endpoint: str | None = None,
    may_decide: bool = False,
    notes: Mapping[str, object] | None = None,
    notice: Said | None = None,
    near: Sequence[tuple[str, str]] = (),
    switches: Switches | None = None,
    load: str = _LOAD,
) -> str:
    """Return a complete HTML page that shows `drawing`.

    With an `endpoint`, where the page finds GraphQL, it is a page to serve, whose files stand under `static/`; without
    one it is a file to save, and `notes` (`viz.document.document`) is what it knows. On a served page `may_decide`
    says whether its reader may correct the graph there. `lang` is the language of the page's own words: a `?lang=` in
    its address goes first, then this, then the browser's. `notice` is a line shown above the map, `near` what was
    perhaps meant: names and the addresses that they lead to. `switches` are how the legend of a file stands when it is
    opened; that of a served page stands as its address says. A page of no concepts says how to load some instead, by
    the command `load`.
    """
    if not drawing.data["total"]:
        return _plain("empty.html", title=title, lang=lang, inline=endpoint is None, load=load)
    data = {
        **drawing.data,
        "endpoint": endpoint,
        "mayDecide": may_decide and endpoint is not None,
        "switched": switches.data() if switches else None,
    }
    page = {
        "title": title,
        "lang": lang,
        "notice": notice,
        "near": [{"name": name, "href": href} for name, href in near],
        "view": drawing.data["view"],
        "order": drawing.data["order"],
        "icon": _ICON,
        "endpoint": endpoint,
        "data": data,
        "notes": notes,
        **_delivery(SCRIPTS, inline=endpoint is None),
    }
    return _rendered(drawing, page)


def render_line(line: Said, *, title: str = "Note Atlas", number: str = "", root: str = "") -> str:
    """Return a page to serve that says what is wrong, for when there is no map.

    `number` helps to look it up; `root` leads from the page's address to that of the overview: "" or some "../".
    """
    return _plain("line.html", title=title, lang="auto", inline=False, root=root, line=line, number=number)


def _plain(template: str, *, title: str, lang: Language, inline: bool, root: str = "", **values: object) -> str:
    """Return a page without a map. It holds all it says in both languages; its script leaves one of them."""
    page = {"title": title, "lang": lang, "icon": _ICON, **_delivery(PLAIN_SCRIPTS, inline=inline), **values}
    return _environment().get_template(template).render(page=page, root=root)


def render_sign_in(
    *, action: str, leave: str, wanted: str, overview: str, name: str = "", code: str = "", again: str = ""
) -> str:
    """Return the page that asks for a token, in both languages.

    The form goes to `action` with `wanted`, the path to go on to. With a `name` that is signed in, it offers to sign
    out at `leave` instead; `code` says why a token was refused, `again` is a link for those who are signed in already.
    """
    values = {"action": action, "leave": leave, "wanted": wanted, "overview": overview, "name": name, "code": code}
    template = _environment().get_template("sign_in.html")
    return template.render(title="Note Atlas", again=again, icon=_ICON, theme=_safe(theme_css()), **values)


def _rendered(drawing: Drawing, page: Mapping[str, object]) -> str:
    """Fill a pyvis network and have it rendered by our template."""
    from pyvis.network import Network

    net = Network(directed=True)  # undirected ones drop parallel edges
    net.options = drawing.data["options"]
    for node in drawing.nodes:
        net.add_node(**node)
    known = set(net.get_nodes())
    net.get_nodes = lambda: known  # adding an edge asks twice, and would make a list of all nodes each time
    for edge in drawing.edges:
        net.add_edge(**edge)
    template = _environment().get_template("map.html")
    net.templateEnv = SimpleNamespace(
        get_template=lambda _: SimpleNamespace(render=partial(template.render, page=page))
    )
    return str(net.generate_html())


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return our templates, compiled once; what differs from page to page is given when one is rendered."""
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True)


def _delivery(names: Sequence[str], *, inline: bool) -> dict[str, object]:
    """Return the scripts and styles of a page, and the policy in its head: None where the server sends one."""
    scripts, styles = [asset(name) for name in names], [asset(name) for name in STYLES]
    if not inline:
        return {
            "policy": None,
            "theme": _safe(theme_css()),
            "scripts": [{"href": f"static/{a.served_as}"} for a in scripts],
            "styles": [{"href": f"static/{a.served_as}"} for a in styles],
        }
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(a.text.encode()).digest()).decode()}'" for a in scripts
    )
    return {
        "policy": f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "theme": _safe(theme_css()),
        "scripts": [{"text": _safe(a.text)} for a in scripts],
        "styles": [{"text": _safe(a.text)} for a in styles],
    }


def _safe(text: str) -> object:
    """Mark our own file as ready for the page; nothing that comes from notes ever passes here."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704
