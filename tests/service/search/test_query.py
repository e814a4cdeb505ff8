"""What a question's text means, and which parameters are acceptable."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.errors import QueryError
from glane_service.search.query import Filters, Query, merged, parse, parse_day


def test_operators_are_taken_out_of_the_text() -> None:
    parsed = parse(
        'protection "sociale des données" -uber tag:travail by:"Anne Dupont" before:2016 after:2010-05'
    )
    assert parsed.text == "protection sociale des données"
    assert parsed.words == ("protection", "sociale", "données")
    assert parsed.phrases == (("sociale", "des", "données"),)
    assert parsed.excluded == (("uber",),)
    assert parsed.filters == Filters(
        tags=("travail",), contributor="Anne Dupont", after=date(2010, 5, 1), before=date(2016, 12, 31)
    )
    assert parsed.notices == ()


def test_a_hyphen_within_a_word_excludes_nothing() -> None:
    parsed = parse("peut-on être auto-entrepreneur ?")
    assert parsed.excluded == ()
    assert parsed.words == ("auto", "entrepreneur", "peuton", "autoentrepreneur")


def test_a_phrase_can_be_excluded() -> None:
    assert parse('emploi -"lean management"').excluded == (("lean", "management"),)


def test_stop_words_count_only_where_there_is_nothing_else() -> None:
    assert parse("les métiers de la ville").words == ("métiers", "ville")
    assert parse("qui est ce").words == ("qui", "est", "ce")


def test_unbalanced_quotes_are_plain_words_and_said() -> None:
    parsed = parse('le "travail gratuit')
    assert parsed.words == ("travail", "gratuit")
    assert parsed.phrases == ()
    assert [notice.code for notice in parsed.notices] == ["unbalanced-quotes"]
    assert "4" in parsed.notices[0].message


def test_a_bad_date_is_plain_words_and_said() -> None:
    parsed = parse("before:hier les métiers")
    assert parsed.words == ("hier", "métiers")
    assert [notice.code for notice in parsed.notices] == ["bad-filter"]


def test_sites_are_compared_without_www() -> None:
    assert parse("site:www.Example.org").filters.site == "example.org"


@given(st.text(max_size=300))
def test_any_text_parses(text: str) -> None:
    parsed = parse(text)
    assert all(parsed.words)


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
