from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_service.http.links import Links
from glane_service.http.parameters import from_address
from glane_service.search.query import FIELDS, Filters, Query
from glane_service.search.suggestions import Suggestion

_names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20).map(str.strip)
_queries = st.builds(
    Query,
    text=_names,
    mode=st.sampled_from(["hybrid", "keyword", "vector"]),
    sort=st.sampled_from(["relevance", "date"]),
    view=st.sampled_from(["simple", "middle", "full"]),
    page=st.integers(1, 1000),
    per_page=st.integers(1, 100),
    explain=st.booleans(),
    fields=st.sampled_from([FIELDS, ("title",), ("tags", "url")]),
    filters=st.builds(
        Filters,
        kind=st.sampled_from([None, "bookmark", "topic"]),
        tags=st.lists(_names.filter(bool), max_size=3, unique=True).map(tuple),
        contributor=_names,
        site=_names,
        language=st.sampled_from(["", "fr"]),
        after=st.none() | st.dates(date(1000, 1, 1)),
        before=st.none() | st.dates(date(1000, 1, 1)),
    ),
)


@given(_queries)
def test_an_address_says_the_query_it_was_made_of(query: Query) -> None:
    address = Links().search(query)
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    assert from_address(pairs).query() == query


def test_the_default_is_the_bare_address() -> None:
    assert Links().search(Query("")) == "/"
    assert Links(language="en").search(Query("")) == "/en"
    assert Links(base="/glane", language="fr").search(Query("a b")) == "/glane/fr?q=a+b"


def test_a_tags_page_keeps_its_readers() -> None:
    links = Links(scope=("tag", "a/b"))
    query = Query("", filters=Filters(tags=("a/b", "c")), page=2)
    assert links.search(query) == "/tags/a%2Fb?tag=c&page=2"
    # Without its tag, it is no longer that page.
    assert links.search(replace(query, filters=Filters(tags=("c",)), page=1)) == "/?tag=c"
    assert links.form_action() == "/tags/a%2Fb"
    assert links.kept(query) == [("tag", "c")]


def test_a_contributors_page_keeps_its_readers() -> None:
    links = Links(scope=("contributor", "Zoé"), language="fr")
    query = Query("droit", sort="date", filters=Filters(contributor="Zoé"))
    assert links.search(query) == "/fr/contributors/Zo%C3%A9?q=droit&sort=date"
    assert links.kept(query) == [("sort", "date")]


@pytest.mark.parametrize("name", ["a/b", "50 %", "été", "?", "#", "<b>", "..a", "a b", "\U0001f600"])
def test_any_name_is_one_segment_of_a_path(name: str) -> None:
    path = Links().tag(name)
    assert path.startswith("/tags/")
    assert "/" not in path.removeprefix("/tags/")
    assert unquote(path).removeprefix("/tags/") == name
    assert urlsplit(path).path == path


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_of_dots_would_be_a_step_and_goes_in_the_query(name: str) -> None:
    assert Links().tag(name) == f"/?tag={name}"


def test_a_suggestion_leads_to_what_it_names() -> None:
    links = Links(base="https://glane.example")
    assert links.suggestion(Suggestion("tag", "IA")) == "https://glane.example/tags/IA"
    expected = "https://glane.example/contributors/Camille%20Roy"
    assert links.suggestion(Suggestion("contributor", "Camille Roy")) == expected
    assert links.suggestion(Suggestion("title", "Un titre")) == "https://glane.example/?q=Un+titre"


def test_a_pages_own_links_have_no_host() -> None:
    assert Links(base="https://glane.example/lecture").local().base == "/lecture"
    assert Links(base="https://glane.example").local().home() == "/"


def test_a_feed_follows_the_search_and_not_its_page() -> None:
    query = Query("droit", mode="keyword", sort="date", page=4, per_page=5, view="full")
    assert Links().feed(query) == "/search.atom?q=droit&mode=keyword"
