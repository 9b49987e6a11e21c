"""Access: tokens and what they allow, by header and by cookie; the page that asks for one; files that change."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Page, expect

from api.access import Keyring, Scope, digest_of, new_token, parse_tokens, refusal
from api.app import create_app
from api.settings import Settings
from graph.errors import InputError
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, fill, serving
from tests.axe import violations
from tests.browser import watch

READER = "natl_reader-token-0123456789"
WRITER = "natl_writer-token-0123456789"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
ASK = {"query": "{ __typename }"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("guarded"))
    async with SqliteStore(folder) as store:
        await fill(store)
    return folder


@pytest.fixture(scope="module")
def guarded(folder: str) -> Iterator[Service]:
    """A service with a token that reads and one that only writes."""
    tokens = f"ann:read:{digest_of(READER)}, loader:write:{WRITER}"
    with serving(create_app(Settings(store=folder, tokens=tokens, trusted_proxies="127.0.0.1"))) as service:
        yield service


# -- entries ------------------------------------------------------------------------------------------------------


def test_entries_hold_a_digest_or_a_token_and_scopes() -> None:
    text = f"# who may\n\nann:read:{digest_of(READER)}  # a reader\r\nloader:read+write:{WRITER}\n"
    ann, loader = parse_tokens(text.splitlines(), "file")
    assert (ann.grant.name, ann.grant.scopes) == ("ann", {Scope.READ})
    assert (loader.grant.name, loader.grant.scopes) == ("loader", {Scope.READ, Scope.WRITE})
    assert loader.digest == digest_of(WRITER)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ann", "write NAME:SCOPES:SECRET"),
        ("ann:read", "write NAME:SCOPES:SECRET"),
        ("ann:read:", "write NAME:SCOPES:SECRET"),
        (f":read:{READER}", "a name has"),
        (f"a b:read:{READER}", "a name has"),
        (f"ann::{READER}", "scopes are read and write"),
        (f"ann:admin:{READER}", "scopes are read and write"),
        ("ann:read:short", "24 or more"),
        (f"ann:read:{READER} {READER}", "24 or more"),
        (f"ann:read:{READER}é", "24 or more"),
        ("ann:read:sha256:abc", "64 hexadecimal"),
        (f"ann:read:{digest_of(READER).upper().replace('SHA', 'sha')}", "64 hexadecimal"),
        (f"ann:read:{READER}\nbob:read:{digest_of(READER)}", "two entries have the same token"),
        (f"ann:read:{READER}\nann:read:{WRITER}", "two entries have the same name"),
        ("# nothing", "there is no token"),
    ],
)
def test_an_entry_that_is_wrong_is_told_by_its_number_and_never_by_its_text(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        parse_tokens(text.splitlines(), "file")
    assert str(caught.value).startswith("file")
    for secret in (READER, WRITER, "short", "abc"):
        assert secret not in str(caught.value)


def test_tokens_are_random_and_can_be_entries() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    for token in made:
        (entry,) = parse_tokens([f"a:read:{token}"], "x")
        assert entry.digest == digest_of(token)


def test_scopes_are_what_they_say_and_no_more() -> None:
    ring = Keyring(f"ann:read:{READER},loader:write:{WRITER}")
    for token, allowed in ((READER, Scope.READ), (WRITER, Scope.WRITE)):
        for needed in Scope:
            why = refusal(ring.grant(token), needed)
            assert (why is None) == (needed is allowed)
            if why:
                assert (why.status, why.code) == (403, "FORBIDDEN")
                assert why.challenge.endswith(f'error="insufficient_scope", scope="{needed}"')
    for token in ("", READER + "x", READER[:-1], digest_of(READER), "\udcff", "x" * 100_000):
        assert ring.grant(token) is None
    given, none = refusal(None, Scope.READ, was_given=True), refusal(None, Scope.WRITE)
    assert given
    assert none
    assert (given.status, none.status) == (401, 401)
    assert 'error="invalid_token"' in given.challenge
    assert "error" not in none.challenge


# -- a file that changes ------------------------------------------------------------------------------------------


def test_a_file_is_read_again_when_it_changes_and_keeps_its_last_good_content(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    file = tmp_path / "tokens"
    file.write_text(f"ann:read:{digest_of(READER)}\n")
    ring = Keyring(f"loader:write:{WRITER}", file, clock=lambda: now[0])
    assert ring.grant(READER)
    assert ring.grant(WRITER)
    other = new_token()
    file.write_text(f"bob:read:{digest_of(other)}\n")
    now[0] += 2
    assert [bool(ring.grant(token)) for token in (READER, WRITER, other)] == [False, True, True]
    for broken in (f"bob:read:{digest_of(other)}\nann:re", "", None):
        if broken is None:
            file.unlink()
        else:
            file.write_text(broken)
        now[0] += 2
        caplog.clear()
        assert ring.grant(other)
        assert ring.grant(other)
        (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]  # said once, not with every request
        assert "what was read before stays in force" in record.getMessage()
    file.write_text(f"ann:read:{digest_of(READER)}\n")
    now[0] += 2
    assert [bool(ring.grant(token)) for token in (READER, other)] == [True, False]


def test_a_file_is_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "tokens"
    file.write_text(f"ann:read:{READER}\n")
    ring = Keyring(None, file, clock=lambda: now[0])
    file.write_text(f"ann:read:{WRITER}\n")
    now[0] = 0.5
    assert ring.grant(READER)
    now[0] = 1.5
    assert not ring.grant(READER)


@pytest.mark.parametrize("content", [b"", b"ann:read:\xff", b"#" * 1_000_001, None])
def test_a_file_that_cannot_be_used_fails_the_start_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "tokens"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        create_app(Settings(store=str(tmp_path), tokens_file=file))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rotation_without_a_restart(folder: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"ann:read:{digest_of(READER)}\n")
    with serving(app := create_app(Settings(store=folder, tokens_file=file))) as service:
        assert service.client.post("/graphql", json=ASK, headers=bearer(READER)).status_code == 200
        new = tmp_path / "new"
        new.write_text(f"ann:read:{digest_of(WRITER)}\n")
        new.replace(file)
        app.state.keyring._watched._looked -= 2
        assert service.client.post("/graphql", json=ASK, headers=bearer(READER)).status_code == 401
        assert service.client.post("/graphql", json=ASK, headers=bearer(WRITER)).status_code == 200


# -- requests -----------------------------------------------------------------------------------------------------

PRIVATE = [
    "/",
    "/?view=all",
    "/graphql",
    "/graphql?query={__typename}",
    "/graphiql/index.html",
    "/export.graphml",
    "/x",
]


@pytest.mark.parametrize("path", PRIVATE)
def test_without_a_token_nothing_of_the_notes_is_answered(guarded: Service, path: str) -> None:
    for accept in ("application/json", "application/graphql-response+json", HTML):
        response = guarded.client.get(path, headers={"accept": accept})
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="noteatlas"'
        assert response.headers["cache-control"] == "no-store"
        if accept == HTML:
            assert '<input id="token"' in response.text
        elif path.startswith("/graphql"):
            assert response.headers["content-type"].startswith(accept)
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        else:
            assert response.json()["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (f"Bearer {READER}", 200, None),
        (f"bearer   {READER}", 200, None),
        (f"Bearer {READER}x", 401, "UNAUTHENTICATED"),
        ("Bearer", 401, "UNAUTHENTICATED"),
        (f"Basic {READER}", 401, "UNAUTHENTICATED"),
        (READER, 401, "UNAUTHENTICATED"),
        (f"Bearer {digest_of(READER)}", 401, "UNAUTHENTICATED"),
        (f"Bearer {WRITER}", 403, "FORBIDDEN"),
    ],
)
def test_a_token_is_a_bearers_and_has_its_scopes(
    guarded: Service, authorization: str, status: int, code: str | None
) -> None:
    for path, send in (("/graphql", guarded.client.post), ("/", guarded.client.get)):
        extra = {"json": ASK} if path == "/graphql" else {}
        response = send(path, headers={"authorization": authorization}, **extra)
        assert response.status_code == status
        if code:
            body = response.json()
            assert code == (body["errors"][0]["extensions"]["code"] if "errors" in body else body["code"])
            assert "www-authenticate" in response.headers


def test_a_token_in_an_address_is_no_token(guarded: Service) -> None:
    for name in ("token", "access_token"):
        assert guarded.client.get(f"/graphql?query={{__typename}}&{name}={READER}").status_code == 401


def test_health_needs_no_token(guarded: Service) -> None:
    assert guarded.client.get("/healthz").status_code == 200
    assert guarded.client.get("/readyz").json() == {"ready": True}


def test_reading_can_be_open_although_there_are_tokens(folder: str) -> None:
    with serving(create_app(Settings(store=folder, tokens=f"loader:write:{WRITER}", open_reads=True))) as service:
        assert service.client.post("/graphql", json=ASK).status_code == 200
        assert service.client.post("/graphql", json=ASK, headers=bearer(WRITER)).status_code == 200
        assert service.client.post("/graphql", json=ASK, headers=bearer(READER)).status_code == 401


def test_without_tokens_a_header_is_nobodys_business(service: Service) -> None:
    assert service.client.post("/graphql", json=ASK, headers=bearer("x")).status_code == 200
    response = service.client.get("/sign-in")
    assert (response.status_code, response.headers["location"]) == (303, "./")


# -- signing in ---------------------------------------------------------------------------------------------------


def sign_in(service: Service, token: str, wanted: str = "/", **headers: str) -> httpx2.Response:
    with httpx2.Client(base_url=service.url) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post("/sign-in", data={"token": token, "next": wanted}, headers=named)


def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(guarded: Service) -> None:
    response = sign_in(guarded, READER, "/?focus=注意力&x=1")
    assert response.status_code == 303
    assert response.headers["location"] == "./?focus=%E6%B3%A8%E6%84%8F%E5%8A%9B&x=1"
    parts = response.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(parts)
    assert "Secure" not in parts
    cookie = {"cookie": parts[0]}
    assert guarded.client.post("/graphql", json=ASK, headers=cookie).status_code == 200
    assert guarded.client.get("/", headers={**cookie, "accept": HTML}).status_code == 200
    assert "signed in as <strong>ann</strong>" in guarded.client.get("/sign-in", headers=cookie).text


def test_the_cookie_is_for_https_alone_where_the_page_came_by_it(guarded: Service) -> None:
    assert "Secure" in sign_in(guarded, READER, x_forwarded_proto="https").headers["set-cookie"]


def test_a_cookie_does_not_let_another_sites_page_in(guarded: Service) -> None:
    headers = {"cookie": f"noteatlas={READER}", "sec-fetch-site": "cross-site"}
    assert guarded.client.post("/graphql", json=ASK, headers=headers).status_code == 403
    assert sign_in(guarded, READER, origin="https://evil.example").status_code == 403
    response = guarded.client.post("/sign-out", headers=headers)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("token", "status", "line"),
    [("", 401, "not valid"), ("nonsense", 401, "not valid"), (WRITER, 403, "does not allow reading")],
)
def test_a_token_that_does_not_do_is_refused_in_words(guarded: Service, token: str, status: int, line: str) -> None:
    response = sign_in(guarded, token)
    assert response.status_code == status
    assert line in response.text
    assert "set-cookie" not in response.headers
    assert WRITER not in response.text


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\r\nset-cookie: a=b", "", "x", "/" + "a" * 5000],
)
def test_after_signing_in_a_browser_stays_here(guarded: Service, wanted: str) -> None:
    response = sign_in(guarded, READER, wanted)
    assert response.status_code == 303
    location = response.headers["location"]
    assert location.startswith("./")
    assert httpx2.URL(f"{guarded.url}/sign-in").join(location).host == "127.0.0.1"
    assert response.headers.get_list("set-cookie")[0].startswith("noteatlas=")
    assert len(response.headers.get_list("set-cookie")) == 1


def test_the_form_cannot_be_broken_out_of(guarded: Service) -> None:
    page = guarded.client.get('/?focus="><script>alert(1)</script>', headers={"accept": HTML})
    assert page.status_code == 401
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_signing_out_takes_the_cookie_away(guarded: Service) -> None:
    response = guarded.client.post("/sign-out", headers={"cookie": f"noteatlas={READER}"})
    assert (response.status_code, response.headers["location"]) == (303, "./sign-in")
    assert 'noteatlas="";' in response.headers["set-cookie"]
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_no_token_is_ever_logged(guarded: Service, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for token in (READER, WRITER, READER + "x"):
            sign_in(guarded, token)
            guarded.client.post("/graphql", json=ASK, headers=bearer(token))
            guarded.client.get("/", headers={"cookie": f"noteatlas={token}"})
    ours = "\n".join(str(vars(r)) for r in caplog.records if not r.name.startswith("httpcore2"))
    assert "uvicorn.access" in ours
    assert READER not in ours
    assert WRITER not in ours


@pytest.mark.browser
async def test_a_reader_signs_in_once_and_uses_the_map_and_the_editor_then_signs_out(
    guarded: Service, page: Page
) -> None:
    seen = await watch(page)
    await page.goto(f"{guarded.url}/?focus=gqa")
    assert await violations(page) == []
    await expect(page.get_by_text("阅读这些笔记需要令牌")).to_be_visible()
    await page.get_by_label("Token").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("not valid")
    assert await violations(page) == []
    await page.get_by_label("Token").fill(READER)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{guarded.url}/?focus=gqa")
    await expect(page.get_by_role("heading", name="Grouped-Query Attention")).to_be_visible()
    assert await page.evaluate("document.cookie") == ""
    await page.goto(f"{guarded.url}/graphql")
    await expect(page.locator("#graphiql")).to_be_visible()
    await page.goto(f"{guarded.url}/sign-in")
    assert await violations(page) == []
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()
    assert (await page.goto(f"{guarded.url}/")).status == 401  # type: ignore[union-attr]
    assert all(READER not in url for url in seen.requests)


@pytest.mark.browser
async def test_a_link_on_another_site_leads_in_with_one_click_more(guarded: Service, page: Page) -> None:
    """The cookie is not sent with it; the page offers the way on."""
    await page.context.add_cookies(
        [{"name": "noteatlas", "value": READER, "url": guarded.url, "httpOnly": True, "sameSite": "Strict"}]
    )
    await page.set_content(f'<a href="{guarded.url}/?focus=mqa">elsewhere</a>')
    await page.get_by_text("elsewhere").click()
    await page.get_by_role("link", name="Signed in already? Open the page").click()
    await expect(page.get_by_role("heading", name="Multi-Query Attention")).to_be_visible()
