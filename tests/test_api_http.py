"""GraphQL over HTTP: statuses and media types, bodies that nobody should send, and whose requests are refused."""

import json
import logging
import socket
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from api.app import create_app
from api.errors import MOST_REFUSALS
from api.media import media_type
from api.settings import Settings
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, fill, serving

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
GOOD = {"query": "{ __typename }"}


def post(service: Service, body: object, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return service.client.post("/graphql", json=body, headers=named)


# -- media types and statuses -------------------------------------------------------------------------------------

ACCEPTED = {
    None: JSON,
    "": JSON,
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    "APPLICATION/JSON; charset=utf-8": JSON,
    RESPONSE: RESPONSE,
    f"{RESPONSE}, {JSON}": RESPONSE,
    f"{JSON}, {RESPONSE}": RESPONSE,
    f"{RESPONSE};q=0.5, {JSON}": JSON,
    f"{JSON};q=0.5, {RESPONSE};q=0.7, */*": RESPONSE,
    "text/html, */*;q=0.1": JSON,
    f"{RESPONSE};q=0, */*": JSON,
    "text/html": None,
    f"{JSON};q=0": None,
    f"{JSON};q=0, */*": None,
    "*/*;q=0": None,
    "*/*;q=nonsense": None,
    ";;;,,,": None,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_answer_has_the_media_type_that_the_client_prefers(accept: str | None) -> None:
    assert media_type(accept) == ACCEPTED[accept]


@pytest.mark.parametrize("accept", [JSON, RESPONSE, "*/*"])
def test_a_good_query_is_answered_200_in_utf_8_whichever_way_it_comes(service: Service, accept: str) -> None:
    expected = RESPONSE if accept == RESPONSE else JSON
    asked = {"query": "query Q($q: String!) { search(query: $q) { matched } }", "variables": {"q": "注意力"}}
    url = f"/graphql?query={quote(asked['query'])}&variables={quote(json.dumps(asked['variables']))}&operationName=Q"
    for response in (post(service, asked, accept=accept), service.client.get(url, headers={"accept": accept})):
        assert response.status_code == 200
        assert response.headers["content-type"] == f"{expected}; charset=utf-8"
        assert "注意力" in response.content.decode("utf-8")


def test_a_client_that_accepts_nothing_we_have_is_told_so(service: Service) -> None:
    assert post(service, GOOD, accept="text/csv").status_code == 406
    assert service.client.get("/graphql?query={__typename}", headers={"accept": "image/png"}).status_code == 406


REFUSED_QUERIES = {
    "syntax": {"query": "{"},
    "validation": {"query": "{ nothing }"},
    "variables": {"query": "query($n: Int!) { concepts(first: $n) { totalCount } }", "variables": {"n": "x"}},
    "missing variable": {"query": "query($n: Int!) { concepts(first: $n) { totalCount } }"},
    "limit": {"query": "{ " + "a: stats { concepts } " * 31 + " }"},
    "operation": {"query": "query A { __typename }", "operationName": "B"},
    "no operation": {"query": "fragment F on Query { __typename }"},
    "mutation": {"query": "mutation { load }"},
    "subscription": {"query": "subscription { load }"},
}


@pytest.mark.parametrize("case", REFUSED_QUERIES)
def test_a_query_that_is_refused_has_no_data_and_a_status_if_its_media_type_allows_one(
    service: Service, case: str
) -> None:
    for accept, status in ((RESPONSE, 400), (JSON, 200)):
        response = post(service, REFUSED_QUERIES[case], accept=accept)
        assert response.status_code == status
        body = response.json()
        assert "data" not in body
        assert body["errors"][0]["message"]
        assert body["errors"][0]["extensions"]["code"] in {"GRAPHQL_INVALID", "LIMIT_EXCEEDED"}


def test_a_query_that_fails_while_it_runs_keeps_what_did_not_fail_and_is_200(service: Service) -> None:
    query = '{ concept(id: "kernel") { id } stats { sources } }'
    for accept in (RESPONSE, JSON):
        response = post(service, {"query": query}, accept=accept)
        assert response.status_code == 200
        assert response.json()["data"] == {"concept": None, "stats": {"sources": 2}}
        assert response.json()["errors"][0]["path"] == ["concept"]


def test_of_many_faults_the_first_few_are_told(service: Service) -> None:
    for query in ("{ __typename " + "@aa " * 30 + "}", "{ " + " ".join(f"x{n}" for n in range(200)) + " }"):
        assert len(post(service, {"query": query}).json()["errors"]) == MOST_REFUSALS


def test_get_runs_queries_only(service: Service) -> None:
    response = service.client.get("/graphql?query=mutation{load}")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_other_methods_are_not_allowed(service: Service) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        response = service.client.request(method, "/graphql", content=b"{}")
        assert response.status_code == 405
        assert set(response.headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("application/jsonp", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/graphql", 415),
        ("", 415),
        (None, 415),
    ],
)
def test_a_body_is_json_or_it_is_refused(service: Service, content_type: str | None, status: int) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = service.client.post("/graphql", content=json.dumps(GOOD).encode(), headers=headers)
    assert response.status_code == status


# -- hostile bodies -----------------------------------------------------------------------------------------------

DEEP_ARRAY = b"[" * 20_000 + b"]" * 20_000
HOSTILE = {
    "nothing": b"",
    "white space": b" \n ",
    "null": b"null",
    "true": b"true",
    "number": b"42",
    "string": b'"{ __typename }"',
    "array": b"[]",
    "batch": b'[{"query": "{ __typename }"}]',
    "empty object": b"{}",
    "half an object": b'{"query": "{ __typename }"',
    "two objects": b"{}{}",
    "single quotes": b"{'query': '{ __typename }'}",
    "comment": b'{"query": "{ __typename }"} // x',
    "trailing comma": b'{"query": "{ __typename }",}',
    "bare words": b"query={ __typename }",
    "NaN": b'{"query": "{ __typename }", "variables": {"n": NaN}}',
    "infinity": b'{"query": "{ __typename }", "variables": {"n": -Infinity}}',
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "utf-16": json.dumps(GOOD).encode("utf-16"),
    "latin-1": '{"query": "{ search(query: \\"é\\") { score } }"}'.encode("latin-1"),
    "cut utf-8": b'{"query": "\xe6\xb3"}',
    "overlong utf-8": b'{"query": "\xc0\xaf"}',
    "surrogate bytes": b'{"query": "\xed\xa0\x80"}',
    "lone surrogate": b'{"query": "{ search(query: \\"\\ud800\\") { score } }"}',
    "raw control character": b'{"query": "{ \x01 }"}',
    "deep array": DEEP_ARRAY,
    "deep object": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "deep variables": b'{"query": "{ __typename }", "variables": {"a": ' + DEEP_ARRAY + b"}}",
    "query null": b'{"query": null}',
    "query number": b'{"query": 1}',
    "query array": b'{"query": ["{ __typename }"]}',
    "query object": b'{"query": {"a": 1}}',
    "query empty": b'{"query": ""}',
    "query blank": b'{"query": "  \\n "}',
    "variables array": b'{"query": "{ __typename }", "variables": []}',
    "variables string": b'{"query": "{ __typename }", "variables": "{}"}',
    "variables false": b'{"query": "{ __typename }", "variables": false}',
    "variables zero": b'{"query": "{ __typename }", "variables": 0}',
    "operationName number": b'{"query": "{ __typename }", "operationName": 1}',
    "operationName array": b'{"query": "{ __typename }", "operationName": ["a"]}',
    "extensions string": b'{"query": "{ __typename }", "extensions": "x"}',
    "extensions array": b'{"query": "{ __typename }", "extensions": [1]}',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_body_that_is_no_request_is_a_400_that_says_why(
    service: Service, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    for accept in (JSON, RESPONSE):
        response = service.client.post(
            "/graphql", content=HOSTILE[case], headers={"content-type": JSON, "accept": accept}
        )
        assert response.status_code == 400, response.text
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        assert len(response.content) < 500
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


MALICE = {
    "thousands of braces": "{" * 5000,
    "deep selection": "{ a" * 300 + "}" * 300,
    "deep value": "{ concepts(first: " + "[" * 400 + "]" * 400 + ") { totalCount } }",
    "deep list type": "query($x: " + "[" * 400 + "Int" + "]" * 400 + ") { __typename }",
    "unknown fragment": "{ ...Nope }",
    "fragment of itself": "{ ...A } fragment A on Query { ...A }",
    "fragments in a circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "fragment on nothing": "{ ...A } fragment A on Nothing { a }",
    "fragments twice": "{ ...A } fragment A on Query { __typename } fragment A on Query { __typename }",
    "unknown directive": "{ __typename @boom }",
    "huge int": "{ concepts(first: " + "9" * 4000 + ") { totalCount } }",
    "huge float": "{ concepts(first: 1e99999) { totalCount } }",
    "wrong enum": "{ concepts(kind: topic) { totalCount } }",
    "wrong type": '{ concepts(first: "20") { totalCount } }',
    "null for non-null": "{ concept(id: null) { id } }",
    "missing argument": "{ concept { id } }",
    "unknown argument": "{ concept(name: 1) { id } }",
    "missing selection": "{ stats }",
    "selection on a scalar": "{ stats { concepts { a } } }",
    "lone surrogate escape": '{ search(query: "\\uD800") { score } }',
    "code point out of range": '{ search(query: "\\u{110000}") { score } }',
    "unclosed block string": '{ search(query: """x) { score } }',
    "nul": "{ \x00 }",
    "type definition": "type Query { a: Int }",
    "schema extension": "extend schema @a",
    "no braces": "query",
    "emoji": "{ 🙂 }",
    "duplicate variables": "query($a: Int, $a: Int) { __typename }",
    "variable of an output type": "query($a: Concept) { __typename }",
    "unused variable": "query($a: Int) { __typename }",
    "same field, other arguments": '{ concept(id: "a") { id } concept(id: "b") { id } }',
    "recursive introspection": "{ __schema { types { fields { type { fields { type { fields { type { fields { name } "
    "} } } } } } } } }",
}


@pytest.mark.parametrize("case", MALICE)
def test_a_query_that_is_no_query_is_refused_without_a_fault_of_ours(
    service: Service, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = post(service, {"query": MALICE[case]}, accept=RESPONSE)
    assert response.status_code == 400
    assert "data" not in response.json()
    assert {e["extensions"]["code"] for e in response.json()["errors"]} <= {"GRAPHQL_INVALID", "LIMIT_EXCEEDED"}
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "name",
    [
        "\x00",
        "a\x00b",
        "'; DROP TABLE concept; --",
        '"',
        "`",
        "\\u0060",
        "*",
        "%",
        "_",
        "注" * 300,
        "🙂",
        "\u202eabc",
        "NEAR(",
        "//",
        "/*",
        "{}",
        "$1",
        "a OR b",
        "\U0010ffff",
        "-",
        "a" * 300,
    ],
)
def test_a_hostile_name_is_only_a_name(service: Service, name: str) -> None:
    variables = {"q": name, "n": [name]}
    found = service.data("query($q: String!) { search(query: $q) { score } stats { concepts } }", {"q": name})
    assert found["stats"]["concepts"] == 55
    assert service.data("query($q: ID!) { concept(id: $q) { id } }", {"q": name}) == {"concept": None}
    query = "query($n: [ID!]!) { neighborhood(ids: $n) { truncated } }"
    assert service.code(query, {"n": variables["n"]}) == "UNKNOWN_CONCEPT"


@pytest.mark.parametrize(
    "variables",
    [
        {"n": [[["a"]]]},
        {"n": {"a": {"b": 1}}},
        {"n": [None]},
        {"n": [{}]},
        {"n": [1.5]},
        {"n": [True]},
        {"n": ["a"], "m": 1e308},
        {"n": ["a"], "m": 10**40},
        {"n": ["a"], "m": "0"},
        {"n": ["a"], "m": {}},
    ],
)
def test_variables_of_the_wrong_type_are_refused(service: Service, variables: dict[str, object]) -> None:
    query = "query($n: [ID!]!, $m: Int) { neighborhood(ids: $n, radius: $m) { truncated } }"
    response = post(service, {"query": query, "variables": variables}, accept=RESPONSE)
    assert response.status_code == 400
    assert "data" not in response.json()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "variables={}",
        "query=",
        "query=%20",
        "query={__typename}&variables=x",
        "query={__typename}&variables=[]",
        "query={__typename}&variables=%22a%22",
        "query={__typename}&extensions=1",
        "query=%ff%fe",
        "query={",
        "query={__typename}&variables=" + "[" * 2000,
        "query=" + "{" * 3000,
    ],
)
def test_a_get_that_is_no_request_is_a_400(service: Service, query: str) -> None:
    assert service.client.get(f"/graphql?{query}", headers={"accept": RESPONSE}).status_code == 400


# -- size ---------------------------------------------------------------------------------------------------------


def test_a_body_over_the_limit_is_a_413_however_it_is_sent(service: Service) -> None:
    large = json.dumps({"query": "{ __typename } #" + "x" * 262_144}).encode()
    assert service.client.post("/graphql", content=large, headers={"content-type": JSON}).status_code == 413

    def chunks() -> Any:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    assert service.client.post("/graphql", content=chunks(), headers={"content-type": JSON}).status_code == 413
    assert post(service, {"query": "{ __typename } #" + "x" * 200_000}).status_code == 200


def test_a_client_that_goes_away_in_the_middle_of_its_body_leaves_the_service_well(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(service.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port)) as raw:
        raw.sendall(b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        raw.sendall(b"Content-Length: 5000\r\n\r\n{")
    assert post(service, GOOD).json() == {"data": {"__typename": "Query"}}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


# -- whose requests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "origin", "allowed"),
    [
        (None, None, True),
        ("same-origin", None, True),
        ("none", None, True),
        ("same-origin", "self", True),
        (None, "self", True),
        ("cross-site", None, False),
        ("same-site", None, False),
        ("nonsense", None, False),
        ("cross-site", "self", False),
        ("same-origin", "https://evil.example", False),
        (None, "https://evil.example", False),
        (None, "http://localhost:1", False),
        (None, "null", False),
        (None, "", False),
        (None, "http://[", False),
    ],
)
def test_a_request_that_another_sites_page_makes_is_refused(
    service: Service, site: str | None, origin: str | None, allowed: bool
) -> None:
    headers = {} if site is None else {"sec-fetch-site": site}
    if origin is not None:
        headers["origin"] = service.url if origin == "self" else origin
    sent = [
        service.client.post("/graphql", json=GOOD, headers=headers),
        service.client.get("/graphql?query={__typename}", headers=headers),
    ]
    assert [response.status_code for response in sent] == [200 if allowed else 403] * 2
    assert all("access-control-allow-origin" not in response.headers for response in sent)
    if not allowed:
        assert sent[0].json()["errors"][0]["extensions"]["code"] == "CROSS_SITE"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8765", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8765", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("evil.example#localhost", 400),
        ("localhost@evil.example", 400),
        ("10.0.0.1", 400),
        ("", 400),
    ],
)
def test_a_request_must_be_addressed_to_this_machine_by_default(service: Service, host: str, status: int) -> None:
    for path in ("/healthz", "/graphql?query={__typename}"):
        assert service.client.get(path, headers={"host": host}).status_code == status


async def test_other_hosts_are_allowed_by_a_setting(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = str(tmp_path_factory.mktemp("hosts"))
    settings = Settings(store=folder, host="192.0.2.7", allowed_hosts="atlas.example, *.notes.example")
    with serving(create_app(settings)) as service:
        statuses = {
            host: service.client.get("/healthz", headers={"host": host}).status_code
            for host in ("atlas.example", "my.notes.example:80", "192.0.2.7", "localhost", "notes.example.evil")
        }
    assert list(statuses.values()) == [200, 200, 200, 400, 400]


async def test_what_was_stored_while_serving_is_answered(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A load by another process shows in the next answer: nothing is remembered between requests."""
    folder = str(tmp_path_factory.mktemp("fresh"))
    with serving(create_app(Settings(store=folder))) as service:
        assert service.data("{ stats { concepts } }") == {"stats": {"concepts": 0}}
        async with SqliteStore(folder) as store:
            await fill(store)
        assert service.data("{ stats { concepts } }") == {"stats": {"concepts": 55}}
