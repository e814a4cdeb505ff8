from __future__ import annotations

from datetime import date

import pytest

from glane_indexer.errors import QueryError
from glane_service.http.parameters import from_address, nearest
from glane_service.search.query import FIELDS, Filters, Query


def test_an_address_without_parameters_is_the_default_query() -> None:
    assert from_address([]).query() == Query("")


def test_every_parameter_has_its_place_in_the_query() -> None:
    pairs = [
        ("q", "  le travail "),
        ("mode", "keyword"),
        ("sort", "date"),
        ("kind", "topic"),
        ("tag", "travail"),
        ("tag", "droit"),
        ("contributor", "Camille Roy"),
        ("site", "example.org"),
        ("language", "fr"),
        ("after", "2015"),
        ("before", "2016-02"),
        ("fields", "title,tags"),
        ("page", "3"),
        ("per_page", "5"),
        ("view", "full"),
        ("explain", "1"),
    ]
    assert from_address(pairs).query() == Query(
        "le travail",
        mode="keyword",
        sort="date",
        filters=Filters(
            kind="topic",
            tags=("travail", "droit"),
            contributor="Camille Roy",
            site="example.org",
            language="fr",
            after=date(2015, 1, 1),
            before=date(2016, 2, 29),
        ),
        fields=("title", "tags"),
        page=3,
        per_page=5,
        view="full",
        explain=True,
    )


def test_an_empty_value_is_an_absent_one() -> None:
    pairs = [("q", ""), ("mode", ""), ("tag", ""), ("after", ""), ("page", ""), ("fields", "")]
    query = from_address(pairs).query()
    assert query == Query("")
    assert query.fields == FIELDS


def test_a_page_ignores_what_is_not_a_searchs() -> None:
    assert from_address([("utm_source", "x"), ("q", "droit")]).query() == Query("droit")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "best"),
        ("sort", "views"),
        ("kind", "page"),
        ("page", "0"),
        ("page", "deux"),
        ("per_page", "0"),
        ("per_page", "101"),
        ("after", "hier"),
        ("before", "2015-13"),
        ("after", "1420070400"),
        ("fields", "body"),
        ("q", "a" * 1001),
        ("tag", "a" * 301),
        ("site", "a" * 301),
        ("explain", "peut-être"),
    ],
)
def test_a_value_that_is_not_one_names_its_parameter(name: str, value: str) -> None:
    with pytest.raises(QueryError) as caught:
        from_address([(name, value)]).query()
    assert caught.value.where == name
    assert len(str(caught.value)) < 200


def test_a_thousand_characters_are_a_question() -> None:
    assert from_address([("q", "é" * 1000)]).query().text == "é" * 1000


def test_the_hint_names_the_likely_parameter_first() -> None:
    assert nearest("perpage", ["q", "per_page"]).startswith("Did you mean per_page?")
    assert nearest("zzz", ["q", "per_page"]) == "The parameters are q, per_page"
