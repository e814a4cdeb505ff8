"""What a facet counts is what a click on it finds, in every mode, however many bookmarks answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from glane_indexer.importers import jsonl
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Annotation, Bookmark
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Mode, Query
from tests.support.hashed import HashedEncoder

COUNT = 900
WORDS = ["haie", "mur", "pont", "rive", "forge", "moulin", "verger", "source", "grange", "sentier"]
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector")


def bookmarks() -> Iterator[Bookmark]:
    """More than both legs fetch, with names that are written in two ways and sites below others."""
    for place in range(COUNT):
        word, other = WORDS[place % 10], WORDS[place // 10 % 10]
        yield Bookmark(
            id=f"b{place:04}",
            title=f"{word} {other} {place}",
            url=f"https://{('', 'pages.', 'pages.old.')[place % 3]}site{place % 4}.example/{place}",
            tags=(("Été", "été", "ete", "hiver")[place % 4], f"tag{place % 7}"),
            contributor=("Anne Dupont", "anne dupont", "Luc")[place % 3],
            created_at=datetime(2010 + place % 8, 1 + place % 12, 1, tzinfo=UTC) if place % 9 else None,
            language=("fr", "en")[place % 2],
            annotations=(Annotation(f"{word} près du {other}", id=f"a{place}"),),
        )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    library = tmp_path_factory.mktemp("facets") / "library"
    encoder = HashedEncoder()
    lines = "".join(jsonl.dump(bookmark) + "\n" for bookmark in bookmarks()).encode()
    import_bytes(lines, library, format="jsonl", name="large")
    build_generation(library, encoder)
    return SearchEngine(Generation.open(library).view("public"), encoder)


def clicked(query: Query, facet: str, value: str) -> Query:
    """The query after a click, as the page and InstantSearch make it."""
    filters = query.filters
    if facet == "tags":
        return replace(query, filters=replace(filters, tags=(*filters.tags, value)))
    if facet == "years":
        year = int(value)
        return replace(query, filters=replace(filters, after=date(year, 1, 1), before=date(year, 12, 31)))
    name = {"contributors": "contributor", "sites": "site", "languages": "language", "kinds": "kind"}[facet]
    return replace(query, filters=replace(filters, **{name: value}))


def counts(engine: SearchEngine, query: Query, facet: str) -> list[tuple[str, int]]:
    return [(item.value, item.count) for item in engine.search(query).facets[facet]]


def unequal(engine: SearchEngine, query: Query) -> dict[tuple[str, str], tuple[int, int]]:
    """Every value whose count is not what a click on it finds, with both numbers."""
    found = {}
    for facet in engine.search(query).facets:
        for value, count in counts(engine, query, facet):
            total = engine.search(clicked(query, facet, value)).total
            if total != count:
                found[facet, value] = count, total
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["haie", "moulin près du pont", "aucun de ces mots-ci"])
def test_more_answers_than_the_legs_fetch(large: SearchEngine, mode: Mode, text: str) -> None:
    query = Query(text, mode=mode)
    assert unequal(large, query) == {}
    assert unequal(large, replace(query, filters=Filters(tags=("été",), site="site1.example"))) == {}


def test_spellings_of_one_name_are_one_value(large: SearchEngine) -> None:
    query = Query("", sort="date")
    # Two thirds are by one contributor and three quarters have one tag; the first of the most frequent.
    assert counts(large, query, "contributors") == [("Anne Dupont", 600), ("Luc", 300)]
    assert dict(counts(large, query, "tags"))["ete"] == 675
    # A third of the bookmarks each at the site itself, below it, and below that.
    sites = dict(counts(large, query, "sites"))
    assert (sites["site1.example"], sites["pages.old.site1.example"]) == (225, 75)


def test_one_of_two_values_is_the_sum_of_both(large: SearchEngine) -> None:
    query = Query("haie près du pont", filters=Filters(any_of=((("tag", "tag1"), ("tag", "tag2")),)))
    both = large.search(replace(query, per_page=100))
    one, two = (
        large.search(Query(query.text, filters=Filters(tags=(tag,)))).total for tag in ("tag1", "tag2")
    )
    assert both.total == one + two == 129 + 129
    assert all({"tag1", "tag2"} & set(hit.bookmark.tags) for hit in both.hits)


@pytest.mark.parametrize("mode", MODES)
def test_where_the_encoder_says_how_sure_it_is(sample_live: LiveEngine, mode: Mode) -> None:
    # So few candidates that most questions have more answers than one leg fetches.
    few = replace(sample_live.engine.parameters, keyword_depth=12, vector_depth=12)
    engine = SearchEngine(sample_live.engine.view, sample_live.engine.encoder, few)
    for text in ("plateformes", "protection sociale des données"):
        assert unequal(engine, Query(text, mode=mode)) == {}, text
