"""The vector leg: Qdrant finds the nearest passages, and cosines are as exact as the local index has them.

Up to :data:`~glane_indexer.index.local.vectors.EXACT_PASSAGES` passages the local index compares all,
bit for bit the same whatever lies around a row; so does this one: Qdrant finds, without its graph, and
the vectors of what it found, which are kept, are multiplied here. Above, its graph finds and its own
products count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.vectors import best, cosines
from glane_indexer.index.local.words import spans
from glane_indexer.index.protocol import Floats, Rows
from glane_indexer.index.qdrant.layout import PASSAGE_VECTOR
from glane_indexer.index.qdrant.points import AnyOf, Ask, Where
from glane_indexer.index.qdrant.selection import Chosen
from glane_indexer.index.qdrant.shelf import Kind, Shelf
from glane_indexer.index.qdrant.sparse_leg import FEW

# Two ways to sum the products of two unit vectors differ by less.
ROUNDING = 1e-5
# All languages without an axis.
OTHERS = -1


class Vectors:
    """The vectors of a view, in Qdrant.

    Args:
        counts: how many passages each bookmark has.
        titles: how many of these, the first, are its title's.
        axes: what each language adds to a vector, ``[languages, d]``.
        codes: the language of each bookmark, of these ``languages``.
        exact: whether all are compared.
    """

    def __init__(
        self,
        shelf: Shelf,
        *,
        counts: Rows,
        titles: Rows,
        axes: Floats,
        codes: NDArray[np.int32],
        languages: Sequence[str],
        exact: bool,
    ) -> None:
        self.shelf = shelf
        self.counts, self.titles = counts, titles
        self.axes, self.codes = axes, codes
        self.languages = languages
        # Languages that have an axis are asked for apart, since it moves all of their cosines alike.
        self.settled = [code for code, axis in enumerate(axes) if axis.any()]
        self.exact = exact


class RemoteComparison:
    """See :class:`glane_indexer.index.protocol.Comparison`."""

    def __init__(self, vectors: Vectors, vector: Floats) -> None:
        self._vectors = vectors
        self.vector = vector

    def nearest(self, limit: int, *, allowed: Chosen | None, depth: int, language_share: float) -> Rows:
        """The bookmarks whose best passage is nearest, rows ascending."""
        vectors = self._vectors
        if allowed is not None:
            rows = np.flatnonzero(allowed.mask)
            rows = rows[vectors.counts[rows] > 0]
            if len(rows) <= FEW:
                return self._best(rows, limit, language_share)
        if not vectors.exact:
            return np.sort(self._scanned(limit, depth, allowed))
        return self._best(self._candidates(limit, depth, allowed, language_share), limit, language_share)

    def best(self, rows: Rows) -> tuple[Floats, Floats]:
        """Of each bookmark the best cosine of its passages of text, and that of its title card."""
        vectors = self._vectors
        text, title = np.zeros((2, len(rows)), np.float32)
        filled = np.flatnonzero(vectors.counts[rows] > 0)
        if not len(filled):
            return text, title
        lengths, titles = vectors.counts[rows[filled]], vectors.titles[rows[filled]]
        scores, places = self._passages(rows[filled])
        offsets = np.cumsum(lengths) - lengths
        titled = places < np.repeat(titles, lengths)
        said = np.maximum.reduceat(np.where(titled, np.float32(-2), scores), offsets)
        named = np.maximum.reduceat(np.where(titled, scores, np.float32(-2)), offsets)
        text[filled], title[filled] = np.where(said > -2, said, named), np.where(named > -2, named, said)
        return text, title

    def documents(self, rows: Rows) -> Floats:
        """The cosine of each bookmark as a whole."""
        return self._scores("bookmarks", self._vectors.shelf.document_points(rows))

    def languages(self, rows: Rows) -> Floats:
        """What each bookmark's language alone adds to its cosines."""
        return self._axes()[self._vectors.codes[rows]] if len(rows) else np.zeros(0, np.float32)

    def passages(self, rows: Rows) -> list[list[float]]:
        """The cosines of all passages of each bookmark, in their order."""
        scores, _ = self._passages(rows)
        ends = np.cumsum(self._vectors.counts[rows])[:-1]
        return [part.tolist() for part in np.split(scores, ends)] if len(rows) else []

    def _passages(self, rows: Rows) -> tuple[Floats, Rows]:
        """The cosines of all passages of some bookmarks, and the place of each in its bookmark."""
        lengths = self._vectors.counts[rows]
        places = spans(np.zeros(len(rows), np.int64), lengths)
        ids = self._vectors.shelf.passage_points(np.repeat(rows, lengths), places)
        return self._scores("passages", ids), places

    def _scores(self, kind: Kind, ids: NDArray[np.uint8]) -> Floats:
        shelf = self._vectors.shelf
        if not len(ids):
            return np.zeros(0, np.float32)
        if self._vectors.exact:
            return cosines(shelf.vectors(kind, ids), self.vector)
        return shelf.scores(kind, self.vector, ids)

    def _best(self, rows: Rows, limit: int, language_share: float) -> Rows:
        corrected = np.maximum(*self.best(rows)) - np.float32(language_share) * self.languages(rows)
        return np.sort(best(corrected, rows, limit)[1])

    def _candidates(self, limit: int, depth: int, allowed: Chosen | None, share: float) -> Rows:
        """Bookmarks among which the nearest are, by their cosines less what their language adds.

        Each language with an axis is asked for by itself, and all others together. What was not fetched
        of one is no nearer than its last passage, so it is fetched on until that is too far.
        """
        vectors = self._vectors
        where = Where() if allowed is None else allowed.where
        added = np.float32(share) * self._axes()
        settled = tuple(vectors.languages[code] for code in vectors.settled)
        asks = {
            code: self._ask(depth, where & Where((AnyOf("language", (vectors.languages[code],)),)))
            for code in vectors.settled
        }
        asks[OTHERS] = self._ask(depth, where & Where((), (AnyOf("language", settled),) if settled else ()))
        nearest = np.full(len(vectors.counts), -np.inf, np.float32)
        while asks:
            answers = vectors.shelf.search("passages", list(asks.values()))
            beyond: dict[int, float] = {}
            for code, found in zip(list(asks), answers, strict=True):
                kept = slice(None) if allowed is None else allowed.mask[found.rows]
                rows, scores = found.rows[kept], found.scores[kept]
                np.maximum.at(nearest, rows, scores - added[vectors.codes[rows]])
                if not found.exhausted:
                    beyond[code] = found.last - (0.0 if code == OTHERS else float(added[code]))
            # What could tie with the last that is kept is wanted too: the row decides.
            wanted = _worst(nearest, limit) - 2 * ROUNDING
            asks = {
                code: self._ask(2 * ask.limit, ask.where)
                for code, ask in asks.items()
                if beyond.get(code, -np.inf) >= wanted and code in beyond
            }
        return np.flatnonzero(nearest >= max(_worst(nearest, limit) - 2 * ROUNDING, -2))

    def _ask(self, limit: int, where: Where) -> Ask:
        return Ask(self.vector, PASSAGE_VECTOR, limit, where, exact=True)

    def _axes(self) -> Floats:
        """What each language adds to a cosine."""
        vectors = self._vectors
        return cosines(vectors.axes, self.vector) if len(vectors.axes) else np.zeros(1, np.float32)

    def _scanned(self, limit: int, depth: int, allowed: Chosen | None) -> Rows:
        """The bookmarks of the nearest passages that Qdrant's graph finds, the nearest first."""
        vectors = self._vectors
        where = Where() if allowed is None else allowed.where
        size = depth
        while True:
            ask = Ask(self.vector, PASSAGE_VECTOR, size, where)
            (found,) = vectors.shelf.search("passages", [ask])
            kept = found.rows if allowed is None else found.rows[allowed.mask[found.rows]]
            # Points that are not the view's, or do not pass, have taken the places of some.
            if found.exhausted or len(kept) >= depth:
                unique, first = np.unique(kept[:depth], return_index=True)
                return unique[np.argsort(first)][:limit]
            size *= 2


def _worst(nearest: Floats, limit: int) -> float:
    """The ``limit``-th best, or -inf where there are fewer."""
    return (
        float(np.partition(nearest, len(nearest) - limit)[len(nearest) - limit])
        if len(nearest) >= limit
        else -np.inf
    )
