"""From rows and scores to results as people see them: the passage that answers, and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from glane_indexer.models import Annotation, Bookmark
from glane_service.search.close_reading import CloseReader, CloseReading
from glane_service.search.matching import spans_of
from glane_service.search.query import View as Shown
from glane_service.search.ranking.candidates import Candidates, Floats, Rows
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.passage_choice import choose
from glane_service.search.results import Hit, KeywordWhy, MatchedPassage, VectorWhy, Why

# Annotations that the view `middle` shows beside the matched passage.
MIDDLE_ANNOTATIONS = 3


class Presenter:
    """Makes hits for one question."""

    def __init__(self, reader: CloseReader) -> None:
        self._reader = reader

    def hits(
        self,
        rows: Rows,
        scores: Floats,
        why: list[Why],
        *,
        view: Shown,
        first_rank: int,
        all_words_found: bool = False,
        confidence: Floats | None = None,
        listed: NDArray[np.bool_] | None = None,
    ) -> tuple[Hit, ...]:
        """Hits for rows in their order; ``first_rank`` is the rank of the first of them.

        ``all_words_found`` says that a bookmark without a keyword rank holds no word of the question:
        then none is looked for in it.
        """
        found = []
        for place, read in enumerate(self._reader.of(rows)):
            worded = why[place].keyword is not None or not all_words_found
            passage = _passage(read, worded)
            found.append(
                Hit(
                    rank=first_rank + place,
                    score=float(scores[place]),
                    bookmark=read.reading.bookmark,
                    passage=passage,
                    why=self._with_terms(why[place], read),
                    annotations=_shown(read.reading.bookmark, view, passage.annotation_id),
                    confidence=None if confidence is None else float(confidence[place]),
                    is_listed=listed is None or bool(listed[place]),
                )
            )
        return tuple(found)

    def _with_terms(self, why: Why, read: CloseReading) -> Why:
        if why.keyword is None:
            return why
        terms = self._reader.found(read.matches)
        return Why(KeywordWhy(why.keyword.rank, why.keyword.score, terms), why.vector)


def _passage(read: CloseReading, worded: bool) -> MatchedPassage:
    """The passage of a bookmark to show, with the question's words marked if it may hold any."""
    reading = read.reading
    if not reading.passages:
        return MatchedPassage("title", reading.bookmark.title)
    chosen = choose(read.kinds, read.cosines, read.coverage if worded else lambda place: 0.0)
    kind, annotation, start, _ = reading.passages[chosen]
    return MatchedPassage(
        kind,
        reading.passage(chosen),
        reading.bookmark.annotations[annotation].id if kind == "annotation" else "",
        spans_of(read.within(chosen), reading.starts[chosen]) if worded else (),
        start,
    )


class Reasons:
    """How each leg ranked the candidates of one question; ``vector`` says whether that leg ran."""

    def __init__(self, candidates: Candidates, parameters: Parameters, *, vector: bool) -> None:
        self._rows = candidates.rows
        self._keyword = candidates.keyword
        self._vector = candidates.vector(parameters) if vector else None

    def of(self, rows: Rows) -> list[Why]:
        """Why each of these candidates was found, in their order."""
        places = np.searchsorted(self._rows, rows)
        keyword: list[KeywordWhy | None] = [
            KeywordWhy(rank, score) if score > 0 else None for rank, score in _ranked(self._keyword, places)
        ]
        if self._vector is None:
            return [Why(item) for item in keyword]
        vector = (VectorWhy(rank, score) for rank, score in _ranked(self._vector, places))
        return list(map(Why, keyword, vector))


def _ranked(scores: Floats, places: Rows) -> Iterator[tuple[int, float]]:
    """The rank of each of some places by (-score, place), from 1, and its score."""
    own = scores[places]
    # Those with a score at least as high are few or many, but to sort all for a page's ranks takes longer.
    higher = np.count_nonzero(scores > own[:, None], axis=1)
    level = np.count_nonzero((scores == own[:, None]) & (np.arange(len(scores)) < places[:, None]), axis=1)
    return zip((higher + level + 1).tolist(), own.tolist(), strict=True)


def _shown(bookmark: Bookmark, view: Shown, matched: str) -> tuple[Annotation, ...]:
    """The annotations that a view shows; the matched one is not said twice in ``middle``."""
    if view == "full":
        return bookmark.annotations
    if view == "simple":
        return ()
    others = [item for item in bookmark.annotations if item.id != matched]
    return tuple(others[:MIDDLE_ANNOTATIONS])
