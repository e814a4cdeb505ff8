"""What a page of another site may send, and what not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.http.cross_site import SameSite, carries_credentials, is_own

ELSEWHERE = "https://elsewhere.example"


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        # No browser: a program, or curl.
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        # Typed into the address bar, or a bookmark.
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        # The browser's own word counts more than a host that a proxy may have changed.
        ({"sec-fetch-site": "same-origin", "origin": "https://glane.example", "host": "inside:8000"}, True),
        (
            {"sec-fetch-site": "cross-site", "origin": "https://glane.example", "host": "glane.example"},
            False,
        ),
        # Older browsers.
        ({"origin": "https://glane.example", "host": "glane.example"}, True),
        ({"origin": "https://Glane.example:8443", "host": "glane.EXAMPLE:8443"}, True),
        ({"origin": "https://public.example", "host": "inside:8000"}, True),
        ({"origin": ELSEWHERE, "host": "glane.example"}, False),
        ({"origin": "null", "host": "glane.example"}, False),
        ({"origin": "", "host": ""}, False),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], own: bool) -> None:
    assert is_own(headers, "public.example") is own


@pytest.mark.parametrize(
    ("headers", "carries"),
    [
        ({}, False),
        ({"authorization": "Bearer k"}, False),
        ({"authorization": "Basic QTpi"}, True),
        ({"authorization": "Negotiate x"}, True),
        ({"cookie": "a=b"}, True),
    ],
)
def test_what_a_browser_adds_by_itself(headers: dict[str, str], carries: bool) -> None:
    assert carries_credentials(headers) is carries


@pytest.mark.parametrize(
    ("origins", "method", "path", "headers", "passes"),
    [
        ((), "GET", "/judge", {}, True),
        ((), "POST", "/api/feedback", {}, False),
        ((ELSEWHERE,), "POST", "/api/feedback", {}, True),
        (("*",), "POST", "/api/instantsearch", {}, True),
        (("https://other.example",), "POST", "/api/feedback", {}, False),
        # Pages and their forms are for this site alone, whoever may call the API.
        (("*",), "POST", "/feedback", {}, False),
        (("*",), "POST", "/judge/questions", {}, False),
        (("*",), "DELETE", "/api/bookmarks/b01", {"cookie": "session=1"}, False),
        (("*",), "PUT", "/api/bookmarks/b01", {"authorization": "Basic QTpi"}, False),
        (("*",), "PATCH", "/api/bookmarks/b01", {"authorization": "Bearer key"}, True),
        (("*",), "BREW", "/", {}, False),
    ],
)
def test_a_page_of_another_site(
    origins: tuple[str, ...], method: str, path: str, headers: dict[str, str], passes: bool
) -> None:
    settings = replace(Settings.from_env({}), cors_origins=origins)
    app = SameSite(Starlette(), settings)
    sent = {"origin": ELSEWHERE, "sec-fetch-site": "cross-site", **headers}
    with TestClient(app, raise_server_exceptions=False) as client:
        # Nothing is served here: what passes is a 404.
        status = client.request(method, path, headers=sent).status_code
    assert (status == 404) is passes
