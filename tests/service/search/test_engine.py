"""The engine on twelve bookmarks with the default encoder: modes, filters, order, pages, facets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from glane_indexer.errors import NotFoundError, QueryError
from glane_indexer.models import Bookmark
from glane_indexer.sample.load import queries
from glane_indexer.settings import Settings
from glane_indexer.text import fold, query_stems, stem, tokens
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from glane_service.search.matching import Matcher
from glane_service.search.parsing import parse
from glane_service.search.query import FIELDS, Filters, Mode, Query, Sort
from glane_service.search.results import Results, to_json
from tests.support.little import BOOKMARKS, BY_DATE

MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector")
SORTS: tuple[Sort, ...] = ("relevance", "date")
EVERYTHING = {bookmark.id for bookmark in BOOKMARKS}


def ids(results: Results) -> list[str]:
    return [hit.bookmark.id for hit in results.hits]


def found(engine: SearchEngine, text: str, **changes: Any) -> set[str]:
    """The ids of all that a keyword search finds."""
    results = engine.search(Query(text, mode="keyword", per_page=100, **changes))
    assert results.total == len(results.hits) == len(set(ids(results)))
    return set(ids(results))


# Modes


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_answers_a_plain_question(engine: SearchEngine, mode: Mode) -> None:
    results = engine.search(Query("protection sociale des données", mode=mode))
    assert results.mode_used == mode
    assert results.hits[0].bookmark.id == "b01"
    assert results.hits[0].rank == 1
    assert results.query == {"text": "protection sociale des données", "mode": mode, "filters": {}}
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] <= 1


def test_why_has_the_legs_that_ran(engine: SearchEngine) -> None:
    text = "pain au levain"
    hybrid, keyword, vector = (engine.search(Query(text, mode=mode)).hits[0] for mode in MODES)
    assert hybrid.bookmark.id == keyword.bookmark.id == vector.bookmark.id == "b05"
    assert keyword.why.vector is None
    assert vector.why.keyword is None
    assert hybrid.why.keyword == keyword.why.keyword
    assert hybrid.why.vector == vector.why.vector
    assert keyword.why.keyword is not None
    assert keyword.why.keyword.rank == 1
    assert keyword.why.keyword.terms == ("pain", "levain")
    assert vector.why.vector is not None
    assert vector.why.vector.rank == 1
    assert vector.why.vector.score == pytest.approx(vector.score)


def test_a_bookmark_without_any_of_the_words_has_no_keyword_reason(engine: SearchEngine) -> None:
    results = engine.search(Query("tomatoes", per_page=100))
    assert results.total == 12
    assert {hit.bookmark.id for hit in results.hits if hit.why.keyword} == {"b06"}
    assert all(hit.why.vector for hit in results.hits)


def test_the_index_and_the_marks_agree_on_what_holds_a_word(sample_live: LiveEngine) -> None:
    """No word is looked for in a bookmark that the keyword leg has not found: there must be none."""
    checked = 0
    for text in queries().values():
        matcher = Matcher(parse(text).words)
        for hit in sample_live.engine.search(
            Query(text, per_page=100, everything=True, as_typed=True)
        ).hits:
            held = hit.bookmark
            texts = [held.title, held.description, held.url, *held.tags]
            texts += [said for item in held.annotations for said in (item.text, item.note)]
            if hit.why.keyword is None:
                checked += 1
                assert matcher.found_in(texts, held.language) == ()
                assert hit.passage.highlights == ()
            else:
                assert matcher.found_in(texts, held.language) == hit.why.keyword.terms
    assert checked > 1000


def test_a_word_is_marked_also_where_keywords_were_looked_for_elsewhere(engine: SearchEngine) -> None:
    everywhere, tags = (
        {hit.bookmark.id: hit for hit in engine.search(Query("patience", fields=fields)).hits}["b05"]
        for fields in (FIELDS, ("tags",))
    )
    assert everywhere.why.keyword is not None
    assert tags.why.keyword is None
    assert tags.passage == everywhere.passage
    assert [tags.passage.text[start:end] for start, end in tags.passage.highlights] == ["patience"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long should bread dough rise before baking?", "b05"),
        ("copyright law and free works", "b09"),
        ("cycle lanes in a French town", "b08"),
        ("¿Cómo se cita un vídeo?", "b04"),
        ("Où les abeilles trouvent-elles leur chemin ?", "b10"),
        ("faire pousser des tomates", "b06"),
    ],
)
def test_a_question_finds_the_bookmark_of_another_language(
    engine: SearchEngine, question: str, expected: str
) -> None:
    for mode in ("hybrid", "vector"):
        assert expected in ids(engine.search(Query(question, mode=mode)))[:2]


# Filters


def passes(bookmark: Bookmark, filters: Filters) -> bool:
    """What a filter means, written a second time."""
    day = bookmark.created_at.date() if bookmark.created_at else None
    return (
        filters.kind in (None, bookmark.kind)
        and all(
            fold(tag.casefold()) in {fold(own.casefold()) for own in bookmark.tags} for tag in filters.tags
        )
        and filters.contributor in ("", bookmark.contributor)
        and (not filters.site or f".{bookmark.site}".endswith(f".{filters.site}"))
        and filters.language in ("", bookmark.language)
        and (filters.after is None or (day is not None and day >= filters.after))
        and (filters.before is None or (day is not None and day <= filters.before))
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(kind="topic"), {"b04"}),
        (Filters(kind="bookmark"), EVERYTHING - {"b04"}),
        (Filters(tags=("travail",)), {"b02", "b03", "b11"}),
        (Filters(tags=("travail", "IA")), {"b03"}),
        (Filters(tags=("travail", "jardin")), set()),
        (Filters(tags=("VELO",)), {"b07", "b08"}),
        (Filters(contributor="Luc Martin"), {"b05", "b06", "b10"}),
        (Filters(contributor="luc martin"), {"b05", "b06", "b10"}),
        (Filters(contributor="ana garcia"), {"b07", "b11"}),
        (Filters(contributor="Luc"), set()),
        (Filters(site="example.org"), {"b01", "b02", "b08", "b09", "b11"}),
        (Filters(site="www.example.org"), {"b01", "b02", "b08", "b09", "b11"}),
        (Filters(site="ville.example.org"), {"b08"}),
        (Filters(site="ample.org"), set()),
        (Filters(language="en"), {"b03", "b06", "b10"}),
        (Filters(language="de"), set()),
        (Filters(after=date(2017, 1, 1)), {"b03", "b06", "b08", "b10"}),
        (Filters(after=date(2016, 12, 31)), {"b03", "b05", "b06", "b08", "b10"}),
        (Filters(before=date(2016, 12, 31)), {"b01", "b02", "b05", "b07", "b11"}),
        (Filters(before=date(2016, 12, 30)), {"b01", "b02", "b07", "b11"}),
        (Filters(after=date(2016, 5, 3), before=date(2016, 5, 3)), {"b02", "b11"}),
        (Filters(after=date(2016, 5, 4), before=date(2016, 5, 3)), set()),
    ],
)
def test_a_filter_keeps_what_it_names(engine: SearchEngine, filters: Filters, expected: set[str]) -> None:
    listed = engine.search(Query("", filters=filters))
    assert set(ids(listed)) == expected
    assert listed.total == len(expected)
    assert listed.query["filters"] == filters.to_json()
    # A small library is all in the pool of the vector leg, so a question changes the order alone.
    for mode in ("hybrid", "vector"):
        assert set(ids(engine.search(Query("le travail", mode=mode, filters=filters)))) == expected
    keyword = engine.search(Query("travail", mode="keyword", filters=filters))
    assert set(ids(keyword)) == expected & found(engine, "travail")


def test_filters_together_are_a_conjunction(engine: SearchEngine) -> None:
    choices = product(
        (None, "bookmark"),
        ((), ("travail",), ("vélo",)),
        ("", "Camille Roy", "Anne Dupont"),
        ("", "example.org"),
        ("", "fr"),
        (None, date(2016, 1, 1)),
        (None, date(2018, 12, 31)),
    )
    for kind, tags, contributor, site, language, after, before in choices:
        filters = Filters(kind, tags, contributor, site, language, after, before)  # type: ignore[arg-type]
        expected = [name for name in BY_DATE if passes(BOOKMARKS[int(name[1:]) - 1], filters)]
        assert ids(engine.search(Query("", filters=filters))) == expected, filters


# The order by date, and listing


@pytest.mark.parametrize("text", ["", "  "])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sort", SORTS)
def test_without_a_question_the_newest_come_first(
    engine: SearchEngine, text: str, mode: Mode, sort: Sort
) -> None:
    results = engine.search(Query(text, mode=mode, sort=sort))
    assert tuple(ids(results)) == BY_DATE
    assert results.total == 12
    assert all(hit.why.keyword is None and hit.why.vector is None for hit in results.hits)


@pytest.mark.parametrize("mode", MODES)
def test_the_order_by_date_is_of_the_same_pool(engine: SearchEngine, mode: Mode) -> None:
    by_relevance = engine.search(Query("le travail", mode=mode))
    by_date = engine.search(Query("le travail", mode=mode, sort="date"))
    assert by_date.total == by_relevance.total
    assert ids(by_date) == [name for name in BY_DATE if name in ids(by_relevance)]
    assert by_date.facets == by_relevance.facets
    # A bookmark's score and reason do not depend on the order.
    scores = {hit.bookmark.id: (hit.score, hit.why) for hit in by_relevance.hits}
    assert {hit.bookmark.id: (hit.score, hit.why) for hit in by_date.hits} == scores


# Keywords in fields


def texts_of(bookmark: Bookmark) -> dict[str, tuple[str, ...]]:
    return {
        "title": (bookmark.title,),
        "tags": bookmark.tags,
        "annotations": tuple(text for item in bookmark.annotations for text in (item.text, item.note)),
        "description": (bookmark.description,),
        "url": (re.sub(r"^https?://(www\.)?|\.html$", " ", bookmark.url),),
    }


def scan(word: str, names: tuple[str, ...]) -> set[str]:
    """The bookmarks in which a form of a word stands in these fields, by reading all of them."""
    stems = query_stems(word)
    return {
        bookmark.id
        for bookmark in BOOKMARKS
        for name in names
        for text in texts_of(bookmark)[name]
        for token in tokens(text)
        if stem(token.form, bookmark.language) in stems or fold(token.form) == fold(word)
    }


SUBSETS = [
    tuple(name for name, chosen in zip(FIELDS, bits, strict=True) if chosen)
    for bits in product((False, True), repeat=len(FIELDS))
    if any(bits)
]


@pytest.mark.parametrize(
    "word",
    [
        "travail",
        "travaux",
        "droit",
        "donnees",
        "protection",
        "ville",
        "example",
        "piste",
        "oeuvre",
        "machine",
        "xyzzy",
    ],
)
def test_keywords_are_found_in_exactly_the_fields_asked_for(engine: SearchEngine, word: str) -> None:
    for names in SUBSETS:
        assert found(engine, word, fields=names) == scan(word, names), names


def test_the_scan_and_the_fields_by_hand(engine: SearchEngine) -> None:
    assert found(engine, "travail") == {"b01", "b02", "b03", "b08", "b11"}
    assert found(engine, "travail", fields=("title",)) == {"b02"}
    assert found(engine, "travail", fields=("tags",)) == {"b02", "b03", "b11"}
    assert found(engine, "travail", fields=("annotations",)) == {"b01", "b02", "b08"}
    assert found(engine, "travail", fields=("url",)) == {"b02"}
    assert found(engine, "travail", fields=("description",)) == set()
    assert found(engine, "relire", fields=("annotations",)) == {"b01"}


@pytest.mark.parametrize("mode", MODES)
def test_no_score_is_above_one(engine: SearchEngine, mode: Mode) -> None:
    for text in ("travail", "protection sociale données", "droit", "vélo ville travail"):
        assert all(hit.score <= 1 for hit in engine.search(Query(text, mode=mode)).hits)


def test_an_elision_a_ligature_and_a_hyphen_are_no_hindrance(engine: SearchEngine) -> None:
    assert found(engine, "emploi") == found(engine, "l'emploi") == found(engine, "l’emplois") == {"b11"}
    assert found(engine, "œuvre") == found(engine, "oeuvres") == {"b09"}
    assert found(engine, "plateforme") == {"b02"}
    assert found(engine, "coeur") == {"b09"}


def test_the_exact_form_is_before_the_others(engine: SearchEngine) -> None:
    # b08 has "piste" and "pistes"; nothing else has either.
    singular = engine.search(Query("piste", mode="keyword")).hits[0].score
    plural = engine.search(Query("pistes", mode="keyword")).hits[0].score
    stemmed = engine.search(Query("pister", mode="keyword")).hits[0].score
    assert stemmed < min(singular, plural)


# Operators of the question


def test_a_phrase_must_be_there_word_for_word(engine: SearchEngine) -> None:
    assert found(engine, '"protection sociale"') == {"b01"}
    assert found(engine, '"PROTECTION SOCIALE"') == {"b01"}
    assert found(engine, '"sociale protection"') == set()
    assert found(engine, '"donnees personnelles"') == {"b01"}
    assert found(engine, '"droit d\'auteur"') == {"b09"}
    # "travail" and "invisible" end one text and begin none: no phrase runs from one into the next.
    assert found(engine, '"plateformes travail"') == set()
    assert found(engine, '"travail" "invisible"') == {"b02"}


@pytest.mark.parametrize("mode", MODES)
def test_a_phrase_is_a_condition_in_every_mode(engine: SearchEngine, mode: Mode) -> None:
    assert ids(engine.search(Query('"travail invisible"', mode=mode))) == ["b02"]


def test_a_phrase_is_looked_for_in_the_fields_asked_for(engine: SearchEngine) -> None:
    assert found(engine, '"protection sociale"', fields=("title",)) == {"b01"}
    assert found(engine, '"protection sociale"', fields=("annotations",)) == {"b01"}
    assert found(engine, '"protection sociale"', fields=("description",)) == set()
    assert found(engine, '"sécurité sociale" données', fields=("title",)) == set()
    # In the annotations of b02 is a "plate-forme" too, in its address none.
    assert found(engine, "travail -plateformes", fields=("url",)) == {"b02"}
    assert found(engine, "travail -plateformes", fields=("url", "annotations")) == {"b01", "b08"}
    assert found(engine, 'travail -"travail invisible"', fields=("annotations",)) == {"b01", "b02", "b08"}


@pytest.mark.parametrize("mode", MODES)
def test_what_is_excluded_is_not_there(engine: SearchEngine, mode: Mode) -> None:
    without = engine.search(Query("travail -données -machines", mode=mode))
    assert "b01" not in ids(without)
    assert "b03" not in ids(without)
    assert ids(without)[0] == "b02"
    assert "b02" not in ids(engine.search(Query('travail -"travail invisible"', mode=mode)))


def test_an_exclusion_alone_lists_the_rest(engine: SearchEngine) -> None:
    results = engine.search(Query("-travail"))
    assert ids(results) == [name for name in BY_DATE if name not in {"b01", "b02", "b03", "b08", "b11"}]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ("tag:travail", {"b02", "b03", "b11"}),
        ("tag:travail tag:ia", {"b03"}),
        ('by:"Camille Roy"', {"b01", "b03", "b08"}),
        ("by:nobody", set()),
        ("site:www.example.org", {"b01", "b02", "b08", "b09", "b11"}),
        ("before:2015", {"b01", "b07"}),
        ("after:2019-09", {"b08", "b10"}),
        ("after:2016-05-03 before:2016-05-03", {"b02", "b11"}),
        ('tag:vélo by:"Ana García" before:2014', {"b07"}),
    ],
)
def test_an_operator_filters_as_its_parameter_does(
    engine: SearchEngine, operators: str, expected: set[str]
) -> None:
    assert set(ids(engine.search(Query(operators)))) == expected
    assert set(ids(engine.search(Query(f"bonjour {operators}")))) == expected


def test_an_operator_and_a_parameter_filter_together(engine: SearchEngine) -> None:
    results = engine.search(Query("tag:vélo", filters=Filters(tags=("ville",), language="fr")))
    assert ids(results) == ["b08"]
    assert results.query["filters"] == {"tag": ["ville", "vélo"], "language": "fr"}


def test_what_does_not_parse_is_searched_all_the_same(engine: SearchEngine) -> None:
    results = engine.search(Query('"pain au levain'))
    assert ids(results)[0] == "b05"
    assert [notice.code for notice in results.notices] == ["unbalanced-quotes"]
    results = engine.search(Query("pain after:hier"))
    assert ids(results)[0] == "b05"
    assert [notice.code for notice in results.notices] == ["bad-filter"]
    assert results.query["filters"] == {}


@pytest.mark.parametrize(
    "text", ["?", "…", '""', "- -", ":", "the of", "le la", "日本", "\x00", "🙂", "a" * 1000]
)
@pytest.mark.parametrize("mode", MODES)
def test_odd_questions_are_answered(engine: SearchEngine, text: str, mode: Mode) -> None:
    results = engine.search(Query(text, mode=mode))
    assert 0 <= results.total <= 12
    assert all(0 <= hit.score <= 1 for hit in results.hits)


# Pages


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_are_one_list_cut_up(engine: SearchEngine, mode: Mode, sort: Sort) -> None:
    query = Query("le travail sur les plateformes", mode=mode, sort=sort, per_page=100)
    whole = engine.search(query)
    expected = [(hit.rank, hit.bookmark.id, hit.score, hit.why) for hit in whole.hits]
    assert [rank for rank, *_ in expected] == list(range(1, whole.total + 1))
    for size in (1, 2, 3, 5, 12):
        pages = -(-whole.total // size)
        paged = [engine.search(replace(query, page=page, per_page=size)) for page in range(1, pages + 1)]
        assert [
            (hit.rank, hit.bookmark.id, hit.score, hit.why) for page in paged for hit in page.hits
        ] == expected
        assert {(page.total, page.pages) for page in paged} == {(whole.total, pages)}
        assert all(page.facets == whole.facets for page in paged)


def test_a_page_past_the_end_is_refused_with_the_last_one_named(engine: SearchEngine) -> None:
    with pytest.raises(QueryError) as caught:
        engine.search(Query("", page=4, per_page=5))
    assert caught.value.where == "page"
    assert str(caught.value) == "page: there is no page 4. The last one is 3"
    assert len(engine.search(Query("", page=3, per_page=5)).hits) == 2


def test_the_first_page_of_nothing_is_empty(engine: SearchEngine) -> None:
    results = engine.search(Query("xyzzy", mode="keyword"))
    assert (results.total, results.pages, results.hits) == (0, 0, ())
    assert all(values == () for values in results.facets.values())
    with pytest.raises(QueryError):
        engine.search(Query("xyzzy", mode="keyword", page=2))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"per_page": 0}, "per_page"),
        ({"per_page": 101}, "per_page"),
        ({"page": 0}, "page"),
        ({"mode": "best"}, "mode"),
        ({"sort": "views"}, "sort"),
        ({"view": "large"}, "view"),
        ({"fields": ()}, "fields"),
        ({"fields": ("body",)}, "fields"),
        ({"text": "a" * 1001}, "q"),
    ],
)
def test_a_value_out_of_range_is_named(engine: SearchEngine, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(QueryError) as caught:
        engine.search(replace(Query("a"), **changes))
    assert caught.value.where == where


# Facets


@pytest.mark.parametrize("query", [Query(""), Query("le travail"), Query("travail", mode="keyword")])
def test_the_counts_of_a_facet_add_up(engine: SearchEngine, query: Query) -> None:
    results = engine.search(replace(query, per_page=100))
    counted = [hit.bookmark for hit in results.hits]
    assert len(counted) == results.total
    facets = {name: {item.value: item.count for item in items} for name, items in results.facets.items()}
    assert list(facets) == ["tags", "contributors", "sites", "years", "languages", "kinds"]
    assert sum(facets["kinds"].values()) == results.total
    assert sum(facets["languages"].values()) == results.total
    assert sum(facets["years"].values()) == sum(1 for item in counted if item.created_at)
    # A site counts the pages of its subdomains too, as its filter finds them.
    hosts = [item.site for item in counted if item.site]
    assert facets["sites"] == {
        site: sum(host == site or host.endswith(f".{site}") for host in hosts) for site in set(hosts)
    }
    assert sum(facets["contributors"].values()) == sum(1 for item in counted if item.contributor)
    assert sum(facets["tags"].values()) == sum(len(item.tags) for item in counted)
    for name in ("kinds", "contributors", "tags", "sites", "languages"):
        counts = [(-item.count, item.value) for item in results.facets[name]]
        assert counts == sorted(counts)


def test_the_facets_of_the_whole_library(engine: SearchEngine) -> None:
    facets = engine.search(Query("")).facets
    shown = {name: [(item.value, item.count) for item in items] for name, items in facets.items()}
    assert shown["kinds"] == [("bookmark", 11), ("topic", 1)]
    assert shown["languages"] == [("fr", 8), ("en", 3), ("es", 1)]
    assert shown["contributors"] == [
        ("Anne Dupont", 3),
        ("Camille Roy", 3),
        ("Luc Martin", 3),
        ("Ana García", 2),
    ]
    assert shown["years"] == [
        ("2020", 1), ("2019", 1), ("2018", 1), ("2017", 1), ("2016", 3), ("2015", 1), ("2014", 1),
    ]  # fmt: skip
    assert shown["tags"][:3] == [("travail", 3), ("droit", 2), ("ville", 2)]
    assert shown["sites"][0] == ("example.org", 5)


@pytest.mark.parametrize(
    ("facet", "narrowed"),
    [
        ("tags", lambda value: Filters(tags=(value,))),
        ("contributors", lambda value: Filters(contributor=value)),
        ("languages", lambda value: Filters(language=value)),
        ("kinds", lambda value: Filters(kind=value)),
        ("years", lambda value: Filters(after=date(int(value), 1, 1), before=date(int(value), 12, 31))),
    ],
)
def test_choosing_a_value_gives_as_many_as_its_count(
    engine: SearchEngine, facet: str, narrowed: Any
) -> None:
    for mode in MODES:
        for item in engine.search(Query("travail", mode=mode)).facets[facet]:
            chosen = engine.search(Query("travail", mode=mode, filters=narrowed(item.value)))
            assert chosen.total == item.count


# One bookmark, and what is like it


def test_similar_leaves_itself_out(engine: SearchEngine) -> None:
    for bookmark in BOOKMARKS:
        hits = engine.similar(bookmark.id, 20)
        assert {hit.bookmark.id for hit in hits} == EVERYTHING - {bookmark.id}
        assert [hit.rank for hit in hits] == list(range(1, 12))
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)


def test_similar_finds_its_like_across_languages(engine: SearchEngine) -> None:
    assert engine.similar("b07", 1)[0].bookmark.id == "b08"
    assert engine.similar("b08", 1)[0].bookmark.id == "b07"
    assert [hit.bookmark.id for hit in engine.similar("b02", 3)] == [
        hit.bookmark.id for hit in engine.similar("b02", 10)
    ][:3]


def test_a_bookmark_is_as_it_was_imported(engine: SearchEngine) -> None:
    for bookmark in BOOKMARKS:
        assert engine.bookmark(bookmark.id) == bookmark


@pytest.mark.parametrize("identifier", ["", "b13", "B01", "b01 ", "' OR 1=1 --", "\ud800"])
def test_an_id_that_is_none_is_not_found(engine: SearchEngine, identifier: str) -> None:
    with pytest.raises(NotFoundError):
        engine.bookmark(identifier)
    with pytest.raises(NotFoundError):
        engine.similar(identifier)


def test_the_status_counts_the_library(engine: SearchEngine) -> None:
    status = engine.status()
    assert {
        name: status[name] for name in ("bookmarks", "annotations", "descriptions", "contributors")
    } == {
        "bookmarks": 12,
        "annotations": sum(len(item.annotations) for item in BOOKMARKS),
        "descriptions": 4,
        "contributors": 4,
    }
    assert status["generation"] == "000001"
    assert set(status["encoder"]) >= {"name", "fingerprint", "dimensions"}
    assert status["bytes"] > 0


def test_suggestions_come_from_the_library(engine: SearchEngine) -> None:
    assert [(item.kind, item.text) for item in engine.suggest("trav")] == [
        ("tag", "travail"),
        ("title", "Le travail invisible des plateformes"),
    ]
    assert [item.text for item in engine.suggest("ann")] == ["Anne Dupont"]


# The order


def test_equals_are_in_the_order_of_their_ids(engine: SearchEngine) -> None:
    # b07 and b08 have both tags, and nothing else of them is looked at.
    results = engine.search(Query("vélo ville", mode="keyword", fields=("tags",)))
    assert ids(results) == ["b07", "b08"]
    assert results.hits[0].score == results.hits[1].score
    assert ids(engine.search(Query("emploi", mode="keyword", filters=Filters(tags=("emploi",))))) == ["b11"]


def test_what_is_measured_is_what_is_served(engine: SearchEngine) -> None:
    for mode, sort in product(MODES, SORTS):
        query = Query("le travail des plateformes", mode=mode, sort=sort, per_page=100)
        served = [(hit.bookmark.id, hit.score) for hit in engine.search(query).hits]
        assert engine.ranking(query) == served
        assert engine.ranking(query, depth=2) == served[:2]


def test_two_opens_answer_alike(engine: SearchEngine, little_settings: Settings) -> None:
    again = LiveEngine(little_settings, follow=False)
    try:
        for text, mode, sort in product(("le travail", "bread", '"droit d’auteur"', ""), MODES, SORTS):
            query = Query(text, mode=mode, sort=sort, view="full", per_page=100)
            answers = [to_json(one.search(query)) | {"took_ms": 0} for one in (engine, again.engine)]
            assert answers[0] == answers[1]
    finally:
        again.close()


def test_an_answer_does_not_depend_on_the_questions_before(engine: SearchEngine) -> None:
    query = Query("la protection sociale")
    before = to_json(engine.search(query)) | {"took_ms": 0}
    for other in ("travail", "bees", "-droit"):
        engine.search(Query(other))
        assert to_json(engine.search(query)) | {"took_ms": 0} == before


# Views


@pytest.mark.parametrize(("view", "shown"), [("simple", 0), ("middle", 3), ("full", 5)])
def test_a_view_shows_so_many_annotations(engine: SearchEngine, view: Any, shown: int) -> None:
    hit = engine.search(Query("protection sociale des données", view=view)).hits[0]
    assert len(hit.annotations) == shown
    assert len(hit.bookmark.annotations) == 5
    if view == "middle":
        assert hit.passage.annotation_id not in {item.id for item in hit.annotations}


def test_the_words_of_the_question_are_marked_in_the_passage(engine: SearchEngine) -> None:
    passage = engine.search(Query("protection sociale des données")).hits[0].passage
    assert passage.kind == "annotation"
    assert passage.annotation_id == "a2"
    assert [passage.text[start:end] for start, end in passage.highlights] == [
        "protection",
        "sociale",
        "données",
    ]
