"""The arguments and options that several commands share, and how their help shows examples."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CurationOption",
    "JsonOption",
    "LexiconOption",
    "LlmModelOption",
    "LlmOption",
    "NoLexiconOption",
    "Notes",
    "OutputOption",
    "PortOption",
    "StoreOption",
    "examples",
]

Notes = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Files of notes, or folders of them.", show_default=False)
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="A folder, a file, neo4j://user:password@host:7687 or bolt://... "
        "[default: NOTEATLAS_STORE, else .noteatlas]",
        show_default=False,
    ),
]
LexiconOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--lexicon",
        metavar="FILE",
        help="A lexicon of yours, or a folder of them, on top of the shipped one; may be repeated. "
        "[default: NOTEATLAS_LEXICON]",
        show_default=False,
    ),
]
NoLexiconOption = Annotated[
    bool,
    typer.Option(
        "--no-lexicon",
        help="Leave out the shipped lexicon: notes of another field. [default: NOTEATLAS_NO_LEXICON]",
        show_default=False,
    ),
]
CurationOption = Annotated[
    Path | None,
    typer.Option(
        "--curation",
        metavar="FILE",
        help="The file of people's decisions. "
        "[default: NOTEATLAS_CURATION, else noteatlas.curation.yaml in each folder]",
        show_default=False,
    ),
]
LlmOption = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="URL",
        help="Also ask the language model behind this address, such as http://127.0.0.1:8080/v1; it is sent the notes.",
        show_default=False,
    ),
]
LlmModelOption = Annotated[
    str | None,
    typer.Option(
        "--llm-model", metavar="NAME", help="Which model to ask. [default: NOTEATLAS_LLM_MODEL]", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        min=0,
        max=65_535,
        help="The port to listen on; 0 finds a free one. [default: NOTEATLAS_PORT, else 8765]",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file. [default: standard output]"),
]


def examples(*lines: str) -> str:
    """Return a last paragraph for help text. The backspace keeps its line breaks."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
