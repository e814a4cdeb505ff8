"""The one seam of searching: HTTP, command line and evaluation all call :class:`SearchEngine`.

An engine searches one view and never changes, so what it answers depends on the query alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import EncoderError, NotFoundError
from glane_indexer.index.protocol import FIELDS as ALL_FIELDS
from glane_indexer.index.protocol import Comparison, Field, Filter, NameKind, Selection, View
from glane_indexer.models import Bookmark
from glane_service.search.completing import completed
from glane_service.search.parsing import Parsed, parse, with_text
from glane_service.search.presentation import Presenter, Reasons
from glane_service.search.query import FIELDS, MAX_TEXT, Query, merged
from glane_service.search.ranking.candidates import Candidates, Floats, Rows, fuse, order
from glane_service.search.ranking.confidence import Background, calibration, sureness
from glane_service.search.ranking.legs import gather
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import EVERYTHING
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
from glane_service.search.suggestions import Suggestion, suggestions

# A keyword search lists every match, up to this many; past it, the best.
KEYWORD_POOL = 10_000
# Bookmarks that are read at once where all are read.
EVERY = 500
WITHOUT_MEANING = Notice(
    "without-meaning", "The encoder does not answer: these results were found by their words alone"
)


@dataclass(frozen=True, slots=True)
class _Pool:
    """All that a query finds: rows in the order asked for, their scores, and why each is there."""

    rows: Rows
    scores: Floats
    reasons: Reasons | None
    comparison: Comparison | None
    # Whether every bookmark that holds a word of the question has a keyword rank.
    all_words_found: bool = False
    # How sure each row is, where that is known; and how many were found below the line.
    confidence: Floats | None = None
    found: int = 0
    below: int = 0

    def why(self, rows: Rows) -> list[Why]:
        """Why each of these rows is there; nothing where all rows are listed."""
        return self.reasons.of(rows) if self.reasons else [Why()] * len(rows)


class SearchEngine:
    """Searches one view of a library. Safe to use from several threads at once."""

    def __init__(
        self,
        view: View,
        encoder: Encoder,
        parameters: Parameters | None = None,
        reranking: Reranking | None = None,
    ) -> None:
        self.view = view
        self.encoder = encoder
        self.reranking = reranking
        self.parameters = parameters or Parameters()
        self._calibration = calibration() if encoder.info.name == calibration().encoder else None

    def search(self, query: Query) -> Results:
        """Answer one query.

        Raises:
            QueryError: a parameter is out of its range.
            NoSuchPageError: the page is past the last one.
        """
        started = time.perf_counter()
        query = query.validated()
        parsed, corrections = self._parsed(query)
        filters = merged(query.filters, parsed.filters)
        used, notices = query, parsed.notices
        try:
            pool = self._pool(query, parsed)
        except EncoderError:
            # The encoder may be a server that has gone away: words can be looked for without it.
            used, notices = replace(query, mode="keyword"), (*notices, WITHOUT_MEANING)
            pool = self._pool(used, parsed)
        total = len(pool.rows)
        first = (query.page - 1) * query.per_page
        rows = pool.rows[first : first + query.per_page]
        presenter = Presenter(self.view, parsed.words, pool.comparison)
        hits = presenter.hits(
            rows,
            pool.scores[first : first + query.per_page],
            pool.why(rows),
            view=query.view,
            first_rank=first + 1,
            all_words_found=pool.all_words_found,
            confidence=None if pool.confidence is None else pool.confidence[first : first + query.per_page],
        )
        results = Results(
            query={"text": query.text, "mode": query.mode, "filters": filters.to_json()},
            mode_used=used.mode,
            generation=self.view.generation,
            total=total,
            page=query.page,
            per_page=query.per_page,
            took_ms=(time.perf_counter() - started) * 1000,
            hits=hits,
            facets=self._facets(pool.rows),
            notices=notices,
            answered=self._answered(pool),
            more=0 if query.everything else pool.below,
            corrections=corrections,
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
        pool = self._pool(query, parsed)
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
        allowed = self._selection(query, parsed)
        comparison = self._comparison(query, parsed)
        return self._gather(query, parsed, allowed, comparison, parameters, background)

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
        comparison = self.view.compare(self.view.document_vectors(np.array([row]))[0])
        everything = Query("", mode="vector", everything=True)
        allowed = self.view.select(Filter(without=identifier))
        pool = self._ranked(
            everything, self._gather(everything, Parsed(""), allowed, comparison), comparison
        )
        presenter = Presenter(self.view, (), comparison)
        rows = pool.rows[:limit]
        return presenter.hits(rows, pool.scores[:limit], pool.why(rows), view="simple", first_rank=1)

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
        return {name: tuple(FacetValue(value, count) for value, count in counted[name]) for name in FACETS}

    @cached_property
    def _background(self) -> Background | None:
        return Background(self.view, self._calibration) if self._calibration else None

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.view)

    def _parsed(self, query: Query) -> tuple[Parsed, tuple[Correction, ...]]:
        """What the question means, and which of its words were taken for others."""
        parsed = parse(query.text)
        if query.as_typed or not parsed.text:
            return parsed, ()
        text, corrections = corrected(self.view, lambda: self._vocabulary, parsed.text)
        return (with_text(parsed, text), corrections) if corrections else (parsed, ())

    @staticmethod
    def _answered(pool: _Pool) -> bool:
        """Whether anything that was found is likely to answer."""
        return len(pool.rows) > 0 if pool.confidence is None else pool.below < pool.found

    def _pool(self, query: Query, parsed: Parsed) -> _Pool:
        allowed = self._selection(query, parsed)
        if not parsed.text:
            rows = self.view.by_date(self.view.selected(allowed))
            return _Pool(rows, np.zeros(len(rows), np.float32), None, None)
        comparison = self._comparison(query, parsed)
        candidates = self._gather(query, parsed, allowed, comparison)
        return self._reranked(query, parsed, self._ranked(query, candidates, comparison))

    def _reranked(self, query: Query, parsed: Parsed, pool: _Pool) -> _Pool:
        """The pool with its first results in the reranker's order, where there is one and it has time.

        Scores stay where they are: like ranks, they say the place.
        """
        first = pool.rows[:DEPTH]
        if self.reranking is None or pool.comparison is None or query.sort == "date" or len(first) < 2:
            return pool
        presenter = Presenter(self.view, parsed.words, pool.comparison)
        hits = presenter.hits(first, pool.scores[:DEPTH], [Why()] * len(first), view="simple", first_rank=1)
        best = self.reranking.order(parsed.text, hits)
        if best is None:
            return pool
        places = np.concatenate([best, np.arange(len(first), len(pool.rows))])
        sure = None if pool.confidence is None else pool.confidence[places]
        return replace(pool, rows=pool.rows[places], confidence=sure)

    def _ranked(self, query: Query, candidates: Candidates, comparison: Comparison | None) -> _Pool:
        scores = fuse(candidates, self.parameters, query.mode)
        rows = candidates.rows
        best = order(rows, scores)
        if query.sort == "date":
            best = np.searchsorted(rows, self.view.by_date(rows))
        sure, below = None, 0
        if self._calibration and comparison:
            found = sureness(candidates, self.parameters, self._calibration)
            sure, listed = found.answers, found.belongs >= self.parameters.line
            below = int(np.count_nonzero(~listed))
            if not query.everything:
                best = best[listed[best]]
        reasons = Reasons(candidates, self.parameters, vector=comparison is not None)
        all_words_found = (
            query.mode == "hybrid"
            and set(query.fields) == set(FIELDS)
            and int(np.count_nonzero(candidates.keyword)) < self.parameters.keyword_depth
        )
        return _Pool(
            rows[best],
            scores[best],
            reasons,
            comparison,
            all_words_found,
            confidence=None if sure is None else sure[best],
            found=len(rows),
            below=below,
        )

    def _comparison(self, query: Query, parsed: Parsed) -> Comparison | None:
        """The question's vector beside those of the view; None where its mode needs none."""
        if query.mode == "keyword":
            return None
        return self.view.compare(np.asarray(self.encoder.encode_queries([parsed.text])[0], np.float32))

    def _gather(
        self,
        query: Query,
        parsed: Parsed,
        allowed: Selection | None,
        comparison: Comparison | None,
        parameters: Parameters | None = None,
        background: Background | None = None,
    ) -> Candidates:
        parameters = parameters or self.parameters
        return gather(
            self.view,
            () if query.mode == "vector" else parsed.words,
            comparison,
            fields=_fields(query),
            allowed=allowed,
            parameters=parameters,
            keyword_limit=KEYWORD_POOL if comparison is None else parameters.keyword_depth,
            background=background or self._background,
        )

    def _selection(self, query: Query, parsed: Parsed) -> Selection | None:
        """Which bookmarks may be found at all."""
        filters = merged(query.filters, parsed.filters)
        return self.view.select(
            Filter(
                kind=filters.kind,
                tags=filters.tags,
                contributor=filters.contributor,
                site=filters.site,
                language=filters.language,
                after=filters.after,
                before=filters.before,
                any_of=filters.any_of,
                none_of=filters.excluded,
                phrases=parsed.phrases,
                excluded=parsed.excluded,
                fields=_fields(query),
            )
        )

    def _row(self, identifier: str) -> int:
        row = self.view.row_of(identifier)
        if row is None:
            raise NotFoundError(
                f"there is no bookmark {identifier[:64]!r}", hint="It may have been deleted"
            )
        return row


def _fields(query: Query) -> tuple[Field, ...]:
    """Where the keyword leg looks; what is said of annotations is said of their notes too."""
    if set(query.fields) == set(FIELDS):
        return EVERYTHING
    asked = {*query.fields, *(("notes",) if "annotations" in query.fields else ())}
    return tuple(field for field in ALL_FIELDS if field in asked)
