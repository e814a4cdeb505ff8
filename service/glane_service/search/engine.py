"""The one seam of searching: HTTP, command line and evaluation all call :class:`SearchEngine`.

An engine reads one generation and never changes, so what it answers depends on the query alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import EncoderError, NotFoundError, QueryError
from glane_indexer.index.generation import Generation
from glane_indexer.models import Bookmark
from glane_service.search.presentation import Presenter, Reasons
from glane_service.search.query import FIELDS, MAX_TEXT, Filters, Parsed, Query, merged, parse
from glane_service.search.ranking.candidates import Candidates, Floats, Rows, fuse, order
from glane_service.search.ranking.languages import Languages, languages_of
from glane_service.search.ranking.legs import gather
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.results import FACETS, Facets, FacetValue, Hit, Notice, Results, Why
from glane_service.search.suggestions import Suggester, Suggestion

# A keyword search lists every match, up to this many; past it, the best.
KEYWORD_POOL = 10_000
WITHOUT_MEANING = Notice(
    "without-meaning", "The encoder does not answer: these results were found by their words alone"
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Pool:
    """All that a query finds: rows in the order asked for, their scores, and why each is there."""

    rows: Rows
    scores: Floats
    reasons: Reasons | None
    vector: Floats | None
    # Whether every bookmark that holds a word of the question has a keyword rank.
    all_words_found: bool = False

    def why(self, rows: Rows) -> list[Why]:
        """Why each of these rows is there; nothing where all rows are listed."""
        return self.reasons.of(rows) if self.reasons else [Why()] * len(rows)


class SearchEngine:
    """Searches one generation. Safe to use from several threads at once."""

    def __init__(
        self, generation: Generation, encoder: Encoder, parameters: Parameters | None = None
    ) -> None:
        self.generation = generation
        self.encoder = encoder
        self.parameters = parameters or Parameters()

    def search(self, query: Query) -> Results:
        """Answer one query.

        Raises:
            QueryError: a parameter is out of its range, or the page is past the last one.
        """
        started = time.perf_counter()
        query = query.validated()
        parsed = parse(query.text)
        filters = merged(query.filters, parsed.filters)
        mask, used, notices = self._mask(filters, parsed, query.fields), query, parsed.notices
        try:
            pool = self._pool(query, parsed, mask)
        except EncoderError:
            # The encoder may be a server that has gone away: words can be looked for without it.
            used, notices = replace(query, mode="keyword"), (*notices, WITHOUT_MEANING)
            pool = self._pool(used, parsed, mask)
        total = len(pool.rows)
        first = (query.page - 1) * query.per_page
        if first and first >= total:
            raise QueryError(
                f"there is no page {query.page}",
                where="page",
                hint=f"The last one is {max(1, -(-total // query.per_page))}",
            )
        rows = pool.rows[first : first + query.per_page]
        presenter = Presenter(self.generation, parsed.words, pool.vector)
        hits = presenter.hits(
            rows,
            pool.scores[first : first + query.per_page],
            pool.why(rows),
            view=query.view,
            first_rank=first + 1,
            all_words_found=pool.all_words_found,
        )
        return Results(
            query={"text": query.text, "mode": query.mode, "filters": filters.to_json()},
            mode_used=used.mode,
            generation=self.generation.name,
            total=total,
            page=query.page,
            per_page=query.per_page,
            took_ms=(time.perf_counter() - started) * 1000,
            hits=hits,
            facets=self._facets(pool.rows),
            notices=notices,
        )

    def ranking(self, query: Query, depth: int = 100) -> list[tuple[str, float]]:
        """The ids and scores of the best results, as :meth:`search` ranks them; for evaluation.

        Raises:
            QueryError: a parameter is out of its range.
        """
        query = query.validated()
        parsed = parse(query.text)
        pool = self._pool(
            query, parsed, self._mask(merged(query.filters, parsed.filters), parsed, query.fields)
        )
        ids = self.generation.documents.ids
        return [
            (ids[row], float(score))
            for row, score in zip(pool.rows[:depth], pool.scores[:depth], strict=True)
        ]

    def candidates(self, query: Query, parameters: Parameters | None = None) -> Candidates:
        """What the legs of a query find, before they are fused; for measuring and tuning.

        ``parameters`` are those of the engine, or others.
        """
        parsed = parse(query.text)
        allowed = self._mask(merged(query.filters, parsed.filters), parsed, query.fields)
        return self._gather(query, parsed, allowed, self._vector(query, parsed), parameters)

    def bookmark(self, identifier: str) -> Bookmark:
        """One bookmark with all of its annotations.

        Raises:
            NotFoundError: the generation has no such bookmark.
        """
        row = self._row(identifier)
        (bookmark,) = self.generation.documents.get([row])
        return bookmark

    def similar(self, identifier: str, limit: int = 10) -> tuple[Hit, ...]:
        """The bookmarks nearest in meaning to one, best first, without itself.

        Raises:
            NotFoundError: the generation has no such bookmark.
        """
        row = self._row(identifier)
        vector = np.asarray(self.generation.document_vectors[row], dtype=np.float32)
        allowed = np.ones(self.generation.manifest.counts.bookmarks, dtype=np.bool_)
        allowed[row] = False
        everything = Query("", mode="vector")
        candidates = self._gather(everything, Parsed(""), allowed, vector)
        pool = self._ranked(everything, candidates, vector)
        presenter = Presenter(self.generation, (), vector)
        rows = pool.rows[:limit]
        return presenter.hits(rows, pool.scores[:limit], pool.why(rows), view="simple", first_rank=1)

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Titles, tags, contributors and known questions that complete what is typed so far."""
        return self._suggester.suggest(text[:MAX_TEXT], limit)

    def status(self) -> dict[str, Any]:
        """What the generation holds, as ``glane status --json`` shows it."""
        manifest = self.generation.manifest
        return {
            **manifest.counts.to_json(),
            "generation": self.generation.name,
            "encoder": manifest.encoder.to_json(),
            "bytes": manifest.total_bytes,
        }

    @cached_property
    def _languages(self) -> Languages:
        codes, values = self.generation.columns.languages()
        return languages_of(self.generation.document_vectors, codes, [bool(value) for value in values])

    @cached_property
    def _suggester(self) -> Suggester:
        columns, documents = self.generation.columns, self.generation.documents
        return Suggester(documents.titles(), columns.tags(), columns.contributors(), documents.questions())

    @cached_property
    def _all_facets(self) -> Facets:
        """The facets of everything, which is what questions to a small library find."""
        return self._counted(np.arange(self.generation.manifest.counts.bookmarks, dtype=np.int64))

    def _facets(self, rows: Rows) -> Facets:
        everything = len(rows) == self.generation.manifest.counts.bookmarks
        return dict(self._all_facets) if everything else self._counted(rows)

    def _counted(self, rows: Rows) -> Facets:
        counted = self.generation.columns.counts(rows)
        return {name: tuple(FacetValue(value, count) for value, count in counted[name]) for name in FACETS}

    def _pool(self, query: Query, parsed: Parsed, allowed: Mask | None) -> _Pool:
        if not parsed.text:
            rows = np.arange(self.generation.manifest.counts.bookmarks, dtype=np.int64)
            rows = self._by_date(rows if allowed is None else rows[allowed])
            return _Pool(rows, np.zeros(len(rows), np.float32), None, None)
        vector = self._vector(query, parsed)
        candidates = self._gather(query, parsed, allowed, vector)
        return self._ranked(query, candidates, vector)

    def _ranked(self, query: Query, candidates: Candidates, vector: Floats | None) -> _Pool:
        scores = fuse(candidates, self.parameters, query.mode)
        best = order(candidates.rows, scores)
        rows = candidates.rows
        if query.sort == "date":
            best = np.searchsorted(rows, self._by_date(rows))
        reasons = Reasons(candidates, self.parameters, vector=vector is not None)
        all_words_found = (
            query.mode == "hybrid"
            and set(query.fields) == set(FIELDS)
            and int(np.count_nonzero(candidates.keyword)) < self.parameters.keyword_depth
        )
        return _Pool(rows[best], scores[best], reasons, vector, all_words_found)

    def _vector(self, query: Query, parsed: Parsed) -> Floats | None:
        """The question's vector; None where its mode needs none."""
        if query.mode == "keyword":
            return None
        return np.asarray(self.encoder.encode_queries([parsed.text])[0], np.float32)

    def _gather(
        self,
        query: Query,
        parsed: Parsed,
        allowed: Mask | None,
        vector: Floats | None,
        parameters: Parameters | None = None,
    ) -> Candidates:
        parameters = parameters or self.parameters
        return gather(
            self.generation,
            () if query.mode == "vector" else parsed.words,
            vector,
            parts=query.fields,
            allowed=allowed,
            parameters=parameters,
            keyword_limit=KEYWORD_POOL if vector is None else parameters.keyword_depth,
            languages=self._languages,
        )

    def _mask(self, filters: Filters, parsed: Parsed, parts: Sequence[str]) -> Mask | None:
        """Which rows may be found at all; None where all may. Words are looked for in ``parts``."""
        mask: Mask | None = None
        if filters.to_json():
            mask = self.generation.columns.mask(
                kind=filters.kind,
                tags=filters.tags,
                contributor=filters.contributor,
                site=filters.site,
                language=filters.language,
                after=filters.after,
                before=filters.before,
            )
        required: list[tuple[bool, Rows]] = []
        lexical = self.generation.lexical
        required += [(True, lexical.rows_with_phrase(words, parts)) for words in parsed.phrases]
        for words in parsed.excluded:
            is_phrase = len(words) > 1
            rows = (
                lexical.rows_with_phrase(words, parts)
                if is_phrase
                else lexical.rows_with_word(words[0], parts)
            )
            required.append((False, rows))
        for wanted, rows in required:
            if mask is None:
                mask = np.ones(self.generation.manifest.counts.bookmarks, dtype=np.bool_)
            held = np.zeros(len(mask), dtype=np.bool_)
            held[rows] = True
            mask &= held if wanted else ~held
        return mask

    def _by_date(self, rows: Rows) -> Rows:
        """Rows with the newest first, those without a date last, then by id."""
        created = self.generation.columns.created[rows]
        return rows[np.lexsort((rows, -created))]

    def _row(self, identifier: str) -> int:
        row = self.generation.documents.row_of(identifier)
        if row is None:
            raise NotFoundError(
                f"there is no bookmark {identifier[:64]!r}", hint="It may have been deleted"
            )
        return row
