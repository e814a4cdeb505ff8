"""The words of one segment, read from its arrays (see :mod:`.words`): which rows hold each, how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Strings
from glane_indexer.index.local.words import SOURCES, group_of, word_hash
from glane_indexer.index.protocol import Field, Form, Term
from glane_indexer.text import fold

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
_hash = lru_cache(1 << 14)(word_hash)


class SegmentWords:
    """The words of one segment. Immutable."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.words = Strings(arrays, "words")
        self.lengths: NDArray[np.int32] = arrays["lengths"]
        self.rows: NDArray[np.int32] = arrays["rows"]
        self.times: NDArray[Any] = arrays["times"]
        self._hashes, self._hashed = arrays["hashes"], arrays["hashed"]
        self._terms, self._ends = arrays["terms"], arrays["ends"]
        self._sequence, self._stops = arrays["sequence"], arrays["stops"]

    def find(self, terms: Sequence[Term]) -> list[tuple[int, int, int]]:
        """Those of the terms that the segment has: which (a place in ``terms``), and its span of rows."""
        if not len(self._terms):
            return []
        hashes = np.array([_hash(term.word) for term in terms], np.uint64)
        near = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        held = np.flatnonzero(self._hashes[near] == hashes)
        found = []
        for number in held.tolist():
            term = terms[number]
            word = self._word(int(near[number]), term.word)
            if word < 0:
                continue
            key = group_of(term.field, term.form) * len(self.words) + word
            place = int(np.searchsorted(self._terms, key))
            if place < len(self._terms) and self._terms[place] == key:
                found.append((number, *self._span(place)))
        return found

    def starting(self, prefix: str, field: Field) -> Iterator[tuple[str, int, int]]:
        """The folded words of a field that begin so, each with its span of rows."""
        first, last = self.words.span(prefix)
        start = group_of(field, "folded") * len(self.words)
        low, high = np.searchsorted(self._terms, [start + first, start + last]).tolist()
        for place in range(low, high):
            yield (self.words[int(self._terms[place]) - start], *self._span(place))

    def postings(self, field: Field, form: Form) -> tuple[NDArray[np.uint64], Ints, Ints]:
        """The hashes of a field's words, the rows that hold them one after another, and how many each."""
        low, high = self._group(field, form)
        first, ends = self._span(low)[0] if high > low else 0, self._ends[low:high].astype(np.int64)
        by_word = np.empty(len(self.words), np.uint64)
        by_word[self._hashed] = self._hashes
        own = self._terms[low:high] - group_of(field, form) * len(self.words)
        last = int(ends[-1]) if high > low else 0
        return by_word[own], self.rows[first:last].astype(np.int64), np.diff(ends, prepend=first)

    def frequencies(self, field: Field, form: Form, alive: Mask) -> tuple[NDArray[np.uint64], Ints]:
        """The hashes of a field's words, and how many of the rows that are alive hold each."""
        hashes, rows, lengths = self.postings(field, form)
        held = np.concatenate(([0], np.cumsum(alive[rows])))
        ends = np.cumsum(lengths)
        return hashes, held[ends] - held[ends - lengths]

    def _group(self, field: Field, form: Form) -> tuple[int, int]:
        start = group_of(field, form) * len(self.words)
        low, high = np.searchsorted(self._terms, [start, start + len(self.words)]).tolist()
        return low, high

    def phrase(self, words: Sequence[str], fields: Sequence[Field]) -> Ints:
        """The rows in which these words follow one another within one text of the fields."""
        found = [self._vocabulary_place(fold(word)) for word in words]
        if not found or min(found) < 0:
            return np.zeros(0, np.int64)
        sequence = self._sequence
        places = np.flatnonzero(sequence[: len(sequence) - len(found) + 1] == found[0])
        for shift, word in enumerate(found[1:], start=1):
            places = places[sequence[places + shift] == word]
        rows, sources = np.divmod(np.searchsorted(self._stops, places, side="right"), len(SOURCES))
        if "text" not in fields:
            wanted = np.array([field in fields for field in SOURCES])
            rows = rows[wanted[sources]]
        return np.unique(rows).astype(np.int64)

    def _vocabulary_place(self, word: str) -> int:
        if not len(self._hashes):
            return -1
        near = int(np.searchsorted(self._hashes, np.uint64(_hash(word))))
        return self._word(near, word)

    def _word(self, near: int, word: str) -> int:
        """The number of a word whose hash stands at ``near`` or after; -1 where it is another word's."""
        wanted = _hash(word)
        while near < len(self._hashes) and self._hashes[near] == wanted:
            number = int(self._hashed[near])
            if self.words[number] == word:
                return number
            near += 1
        return -1

    def _span(self, place: int) -> tuple[int, int]:
        return int(self._ends[place - 1]) if place else 0, int(self._ends[place])
