"""The vector side of a view: one question beside the vectors of all segments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.halves import single
from glane_indexer.index.local.passages import TITLE
from glane_indexer.index.local.vectors import (
    FILTERED_EXACT,
    PassageVectors,
    best,
    cosines,
    nearest,
)
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

# Segments of so many passages are small.
JOINED = 4096


class Vectors:
    """The vectors of a view's segments.

    They lie in ``pieces``: a large segment each, and the small ones together. A passage is named by its
    place among those of all pieces, one after another, also those of bookmarks that are not in the view.
    ``first`` and ``lengths`` are the span of each row.

    Args:
        parts: the segments, and of each of their rows that of the view, or -1.
        axes: what each language adds to a vector, ``[languages, d]``.
        codes: the language of each row.
    """

    def __init__(
        self,
        parts: Sequence[tuple[Segment, Rows]],
        axes: Floats,
        codes: NDArray[np.int32],
    ) -> None:
        large = [pair for pair in parts if pair[0].vectors.count > JOINED]
        small = [pair for pair in parts if pair[0].vectors.count <= JOINED]
        ordered = [*large, *small]
        self.pieces = [segment.vectors for segment, _ in large]
        self._documents: list[NDArray[Any]] = [segment.document_vectors for segment, _ in large]
        # Many little matrices cost a question more than one.
        if len(small) == 1:
            self.pieces.append(small[0][0].vectors)
            self._documents.append(small[0][0].document_vectors)
        elif small:
            self.pieces.append(PassageVectors(np.concatenate([item.vectors.vectors for item, _ in small])))
            self._documents.append(np.concatenate([item.document_vectors for item, _ in small]))
        # Half precision is made single again at each question; of a few the copy may be kept.
        self._documents = [
            single(matrix) if len(matrix) <= COPIED else matrix for matrix in self._documents
        ]
        self.exact = all(piece.exact for piece in self.pieces)
        self.offsets = np.cumsum([0, *(piece.count for piece in self.pieces)])
        self._document_offsets = np.cumsum([0, *map(len, self._documents)])
        self.axes, self.codes = axes, codes
        self.first, self.lengths, self._document_places = np.zeros((3, len(codes)), np.int64)
        owners, kinds = [], []
        offset = document_offset = 0
        for segment, own in ordered:
            last = np.asarray(segment.passages["last"], np.int64)
            sizes = np.diff(last, prepend=0)
            alive = np.flatnonzero(own >= 0)
            self.first[own[alive]] = (last - sizes + offset)[alive]
            self.lengths[own[alive]] = sizes[alive]
            self._document_places[own[alive]] = alive + document_offset
            owners.append(np.repeat(own.astype(np.int32), sizes))
            kinds.append(segment.passages["kind"])
            offset += segment.vectors.count
            document_offset += len(own)
        self.owners: NDArray[np.int32] = np.concatenate([np.zeros(0, np.int32), *owners])
        self.titles: Mask = np.concatenate([np.zeros(0, np.uint8), *kinds]) == TITLE
        self.alive = [
            None if (own >= 0).all() else own >= 0 for own in np.split(self.owners, self.offsets[1:-1])
        ]
        # Where all passages are compared, which they are does not depend on the question.
        self.every = Spans.of(self, np.arange(len(codes))) if self.exact else None

    def scores(self, vector: Floats, passages: Rows) -> Floats:
        """The cosines of some passages, in their order."""
        return _scattered(
            self.offsets, passages, lambda number, places: self.pieces[number].scores(vector, places)
        )

    def document_scores(self, vector: Floats, rows: Rows) -> Floats:
        """The cosines of some bookmarks as wholes, in their order."""
        return _scattered(
            self._document_offsets,
            self._document_places[rows],
            lambda number, places: cosines(self._documents[number], vector, places),
        )

    def documents(self, rows: Rows) -> Floats:
        """The unit vectors of some bookmarks as a whole, ``[rows, d]``."""
        places = self._document_places[rows]
        numbers = np.searchsorted(self._document_offsets, places, side="right") - 1
        width = self._documents[0].shape[1] if self._documents else 0
        found = np.zeros((len(rows), width), np.float32)
        for number in np.unique(numbers).tolist():
            own = numbers == number
            found[own] = single(self._documents[number][places[own] - self._document_offsets[number]])
        return found

    def allowed(self, rows: Mask | None) -> list[Mask | None]:
        """Of each piece which of its passages are of these rows; None where all are."""
        if rows is None:
            return list(self.alive)
        owners = np.split(self.owners, self.offsets[1:-1])
        return [
            rows[own] if alive is None else alive & rows[own]
            for own, alive in zip(owners, self.alive, strict=True)
        ]


def _scattered(offsets: Rows, places: Rows, scores: Callable[[int, Rows], Floats]) -> Floats:
    """The scores of places that count through several matrices, in the order of the places."""
    if len(offsets) == 2:
        return scores(0, places)
    found = np.zeros(len(places), np.float32)
    numbers = np.searchsorted(offsets, places, side="right") - 1
    for number in range(len(offsets) - 1):
        own = np.flatnonzero(numbers == number)
        if len(own):
            found[own] = scores(number, places[own] - offsets[number])
    return found


class Spans(NamedTuple):
    """The passages of some rows, one row after another.

    ``filled`` are the places of the rows that have any, ``starts`` where those of each begin among
    ``passages``. ``titles`` are the places of title cards among these, and ``titled`` whose they are, by
    place in ``filled``.
    """

    filled: Rows
    passages: Rows
    starts: Rows
    titles: Rows
    titled: Rows

    @classmethod
    def of(cls, vectors: Vectors, rows: Rows) -> Spans:
        """Those of some rows."""
        filled = np.flatnonzero(vectors.lengths[rows] > 0)
        lengths = vectors.lengths[rows[filled]]
        passages = spans(vectors.first[rows[filled]], lengths)
        starts = np.cumsum(lengths) - lengths
        titles = np.flatnonzero(vectors.titles[passages])
        return cls(filled, passages, starts, titles, np.searchsorted(starts, titles, side="right") - 1)

    def best(self, scores: Floats, count: int) -> tuple[Floats, Floats]:
        """Of each of ``count`` rows the best score of its passages of text, and that of its title card."""
        text, title = np.zeros((2, count), np.float32)
        if not len(self.filled):
            return text, title
        named = np.full(len(self.filled), _NONE)
        # Of a title in several pieces the last stands, and then the best of them.
        named[self.titled] = scores[self.titles]
        if len(self.titled) > 1 and (self.titled[1:] == self.titled[:-1]).any():
            np.maximum.at(named, self.titled, scores[self.titles])
        spoken = scores.copy()
        spoken[self.titles] = _NONE
        said = np.maximum.reduceat(spoken, self.starts)
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
        rows = np.arange(len(vectors.first)) if allowed is None else np.flatnonzero(allowed)
        if not vectors.exact and (allowed is None or vectors.lengths[rows].sum() > FILTERED_EXACT):
            return np.sort(self._scanned(limit, depth, allowed))
        # All passages are compared in any case, so no bookmark is missed.
        rows = rows[vectors.lengths[rows] > 0]
        if len(rows) <= limit:
            return rows
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
        return self._vectors.document_scores(self.vector, rows)

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
        parts = [cosines(piece.vectors, self.vector) for piece in self._vectors.pieces]
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
        scores, passages = nearest(vectors.pieces, self.vector, depth, vectors.allowed(allowed))
        whose = vectors.owners[passages].astype(np.int64)
        whose = whose[np.lexsort((whose, -scores))]
        # Hits come best first, and so do the first appearances of their bookmarks.
        rows, first = np.unique(whose, return_index=True)
        return rows[np.argsort(first)][:limit]
