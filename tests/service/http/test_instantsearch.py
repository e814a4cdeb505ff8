"""InstantSearch's batches on twelve bookmarks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request

from glane_service.access import PUBLIC
from glane_service.http import instantsearch
from glane_service.http.admission import ClientGoneError
from glane_service.http.backend import Backend
from glane_service.http.receiving import LARGEST_AT
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Query
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.results import Results
from tests.support.little import BY_DATE


def ask(client: TestClient, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post("/api/instantsearch", json={"requests": list(requests)})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    assert len(results) == len(requests)
    return results


def one(client: TestClient, index: str = "glane", **params: Any) -> dict[str, Any]:
    return ask(client, {"indexName": index, "params": params})[0]


def ids(result: dict[str, Any]) -> list[str]:
    return [hit["objectID"] for hit in result["hits"]]


def test_several_queries_are_answered_in_their_order(client: TestClient) -> None:
    results = ask(
        client,
        {"indexName": "glane", "params": {"query": "pain au levain", "hitsPerPage": 1}},
        {"indexName": "glane_date", "params": {"query": "", "hitsPerPage": 3}},
        {"indexName": "glane", "params": "query=tomates&hitsPerPage=1"},
        {"indexName": "glane", "query": "abeilles", "hitsPerPage": 1},
    )
    assert [ids(result) for result in results] == [["b05"], list(BY_DATE[:3]), ["b06"], ["b10"]]
    assert [result["index"] for result in results] == ["glane", "glane_date", "glane", "glane"]
    assert [result["query"] for result in results] == ["pain au levain", "", "tomates", "abeilles"]


def test_a_result_has_what_the_widgets_read(client: TestClient, engine: SearchEngine) -> None:
    result = one(client, query="protection sociale", page=1, hitsPerPage=5, facets=["tags", "year"])
    assert (result["nbHits"], result["nbPages"], result["page"], result["hitsPerPage"]) == (12, 3, 1, 5)
    expected = engine.search(Query("protection sociale", page=2, per_page=5))
    assert ids(result) == [hit.bookmark.id for hit in expected.hits]
    assert result["facets"]["tags"] == {item.value: item.count for item in expected.facets["tags"]}
    assert result["facets"]["year"]["2016"] == 3
    assert set(result["facets"]) == {"tags", "year"}
    assert result["processingTimeMS"] >= 1
    assert result["exhaustiveNbHits"] is True


def test_a_hit_is_flat_and_marked(client: TestClient) -> None:
    (hit,) = one(client, query="protection sociale données", hitsPerPage=1)["hits"]
    assert hit["objectID"] == "b01"
    assert hit["url"] == "https://revue.example.org/protection-sociale"
    assert (hit["year"], hit["created_at"], hit["annotations_total"]) == ("2015", 1425198600, 5)
    assert hit["passage_kind"] == "annotation"
    marked = hit["_highlightResult"]["title"]
    assert marked["value"] == (
        "Vers une <em>protection</em> <em>sociale</em> des <em>données</em> personnelles"
    )
    assert (marked["matchLevel"], marked["matchedWords"]) == ("full", ["protection", "sociale", "données"])
    assert hit["_highlightResult"]["contributor"]["matchLevel"] == "none"
    assert hit["_snippetResult"]["passage"]["value"] == hit["_highlightResult"]["passage"]["value"]


def test_an_undated_hit_has_no_year(client: TestClient) -> None:
    (hit,) = one(client, query="", facetFilters=[["kind:topic"]])["hits"]
    assert (hit["objectID"], hit["year"], hit["created_at"], hit["url"]) == ("b04", "", None, "")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([["tags:travail"]], {"b02", "b03", "b11"}),
        ([["tags:travail", "tags:vélo"]], {"b02", "b03", "b07", "b08", "b11"}),
        ([["tags:travail", "tags:vélo"], ["language:fr"]], {"b02", "b08", "b11"}),
        ([["year:2016", "year:2015"]], {"b01", "b02", "b05", "b11"}),
        ([["year:2016"]], {"b02", "b05", "b11"}),
        (["contributor:Ana García"], {"b07", "b11"}),
        (
            [["contributor:Ana García", "contributor:Luc Martin"], ["language:en", "language:es"]],
            {"b06", "b07", "b10"},
        ),
        ([["tags:none", "tags:nothing"]], set()),
        # A digit that is no number, a year that no calendar has, a year twice.
        ([["year:²"]], set()),
        ([["year:0", "year:99999"]], set()),
        (["year:2016", "year:2015"], set()),
        (["tags:-travail", "language:fr"], {"b01", "b04", "b05", "b08", "b09", "b12"}),
        (["year:-2016", "contributor:Anne Dupont"], {"b04", "b09"}),
    ],
)
def test_filters_are_alternatives_within_a_group(
    client: TestClient, filters: list[Any], expected: set[str]
) -> None:
    result = one(client, query="", facetFilters=filters, facets=["*"], hitsPerPage=50)
    assert set(ids(result)) == expected
    assert result["nbHits"] == len(expected)
    assert sum(result["facets"].get("kind", {}).values()) == len(expected)
    # Page by page the same.
    paged = [
        name
        for page in range(len(expected))
        for name in ids(one(client, query="", facetFilters=filters, hitsPerPage=1, page=page))
    ]
    assert paged == ids(result)


class Counting:
    """An engine that counts what is asked of it."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self.asked: list[Query] = []

    def search(self, query: Query) -> Results:
        self.asked.append(query)
        return self._engine.search(query)


def test_each_request_is_one_search_however_it_filters(
    client: TestClient, engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(engine)
    monkeypatch.setattr(Backend, "engine_for", lambda backend, viewer, min_seq=0: counting)
    choice = [["tags:travail", "tags:vélo"]]
    ask(
        client,
        {"params": {"query": "travail", "facetFilters": choice}},
        {"params": {"query": "travail", "facetFilters": choice, "page": 50}},
        {"facet": "tags", "params": {"facetQuery": "tra", "facetFilters": choice}},
    )
    assert len(counting.asked) == 3


def test_alternatives_add_up_however_small_the_pool_is(engine: SearchEngine) -> None:
    # However few the legs fetch at first, all that lies above the line is found, filtered or not.
    small = SearchEngine(
        engine.view, engine.encoder, Parameters(keyword_depth=2, vector_depth=2, passage_depth=2, line=0)
    )
    assert small.search(Query("travail")).total == engine.view.count

    def ids_of(*choices: tuple[str, str]) -> set[str]:
        results = small.search(Query("travail", filters=Filters(any_of=(choices,)), per_page=50))
        assert results.total == len(results.hits)
        return {hit.bookmark.language for hit in results.hits}

    assert ids_of(("language", "es")) == {"es"}
    assert ids_of(("language", "es"), ("tag", "jardin")) == {"es", "en"}


def test_a_batch_is_given_up_when_its_client_has_gone(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    body = json.dumps({"requests": [{"params": {"query": "travail"}}]}).encode()
    with pytest.raises(ClientGoneError):
        instantsearch._answer(
            Request({"type": "http", "app": app, "glane.viewer": PUBLIC}), body, lambda: True
        )


def test_what_an_answer_may_hold_has_an_end(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    every = {"indexName": "glane", "params": {"query": "travail", "hitsPerPage": 100}}
    refused = client.post("/api/instantsearch", json={"requests": [every] * 11})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "hitsPerPage")
    monkeypatch.setattr(instantsearch, "MAX_ANSWER", 5000)
    refused = client.post("/api/instantsearch", json={"requests": [every]})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "hitsPerPage")
    assert "5000 bytes" in refused.json()["detail"]


def test_a_page_past_the_end_is_empty(client: TestClient) -> None:
    for filters in ([], [["tags:travail", "tags:vélo"]]):
        result = one(client, query="travail", page=50, facetFilters=filters)
        assert result["hits"] == []
        assert result["page"] == 50
        assert result["nbHits"] > 0


def test_the_values_of_a_facet_can_be_searched(client: TestClient) -> None:
    def values(text: str, **params: Any) -> list[tuple[str, int]]:
        asked = {
            "indexName": "glane",
            "type": "facet",
            "facet": "tags",
            "params": {"facetQuery": text, **params},
        }
        return [(item["value"], item["count"]) for item in ask(client, asked)[0]["facetHits"]]

    assert values("tra") == [("travail", 3)]
    assert values("")[:2] == [("travail", 3), ("droit", 2)]
    assert values("xyzzy") == []
    assert len(values("", maxFacetHits=2)) == 2
    hit = ask(client, {"facet": "contributor", "params": {"facetQuery": "gar"}})[0]["facetHits"]
    assert hit == [{"value": "Ana García", "highlighted": "Ana <em>Gar</em>cía", "count": 2}]


def test_tags_that_stand_for_marks_leave_the_text_alone(client: TestClient) -> None:
    tags = {"highlightPreTag": "__ais-highlight__", "highlightPostTag": "__/ais-highlight__"}
    (hit,) = one(client, query="œuvre", hitsPerPage=1, **tags)["hits"]
    assert "__ais-highlight__œuvre__/ais-highlight__" in hit["_highlightResult"]["passage"]["value"]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[" * 100_000, "body"),
        (b"\xff", "body"),
        (b"[]", "requests"),
        (b'{"requests": {}}', "requests"),
        (b'{"requests": [1]}', "requests"),
        (b'{"requests": [{"params": []}]}', "params"),
        (b'{"requests": [{"params": {"page": -1}}]}', "page"),
        (b'{"requests": [{"params": {"hitsPerPage": "x"}}]}', "hitsPerPage"),
        (b'{"requests": [{"params": {"facetFilters": ["views:3"]}}]}', "facetFilters"),
        (b'{"requests": [{"params": {"filters": "tags:"}}]}', "filters"),
        (b'{"requests": [{"params": {"filters": "NOT x"}}]}', "filters"),
        (b'{"requests": [{"params": {"numericFilters": ["views>3"]}}]}', "numericFilters"),
        (b'{"requests": [{"params": {"restrictSearchableAttributes": ["body"]}}]}', "fields"),
        (json.dumps({"requests": [{"params": {"query": "a" * 1001}}]}).encode(), "q"),
        (json.dumps({"requests": [{}] * 21}).encode(), "requests"),
    ],
)
def test_a_batch_that_is_none_is_refused(client: TestClient, body: bytes, parameter: str) -> None:
    response = client.post("/api/instantsearch", content=body)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/bad-request"
    assert response.json()["parameter"] == parameter


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    response = client.post("/api/instantsearch", content=b" " * (LARGEST_AT["/api/instantsearch"] + 1))
    assert response.status_code == 413
    assert response.json()["type"] == "/problems/too-large"


def test_an_empty_batch_has_no_results(client: TestClient) -> None:
    assert ask(client) == []
