"""The vector side of a view: one question beside the vectors of all segments."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.passages import TITLE
from glane_indexer.index.local.vectors import best, cosines
from glane_indexer.index.local.words import spans

if TYPE_CHECKING:
    from glane_indexer.index.segment import Segment

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
# Bookmarks of a segment whose vectors are kept in single precision as well: 6 MB.
COPIED = 4096
# Below every cosine.
_NONE = np.float32(-2)


class Vectors:
    """The vectors of a view's segments.

    A passage is named by its place among those of all segments, one segment after another, also those of
    bookmarks that are not in the view. ``first`` and ``lengths`` are the span of each row.

    Args:
        parts: the segments, and of each of their rows that of the view, or -1.
        numbers: of each row of the view its segment.
        local: of each row of the view its row there.
        axes: what each language adds to a vector, ``[languages, d]``.
        codes: the language of each row.
    """

    def __init__(
        self,
        parts: Sequence[tuple[Segment, Rows]],
        numbers: Rows,
        local: Rows,
        axes: Floats,
        codes: NDArray[np.int32],
    ) -> None:
        self.segments = [segment for segment, _ in parts]
        self.exact = all(segment.vectors.exact for segment in self.segments)
        self.offsets = np.cumsum([0, *(segment.vectors.count for segment in self.segments)])
        self.axes, self.codes = axes, codes
        self.numbers, self.local = numbers, local
        self.first, self.lengths = np.zeros((2, len(numbers)), np.int64)
        owners, kinds = [], []
        for offset, (segment, own) in zip(self.offsets, parts, strict=False):
            last = np.asarray(segment.passages["last"], np.int64)
            sizes = np.diff(last, prepend=0)
            alive = own >= 0
            self.first[own[alive]] = (last - sizes + offset)[alive]
            self.lengths[own[alive]] = sizes[alive]
            owners.append(np.repeat(own, sizes))
            kinds.append(segment.passages["kind"])
        self.owners: Rows = np.concatenate([np.zeros(0, np.int64), *owners])
        self.titles: Mask = np.concatenate([np.zeros(0, np.uint8), *kinds]) == TITLE
        # Half precision is made single again at each question; of a few the copy may be kept.
        self.documents: list[NDArray[Any]] = [
            np.asarray(matrix, np.float32) if len(matrix) <= COPIED else matrix
            for matrix in (segment.document_vectors for segment in self.segments)
        ]
        # Where all passages are compared, which they are does not depend on the question.
        self.every = Spans.of(self, np.arange(len(numbers))) if self.exact else None

    def scores(self, vector: Floats, passages: Rows) -> Floats:
        """The cosines of some passages, in their order."""
        if len(self.segments) == 1:
            return self.segments[0].vectors.scores(vector, passages)
        found = np.zeros(len(passages), np.float32)
        numbers = np.searchsorted(self.offsets, passages, side="right") - 1
        for number in np.unique(numbers).tolist():
            own = numbers == number
            found[own] = self.segments[number].vectors.scores(vector, passages[own] - self.offsets[number])
        return found


class Spans(NamedTuple):
    """The passages of some rows, one row after another.

    ``filled`` are the places of the rows that have any, ``starts`` where those of each begin among
    ``passages``, and ``titles`` which are title cards.
    """

    filled: Rows
    passages: Rows
    starts: Rows
    titles: Mask

    @classmethod
    def of(cls, vectors: Vectors, rows: Rows) -> Spans:
        """Those of some rows."""
        filled = np.flatnonzero(vectors.lengths[rows] > 0)
        lengths = vectors.lengths[rows[filled]]
        passages = spans(vectors.first[rows[filled]], lengths)
        return cls(filled, passages, np.cumsum(lengths) - lengths, vectors.titles[passages])

    def best(self, scores: Floats, count: int) -> tuple[Floats, Floats]:
        """Of each of ``count`` rows the best score of its passages of text, and that of its title card."""
        text, title = np.zeros((2, count), np.float32)
        if not len(self.filled):
            return text, title
        said = np.maximum.reduceat(np.where(self.titles, _NONE, scores), self.starts)
        named = np.maximum.reduceat(np.where(self.titles, scores, _NONE), self.starts)
        text[self.filled] = np.where(said > _NONE, said, named)
        title[self.filled] = np.where(named > _NONE, named, said)
        return text, title


class LocalComparison:
    """See :class:`glane_indexer.index.protocol.Comparison`."""

    def __init__(self, vectors: Vectors, vector: Floats) -> None:
        self._vectors = vectors
        self.vector = vector

    def nearest(self, limit: int, *, allowed: Mask | None, depth: int, language_share: float) -> Rows:
        """The bookmarks whose best passage is nearest, rows ascending."""
        vectors = self._vectors
        if not vectors.exact:
            return np.sort(self._scanned(limit, depth, allowed))
        # All passages are compared in any case, so no bookmark is missed.
        rows = np.arange(len(vectors.first)) if allowed is None else np.flatnonzero(allowed)
        rows = rows[vectors.lengths[rows] > 0]
        corrected = np.maximum(*self.best(rows)) - np.float32(language_share) * self.languages(rows)
        return np.sort(best(corrected, rows, limit)[1])

    def best(self, rows: Rows) -> tuple[Floats, Floats]:
        """Of each bookmark the best cosine of its passages of text, and that of its title card."""
        vectors = self._vectors
        if vectors.every is not None and ("_best" in self.__dict__ or 2 * len(rows) > len(vectors.first)):
            text, title = self._best
            return text[rows], title[rows]
        found = Spans.of(vectors, rows)
        return found.best(self._scores(found.passages), len(rows))

    def documents(self, rows: Rows) -> Floats:
        """The cosine of each bookmark as a whole."""
        vectors = self._vectors
        found = np.zeros(len(rows), np.float32)
        numbers = vectors.numbers[rows]
        for number in np.unique(numbers).tolist():
            own = numbers == number
            matrix, local = vectors.documents[number], vectors.local[rows[own]]
            # Gathering most of the rows takes longer than scoring all of them.
            if 2 * len(local) > len(matrix):
                found[own] = cosines(matrix, self.vector)[local]
            else:
                found[own] = cosines(matrix[local], self.vector)
        return found

    def languages(self, rows: Rows) -> Floats:
        """What each bookmark's language alone adds to its cosines."""
        vectors = self._vectors
        if not len(vectors.axes):
            return np.zeros(len(rows), np.float32)
        return cosines(vectors.axes, self.vector)[vectors.codes[rows]]

    def passages(self, rows: Rows) -> list[list[float]]:
        """The cosines of all passages of each bookmark, in their order."""
        vectors = self._vectors
        lengths = vectors.lengths[rows]
        scores = self._scores(spans(vectors.first[rows], lengths))
        return [part.tolist() for part in np.split(scores, np.cumsum(lengths)[:-1])] if len(rows) else []

    @cached_property
    def _best(self) -> tuple[Floats, Floats]:
        """What :meth:`best` gives for all rows."""
        every = self._vectors.every
        assert every is not None
        return every.best(self._everything[every.passages], len(self._vectors.first))

    @cached_property
    def _everything(self) -> Floats:
        """The cosines of all passages: where they are compared at all, each is once."""
        parts = [cosines(segment.arrays["vectors"], self.vector) for segment in self._vectors.segments]
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def _scores(self, passages: Rows) -> Floats:
        if self._vectors.exact and (
            "_everything" in self.__dict__ or 2 * len(passages) > int(self._vectors.offsets[-1])
        ):
            return self._everything[passages]
        return self._vectors.scores(self.vector, passages)

    def _scanned(self, limit: int, depth: int, allowed: Mask | None) -> Rows:
        """The bookmarks of the nearest passages, at most ``limit`` of them, the nearest first."""
        vectors = self._vectors
        scores, owners = [np.zeros(0, np.float32)], [np.zeros(0, np.int64)]
        for number, segment in enumerate(vectors.segments):
            own = vectors.owners[vectors.offsets[number] : vectors.offsets[number + 1]]
            mask = own >= 0
            if allowed is not None:
                mask &= allowed[np.maximum(own, 0)]
            found, places = segment.vectors.search(self.vector, depth, None if mask.all() else mask)
            scores.append(found)
            owners.append(own[places])
        every, whose = np.concatenate(scores), np.concatenate(owners)
        whose = whose[np.lexsort((whose, -every))[:depth]]
        # Hits come best first, and so do the first appearances of their bookmarks.
        rows, first = np.unique(whose, return_index=True)
        return rows[np.argsort(first)][:limit]
