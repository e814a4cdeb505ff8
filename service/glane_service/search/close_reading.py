"""Bookmarks read closely for one question: where its words stand, and how near each passage is."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from glane_indexer.index.protocol import Comparison, Rows, Term, View
from glane_indexer.models import PassageKind
from glane_indexer.text import query_stems
from glane_service.search.matching import Match, Matcher, coverage
from glane_service.search.reading import Reading, Readings


@dataclass(frozen=True)
class CloseReading:
    """One bookmark beside one question.

    ``cosines`` are those of its passages, in their order; None where nothing is known of meaning.
    """

    reading: Reading
    cosines: list[float] | None
    matcher: Matcher
    weights: dict[str, float]

    @property
    def kinds(self) -> tuple[PassageKind, ...]:
        """What each passage is of."""
        return self.reading.kinds

    @cached_property
    def matches(self) -> list[Match]:
        """The question's words in all of its text."""
        return self.matcher.scan(self.reading.text, self.reading.bookmark.language, self.reading.bounded)

    def within(self, place: int) -> list[Match]:
        """Those of one passage."""
        return self._by_passage.get(place, [])

    def coverage(self, place: int) -> float:
        """The share of the question's words, weighed by how rare they are, in one passage, 0 to 1."""
        return self._covered.get(place, 0.0)

    @cached_property
    def _by_passage(self) -> dict[int, list[Match]]:
        """The matches of the passages that have any."""
        starts, passages = self.reading.starts, self.reading.passages
        found: dict[int, list[Match]] = {}
        for match in self.matches if starts else ():
            place = bisect_right(starts, match.start) - 1
            # After the passages stand tags, address and notes.
            if match.start < starts[place] + passages[place].length:
                found.setdefault(place, []).append(match)
        return found

    @cached_property
    def _covered(self) -> dict[int, float]:
        return {place: coverage(own, self.weights) for place, own in self._by_passage.items()}


class CloseReader:
    """Reads bookmarks for one question, each of them once. For one thread."""

    def __init__(self, readings: Readings, words: tuple[str, ...], comparison: Comparison | None) -> None:
        """The words of the question as exact forms, and its vector's side where that leg ran."""
        self.comparison = comparison
        self._readings = readings
        self._matcher = Matcher(words)
        self._weights = _rarity(readings.view, words)
        self._read: dict[int, CloseReading] = {}

    def of(self, rows: Rows) -> list[CloseReading]:
        """The readings of some rows, in their order."""
        missing = [place for place, row in enumerate(rows.tolist()) if row not in self._read]
        if missing:
            new = rows[missing]
            cosines: list[list[float] | None] = [None] * len(new)
            if self.comparison is not None:
                cosines = [*self.comparison.passages(new)]
            for row, reading, near in zip(new.tolist(), self._readings.of(new), cosines, strict=True):
                self._read[row] = CloseReading(reading, near, self._matcher, self._weights)
        return [self._read[row] for row in rows.tolist()]

    def found(self, matches: list[Match]) -> tuple[str, ...]:
        """Those of the question's words that are matched, in its order."""
        return self._matcher.among(matches)


def _rarity(view: View, words: tuple[str, ...]) -> dict[str, float]:
    """Shares of the words in a question by how rare they are in the library; they add up to 1."""
    stems = {word: [Term("text", "stem", text) for text in query_stems(word)] for word in words}
    held = iter(view.document_frequencies([term for terms in stems.values() for term in terms]).tolist())
    weights = {
        word: math.log(1 + view.count / (1 + max(next(held) for _ in terms)))
        for word, terms in stems.items()
    }
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}
