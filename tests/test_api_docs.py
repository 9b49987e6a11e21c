"""Documentation that is complete: every setting, field, error code and limit is in it, with its true value."""

import ast
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import limits
from api.access import FORBIDDEN, UNAUTHENTICATED
from api.errors import CODES, ERRORS, INTERNAL, REFUSED
from api.reach import MAX_RELATIONS
from api.schema import schema
from api.settings import LOOPBACK_HOSTS, Settings

OTHERS = (
    "CROSS_SITE",
    UNAUTHENTICATED,
    FORBIDDEN,
    "RATE_LIMITED",
    "OVERLOADED",
    "REQUEST_TIMEOUT",
    "TIMEOUT",
    "NO_INTROSPECTION",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "PERSISTED_QUERY_MISMATCH",
    "OPERATION_NOT_ALLOWED",
)
DOCS = Path(__file__).parents[1] / "docs"
GRAPHQL = (DOCS / "graphql.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_described_and_documented_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description
    default = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
    row = re.search(rf"^\| `NOTEATLAS_{name.upper()}` \| `(.*?)` \| .+ \|$", SETTINGS, re.MULTILINE)
    assert row, f"NOTEATLAS_{name.upper()} is missing from docs/settings.md"
    assert row[1] == default


def test_no_setting_is_documented_that_is_none() -> None:
    documented = re.findall(r"^\| `NOTEATLAS_(\w+)`", SETTINGS, re.MULTILINE)
    assert [name.lower() for name in documented] == list(Settings.model_fields)


def test_every_question_is_documented() -> None:
    query = schema._schema.query_type
    assert query
    rows = re.findall(r"^\| (`.*?`) \| ", GRAPHQL, re.MULTILINE)
    assert set(query.fields) <= {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_documented_error_codes_are_those_of_the_one_table() -> None:
    section = GRAPHQL.split("## Errors")[1].split("\n## ")[0]
    documented = {}
    for codes, means in re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \| (.*?) \|", section, re.MULTILINE):
        plain = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", means)
        documented |= dict.fromkeys(re.findall(r"`(\w+)`", codes), plain)
    assert documented == CODES


def test_every_code_in_the_program_is_in_the_one_table() -> None:
    """Those of rows, and every text that is written like a code where an answer is made."""
    elsewhere = {
        "INVALID_GRAPH",
        "UNREADABLE_SOURCE",
        "INVALID_INPUT",
        "NOT_FOUND",
        "INVALID_ARGUMENTS",
    }  # of loading, pages, MCP
    codes = {row.code for row in ERRORS.values()} | {INTERNAL.code, REFUSED, *OTHERS}
    for file in (DOCS.parent / "api").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            given: list[ast.expr | None] = []
            if isinstance(node, ast.Dict):
                given = [v for k, v in zip(node.keys, node.values, strict=True) if _text(k) == "code"]
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") != "hasattr":
                given = [*node.args[:2], *(k.value for k in node.keywords if k.arg == "code")]
            texts = {text for value in given if (text := _text(value))}
            codes |= {text for text in texts if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", text) and "NOTEATLAS" not in text}
    assert codes - elsewhere <= CODES.keys()
    assert CODES.keys() <= codes


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_limits_are_documented_with_their_values() -> None:
    section = GRAPHQL.split("## Limits")[1].split("## ")[0]
    table = dict(re.findall(r"^\| ([a-z].*?) \| (\d+) \|$", section, re.MULTILINE))
    assert table == {
        "nested levels of fields": str(limits.LIMITS.depth),
        "aliases": str(limits.LIMITS.aliases),
        "fields": str(limits.LIMITS.fields),
        "directives": str(limits.LIMITS.directives),
        "entries in all lists of the answer, estimated": str(limits.LIMITS.cost),
        "tokens": str(limits.LIMITS.tokens),
    }
    for sentence in (
        f"beyond {limits.LIMITS.rows} entries",
        f"`first` is from 1 to {limits.MAX_PAGE}, of `neighborhood` to {limits.MAX_NEIGHBORHOOD}",
        f"`first` of `subgraphBetween` is to {limits.MAX_NEIGHBORHOOD} as well",
        f"its `maxLength` from 1 to {limits.MAX_WAY}",
        f"`radius` from 0 to {limits.MAX_RADIUS}",
        f"`ids` and `targets` are at most {limits.MAX_IDS}, `known` at most {limits.MAX_KNOWN}",
        f"at most {MAX_RELATIONS} relations",
    ):
        assert sentence in section


# -- settings -----------------------------------------------------------------------------------------------------


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTEATLAS_STORE", "bolt://localhost")
    monkeypatch.setenv("NOTEATLAS_PORT", "0")
    monkeypatch.setenv("NOTEATLAS_ALLOWED_HOSTS", " atlas.example , *.example.org,")
    settings = Settings()
    assert (settings.store, settings.port) == ("bolt://localhost", 0)
    assert settings.allowed_hosts == ("atlas.example", "*.example.org")


@pytest.mark.parametrize(
    ("host", "added"),
    [
        ("127.0.0.1", ()),
        ("0.0.0.0", ()),
        ("::", ()),
        ("192.0.2.7", ("192.0.2.7",)),
        ("2001:db8::7", ("[2001:db8::7]",)),
    ],
)
def test_the_address_listened_on_is_trusted_unless_it_means_all(host: str, added: tuple[str, ...]) -> None:
    assert Settings(host=host).trusted_hosts == (*LOOPBACK_HOSTS, *added)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "-1"),
        ("port", "http"),
        ("max_body_bytes", "0"),
        ("ready_timeout_s", "0"),
        ("ready_timeout_s", "61"),
        ("allowed_hosts", ""),
        ("allowed_hosts", "*example.org"),
        ("allowed_hosts", "a.*.org"),
        ("trusted_proxies", "proxy.example.org"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("rate_per_s", "-1"),
        ("rate_burst", "0"),
        ("max_in_flight", "0"),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


def test_settings_do_not_change_once_they_are_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1
