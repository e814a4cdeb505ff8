"""What a view answers from its tables alone, wherever its words and vectors are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local import completion
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.completion import Titles
from glane_indexer.index.protocol import Field, Filter, NameKind, Rows, ValueCounts

Mask = NDArray[np.bool_]


class TabledView(ABC):
    """The part of :class:`glane_indexer.index.protocol.View` that columns, titles and questions tell.

    Args:
        ids: the id of every row, ascending.
        columns: of all rows.
        titles: those of each segment, and of each of its rows that of the view, or -1.
    """

    # Those known to have an answer, each with the bookmarks that answer it.
    _questions: ValueCounts

    def __init__(self, ids: Sequence[str], columns: Columns, titles: Sequence[tuple[Titles, Rows]]) -> None:
        self.ids = ids
        self.count = len(ids)
        self._columns = columns
        self._titles = titles
        self.language_counts = columns.languages().counts()
        self._contributors = columns.all("contributors")
        self._everything = columns.counts(None)

    def row_of(self, identifier: str) -> int | None:
        """The row of the bookmark with this id; None where there is none."""
        row = bisect_left(self.ids, identifier)
        return row if row < self.count and self.ids[row] == identifier else None

    def by_date(self, rows: Rows) -> Rows:
        """Rows with the newest first, those without a date last, then by id."""
        return rows[np.lexsort((rows, -self._columns.created[rows]))]

    def facets(self, rows: Rows | None) -> dict[str, ValueCounts]:
        """Of each facet the values among these rows (None: all), the most frequent first."""
        if rows is None or len(rows) == self.count:
            return dict(self._everything)
        return self._columns.counts(rows)

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
            np.logical_and.reduce([self._rows_starting(word, field) for word in typed_words])
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

    def _passing(self, filter: Filter) -> Mask | None:
        """Which rows pass a filter; None where all do."""
        masks = [self._columns.mask(filter)]
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
        return np.logical_and.reduce(given) if given else None

    @abstractmethod
    def _rows_starting(self, prefix: str, field: Field) -> Mask:
        """Which bookmarks hold a folded word in a field that begins so."""

    @abstractmethod
    def _with_phrase(self, forms: Sequence[str], fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold these words one after another within one text, accents aside."""

    @abstractmethod
    def _with_word(self, form: str, fields: Sequence[Field]) -> Mask:
        """Which bookmarks hold a word in any of its forms."""
