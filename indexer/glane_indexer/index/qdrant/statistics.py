"""A view's vocabulary with its statistics: the part of the keyword index that a service keeps in memory.

The arrays are those of :mod:`glane_indexer.index.local.words` without the postings: which bookmarks hold a
word is asked of Qdrant, how many is known here. Only the bookmarks whose titles or tags hold a word stay,
for completions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Arrays
from glane_indexer.index.local.segment_words import SegmentWords
from glane_indexer.index.local.words import group_of
from glane_indexer.index.protocol import FIELDS, Field, Rows, Term, ValueCounts

COMPLETED: tuple[Field, ...] = ("title", "tags")

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def build(words: Mapping[str, NDArray[Any]], codes: NDArray[np.int32], languages: int) -> Arrays:
    """The arrays of a vocabulary.

    Args:
        words: those of all bookmarks of the view, as :func:`glane_indexer.index.local.words.merge` gives.
        codes: the language of each bookmark, below ``languages``.
    """
    kept = ("words.data", "words.ends", "hashes", "hashed", "terms", "ends", "lengths")
    arrays: Arrays = {name: np.asarray(words[name]) for name in kept}
    ends = np.asarray(words["ends"], np.int64)
    rows = np.asarray(words["rows"])
    spoken = codes[rows]
    held = np.empty((len(ends), languages), np.int64)
    for code in range(languages):
        sums = np.concatenate(([0], np.cumsum(spoken == code)))
        held[:, code] = np.diff(sums[ends], prepend=0)
    terms, found = np.nonzero(held)
    arrays["spread_ends"] = np.cumsum((held > 0).sum(axis=1)).astype(np.int64)
    arrays["spread_codes"] = found.astype(np.int32)
    arrays["spread_counts"] = held[terms, found].astype(np.int32)
    for field in COMPLETED:
        start, end = _span(arrays, field)
        arrays[f"{field}_rows"] = rows[start:end].astype(np.int32)
    return arrays


def _span(arrays: Mapping[str, NDArray[Any]], field: Field) -> tuple[int, int]:
    """Where the postings of a field's folded words lie among all."""
    size = len(arrays["words.ends"])
    first = group_of(field, "folded") * size
    low, high = np.searchsorted(arrays["terms"], [first, first + size]).tolist()
    ends = arrays["ends"]
    return (int(ends[low - 1]) if low else 0), (int(ends[high - 1]) if high else 0)


class Statistics:
    """The vocabulary of a view. Immutable.

    Args:
        arrays: those that :func:`build` made.
        numbers: the number of each word in Qdrant.
        count: the bookmarks of the view.
        languages: how many languages these have.
    """

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], numbers: NDArray[np.uint32], count: int, languages: int
    ) -> None:
        nothing = np.zeros(0, np.int32)
        postings = dict.fromkeys(("rows", "times", "sequence", "stops"), nothing)
        self._words = SegmentWords({**arrays, **postings})
        self._size = len(self._words.words)
        self._terms, self._ends = arrays["terms"], np.asarray(arrays["ends"], np.int64)
        self._numbers = numbers
        self._count, self._languages = count, languages
        self._spread = arrays["spread_ends"], arrays["spread_codes"], arrays["spread_counts"]
        self._completed = {field: (_span(arrays, field)[0], arrays[f"{field}_rows"]) for field in COMPLETED}
        self.lengths: NDArray[np.int32] = arrays["lengths"]
        self.averages = self.lengths.sum(axis=0, dtype=np.int64) / max(1, count)

    def average(self, field: Field) -> float:
        """The mean number of words in a field."""
        return float(self.averages[FIELDS.index(field)])

    def frequencies(self, terms: Sequence[Term]) -> Ints:
        """How many bookmarks hold each term."""
        found = np.zeros(len(terms), np.int64)
        for number, start, end in self._words.find(terms):
            found[number] = end - start
        return found

    def spread(self, terms: Sequence[Term]) -> Ints:
        """How many bookmarks of each language hold each term, ``[terms, languages]``."""
        found = np.zeros((len(terms), self._languages), np.int64)
        ends, codes, counts = self._spread
        for number, _, end in self._words.find(terms):
            place = self._place(end)
            span = slice(int(ends[place - 1]) if place else 0, int(ends[place]))
            found[number, codes[span]] = counts[span]
        return found

    def numbered(self, terms: Sequence[Term]) -> list[tuple[int, int, int]]:
        """Those of the terms that the view has: which, its group, and its word's number in Qdrant."""
        found = []
        for number, _, end in self._words.find(terms):
            group, word = divmod(int(self._terms[self._place(end)]), self._size)
            found.append((number, group, int(self._numbers[word])))
        return found

    def words(self, prefix: str, limit: int | None, field: Field) -> ValueCounts:
        """The folded words of a field that begin so, with how many bookmarks hold each."""
        found = [(word, end - start) for word, start, end in self._words.starting(prefix, field)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def rows_starting(self, prefix: str, field: Field) -> Mask:
        """Which bookmarks hold a folded word in their title, or their tags, that begins so."""
        held = np.zeros(self._count, np.bool_)
        offset, rows = self._completed[field]
        spans = [(start, end) for _, start, end in self._words.starting(prefix, field)]
        if spans:
            held[rows[spans[0][0] - offset : spans[-1][1] - offset]] = True
        return held

    def length(self, field: Field, rows: Rows) -> Ints:
        """The number of words in a field of each bookmark."""
        return np.asarray(self.lengths[rows, FIELDS.index(field)], np.int64)

    def _place(self, end: int) -> int:
        """The place of the term whose postings end here: each has some, so ends ascend."""
        return int(np.searchsorted(self._ends, end))
