from __future__ import annotations

import json
from typing import Any

import pytest

from glane_indexer.errors import QueryError
from glane_service.http.algolia import read, requests_of
from glane_service.search.query import Filters, Query


def test_a_request_in_each_of_the_forms_that_clients_send() -> None:
    inner = {"query": "droit", "page": 2, "hitsPerPage": 5, "facets": ["tags"]}
    as_text = "query=droit&page=2&hitsPerPage=5&facets=%5B%22tags%22%5D"
    for item in (
        {"indexName": "glane", "params": inner},
        {"indexName": "glane", "params": as_text},
        {"indexName": "glane", **inner},
    ):
        asked = read(item)
        assert asked.query == Query("droit", page=3, per_page=5, view="full")
        assert asked.facets == ("tags",)


def test_single_values_become_filters_and_several_stay_a_choice() -> None:
    params = {
        "facetFilters": [
            ["tags:travail", "tags:droit"],
            ["tags:IA"],
            "contributor:Camille Roy",
            ["year:2015"],
            ["kind:topic"],
        ],
        "filters": 'site:example.org AND language:"fr"',
    }
    asked = read({"indexName": "glane", "params": params})
    assert asked.query.filters == Filters(
        kind="topic",
        tags=("IA",),
        contributor="Camille Roy",
        site="example.org",
        language="fr",
        any_of=((("tag", "travail"), ("tag", "droit")), (("year", "2015"),)),
    )


def test_two_contributors_at_once_are_not_one() -> None:
    asked = read({"params": {"facetFilters": ["contributor:A", "contributor:B"]}})
    assert asked.query.filters == Filters(contributor="A", any_of=((("contributor", "B"),),))


def test_a_dash_in_front_leaves_out() -> None:
    asked = read({"params": {"facetFilters": ["tags:-droit", "year:-2015"]}})
    assert asked.query.filters == Filters(excluded=(("tag", "droit"), ("year", "2015")))


def test_a_value_may_have_a_colon_or_begin_with_an_escaped_dash() -> None:
    asked = read({"params": {"facetFilters": ["tags:a:b", r"tags:\-c"]}})
    assert asked.query.filters.tags == ("a:b", "-c")


def test_an_index_by_date() -> None:
    assert read({"indexName": "glane_date"}).query.sort == "date"
    assert read({"indexName": "glane"}).query.sort == "relevance"


def test_all_facets() -> None:
    assert len(read({"params": {"facets": ["*"]}}).facets) == 6
    assert read({"params": {"facets": "tags"}}).facets == ("tags",)


@pytest.mark.parametrize(
    ("params", "where"),
    [
        ({"page": -1}, "page"),
        ({"page": "x"}, "page"),
        ({"hitsPerPage": 1e300}, "hitsPerPage"),
        ({"query": "a" * 1001}, "q"),
        ({"facetFilters": ["views:3"]}, "facetFilters"),
        ({"facetFilters": [["tags:-droit", "tags:emploi"]]}, "facetFilters"),
        ({"facetFilters": [[f"tags:{number}" for number in range(101)]]}, "facetFilters"),
        ({"facetFilters": ["tags:" + "a" * 301]}, "facetFilters"),
        ({"highlightPreTag": "<" * 101}, "highlightPreTag"),
        ({"highlightPostTag": "<" * 101}, "highlightPostTag"),
        ({"facetFilters": 3}, "facetFilters"),
        ({"filters": "views > 3"}, "filters"),
        ({"filters": "tags:a OR tags:b"}, "filters"),
        ({"numericFilters": ["views>3"]}, "numericFilters"),
        ([], "params"),
    ],
)
def test_what_glane_does_not_have_is_refused_by_name(params: Any, where: str) -> None:
    with pytest.raises(QueryError) as caught:
        read({"indexName": "glane", "params": params})
    assert caught.value.where == where


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"{}", b'{"requests": 1}', b'{"requests": [1]}', b"\xff", b"[" * 9999]
)
def test_a_body_that_is_no_batch(body: bytes) -> None:
    with pytest.raises(QueryError):
        requests_of(body)


def test_a_batch_has_an_end() -> None:
    with pytest.raises(QueryError, match="21 is more than 20"):
        requests_of(json.dumps({"requests": [{}] * 21}).encode())
