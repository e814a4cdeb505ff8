"""Who gets in: every way to come without the right, and that none of them does anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from glane_indexer.library.applying import has_journal
from glane_service.app import create_app
from glane_service.http.viewers import WRONG_KEYS_A_MINUTE
from glane_service.keys import KeyRing
from glane_service.limits import Limiter
from glane_service.live import LiveEngine
from tests.support.writable import bearer, hashed, writable

NEW = {"title": "Le pangolin", "url": "https://nature.example.com/pangolin"}
WRITES = [
    ("POST", "/api/bookmarks", NEW),
    ("PUT", "/api/bookmarks/b01", NEW),
    ("PATCH", "/api/bookmarks/b01", {"title": "x"}),
    ("DELETE", "/api/bookmarks/b01", None),
    ("POST", "/api/bookmarks/b01/annotations", {"text": "x"}),
]
READS = [
    *("/api/search?q=travail", "/api/suggest?q=trav", "/api/bookmarks/b01", "/api/bookmarks/b01/similar"),
    *("/api/status", "/search.atom?q=travail", "/opensearch.xml", "/metrics", "/", "/fr", "/?q=travail"),
    *("/bookmarks/b01", "/tags/travail", "/contributors/Luc%20Martin", "/api/changes/1", "/nothing"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guarded") / "library"


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "counted" not in request.node.name:
        monkeypatch.setattr(Limiter, "_look", lambda self, who, cost: 0)


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[TestClient]:
    """Of a library that is open to all."""
    with writable(library) as made:
        yield made


@pytest.fixture(scope="module")
def closed(client: TestClient, library: Path) -> Iterator[TestClient]:
    """Of the same library, where it needs a key."""
    settings = replace(client.app.state.settings, access="key", admin_key="the owner's")  # type: ignore[attr-defined]
    with hashed():
        live = LiveEngine(settings, follow=False)
        yield TestClient(create_app(settings, live), follow_redirects=False)
        live.close()


def revoked(library: Path) -> dict[str, str]:
    header = bearer(library, "admin", "out")
    KeyRing(library).revoke("out")
    return header


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_nobody_writes_without_the_right(
    client: TestClient, library: Path, method: str, path: str, body: object
) -> None:
    cases = [
        ({}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Bearer glane_00000000_{'A' * 43}"}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        (revoked(library), 401),
        ({"Cookie": "glane_session=forged.x.y"}, 401),
        (bearer(library, "search", f"search {method}{path}"), 403),
        (bearer(library, "member", f"member {method}{path}"), 403),
    ]
    for headers, status in cases:
        response = client.request(method, path, json=body, headers=headers)
        assert response.status_code == status, (headers, response.text)
        assert response.headers["content-type"] == "application/problem+json"
        assert ("www-authenticate" in response.headers) == (status == 401)
    assert not has_journal(library)


@pytest.mark.parametrize("path", READS)
def test_a_library_that_needs_a_key_says_nothing_without_one(
    closed: TestClient, library: Path, path: str
) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, revoked(library), {"Cookie": "glane_session=x"}):
        response = closed.get(path, headers=headers)
        assert response.status_code == 401, (headers, response.text)
        for word in ("travail", "Grenoble", "Luc"):
            assert word not in response.json()["detail"]
    page = closed.get(path, headers={"Accept": "text/html"})
    if path.startswith("/api/"):
        assert page.status_code == 401
    else:
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in?back=%2F")


def test_with_a_key_it_answers(closed: TestClient, library: Path) -> None:
    for headers in (bearer(library, "search", "a reader"), {"Authorization": "Bearer the owner's"}):
        for path in READS[:-2]:
            assert closed.get(path, headers=headers).status_code == 200, path
        assert closed.get("/nothing", headers=headers).status_code == 404


def test_probes_files_and_the_sign_in_need_no_key(closed: TestClient) -> None:
    for path in (
        "/healthz",
        "/readyz",
        "/docs",
        "/openapi.json",
        "/favicon.ico",
        "/sign-in",
        "/en/sign-in",
    ):
        assert closed.get(path).status_code == 200, path
    style = closed.get("/sign-in").text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert closed.get(style).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *(
            "//api/search?q=a",
            "/API/search?q=a",
            "/healthz/../api/search?q=a",
            "/healthz%2f..%2fapi/search?q=a",
        ),
        *("/static/../api/status", "/static/%2e%2e/api/status", "/sign-in/../api/status", "/fr/sign-in/x"),
        *("/docs/../", "/healthzx", "/readyz/", "/problems/../api/status"),
    ],
)
def test_no_spelling_of_a_path_gets_past(closed: TestClient, path: str) -> None:
    response = closed.get(path)
    assert response.status_code in (303, 307, 401, 404, 405)
    assert "results" not in response.text
    assert "bookmarks" not in response.text or response.status_code == 307


def test_wrong_keys_are_counted(client: TestClient, library: Path) -> None:
    right = bearer(library, "search", "a late one")
    settings = replace(client.app.state.settings, admin_key="the owner's")  # type: ignore[attr-defined]
    other = TestClient(create_app(settings, client.app.state.backend._live))  # type: ignore[attr-defined]
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [other.get("/api/status", headers=wrong).status_code for _ in range(WRONG_KEYS_A_MINUTE + 1)]
    assert statuses == [401] * WRONG_KEYS_A_MINUTE + [429]
    late = other.get("/api/status", headers={"Authorization": "Bearer the owner's"})
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) <= 3
    # Whoever has a key that cannot be guessed, or comes without one, is not kept out by others.
    assert other.get("/api/status", headers=right).status_code == 200
    assert other.get("/api/status").status_code == 200


def test_requests_are_counted_by_key_and_by_address(client: TestClient, library: Path) -> None:
    settings = replace(client.app.state.settings, rate_limit=3)  # type: ignore[attr-defined]
    limited = TestClient(create_app(settings, client.app.state.backend._live))  # type: ignore[attr-defined]
    one, two = bearer(library, "search", "one"), bearer(library, "search", "two")
    for headers in (one, two, {}):
        answers = [limited.get("/api/status", headers=headers) for _ in range(4)]
        assert [response.status_code for response in answers] == [200, 200, 200, 429]
        assert answers[3].json()["type"] == "/problems/too-many"
        assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert limited.get("/healthz").status_code == 200
