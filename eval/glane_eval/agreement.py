"""How far judges agree (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from glane_indexer.catalog.judgments import Judgment


def cohen_kappa(first: Sequence[int], second: Sequence[int]) -> float:
    """Cohen's kappa of two judges' grades of the same results (Cohen, 1960).

    ``(po - pe) / (1 - pe)``: the share of equal grades, po, beyond the share to expect of judges who
    give their grades at random, pe. 1 is full agreement, 0 what chance would give; where both judges
    gave one and the same grade to everything it is 1.

    Raises:
        ValueError: the sequences are empty or of different lengths.
    """
    if len(first) != len(second) or not first:
        raise ValueError("kappa needs two lists of grades of the same results")
    total = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / total
    left, right = Counter(first), Counter(second)
    expected = sum(left[grade] * right[grade] for grade in left) / total**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def agreement(judgments: Sequence[Judgment]) -> list[dict[str, Any]]:
    """For every two judges: how many results both have judged, and kappa over those (None for none)."""
    by_judge: dict[str, dict[tuple[str, str], int]] = {}
    for item in judgments:
        by_judge.setdefault(item.judge, {})[item.question, item.bookmark] = item.grade
    rows = []
    for first, second in combinations(sorted(by_judge), 2):
        shared = sorted(by_judge[first].keys() & by_judge[second].keys())
        grades = [[by_judge[judge][key] for key in shared] for judge in (first, second)]
        kappa = round(cohen_kappa(*grades), 4) if shared else None
        rows.append({"judges": [first, second], "shared": len(shared), "kappa": kappa})
    return rows
