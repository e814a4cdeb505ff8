"""How sure a result is: the probability by hand, and what it says of real questions."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from glane_indexer.sample.load import qrels, queries
from glane_service.live import LiveEngine
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.confidence import (
    COMPLETE,
    DENSITIES,
    Background,
    Calibration,
    Regression,
    calibration,
    density,
    signals,
    sureness,
)
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import Question, Word

FOREIGN = [
    "recette de tarte aux pommes",
    "xkcdfgh bcdfghjkl",
    "comment soigner une otite chez le chat",
    "how to tune a guitar by ear",
]


def found(*, keyword: float, cosine: float, complete: float = 0, common: float = 1.5) -> Candidates:
    """One candidate of a question of seven words, of which a library of density .9 knows six."""
    words = tuple(Word(f"mot{n}", (), 1.0, known=n > 0) for n in range(7))
    values = (keyword, cosine, cosine, cosine, 0, 0, complete, common, 0)
    columns = (np.array([value], np.float32) for value in values)
    return Candidates(np.array([0]), Question(words, (), 8.0, 1.0, 0.0), *columns, 0.9)


BELONGS = Regression(np.array([40, 0.2, -1.4, 0.5, -60, 0], np.float32), 50.0)
ANSWERS = Regression(np.array([30, 0.1, -3, 0, -60, -1.5], np.float32), 50.0)
BY_HAND = Calibration("any", BELONGS, ANSWERS, np.zeros(2), np.zeros(2))
PARAMETERS = Parameters(vector_scale=60, nat_scale=0.8, document_share=0.25)


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def test_the_signals_by_hand() -> None:
    # Twice the vector score less what is common, nats, one word of seven, ln 8, the density; it is first.
    expected = [[2 * 0.85 - 1.5, 2, 1 / 7, math.log(8), 0.9, 0]]
    assert signals(found(keyword=2, cosine=0.85), PARAMETERS) == pytest.approx(np.array(expected), abs=1e-6)


def test_both_probabilities_by_hand() -> None:
    sure = sureness(found(keyword=2, cosine=0.85), PARAMETERS, BY_HAND)
    belongs = 40 * 0.2 + 0.2 * 2 - 1.4 / 7 + 0.5 * math.log(8) - 60 * 0.9 + 50
    answers = 30 * 0.2 + 0.1 * 2 - 3 / 7 - 60 * 0.9 + 50
    assert sure.belongs == pytest.approx([logistic(belongs)], abs=1e-5)
    assert sure.answers == pytest.approx([logistic(answers)], abs=1e-5)


def test_what_lies_behind_belongs_as_well_and_answers_less() -> None:
    first = found(keyword=2, cosine=0.85)
    columns = [item.name for item in fields(Candidates) if item.name not in ("question", "density")]
    two = replace(first, **{name: np.repeat(getattr(first, name), 2) for name in columns})
    # .05 less of cosine in both, and .1 less in common: as near, and 60 * .05 nats behind.
    less = {name: getattr(two, name) - np.array([0, 0.05], np.float32) for name in ("passage", "document")}
    two = replace(two, **less, common=two.common - np.array([0, 0.1], np.float32))
    sure = sureness(two, PARAMETERS, BY_HAND)
    assert sure.belongs[1] == pytest.approx(sure.belongs[0], abs=1e-5)
    lower = -math.log(sure.answers[1] / (1 - sure.answers[1]) / (sure.answers[0] / (1 - sure.answers[0])))
    assert lower == pytest.approx(1.5 * math.log(1 + 60 * 0.05), abs=1e-3)


def test_a_bookmark_that_holds_every_word_is_listed_for_them() -> None:
    sure = sureness(found(keyword=8, cosine=0, complete=1), PARAMETERS, BY_HAND)
    assert sure.belongs.tolist() == [COMPLETE]
    assert sure.answers[0] < 0.01


def test_what_comes_near_to_everything_is_no_evidence() -> None:
    near, common = (
        sureness(found(keyword=2, cosine=0.85, common=value), PARAMETERS, BY_HAND).belongs[0]
        for value in (1.5, 1.6)
    )
    assert common < near


def test_a_calibration_is_read_as_it_was_written() -> None:
    read = Calibration.from_json(BY_HAND.to_json())
    assert read.to_json() == BY_HAND.to_json()
    assert read.answers.weights == pytest.approx(ANSWERS.weights)
    assert calibration().questions.shape == calibration().passages.shape == (384,)


def test_the_density_is_the_mean_cosine_with_the_five_nearest() -> None:
    # Nine directions, each with a cosine of .88 to every other.
    vectors = np.linalg.cholesky(np.full((9, 9), 0.88) + 0.12 * np.eye(9)).astype(np.float32)
    assert density(Vectors(vectors)) == 0.88
    assert density(Vectors(vectors[:3])) == DENSITIES[0]
    assert density(Vectors(np.eye(9, dtype=np.float32))) == DENSITIES[0]
    assert density(Vectors(np.ones((9, 1), np.float32))) == DENSITIES[1]


class Vectors:
    """The vector side of a view: the vectors of its bookmarks, ``[n, d]``."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors, self.count = vectors, len(vectors)

    def document_vectors(self, rows: np.ndarray) -> np.ndarray:
        return self.vectors[rows]

    def compare(self, vector: np.ndarray) -> Products:
        return Products(self.vectors, vector)


class Products:
    def __init__(self, vectors: np.ndarray, vector: np.ndarray) -> None:
        self.vectors, self.vector = vectors, vector

    def documents(self, rows: np.ndarray) -> np.ndarray:
        return self.vectors[rows] @ self.vector


def test_the_question_is_measured_against_everyday_passages_and_each_bookmark_against_questions() -> None:
    made = Calibration("any", BELONGS, ANSWERS, np.array([0.5, 0]), np.array([0.2, 0.4]))
    view = Vectors(np.array([[1, 0], [0.6, 0.8]], np.float32))
    beside = Background(view, made)
    common = beside.common(view.compare(np.array([0, 1])), np.array([0, 1]))
    assert common == pytest.approx([0.4 + 0.5, 0.4 + 0.3])


@pytest.mark.parametrize("text", FOREIGN)
def test_a_question_without_an_answer_is_told_so(sample_live: LiveEngine, text: str) -> None:
    found = sample_live.engine.search(Query(text))
    assert not found.answered
    assert (found.total, found.hits) == (0, ())
    assert all(not values for values in found.facets.values())
    assert found.more > 0
    everything = sample_live.engine.search(Query(text, everything=True))
    assert not everything.answered
    assert everything.total == found.more
    assert all(hit.confidence is not None and hit.confidence < 0.1 for hit in everything.hits)


def test_nine_of_ten_questions_that_have_an_answer_are_answered(sample_live: LiveEngine) -> None:
    judged = {query for query, grades in qrels().items() if any(grade > 0 for grade in grades.values())}
    answered = [
        sample_live.engine.search(Query(text)).answered
        for query, text in queries().items()
        if query in judged
    ]
    assert sum(answered) / len(answered) >= 0.9


def test_keywords_have_no_line(sample_live: LiveEngine) -> None:
    found = sample_live.engine.search(Query("tarte", mode="keyword"))
    assert found.more == 0
    assert all(hit.confidence is None for hit in found.hits)
