from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.models import Annotation, Bookmark
from glane_service.http.links import Links
from glane_service.pages import controls, views
from glane_service.pages.messages import translator
from glane_service.pages.views import Piece, pieces
from glane_service.search.query import Filters, Query
from glane_service.search.results import (
    FacetValue,
    Hit,
    KeywordWhy,
    MatchedPassage,
    Results,
    VectorWhy,
    Why,
)

LINKS = Links()
T = translator("en")
ASKED = Why(vector=VectorWhy(1, 0.9))


def results(*hits: Hit, total: int = 1, page: int = 1, per_page: int = 20, **facets: int) -> Results:
    counted = {name: (FacetValue("x", count),) for name, count in facets.items()}
    return Results({}, "hybrid", "000001", total, page, per_page, 1.0, hits, counted)


def a_hit(annotations: int, shown: int = 0, **changes: object) -> Hit:
    made = tuple(Annotation(f"Text {i}", author="Ann", id=f"a{i}") for i in range(annotations))
    bookmark = Bookmark(title="Title", url="https://example.org/a", annotations=made, id="b1")
    passage = MatchedPassage("annotation", "Text 0", "a0", ((0, 4),))
    hit = Hit(1, 0.5, bookmark, passage, ASKED, made[:shown])
    return replace(hit, **changes)  # type: ignore[arg-type]


def test_pieces_of_a_text() -> None:
    assert pieces("un métier rare", [(3, 9)]) == (
        Piece("un "),
        Piece("métier", True),
        Piece(" rare"),
    )
    # Code points, not units of UTF-16.
    assert pieces("\U0001f600 oui", [(2, 5)]) == (Piece("\U0001f600 "), Piece("oui", True))


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40))))
def test_pieces_lose_nothing_whatever_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    assert "".join(piece.text for piece in pieces(text, spans)) == text


def test_only_an_address_of_the_web_is_a_link() -> None:
    for url in ("javascript:alert(1)", "data:text/html,x", "", "ftp://example.org/", "//example.org"):
        hit = a_hit(1)
        hit = replace(hit, bookmark=replace(hit.bookmark, url=url))
        assert views.row(hit, LINKS, T, "en").href == ""


def test_simple_folds_all_other_annotations() -> None:
    (row,) = views.rows(results(a_hit(46)), LINKS, T, "en")
    assert (row.more, len(row.shown), len(row.folded), row.elsewhere) == (45, 0, 45, 0)
    assert all(item.id != "a0" for item in row.folded)


def test_middle_shows_a_few_and_full_shows_all() -> None:
    (middle,) = views.rows(results(a_hit(46, 3)), LINKS, T, "en")
    # Three are shown by the view; one of them is the passage itself, which stands above.
    assert (len(middle.shown), middle.more, len(middle.folded)) == (2, 43, 43)
    (full,) = views.rows(results(a_hit(46, 46)), LINKS, T, "en")
    assert (len(full.shown), full.more, full.elsewhere) == (45, 0, 0)


def test_a_page_holds_so_many_annotations_and_links_to_the_rest() -> None:
    rows = views.rows(results(a_hit(250), a_hit(250)), LINKS, T, "en")
    assert [len(row.folded) for row in rows] == [80, 0]
    assert [row.elsewhere for row in rows] == [169, 249]
    assert [row.more for row in rows] == [249, 249]


def test_a_bookmark_without_a_title_still_has_a_name() -> None:
    hit = a_hit(0)
    untitled = replace(hit, bookmark=replace(hit.bookmark, title="  "))
    assert views.row(untitled, LINKS, T, "en").name == "example.org"
    nameless = replace(hit, bookmark=replace(hit.bookmark, title="", url=""))
    assert views.row(nameless, LINKS, T, "en").name == "Untitled"


def test_why_is_one_phrase_and_ranks_for_who_asks() -> None:
    both = Why(KeywordWhy(3, 12.1, ("social", "data")), VectorWhy(1, 0.89))
    assert views.why(a_hit(1, why=both), T, "en") == views.Why(
        "Found by meaning and by words",
        "In an annotation by Ann. By meaning: rank 1 (score 0.890). By words: rank 3 (score 12.100). "
        "Words found: social, data.",
    )
    title = MatchedPassage("title", "Title")
    hit = a_hit(1, why=Why(keyword=KeywordWhy(1, 2.0, ("titre",))), passage=title)
    assert views.why(hit, translator("fr"), "fr") == views.Why(
        "Trouvé par les mots",
        "Dans le titre. Par les mots\u00a0: rang 1 (score 2,000). Mots trouvés\u00a0: titre.",
    )
    assert views.why(a_hit(1, why=Why()), T, "en") is None


def test_where_nothing_is_asked_two_annotations_tell_what_it_is_about() -> None:
    title = MatchedPassage("title", "Title")
    (row,) = views.rows(results(a_hit(5, why=Why(), passage=title)), LINKS, T, "en")
    assert [quote.id for quote in row.shown] == ["a0", "a1"]
    assert (row.passage, row.more) == (None, 3)


def test_a_title_is_marked_and_not_repeated() -> None:
    hit = a_hit(0)
    bookmark = replace(hit.bookmark, title="  Un titre rare")
    for passage in (
        MatchedPassage("title", "  Un titre rare", highlights=((5, 10),)),
        MatchedPassage("description", "Un titre rare", highlights=((3, 8),)),
    ):
        row = views.row(replace(hit, bookmark=bookmark, passage=passage), LINKS, T, "en")
        assert row.title == (Piece("Un "), Piece("titre", True), Piece(" rare"))
        assert row.passage is None


def test_words_are_marked_in_what_unfolds_and_in_descriptions() -> None:
    hit = a_hit(2, why=Why(keyword=KeywordWhy(1, 2.0, ("text",))))
    bookmark = replace(hit.bookmark, description="A text about it", language="en")
    found = results(replace(hit, bookmark=bookmark, passage=MatchedPassage("title", "Title")))
    (row,) = views.rows(found, LINKS, T, "en", words=("text",))
    assert row.description == (Piece("A "), Piece("text", True), Piece(" about it"))
    assert row.folded[0].pieces == (Piece("Text", True), Piece(" 0"))
    # What holds no word of the question is not looked through.
    unmarked = replace(found.hits[0], why=Why(keyword=KeywordWhy(1, 2.0, ())))
    (row,) = views.rows(results(unmarked), LINKS, T, "en", words=("text",))
    assert not any(piece.marked for quote in row.folded for piece in quote.pieces)


def test_what_is_below_the_line_is_said_to_be_less_certain() -> None:
    # The line is drawn where results are listed: of those above it one answers best, and most surely.
    found = results(a_hit(0, confidence=0.7), a_hit(0, confidence=0.02), a_hit(0, is_listed=False))
    assert [row.is_uncertain for row in views.rows(found, LINKS, T, "en")] == [False, False, True]


def test_no_line_begins_with_a_high_mark_but_in_code() -> None:
    hit = a_hit(0)
    said = "« Oui » : non ; peut-être !"
    bookmark = replace(
        hit.bookmark, title="Qui ? Moi", annotations=(Annotation(said), Annotation("x = 1 ;\ny = 2 ;"))
    )
    passage = MatchedPassage("annotation", said, highlights=((2, 5),))
    row = views.row(replace(hit, bookmark=bookmark, passage=passage), LINKS, T, "en")
    assert row.name == "Qui\u202f? Moi"
    assert row.passage is not None
    assert row.passage.pieces == (
        Piece("«\u00a0"),
        Piece("Oui", True),
        Piece("\u00a0»\u00a0: non\u202f; peut-être\u202f!"),
    )
    assert views.quote(bookmark.annotations[1]).pieces == (Piece("x = 1 ;\ny = 2 ;"),)


def test_code_is_told_from_prose() -> None:
    assert views.looks_like_code("def f(x):\n    return x + 1")
    assert views.looks_like_code("for (;;) {\n  run();\n}")
    assert views.looks_like_code("$ pip install glane\n$ glane start")
    assert not views.looks_like_code("Une phrase.\nUne autre ; et une autre encore.")
    assert not views.looks_like_code("x = 1")
    assert not views.looks_like_code("")


def test_a_facet_adds_its_value_and_takes_it_back() -> None:
    query = Query("q", filters=Filters(tags=("y",)), page=3)
    found = results(tags=4)
    (facet,) = controls.facets(found, query, LINKS, T, "en")
    assert facet.values[0].href == "/?q=q&tag=y&tag=x"
    chosen = replace(query, filters=Filters(tags=("y", "x")))
    (facet,) = controls.facets(found, chosen, LINKS, T, "en")
    assert facet.values[0].current
    assert facet.values[0].href == "/?q=q&tag=y"


def test_a_year_is_its_first_and_last_day() -> None:
    counted = Results({}, "hybrid", "1", 1, 1, 20, 1.0, (), {"years": (FacetValue("2015", 2),)})
    (facet,) = controls.facets(counted, Query("q"), LINKS, T, "en")
    assert facet.values[0].href == "/?q=q&after=2015-01-01&before=2015-12-31"
    year = Query("q", filters=Filters(after=date(2015, 1, 1), before=date(2015, 12, 31)))
    (facet,) = controls.facets(counted, year, LINKS, T, "en")
    assert facet.values[0].current
    assert facet.values[0].href == "/?q=q"
    assert [(chip.name, chip.value) for chip in controls.chips(year, T, "en")] == [("year", "2015")]


def test_what_is_chosen_is_never_folded() -> None:
    values = tuple(FacetValue(f"t{i:02}", 30 - i) for i in range(20))
    found = Results({}, "hybrid", "1", 1, 1, 20, 1.0, (), {"tags": values})
    query = Query("q", filters=Filters(tags=("t15",)))
    (facet,) = controls.facets(found, query, LINKS, T, "en")
    assert facet.values[0].text == "t15"
    assert (len(facet.values), len(facet.folded)) == (8, 12)


def test_every_filter_has_a_chip_that_removes_it_alone() -> None:
    filters = Filters("topic", ("a", "b"), "Zoé", "example.org", "fr", date(2015, 3, 1), None)
    query = Query("q", filters=filters, fields=("title",), page=2)
    chips = controls.chips(query, T, "en")
    assert [f"{chip.name} {chip.value}" for chip in chips] == [
        "kind topics",
        "tag a",
        "tag b",
        "contributor Zoé",
        "site example.org",
        "since 1 March 2015",
        "language French",
        "in title",
    ]
    assert all(chip.without.page == 1 for chip in chips)
    for chip in chips:
        assert len(controls.chips(chip.without, T, "en")) == len(chips) - 1


def test_pages_to_choose_from() -> None:
    def shown(page: int, total: int) -> list[str]:
        found = results(total=total, page=page, per_page=10)
        links = controls.pager(found, Query("q", per_page=10, page=page), LINKS, "en")
        return [link.text + "*" * link.current if link else "…" for link in links]

    assert shown(1, 5) == ["1*"]
    assert shown(1, 100) == ["1*", "2", "3", "…", "10"]
    assert shown(5, 100) == ["1", "…", "3", "4", "5*", "6", "7", "…", "10"]
    assert shown(10, 100) == ["1", "…", "8", "9", "10*"]


def test_a_date_is_shown_in_utc() -> None:
    hit = a_hit(0)
    moment = datetime(2015, 1, 1, 0, 30, tzinfo=UTC)
    row = views.row(replace(hit, bookmark=replace(hit.bookmark, created_at=moment)), LINKS, T, "en")
    assert (row.when, row.when_iso) == ("1 January 2015", "2015-01-01")
