"""From rows to results: the passage that is shown, what is marked in it, and why it was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.protocol import View
from glane_indexer.models import Annotation, Bookmark
from glane_service.search.close_reading import CloseReader
from glane_service.search.presentation import MIDDLE_ANNOTATIONS, Presenter, Reasons
from glane_service.search.query import View as Shown
from glane_service.search.ranking.candidates import Candidates, Floats
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import Question
from glane_service.search.reading import Readings
from glane_service.search.results import Hit, KeywordWhy, VectorWhy, Why
from tests.support import little
from tests.support.hashed import HashedEncoder

LONG = "Une phrase de remplissage qui ne dit rien de particulier. " * 20
LAST = "Le pangolin dort le jour."
MORE = Bookmark(
    id="c01",
    title="Bêtes",
    language="fr",
    annotations=(Annotation(f"{LONG}{LAST}", id="long"), Annotation("", "Une note seule", id="note")),
)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    lines = little.LINES + little.jsonl.dump(MORE).encode() + b"\n"
    library: Path = little.make(tmp_path_factory.mktemp("shown") / "library", HashedEncoder(), lines)
    return open_view(Generation.open(library), "public")


def hits(
    of: View,
    words: tuple[str, ...],
    *rows: int,
    vector: Floats | None = None,
    view: Shown = "simple",
    why: Why | None = None,
) -> tuple[Hit, ...]:
    reader = CloseReader(Readings(of), words, None if vector is None else of.compare(vector))
    scores = np.linspace(1, 0.5, len(rows), dtype=np.float32)
    places = np.array(rows, np.int64)
    return Presenter(reader).hits(places, scores, [why or Why()] * len(rows), view=view, first_rank=7)


def marked(hit: Hit) -> list[str]:
    return [hit.passage.text[start:end] for start, end in hit.passage.highlights]


def test_hits_keep_the_order_of_their_rows(view: View) -> None:
    found = hits(view, ("travail",), 4, 0, 2)
    assert [(hit.rank, hit.bookmark.id) for hit in found] == [(7, "b05"), (8, "b01"), (9, "b03")]
    assert [hit.score for hit in found] == [1, 0.75, 0.5]
    assert hits(view, ("travail",)) == ()


def test_the_passage_with_most_of_the_words_is_shown(view: View) -> None:
    (hit,) = hits(view, ("protection", "sociale"), 0)
    assert (hit.passage.kind, hit.passage.annotation_id) == ("annotation", "a2")
    assert hit.passage.text == "La protection sociale devrait couvrir aussi les données."
    assert hit.passage.highlights == ((3, 13), (14, 21))


def test_a_rare_word_says_more_than_a_common_one(view: View) -> None:
    # "travail" is in five bookmarks, "rente" in one.
    (hit,) = hits(view, ("travail", "rente"), 0)
    assert hit.passage.annotation_id == "a4"
    assert marked(hit) == ["rente"]


def test_a_description_can_be_it(view: View) -> None:
    (hit,) = hits(view, ("farine",), 4)
    assert (hit.passage.kind, hit.passage.annotation_id) == ("description", "")
    assert hit.passage.text == "Farine, eau, sel et patience."
    assert hit.passage.highlights == ((0, 6),)


def test_a_title_is_shown_where_it_alone_has_the_words(view: View) -> None:
    (hit,) = hits(view, ("recette",), 4)
    assert (hit.passage.kind, hit.passage.text) == ("title", "Recette du pain au levain")
    assert marked(hit) == ["Recette"]


def test_a_bookmark_that_is_a_title_shows_it(view: View) -> None:
    (hit,) = hits(view, ("travail",), 11)
    assert (hit.passage.kind, hit.passage.text, hit.passage.highlights) == ("title", "Notes", ())


def test_the_vector_chooses_where_the_words_do_not(view: View) -> None:
    vector = HashedEncoder().encode_queries(["une régulation européenne est possible à cette échelle"])[0]
    (hit,) = hits(view, (), 0, vector=vector)
    assert hit.passage.annotation_id == "a3"
    assert hit.passage.highlights == ()


def test_of_a_long_annotation_the_piece_that_says_it_is_shown(view: View) -> None:
    (hit,) = hits(view, ("pangolin",), 12)
    assert hit.passage.annotation_id == "long"
    assert hit.passage.text.rstrip().endswith(LAST)
    assert hit.passage.text in MORE.annotations[0].text
    assert len(hit.passage.text) < len(LONG)
    assert marked(hit) == ["pangolin"]


@pytest.mark.parametrize(
    ("shown_as", "shown"),
    [("simple", []), ("middle", ["a1", "a3", "a4"]), ("full", ["a1", "a2", "a3", "a4", "a5"])],
)
def test_what_a_view_shows_beside_the_passage(view: View, shown_as: Shown, shown: list[str]) -> None:
    (hit,) = hits(view, ("protection", "sociale"), 0, view=shown_as)
    assert hit.passage.annotation_id == "a2"
    assert [item.id for item in hit.annotations] == shown
    assert len(shown) in (0, MIDDLE_ANNOTATIONS, 5)
    assert len(hit.bookmark.annotations) == 5


def test_the_terms_are_those_that_some_part_holds(view: View) -> None:
    why = Why(KeywordWhy(2, 4.5), VectorWhy(1, 0.5))
    words = ("travail", "relire", "absent", "revue", "droit")
    (hit,) = hits(view, words, 0, why=why)
    # In an annotation, in a note, nowhere, in the url, in a tag; in the order of the question.
    assert hit.why.keyword == KeywordWhy(2, 4.5, ("travail", "relire", "revue", "droit"))
    assert hit.why.vector == VectorWhy(1, 0.5)
    (hit,) = hits(view, words, 0, why=Why(None, VectorWhy(1, 0.5)))
    assert hit.why == Why(None, VectorWhy(1, 0.5))


def test_a_candidate_is_ranked_by_each_leg_apart() -> None:
    scores = np.array([2, 0, 4, 2], np.float32)
    cosines = np.array([0.5, 0.9, 0.5, 0.1], np.float32)
    rows = np.array([1, 4, 7, 9], np.int64)
    nothing = np.zeros(4, np.float32)
    question = Question((), (), 8.0, 1.0, 0.0)
    found = Candidates(rows, question, scores, *([cosines] * 3), *([nothing] * 5), density=0.0)
    expected = {
        1: Why(KeywordWhy(2, 2.0), VectorWhy(2, 0.5)),
        4: Why(None, VectorWhy(1, pytest.approx(0.9))),
        7: Why(KeywordWhy(1, 4.0), VectorWhy(3, 0.5)),
        9: Why(KeywordWhy(3, 2.0), VectorWhy(4, pytest.approx(0.1))),
    }
    both = Reasons(found, Parameters(), vector=True)
    assert both.of(rows) == [expected[row] for row in (1, 4, 7, 9)]
    assert both.of(np.array([9, 1], np.int64)) == [expected[9], expected[1]]
    assert both.of(rows[:0]) == []
    words_alone = Reasons(found, Parameters(), vector=False).of(rows)
    assert [why.keyword for why in words_alone] == [expected[row].keyword for row in (1, 4, 7, 9)]
    assert [why.vector for why in words_alone] == [None] * 4
