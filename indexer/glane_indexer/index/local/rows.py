"""Where each passage is from: one row a passage, and one a bookmark, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glane_indexer.models import Bookmark, Passage

TITLE, DESCRIPTION, ANNOTATION = 0, 1, 2
_KINDS = {"title": TITLE, "description": DESCRIPTION, "annotation": ANNOTATION}


@dataclass(frozen=True, slots=True)
class PassageRows:
    """Passages stand together by bookmark, in their order; bookmarks are in order of id.

    Of ``n`` passages: ``bookmark`` int32, ``kind`` uint8, ``annotation`` int32 (its place in the
    bookmark, -1 for none), ``start`` and ``length`` int32 (code points of the source text). Of ``m``
    bookmarks: ``first`` and ``last`` int32, the span of its passages.
    """

    bookmark: NDArray[np.int32]
    kind: NDArray[np.uint8]
    annotation: NDArray[np.int32]
    start: NDArray[np.int32]
    length: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]

    @classmethod
    def of(cls, bookmarks: Sequence[Bookmark], passages: Sequence[Sequence[Passage]]) -> PassageRows:
        """The rows of bookmarks and the passages of each."""
        lengths = np.array([len(group) for group in passages], np.int32)
        last = np.cumsum(lengths, dtype=np.int32)
        flat: list[tuple[int, int, int, int]] = []
        for bookmark, group in zip(bookmarks, passages, strict=True):
            place = {annotation.id: number for number, annotation in enumerate(bookmark.annotations)}
            flat += [
                (_KINDS[item.kind], place.get(item.annotation_id, -1), item.start, len(item.text))
                for item in group
            ]
        columns = np.array(flat, np.int32).reshape(-1, 4)
        return cls(
            bookmark=np.repeat(np.arange(len(bookmarks), dtype=np.int32), lengths),
            kind=columns[:, 0].astype(np.uint8),
            annotation=columns[:, 1].copy(),
            start=columns[:, 2].copy(),
            length=columns[:, 3].copy(),
            first=(last - lengths).astype(np.int32),
            last=last,
        )

    def save(self, path: Path) -> None:
        """Write all arrays to one ``.npz`` file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def load(cls, path: Path) -> PassageRows:
        """Read what :meth:`save` has written."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in cls.__slots__})
