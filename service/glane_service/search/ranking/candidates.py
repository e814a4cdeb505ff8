"""What the two legs found for one question, and their fusion into one ranking (pure)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glane_service.search.ranking.parameters import Parameters
from glane_service.search.results import Mode

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The bookmarks that either leg found; all arrays have one entry a candidate, rows ascending.

    ``keyword`` is the BM25 score, 0 where no word matched; ``keyword_bound`` the most that a bookmark
    could score. ``passage`` is the best cosine of a candidate's passages of text, ``any_passage`` the
    same with its title card, ``document`` that of its whole; ``language`` is the part of these that its
    language alone brings (see
    :mod:`glane_indexer.index.local.languages`). The arrays of a leg that did not run are
    all 0.
    """

    rows: Rows
    keyword: Floats
    keyword_bound: float
    passage: Floats
    any_passage: Floats
    document: Floats
    language: Floats

    def vector(self, parameters: Parameters) -> Floats:
        """The vector score of each candidate: a weighted mean of three cosines, less its language's."""
        document = np.float32(parameters.document_share)
        title = np.float32(parameters.title_share)
        passage = (np.float32(1) - title) * self.passage + title * self.any_passage
        cosine = (np.float32(1) - document) * passage + document * self.document
        return np.asarray(cosine - np.float32(parameters.language_share) * self.language, np.float32)

    def coverage(self) -> Floats:
        """The keyword score as a share of the most that the question's words could bring, 0 to 1."""
        if self.keyword_bound <= 0:
            return np.zeros(len(self.rows), np.float32)
        return self.keyword / np.float32(self.keyword_bound)


def fuse(candidates: Candidates, parameters: Parameters, mode: Mode = "hybrid") -> Floats:
    """The score of each candidate in a mode, 1 at most; the higher, the better."""
    if mode == "keyword":
        return candidates.coverage()
    vector = candidates.vector(parameters)
    if mode == "vector":
        return vector
    scales = np.float32(parameters.vector_scale), np.float32(parameters.keyword_scale)
    fused = scales[0] * vector + scales[1] * candidates.coverage() ** np.float32(parameters.keyword_power)
    return np.asarray(fused / max(sum(scales), np.float32(1e-9)), np.float32)


def order(rows: Rows, scores: Floats) -> Rows:
    """Places from best to worst: by (-score, row), a total order. Rows are in the order of their ids."""
    return np.lexsort((rows, -scores)).astype(np.int64)
