"""What the service logs, and how: a line for each request if that is asked for, and whatever else there is to say.

A request's record says who asked (the address, the name of the token's holder), for which path, and how it ended. It
never has what was asked: no query, no variables, no query string, no token. The name that a client gave its operation
is text of a stranger, like the path: both are cut, and cannot break a line or hide in it (`scrubbed`).

Formats: `quiet` says what went wrong only, `text` adds a line for each request, `json` makes an object of every
record, one a line, with the request's values as fields. In the text formats what follows in a record of several lines
is indented, so that no text of a stranger can look like a record of its own.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

import orjson

from graph.errors import redact

__all__ = ["REQUESTS", "LogFormat", "configure", "log_request", "scrubbed"]

LogFormat = Literal["quiet", "text", "json"]
REQUESTS: Final = logging.getLogger("noteatlas.requests")
_MAX_TEXT: Final = 200


def scrubbed(text: str, most: int = _MAX_TEXT) -> str:
    r"""Return `text` in one line of visible characters, others as \xNN, \uNNNN; what is longer than `most` is cut.

    >>> scrubbed("a\nb\u202ec")
    'a\\nb\\u202ec'
    """
    cut = text[:most]
    seen = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in cut)
    return seen + "..." if len(text) > most else seen


def log_request(**fields: object) -> None:
    """Log that a request was answered; `fields` in the order in which they are shown, None for what there is not."""
    shown = {name: scrubbed(value) if isinstance(value, str) else value for name, value in fields.items()}
    REQUESTS.info("request", extra={"fields": {name: value for name, value in shown.items() if value is not None}})


def configure(format_: LogFormat, stream: TextIO | None = None) -> None:
    """Have this process log to `stream`, standard error by default, in this format."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if format_ == "json" else _Text())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("noteatlas").setLevel(logging.INFO if format_ == "json" else logging.WARNING)
    REQUESTS.setLevel(logging.WARNING if format_ == "quiet" else logging.INFO)


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] | None = getattr(record, "fields", None)
        if fields is not None:
            line = " ".join(f"{name}={value}" for name, value in fields.items())
            return f"{self.formatTime(record)} {record.levelname} {record.getMessage()} {line}"
        lines = redact(super().format(record)).split("\n")
        return "\n    ".join(scrubbed(line, 2_000) for line in lines)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["trace"] = redact(self.formatException(record.exc_info))
        return orjson.dumps(fields, default=str).decode()
