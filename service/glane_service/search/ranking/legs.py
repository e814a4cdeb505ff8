"""The two legs of a search over one view, and the candidates of both.

The depths are fixed, never tied to the page that is asked for: page 2 comes from the same candidates
as page 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glane_indexer.index.protocol import Comparison, Field, Selection, View
from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.confidence import Background
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import EVERYTHING, Question, weigh
from glane_service.search.stopwatch import Stopwatch


def gather(
    view: View,
    words: Sequence[str],
    comparison: Comparison | None,
    *,
    fields: Sequence[Field],
    allowed: Selection | None,
    parameters: Parameters,
    keyword_limit: int,
    background: Background | None = None,
    watch: Stopwatch | None = None,
    known: Question | None = None,
    every: bool = False,
) -> Candidates:
    """The candidates of both legs.

    Args:
        words: exact forms for the keyword leg; empty: that leg finds nothing.
        comparison: the question's vector beside the view's, or None where the vector leg does not run.
        fields: where keywords are looked for; :data:`.question.EVERYTHING` for all.
        allowed: which bookmarks may be found; None allows all.
        keyword_limit: bookmarks that the keyword leg may give.
        background: what confidence is measured against; None where it is not asked for.
        watch: is told when a leg ends.
        known: the question beside this view, where it was weighed before.
        every: take everything that may be found, whatever the depths: see :mod:`.reach`.
    """
    watch = watch or Stopwatch()
    question = known or weigh(view, words, fields, parameters)
    rows, scores = view.keyword(question.weights, limit=keyword_limit, allowed=allowed)
    watch.lap("keyword")
    if comparison is None:
        place = np.argsort(rows)
        return Candidates.found_by_words(rows[place], scores[place], question)
    if every:
        found = view.selected(allowed)
    else:
        near = comparison.nearest(
            parameters.vector_depth,
            allowed=allowed,
            depth=parameters.passage_depth,
            language_share=parameters.language_share,
        )
        either = np.zeros(view.count, np.bool_)
        either[rows] = either[near] = True
        found = np.flatnonzero(either)
    nothing = np.zeros(len(found), np.float32)
    keyword = nothing.copy()
    keyword[np.searchsorted(found, rows)] = scores
    passage, title = comparison.best(found)
    watch.lap("vector")
    # Where all that holds a word has a score, what has none holds none.
    worded = np.flatnonzero(keyword) if every and tuple(fields) == EVERYTHING else np.arange(len(found))
    title_covered, complete = nothing.copy(), nothing.copy()
    title_covered[worded], complete[worded] = question.held(view, found[worded])
    watch.lap("keyword")
    return Candidates(
        rows=found,
        question=question,
        keyword=keyword,
        passage=passage,
        title=title,
        document=comparison.documents(found),
        language=comparison.languages(found),
        title_covered=title_covered,
        complete=complete,
        common=background.common(comparison, found) if background else nothing,
        gain=nothing,
        density=background.density if background else 0.0,
    )
