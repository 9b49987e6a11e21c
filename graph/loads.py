"""How far a load of notes has come, as a store keeps it for those who watch.

A load is a process of its own, so its progress lives in the store: a small record that is written as the load goes on
and read by whoever asks. Records are no part of the graph: writing one changes no answer and no revision, and only the
latest few are kept.

A process can be killed without a last word. So a record has an age by the store's own clock: one of a load that has
not ended is renewed every few seconds, and one that was not for `STALLED_S` is *stalled*.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Final

from graph.changes import Changes

__all__ = ["KEPT_LOADS", "STALLED_S", "Load", "LoadState", "decode_load", "encode_load"]

KEPT_LOADS: Final = 20
STALLED_S: Final = 30.0


class LoadState(StrEnum):
    """Where a load is."""

    READING = "reading"  # the files are read
    STORING = "storing"  # what they say is stored, file by file
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Load:
    """One load. `files_done` of `files_total` are done in the present state, `path` names the one being worked on.

    `changes` is what was stored up to now, `failures` counts files that could not be read, `error` says why a load
    failed. `started_at` is in seconds since 1970, by the clock of the process that loads; `age_s` are the seconds since
    the record was written, by the clock of the store, 0 for one that was not read from a store.
    """

    id: str
    state: LoadState = LoadState.READING
    files_total: int = 0
    files_done: int = 0
    path: str | None = None
    changes: Changes = field(default_factory=Changes)
    failures: int = 0
    error: str | None = None
    started_at: float = 0.0
    age_s: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in {LoadState.FINISHED, LoadState.FAILED}

    @property
    def is_stalled(self) -> bool:
        """Whether it should have given a sign of life since, and has not."""
        return not self.has_ended and self.age_s > STALLED_S


def encode_load(load: Load) -> str:
    """Return a load as JSON, without its age."""
    row = asdict(replace(load, age_s=0.0))
    del row["age_s"]
    return json.dumps(row, ensure_ascii=True, sort_keys=True)


def decode_load(row: str, age_s: float) -> Load:
    """Return the load of `encode_load`, with its age."""
    fields = json.loads(row)
    changes = Changes(**fields.pop("changes"))
    return Load(**{**fields, "state": LoadState(fields["state"]), "changes": changes, "age_s": max(0.0, age_s)})
