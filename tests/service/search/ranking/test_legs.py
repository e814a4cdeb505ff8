"""Which bookmarks the vector leg brings: on an exact index, those that a comparison of all would."""

from __future__ import annotations

import numpy as np
import pytest

from glane_indexer.sample.load import queries
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Query
from glane_service.search.ranking.parameters import Parameters

DEPTH = 7


@pytest.mark.parametrize("language", ["", "fr"])
def test_the_nearest_bookmarks_are_those_of_a_plain_comparison(
    sample_live: LiveEngine, language: str
) -> None:
    view, encoder = sample_live.engine.view, sample_live.engine.encoder
    engine = SearchEngine(view, encoder, Parameters(vector_depth=DEPTH, line=0))
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
        found = engine.candidates(
            Query(text, mode="vector", filters=Filters(language=language), as_typed=True)
        )
        assert found.rows.tolist() == sorted(expected)
