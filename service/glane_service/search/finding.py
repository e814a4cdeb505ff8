"""What a query finds: the pool of bookmarks that its pages, its total and its facets are all of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import Encoder
from glane_indexer.index.protocol import FIELDS as ALL_FIELDS
from glane_indexer.index.protocol import Comparison, Field, Filter, Selection, View
from glane_service.search.close_reading import CloseReader
from glane_service.search.parsing import Parsed
from glane_service.search.presentation import Reasons
from glane_service.search.query import FIELDS, Query, merged
from glane_service.search.ranking.candidates import (
    Candidates,
    Floats,
    Rows,
    fuse,
    order,
    words_weight,
)
from glane_service.search.ranking.confidence import Background, calibration, sureness
from glane_service.search.ranking.legs import gather
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.passage_choice import gain
from glane_service.search.ranking.question import EVERYTHING, Question
from glane_service.search.ranking.reach import MOST_COMPARED, may_leave_out
from glane_service.search.reading import Readings
from glane_service.search.results import Why
from glane_service.search.stopwatch import Stopwatch

# Results that are read closely before they are ranked: the first by what the legs say. They can only gain,
# so they stay before all others.
READ = 10
# A keyword search lists every match, up to this many; past it, the best.
KEYWORD_POOL = MOST_COMPARED


@dataclass(frozen=True, slots=True)
class Pool:
    """All that a query finds: rows in the order asked for, their scores, and why each is there."""

    rows: Rows
    scores: Floats
    reasons: Reasons | None
    reader: CloseReader
    # Whether every bookmark that holds a word of the question has a keyword rank.
    all_words_found: bool = False
    # How sure each row is, where that is known; and how many were found below the line.
    confidence: Floats | None = None
    # Which of the rows are above the line, where one was drawn.
    listed: NDArray[np.bool_] | None = None
    found: int = 0
    below: int = 0

    @property
    def answered(self) -> bool:
        """Whether anything that was found is likely to answer."""
        return len(self.rows) > 0 if self.confidence is None else self.below < self.found

    def why(self, rows: Rows) -> list[Why]:
        """Why each of these rows is there; nothing where all rows are listed."""
        return self.reasons.of(rows) if self.reasons else [Why()] * len(rows)


class Finder:
    """Finds in one view. Safe to share between threads."""

    def __init__(self, view: View, encoder: Encoder, parameters: Parameters, readings: Readings) -> None:
        self._view = view
        self._encoder = encoder
        self._parameters = parameters
        self._readings = readings
        self._calibration = calibration() if encoder.info.name == calibration().encoder else None

    def prepare(self) -> None:
        """Make now what the first question would have to wait for."""
        _ = self._background

    def find(self, query: Query, parsed: Parsed, watch: Stopwatch) -> Pool:
        """Everything that a query finds, in its order.

        Raises:
            EncoderError: the question has no vector, and its mode needs one.
        """
        allowed = self._selection(query, parsed)
        if not parsed.text:
            rows = self._view.by_date(self._view.selected(allowed))
            reader = CloseReader(self._readings, (), None)
            return Pool(rows, np.zeros(len(rows), np.float32), None, reader)
        watch.lap("question")
        comparison = self._comparison(query, parsed)
        watch.lap("encoder")
        candidates = self._candidates(query, parsed, allowed, comparison, watch)
        pool = self._ranked(query, candidates, CloseReader(self._readings, parsed.words, comparison))
        watch.lap("rank")
        return pool

    def _candidates(
        self,
        query: Query,
        parsed: Parsed,
        allowed: Selection | None,
        comparison: Comparison | None,
        watch: Stopwatch,
    ) -> Candidates:
        """What both legs fetch; where that could leave out what lies above the line, that as well."""
        count = self._view.count if allowed is None else len(self._view.selected(allowed))
        if comparison and self._calibration is None:
            every = count <= MOST_COMPARED
            return self._gather(query, parsed, allowed, comparison, watch=watch, every=every)
        fetched = self._gather(query, parsed, allowed, comparison, watch=watch)
        if (
            comparison is None
            or self._calibration is None
            or not may_leave_out(fetched, count, self._parameters, self._calibration)
        ):
            return fetched
        every_one = self._gather(
            query, parsed, allowed, comparison, watch=watch, known=fetched.question, every=True
        )
        belongs = sureness(every_one, self._parameters, self._calibration).belongs
        return every_one.among((belongs >= self._parameters.line) | np.isin(every_one.rows, fetched.rows))

    def candidates(
        self,
        query: Query,
        parsed: Parsed,
        parameters: Parameters | None = None,
        background: Background | None = None,
    ) -> Candidates:
        """What the legs of a query find; ``parameters`` and ``background`` are the view's, or others."""
        allowed = self._selection(query, parsed)
        comparison = self._comparison(query, parsed)
        found = self._gather(query, parsed, allowed, comparison, parameters, background)
        if query.mode != "hybrid":
            return found
        parameters = parameters or self._parameters
        first = order(found.rows, fuse(found, parameters))[:READ]
        reader = CloseReader(self._readings, parsed.words, comparison)
        return self._read(found, first, reader, parameters)

    def near(self, row: int) -> Pool:
        """All bookmarks but one by how near they are to it."""
        comparison = self._view.compare(self._view.document_vectors(np.array([row]))[0])
        everything = Query("", mode="vector", everything=True)
        allowed = self._view.select(Filter(without=self._view.ids[row]))
        candidates = self._gather(everything, Parsed(""), allowed, comparison)
        return self._ranked(everything, candidates, CloseReader(self._readings, (), comparison))

    def _ranked(self, query: Query, candidates: Candidates, reader: CloseReader) -> Pool:
        rows = candidates.rows
        scores = fuse(candidates, self._parameters, query.mode)
        best = order(rows, scores)
        if query.mode == "hybrid":
            first = best[:READ]
            read = self._read(candidates, first, reader, self._parameters)
            if read is not candidates:
                candidates, scores = read, fuse(read, self._parameters)
                best[:READ] = first[order(rows[first], scores[first])]
        if query.sort == "date":
            best = np.searchsorted(rows, self._view.by_date(rows))
        sure, listed, below = None, None, 0
        if self._calibration and reader.comparison:
            found = sureness(candidates, self._parameters, self._calibration)
            sure, listed = found.answers, found.belongs >= self._parameters.line
            below = int(np.count_nonzero(~listed))
            if not query.everything:
                best = best[listed[best]]
        reasons = Reasons(candidates, self._parameters, vector=reader.comparison is not None)
        all_words_found = (
            query.mode == "hybrid"
            and set(query.fields) == set(FIELDS)
            and int(np.count_nonzero(candidates.keyword)) < self._parameters.keyword_depth
        )
        return Pool(
            rows[best],
            scores[best],
            reasons,
            reader,
            all_words_found,
            confidence=None if sure is None else sure[best],
            listed=None if listed is None else listed[best],
            found=len(rows),
            below=below,
        )

    def _read(
        self, candidates: Candidates, first: Rows, reader: CloseReader, parameters: Parameters
    ) -> Candidates:
        """The candidates with what their best passages say for the first of them, if any says more."""
        weight = words_weight(candidates, parameters)
        first = first[candidates.keyword[first] > 0]
        gains = [
            gain(read.kinds, read.cosines, read.coverage, weight) if read.cosines else 0.0
            for read in reader.of(candidates.rows[first])
        ]
        return candidates.read(first, np.array(gains, np.float32)) if any(gains) else candidates

    def _comparison(self, query: Query, parsed: Parsed) -> Comparison | None:
        """The question's vector beside those of the view; None where its mode needs none."""
        if query.mode == "keyword":
            return None
        return self._view.compare(np.asarray(self._encoder.encode_queries([parsed.text])[0], np.float32))

    def _gather(
        self,
        query: Query,
        parsed: Parsed,
        allowed: Selection | None,
        comparison: Comparison | None,
        parameters: Parameters | None = None,
        background: Background | None = None,
        watch: Stopwatch | None = None,
        *,
        known: Question | None = None,
        every: bool = False,
    ) -> Candidates:
        parameters = parameters or self._parameters
        return gather(
            self._view,
            () if query.mode == "vector" else parsed.words,
            comparison,
            fields=_fields(query),
            allowed=allowed,
            parameters=parameters,
            keyword_limit=KEYWORD_POOL if every or comparison is None else parameters.keyword_depth,
            background=background or self._background,
            watch=watch,
            known=known,
            every=every,
        )

    @cached_property
    def _background(self) -> Background | None:
        return Background(self._view, self._calibration) if self._calibration else None

    def _selection(self, query: Query, parsed: Parsed) -> Selection | None:
        """Which bookmarks may be found at all."""
        filters = merged(query.filters, parsed.filters)
        return self._view.select(
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


def _fields(query: Query) -> tuple[Field, ...]:
    """Where the keyword leg looks; what is said of annotations is said of their notes too."""
    if set(query.fields) == set(FIELDS):
        return EVERYTHING
    asked = {*query.fields, *(("notes",) if "annotations" in query.fields else ())}
    return tuple(field for field in ALL_FIELDS if field in asked)
