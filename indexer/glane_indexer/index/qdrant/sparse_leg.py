"""The keyword leg: Qdrant finds bookmarks by sparse products, and their terms give the exact scores.

The weights in Qdrant were made with the average lengths of the day when its collections were, and with
those of all bookmarks; a view has its own. BM25's part of a term frequency, ``tf (k1 + 1) / (tf + k1 (1
- b + b length / average))``, grows by a factor of ``average / then`` at most when the average does, and
shrinks by no more. So a bookmark that was not fetched scores at most that factor times the last product
that was: more are fetched until that is below the worst that is kept, and what is kept is then exactly
the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.vectors import best
from glane_indexer.index.protocol import FIELDS, K1, B, Floats, Rows, Term
from glane_indexer.index.qdrant.layout import GROUPS, TERM, WORDS_VECTOR
from glane_indexer.index.qdrant.points import Ask, Sparse, Where
from glane_indexer.index.qdrant.selection import Chosen
from glane_indexer.index.qdrant.shelf import Shelf
from glane_indexer.index.qdrant.statistics import Statistics

# Qdrant adds 32-bit numbers, in an order of its own.
ROUNDING = 1e-5
# So many allowed bookmarks are scored without a search.
FEW = 250
# So many more than are wanted are fetched at first, or a quarter of these.
MORE = 50
# Past so many the products that Qdrant gives stand as they are: each one's terms are some kilobytes.
SCORED = 4000

Mask = NDArray[np.bool_]


class SparseLeg:
    """The keyword side of a view.

    Args:
        then: the average lengths, by field, with which the weights in Qdrant were made.
    """

    def __init__(self, shelf: Shelf, statistics: Statistics, then: Sequence[float], count: int) -> None:
        self._shelf, self._statistics = shelf, statistics
        self._then = np.asarray(then, np.float64)
        self._count = count

    def product(
        self, weights: Sequence[tuple[Term, float]], limit: int, chosen: Chosen | None
    ) -> tuple[Rows, Floats]:
        """See :meth:`glane_indexer.index.protocol.View.keyword`."""
        known = self._statistics.numbered([term for term, _ in weights])
        if not known or limit <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        allowed = None if chosen is None else np.flatnonzero(chosen.mask)
        if allowed is not None and len(allowed) <= FEW:
            return self._scored(weights, known, allowed, limit)
        growth = self._growth(known)
        vector = _sparse(known, [weight for _, weight in weights])
        where = Where() if chosen is None else chosen.where
        size = limit + max(MORE, limit // 4)
        while True:
            (found,) = self._shelf.search("bookmarks", [Ask(vector, WORDS_VECTOR, size, where)])
            kept = slice(None) if chosen is None else chosen.mask[found.rows]
            rows, own = found.rows[kept], found.scores[kept]
            scored, scores = self._scored(weights, known, rows[:SCORED], limit)
            if len(rows) > SCORED:
                every = np.concatenate([scores, own[SCORED:]])
                scores, scored = best(every, np.concatenate([scored, rows[SCORED:]]), limit)
            enough = len(scored) == limit and (
                len(rows) > SCORED or found.last * growth < float(scores[-1])
            )
            if found.exhausted or enough:
                return scored, scores
            size *= 2

    def holding(self, terms: Sequence[Term]) -> Mask:
        """Which bookmarks hold any of these terms."""
        held = np.zeros(self._count, np.bool_)
        known = self._statistics.numbered(terms)
        if not known:
            return held
        size = int(self._statistics.frequencies(terms).sum()) + 100
        vector = _sparse(known, [1.0] * len(terms))
        while True:
            (found,) = self._shelf.search("bookmarks", [Ask(vector, WORDS_VECTOR, size)])
            held[found.rows] = True
            # Points of other generations may take the places of this one's.
            if found.exhausted:
                return held
            size *= 2

    def term_weights(self, terms: Sequence[Term], rows: Rows) -> Floats:
        """See :meth:`glane_indexer.index.protocol.View.term_weights`."""
        weights = np.zeros((len(rows), len(terms)), np.float32)
        known = self._statistics.numbered(terms)
        for number, owners, parts in self._parts(terms, known, rows):
            weights[owners, number] = parts
        return weights

    def _scored(
        self,
        weights: Sequence[tuple[Term, float]],
        known: Sequence[tuple[int, int, int]],
        rows: Rows,
        limit: int,
    ) -> tuple[Rows, Floats]:
        """Those of the rows that hold a term, with their exact scores, sorted by (-score, row)."""
        scores, held = np.zeros(len(rows)), np.zeros(len(rows), np.bool_)
        for number, owners, parts in self._parts([term for term, _ in weights], known, rows):
            scores[owners] += parts * weights[number][1]
            held[owners] = True
        chosen, order = best(scores[held].astype(np.float32), rows[held], limit)
        return order, chosen

    def _parts(
        self, terms: Sequence[Term], known: Sequence[tuple[int, int, int]], rows: Rows
    ) -> list[tuple[int, Rows, NDArray[np.float64]]]:
        """Of each known term, in their order, which of the rows hold it and with what weights."""
        groups = list(dict.fromkeys(group for _, group, _ in known))
        lists = self._shelf.terms_of(groups, rows)
        entries: Mapping[int, tuple[NDArray[Any], Rows]] = {
            group: (
                np.frombuffer(b"".join(found), TERM),
                np.repeat(np.arange(len(found)), [len(item) // TERM.itemsize for item in found]),
            )
            for group, found in lists.items()
        }
        parts = []
        for number, group, word in known:
            terms_of_group, owners = entries[group]
            if not len(terms_of_group):
                continue
            place = np.flatnonzero(terms_of_group["word"] == word)
            field = terms[number].field
            times = terms_of_group["times"][place].astype(np.float64)
            lengths = self._statistics.length(field, rows[owners[place]])
            average = max(self._statistics.average(field), 1e-9)
            parts.append((number, owners[place], term_weight(times, lengths, average)))
        return parts

    def _growth(self, known: Sequence[tuple[int, int, int]]) -> float:
        """The most that a true score can be beside the product that Qdrant finds."""
        fields = [group % len(FIELDS) for _, group, _ in known]
        ratios = self._statistics.averages[fields] / self._then[fields]
        return max(1.0, float(ratios.max())) * (1 + ROUNDING)


def term_weight(
    times: NDArray[np.float64], lengths: NDArray[Any], average: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """BM25's part of the term frequency (see :meth:`glane_indexer.index.protocol.View.keyword`)."""
    return np.asarray(times * (K1 + 1) / (times + K1 * (1 - B + B * lengths / average)))


def _sparse(known: Sequence[tuple[int, int, int]], weights: Sequence[float]) -> Sparse:
    """The vector of a question; a term that it has twice counts twice."""
    groups = np.array([group for _, group, _ in known])
    words = np.array([word for _, _, word in known], np.int64)
    indices = (words * GROUPS + groups).astype(np.uint32)
    unique, place = np.unique(indices, return_inverse=True)
    values = np.bincount(place, [weights[number] for number, _, _ in known])
    return Sparse(unique.astype(np.uint32), values.astype(np.float32))
