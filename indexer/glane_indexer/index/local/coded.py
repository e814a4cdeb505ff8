"""A column of values that many bookmarks share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.words import spans

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coded:
    """Values by row: ``codes`` int32 into the sorted ``values``; "" means that there is none.

    ``rows`` says whose each code is; None where there is one a bookmark, in order.
    """

    values: list[str]
    codes: NDArray[np.int32]
    rows: Rows | None = None

    def counts(self, chosen: Mask | None = None) -> NDArray[np.int64]:
        """How many of the chosen bookmarks have each value."""
        codes = self.codes
        if chosen is not None:
            codes = codes[chosen if self.rows is None else chosen[self.rows]]
        return np.bincount(codes, minlength=len(self.values))

    def among(self, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
        """The codes that a few bookmarks (rows ascending) have, ascending, with how many have each."""
        if self.rows is None:
            return np.unique(self.codes[rows], return_counts=True)
        first, last = np.searchsorted(self.rows, rows), np.searchsorted(self.rows, rows, side="right")
        return np.unique(self.codes[spans(first, last - first)], return_counts=True)

    def having(self, accepted: Sequence[int], count: int) -> Mask:
        """Which of ``count`` bookmarks have a value with one of these codes."""
        wanted = np.zeros(max(1, len(self.values)), np.bool_)
        wanted[list(accepted)] = True
        if self.rows is None:
            return wanted[self.codes]
        held = np.zeros(count, np.bool_)
        held[self.rows[wanted[self.codes]]] = True
        return held
