"""Which parameters are acceptable, and how filters from two places become one set."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from glane_indexer.errors import QueryError
from glane_service.search.query import Filters, Query, merged, parse_day


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        ("2016", "after", date(2016, 1, 1)),
        ("2016", "before", date(2016, 12, 31)),
        ("2016-02", "before", date(2016, 2, 29)),
        ("2016-2-3", "after", date(2016, 2, 3)),
    ],
)
def test_days_months_and_years_are_bounds(text: str, name: str, day: date) -> None:
    assert parse_day(text, name) == day


@pytest.mark.parametrize("text", ["", "hier", "2016-13", "2016-02-30", "0000", "20160203"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is not a date"):
        parse_day(text, "after")


def test_typed_filters_win_over_parameters_and_tags_add_up() -> None:
    asked = Filters(kind="topic", tags=("a",), contributor="X", before=date(2020, 1, 1))
    typed = Filters(tags=("b", "a"), contributor="Y")
    assert merged(asked, typed) == Filters(
        kind="topic", tags=("a", "b"), contributor="Y", before=date(2020, 1, 1)
    )


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"mode": "fuzzy"}, "mode"),
        ({"sort": "views"}, "sort"),
        ({"view": "large"}, "view"),
        ({"text": "x" * 1001}, "q"),
        ({"per_page": 0}, "per_page"),
        ({"per_page": 101}, "per_page"),
        ({"page": 0}, "page"),
        ({"fields": ()}, "fields"),
        ({"fields": ("title", "body")}, "fields"),
    ],
)
def test_parameters_out_of_range_are_named(change: dict[str, object], where: str) -> None:
    with pytest.raises(QueryError) as caught:
        replace(Query("travail"), **change).validated()
    assert caught.value.where == where
