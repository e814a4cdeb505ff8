"""The two legs of a search over one generation, and the candidates of both.

The depths are fixed, never tied to the page that is asked for: page 2 comes from the same candidates
as page 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.generation import Generation
from glane_indexer.index.local.rows import TITLE
from glane_indexer.index.local.vectors import best
from glane_service.search.ranking.candidates import Candidates, Floats, Rows, keyword_bound
from glane_service.search.ranking.languages import Languages
from glane_service.search.ranking.parameters import Parameters

Mask = NDArray[np.bool_]


def gather(
    generation: Generation,
    words: Sequence[str],
    vector: Floats | None,
    *,
    parts: Sequence[str],
    allowed: Mask | None,
    parameters: Parameters,
    keyword_limit: int,
    languages: Languages,
) -> Candidates:
    """The candidates of both legs.

    Args:
        words: exact forms for the keyword leg; empty: that leg finds nothing.
        vector: the question's unit vector, or None where the vector leg does not run.
        parts: the parts of a bookmark that keywords are looked for in.
        allowed: one truth value a bookmark row; None allows all.
        keyword_limit: bookmarks that the keyword leg may give.
        languages: of the generation's bookmarks.
    """
    rows, scores = generation.lexical.search(
        words,
        parts=parts,
        exact_weight=parameters.exact_weight,
        folded_weight=parameters.folded_weight,
        limit=keyword_limit,
        allowed=allowed,
    )
    bound = keyword_bound(
        [count for word in words for count in generation.lexical.document_frequencies(word, parts)],
        generation.manifest.counts.bookmarks,
        parameters,
    )
    if vector is None:
        place = np.argsort(rows)
        nothing = np.zeros(len(rows), np.float32)
        return Candidates(rows[place], scores[place], bound, nothing, nothing, nothing, nothing)
    if generation.vectors.exact:
        # All passages are compared in any case, so each is, once, and no bookmark is missed.
        compared = np.arange(len(generation.rows.first)) if allowed is None else np.flatnonzero(allowed)
        cosines = _passage_cosines(generation, vector, compared)
        own = languages.offsets(vector, compared)
        corrected = cosines[1] - np.float32(parameters.language_share) * own
        every = np.union1d(rows, _nearest(generation, corrected, compared, parameters.vector_depth))
        place = np.searchsorted(compared, every)
        passage, any_passage, language = cosines[0][place], cosines[1][place], own[place]
    else:
        every = np.union1d(rows, _scanned(generation, vector, allowed, parameters))
        passage, any_passage = _passage_cosines(generation, vector, every)
        language = languages.offsets(vector, every)
    keyword = np.zeros(len(every), np.float32)
    keyword[np.searchsorted(every, rows)] = scores
    document = _document_cosines(generation, vector, every)
    return Candidates(every, keyword, bound, passage, any_passage, document, language)


def _nearest(generation: Generation, cosines: Floats, rows: Rows, depth: int) -> Rows:
    """Of these bookmarks, the ``depth`` whose best passage is nearest; none without a passage."""
    filled = generation.rows.last[rows] > generation.rows.first[rows]
    return best(cosines[filled], rows[filled], depth)[1]


def _scanned(generation: Generation, vector: Floats, allowed: Mask | None, parameters: Parameters) -> Rows:
    """The bookmarks of the nearest passages, at most ``vector_depth`` of them."""
    passages = None if allowed is None else allowed[generation.rows.bookmark]
    _, hits = generation.vectors.search(vector, parameters.passage_depth, passages)
    # Hits come best first, and so do the first appearances of their bookmarks.
    found, first = np.unique(generation.rows.bookmark[hits], return_index=True)
    return found[np.argsort(first)][: parameters.vector_depth].astype(np.int64)


def _passage_cosines(generation: Generation, vector: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Of each bookmark the best cosine of its passages of text, and of all with its title card.

    A bookmark that has only a title has that for both; one that has no passage at all has 0.
    """
    text, any_kind = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    starts = generation.rows.first[rows].astype(np.int64)
    lengths = generation.rows.last[rows].astype(np.int64) - starts
    filled = np.flatnonzero(lengths > 0)
    if not len(filled):
        return text, any_kind
    starts, lengths = starts[filled], lengths[filled]
    offsets = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    passages = np.repeat(starts - offsets, lengths) + np.arange(lengths.sum())
    cosines = generation.vectors.scores(vector, passages)
    any_kind[filled] = np.maximum.reduceat(cosines, offsets)
    said = np.where(generation.rows.kind[passages] == TITLE, np.float32(-2), cosines)
    best = np.maximum.reduceat(said, offsets)
    text[filled] = np.where(best > -2, best, any_kind[filled])
    return text, any_kind


def _document_cosines(generation: Generation, vector: Floats, rows: Rows) -> Floats:
    vectors = np.asarray(generation.document_vectors[rows], dtype=np.float32)
    return (vectors @ vector).astype(np.float32)
