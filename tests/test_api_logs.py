"""Logs: a line for each request, nothing of what was asked, and no text of a stranger that looks like a record."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from api.access import digest_of
from api.app import create_app
from api.errors import log_failure
from api.logs import REQUESTS, LogFormat, configure, scrubbed
from api.settings import Settings
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, eventually, fill, serving

TOKEN = "natl_logging-token-0123456789"
SECRETS = (TOKEN, "gqa", "Grouped", "secret-variable")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where this process logs, as `configure` is told; all loggers are put back afterwards."""
    root = logging.getLogger()
    kept = (root.level, root.handlers[:], REQUESTS.level, logging.getLogger("noteatlas").level)
    yield io.StringIO()
    root.setLevel(kept[0])
    root.handlers[:] = kept[1]
    REQUESTS.setLevel(kept[2])
    logging.getLogger("noteatlas").setLevel(kept[3])


@pytest.fixture(scope="module")
async def logging_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:  # type: ignore[misc]
    folder = str(tmp_path_factory.mktemp("logs"))
    async with SqliteStore(folder) as store:
        await fill(store)
    with serving(create_app(Settings(store=folder, tokens=f"ann:read:{digest_of(TOKEN)}"))) as service:
        service.client.headers["authorization"] = f"Bearer {TOKEN}"
        yield service


def ask(service: Service, stream: io.StringIO, format_: LogFormat) -> list[str]:
    configure(format_, stream)
    query = 'query Mine($q: String!) { search(query: $q) { matched } concept(id: "gqa") { name } }'
    sent = {"query": query, "variables": {"q": "secret-variable"}, "operationName": "Mine"}
    assert service.client.post("/graphql", json=sent).status_code == 200
    service.client.get("/?focus=gqa")
    odd = quote("é\r\n2026 forged\u202e")
    service.client.get(f"/{odd}")
    service.client.post("/graphql", json={"query": "{ x }", "operationName": "a\nERROR forged\x1b[31m"})
    service.client.post("/graphql", json={"query": "{ x }"}, headers={"authorization": f"Bearer {TOKEN}x"})
    if format_ != "quiet":
        eventually(lambda: stream.getvalue().count("\n") >= 5)
    text = stream.getvalue()
    assert not [secret for secret in SECRETS if secret in text]
    return text.splitlines()


def test_json_is_one_object_a_request(logging_service: Service, stream: io.StringIO) -> None:
    records = [json.loads(line) for line in ask(logging_service, stream, "json")]
    requests = [record for record in records if record["logger"] == "noteatlas.requests"]
    assert len(requests) == 5
    first, page, odd, refused, stranger = requests
    assert first["method"] == "POST"
    assert first["path"] == "/graphql"
    assert first["status"] == 200
    assert first["operation"] == "several"
    assert first["name"] == "Mine"
    assert first["token"] == "ann"
    assert first["address"] == "127.0.0.1"
    assert len(first["id"]) == 32
    assert 0 <= first["ms"] < 60_000
    assert first["level"] == "info"
    assert first["time"].endswith("+00:00")
    assert (page["path"], page["status"]) == ("/", 200)
    assert "operation" not in page
    assert odd["path"] == "/é\\r\\n2026 forged\\u202e"
    assert refused["name"] == "a\\nERROR forged\\x1b[31m"
    assert refused["codes"] == "GRAPHQL_INVALID"
    assert (stranger["status"], stranger["codes"]) == (401, "UNAUTHENTICATED")
    assert "token" not in stranger


def test_text_is_one_line_a_request(logging_service: Service, stream: io.StringIO) -> None:
    lines = ask(logging_service, stream, "text")
    assert len(lines) == 5
    assert all(" INFO request id=" in line for line in lines)
    assert " method=POST path=/graphql status=200 ms=" in lines[0]
    assert lines[0].endswith(" operation=several name=Mine address=127.0.0.1 token=ann")


def test_quiet_says_nothing_of_requests(logging_service: Service, stream: io.StringIO) -> None:
    assert ask(logging_service, stream, "quiet") == []


@pytest.mark.parametrize("format_", ["quiet", "text"])
def test_a_failure_of_several_lines_cannot_forge_a_record(stream: io.StringIO, format_: LogFormat) -> None:
    configure(format_, stream)
    text = "bad name\n2026-01-01 00:00:00,000 ERROR forged\x1b[2J at neo4j://a:hunter2@b"
    log_failure(RuntimeError(text), "1234")
    first, *rest = stream.getvalue().splitlines()
    assert " ERROR request 1234 failed: RuntimeError: bad name" in first
    assert rest
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_failure_is_one_object_in_json(stream: io.StringIO) -> None:
    configure("json", stream)
    log_failure(RuntimeError("a\nb neo4j://a:hunter2@b"), "1234")
    logging.getLogger("other").error("with %s", "a trace", exc_info=ValueError("neo4j://a:hunter2@b"))
    ours, other = (json.loads(line) for line in stream.getvalue().splitlines())
    assert ours["level"] == "error"
    assert "RuntimeError: a\nb" in ours["message"]
    assert (other["logger"], other["message"]) == ("other", "with a trace")
    assert "ValueError" in other["trace"]
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 注意力 é", "plain 注意力 é"),
        ("a\tb\0c\x7f", "a\\tb\\x00c\\x7f"),
        ("\u2028\u202e\ud800", "\\u2028\\u202e\\ud800"),
        ("\\n", "\\\\n"),
        ("x" * 300, "x" * 200 + "..."),
    ],
)
def test_a_strangers_text_is_one_line_that_hides_nothing(text: str, expected: str) -> None:
    assert scrubbed(text) == expected


def test_a_format_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="log_format"):
        Settings(store=str(tmp_path), log_format="xml")
