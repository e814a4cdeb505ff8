"""What every answer has around it: request ids, safe headers, HEAD, CORS, compression."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine

PATHS = (
    "/api/search?q=travail",
    "/api/status",
    "/healthz",
    "/",
    "/search.atom?q=a",
    "/opensearch.xml",
    "/nothing",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_safe_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers={"accept": "text/html"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers


def test_a_request_has_an_id_of_its_own_or_that_of_its_proxy(client: TestClient) -> None:
    first, second = (client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert len(first) == 16
    given = {"x-request-id": "abc-123.DEF_4"}
    assert client.get("/healthz", headers=given).headers["x-request-id"] == "abc-123.DEF_4"
    for bad in ("short", "a" * 65, "spaces in it", "<script>1</script>"):
        assert client.get("/healthz", headers={"x-request-id": bad}).headers["x-request-id"] != bad


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(client: TestClient, path: str) -> None:
    head, get = (
        client.request(method, path, headers={"accept": "text/html"}) for method in ("HEAD", "GET")
    )
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]


def test_a_large_answer_is_packed_for_who_can_unpack(client: TestClient) -> None:
    path = "/api/search?q=travail&view=full"
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.json()["results"] == plain.json()["results"]


def served(settings: Settings, live: LiveEngine, **changes: object) -> TestClient:
    return TestClient(create_app(replace(settings, **changes), live))  # type: ignore[arg-type]


def test_no_other_origin_may_ask_unless_it_is_named(client: TestClient) -> None:
    response = client.get("/api/search?q=a", headers={"origin": "https://site.example"})
    assert "access-control-allow-origin" not in response.headers


def test_a_named_origin_may_ask(little_settings: Settings, little_live: LiveEngine) -> None:
    client = served(
        little_settings, little_live, cors_origins=("https://site.example", "http://localhost:3000")
    )
    for origin, allowed in (
        ("https://site.example", True),
        ("http://localhost:3000", True),
        ("https://site.example.evil.example", False),
        ("http://site.example", False),
        ("null", False),
    ):
        for path in ("/api/search?q=a", "/api/search", "/api/bookmarks/none"):
            response = client.get(path, headers={"origin": origin})
            assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
        ask = {"origin": origin, "access-control-request-method": "POST"}
        asked = client.options("/api/instantsearch", headers=ask)
        assert (asked.status_code == 200) is allowed
        assert asked.headers.get("access-control-allow-origin") == (origin if allowed else None)
    refused = {"origin": "https://site.example", "access-control-request-method": "DELETE"}
    assert client.options("/api/search", headers=refused).status_code == 400
    assert (
        "access-control-allow-credentials"
        not in client.get("/", headers={"origin": "https://site.example"}).headers
    )


def test_all_origins_may_be_allowed(little_settings: Settings, little_live: LiveEngine) -> None:
    client = served(little_settings, little_live, cors_origins=("*",))
    response = client.get("/api/search?q=a", headers={"origin": "https://any.example"})
    assert response.headers["access-control-allow-origin"] == "*"


def test_the_pages_may_be_framed_by_who_is_named(
    little_settings: Settings, little_live: LiveEngine
) -> None:
    client = served(little_settings, little_live, frame_origins=("https://site.example",))
    page = client.get("/", headers={"accept": "text/html"})
    assert "frame-ancestors https://site.example" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert "frame-ancestors 'none'" in client.get("/healthz").headers["content-security-policy"]


def test_the_search_box_is_for_pages_of_any_origin(client: TestClient) -> None:
    response = client.get("/search-box.js")
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    etag = response.headers["etag"]
    again = client.get("/search-box.js", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert client.get("/search-box.js", headers={"if-none-match": '"other"'}).status_code == 200
    digest = etag.strip(chr(34))
    hashed = client.get(f"/search-box.{digest}.js")
    assert hashed.content == response.content
    assert "immutable" in hashed.headers["cache-control"]
    assert client.get("/v1/search-box.js").content == response.content


def test_static_files_are_kept_for_ever_under_names_that_change(client: TestClient) -> None:
    page = client.get("/", headers={"accept": "text/html"}).text
    names = set(re.findall(r'"(/static/[^"]+)"', page))
    assert len(names) >= 3
    for name in names:
        response = client.get(name)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
