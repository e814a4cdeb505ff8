"""A library on Qdrant answers like the same library on this disk, and its public like its public alone.

Each library is drawn from its number, changed and published on the way. ``GLANE_SEQUENCES=300``
compares three hundred. Qdrant's own code (Edge) writes to the disk at every step, so every fourth
library is on it and the others in the client's local mode; ``GLANE_QDRANT=edge`` has them all on it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.index import merge
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.qdrant import comparison, sparse_leg
from glane_indexer.index.qdrant.publishing import publish
from glane_service.search.engine import SearchEngine
from glane_service.search.ranking.parameters import Parameters
from tests.conftest import QDRANT, SEQUENCES
from tests.service.search.test_exactness import QUERIES, VIEWERS, Sequence, answers, answers_of
from tests.support.qdrant import NAMES, STORES, published_view

# Every day one on each store, of which the second searches as a large library would.
SEEDS = range(SEQUENCES) if SEQUENCES > 4 else (0, 3)


def store_of(seed: int, folder: Path) -> Any:
    return STORES[QDRANT or ("edge" if seed % 4 == 3 else "local mode")](folder)


def same(one: tuple[list[Any], list[float]], other: tuple[list[Any], list[float]]) -> bool:
    return one[0] == other[0] and one[1] == pytest.approx(other[1], abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_qdrant_answers_like_the_local_index(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "FANOUT", 2 + seed % 4)
    sequence = Sequence(tmp_path, 5000 + seed)
    store = store_of(seed, tmp_path)
    parameters = Parameters()
    if seed % 2:
        # As in a library that is large beside what is fetched: no short cuts, and every leg stops early.
        for module in (sparse_leg, comparison):
            monkeypatch.setattr(module, "FEW", 0)
        monkeypatch.setattr(sparse_leg, "MORE", 0)
        parameters = Parameters(keyword_depth=5, vector_depth=6, passage_depth=3)
    # Twice on the way, so that points of earlier generations lie beside those that answer.
    for _ in range(2):
        sequence.run(5)
        publish(sequence.library, store, NAMES.library)
    sequence.run(4)
    for viewer in VIEWERS:
        local = open_view(Generation.open(sequence.library), viewer)
        remote = published_view(sequence.library, store, viewer)
        expected, found = (answers_of(view, sequence.encoder, parameters) for view in (local, remote))
        assert same(found, expected)
    store.close()


def test_the_public_gets_what_a_library_of_public_bookmarks_answers(tmp_path: Path) -> None:
    sequence = Sequence(tmp_path, 6000)
    sequence.run(12)
    store = STORES["local mode"](tmp_path)
    found = answers_of(published_view(sequence.library, store), sequence.encoder)
    with Catalog.open(sequence.library) as catalog:
        private = [item.id for item in catalog.bookmarks() if item.visibility == "private"]
        catalog.delete(private)
    assert private
    assert same(found, answers(sequence.from_scratch(tmp_path), sequence.encoder, "public"))


def test_products_of_qdrant_differ_from_ours_by_rounding_alone(tmp_path: Path) -> None:
    """Where a library is too large to multiply here: near ties may change places, nothing else."""
    sequence = Sequence(tmp_path, 6001)
    sequence.run(14)
    local = SearchEngine(open_view(Generation.open(sequence.library), "public"), sequence.encoder)
    view = published_view(sequence.library, STORES["local mode"](tmp_path), exact=False)
    remote = SearchEngine(view, sequence.encoder)
    for query in QUERIES:
        expected, found = (engine.search(replace(query, per_page=100)) for engine in (local, remote))
        scores = {hit.bookmark.id: hit.score for hit in expected.hits}
        assert {hit.bookmark.id: hit.score for hit in found.hits} == pytest.approx(scores, abs=1e-5)
        assert (found.total, found.facets) == (expected.total, expected.facets)
        if query.sort == "relevance" and query.text:
            own = np.array([scores[hit.bookmark.id] for hit in found.hits])
            assert (np.diff(own) <= 1e-5).all()
