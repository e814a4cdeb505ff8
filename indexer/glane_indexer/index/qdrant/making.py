"""Makes the points of bookmarks and passages from segments; nothing is analysed or embedded anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Strings
from glane_indexer.index.local.documents import read_record
from glane_indexer.index.protocol import FIELDS, Rows
from glane_indexer.index.qdrant.layout import (
    DOCUMENT_VECTOR,
    GROUPS,
    PASSAGE_VECTOR,
    TERM,
    WORDS_VECTOR,
    as_texts,
    facts_of,
    packed,
    passage_points,
    terms_key,
)
from glane_indexer.index.qdrant.points import Floats, Point, Sparse
from glane_indexer.index.qdrant.sparse_leg import term_weight
from glane_indexer.index.qdrant.tables import Gathered

# All postings are gone through once for so many bookmarks.
ROWS_A_PASS = 20_000
MOST_TIMES = int(np.iinfo(np.uint16).max)


class Maker:
    """Makes points.

    Args:
        gathered: the bookmarks.
        numbers: the number of each of their words in Qdrant.
        averages: the mean lengths, by field, that go into the weights.
    """

    def __init__(self, gathered: Gathered, numbers: NDArray[np.uint32], averages: Sequence[float]) -> None:
        self._gathered = gathered
        self._averages = np.asarray(averages, np.float64)
        words = gathered.words
        self._ends = np.asarray(words["ends"], np.int64)
        self._rows, self._times, self._lengths = words["rows"], words["times"], words["lengths"]
        self._groups, places = np.divmod(np.asarray(words["terms"], np.int64), max(1, len(numbers)))
        self._words = numbers[places] if len(numbers) else np.zeros(0, np.uint32)
        count = gathered.view.count
        self._number, self._local = np.zeros((2, count), np.int64)
        for number, own in enumerate(gathered.own):
            alive = np.flatnonzero(own >= 0)
            self._number[own[alive]], self._local[own[alive]] = number, alive
        self._records = [Strings(segment.arrays, "records") for segment, _ in gathered.parts]

    def points(self, rows: Rows, size: int) -> Iterator[tuple[list[Point], list[Point]]]:
        """The points of some bookmarks and those of their passages, ``size`` bookmarks at a time."""
        for begin in range(0, len(rows), ROWS_A_PASS):
            part = rows[begin : begin + ROWS_A_PASS]
            place = np.full(self._gathered.view.count, -1, np.int64)
            place[part] = np.arange(len(part))
            entries = np.flatnonzero(place[self._rows] >= 0)
            owners = place[self._rows[entries]]
            # By bookmark, and within one by term: by group, then by word.
            entries = entries[np.argsort(owners, kind="stable")]
            ends = np.cumsum(np.bincount(owners, minlength=len(part)))
            for start in range(0, len(part), size):
                bookmarks: list[Point] = []
                passages: list[Point] = []
                for number in range(start, min(start + size, len(part))):
                    first = int(ends[number - 1]) if number else 0
                    point, own = self._made(int(part[number]), entries[first : int(ends[number])])
                    bookmarks.append(point)
                    passages += own
                yield bookmarks, passages

    def _made(self, row: int, entries: NDArray[np.int64]) -> tuple[Point, list[Point]]:
        segment, _ = self._gathered.parts[int(self._number[row])]
        local = int(self._local[row])
        record = self._records[int(self._number[row])][local]
        facts = facts_of(read_record(json.loads(record)))
        last = int(segment.passages["last"][local])
        span = slice(int(segment.passages["last"][local - 1]) if local else 0, last)
        places = np.column_stack(
            [segment.passages[name][span] for name in ("kind", "annotation", "start", "length")]
        )
        payload = {
            **facts,
            **self._terms(entries),
            "record": record,
            "places": packed(places.astype("<i4")),
        }
        point = self._gathered.points[[row]]
        vectors: dict[str, Floats | Sparse] = {
            DOCUMENT_VECTOR: np.asarray(segment.document_vectors[local], np.float32),
            WORDS_VECTOR: self._sparse(row, entries),
        }
        count = span.stop - span.start
        ids = as_texts(passage_points(np.repeat(point, count, axis=0), np.arange(count)))
        own = [
            Point(id, {PASSAGE_VECTOR: np.asarray(vector, np.float32)}, facts)
            for id, vector in zip(ids, segment.arrays["vectors"][span], strict=True)
        ]
        return Point(as_texts(point)[0], vectors, payload), own

    def _sparse(self, row: int, entries: NDArray[np.int64]) -> Sparse:
        terms = np.searchsorted(self._ends, entries, side="right")
        fields = self._groups[terms] % len(FIELDS)
        weights = term_weight(
            self._times[entries].astype(np.float64), self._lengths[row, fields], self._averages[fields]
        )
        indices = self._words[terms].astype(np.int64) * GROUPS + self._groups[terms]
        order = np.argsort(indices)
        return Sparse(indices[order].astype(np.uint32), weights[order].astype(np.float32))

    def _terms(self, entries: NDArray[np.int64]) -> dict[str, str]:
        """How often each term is there, by group, as the payload has it."""
        terms = np.searchsorted(self._ends, entries, side="right")
        lists = np.zeros(len(entries), TERM)
        lists["word"] = self._words[terms]
        lists["times"] = np.minimum(self._times[entries], MOST_TIMES)
        groups, starts, sizes = np.unique(self._groups[terms], return_index=True, return_counts=True)
        return {
            terms_key(group): packed(lists[start : start + size])
            for group, start, size in zip(groups.tolist(), starts.tolist(), sizes.tolist(), strict=True)
        }
