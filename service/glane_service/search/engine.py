"""The one seam of searching: HTTP, command line and evaluation all call :class:`SearchEngine`.

An engine searches one view and never changes, so what it answers depends on the query alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import EncoderError, NotFoundError
from glane_indexer.index.protocol import NameKind, View
from glane_indexer.models import Bookmark
from glane_service.search.acronyms import Acronyms
from glane_service.search.completing import completed
from glane_service.search.finding import Finder, Pool
from glane_service.search.parsing import Parsed, parse, with_text
from glane_service.search.presentation import Presenter
from glane_service.search.query import MAX_TEXT, Query, merged
from glane_service.search.ranking.candidates import Candidates, Rows
from glane_service.search.ranking.confidence import Background
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.reading import Readings
from glane_service.search.reranking import DEPTH, Reranking
from glane_service.search.results import (
    FACETS,
    Correction,
    Facets,
    FacetValue,
    Hit,
    NoSuchPageError,
    Notice,
    Results,
    Why,
)
from glane_service.search.spelling import Vocabulary, corrected
from glane_service.search.stopwatch import Stopwatch
from glane_service.search.suggestions import Suggestion, suggestions

# Bookmarks that are read at once where all are read.
EVERY = 500
WITHOUT_MEANING = Notice(
    "without-meaning", "The encoder does not answer: these results were found by their words alone"
)


class SearchEngine:
    """Searches one view of a library. Safe to use from several threads at once."""

    def __init__(
        self,
        view: View,
        encoder: Encoder,
        parameters: Parameters | None = None,
        reranking: Reranking | None = None,
        *,
        identity: str = "",
    ) -> None:
        """``identity`` names what is searched, the same wherever that is; "" where it has no name."""
        self.identity = identity
        self.view = view
        self.encoder = encoder
        self.reranking = reranking
        self.parameters = parameters or Parameters()
        self._finder = Finder(view, encoder, self.parameters, Readings(view))

    def search(self, query: Query) -> Results:
        """Answer one query.

        Raises:
            QueryError: a parameter is out of its range.
            NoSuchPageError: the page is past the last one.
        """
        watch = Stopwatch()
        query = query.validated()
        parsed, corrections = self._parsed(query)
        filters = merged(query.filters, parsed.filters)
        used, notices = query, parsed.notices
        try:
            pool = self._reranked(query, parsed, self._finder.find(query, parsed, watch))
        except EncoderError:
            # The encoder may be a server that has gone away: words can be looked for without it.
            used, notices = replace(query, mode="keyword"), (*notices, WITHOUT_MEANING)
            pool = self._finder.find(used, parsed, watch)
        total = len(pool.rows)
        first = (query.page - 1) * query.per_page
        rows = pool.rows[first : first + query.per_page]
        hits = Presenter(pool.reader).hits(
            rows,
            pool.scores[first : first + query.per_page],
            pool.why(rows),
            view=query.view,
            first_rank=first + 1,
            all_words_found=pool.all_words_found,
            confidence=None if pool.confidence is None else pool.confidence[first : first + query.per_page],
            listed=None if pool.listed is None else pool.listed[first : first + query.per_page],
        )
        watch.lap("present")
        facets = self._facets(pool.rows)
        watch.lap("facets")
        results = Results(
            query={"text": query.text, "mode": query.mode, "filters": filters.to_json()},
            mode_used=used.mode,
            generation=self.view.generation,
            total=total,
            page=query.page,
            per_page=query.per_page,
            took_ms=watch.milliseconds,
            hits=hits,
            facets=facets,
            notices=notices,
            answered=pool.answered,
            more=0 if query.everything else pool.below,
            corrections=corrections,
            stages=watch.stages,
            seq=self.seq,
        )
        if first and first >= total:
            raise NoSuchPageError(results)
        return results

    def ranking(self, query: Query, depth: int = 100) -> list[tuple[str, float]]:
        """The ids and scores of the best results, as :meth:`search` ranks them; for evaluation.

        Those below the line too: where it lies is measured apart.

        Raises:
            QueryError: a parameter is out of its range.
        """
        query = replace(query, everything=True).validated()
        parsed, _ = self._parsed(query)
        pool = self._reranked(query, parsed, self._finder.find(query, parsed, Stopwatch()))
        ids = self.view.ids
        return [
            (ids[row], float(score))
            for row, score in zip(pool.rows[:depth], pool.scores[:depth], strict=True)
        ]

    def candidates(
        self, query: Query, parameters: Parameters | None = None, *, background: Background | None = None
    ) -> Candidates:
        """What the legs of a query find, before they are fused; for measuring and tuning.

        ``parameters`` and ``background`` are those of the engine, or others.
        """
        parsed, _ = self._parsed(query)
        return self._finder.candidates(query, parsed, parameters, background)

    def bookmark(self, identifier: str) -> Bookmark:
        """One bookmark with all of its annotations.

        Raises:
            NotFoundError: the view has no such bookmark.
        """
        row = self._row(identifier)
        (bookmark,) = self.view.bookmarks([row])
        return bookmark

    def similar(self, identifier: str, limit: int = 10) -> tuple[Hit, ...]:
        """The bookmarks nearest in meaning to one, best first, without itself.

        Raises:
            NotFoundError: the view has no such bookmark.
        """
        row = self._row(identifier)
        pool = self._finder.near(row)
        rows = pool.rows[:limit]
        return Presenter(pool.reader).hits(
            rows, pool.scores[:limit], pool.why(rows), view="simple", first_rank=1
        )

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Titles, tags, contributors and known questions that complete what is typed so far."""
        typed = text[:MAX_TEXT]
        return suggestions(self.view.completions(typed, limit), typed, limit)

    def every(self) -> Iterator[Bookmark]:
        """Every bookmark with its annotations, by id; a few hundred at a time are read."""
        for first in range(0, self.view.count, EVERY):
            yield from self.view.bookmarks(range(first, min(first + EVERY, self.view.count)))

    def names(self, kind: NameKind) -> list[tuple[str, int]]:
        """Every tag, contributor or known question, with its bookmarks."""
        return self.view.names(kind)

    def completed(self, text: str) -> str:
        """A question that is still being typed, its last word completed where no bookmark has it."""
        return completed(self.view, text)

    @property
    def seq(self) -> int:
        """The number of the last change (of the journal) that the answers know."""
        return self.view.seq

    def status(self) -> dict[str, Any]:
        """What the view holds, as ``glane status --json`` shows it."""
        return {
            **self.view.counts._asdict(),
            "generation": self.view.generation,
            "encoder": self.view.encoder.to_json(),
            "bytes": self.view.size,
        }

    def _facets(self, rows: Rows) -> Facets:
        counted = self.view.facets(rows)
        return {name: tuple(map(FacetValue._make, counted[name])) for name in FACETS}

    def prepare(self) -> None:
        """Make now what the first question would have to wait for."""
        self._finder.prepare()
        _ = self._vocabulary, self._acronyms

    @cached_property
    def _acronyms(self) -> Acronyms:
        return Acronyms(self.view)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.view)

    def _parsed(self, query: Query) -> tuple[Parsed, tuple[Correction, ...]]:
        """What the question means, and which of its words were taken for others."""
        parsed = parse(query.text)
        if query.as_typed or not parsed.text:
            return parsed, ()
        text, corrections = corrected(self.view, lambda: self._vocabulary, parsed.text)
        parsed = with_text(parsed, text) if corrections else parsed
        # A keyword search lists what holds the words that were typed.
        return parsed if query.mode == "keyword" else self._acronyms.said_both_ways(parsed), corrections

    def _reranked(self, query: Query, parsed: Parsed, pool: Pool) -> Pool:
        """The pool with its first results in the reranker's order, where there is one and it has time.

        Scores stay where they are: like ranks, they say the place.
        """
        first = pool.rows[:DEPTH]
        if (
            self.reranking is None
            or pool.reader.comparison is None
            or query.sort == "date"
            or len(first) < 2
        ):
            return pool
        hits = Presenter(pool.reader).hits(
            first, pool.scores[:DEPTH], [Why()] * len(first), view="simple", first_rank=1
        )
        best = self.reranking.order(parsed.text, hits)
        if best is None:
            return pool
        places = np.concatenate([best, np.arange(len(first), len(pool.rows))])
        sure = None if pool.confidence is None else pool.confidence[places]
        listed = None if pool.listed is None else pool.listed[places]
        return replace(pool, rows=pool.rows[places], confidence=sure, listed=listed)

    def _row(self, identifier: str) -> int:
        row = self.view.row_of(identifier)
        if row is None:
            raise NotFoundError(
                f"there is no bookmark {identifier[:64]!r}", hint="It may have been deleted"
            )
        return row
