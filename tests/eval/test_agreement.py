"""Agreement of judges, worked out by hand."""

from __future__ import annotations

import pytest

from glane_eval.agreement import agreement, cohen_kappa
from glane_indexer.catalog.judgments import Judgment


def test_kappa_worked_by_hand() -> None:
    # 20 and 15 of 50 equal: po = .7. Yes by 25 and by 30 of 50: pe = .5 · .6 + .5 · .4 = .5.
    first = [1] * 25 + [0] * 25
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert cohen_kappa(first, second) == pytest.approx((0.7 - 0.5) / 0.5)


def test_kappa_at_its_ends() -> None:
    assert cohen_kappa([0, 1, 2, 3], [0, 1, 2, 3]) == 1
    assert cohen_kappa([2, 2], [2, 2]) == 1
    assert cohen_kappa([0, 1], [1, 0]) == -1


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [1, 2])])
def test_kappa_needs_two_lists_of_the_same_results(first: list[int], second: list[int]) -> None:
    with pytest.raises(ValueError, match="two lists"):
        cohen_kappa(first, second)


def test_only_what_both_have_judged_counts() -> None:
    judgments = [Judgment("q", "x", "a", 3), Judgment("q", "y", "a", 0), Judgment("q", "x", "b", 3)]
    judgments.append(Judgment("p", "x", "c", 1))
    assert agreement(judgments) == [
        {"judges": ["a", "b"], "shared": 1, "kappa": 1.0},
        {"judges": ["a", "c"], "shared": 0, "kappa": None},
        {"judges": ["b", "c"], "shared": 0, "kappa": None},
    ]
