"""Which bookmarks the vector leg brings: on an exact index, those that a comparison of all would."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glane_indexer.index.protocol import Term
from glane_indexer.sample.load import queries
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Query
from glane_service.search.ranking.legs import EVERYTHING, TITLE_WEIGHT, idf, question_weights
from glane_service.search.ranking.parameters import Parameters

DEPTH = 7


@pytest.mark.parametrize("language", ["", "fr"])
def test_the_nearest_bookmarks_are_those_of_a_plain_comparison(
    sample_live: LiveEngine, language: str
) -> None:
    view, encoder = sample_live.engine.view, sample_live.engine.encoder
    engine = SearchEngine(view, encoder, Parameters(vector_depth=DEPTH))
    everything = np.arange(view.count)
    bookmarks = view.bookmarks(everything)
    for text in list(queries().values())[::8]:
        (vector,) = encoder.encode_queries([text])
        comparison = view.compare(vector)
        offsets, cosines = comparison.languages(everything), comparison.passages(everything)
        nearest = {
            row: max(np.float32(cosine) - offsets[row] for cosine in cosines[row])
            for row in everything.tolist()
            if not language or bookmarks[row].language == language
        }
        expected = sorted(nearest, key=lambda row: (-nearest[row], row))[:DEPTH]
        found = engine.candidates(Query(text, mode="vector", filters=Filters(language=language)))
        assert found.rows.tolist() == sorted(expected)


class Frequencies:
    """As much of a view as the weights of a question need: how many of ten bookmarks hold a word."""

    count = 10

    def __init__(self, **held: int) -> None:
        self.held = held

    def document_frequencies(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        found = [self.held.get(term.word, 0) if term.field == "text" else 0 for term in terms]
        return np.array(found, np.int64)


PARAMETERS = Parameters(exact_weight=0.3, folded_weight=0.1)


def test_the_most_that_words_can_score() -> None:
    # Of 10 bookmarks 2 hold the one word and none the other: ln(1 + 8.5 / 2.5) and ln(1 + 10.5 / 0.5),
    # times k1 + 1 = 2.2, times 1 + 0.3 + 0.1 for the three forms; no title holds either.
    _, bound = question_weights(Frequencies(haie=2), ("haie", "xyz"), EVERYTHING, PARAMETERS)  # type: ignore[arg-type]
    assert bound == pytest.approx(
        2.2 * (1.4 * (math.log(4.4) + math.log(22)) + 2 * TITLE_WEIGHT * math.log(22))
    )
    assert question_weights(Frequencies(), (), EVERYTHING, PARAMETERS) == ([], 0)  # type: ignore[arg-type]


def test_a_word_counts_by_all_of_its_forms() -> None:
    view: Any = Frequencies(données=2, donnees=4, donn=6)
    weights, _ = question_weights(view, ("données",), ("text",), PARAMETERS)
    by_form = {(term.field, term.form, term.word): weight for term, weight in weights}
    # Its stems count as the most common of them.
    assert by_form["text", "stem", "don"] == pytest.approx(idf(4, 10))
    assert by_form["text", "stem", "donnees"] == pytest.approx(idf(4, 10))
    assert by_form["text", "exact", "données"] == pytest.approx(0.3 * idf(2, 10))
    assert by_form["text", "folded", "donnees"] == pytest.approx(0.1 * idf(4, 10))
    # Beside everything the title has a word of its own.
    assert by_form["title", "stem", "don"] == pytest.approx(TITLE_WEIGHT * idf(0, 10))


def test_a_rarer_word_counts_more() -> None:
    weights = [idf(count, 100) for count in (0, 1, 10, 99, 100)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0
