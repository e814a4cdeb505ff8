"""Tests of whether a difference between two rankings could be chance (pure).

All work on the paired differences, one a query.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FLIPS = 10_000
# Sums of the same differences in another order differ in their last bits; they must still count as equal.
_EQUAL = 1e-12


def randomisation_p(
    differences: Sequence[float], *, seed: int = 0, flips: int = FLIPS, one_sided: bool = False
) -> float:
    """Fisher's randomisation test of paired differences (Smucker, Allan and Carterette, CIKM 2007).

    Were both rankings alike, each query's difference could as well have the other sign. The p value is
    the share of random sign patterns whose mean is at least as far from 0 as the one seen, with one
    added to both counts (Phipson and Smyth 2010), so it is never 0.

    Args:
        differences: one a query.
        seed: equal seeds give equal p values.
        flips: how many sign patterns are drawn.
        one_sided: True to ask only for means at least as high as the one seen.

    Returns:
        the p value, from 1 / (flips + 1) to 1; 1 where nothing differs.
    """
    moved = np.array([difference for difference in differences if difference], dtype=np.float64)
    if not len(moved):
        return 1.0
    total = float(moved.sum())
    bound = (total if one_sided else abs(total)) - _EQUAL * float(np.abs(moved).sum())
    rng = np.random.default_rng(seed)
    # At most about 2 million signs at a time: 16 MB once they are floats.
    rows = max(1, 2_000_000 // len(moved))
    as_far = 0
    for start in range(0, flips, rows):
        kept = rng.integers(0, 2, (min(rows, flips - start), len(moved)), dtype=np.int8)
        sums = 2 * (kept @ moved) - total
        as_far += int(np.count_nonzero((sums if one_sided else np.abs(sums)) >= bound))
    return (as_far + 1) / (flips + 1)


def t_test_p(differences: Sequence[float]) -> float:
    """Student's paired t test, two-sided.

    Returns:
        the p value. Where all differences are equal there is no variance to compare with: 1 if they are
        all 0, else 0. With fewer than two queries nothing can be said: 1.
    """
    if len(differences) < 2:
        return 1.0
    if np.ptp(differences) < _EQUAL:
        return 1.0 if abs(differences[0]) < _EQUAL else 0.0
    from scipy.stats import ttest_rel

    return float(ttest_rel(differences, np.zeros(len(differences))).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction for making several comparisons at once (Holm 1979), in the order given.

    The smallest of m values is multiplied by m, the next by m - 1, and so on; none becomes smaller than
    one before it, none larger than 1.
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected
