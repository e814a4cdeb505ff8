"""Where each passage is from: one place a passage, and one span a bookmark, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Arrays
from glane_indexer.models import Bookmark, Passage, PassageKind

KINDS: tuple[PassageKind, ...] = ("title", "description", "annotation")
TITLE = KINDS.index("title")


def build(bookmarks: Sequence[Bookmark], passages: Sequence[Sequence[Passage]]) -> Arrays:
    """The arrays of some bookmarks and the passages of each, which stand together in their order.

    Of ``n`` passages: ``kind`` uint8, ``annotation`` int32 (its place in the bookmark, -1 for none),
    ``start`` and ``length`` int32 (code points of the source text). ``last`` int64: where the passages of
    each bookmark end.
    """
    flat: list[tuple[int, int, int, int]] = []
    for bookmark, group in zip(bookmarks, passages, strict=True):
        place = {annotation.id: number for number, annotation in enumerate(bookmark.annotations)}
        flat += [
            (KINDS.index(item.kind), place.get(item.annotation_id, -1), item.start, len(item.text))
            for item in group
        ]
    columns = np.array(flat, np.int32).reshape(-1, 4)
    return {
        "kind": columns[:, 0].astype(np.uint8),
        "annotation": columns[:, 1],
        "start": columns[:, 2],
        "length": columns[:, 3],
        "last": np.cumsum([len(group) for group in passages], dtype=np.int64),
    }


def take(arrays: Mapping[str, NDArray[Any]], places: NDArray[np.int64]) -> Arrays:
    """The arrays of some passages, without their spans."""
    return {name: arrays[name][places] for name in ("kind", "annotation", "start", "length")}
