"""The command `curate`: what people decide about the graph, said, listed and taken back."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from api.cli_options import CurationOption, JsonOption, StoreOption, examples
from api.cli_run import open_existing, read_settings
from graph.errors import InputError
from graph.model import RelationType

if TYPE_CHECKING:
    from api.settings import Settings
    from graph.curation.decision import Decision

__all__ = ["commands"]

commands = typer.Typer()


class Verb(StrEnum):
    """What `curate` does: the kinds of decisions, and what can be done with decisions."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    ADD = "add"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    SEPARATE = "separate"
    UNDO = "undo"
    LIST = "list"


_RELATION: Final = "SOURCE TYPE TARGET"
_TAKES: Final[dict[Verb, tuple[str, int, int | None]]] = {
    Verb.ACCEPT: (_RELATION, 3, 3),
    Verb.REJECT: (_RELATION, 3, 3),
    Verb.EDIT: (_RELATION, 3, 3),
    Verb.ADD: (_RELATION, 3, 3),
    Verb.RENAME: ("NAME NEW-NAME", 2, 2),
    Verb.MERGE: ("NAME INTO", 2, 2),
    Verb.SPLIT: ("NAME OUT...", 2, None),
    Verb.SEPARATE: ("NAME OTHER...", 2, None),
    Verb.UNDO: ("ID", 1, 1),
    Verb.LIST: ("nothing", 0, 0),
}
"""By verb: the words that it takes, as help shows them, how many at least and at most."""


@commands.command(
    short_help="Say what is right and wrong in the graph; it holds after every load.",
    epilog=examples(
        "noteatlas curate reject GQA USES MQA --reason 'it generalizes it'",
        "noteatlas curate edit MHA USES GQA --to GENERALIZES --turn",
        "noteatlas curate add softmax PREREQUISITE_OF attention",
        "noteatlas curate merge 'grouped attention' GQA",
        "noteatlas curate split Attention 'Self-attention'",
        "noteatlas curate list",
        "noteatlas curate undo 3f2a9c51d0be",
    ),
)
def curate(
    verb: Annotated[Verb, typer.Argument(metavar="WHAT", help=f"{', '.join(Verb)}.", show_default=False)],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS",
            help="A relation (SOURCE TYPE TARGET), names of concepts, or the id of a decision.",
            show_default=False,
        ),
    ] = None,
    *,
    to: Annotated[
        RelationType | None,
        typer.Option(
            "--to", metavar="TYPE", case_sensitive=False, help="Of edit: which type it is.", show_default=False
        ),
    ] = None,
    turn: Annotated[bool, typer.Option("--turn", help="Of edit: the arrow points the other way.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for people.")] = "",
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="NAME", help="Who. [default: NOTEATLAS_AUTHOR]", show_default=False),
    ] = None,
    curation: CurationOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is right and wrong in the graph: a decision that holds after every load, until it is taken back.

    accept, reject, edit and add are about a relation; rename, merge, split and separate about concepts. A decision is
    kept by names and sentences, in the store and, with --curation, in that file; one that is in the store alone is
    written into noteatlas.curation.yaml when its folder is loaded again. list shows all of them and which are stale;
    undo takes one back.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_curation import decision_json, decisions_json, decisions_text
    from api.cli_output_loads import changes_text
    from api.deciding import Decided, decide, status, undo
    from graph.curation.apply import Curated

    given = words or []
    shape, least, most = _TAKES[verb]
    if len(given) < least or (most is not None and len(given) > most):
        raise typer.BadParameter(f"{verb} takes {shape}, not {len(given)} words", param_hint="WORDS")
    settings = read_settings(store=store, curation=curation, author=author)

    async def look() -> Curated:
        async with open_existing(settings.store) as opened:
            return await status(opened)

    async def write() -> Decided:
        async with open_existing(settings.store) as opened:
            if verb is Verb.UNDO:
                return await undo(opened, given[0], file=settings.curation)
            decision = _decision(verb, given, settings, to=to or "", turn=turn, reason=reason)
            return await decide(opened, decision, file=settings.curation)

    if verb is Verb.LIST:
        found = asyncio.run(look())
        if as_json:
            print_json(decisions_json(found))
        else:
            print_text(decisions_text(found))
        return
    decided = asyncio.run(write())
    if as_json:
        from dataclasses import asdict

        print_json({"decision": decision_json(decided.decision), "changes": asdict(decided.changes)})
    else:
        done = "taken back" if verb is Verb.UNDO else decided.decision.id
        print_text(f"{done}: {decided.decision}: {changes_text(decided.changes)}")


def _decision(verb: Verb, words: list[str], settings: "Settings", **more: Any) -> "Decision":
    """Return the decision that the words say. Raises InputError for a type that is none."""
    from graph.curation.decision import Decision, What

    what = What(verb.value)
    if verb in {Verb.ACCEPT, Verb.REJECT, Verb.EDIT, Verb.ADD}:
        source, kind, target = words
        if kind.upper() not in list(RelationType):
            raise InputError(f"{kind[:40]} is no type of relation; use one of {', '.join(RelationType)}")
        more |= {"source": source, "type": RelationType(kind.upper()), "target": target}
    else:
        more["name"] = words[0]
        if verb is Verb.RENAME:
            more["to"] = words[1]
        elif verb is Verb.MERGE:
            more["into"] = words[1]
        else:
            more["out"] = tuple(words[1:])
    return Decision(what=what, author=settings.author, **more)
