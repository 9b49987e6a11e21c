"""The arguments and options that several commands share, and how their help shows examples."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["JsonOption", "Notes", "OutputOption", "PortOption", "StoreOption", "examples"]

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
