"""What the language of a text alone brings to its cosines, so that it can be taken off (pure).

An encoder of many languages puts the texts of each a little apart, so a question finds those in its own
language first, whatever they say. The mean vector of a language's bookmarks, less that of all, is that
little (Yang, Yang, Cer, Law and Darve, 2021, "Universal sentence representation learning with conditional
masked language model", remove it from the vectors; here the cosines are corrected, exactly alike).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# A language of fewer bookmarks has no mean of its own: what they say would weigh in it.
LEAST = 5
# As if each language had so many more bookmarks at the common mean.
SHRINKAGE = 5
_CHUNK = 10_000


def sums_of(vectors: NDArray[np.float16], codes: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """The sum of the vectors of each of ``count`` languages: float64 ``[count, d]``.

    Sums of half-precision numbers are exact in double precision (below 2^29 vectors), so those of a
    library are the same however it is cut into segments.
    """
    sums = np.zeros((count, vectors.shape[1]), np.float64)
    for start in range(0, len(codes), _CHUNK):
        part = np.asarray(vectors[start : start + _CHUNK], np.float64)
        np.add.at(sums, codes[start : start + _CHUNK], part)
    return sums


def axes(
    sums: NDArray[np.float64], counts: NDArray[np.int64], languages: Sequence[str]
) -> NDArray[np.float32]:
    """How each language lies beside the mean of all: float32 ``[languages, d]``.

    Args:
        sums: the sum of the vectors of its bookmarks.
        counts: how many these are.
        languages: their codes; "" is no language.
    """
    mean = sums.sum(axis=0) / max(1, counts.sum())
    shrunk = (sums + SHRINKAGE * mean) / (counts + SHRINKAGE)[:, None]
    settled = (counts >= LEAST) & np.array([bool(item) for item in languages], np.bool_)
    return np.asarray(np.where(settled[:, None], shrunk - mean, 0), np.float32)
