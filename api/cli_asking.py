"""Commands that ask a store: path, cycles, explain, search, map; and schema, which says how programs ask."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import JsonOption, StoreOption, examples
from api.cli_run import find_known, find_targets, open_existing, read_settings
from graph.model import Concept, KnowledgeGraph, Relation, RelationKey, RelationType
from graph.store import SearchHit

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="Print what to learn first, in order, and why.",
    epilog=examples(
        "noteatlas path GQA",
        'noteatlas path GQA LoRA --known attention --known "gradient descent"',
        "noteatlas path 注意力 --json",
    ),
)
def path(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET", help="Concepts: ids, names or aliases, in any case.", show_default=False),
    ],
    *,
    known: Annotated[
        list[str] | None,
        typer.Option("--known", metavar="NAME", help="A concept that you know already; may be repeated."),
    ] = None,
    min_confidence: Annotated[
        float,
        typer.Option("--min-confidence", metavar="X", min=0, max=1, help="Use only prerequisites at least so sure."),
    ] = 0.0,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what to learn to understand TARGET, prerequisites first, and why each step is there.

    What you know is left out, and so is what only that needs. A known concept that the store does not have is named
    on standard error and changes nothing.
    """
    url = read_settings(store=store).store
    asyncio.run(_path(url, targets, known or [], min_confidence=min_confidence, as_json=as_json))


async def _path(
    url: str, targets: Sequence[str], known: Sequence[str], *, min_confidence: float, as_json: bool
) -> None:
    from api.cli_output import path_json, path_text, print_json, print_text
    from graph.essentials import ring
    from graph.paths import prerequisite_graph, study_path

    async with open_existing(url) as opened:
        wanted = await find_targets(opened, targets)
        held = await find_known(opened, known)
        closure = await opened.prerequisites_of(wanted, min_confidence=min_confidence)
        graph = prerequisite_graph(closure.relations)
        found = study_path(graph, wanted, known=held)
        rings = [ring(graph, cut, found.cuts) for cut in found.cuts]
        shown = [*(r for step in found.steps for r in step.because), *(r for arrows in rings for r in arrows)]
        derived_from = await opened.get_relations(sorted({key for r in shown for key in r.because}))
        ends = {end for source, _, target in derived_from for end in (source, target)}
        concepts = await opened.get(sorted({c.id for c in closure.concepts} | ends))
    if as_json:
        print_json(path_json(found, targets=wanted, known=held, concepts=concepts, derived_from=derived_from))
    else:
        print_text(path_text(found, rings=rings, targets=wanted, concepts=concepts, derived_from=derived_from))


@commands.command(
    short_help="Print where prerequisites go round in a circle.",
    epilog=examples("noteatlas cycles", "noteatlas cycles --store ~/atlas --json"),
)
def cycles(*, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Print every set of concepts that are prerequisites of each other, and the weakest relation of each.

    The members come in the order of the arrows. Each circle is told relation by relation with its sentence; study paths
    go against the last, the least sure. Nothing is removed, and finding some is not a failure.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_cycles import cycles_json, cycles_text
    from graph.cycles import Cycle, explain_cycles
    from graph.paths import prerequisite_graph

    async def read() -> tuple[list[Cycle], dict[str, Concept], dict[RelationKey, Relation]]:
        async with open_existing(read_settings(store=store).store) as opened:
            graph = await opened.graph(types=[RelationType.PREREQUISITE_OF], with_passages=False)
            found = explain_cycles(prerequisite_graph(graph.relations))
            keys = {key for cycle in found for circle in cycle.circles for r in circle.round for key in r.because}
            return found, {c.id: c for c in graph.concepts}, await opened.get_relations(sorted(keys))

    found, concepts, derived_from = asyncio.run(read())
    if as_json:
        print_json(cycles_json(found, concepts=concepts, derived_from=derived_from))
    else:
        print_text(cycles_text(found, concepts=concepts, derived_from=derived_from))


@commands.command(
    short_help="Print why two concepts are related.",
    epilog=examples("noteatlas explain GQA MQA", "noteatlas explain 注意力 Adam --json"),
)
def explain(
    one: Annotated[
        str, typer.Argument(metavar="A", help="A concept: its id, name or alias, in any case.", show_default=False)
    ],
    other: Annotated[str, typer.Argument(metavar="B", help="Another concept.", show_default=False)],
    *,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print every relation between A and B: which sentence says so, which rule read it, and how sure it is.

    An inferred relation is explained by those that it was derived from. If there is none between the two, the
    shortest chain of relations from A to B is shown, whichever way its arrows point.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_explain import explanation_json, explanation_text
    from api.explaining import Explanation
    from api.explaining import explain as explained

    async def ask() -> Explanation:
        async with open_existing(read_settings(store=store).store) as opened:
            return await explained(opened, await find_targets(opened, [one, other]))

    found = asyncio.run(ask())
    if as_json:
        print_json(explanation_json(found))
    else:
        print_text(explanation_text(found))


@commands.command(
    short_help="Find concepts by name, alias or definition.",
    epilog=examples("noteatlas search 注意力", 'noteatlas search "vanishing gradient" --first 3 --json'),
)
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Names, words, or a question.", show_default=False)],
    *,
    first: Annotated[int, typer.Option("--first", metavar="N", min=1, max=1000, help="At most so many.")] = 10,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find concepts by name, alias or definition, best match first, in either language.

    QUERY may be several names side by side or a question: the concepts that it names come first, in its order. Where
    no name has all words of QUERY, concepts follow whose names are nearly QUERY (a letter or two may be wrong), or
    have a part of it.
    Finding nothing is not a failure: JSON is then an empty list, and a line on standard error says so.
    """
    from api.cli_output import hits_json, hits_text, print_json, print_text

    async def find() -> list[SearchHit]:
        async with open_existing(read_settings(store=store).store) as opened:
            return await opened.search(query, first=first)

    hits = asyncio.run(find())
    if as_json:
        print_json(hits_json(hits))
    elif hits:
        print_text(hits_text(hits))
    if not hits:
        typer.echo(f"noteatlas: nothing matches {query!r}; try fewer or shorter words", err=True)


@commands.command(
    short_help="Write the map, or a part of it, as one HTML file.",
    epilog=examples(
        "noteatlas map",
        "noteatlas map GQA --radius 2 --output gqa.html",
        "noteatlas map GQA --type PREREQUISITE_OF --output before-gqa.html",
    ),
)
def map(  # noqa: A001  (the verb's name)
    concepts: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONCEPT", help="Where to start: ids, names or aliases.", show_default=False),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "noteatlas-map.html"
    ),
    radius: Annotated[
        int, typer.Option("--radius", metavar="N", min=0, max=10, help="How many relations away from CONCEPT.")
    ] = 1,
    types: Annotated[
        list[RelationType] | None,
        typer.Option(
            "--type", metavar="TYPE", case_sensitive=False, help="Show relations of this type; may be repeated."
        ),
    ] = None,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, max=2000, help="Draw at most so many concepts at first.")
    ] = 300,
    store: StoreOption = None,
) -> None:
    """Write the map as a single HTML file that opens in any browser, without a server or a network.

    Without CONCEPT it shows the most related concepts of the store, with CONCEPT what is around those. All others are
    in the file as well, and the page's search adds them. --type PREREQUISITE_OF alone shows what comes first, in
    layers.
    """
    from api.files import write_file
    from viz.maps import render_map

    async def read() -> tuple[list[str], KnowledgeGraph]:
        async with open_existing(read_settings(store=store).store) as opened:
            return await find_targets(opened, concepts or []), await opened.graph()

    focus, graph = asyncio.run(read())
    page = render_map(graph, focus=focus, radius=radius, types=types or None, max_nodes=first)
    write_file(output, page.encode())
    typer.echo(f"The map is in {output}: open it in a browser.", err=True)


@commands.command(short_help="Print the GraphQL schema.", epilog=examples("noteatlas schema > schema.graphql"))
def schema() -> None:
    """Print the GraphQL schema in the schema definition language."""
    from api.cli_output import print_text
    from api.schema import sdl

    print_text(sdl())
