"""The JSON that outsiders script against: every key, and the type of its value."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from glane_indexer.models import Annotation, Bookmark
from glane_service.http.schemas import SearchAnswer
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Query
from glane_service.search.results import (
    FACETS,
    Correction,
    FacetValue,
    Hit,
    KeywordWhy,
    MatchedPassage,
    Notice,
    Results,
    VectorWhy,
    Why,
    annotation_json,
    bookmark_json,
    hit_json,
    to_json,
)

ANNOTATION = Annotation("La protection sociale", "à relire", "Anne", datetime(2016, 1, 2, tzinfo=UTC), "a1")
BOOKMARK = Bookmark(
    title="Vers une protection",
    url="https://www.Example.org/a",
    description="Une page",
    tags=("travail", "droit"),
    contributor="Camille",
    created_at=datetime(2015, 3, 1, 12, 0, 5, tzinfo=timezone(timedelta(hours=2))),
    views=12,
    language="fr",
    annotations=(ANNOTATION, Annotation("Autre", id="a2")),
    id="b1",
)
HIT = Hit(
    3,
    0.83123456,
    BOOKMARK,
    MatchedPassage("annotation", "La protection sociale", "a1", ((3, 13), (14, 21))),
    Why(KeywordWhy(3, 12.1, ("protection", "sociale")), VectorWhy(1, 0.89)),
    (ANNOTATION,),
    0.87018,
)
RESULTS = Results(
    query={"text": "protection", "mode": "hybrid", "filters": {"tag": ["travail"]}},
    mode_used="hybrid",
    generation="000007",
    total=112,
    page=1,
    per_page=20,
    took_ms=5.23456,
    hits=(HIT,),
    facets={name: (FacetValue("travail", 31),) if name == "tags" else () for name in FACETS},
    notices=(Notice("unbalanced-quotes", "The quotation mark at 1 has no partner"),),
    more=9,
    corrections=(Correction("protectoin", "protection"),),
)


def test_a_whole_answer() -> None:
    assert to_json(RESULTS) == {
        "query": {"text": "protection", "mode": "hybrid", "filters": {"tag": ["travail"]}},
        "mode_used": "hybrid",
        "generation": "000007",
        "total": 112,
        "page": 1,
        "per_page": 20,
        "pages": 6,
        "took_ms": 5.235,
        "notices": [{"code": "unbalanced-quotes", "message": "The quotation mark at 1 has no partner"}],
        "results": [
            {
                "rank": 3,
                "score": 0.831235,
                "bookmark": {
                    "id": "b1",
                    "url": "https://www.Example.org/a",
                    "title": "Vers une protection",
                    "site": "example.org",
                    "description": "Une page",
                    "tags": ["travail", "droit"],
                    "contributor": "Camille",
                    "kind": "bookmark",
                    "created_at": "2015-03-01T10:00:05Z",
                    "views": 12,
                    "language": "fr",
                },
                "passage": {
                    "kind": "annotation",
                    "annotation_id": "a1",
                    "text": "La protection sociale",
                    "highlights": [[3, 13], [14, 21]],
                    "start": 0,
                    "link": "https://www.Example.org/a#:~:text=La%20protection%20sociale",
                },
                "annotations_total": 2,
                "annotations": [
                    {
                        "id": "a1",
                        "text": "La protection sociale",
                        "note": "à relire",
                        "author": "Anne",
                        "created_at": "2016-01-02T00:00:00Z",
                    }
                ],
                "why": {
                    "keyword": {"rank": 3, "score": 12.1, "terms": ["protection", "sociale"]},
                    "vector": {"rank": 1, "score": 0.89},
                },
                "confidence": 0.8702,
            }
        ],
        "facets": {
            "tags": [{"value": "travail", "count": 31}],
            "contributors": [],
            "sites": [],
            "years": [],
            "languages": [],
            "kinds": [],
        },
        "answered": True,
        "more": 9,
        "corrections": [{"typed": "protectoin", "taken": "protection"}],
        "seq": 0,
    }


def test_the_keys_are_in_the_order_of_the_contract() -> None:
    answer = to_json(RESULTS)
    # What the contract has grown by stands behind, but for `notices`.
    assert [key for key in answer if key != "notices"] == [
        *("query", "mode_used", "generation", "total", "page", "per_page", "pages", "took_ms"),
        *("results", "facets"),
        *("answered", "more", "corrections", "seq"),
    ]
    (hit,) = answer["results"]
    assert list(hit) == [
        *("rank", "score", "bookmark", "passage", "annotations_total", "annotations", "why"),
        "confidence",
    ]
    assert list(answer["facets"]) == ["tags", "contributors", "sites", "years", "languages", "kinds"]


def test_what_is_absent_is_null_or_empty_and_never_missing() -> None:
    bare = Hit(1, 0.0, Bookmark("Notes", kind="topic", id="b2"), MatchedPassage("title", "Notes"), Why())
    shown = hit_json(bare)
    assert shown["bookmark"] == {
        "id": "b2",
        "url": "",
        "title": "Notes",
        "site": "",
        "description": "",
        "tags": [],
        "contributor": "",
        "kind": "topic",
        "created_at": None,
        "views": 0,
        "language": "",
    }
    assert shown["passage"] == {
        "kind": "title",
        "annotation_id": None,
        "text": "Notes",
        "highlights": [],
        "start": 0,
        "link": "",
    }
    assert shown["why"] == {"keyword": None, "vector": None}
    assert (shown["annotations_total"], shown["annotations"]) == (0, [])
    assert annotation_json(Annotation("a")) == {
        "id": "",
        "text": "a",
        "note": "",
        "author": "",
        "created_at": None,
    }


def test_pages_are_counted_up() -> None:
    def pages(total: int, per_page: int) -> int:
        return Results({}, "hybrid", "1", total, 1, per_page, 0.0).pages

    assert [pages(total, 20) for total in (0, 1, 20, 21, 40, 41)] == [0, 1, 1, 2, 2, 3]
    assert pages(7, 1) == 7


def test_a_moment_keeps_its_seconds_and_is_in_utc() -> None:
    moment = datetime(2015, 12, 31, 23, 30, 0, 250000, timezone(timedelta(hours=-3)))
    assert bookmark_json(Bookmark("a", created_at=moment))["created_at"] == "2016-01-01T02:30:00.250000Z"


def types(value: Any) -> Any:
    """The shape of a document: its keys, and the types of its values."""
    if isinstance(value, dict):
        return {key: types(item) for key, item in value.items()}
    if isinstance(value, list):
        return [types(item) for item in value[:1]]
    return type(value).__name__


def test_a_real_answer_has_the_shape_of_the_contract(engine: SearchEngine) -> None:
    query = Query("protection des données", view="full", filters=Filters(contributor="Camille Roy"))
    answer = json.loads(json.dumps(to_json(engine.search(query))))
    annotation = dict.fromkeys(("id", "text", "note", "author"), "str") | {"created_at": "NoneType"}
    count = [{"value": "str", "count": "int"}]
    assert types(answer) == {
        "query": {"text": "str", "mode": "str", "filters": {"contributor": "str"}},
        "mode_used": "str",
        "generation": "str",
        "total": "int",
        "page": "int",
        "per_page": "int",
        "pages": "int",
        "took_ms": "float",
        "notices": [],
        "results": [
            {
                "rank": "int",
                "score": "float",
                "bookmark": {
                    **dict.fromkeys(("id", "url", "title", "site", "description"), "str"),
                    "tags": ["str"],
                    **dict.fromkeys(("contributor", "kind", "created_at"), "str"),
                    "views": "int",
                    "language": "str",
                },
                "passage": {
                    **dict.fromkeys(("kind", "annotation_id", "text"), "str"),
                    "highlights": [["int"]],
                    "start": "int",
                    "link": "str",
                },
                "annotations_total": "int",
                "annotations": [annotation],
                "why": {
                    "keyword": {"rank": "int", "score": "float", "terms": ["str"]},
                    "vector": {"rank": "int", "score": "float"},
                },
                "confidence": "float",
            }
        ],
        "facets": dict.fromkeys(("tags", "contributors", "sites", "years", "languages", "kinds"), count),
        "answered": "bool",
        "more": "int",
        "corrections": [],
        "seq": "int",
    }
    SearchAnswer.model_validate(answer)
