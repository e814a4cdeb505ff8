"""Nearest passages: the exact search, and every approximate one beside its exact twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from glane_indexer.index.local import vectors as vectors_module
from glane_indexer.index.local.halves import single
from glane_indexer.index.local.vectors import PassageVectors, codes_of, cosines

DIMENSIONS = 64
Floats = NDArray[np.float32]


def unit(count: int, seed: int = 1) -> Floats:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def opened(vectors: Floats) -> PassageVectors:
    return PassageVectors(vectors, codes_of(vectors))


def nearest(vectors: Floats, vector: Floats, k: int, rows: NDArray[np.int64] | None = None) -> list[int]:
    """The twin: plain numpy."""
    chosen = np.arange(len(vectors)) if rows is None else rows
    scores = vectors[chosen] @ vector
    return chosen[np.lexsort((chosen, -scores))][:k].tolist()


# Exact


def test_few_passages_are_searched_exactly() -> None:
    vectors, queries = unit(400), unit(20, seed=2)
    index = opened(vectors)
    assert index.exact
    assert index.count == 400
    for query in queries:
        scores, rows = index.search(query, 10)
        assert rows.tolist() == nearest(vectors, query, 10)
        np.testing.assert_allclose(scores, vectors[rows] @ query, atol=1e-6)


def test_ties_are_in_order_of_row() -> None:
    one, two = np.eye(2, DIMENSIONS, dtype=np.float32)
    index = opened(np.stack([two, one, two, one, one, two, one]))
    scores, rows = index.search(one, 3)
    assert rows.tolist() == [1, 3, 4]
    assert scores.tolist() == [1, 1, 1]
    assert index.search(one, 7)[1].tolist() == [1, 3, 4, 6, 0, 2, 5]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.4, 0.9, 1.0])
def test_a_filter_is_exact(share: float) -> None:
    vectors = unit(400)
    index = opened(vectors)
    allowed = np.random.default_rng(3).random(400) < share
    for query in unit(5, seed=2):
        _, rows = index.search(query, 10, allowed)
        assert rows.tolist() == nearest(vectors, query, 10, np.flatnonzero(allowed))


def test_more_than_there_are() -> None:
    index = opened(unit(5))
    assert len(index.search(unit(1)[0], 100)[1]) == 5
    assert len(index.search(unit(1)[0], 0)[1]) == 0


def test_no_passages_at_all() -> None:
    index = opened(np.zeros((0, DIMENSIONS), np.float32))
    scores, rows = index.search(unit(1)[0], 10)
    assert (len(scores), len(rows), index.count) == (0, 0, 0)
    assert index.search(unit(1)[0], 10, np.zeros(0, np.bool_))[1].tolist() == []
    assert index.scores(unit(1)[0], np.empty(0, np.int64)).tolist() == []


@pytest.mark.parametrize("rows", [[3, 1, 3], list(range(399, -1, -1)), []])
def test_scores_are_in_the_order_of_the_rows(rows: list[int]) -> None:
    vectors, query = unit(400), unit(1, seed=2)[0]
    found = opened(vectors).scores(query, np.array(rows, np.int64))
    np.testing.assert_allclose(found, vectors[np.array(rows, int)] @ query, atol=1e-6)


# Approximate


@pytest.fixture(scope="module", params=["scan", "cells"])
def large(request: pytest.FixtureRequest) -> Iterator[PassageVectors]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors_module, "EXACT_PASSAGES", 500)
        patch.setattr(vectors_module, "FILTERED_EXACT", 400)
        patch.setattr(vectors_module, "LEAST_REFINED", 150)
        if request.param == "cells":
            patch.setattr(vectors_module, "CELLED_PASSAGES", 3000)
            patch.setattr(vectors_module, "CELLS", 16)
            patch.setattr(vectors_module, "PROBES", 12)
        index = opened(unit(3000))
        cells = getattr(faiss.downcast_index(index._codes), "nlist", 1)
        assert cells == (16 if request.param == "cells" else 1)
        yield index


def recall(index: PassageVectors, k: int, share: float = 1.0) -> float:
    vectors = unit(3000)
    allowed = np.random.default_rng(3).random(3000) < share if share < 1 else None
    found = 0
    queries = unit(50, seed=2)
    for query in queries:
        rows = index.search(query, k, allowed)[1].tolist()
        assert len(rows) == len(set(rows)) == k
        if allowed is not None:
            assert allowed[rows].all()
        best = nearest(vectors, query, k, None if allowed is None else np.flatnonzero(allowed))
        found += len({*rows} & {*best})
    return found / (k * len(queries))


def test_many_passages_are_nearly_all_found(large: PassageVectors) -> None:
    assert not large.exact
    assert large.count == 3000
    assert recall(large, 10) >= 0.9
    assert recall(large, 100) >= 0.9


def test_what_is_filtered_to_few_is_found_exactly(large: PassageVectors) -> None:
    assert recall(large, 10, share=0.01) == 1


def test_what_is_filtered_to_many_is_nearly_all_found_and_never_fewer(large: PassageVectors) -> None:
    assert recall(large, 10, share=0.5) >= 0.9
    # Of 16 cells 12 are searched, and chance has not put the vectors into any.
    assert recall(large, 200, share=0.2) >= 0.8


def test_a_filter_against_the_question_still_gives_all_it_allows(large: PassageVectors) -> None:
    vectors, query = unit(3000), unit(1, seed=2)[0]
    # The farthest sixth: a scan finds none of it.
    farthest = np.argsort(vectors @ query)[:500]
    allowed = np.zeros(3000, np.bool_)
    allowed[farthest] = True
    _, rows = large.search(query, 10, allowed)
    assert set(rows.tolist()) <= set(farthest.tolist())
    assert rows.tolist() == nearest(vectors, query, 10, np.sort(farthest))


def test_several_segments_are_searched_as_one(large: PassageVectors) -> None:
    small = unit(300, seed=5)
    every = np.concatenate([unit(3000), small])
    parts = [large, opened(small)]
    few = np.random.default_rng(3).random(3300) < 0.05
    found = 0
    for query in unit(20, seed=2):
        scores, rows = vectors_module.nearest(parts, query, 10, [None, None])
        np.testing.assert_allclose(scores, every[rows] @ query, atol=1e-4)
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        found += len({*rows.tolist()} & {*nearest(every, query, 10)})
        # What is filtered to few is compared whole, in all segments.
        _, rows = vectors_module.nearest(parts, query, 10, [few[:3000], few[3000:]])
        assert rows.tolist() == nearest(every, query, 10, np.flatnonzero(few))
    assert found >= 0.9 * 200


def test_all_allowed_is_no_filter(large: PassageVectors) -> None:
    query = unit(1, seed=2)[0]
    with_mask = large.search(query, 10, np.ones(3000, np.bool_))[1].tolist()
    assert with_mask == large.search(query, 10)[1].tolist()


def test_approximate_answers_are_in_order_with_true_cosines(large: PassageVectors) -> None:
    vectors = unit(3000)
    for query in unit(10, seed=2):
        scores, rows = large.search(query, 20)
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        np.testing.assert_allclose(scores, vectors[rows] @ query, atol=1e-6)
        np.testing.assert_allclose(large.scores(query, rows), scores, atol=1e-6)


def test_an_approximate_index_answers_alike_each_time(large: PassageVectors) -> None:
    query = unit(1, seed=2)[0]
    assert large.search(query, 50)[1].tolist() == large.search(query, 50)[1].tolist()


# The file


def test_halves_are_turned_into_singles_exactly() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    assert (single(finite) == finite.astype(np.float32)).all()
    assert single(np.ones(3, np.float32)).tolist() == [1, 1, 1]


def test_half_precision_costs_no_more_than_a_ten_thousandth() -> None:
    vectors, (query,) = unit(1000), unit(1, seed=2)
    halves = vectors.astype(np.float16)
    np.testing.assert_allclose(cosines(halves, query), vectors @ query, atol=1e-4)
    rows = np.array([999, 3, 3, 500])
    np.testing.assert_allclose(cosines(halves, query, rows), cosines(halves, query)[rows], atol=1e-7)


@pytest.mark.parametrize("precision", [np.float32, np.float16])
def test_a_cosine_does_not_depend_on_the_rows_around_it(precision: type[np.floating[Any]]) -> None:
    vectors, (query,) = unit(1000).astype(precision), unit(1, seed=2)
    whole = cosines(vectors, query)
    for start, count in ((0, 1), (1, 2), (3, 5), (17, 100), (993, 7)):
        assert (
            cosines(vectors[start : start + count], query).tolist() == whole[start : start + count].tolist()
        )
