"""From rows and scores to results as people see them: the passage that answers, and why."""

from __future__ import annotations

import math

import numpy as np

from glane_indexer.index.protocol import Comparison, Term, View
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import source_text
from glane_indexer.text import query_stems
from glane_service.search.matching import Matcher
from glane_service.search.query import View as Shown
from glane_service.search.ranking.candidates import Candidates, Floats, Rows
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.passage_choice import choose
from glane_service.search.results import Hit, KeywordWhy, MatchedPassage, VectorWhy, Why

# Annotations that the view `middle` shows beside the matched passage.
MIDDLE_ANNOTATIONS = 3


class Presenter:
    """Makes hits for one question."""

    def __init__(self, view: View, words: tuple[str, ...], comparison: Comparison | None) -> None:
        """The words of the question as exact forms, and its vector's side where that leg ran."""
        self._view = view
        self._comparison = comparison
        self._matcher = Matcher(words)
        self._weights = _rarity(view, words)

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
    ) -> tuple[Hit, ...]:
        """Hits for rows in their order; ``first_rank`` is the rank of the first of them.

        ``all_words_found`` says that a bookmark without a keyword rank holds no word of the question:
        then none is looked for in it.
        """
        bookmarks = self._view.bookmarks(rows)
        cosines: list[list[float] | None] = [None] * len(rows)
        if self._comparison is not None:
            cosines = [*self._comparison.passages(rows)]
        found = []
        for place, bookmark in enumerate(bookmarks):
            row = int(rows[place])
            wordless = all_words_found and why[place].keyword is None
            passage = self._passage(row, bookmark, cosines[place], wordless=wordless)
            found.append(
                Hit(
                    rank=first_rank + place,
                    score=float(scores[place]),
                    bookmark=bookmark,
                    passage=passage,
                    why=self._with_terms(why[place], bookmark),
                    annotations=_shown(bookmark, view, passage.annotation_id),
                    confidence=None if confidence is None else float(confidence[place]),
                )
            )
        return tuple(found)

    def _passage(
        self, row: int, bookmark: Bookmark, cosines: list[float] | None, *, wordless: bool
    ) -> MatchedPassage:
        """The passage of a bookmark to show, with the question's words marked."""
        pieces = self._view.passages(row)
        if not pieces:
            return MatchedPassage("title", bookmark.title)

        def text(place: int) -> str:
            kind, annotation, start, length = pieces[place]
            return source_text(bookmark, kind, annotation)[start : start + length]

        def coverage(place: int) -> float:
            if wordless:
                return 0.0
            return self._matcher.coverage(text(place), bookmark.language, self._weights)

        chosen = choose([piece.kind for piece in pieces], cosines, coverage)
        kind, annotation, start, _ = pieces[chosen]
        said = text(chosen)
        return MatchedPassage(
            kind,
            said,
            bookmark.annotations[annotation].id if kind == "annotation" else "",
            () if wordless else self._matcher.highlights(said, bookmark.language),
            start,
        )

    def _with_terms(self, why: Why, bookmark: Bookmark) -> Why:
        if why.keyword is None:
            return why
        texts = (
            bookmark.title,
            *bookmark.tags,
            bookmark.description,
            bookmark.url,
            *(item.text for item in bookmark.annotations),
            *(item.note for item in bookmark.annotations),
        )
        terms = self._matcher.found_in(texts, bookmark.language)
        return Why(KeywordWhy(why.keyword.rank, why.keyword.score, terms), why.vector)


class Reasons:
    """How each leg ranked the candidates of one question; ``vector`` says whether that leg ran."""

    def __init__(self, candidates: Candidates, parameters: Parameters, *, vector: bool) -> None:
        self._rows = candidates.rows
        self._keyword = candidates.keyword
        self._keyword_ranks = _ranks(candidates.rows, candidates.keyword)
        self._vector = candidates.vector(parameters) if vector else None
        self._vector_ranks = _ranks(candidates.rows, self._vector) if self._vector is not None else None

    def of(self, rows: Rows) -> list[Why]:
        """Why each of these candidates was found, in their order."""
        found = []
        for place in np.searchsorted(self._rows, rows).tolist():
            keyword = vector = None
            if self._keyword[place] > 0:
                keyword = KeywordWhy(int(self._keyword_ranks[place]), float(self._keyword[place]))
            if self._vector is not None and self._vector_ranks is not None:
                vector = VectorWhy(int(self._vector_ranks[place]), float(self._vector[place]))
            found.append(Why(keyword, vector))
        return found


def _ranks(rows: Rows, scores: Floats) -> Rows:
    """The rank of each candidate by (-score, row), from 1."""
    ranks = np.empty(len(rows), np.int64)
    ranks[np.lexsort((rows, -scores))] = np.arange(1, len(rows) + 1)
    return ranks


def _rarity(view: View, words: tuple[str, ...]) -> dict[str, float]:
    """Shares of the words in a question by how rare they are in the library; they add up to 1."""
    weights = {}
    for word in words:
        terms = [Term("text", "stem", text) for text in query_stems(word)]
        weights[word] = math.log(1 + view.count / (1 + int(view.document_frequencies(terms).max())))
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}


def _shown(bookmark: Bookmark, view: Shown, matched: str) -> tuple[Annotation, ...]:
    """The annotations that a view shows; the matched one is not said twice in ``middle``."""
    if view == "full":
        return bookmark.annotations
    if view == "simple":
        return ()
    others = [item for item in bookmark.annotations if item.id != matched]
    return tuple(others[:MIDDLE_ANNOTATIONS])
