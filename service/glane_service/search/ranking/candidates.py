"""What the two legs found for one question, and their fusion into one ranking (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glane_service.search.ranking.parameters import Parameters
from glane_service.search.results import Mode

if TYPE_CHECKING:
    from glane_service.search.ranking.question import Question

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


_PER_ROW = (
    *("rows", "keyword", "passage", "title", "document", "language"),
    *("title_covered", "complete", "common", "gain"),
)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The bookmarks that either leg found; all arrays have one entry a candidate, rows ascending.

    ``keyword`` is the BM25 score in nats, 0 where no word matched. ``passage`` is the best cosine of a
    candidate's passages of text, ``title`` that of its title card, ``document`` that of its whole;
    ``language`` is the part of these that its language alone brings (see
    :mod:`glane_indexer.index.local.languages`). ``title_covered`` is the share of its title that the
    question covers, and ``complete`` is 1 where it holds every word of the question. ``common`` is how near
    the question and the bookmark are to everything, and ``density`` how near the library's bookmarks are to
    each other (see :mod:`.confidence`). ``gain`` is by how much cosine the best passage of a candidate that
    was read closely gains (see :func:`.passage_choice.gain`). What belongs to a leg that did not run is 0.
    """

    rows: Rows
    question: Question
    keyword: Floats
    passage: Floats
    title: Floats
    document: Floats
    language: Floats
    title_covered: Floats
    complete: Floats
    common: Floats
    gain: Floats
    density: float

    @classmethod
    def found_by_words(cls, rows: Rows, scores: Floats, question: Question) -> Candidates:
        """Candidates of the keyword leg alone."""
        nothing = np.zeros(len(rows), np.float32)
        columns = dict.fromkeys(_PER_ROW[2:], nothing)
        return cls(rows, question, scores, **columns, density=0.0)

    def read(self, places: Rows, gains: Floats) -> Candidates:
        """The same where those at ``places`` were read closely, and gain so much."""
        gain = self.gain.copy()
        gain[places] = gains
        return replace(self, gain=gain)

    def among(self, kept: NDArray[np.bool_]) -> Candidates:
        """Some of them."""
        arrays = {name: value[kept] for name in _PER_ROW if (value := getattr(self, name)) is not None}
        return replace(self, **arrays)

    def vector(self, parameters: Parameters) -> Floats:
        """The vector score of each candidate: a weighted mean of three cosines, less its language's."""
        document = np.float32(parameters.document_share)
        title = np.float32(parameters.title_share * self.question.telling)
        text = (np.float32(1) - document) * self.passage + document * self.document
        cosine = (np.float32(1) - title) * text + title * self.title
        return np.asarray(cosine - np.float32(parameters.language_share) * self.language, np.float32)

    def coverage(self) -> Floats:
        """The keyword score as a share of the most that the question's words could bring, 0 to 1."""
        if self.question.bound <= 0:
            return np.zeros(len(self.rows), np.float32)
        return self.keyword / np.float32(self.question.bound)


def fuse(candidates: Candidates, parameters: Parameters, mode: Mode = "hybrid") -> Floats:
    """The score of each candidate in a mode, 1 at most; the higher, the better."""
    if mode == "keyword":
        return candidates.coverage()
    if mode == "vector":
        return candidates.vector(parameters)
    nats, most = evidence(candidates, parameters)
    return np.asarray(nats / np.float32(max(most, 1e-9)), np.float32)


def evidence(candidates: Candidates, parameters: Parameters) -> tuple[Floats, float]:
    """What speaks for each candidate by both legs, in nats, and the most that could."""
    vector = candidates.vector(parameters)
    question = candidates.question
    possible = _counting(question, parameters)
    nat = parameters.nat_scale * (1 - parameters.telling_discount * question.telling) * possible
    title = parameters.title_scale * question.telling * possible
    # What a passage gains counts as its cosine does.
    passage = parameters.vector_scale * (1 - parameters.title_share * question.telling)
    passage *= 1 - parameters.document_share
    nats = (
        np.float32(parameters.vector_scale) * vector
        + np.float32(nat) * candidates.keyword
        + np.float32(title) * candidates.title_covered
        + np.float32(passage) * candidates.gain
    )
    most = (
        parameters.vector_scale
        + nat * question.bound
        + title
        + passage * words_weight(candidates, parameters)
    )
    return nats, most


def words_weight(candidates: Candidates, parameters: Parameters) -> float:
    """What a passage that holds all of the question's words gains at most, as a cosine."""
    return parameters.passage_weight * _counting(candidates.question, parameters)


def _counting(question: Question, parameters: Parameters) -> float:
    """What the question's words count where its language may not be that of the bookmarks, 0 to 1."""
    possible: float = question.possible**parameters.possible_power
    return possible * question.familiar


def order(rows: Rows, scores: Floats) -> Rows:
    """Places from best to worst: by (-score, row), a total order. Rows are in the order of their ids."""
    by_row = np.argsort(rows, kind="stable")
    return by_row[np.argsort(-scores[by_row], kind="stable")]
