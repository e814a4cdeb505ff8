"""Which bookmarks the vector leg brings: on an exact index, those that a comparison of all would."""

from __future__ import annotations

import numpy as np
import pytest

from glane_indexer.sample.load import queries
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Query
from glane_service.search.ranking.languages import languages_of
from glane_service.search.ranking.parameters import Parameters

DEPTH = 7


@pytest.mark.parametrize("language", ["", "fr"])
def test_the_nearest_bookmarks_are_those_of_a_plain_comparison(
    sample_live: LiveEngine, language: str
) -> None:
    generation, encoder = sample_live.engine.generation, sample_live.engine.encoder
    assert generation.vectors.exact
    engine = SearchEngine(generation, encoder, Parameters(vector_depth=DEPTH))
    codes, values = generation.columns.languages()
    languages = languages_of(generation.document_vectors, codes, [bool(value) for value in values])
    everything = np.arange(len(codes))
    passages = np.arange(generation.vectors.count)
    for text in list(queries().values())[::8]:
        (vector,) = encoder.encode_queries([text])
        offsets = languages.offsets(vector, everything)
        nearest: dict[int, float] = {}
        for owner, cosine in zip(
            generation.rows.bookmark, generation.vectors.scores(vector, passages), strict=True
        ):
            if not language or values[codes[owner]] == language:
                value = float(cosine - offsets[owner])
                nearest[int(owner)] = max(value, nearest.get(int(owner), -2.0))
        expected = sorted(nearest, key=lambda row: (-nearest[row], row))[:DEPTH]
        found = engine.candidates(Query(text, mode="vector", filters=Filters(language=language)))
        assert found.rows.tolist() == sorted(expected)
