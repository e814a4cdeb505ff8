"""What every implementation of a view must answer, beside plain Python over the same bookmarks.

Another implementation is one more entry of :data:`MAKERS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.merge import compact
from glane_indexer.index.protocol import FIELDS, K1, B, Filter, Term, View
from glane_indexer.index.qdrant.publishing import publish
from glane_indexer.models import Bookmark
from glane_indexer.passages import passages_of, source_text
from glane_indexer.text import compounds, fold, stem, tokens
from tests.support.hashed import HashedEncoder
from tests.support.little import BOOKMARKS, BY_DATE
from tests.support.qdrant import NAMES, edge, memory, published_view

OTHERS = [
    Bookmark(f"Du travail en trop {n}", id=f"b{n:02d}x", tags=("vélo",), language="fr") for n in range(4)
]


def put(library: Path, bookmarks: Sequence[Bookmark]) -> None:
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert(bookmarks)
    build_generation(library, HashedEncoder())


def one_segment(library: Path) -> View:
    put(library, BOOKMARKS)
    return open_view(Generation.open(library), "public")


def several_segments(library: Path) -> View:
    """Three segments, of which some rows are superseded: deleted, or changed since."""
    put(library, [*OTHERS, *(Bookmark("Autre chose", id=item.id) for item in BOOKMARKS[::3])])
    put(library, BOOKMARKS[7:])
    with Catalog.open(library) as catalog:
        catalog.delete([item.id for item in OTHERS])
        for bookmark in BOOKMARKS:
            catalog.replace(bookmark)
    build_generation(library, HashedEncoder())
    return open_view(Generation.open(library), "public")


def merged_segments(library: Path) -> View:
    several_segments(library)
    compact(library)
    return open_view(Generation.open(library), "public")


def published(library: Path) -> View:
    """On Qdrant, as a generation that goes on from one before: with points of it beside its own."""
    store = memory(library)
    put(library, [*OTHERS, *(Bookmark("Autre chose", id=item.id) for item in BOOKMARKS[::3])])
    publish(library, store, NAMES.library)
    several_segments(library)
    return published_view(library, store)


def published_scores(library: Path) -> View:
    """The same with Qdrant's own products, as in a library too large to compare all."""
    one_segment(library)
    return published_view(library, memory(library), exact=False)


def embedded(library: Path) -> View:
    """On Qdrant Edge."""
    one_segment(library)
    return published_view(library, edge(library))


MAKERS: dict[str, Callable[[Path], View]] = {
    "one segment": one_segment,
    "several segments": several_segments,
    "merged segments": merged_segments,
    "qdrant": published,
    "qdrant's own scores": published_scores,
    "qdrant edge": embedded,
}


@pytest.fixture(scope="module", params=MAKERS)
def view(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> View:
    """The twelve bookmarks of the little library."""
    return MAKERS[request.param](tmp_path_factory.mktemp("view") / "library")


def texts(bookmark: Bookmark) -> dict[str, list[str]]:
    found = {
        "title": [bookmark.title],
        "tags": [*bookmark.tags],
        "description": [bookmark.description],
        "annotations": [item.text for item in bookmark.annotations],
        "notes": [item.note for item in bookmark.annotations],
        "url": [bookmark.url.removeprefix("https://").removeprefix("www.").replace(".html", "")],
    }
    return {**found, "text": [text for group in found.values() for text in group]}


def said(bookmark: Bookmark, field: str) -> list[str]:
    """The exact words of a field, joined compounds included."""
    return [
        token.form
        for text in texts(bookmark)[field]
        for token in (*tokens(text), *compounds(text, tokens(text)))
    ]


def test_bookmarks_are_in_order_of_their_ids(view: View) -> None:
    assert list(view.ids) == [item.id for item in BOOKMARKS]
    assert view.count == len(BOOKMARKS)
    assert view.bookmarks([3, 0]) == [BOOKMARKS[3], BOOKMARKS[0]]
    assert [view.row_of(item.id) for item in BOOKMARKS] == list(range(12))
    for absent in ("", "b00", "b99", "b02x", "\ud800", "x" * 1000):
        assert view.row_of(absent) is None


def test_counts_are_of_these_alone(view: View) -> None:
    assert view.counts == (12, 18, 4, 4, sum(len(passages_of(item)) for item in BOOKMARKS))


def test_passages_are_slices_of_their_sources(view: View) -> None:
    for row, bookmark in enumerate(BOOKMARKS):
        found = [
            source_text(bookmark, kind, annotation)[start : start + length]
            for kind, annotation, start, length in view.passages(row)
        ]
        assert found == [passage.text for passage in passages_of(bookmark)]


@pytest.mark.parametrize(
    ("filter", "passes"),
    [
        (Filter(kind="topic"), lambda item: item.kind == "topic"),
        (Filter(tags=("VELO", "ville")), lambda item: {"vélo", "ville"} <= set(item.tags)),
        (Filter(contributor="ana garcia"), lambda item: item.contributor == "Ana García"),
        (Filter(language="en"), lambda item: item.language == "en"),
        (Filter(site="www.example.org"), lambda item: item.site.endswith("example.org")),
        (Filter(after=date(2018, 1, 1)), lambda item: item.created_at and item.created_at.year >= 2018),
        (Filter(before=date(2016, 12, 31)), lambda item: item.created_at and item.created_at.year <= 2016),
        (Filter(phrases=(("protection", "sociale"),)), lambda item: item.id == "b01"),
        (Filter(excluded=(("travail",),)), lambda item: "travail" not in said(item, "text")),
        (Filter(without="b03"), lambda item: item.id != "b03"),
        (Filter(tags=("absent",)), lambda item: False),
    ],
)
def test_filters(view: View, filter: Filter, passes: Callable[[Bookmark], bool]) -> None:
    expected = [row for row, item in enumerate(BOOKMARKS) if passes(item)]
    assert view.selected(view.select(filter)).tolist() == expected


def test_no_filter_selects_everything(view: View) -> None:
    assert view.select(Filter()) is None
    assert view.selected(None).tolist() == list(range(12))


def test_by_date(view: View) -> None:
    assert [view.ids[row] for row in view.by_date(np.arange(12))] == list(BY_DATE)


def test_highlights_are_those_of_a_scan(view: View) -> None:
    expected = sorted(
        (
            -moment.timestamp() if (moment := item.created_at or bookmark.created_at) else math.inf,
            bookmark.id,
            place,
        )
        for bookmark in BOOKMARKS
        for place, item in enumerate(bookmark.annotations)
        if item.text.strip()
    )
    named = {item.id: item for item in BOOKMARKS}
    assert view.highlights() == [(id, named[id].annotations[place].id) for _, id, place in expected]


def test_facets_count_what_is_asked_for(view: View) -> None:
    everything = view.facets(None)
    assert everything["tags"][:3] == [("travail", 3), ("droit", 2), ("ville", 2)]
    assert everything == view.facets(np.arange(12))
    assert view.facets(np.array([4, 5]))["contributors"] == [("Luc Martin", 2)]


@pytest.mark.parametrize("field", FIELDS)
def test_words_are_counted_and_weighed_as_bm25_says(view: View, field: str) -> None:
    own = view.lengths(field, np.arange(12))  # type: ignore[arg-type]
    assert own.tolist() == [len(said(item, field)) for item in BOOKMARKS]
    average = view.average_length(field)  # type: ignore[arg-type]
    assert average == pytest.approx(own.mean())
    for word in ("travail", "données", "protection", "xyz"):
        for form, of in (
            ("exact", lambda token, _: token),
            ("stem", stem),
            ("folded", lambda token, _: fold(token)),
        ):
            term = Term(field, form, of(word, "fr"))  # type: ignore[arg-type]
            times = [
                sum(of(token, item.language) == term.word for token in said(item, field))
                for item in BOOKMARKS
            ]
            expected = [
                count * (K1 + 1) / (count + K1 * (1 - B + B * length / average)) if count else 0
                for count, length in zip(times, own.tolist(), strict=True)
            ]
            assert view.document_frequencies([term]).tolist() == [sum(map(bool, times))]
            assert view.term_weights([term], np.arange(12))[:, 0] == pytest.approx(expected)


def test_the_keyword_product_is_the_sum_of_weights(view: View) -> None:
    terms = [
        Term("text", "stem", "travail"),
        Term("title", "exact", "travail"),
        Term("text", "stem", "don"),
    ]
    weights = [1.0, 0.5, 2.0]
    expected = view.term_weights(terms, np.arange(12)) @ np.array(weights)
    rows, scores = view.keyword(list(zip(terms, weights, strict=True)), limit=100)
    held = np.flatnonzero(expected).tolist()
    assert rows.tolist() == sorted(held, key=lambda row: (-np.float32(expected[row]), row))
    assert scores == pytest.approx(expected[rows])
    assert view.keyword(list(zip(terms, weights, strict=True)), limit=2)[0].tolist() == rows[:2].tolist()
    allowed = view.select(Filter(language="fr"))
    kept, _ = view.keyword(list(zip(terms, weights, strict=True)), limit=100, allowed=allowed)
    assert kept.tolist() == [row for row in rows.tolist() if BOOKMARKS[row].language == "fr"]
    assert view.keyword([], limit=5)[0].tolist() == []


def test_words_by_prefix(view: View) -> None:
    counts = {
        word: sum(word in map(fold, said(item, "title")) for item in BOOKMARKS)
        for word in {fold(token) for item in BOOKMARKS for token in said(item, "title")}
        if word.startswith("d")
    }
    found = dict(view.words("d", field="title"))
    assert found == {word: count for word, count in counts.items() if count}
    assert (
        view.words("d", 2, field="title") == sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:2]
    )


def test_vectors(view: View) -> None:
    encoder = HashedEncoder()
    everything = np.arange(12)
    (vector,) = encoder.encode_queries(["le travail des données"])
    compared = view.compare(vector)
    best, titles = compared.best(everything)
    for row, bookmark in enumerate(BOOKMARKS):
        passages = passages_of(bookmark)
        cosines = (encoder.encode_queries([item.embedded for item in passages]) @ vector).tolist()
        assert compared.passages(np.array([row]))[0] == pytest.approx(cosines, abs=1e-6)
        text = [cosine for cosine, item in zip(cosines, passages, strict=True) if item.kind != "title"]
        assert best[row] == pytest.approx(max(text or cosines), abs=1e-6)
        title = [cosine for cosine, item in zip(cosines, passages, strict=True) if item.kind == "title"]
        assert titles[row] == pytest.approx(max(title or cosines), abs=1e-6)
        assert compared.documents(np.array([row])) == pytest.approx(
            view.document_vectors(np.array([row]))[0] @ vector, abs=1e-6
        )
    own = np.maximum(best, titles) - compared.languages(everything)
    nearest = compared.nearest(5, allowed=None, depth=400, language_share=1.0)
    assert nearest.tolist() == sorted(sorted(range(12), key=lambda row: (-own[row], row))[:5])
    allowed = view.select(Filter(language="en"))
    english = compared.nearest(5, allowed=allowed, depth=400, language_share=1.0)
    assert english.tolist() == [row for row, item in enumerate(BOOKMARKS) if item.language == "en"]
    # Eight bookmarks are in French, so they have a mean of their own; three in English have none.
    assert compared.languages(np.array([2]))[0] == 0
    assert not math.isclose(compared.languages(np.array([0]))[0], 0)


def test_completions(view: View) -> None:
    assert view.completions("tra", 5)["tag"] == [("travail", 3)]
    assert view.completions("LE TRA", 5)["title"] == [("Le travail invisible des plateformes", 45)]
    assert view.completions("ca", 5)["contributor"] == [("Camille Roy", 3)]
    assert view.completions("autre", 5)["title"] == []
    assert view.completions("…", 5) == {}
