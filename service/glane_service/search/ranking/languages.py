"""What the language of a text alone brings to its cosines, so that it can be taken off.

An encoder of many languages puts the texts of each a little apart, so a question finds those in its own
language first, whatever they say. The mean vector of a language's bookmarks, less that of all, is that
little (Yang, Yang, Cer, Law and Darve, 2021, "Universal sentence representation learning with conditional
masked language model", remove it from the vectors; here the cosines are corrected, exactly alike).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glane_service.search.ranking.candidates import Floats, Rows

# A language of fewer bookmarks has no mean of its own: what they say would weigh in it.
LEAST = 5
# As if each language had so many more bookmarks at the common mean.
SHRINKAGE = 5
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Languages:
    """Of each bookmark its language, and of each language how it lies beside the mean of all."""

    codes: NDArray[np.int32]
    axes: Floats

    def offsets(self, vector: Floats, rows: Rows) -> Floats:
        """What each bookmark's language alone adds to its cosine with a vector."""
        return np.asarray((self.axes @ vector)[self.codes[rows]], np.float32)


def languages_of(vectors: NDArray[np.float16], codes: NDArray[np.int32], known: list[bool]) -> Languages:
    """The languages of a library.

    Args:
        vectors: one row a bookmark.
        codes: the language of each, an index into ``known``.
        known: whether a code is a language at all.
    """
    sums = np.zeros((len(known), vectors.shape[1]), np.float32)
    for start in range(0, len(codes), _CHUNK):
        part = np.asarray(vectors[start : start + _CHUNK], np.float32)
        np.add.at(sums, codes[start : start + _CHUNK], part)
    counts = np.bincount(codes, minlength=len(known))
    mean = sums.sum(axis=0) / max(1, len(codes))
    shrunk = (sums + SHRINKAGE * mean) / (counts + SHRINKAGE)[:, None]
    settled = (counts >= LEAST) & np.array(known, np.bool_)
    return Languages(codes, np.asarray(np.where(settled[:, None], shrunk - mean, 0), np.float32))
