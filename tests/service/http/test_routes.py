"""The API's routes on twelve bookmarks: every answer, every parameter, every limit."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from glane_service.http import schemas
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.search.results import to_json
from tests.support.little import BOOKMARKS, BY_DATE


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["bookmark"]["id"] for hit in answer["results"]]


def ok(response: Response) -> Any:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def refused(response: Response, status: int, slug: str) -> dict[str, Any]:
    """The problem document of an answer, which tells of no inside."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == response.request.url.path
    for inside in ("Traceback", "glane_service", "glane_indexer", "pydantic", "/work/", "/tmp/", ".py"):
        assert inside not in response.text
    return problem


# Search


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_a_search_is_what_the_engine_answers(client: TestClient, engine: SearchEngine, mode: Any) -> None:
    answer = ok(client.get("/api/search", params={"q": "le travail", "mode": mode, "view": "full"}))
    expected = to_json(engine.search(Query("le travail", mode=mode, view="full")))
    assert answer | {"took_ms": 0} == expected | {"took_ms": 0, "seq": 0}
    schemas.SearchAnswer.model_validate(answer)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"tag": "travail"}, {"b02", "b03", "b11"}),
        ({"tag": ["travail", "IA"]}, {"b03"}),
        ({"contributor": "Luc Martin"}, {"b05", "b06", "b10"}),
        ({"site": "example.org"}, {"b01", "b02", "b08", "b09", "b11"}),
        ({"language": "en"}, {"b03", "b06", "b10"}),
        ({"kind": "topic"}, {"b04"}),
        ({"kind": "bookmark", "after": "2019"}, {"b08", "b10"}),
        ({"before": "2015-03"}, {"b01", "b07"}),
        ({"q": 'tag:travail by:"Camille Roy"'}, {"b03"}),
        ({"q": "travail", "mode": "keyword", "fields": "title,url"}, {"b02"}),
        ({"q": "travail", "mode": "keyword", "fields": "title url"}, {"b02"}),
        ({"q": "travail", "mode": "keyword", "fields": "title", "language": "en"}, set()),
    ],
)
def test_every_parameter_reaches_the_engine(
    client: TestClient, parameters: dict[str, Any], expected: set[str]
) -> None:
    answer = ok(client.get("/api/search", params=parameters))
    assert set(ids(answer)) == expected
    assert answer["total"] == len(expected)


def test_the_filters_are_said_as_they_were_understood(client: TestClient) -> None:
    parameters = {"q": "vélo tag:ville", "tag": "vélo", "after": "2014", "before": "2014-06"}
    answer = ok(client.get("/api/search", params=parameters))
    assert answer["query"] == {
        "text": "vélo tag:ville",
        "mode": "hybrid",
        "filters": {"tag": ["vélo", "ville"], "after": "2014-01-01", "before": "2014-06-30"},
    }
    assert ids(answer) == ["b07"]


def test_a_listing_by_date_needs_no_question(client: TestClient) -> None:
    answer = ok(client.get("/api/search", params={"sort": "date", "per_page": 5}))
    assert tuple(ids(answer)) == BY_DATE[:5]
    assert (answer["total"], answer["pages"], answer["page"], answer["per_page"]) == (12, 3, 1, 5)
    rest = [
        name
        for page in (2, 3)
        for name in ids(ok(client.get("/api/search", params={"sort": "date", "per_page": 5, "page": page})))
    ]
    assert tuple(rest) == BY_DATE[5:]


@pytest.mark.parametrize("parameters", [{}, {"q": ""}, {"q": "  "}, {"q": "", "tag": ""}])
def test_a_search_for_nothing_is_refused(client: TestClient, parameters: dict[str, str]) -> None:
    problem = refused(client.get("/api/search", params=parameters), 400, "bad-request")
    assert problem["parameter"] == "q"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "best"),
        ("sort", "views"),
        ("kind", "page"),
        ("view", "large"),
        ("page", "0"),
        ("page", "-1"),
        ("page", "1.5"),
        ("page", "deux"),
        ("page", "1000001"),
        ("page", "9" * 30),
        ("page", "999"),
        ("per_page", "0"),
        ("per_page", "101"),
        ("per_page", "x"),
        ("after", "hier"),
        ("after", "2015-02-30"),
        ("before", "2015-13"),
        ("before", "0000"),
        ("before", "99999"),
        ("fields", "body"),
        ("explain", "perhaps"),
        ("suggest", "perhaps"),
        ("q", "a" * 1001),
        ("tag", "a" * 301),
        ("contributor", "a" * 301),
        ("site", "a" * 301),
        ("language", "a" * 301),
        ("perpage", "5"),
        ("Q", "a"),
    ],
)
def test_a_value_that_is_none_is_named(client: TestClient, name: str, value: str) -> None:
    problem = refused(client.get("/api/search", params={"q": "travail", name: value}), 400, "bad-request")
    assert problem["parameter"] == name
    assert len(problem["detail"]) < 400


def test_too_many_tags_are_refused(client: TestClient) -> None:
    assert ok(client.get("/api/search", params={"tag": ["travail"] * 20}))["total"] == 3
    problem = refused(client.get("/api/search", params={"tag": ["travail"] * 21}), 400, "bad-request")
    assert problem["parameter"] == "tag"


def test_several_wrong_values_are_all_named(client: TestClient) -> None:
    problem = refused(client.get("/api/search?q=a&page=0&mode=x&foo=1"), 400, "bad-request")
    assert {error["parameter"] for error in problem["errors"]} == {"page", "mode", "foo"}


def test_the_limits_are_within(client: TestClient) -> None:
    for parameters in (
        {"q": "é" * 1000},
        {"q": "travail", "per_page": 100},
        {"q": "travail", "per_page": 1, "page": 12},
        {"sort": "date", "tag": "a" * 300},
    ):
        ok(client.get("/api/search", params=parameters))


def test_the_last_page_is_named_to_who_is_past_it(client: TestClient) -> None:
    problem = refused(client.get("/api/search?q=travail&page=3"), 400, "bad-request")
    assert problem["detail"] == "page: there is no page 3. The last one is 1"


def test_quotes_without_a_partner_are_said(client: TestClient) -> None:
    answer = ok(client.get("/api/search", params={"q": '"pain au levain'}))
    assert [notice["code"] for notice in answer["notices"]] == ["unbalanced-quotes"]
    assert ids(answer)[0] == "b05"


@pytest.mark.parametrize(
    "text", ["\x00", "%", "'; DROP TABLE bookmarks;--", "🙂", "\u202e", "a\nb", "((((", "tag:"]
)
def test_odd_questions_are_answered(client: TestClient, text: str) -> None:
    ok(client.get("/api/search", params={"q": text}))


def test_bytes_that_are_no_text_are_answered(client: TestClient) -> None:
    ok(client.get("/api/search?q=%ff%fe"))
    ok(client.get("/api/search?q=%ed%a0%80"))


def test_suggestions_come_along_if_asked(client: TestClient) -> None:
    assert "suggestions" not in ok(client.get("/api/search?q=trav"))
    answer = ok(client.get("/api/search?q=trav&suggest=1"))
    assert [item["text"] for item in answer["suggestions"]] == [
        "travail",
        "Le travail invisible des plateformes",
    ]
    schemas.SearchAnswer.model_validate(answer)
    assert ok(client.get("/api/search?sort=date&suggest=1"))["suggestions"] == []


def test_an_answer_is_compact_and_kept_by_nobody_else(client: TestClient) -> None:
    response = client.get("/api/search?q=donn%C3%A9es")
    assert response.headers["cache-control"] == "private, no-cache"
    assert '": ' not in response.text.split('"text":')[0]
    assert "données" in response.text


# Bookmarks


def test_a_bookmark_is_whole(client: TestClient) -> None:
    for bookmark in BOOKMARKS:
        answer = ok(client.get(f"/api/bookmarks/{bookmark.id}"))
        schemas.FullBookmarkAnswer.model_validate(answer)
        assert answer["title"] == bookmark.title
        assert [item["text"] for item in answer["annotations"]] == [
            item.text for item in bookmark.annotations
        ]
    assert ok(client.get("/api/bookmarks/b01"))["created_at"] == "2015-03-01T08:30:00Z"
    assert ok(client.get("/api/bookmarks/b04"))["created_at"] is None
    assert ok(client.get("/api/bookmarks/b01"))["annotations"][2]["note"] == "à relire"


@pytest.mark.parametrize("identifier", ["b13", "B01", "%20", "..%00", "%ed%a0%80", "a" * 500])
@pytest.mark.parametrize("rest", ["", "/similar"])
def test_a_bookmark_that_is_none(client: TestClient, identifier: str, rest: str) -> None:
    refused(client.get(f"/api/bookmarks/{identifier}{rest}"), 404, "not-found")


def test_an_id_that_is_too_long_is_refused(client: TestClient) -> None:
    problem = refused(client.get(f"/api/bookmarks/{'a' * 501}"), 400, "bad-request")
    assert problem["parameter"] == "bookmark_id"


def test_similar_leaves_itself_out(client: TestClient) -> None:
    answer = ok(client.get("/api/bookmarks/b07/similar"))
    schemas.SimilarAnswer.model_validate(answer)
    assert answer["id"] == "b07"
    assert len(answer["results"]) == 10
    assert ids(answer)[0] == "b08"
    assert "b07" not in ids(answer)
    assert [hit["rank"] for hit in answer["results"]] == list(range(1, 11))
    assert len(ok(client.get("/api/bookmarks/b07/similar?limit=100"))["results"]) == 11


@pytest.mark.parametrize(
    ("query", "name"), [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("n=3", "n")]
)
def test_a_limit_of_similar_that_is_none(client: TestClient, query: str, name: str) -> None:
    problem = refused(client.get(f"/api/bookmarks/b07/similar?{query}"), 400, "bad-request")
    assert problem["parameter"] == name


# Suggest


def test_suggestions_lead_somewhere(client: TestClient) -> None:
    answer = ok(client.get("/api/suggest?q=trav"))
    schemas.SuggestAnswer.model_validate(answer)
    assert answer == {
        "query": "trav",
        "suggestions": [
            {"kind": "tag", "text": "travail", "url": "/tags/travail"},
            {
                "kind": "title",
                "text": "Le travail invisible des plateformes",
                "url": "/?q=Le+travail+invisible+des+plateformes",
            },
        ],
    }
    (one,) = ok(client.get("/api/suggest", params={"q": "Ana G"}))["suggestions"]
    assert one == {"kind": "contributor", "text": "Ana García", "url": "/contributors/Ana%20Garc%C3%ADa"}
    assert client.get(one["url"], headers={"accept": "text/html"}).status_code == 200


def test_suggestions_are_limited(client: TestClient) -> None:
    assert len(ok(client.get("/api/suggest?q=t&limit=1"))["suggestions"]) == 1
    assert ok(client.get("/api/suggest")) == {"query": "", "suggestions": []}
    assert ok(client.get("/api/suggest?q=%20")) == {"query": "", "suggestions": []}
    for query, name in (
        ("limit=0", "limit"),
        ("limit=21", "limit"),
        (f"q={'a' * 1001}", "q"),
        ("text=a", "text"),
    ):
        assert refused(client.get(f"/api/suggest?{query}"), 400, "bad-request")["parameter"] == name


# The service


def test_the_status_counts_the_library(client: TestClient) -> None:
    answer = ok(client.get("/api/status"))
    schemas.StatusAnswer.model_validate(answer)
    assert set(answer) == {
        *("bookmarks", "annotations", "descriptions", "passages", "contributors", "generation"),
        *("encoder", "bytes", "seq"),
    }
    assert (answer["bookmarks"], answer["contributors"], answer["generation"]) == (12, 4, "000001")


def test_it_is_alive_and_ready(client: TestClient) -> None:
    assert ok(client.get("/healthz")) == {"status": "ok"}
    assert ok(client.get("/readyz")) == {"status": "ok", "generation": "000001"}
    assert client.get("/healthz").headers["cache-control"] == "no-store"
    for path in ("/healthz", "/readyz"):
        schemas.HealthAnswer.model_validate(client.get(path).json())


# Documentation


def test_every_route_is_documented_with_an_example(client: TestClient) -> None:
    schema = ok(client.get("/openapi.json"))
    assert set(schema["paths"]) == {
        "/api/search",
        "/api/suggest",
        "/api/bookmarks/{bookmark_id}",
        "/api/bookmarks/{bookmark_id}/similar",
        "/api/bookmarks",
        "/api/bookmarks/{bookmark_id}/annotations",
        "/api/changes/{seq}",
        "/api/generation",
        "/api/generation/segments/{name}",
        "/api/generation/parts/{name}",
        "/api/status",
        "/api/instantsearch",
        "/healthz",
        "/readyz",
        "/metrics",
        *("/api/answer", "/api/open-webui", "/retrieval"),
    }
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert {"200", "202"} & set(operation["responses"])
            assert "422" not in operation["responses"]
            for status in {"400", "404", "503", "default"} & set(operation["responses"]):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
    names = {item["name"] for item in schema["paths"]["/api/search"]["get"]["parameters"]}
    assert names == {
        *("q", "mode", "sort", "kind", "tag", "contributor", "site", "language", "after", "before"),
        *("fields", "page", "per_page", "view", "explain", "suggest"),
        *("min_seq", "all", "as_typed"),
    }
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    assert schema["components"]["schemas"]["BookmarkAnswer"]["properties"]["title"]["examples"]


def test_the_documentation_is_a_page(client: TestClient) -> None:
    response = client.get("/docs", headers={"accept": "text/html"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    for word in ("/api/search", "per_page", "/problems/bad-request", "openapi.json"):
        assert word in response.text
