"""The small segments of a view as one: many little lookups would cost a question more than a large one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local import words
from glane_indexer.index.local.arrays import part
from glane_indexer.index.local.segment_words import SegmentWords

if TYPE_CHECKING:
    from glane_indexer.index.segment import Segment

# Segments of so many bookmarks are small. To join all that a library has of them takes some milliseconds.
SMALL = 512

Rows = NDArray[np.int64]


def joined_words(parts: Sequence[tuple[Segment, Rows]]) -> list[tuple[SegmentWords, Rows]]:
    """The words of segments, those of all small ones together, and the row in the view of each row.

    Args:
        parts: the segments, and of each of their rows that of the view, or -1.
    """
    small = [(segment, own) for segment, own in parts if len(own) <= SMALL]
    if len(small) < 2:
        return [(segment.words, own) for segment, own in parts]
    rows = np.sort(np.concatenate([own[own >= 0] for _, own in small]))
    arrays = words.merge(
        [
            (part(segment.arrays, "words"), np.where(own >= 0, np.searchsorted(rows, own), -1))
            for segment, own in small
        ],
        len(rows),
    )
    large = [(segment.words, own) for segment, own in parts if len(own) > SMALL]
    return [*large, (SegmentWords(arrays), rows)]
