"""What the service counts, in Prometheus' form."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def fresh(little_settings: Settings, little_live: LiveEngine) -> TestClient:
    """An application that has counted nothing yet."""
    return TestClient(create_app(little_settings, little_live), follow_redirects=False)


def values(client: TestClient) -> Values:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert response.headers["cache-control"] == "no-store"
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Values, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def test_searches_are_counted_by_mode_and_source(fresh: TestClient) -> None:
    fresh.get("/api/search?q=travail")
    fresh.get("/api/search?q=travail&mode=keyword")
    fresh.get("/api/search?q=xyzzy&mode=keyword")
    fresh.get("/?q=travail", headers={"accept": "text/html"})
    fresh.get("/search.atom?q=travail")
    fresh.post("/api/instantsearch", json={"requests": [{"params": {"query": "travail"}}] * 2})
    found = values(fresh)
    for mode, source, count in (
        ("hybrid", "api", 1),
        ("keyword", "api", 2),
        ("hybrid", "page", 1),
        ("hybrid", "feed", 1),
        ("hybrid", "instantsearch", 2),
    ):
        assert value(found, "glane_searches_total", mode=mode, source=source) == count
    assert value(found, "glane_searches_without_result_total", mode="keyword") == 1
    assert value(found, "glane_search_seconds_count", mode="hybrid") == 5


def test_requests_are_counted_by_route_and_not_by_address(fresh: TestClient) -> None:
    for name in ("b01", "b02", "none"):
        fresh.get(f"/api/bookmarks/{name}")
        fresh.get(f"/nothing/{name}")
        fresh.get(f"/tags/{name}", headers={"accept": "text/html"})
    fresh.head("/healthz")
    found = values(fresh)
    route = "/api/bookmarks/{bookmark_id}"
    assert value(found, "glane_http_requests_total", method="GET", route=route, status="200") == 2
    assert value(found, "glane_http_requests_total", method="GET", route=route, status="404") == 1
    assert value(found, "glane_http_requests_total", method="GET", route="(none)", status="404") == 3
    assert (
        value(found, "glane_http_requests_total", method="GET", route="/tags/{tag:path}", status="200") == 3
    )
    assert value(found, "glane_http_requests_total", method="HEAD", route="/healthz", status="200") == 1
    assert value(found, "glane_http_request_seconds_count", route=route) == 3


def test_a_made_up_method_makes_no_series_of_its_own(fresh: TestClient) -> None:
    for name in ("FOO", "BAR"):
        assert fresh.request(name, "/healthz").status_code == 405
    methods = {
        dict(labels)["method"] for name, labels in values(fresh) if name == "glane_http_requests_total"
    }
    assert methods <= {"GET", "other"}


def test_the_library_is_measured(fresh: TestClient) -> None:
    found = values(fresh)
    assert value(found, "glane_library_size", what="bookmarks") == 12
    assert value(found, "glane_library_size", what="contributors") == 4
    assert value(found, "glane_generation") == 1


def test_no_question_is_in_the_metrics(fresh: TestClient) -> None:
    fresh.get("/api/search?q=pangolin")
    fresh.get("/?q=pangolin", headers={"accept": "text/html"})
    assert "pangolin" not in fresh.get("/metrics").text
