"""No room left on the disk: a load into SQLite at a few offsets, and every other file that commands write."""

from pathlib import Path

import pytest

from tests.command_line import noteatlas
from tests.faults.case import FEW, Case, make_case
from tests.faults.disk import file_faults, fill_file, largest
from tests.faults.places import SqlitePlace, load

ROOM = 50_000  # bytes: enough to read a store, too little for what is written here


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Four of the sample notes, and the same as somebody edited them."""
    return make_case(tmp_path_factory.mktemp("case"), files=FEW)


@pytest.fixture(scope="module")
def store(case: Case, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store that holds them."""
    url = str(tmp_path_factory.mktemp("store"))
    assert load(url, case.old) == (0, [])
    return url


def test_a_load_without_room_says_so_and_leaves_whole_sources(case: Case, tmp_path: Path) -> None:
    """One line and status 1 at any offset; with room again, loading completes it."""
    place = SqlitePlace(tmp_path / "store")
    assert load(place.url, case.old) == (0, [])
    size = largest(place)
    for part in (0.01, 0.9):
        place.empty()
        ended = fill_file(place, case, case.old, size=int(part * size), at=part)
        assert ended.faults == []
    assert "how large a file may be" in ended.line
    assert "of 4 sources were loaded" in ended.line
    ended = fill_file(place, case, case.new, size=size, at=1.0)
    assert ended.faults == []


@pytest.mark.parametrize(
    "command",
    [
        ["backup", "atlas.backup"],
        ["export", "--output", "atlas.json"],
        ["export", "--format", "csv", "--output", "tables"],
        ["export", "--format", "cypher", "--output", "atlas.cypher"],
    ],
    ids=lambda command: f"{command[0]} {command[-1]}",
)
def test_a_file_without_room_stays_as_it_was(command: list[str], store: str, tmp_path: Path) -> None:
    """Neither half a file nor one with another name is left, whether or not it was there before."""
    file = tmp_path / command[-1]
    arguments = [*command, "--store", store]
    assert file_faults(arguments, file, size=ROOM) == []
    if file.suffix:
        assert noteatlas(*arguments, cwd=tmp_path).status == 0
        assert file_faults(arguments, file, size=ROOM) == []


def test_decisions_without_room_stay_as_they_were(store: str, tmp_path: Path) -> None:
    """A curation file that cannot grow is not cut short, and the store decides nothing that the file has not."""

    def rename(name: str, to: str) -> list[str]:
        reason = ["--reason", "why " * 4500]
        return ["curate", "rename", name, to, *reason, "--curation", "decisions.yaml", "--store", store]

    for name in ("Dropout", "Adam"):
        assert noteatlas(*rename(name, f"{name}!"), cwd=tmp_path).status == 0
    listed = noteatlas("curate", "list", "--store", store, "--json", cwd=tmp_path).json
    assert file_faults(rename("SGD", "SGD!"), tmp_path / "decisions.yaml", size=ROOM) == []
    assert noteatlas("curate", "list", "--store", store, "--json", cwd=tmp_path).json == listed
    assert noteatlas(*rename("SGD", "SGD!"), cwd=tmp_path).status == 0
