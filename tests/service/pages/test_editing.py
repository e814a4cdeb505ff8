"""Signing in, adding, editing and deleting on the page: without a script, and from our own pages alone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from glane_indexer.library.journal import Journal
from glane_service.app import create_app
from glane_service.http.sessions import COOKIE
from glane_service.keys import KeyRing
from glane_service.pages.bookmarklet import bookmarklet
from tests.support.writable import writable

EN = {"accept": "text/html", "accept-language": "en"}
PAGE = "https://nature.example.com/pangolin"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edited") / "library"


@pytest.fixture(scope="module")
def served(library: Path) -> Iterator[TestClient]:
    with writable(library) as made:
        yield made


@pytest.fixture
def client(served: TestClient) -> TestClient:
    """A browser that nobody has signed in with yet."""
    served.cookies.clear()
    served.headers.update(EN)
    return served


@pytest.fixture(scope="module")
def key(library: Path, served: TestClient) -> str:
    return KeyRing(library).add("Anne Dupont", "write")[1]


def sign_in(client: TestClient, key: str, back: str = "") -> Response:
    return client.post("/sign-in", data={"key": key, "back": back})


def fields(page: str) -> dict[str, str]:
    """What the first form with a token would send."""
    form = next(part for part in page.split("<form")[1:] if 'name="token"' in part).split("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        facts = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if facts.get("type") == "checkbox" and "checked" not in tag:
            continue
        found[facts["name"]] = html.unescape(facts.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text)
    return found


def test_the_way_to_adding_leads_over_the_sign_in(client: TestClient, key: str) -> None:
    asked = f"/add?url={PAGE}&title=Le+pangolin&text=Il+dort."
    response = client.get(asked)
    assert response.status_code == 303
    back = parse_qs(urlsplit(response.headers["location"]).query)["back"][0]
    page = client.get(response.headers["location"])
    assert page.status_code == 200
    assert html.escape(back, quote=True) in page.text
    signed = sign_in(client, key, back)
    assert (signed.status_code, signed.headers["location"]) == (303, back)
    form = fields(client.get(back).text)
    assert {name: form[name] for name in ("url", "title", "text-1", "contributor")} == {
        "url": PAGE,
        "title": "Le pangolin",
        "text-1": "Il dort.",
        "contributor": "Anne Dupont",
    }
    form |= {"tags": "nature, Afrique", "note-1": "à vérifier", "private": "1"}
    added = client.post("/add", data=form)
    assert added.status_code == 303, added.text
    assert re.fullmatch(r"/bookmarks/[0-9a-f]{16}\?min_seq=\d+", added.headers["location"])
    shown = client.get(added.headers["location"]).text
    for word in ("Le pangolin", "Il dort.", "à vérifier", "Afrique", "Anne Dupont", 'href="/edit/'):
        assert word in shown
    # Once more: it is said that the page is there.
    assert "in the library already" in client.get(asked).text


def test_the_cookie_is_out_of_reach(client: TestClient, key: str) -> None:
    signed = sign_in(client, key)
    cookie = signed.headers["set-cookie"]
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.lower().split("; "))
    assert "secure" not in cookie.lower()
    assert key not in cookie
    assert key not in signed.headers["location"]
    secure = TestClient(client.app, base_url="https://glane.example", follow_redirects=False)
    assert "secure" in sign_in(secure, key).headers["set-cookie"].lower()
    settings = replace(client.app.state.settings, public_url="https://glane.example")  # type: ignore[attr-defined]
    behind = TestClient(create_app(settings, client.app.state.backend._live), follow_redirects=False)  # type: ignore[attr-defined]
    assert "secure" in sign_in(behind, key).headers["set-cookie"].lower()


def test_a_session_ends_with_its_key_and_with_the_sign_out(client: TestClient, library: Path) -> None:
    _, text = KeyRing(library).add("short", "write")
    sign_in(client, text)
    page = client.get("/sign-in").text
    assert "Signed in: short" in page
    assert client.get("/add").status_code == 200
    cookie = client.cookies[COOKIE]
    out = client.post("/sign-out", data=fields(page))
    assert out.status_code == 303
    assert client.get("/add").status_code == 303
    client.cookies.set(COOKIE, cookie)
    assert client.get("/add").status_code == 200
    KeyRing(library).revoke("short")
    assert client.get("/add").status_code == 303


@pytest.mark.parametrize(
    "change", [lambda c: c[:-1], lambda c: "x" + c, lambda c: c.replace(".", ".x", 1), lambda c: ""]
)
def test_a_changed_cookie_is_none(client: TestClient, key: str, change: object) -> None:
    sign_in(client, key)
    cookie = client.cookies[COOKIE]
    client.cookies.clear()
    client.cookies.set(COOKIE, change(cookie))  # type: ignore[operator]
    assert client.get("/add").status_code == 303


def test_a_wrong_key_is_said(client: TestClient) -> None:
    wrong = sign_in(client, "wrong")
    assert wrong.status_code == 401
    assert "not valid" in wrong.text
    assert COOKIE not in client.cookies
    assert 'autocomplete="current-password"' in wrong.text
    assert "wrong" not in wrong.text.split("<form")[1]


def test_a_key_for_reading_does_not_write(client: TestClient, library: Path) -> None:
    sign_in(client, KeyRing(library).add("reader", "member")[1])
    page = client.get("/add")
    assert page.status_code == 403
    assert "for reading" in page.text
    assert 'href="/edit/' not in client.get("/bookmarks/b01").text
    for path in ("/add", "/edit/b01", "/delete/b01"):
        assert client.post(path, data={"token": "x"}).status_code == 403


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "add", ""]
)
def test_signing_in_leads_nowhere_else(client: TestClient, key: str, back: str) -> None:
    assert sign_in(client, key, back).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(
    client: TestClient, library: Path, key: str, headers: dict[str, str]
) -> None:
    sign_in(client, key)
    form = fields(client.get("/edit/b01").text)
    before = Journal(library).last()
    for path in ("/add", "/edit/b01", "/delete/b01", "/sign-out", "/sign-in"):
        response = client.post(path, data={**form, "key": key}, headers=headers)
        assert response.status_code in (400, 403)
        assert "set-cookie" not in response.headers
    assert Journal(library).last() == before


def test_a_form_needs_the_token_of_its_session(client: TestClient, library: Path, key: str) -> None:
    sign_in(client, key)
    form = fields(client.get("/edit/b01").text)
    before = Journal(library).last()
    client.cookies.clear()
    sign_in(client, KeyRing(library).add("other", "write")[1])
    for token in (form["token"], "", "x"):
        for path in ("/add", "/edit/b01", "/delete/b01", "/sign-out"):
            assert client.post(path, data={**form, "token": token}).status_code == 400
    assert Journal(library).last() == before


def test_a_session_does_not_write_over_the_api(client: TestClient, library: Path, key: str) -> None:
    sign_in(client, key)
    before = Journal(library).last()
    assert client.post("/api/bookmarks", json={"title": "x"}).status_code == 401
    assert client.delete("/api/bookmarks/b01").status_code == 401
    assert Journal(library).last() == before


def test_editing_changes_what_was_edited(client: TestClient, key: str) -> None:
    sign_in(client, key)
    before = client.get("/api/bookmarks/b02").json()
    form = fields(client.get("/edit/b02").text)
    assert form["text-1"] == before["annotations"][0]["text"]
    form |= {"title": "Un autre titre", "note-1": "oui", "remove-2": "1", "text-0": "Une de plus."}
    saved = client.post("/edit/b02", data=form)
    assert saved.status_code == 303, saved.text
    client.get(saved.headers["location"])
    after = client.get("/api/bookmarks/b02").json()
    notes = [(item["text"], item["note"]) for item in after["annotations"]]
    assert notes == [(before["annotations"][0]["text"], "oui"), ("Une de plus.", "")]
    assert after["annotations"][0]["id"] == before["annotations"][0]["id"]
    kept = ("url", "description", "tags", "contributor", "created_at", "views", "language")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    # The same form again: it was made for what is no longer there, and nothing is lost of it.
    late = client.post("/edit/b02", data={**form, "title": "Trop tard"})
    assert late.status_code == 412
    assert "changed meanwhile" in late.text
    again = fields(late.text)
    assert again["title"] == "Trop tard"
    assert client.post("/edit/b02", data=again).status_code == 303


def test_saving_without_a_change_changes_nothing(client: TestClient, key: str) -> None:
    sign_in(client, key)
    before = client.get("/api/bookmarks/b03").json()
    saved = client.post("/edit/b03", data=fields(client.get("/edit/b03").text))
    client.get(saved.headers["location"])
    assert client.get("/api/bookmarks/b03").json() == before


def test_deleting(client: TestClient, key: str) -> None:
    sign_in(client, key)
    form = fields(client.get("/edit/b11").text)
    gone = client.post("/delete/b11", data={"token": form["token"]})
    assert (gone.status_code, gone.headers["location"]) == (303, "/")
    assert client.get("/edit/b11").status_code == 404
    assert client.post("/delete/b11", data={"token": form["token"]}).status_code == 404


def test_an_address_that_is_none_is_not_added(client: TestClient, library: Path, key: str) -> None:
    sign_in(client, key)
    form = fields(client.get("/add?url=javascript:alert(1)").text)
    assert form["url"] == ""
    before = Journal(library).last()
    for url in ("", "javascript:alert(1)", "notes"):
        refused = client.post("/add", data={**form, "url": url, "title": "t<b>"})
        assert refused.status_code == 400
        assert "t&lt;b&gt;" in refused.text
    assert Journal(library).last() == before


@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_languages(client: TestClient, key: str, language: str) -> None:
    assert client.get(f"/{language}/add").headers["location"].startswith(f"/{language}/sign-in?back=")
    sign_in(client, key)
    page = client.get(f"/{language}/add").text
    assert {"fr": "Ajouter un signet", "en": "Add a bookmark"}[language] in page
    assert f'action="/{language}/add"' in page
    assert f'href="/{language}/add"' in page
    assert "no-store" in client.get(f"/{language}/edit/b01").headers["cache-control"]


def test_a_form_that_is_none(client: TestClient, key: str) -> None:
    sign_in(client, key)
    assert (
        client.post("/add", content=b"\xff\xfe", headers={"content-type": "text/plain"}).status_code == 400
    )
    assert client.post("/add", content=b"a=b&" * 30_000).status_code == 400
    assert client.post("/add", content=b"a" * (5 << 20)).status_code == 413


def test_the_bookmarklet_cannot_be_broken_out_of() -> None:
    made = bookmarklet("https://glane.example/a'b\\c</script>/add")
    script = unquote(made.removeprefix("javascript:"))
    assert made.isascii()
    assert '"' not in made
    assert "window.open('https://glane.example/a\\u0027b\\u005cc\\u003c" in script
    assert "getSelection()" in script
