"""What a language alone brings to cosines, on vectors made for it."""

from __future__ import annotations

import numpy as np
import pytest

from glane_indexer.index.local.languages import LEAST, SHRINKAGE, axes, sums_of


def offsets(vector: tuple[float, float], *groups: tuple[str, int, tuple[float, float]]) -> dict[str, float]:
    """What each language adds, in a library of so many bookmarks of each at one vector."""
    rows = np.array([row for _, count, row in groups for _ in range(count)], np.float16)
    codes = np.repeat(np.arange(len(groups), dtype=np.int32), [count for _, count, _ in groups])
    languages = [language for language, _, _ in groups]
    counts = np.bincount(codes, minlength=len(groups))
    found = axes(sums_of(rows, codes, len(groups)), counts, languages)
    return dict(zip(languages, (found @ np.array(vector, np.float32)).tolist(), strict=True))


def test_one_language_has_no_offset() -> None:
    assert offsets((1, 0), ("fr", 6, (1, 0))) == {"fr": 0}


def test_two_languages_lie_on_either_side_of_the_mean() -> None:
    # The mean is (.5, .5). Of five bookmarks at (1, 0) and five at the mean: (.75, .25).
    assert SHRINKAGE == 5
    found = offsets((1, 0), ("fr", 5, (1, 0)), ("en", 5, (0, 1)))
    assert found == {"fr": pytest.approx(0.25), "en": pytest.approx(-0.25)}


def test_too_few_bookmarks_make_no_language_of_their_own() -> None:
    found = offsets((0, 1), ("fr", 6, (1, 0)), ("en", LEAST - 1, (0, 1)))
    assert found["en"] == 0
    assert found["fr"] < 0


def test_an_unknown_language_is_none() -> None:
    assert offsets((1, 0), ("", 6, (1, 0)), ("fr", 6, (0, 1)))[""] == 0


def test_sums_are_the_same_in_whatever_parts_they_are_added() -> None:
    rows = np.random.default_rng(0).standard_normal((999, 8)).astype(np.float16)
    codes = np.zeros(999, np.int32)
    whole = sums_of(rows, codes, 1)
    backwards = sum(
        sums_of(rows[start : start + 100], codes[start : start + 100], 1) for start in range(900, -1, -100)
    )
    assert (whole == backwards).all()
