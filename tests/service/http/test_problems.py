"""Errors as the service answers them: problem documents with stable types, and pages for browsers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from glane_indexer.errors import CatalogError, EncoderError, GenerationError, GlaneError, LibraryError
from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.http.problems import TYPES

HTML = {"accept": "text/html,application/xhtml+xml"}


def test_the_types_do_not_change() -> None:
    assert {slug: status for slug, (status, _, _) in TYPES.items()} == {
        "bad-request": 400,
        "not-found": 404,
        "method-not-allowed": 405,
        "unauthorized": 401,
        "forbidden": 403,
        "conflict": 409,
        "precondition-failed": 412,
        "read-only": 403,
        "unsupported-media-type": 415,
        "too-many": 429,
        "too-slow": 408,
        "too-large": 413,
        "overloaded": 503,
        "unavailable": 503,
        "internal": 500,
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/search", 400, "bad-request"),
        ("GET", "/api/search?q=a&page=x", 400, "bad-request"),
        ("GET", "/api/bookmarks/none", 404, "not-found"),
        ("GET", "/api/nothing", 404, "not-found"),
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/search.atom?page=x", 400, "bad-request"),
        ("GET", "/search-box.0123456789abcdef.js", 404, "not-found"),
        ("GET", "/problems/none", 404, "not-found"),
        ("GET", "/static/none.css", 404, "not-found"),
        ("GET", "/static/..%2f..%2fapp.py", 404, "not-found"),
        ("POST", "/api/search", 405, "method-not-allowed"),
        ("DELETE", "/api/status", 405, "method-not-allowed"),
        ("PUT", "/", 405, "method-not-allowed"),
        ("GET", "/api/instantsearch", 405, "method-not-allowed"),
    ],
)
def test_an_error_is_a_problem_document(
    client: TestClient, method: str, path: str, status: int, slug: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) >= {"type", "title", "status", "detail", "instance"}
    assert problem["type"] == f"/problems/{slug}"
    assert problem["title"] == TYPES[slug][1]
    assert problem["status"] == status
    assert "Traceback" not in response.text
    assert response.headers["x-request-id"]
    if status == 405:
        assert response.headers["allow"]


def test_a_browser_is_answered_with_a_page(client: TestClient) -> None:
    for path, status in (
        ("/nothing", 404),
        ("/bookmarks/none", 404),
        ("/?page=x", 400),
        ("/?q=a&page=9", 400),
    ):
        response = client.get(path, headers=HTML)
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html")
        assert "<h1" in response.text
    # The API answers programs, whatever they accept.
    response = client.get("/api/search", headers=HTML)
    assert response.headers["content-type"] == "application/problem+json"


def test_each_type_leads_to_what_it_means(client: TestClient) -> None:
    for slug in TYPES:
        response = client.get(f"/problems/{slug}")
        assert response.status_code == 303
        assert response.headers["location"] == "/docs#problems"


def test_what_was_asked_for_is_not_reflected_as_markup(client: TestClient) -> None:
    attack = "<script>alert(1)</script>"
    for path in (f"/{attack}", f"/bookmarks/{attack}", f"/?page={attack}", f"/?q={attack}&page=77"):
        response = client.get(path, headers=HTML)
        assert response.status_code in (400, 404)
        assert attack not in response.text


class Broken:
    """An engine that fails at whatever it is asked."""

    def engine_for(self, viewer: Any) -> Any:
        raise RuntimeError("a secret of /etc/passwd")

    def close(self) -> None:
        pass


@pytest.fixture
def broken(little_settings: Settings) -> TestClient:
    app = create_app(little_settings, Broken())  # type: ignore[arg-type]
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    "path", ["/api/search?q=a", "/api/status", "/api/bookmarks/b01", "/?q=a", "/search.atom?q=a"]
)
def test_an_error_inside_tells_of_no_inside(broken: TestClient, path: str) -> None:
    response = broken.get(path)
    assert response.status_code == 500
    problem = response.json()
    assert problem["type"] == "/problems/internal"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    page = broken.get("/?q=a", headers=HTML)
    assert page.status_code == 500
    assert "secret" not in page.text
    assert page.headers["x-request-id"] in page.text


@pytest.fixture
def unready(tmp_path: Path) -> Iterator[TestClient]:
    settings = replace(Settings.from_env(), library=tmp_path / "private" / "nowhere")
    # Not started, so that it neither opens nor fails to.
    yield TestClient(create_app(settings))


def test_who_is_sent_away_from_a_busy_service_reads_why(little_settings: Settings) -> None:
    class Busy:
        def engine_for(self, viewer: Any) -> Any:
            raise HTTPException(503, "The service has more to do than it can", {"Retry-After": "1"})

        def close(self) -> None:
            pass

    client = TestClient(create_app(little_settings, Busy()))  # type: ignore[arg-type]
    page = client.get("/?q=a", headers=HTML)
    assert (page.status_code, page.headers["retry-after"]) == (503, "1")
    assert page.headers["content-type"].startswith("text/html")
    assert "Le service est très demandé" in page.text
    assert "The service is busy" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    document = client.get("/api/search?q=a", headers=HTML)
    assert document.json()["type"] == "/problems/overloaded"
    assert document.headers["retry-after"] == "1"


class Failing:
    """An engine that fails with an error of the tree."""

    def __init__(self, error: GlaneError) -> None:
        self._error = error

    def engine_for(self, viewer: Any) -> Any:
        raise self._error

    def close(self) -> None:
        pass


@pytest.mark.parametrize("kind", [CatalogError, LibraryError, GenerationError, EncoderError])
def test_where_an_error_was_is_for_the_log_alone(
    little_settings: Settings, caplog: pytest.LogCaptureFixture, kind: type[GlaneError]
) -> None:
    error = kind(
        "the file /srv/private/catalog.duckdb is damaged",
        where="/srv/private",
        hint="Run `glane repair`, then look at /judge",
    )
    client = TestClient(create_app(little_settings, Failing(error)))  # type: ignore[arg-type]
    response = client.get("/api/status")
    assert response.status_code == 503
    assert response.json()["detail"] == ("the file … is damaged. Run `glane repair`, then look at /judge")
    assert "private" not in client.get("/", headers=HTML).text
    assert "/srv/private: the file /srv/private/catalog.duckdb is damaged" in caplog.text


def test_a_fault_of_the_program_is_logged_with_its_traceback(
    broken: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    broken.get("/api/search?q=what+nobody+should+read")
    assert "RuntimeError: a secret of /etc/passwd" in caplog.text
    assert "nobody" not in caplog.text


def test_a_library_that_is_not_open_yet(unready: TestClient) -> None:
    assert unready.get("/healthz").status_code == 200
    for path in ("/readyz", "/api/search?q=a", "/api/status", "/api/suggest?q=a", "/api/bookmarks/b01"):
        response = unready.get(path)
        assert response.status_code == 503
        assert response.json()["type"] == "/problems/unavailable"
        assert response.headers["retry-after"] == "2"
        assert "private" not in response.text
    assert unready.get("/?q=a", headers=HTML).status_code == 503
    assert "glane_generation 0" in unready.get("/metrics").text
    # What needs no library is there.
    assert unready.get("/openapi.json").status_code == 200
    assert unready.get("/docs", headers=HTML).status_code == 200
    assert unready.get("/search-box.js").status_code == 200


def test_a_library_that_cannot_be_opened_says_why_but_not_where(tmp_path: Path) -> None:
    settings = replace(Settings.from_env(), library=tmp_path / "private" / "nowhere")
    app = create_app(settings)
    with TestClient(app) as client:
        for _ in range(400):
            problem = client.get("/readyz").json()
            if "being opened" not in problem["detail"]:
                break
            app.state.backend._closing.wait(0.05)
        assert "there is no index here yet" in problem["detail"]
        assert "glane index" in problem["detail"]
        assert "private" not in client.get("/readyz").text
