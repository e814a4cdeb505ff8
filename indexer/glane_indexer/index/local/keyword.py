"""The keyword side of a view: sparse products over the words of several segments.

The statistics (how many bookmarks hold a word, how long fields are) are those of the view's own bookmarks,
so what a segment holds besides, superseded, counts nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Strings
from glane_indexer.index.local.vectors import best
from glane_indexer.index.local.words import SOURCES, group_of, word_hash
from glane_indexer.index.protocol import FIELDS, K1, B, Field, Floats, Form, Rows, Term, ValueCounts
from glane_indexer.text import fold, query_stems

# Document frequencies and prefixes remembered: a question asks for each several times.
_REMEMBERED = 8192

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
_hash = lru_cache(1 << 14)(word_hash)


class SegmentWords:
    """The words of one segment, read from its arrays (see :mod:`.words`)."""

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


class KeywordLeg:
    """All segments of a view together. Rows are the view's.

    Args:
        parts: the words of each segment, and of each of its rows that of the view, or -1.
        count: the bookmarks of the view.
    """

    def __init__(self, parts: Sequence[tuple[SegmentWords, Ints]], count: int) -> None:
        self._parts = list(parts)
        self._count = count
        totals = np.zeros(len(FIELDS), np.int64)
        for words, rows in self._parts:
            totals += words.lengths.sum(axis=0, where=(rows >= 0)[:, None], dtype=np.int64)
        self._averages = totals / max(1, count)
        self._whole = [bool((rows >= 0).all()) for _, rows in self._parts]
        self._frequency = lru_cache(_REMEMBERED)(self._counted)

    def average_length(self, field: Field) -> float:
        """The mean number of words in a field."""
        return float(self._averages[FIELDS.index(field)])

    def lengths(self, field: Field, rows: Rows) -> Ints:
        """The number of words in a field of each bookmark."""
        found = np.zeros(self._count, np.int64)
        for words, own in self._parts:
            found[own[own >= 0]] = words.lengths[own >= 0, FIELDS.index(field)]
        return found[rows]

    def document_frequencies(self, terms: Sequence[Term]) -> Ints:
        """How many bookmarks hold each term."""
        return np.array([self._frequency(term) for term in terms], np.int64)

    def product(
        self, weights: Sequence[tuple[Term, float]], limit: int, allowed: Mask | None
    ) -> tuple[Rows, Floats]:
        """See :meth:`glane_indexer.index.protocol.View.keyword`."""
        terms = [term for term, _ in weights]
        scores, held = np.zeros(self._count), np.zeros(self._count, np.bool_)
        for words, own in self._parts:
            found = words.find(terms)
            if not found:
                continue
            rows = np.concatenate([words.rows[start:end] for _, start, end in found])
            # In the order of the terms: a bookmark's score is the same sum whatever its segment.
            parts = np.concatenate(
                [
                    self._weights(words, terms[number], start, end) * weights[number][1]
                    for number, start, end in found
                ]
            )
            local = np.bincount(rows, parts, minlength=len(own))
            touched = np.unique(rows)
            touched = touched[own[touched] >= 0]
            scores[own[touched]] = local[touched]
            held[own[touched]] = True
        if allowed is not None:
            held &= allowed
        rows = np.flatnonzero(held)
        chosen, order = best(scores[rows].astype(np.float32), rows, limit)
        return order, chosen

    def term_weights(self, terms: Sequence[Term], rows: Rows) -> Floats:
        """See :meth:`glane_indexer.index.protocol.View.term_weights`."""
        weights = np.zeros((len(rows), len(terms)), np.float32)
        place = np.full(self._count, -1, np.int64)
        place[rows] = np.arange(len(rows))
        for words, own in self._parts:
            for number, start, end in words.find(terms):
                target = own[words.rows[start:end]]
                wanted = np.where(target >= 0, place[target], -1)
                kept = wanted >= 0
                weights[wanted[kept], number] = self._weights(words, terms[number], start, end)[kept]
        # A row may be asked for twice; its last place has been filled.
        return weights[place[rows]]

    def spread(self, terms: Sequence[Term], codes: NDArray[np.int32], languages: int) -> Ints:
        """How many bookmarks of each language hold each term, ``[terms, languages]``."""
        found = np.zeros((len(terms), languages), np.int64)
        for words, own in self._parts:
            for number, start, end in words.find(terms):
                rows = own[words.rows[start:end]]
                found[number] += np.bincount(codes[rows[rows >= 0]], minlength=languages)
        return found

    def words(self, prefix: str, limit: int | None, field: Field) -> ValueCounts:
        """See :meth:`glane_indexer.index.protocol.View.words`."""
        counts: Counter[str] = Counter()
        for number, (words, _) in enumerate(self._parts):
            for word, start, end in words.starting(prefix, field):
                counts[word] += self._live(number, start, end)
        found = [(word, count) for word, count in counts.items() if count]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def rows_starting(self, prefix: str, field: Field) -> Mask:
        """Which bookmarks hold a folded word in a field that begins so."""
        held = np.zeros(self._count, np.bool_)
        for words, own in self._parts:
            spans = [(start, end) for _, start, end in words.starting(prefix, field)]
            if spans:
                # Spans of one group follow one another.
                rows = own[words.rows[spans[0][0] : spans[-1][1]]]
                held[rows[rows >= 0]] = True
        return held

    def with_phrase(self, forms: Sequence[str], fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold these words one after another within one text, accents aside."""
        held = np.zeros(self._count, np.bool_)
        for words, own in self._parts:
            rows = own[words.phrase(forms, fields)]
            held[rows[rows >= 0]] = True
        return held

    def with_word(self, form: str, fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold a word in any of its forms."""
        terms = [Term(field, "stem", stem) for field in fields for stem in query_stems(form)]
        held = np.zeros(self._count, np.bool_)
        for words, own in self._parts:
            for _, start, end in words.find(terms):
                rows = own[words.rows[start:end]]
                held[rows[rows >= 0]] = True
        return held

    def _weights(self, words: SegmentWords, term: Term, start: int, end: int) -> NDArray[np.float64]:
        """BM25's part of the term frequency of a span of rows."""
        field = FIELDS.index(term.field)
        times = words.times[start:end].astype(np.float64)
        lengths = words.lengths[words.rows[start:end], field]
        return np.asarray(
            times * (K1 + 1) / (times + K1 * (1 - B + B * lengths / max(self._averages[field], 1e-9)))
        )

    def _counted(self, term: Term) -> int:
        return sum(
            self._live(number, start, end)
            for number, (words, _) in enumerate(self._parts)
            for _, start, end in words.find([term])
        )

    def _live(self, number: int, start: int, end: int) -> int:
        words, own = self._parts[number]
        if self._whole[number]:
            return end - start
        return int(np.count_nonzero(own[words.rows[start:end]] >= 0))
