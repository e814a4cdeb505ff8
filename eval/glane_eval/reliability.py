"""Is a confidence of .8 right in four of five cases? (pure)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glane_indexer.errors import DatasetError

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """The results whose confidence is in ``(low, high]``: how many, how sure on average, how many right."""

    low: float
    high: float
    count: int
    confidence: float
    relevant: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """``error`` is the expected calibration error of all results, ``first`` that of each answer's first.

    ``bins`` are those of all results that hold any.
    """

    results: int
    error: float
    first: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers, rounded."""
        rounded = [{name: round(value, 6) for name, value in asdict(part).items()} for part in self.bins]
        return {
            "results": self.results,
            "error": round(self.error, 6),
            "first": round(self.first, 6),
            "bins": rounded,
        }


def measure(answers: Sequence[Sequence[tuple[float, bool]]]) -> Reliability:
    """How far the confidences of results are from the share of them that is relevant.

    Args:
        answers: of each question the results shown, best first: how sure, and whether judged relevant.

    Raises:
        DatasetError: no result has a confidence.
    """
    everything = [pair for answer in answers for pair in answer]
    first = [answer[0] for answer in answers if answer]
    bins = binned(everything)
    return Reliability(len(everything), expected_error(bins), expected_error(binned(first)), bins)


def binned(pairs: Sequence[tuple[float, bool]], bins: int = BINS) -> tuple[Bin, ...]:
    """Confidences in bins of equal width, ``[0, 1/15]``, ``(1/15, 2/15]``, …; empty ones are left out.

    Raises:
        DatasetError: there are no pairs.
    """
    if not pairs:
        raise DatasetError("no result has a confidence")
    sure = np.array([confidence for confidence, _ in pairs], float)
    right = np.array([relevant for _, relevant in pairs], float)
    places = np.clip(np.ceil(sure * bins - 1e-9).astype(int) - 1, 0, bins - 1)
    found = []
    for place in np.unique(places).tolist():
        inside = places == place
        found.append(
            Bin(
                place / bins,
                (place + 1) / bins,
                int(inside.sum()),
                float(sure[inside].mean()),
                float(right[inside].mean()),
            )
        )
    return tuple(found)


def expected_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: the mean gap between confidence and share of right ones, each bin
    weighed by its results (Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017)."""
    total = sum(part.count for part in bins)
    return sum(part.count * abs(part.confidence - part.relevant) for part in bins) / total
