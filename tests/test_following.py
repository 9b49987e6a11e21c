"""`noteatlas load --watch`, run as a process: what is saved is loaded, what fails is told, an interrupt ends it."""

import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from api.loading import sample_notes
from tests.command_line import COMMAND, environment, noteatlas

_WAIT_S = 60


class Watching:
    """A running `load --watch --json`: what it prints, line by line."""

    def __init__(self, folder: Path, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "load", folder, "--watch", "--json"],
            cwd=cwd,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_DFL
            ),  # ignored where tests run in the background
        )
        self.loads: Queue[dict[str, Any]] = Queue()
        self.lines: Queue[str] = Queue()
        self.threads = [threading.Thread(target=read) for read in (self._read_loads, self._read_lines)]
        for thread in self.threads:
            thread.start()

    def _read_loads(self) -> None:
        assert self.process.stdout is not None
        text, decoder = "", json.JSONDecoder()
        for line in self.process.stdout:
            text += line
            try:
                value, _ = decoder.raw_decode(text)
            except ValueError:
                continue
            self.loads.put(value)
            text = ""

    def _read_lines(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.put(line.rstrip())

    def load(self) -> dict[str, Any]:
        """The next load that changed something."""
        return self.loads.get(timeout=_WAIT_S)

    def line(self) -> str:
        """The next line on standard error."""
        return self.lines.get(timeout=_WAIT_S)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    shutil.copy(sample_notes() / "en/attention.md", folder)
    return folder


@pytest.fixture
def watching(notes: Path, tmp_path: Path) -> Iterator[Watching]:
    running = Watching(notes, tmp_path)
    yield running
    running.process.kill()
    for thread in running.threads:
        thread.join(_WAIT_S)
    with running.process:  # closes the pipes
        pass


def test_what_is_saved_renamed_and_deleted_is_loaded_until_an_interrupt(
    watching: Watching, notes: Path, tmp_path: Path
) -> None:
    assert watching.load()["sources"][0]["path"] == "notes/attention.md"
    assert watching.line() == "noteatlas: watching; ^C ends it"

    (notes / "new.md").write_text("# MQA\n\nMulti-Query Attention (MQA) uses attention.\n", encoding="utf-8")
    added = watching.load()
    assert [row["path"] for row in added["sources"]] == ["notes/attention.md", "notes/new.md"]
    (notes / ".hidden.md").write_text("# GQA\n", encoding="utf-8")
    (notes / "picture.png").write_bytes(b"no note")
    (notes / "new.md").rename(notes / "newer.md")
    renamed = watching.load()
    assert [(row["path"], row["was"]) for row in renamed["sources"]][1] == ("notes/newer.md", "notes/new.md")

    (notes / "bad.ipynb").write_text("{", encoding="utf-8")
    assert watching.line().startswith(f"noteatlas: {notes / 'bad.ipynb'}: ")
    assert not watching.load()["total"]["concepts_added"]  # told because of the file that cannot be read
    (notes / "newer.md").unlink()
    assert any(row["forgotten"] for row in watching.load()["sources"])
    assert watching.lines.empty()  # it is told once
    (notes / "bad.ipynb").unlink()

    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(_WAIT_S) == 130
    assert watching.line() == "noteatlas: stopped"
    clean = noteatlas("load", notes, "--store", "clean", "--fresh", cwd=tmp_path)
    assert clean.status == 0
    exports = [noteatlas("export", "--store", store, cwd=tmp_path).stdout for store in (".noteatlas", "clean")]
    assert exports[0] == exports[1]
    assert " load " in noteatlas("history", cwd=tmp_path).text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["notes", "--dry-run"], "say --watch or --dry-run, not both"),
        (["notes", "notes/attention.md"], "watch folders or files, not both"),
    ],
)
def test_what_cannot_be_watched_is_wrong_usage(arguments: list[str], line: str, notes: Path, tmp_path: Path) -> None:
    result = noteatlas("load", *arguments, "--watch", cwd=tmp_path)
    assert result.status == 2
    assert line in result.complaint
