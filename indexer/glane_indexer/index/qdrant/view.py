"""A published generation as one viewer may find it: a view (see :mod:`..protocol`) on Qdrant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.local import languages, words
from glane_indexer.index.local.arrays import Arrays, Strings, part
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.completion import Titles
from glane_indexer.index.local.documents import marks_of, read_record
from glane_indexer.index.local.passages import KINDS
from glane_indexer.index.local.segment_words import SegmentWords
from glane_indexer.index.local.tabled import Mask, TabledView
from glane_indexer.index.local.vectors import EXACT_PASSAGES
from glane_indexer.index.protocol import (
    Counts,
    Field,
    Filter,
    Floats,
    PassagePlace,
    Rows,
    Term,
    ValueCounts,
)
from glane_indexer.index.qdrant.comparison import RemoteComparison, Vectors
from glane_indexer.index.qdrant.layout import unpacked
from glane_indexer.index.qdrant.selection import Chosen, where_of
from glane_indexer.index.qdrant.shelf import Shelf
from glane_indexer.index.qdrant.sparse_leg import SparseLeg
from glane_indexer.index.qdrant.statistics import Statistics
from glane_indexer.models import Bookmark
from glane_indexer.text import fold, query_stems

PLACE = np.dtype("<i4")
# Bookmarks that are asked for together where all are read.
READ_AT_ONCE = 512


class Ids(Sequence[str]):
    """The ids of all rows, read from their bytes one by one."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._texts = Strings(arrays, "ids")

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return self._texts.at(range(*place.indices(len(self))))
        row = int(place)
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self._texts[row % len(self)]


class QdrantView(TabledView):
    """What one viewer may find. See :class:`glane_indexer.index.protocol.View`.

    Args:
        generation: its name.
        table: the viewer's (see :mod:`.tables`).
        shelf: makes, of the points of this table, what asks Qdrant for them.
        then: the average lengths, by field, with which the weights in Qdrant were made.
        exact: whether all passages are compared; None: where the local index would.
    """

    def __init__(
        self,
        generation: str,
        table: Arrays,
        shelf: Shelf,
        *,
        encoder: EncoderInfo,
        seq: int,
        then: Sequence[float],
        exact: bool | None = None,
    ) -> None:
        self.generation = generation
        self.encoder = encoder
        self.seq = seq
        self.size = sum(array.nbytes for array in table.values())
        self._shelf = shelf
        owns: list[Rows] = []
        while f"{len(owns)}.own" in table:
            owns.append(table[f"{len(owns)}.own"].astype(np.int64))
        columns = [part(table, f"{number}.columns") for number in range(len(owns))]
        ids = Ids(table)
        super().__init__(
            ids,
            Columns(list(zip(columns, owns, strict=True)), len(ids)),
            [(Titles(part(table, f"{number}.titles")), own) for number, own in enumerate(owns)],
        )
        coded = self._columns.languages()
        self._statistics = Statistics(part(table, "words"), table["numbers"], self.count, len(coded.values))
        self._keyword = SparseLeg(shelf, self._statistics, then, self.count)
        passages = int(table["passages"].sum())
        self._vectors = Vectors(
            shelf,
            counts=table["passages"].astype(np.int64),
            titles=table["title_passages"].astype(np.int64),
            axes=languages.axes(table["language_sums"], self.language_counts, coded.values),
            codes=coded.codes,
            languages=coded.values,
            exact=passages <= EXACT_PASSAGES if exact is None else exact,
        )
        self._title_masses = table["title_masses"]
        self.distinct_titles = float(table["distinct_titles"][0])
        self._questions = [(text, count) for text, count in json.loads(Strings(table, "questions")[0])]

    @cached_property
    def counts(self) -> Counts:
        """How much of everything there is."""
        return Counts(
            self.count,
            self._columns.annotations,
            self._columns.descriptions,
            len(self._contributors),
            int(self._vectors.counts.sum()),
        )

    def bookmarks(self, rows: Sequence[int] | Rows) -> list[Bookmark]:
        """The bookmarks of these rows, in their order.

        Raises:
            GenerationError: there is no such row, or Qdrant does not answer.
        """
        wanted = self._checked(rows)
        return [read_record(json.loads(record)) for record, _ in self._shelf.records(wanted)]

    def highlights(self) -> list[tuple[str, str]]:
        """The ids of every highlight's bookmark and its own, the newest first."""
        found = []
        for first in range(0, self.count, READ_AT_ONCE):
            wanted = range(first, min(first + READ_AT_ONCE, self.count))
            for row, (record, _) in zip(wanted, self._shelf.records(self._checked(wanted)), strict=True):
                found += marks_of(json.loads(record), row)
        return [(mark.bookmark, mark.annotation) for mark in sorted(found)]

    def passages(self, row: int) -> list[PassagePlace]:
        """The passages of a bookmark, in order."""
        ((_, places),) = self._shelf.records(self._checked([row]))
        flat = np.frombuffer(unpacked(places), PLACE)
        return [PassagePlace(KINDS[kind], *rest) for kind, *rest in flat.reshape(-1, 4).tolist()]

    def select(self, filter: Filter) -> Chosen | None:
        """A filter made ready: one truth value a row, and what Qdrant can be told of it."""
        passing = self._passing(filter)
        return None if passing is None else Chosen(passing, where_of(filter, self._columns))

    def selected(self, allowed: Chosen | None) -> Rows:
        """The rows that pass, ascending."""
        return np.arange(self.count) if allowed is None else np.flatnonzero(allowed.mask)

    def keyword(
        self, weights: Sequence[tuple[Term, float]], *, limit: int, allowed: Chosen | None = None
    ) -> tuple[Rows, Floats]:
        """The sparse product of a question's weights and the bookmarks' term weights."""
        return self._keyword.product(weights, limit, allowed)

    def term_weights(self, terms: Sequence[Term], rows: Rows) -> Floats:
        """BM25's part of the term frequency ``[rows, terms]`` of given bookmarks."""
        return self._keyword.term_weights(terms, rows)

    def document_frequencies(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        """How many bookmarks hold each term."""
        return self._statistics.frequencies(terms)

    def spread(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        """How many bookmarks of each language hold each term, ``[terms, languages]``."""
        return self._statistics.spread(terms)

    def title_masses(self, rows: Rows) -> Floats:
        """What the words of each bookmark's title weigh together, in nats."""
        return np.asarray(self._title_masses[rows], np.float32)

    def average_length(self, field: Field) -> float:
        """The mean number of words in a field."""
        return self._statistics.average(field)

    def lengths(self, field: Field, rows: Rows) -> NDArray[np.int64]:
        """The number of words in a field of each bookmark."""
        return self._statistics.length(field, rows)

    def words(self, prefix: str, limit: int | None = None, *, field: Field = "text") -> ValueCounts:
        """The folded words of a field that begin so, with how many bookmarks hold each."""
        return self._statistics.words(prefix, limit, field)

    def document_vectors(self, rows: Rows) -> Floats:
        """The unit vectors of bookmarks as a whole; zeros where one has no text."""
        points = self._shelf.document_points(self._checked(rows))
        found = self._shelf.vectors("bookmarks", points)
        return np.asarray(found, np.float32).reshape(len(points), self.encoder.dimensions)

    def compare(self, vector: Floats) -> RemoteComparison:
        """The vector side of a question."""
        return RemoteComparison(self._vectors, np.asarray(vector, np.float32))

    def _rows_starting(self, prefix: str, field: Field) -> Mask:
        return self._statistics.rows_starting(prefix, field)

    def _with_word(self, form: str, fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold a word in any of its forms."""
        return self._keyword.holding(
            [Term(field, "stem", stem) for field in fields for stem in query_stems(form)]
        )

    def _with_phrase(self, forms: Sequence[str], fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold these words one after another within one text, accents aside.

        Qdrant finds those that hold the rarest of them, their terms say which hold all, and only the texts
        of these are read.
        """
        held = np.zeros(self.count, np.bool_)
        terms = [[Term(field, "folded", fold(form)) for field in fields] for form in forms]
        frequencies = [int(self._statistics.frequencies(group).sum()) for group in terms]
        if not forms or not min(frequencies):
            return held
        rows = np.flatnonzero(self._keyword.holding(terms[int(np.argmin(frequencies))]))
        for group in terms:
            rows = rows[(self._keyword.term_weights(group, rows) > 0).any(axis=1)]
        if len(rows):
            read = SegmentWords(words.build(self.bookmarks(rows)))
            held[rows[read.phrase(forms, fields)]] = True
        return held

    def _checked(self, rows: Sequence[int] | Rows) -> Rows:
        wanted = np.asarray(rows, np.int64)
        outside = wanted[(wanted < 0) | (wanted >= self.count)]
        if len(outside):
            raise GenerationError(f"there is no bookmark in row {int(outside[0])}", where=self.generation)
        return wanted
