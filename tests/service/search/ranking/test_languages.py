"""What a language alone brings to cosines, on vectors made for it."""

from __future__ import annotations

import numpy as np
import pytest

from glane_service.search.ranking.languages import LEAST, SHRINKAGE, languages_of


def vectors(*rows: tuple[float, float]) -> np.ndarray:
    return np.array(rows, np.float16)


def test_one_language_has_no_offset() -> None:
    found = languages_of(vectors(*[(1, 0)] * 6, *[(0, 1)] * 6), np.zeros(12, np.int32), [True])
    assert found.offsets(np.array([1, 0], np.float32), np.arange(12)).tolist() == [0] * 12


def test_two_languages_lie_on_either_side_of_the_mean() -> None:
    codes = np.repeat(np.array([0, 1], np.int32), 5)
    found = languages_of(vectors(*[(1, 0)] * 5, *[(0, 1)] * 5), codes, [True, True])
    # The mean is (.5, .5). Of five bookmarks at (1, 0) and five at the mean: (.75, .25).
    assert SHRINKAGE == 5
    offsets = found.offsets(np.array([1, 0], np.float32), np.array([0, 9]))
    assert offsets == pytest.approx([0.25, -0.25])


def test_too_few_bookmarks_make_no_language_of_their_own() -> None:
    codes = np.array([0] * 6 + [1] * (LEAST - 1), np.int32)
    rows = vectors(*[(1, 0)] * 6, *[(0, 1)] * (LEAST - 1))
    found = languages_of(rows, codes, [True, True])
    assert found.offsets(np.array([0, 1], np.float32), np.array([6]))[0] == 0
    assert found.offsets(np.array([0, 1], np.float32), np.array([0]))[0] < 0


def test_an_unknown_language_is_none() -> None:
    codes = np.repeat(np.array([0, 1], np.int32), 6)
    found = languages_of(vectors(*[(1, 0)] * 6, *[(0, 1)] * 6), codes, [False, True])
    assert found.offsets(np.array([1, 0], np.float32), np.array([0]))[0] == 0
