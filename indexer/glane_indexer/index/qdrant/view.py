"""A published generation as one viewer may find it: a view (see :mod:`..protocol`) on Qdrant."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.local import completion, languages, words
from glane_indexer.index.local.arrays import Arrays, Strings, part
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.completion import Titles
from glane_indexer.index.local.documents import read_record
from glane_indexer.index.local.passages import KINDS
from glane_indexer.index.local.segment_words import SegmentWords
from glane_indexer.index.local.vectors import EXACT_PASSAGES
from glane_indexer.index.protocol import (
    Counts,
    Field,
    Filter,
    Floats,
    NameKind,
    PassagePlace,
    Rows,
    Term,
    ValueCounts,
)
from glane_indexer.index.qdrant.comparison import RemoteComparison, Vectors
from glane_indexer.index.qdrant.layout import unpacked
from glane_indexer.index.qdrant.selection import Chosen, where_of, without_words
from glane_indexer.index.qdrant.shelf import Shelf
from glane_indexer.index.qdrant.sparse_leg import SparseLeg
from glane_indexer.index.qdrant.statistics import Statistics
from glane_indexer.models import Bookmark
from glane_indexer.text import fold, query_stems

PLACE = np.dtype("<i4")
Mask = NDArray[np.bool_]


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


class QdrantView:
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
        self.ids = Ids(table)
        self.count = len(self.ids)
        self.size = sum(array.nbytes for array in table.values())
        self._shelf = shelf
        owns: list[Rows] = []
        while f"{len(owns)}.own" in table:
            owns.append(table[f"{len(owns)}.own"].astype(np.int64))
        columns = [part(table, f"{number}.columns") for number in range(len(owns))]
        self._columns = Columns(list(zip(columns, owns, strict=True)), self.count)
        self._titles = [(Titles(part(table, f"{number}.titles")), own) for number, own in enumerate(owns)]
        coded = self._columns.languages()
        self.language_counts = coded.counts()
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
        self._contributors = self._columns.all("contributors")
        self._everything = self._columns.counts(None)

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

    def row_of(self, identifier: str) -> int | None:
        """The row of the bookmark with this id; None where there is none."""
        row = bisect_left(self.ids, identifier)
        return row if row < self.count and self.ids[row] == identifier else None

    def bookmarks(self, rows: Sequence[int] | Rows) -> list[Bookmark]:
        """The bookmarks of these rows, in their order.

        Raises:
            GenerationError: there is no such row, or Qdrant does not answer.
        """
        wanted = self._checked(rows)
        return [read_record(json.loads(record)) for record, _ in self._shelf.records(wanted)]

    def passages(self, row: int) -> list[PassagePlace]:
        """The passages of a bookmark, in order."""
        ((_, places),) = self._shelf.records(self._checked([row]))
        (flat,) = unpacked([places], PLACE)
        return [PassagePlace(KINDS[kind], *rest) for kind, *rest in flat.reshape(-1, 4).tolist()]

    def select(self, filter: Filter) -> Chosen | None:
        """A filter made ready: one truth value a row, and what Qdrant can be told of it."""
        masks = [self._columns.mask(without_words(filter))]
        row = self.row_of(filter.without) if filter.without else None
        if row is not None:
            masks.append(np.arange(self.count) != row)
        masks += [self._with_phrase(forms, filter.fields) for forms in dict.fromkeys(filter.phrases)]
        masks += [
            ~(
                self._with_phrase(forms, filter.fields)
                if len(forms) > 1
                else self._with_word(forms[0], filter.fields)
            )
            for forms in dict.fromkeys(filter.excluded)
        ]
        given = [mask for mask in masks if mask is not None]
        if not given:
            return None
        return Chosen(np.logical_and.reduce(given), where_of(filter, self._columns))

    def selected(self, allowed: Chosen | None) -> Rows:
        """The rows that pass, ascending."""
        return np.arange(self.count) if allowed is None else np.flatnonzero(allowed.mask)

    def by_date(self, rows: Rows) -> Rows:
        """Rows with the newest first, those without a date last, then by id."""
        return rows[np.lexsort((rows, -self._columns.created[rows]))]

    def facets(self, rows: Rows | None) -> dict[str, ValueCounts]:
        """Of each facet the values among these rows (None: all), the most frequent first."""
        if rows is None or len(rows) == self.count:
            return dict(self._everything)
        return self._columns.counts(rows)

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

    def names(self, kind: NameKind) -> ValueCounts:
        """Every tag or contributor with its bookmarks, or every question with its answers."""
        if kind == "questions":
            return list(self._questions)
        return list(self._contributors) if kind == "contributors" else self._columns.all("tags")

    def completions(self, typed: str, limit: int) -> dict[str, ValueCounts]:
        """What completes a text that is being typed."""
        typed_words, start = completion.typed_words(typed), completion.folded_start(typed)
        if not typed_words:
            return {}
        titled, tagged = (
            np.logical_and.reduce([self._statistics.rows_starting(word, field) for word in typed_words])
            for field in ("title", "tags")
        )
        titles = []
        for held, own in self._titles:
            alive = np.flatnonzero(own >= 0)
            rows = alive[titled[own[alive]]]
            if len(rows):
                titles += held.best(rows, self._columns.views[own[rows]], start, limit)
        given = {
            "tag": self._columns.among("tags", tagged),
            "contributor": self._contributors,
            "question": self._questions,
        }
        found = {kind: completion.best(texts, typed_words, start, limit) for kind, texts in given.items()}
        return {**found, "title": [(text, -views) for _, views, text in sorted(titles)[:limit]]}

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
