"""The bookmarks of some segments as one view: :class:`glane_indexer.index.protocol.View` in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.local import languages, telling
from glane_indexer.index.local.arrays import Strings
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.comparison import LocalComparison, Vectors
from glane_indexer.index.local.joining import joined_words
from glane_indexer.index.local.keyword import KeywordLeg
from glane_indexer.index.local.passages import KINDS
from glane_indexer.index.local.tabled import Mask, TabledView
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
from glane_indexer.index.segment import Segment
from glane_indexer.models import Bookmark

Questions = Sequence[tuple[str, Sequence[str]]]


class LocalView(TabledView):
    """What one viewer may find in a generation. See :class:`glane_indexer.index.protocol.View`.

    Everything a request needs is made here, once, and not within the first request.

    Args:
        generation: its name.
        parts: the segments, and which of the rows of each are alive.
        questions: those known to have an answer, with the ids of the bookmarks that answer them.
    """

    def __init__(
        self,
        generation: str,
        parts: Sequence[tuple[Segment, Mask]],
        *,
        encoder: EncoderInfo,
        seq: int = 0,
        questions: Questions = (),
    ) -> None:
        self.generation = generation
        self.encoder = encoder
        self.seq = seq
        self._segments = [segment for segment, _ in parts]
        ids, self._own = _rows_of(parts)
        paired = list(zip(self._segments, self._own, strict=True))
        super().__init__(
            ids,
            Columns([(segment.columns, own) for segment, own in paired], len(ids)),
            [(segment.titles, own) for segment, own in paired],
        )
        self.size = sum(segment.file.size for segment in self._segments)
        self._number, self._local = np.zeros((2, self.count), np.int64)
        for number, own in enumerate(self._own):
            alive = np.flatnonzero(own >= 0)
            self._number[own[alive]], self._local[own[alive]] = number, alive
        said = joined_words(paired)
        self._keyword = KeywordLeg(said, self.count)
        self._vectors = Vectors(paired, self._axes(), self._columns.languages().codes)
        answered = ((text, sum(self.row_of(id) is not None for id in ids)) for text, ids in questions)
        self._questions = [(text, answers) for text, answers in answered if answers]
        self._title_masses = telling.masses(said, self.count, "title")
        titles = (title for segment, own in paired for title in segment.titles.folded(own >= 0))
        self.distinct_titles = telling.distinct_share(titles, self.count)

    @cached_property
    def counts(self) -> Counts:
        """How much of everything there is."""
        return Counts(
            self.count,
            self._columns.annotations,
            self._columns.descriptions,
            len(self._contributors),
            int(self._vectors.lengths.sum()),
        )

    def bookmarks(self, rows: Sequence[int] | Rows) -> list[Bookmark]:
        """The bookmarks of these rows, in their order.

        Raises:
            GenerationError: there is no such row.
        """
        found = []
        for row in map(int, rows):
            if not 0 <= row < self.count:
                raise GenerationError(f"there is no bookmark in row {row}", where=self.generation)
            found.append(self._segments[self._number[row]].documents[int(self._local[row])])
        return found

    def highlights(self) -> list[tuple[str, str]]:
        """The ids of every highlight's bookmark and its own, the newest first."""
        found = []
        for segment, own in zip(self._segments, self._own, strict=True):
            alive = (own >= 0).tolist()
            found += [mark for mark in segment.documents.marks() if alive[mark.row]]
        # One run of each segment, which sorting joins in one pass.
        found.sort()
        return [(mark.bookmark, mark.annotation) for mark in found]

    def passages(self, row: int) -> list[PassagePlace]:
        """The passages of a bookmark, in order."""
        arrays = self._segments[self._number[row]].passages
        last = int(arrays["last"][self._local[row]])
        span = slice(last - int(self._vectors.lengths[row]), last)
        columns = (arrays[name][span].tolist() for name in ("kind", "annotation", "start", "length"))
        return [PassagePlace(KINDS[kind], *rest) for kind, *rest in zip(*columns, strict=True)]

    def select(self, filter: Filter) -> Mask | None:
        """A filter made ready: one truth value a row."""
        return self._passing(filter)

    def selected(self, allowed: Mask | None) -> Rows:
        """The rows that pass, ascending."""
        return np.arange(self.count) if allowed is None else np.flatnonzero(allowed)

    def keyword(
        self, weights: Sequence[tuple[Term, float]], *, limit: int, allowed: Mask | None = None
    ) -> tuple[Rows, Floats]:
        """The sparse product of a question's weights and the bookmarks' term weights."""
        return self._keyword.product(weights, limit, allowed)

    def term_weights(self, terms: Sequence[Term], rows: Rows) -> Floats:
        """BM25's part of the term frequency ``[rows, terms]`` of given bookmarks."""
        return self._keyword.term_weights(terms, rows)

    def document_frequencies(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        """How many bookmarks hold each term."""
        return self._keyword.document_frequencies(terms)

    def spread(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        """How many bookmarks of each language hold each term, ``[terms, languages]``."""
        codes = self._columns.languages().codes
        return self._keyword.spread(terms, codes, len(self.language_counts))

    def title_masses(self, rows: Rows) -> Floats:
        """What the words of each bookmark's title weigh together, in nats."""
        return self._title_masses[rows]

    def average_length(self, field: Field) -> float:
        """The mean number of words in a field."""
        return self._keyword.average_length(field)

    def lengths(self, field: Field, rows: Rows) -> NDArray[np.int64]:
        """The number of words in a field of each bookmark."""
        return self._keyword.lengths(field, rows)

    def words(self, prefix: str, limit: int | None = None, *, field: Field = "text") -> ValueCounts:
        """The folded words of a field that begin so, with how many bookmarks hold each."""
        return self._keyword.words(prefix, limit, field)

    def document_vectors(self, rows: Rows) -> Floats:
        """The unit vectors of bookmarks as a whole; zeros where one has no text."""
        return self._vectors.documents(rows)

    def compare(self, vector: Floats) -> LocalComparison:
        """The vector side of a question."""
        return LocalComparison(self._vectors, np.asarray(vector, np.float32))

    def _rows_starting(self, prefix: str, field: Field) -> Mask:
        return self._keyword.rows_starting(prefix, field)

    def _with_phrase(self, forms: Sequence[str], fields: Sequence[Field]) -> Mask:
        return self._keyword.with_phrase(forms, fields)

    def _with_word(self, form: str, fields: Sequence[Field]) -> Mask:
        return self._keyword.with_word(form, fields)

    def _axes(self) -> Floats:
        """How each language lies beside the mean of all bookmarks' vectors, by its code."""
        coded = self._columns.languages()
        place = {value: code for code, value in enumerate(coded.values)}
        sums = np.zeros((len(coded.values), self.encoder.dimensions), np.float64)
        for segment, own in zip(self._segments, self._own, strict=True):
            values = Strings(segment.columns, "languages_values").all()
            codes = segment.columns["languages_codes"]
            gone = own < 0
            part = np.array(segment.language_sums)
            if gone.any():
                part -= languages.sums_of(segment.document_vectors[gone], codes[gone], len(values))
            for code, value in enumerate(values):
                if value in place:
                    sums[place[value]] += part[code]
        return languages.axes(sums, coded.counts(), coded.values)


def _rows_of(parts: Sequence[tuple[Segment, Mask]]) -> tuple[list[str], list[Rows]]:
    """All ids that are alive, in order, and of each segment's rows those of the view, or -1."""
    own = [np.full(len(segment.ids), -1, np.int64) for segment, _ in parts]
    if len(parts) == 1 and parts[0][1].all():
        return parts[0][0].ids, [np.arange(len(parts[0][0].ids))]
    # Runs that are in order already, which sorting joins in one pass.
    alive = sorted(
        (segment.ids[row], number, row)
        for number, (segment, mask) in enumerate(parts)
        for row in np.flatnonzero(mask).tolist()
    )
    for place, (_, number, row) in enumerate(alive):
        own[number][row] = place
    return [identifier for identifier, _, _ in alive], own
