"""The keyword side of a view: sparse products over the words of several segments.

The statistics (how many bookmarks hold a word, how long fields are) are those of the view's own bookmarks,
so what a segment holds besides, superseded, counts nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.segment_words import Ints, Mask, SegmentWords
from glane_indexer.index.local.vectors import best
from glane_indexer.index.protocol import FIELDS, K1, B, Field, Floats, Rows, Term, ValueCounts
from glane_indexer.text import query_stems

# Terms whose places are remembered: a question asks for each several times, and the next question too.
_REMEMBERED = 8192


class _Part(NamedTuple):
    """The words of one segment, and of each of its rows that of the view, or -1.

    ``norms`` are BM25's ``k1 (1 - b + b length / average)`` of each field and row, one field after another.
    """

    words: SegmentWords
    own: Ints
    whole: bool
    norms: NDArray[np.float64]


class _Place(NamedTuple):
    """Where a term stands: spans of rows ``(part, start, end)``, and how many of them are the view's."""

    spans: tuple[tuple[int, int, int], ...]
    held: int


class _Postings(NamedTuple):
    """Of several terms in one part, one after another: which of them it is, the row, and how often."""

    numbers: Ints
    rows: NDArray[np.int32]
    times: NDArray[np.float64]
    fields: Ints

    def weights(self, norms: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        """BM25's part of the term frequency of each, in a part of ``count`` rows."""
        return np.asarray(self.times * (K1 + 1) / (self.times + norms[self.fields * count + self.rows]))

    def kept(self, chosen: Mask) -> _Postings:
        """Those of some of them."""
        return _Postings(self.numbers[chosen], self.rows[chosen], self.times[chosen], self.fields[chosen])


class KeywordLeg:
    """All segments of a view together. Rows are the view's.

    Args:
        parts: the words of each segment, and of each of its rows that of the view, or -1.
        count: the bookmarks of the view.
    """

    def __init__(self, parts: Sequence[tuple[SegmentWords, Ints]], count: int) -> None:
        self._count = count
        totals = np.zeros(len(FIELDS), np.int64)
        for words, rows in parts:
            totals += words.lengths.sum(axis=0, where=(rows >= 0)[:, None], dtype=np.int64)
        self._averages = totals / max(1, count)
        self._parts = [
            _Part(words, own, bool((own >= 0).all()), self._norms(words)) for words, own in parts
        ]
        self._places: dict[Term, _Place] = {}

    def average_length(self, field: Field) -> float:
        """The mean number of words in a field."""
        return float(self._averages[FIELDS.index(field)])

    def lengths(self, field: Field, rows: Rows) -> Ints:
        """The number of words in a field of each bookmark."""
        found = np.zeros(self._count, np.int64)
        for words, own, _, _ in self._parts:
            found[own[own >= 0]] = words.lengths[own >= 0, FIELDS.index(field)]
        return found[rows]

    def document_frequencies(self, terms: Sequence[Term]) -> Ints:
        """How many bookmarks hold each term."""
        return np.array([place.held for place in self._find(terms)], np.int64)

    def product(
        self, weights: Sequence[tuple[Term, float]], limit: int, allowed: Mask | None
    ) -> tuple[Rows, Floats]:
        """See :meth:`glane_indexer.index.protocol.View.keyword`."""
        terms = [term for term, _ in weights]
        factors = np.array([factor for _, factor in weights])
        scores, held = np.zeros(self._count), np.zeros(self._count, np.bool_)
        for number, postings in self._postings(terms):
            part = self._parts[number]
            # In the order of the terms: a bookmark's score is the same sum whatever its segment.
            values = postings.weights(part.norms, len(part.own)) * factors[postings.numbers]
            local = np.bincount(postings.rows, values, minlength=len(part.own))
            mine = np.zeros(len(part.own), np.bool_)
            mine[postings.rows] = True
            touched = np.flatnonzero(mine)
            if not part.whole:
                touched = touched[part.own[touched] >= 0]
            scores[part.own[touched]] = local[touched]
            held[part.own[touched]] = True
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
        for number, postings in self._postings(terms):
            part = self._parts[number]
            wanted = place[part.own]
            wanted[part.own < 0] = -1
            postings = postings.kept(wanted[postings.rows] >= 0)
            weights[wanted[postings.rows], postings.numbers] = postings.weights(part.norms, len(part.own))
        # A row may be asked for twice; its last place has been filled.
        return weights[place[rows]]

    def spread(self, terms: Sequence[Term], codes: NDArray[np.int32], languages: int) -> Ints:
        """How many bookmarks of each language hold each term, ``[terms, languages]``."""
        found = np.zeros((len(terms), languages), np.int64)
        for number, place in enumerate(self._find(terms)):
            for part, start, end in place.spans:
                words, own, _, _ = self._parts[part]
                rows = own[words.rows[start:end]]
                found[number] += np.bincount(codes[rows[rows >= 0]], minlength=languages)
        return found

    def words(self, prefix: str, limit: int | None, field: Field) -> ValueCounts:
        """See :meth:`glane_indexer.index.protocol.View.words`."""
        counts: Counter[str] = Counter()
        for number, (words, _, _, _) in enumerate(self._parts):
            for word, start, end in words.starting(prefix, field):
                counts[word] += self._live(number, start, end)
        found = [(word, count) for word, count in counts.items() if count]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def rows_starting(self, prefix: str, field: Field) -> Mask:
        """Which bookmarks hold a folded word in a field that begins so."""
        held = np.zeros(self._count, np.bool_)
        for words, own, _, _ in self._parts:
            spans = [(start, end) for _, start, end in words.starting(prefix, field)]
            if spans:
                # Spans of one group follow one another.
                rows = own[words.rows[spans[0][0] : spans[-1][1]]]
                held[rows[rows >= 0]] = True
        return held

    def with_phrase(self, forms: Sequence[str], fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold these words one after another within one text, accents aside."""
        held = np.zeros(self._count, np.bool_)
        for words, own, _, _ in self._parts:
            rows = own[words.phrase(forms, fields)]
            held[rows[rows >= 0]] = True
        return held

    def with_word(self, form: str, fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold a word in any of its forms."""
        terms = [Term(field, "stem", stem) for field in fields for stem in query_stems(form)]
        held = np.zeros(self._count, np.bool_)
        for place in self._find(terms):
            for part, start, end in place.spans:
                words, own, _, _ = self._parts[part]
                rows = own[words.rows[start:end]]
                held[rows[rows >= 0]] = True
        return held

    def _norms(self, words: SegmentWords) -> NDArray[np.float64]:
        averages = np.maximum(self._averages, 1e-9)[:, None]
        return np.asarray(K1 * (1 - B + B * words.lengths.T / averages)).ravel()

    def _find(self, terms: Sequence[Term]) -> list[_Place]:
        """Where each of the terms stands; those that are not remembered are looked up together."""
        known = self._places
        with suppress(KeyError):
            return [known[term] for term in terms]
        found = {term: known.get(term) for term in terms}
        missing = [term for term, place in found.items() if place is None]
        if missing:
            spans: list[list[tuple[int, int, int]]] = [[] for _ in missing]
            for part, (words, _, _, _) in enumerate(self._parts):
                for number, start, end in words.find(missing):
                    spans[number].append((part, start, end))
            if len(known) + len(missing) > _REMEMBERED:
                # Another thread may be reading the old one.
                self._places = known = {}
            for term, own in zip(missing, spans, strict=True):
                held = sum(self._live(*span) for span in own)
                found[term] = known[term] = _Place(tuple(own), held)
        return [found[term] for term in terms]  # type: ignore[misc]

    def _postings(self, terms: Sequence[Term]) -> Iterator[tuple[int, _Postings]]:
        """What the terms have in each part, in their order."""
        by_part: dict[int, list[tuple[int, int, int]]] = {}
        for number, place in enumerate(self._find(terms)):
            for part, start, end in place.spans:
                by_part.setdefault(part, []).append((number, start, end))
        fields = np.array([FIELDS.index(term.field) for term in terms])
        for part, spans in by_part.items():
            words = self._parts[part].words
            numbers = np.repeat(
                [number for number, _, _ in spans], [end - start for _, start, end in spans]
            )
            rows = np.concatenate([words.rows[start:end] for _, start, end in spans])
            times = np.concatenate([words.times[start:end] for _, start, end in spans])
            yield part, _Postings(numbers, rows, times.astype(np.float64), fields[numbers])

    def _live(self, number: int, start: int, end: int) -> int:
        words, own, whole, _ = self._parts[number]
        return end - start if whole else int(np.count_nonzero(own[words.rows[start:end]] >= 0))
