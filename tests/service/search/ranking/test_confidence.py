"""How sure a result is: the probability by hand, and what it says of real questions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from glane_indexer.sample.load import queries
from glane_service.live import LiveEngine
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.confidence import COMPLETE, confidence
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import Question

FOREIGN = [
    "recette de tarte aux pommes",
    "xkcdfgh bcdfghjkl",
    "comment soigner une otite chez le chat",
    "how to tune a guitar by ear",
]


def test_the_probability_by_hand() -> None:
    values = (np.array([value], np.float32) for value in (2, 0.85, 0.85, 0.85, 0, 0, 0))
    found = Candidates(np.array([0]), Question((), (), 8.0, 1.0, 0.0), *values, 0.8)
    logit = 30.855 * 0.85 + 39.395 * 0.05 + 3.78 * 0.25 - 29.695
    assert confidence(found, Parameters()) == pytest.approx([1 / (1 + math.exp(-logit))], abs=1e-5)


def test_a_bookmark_that_holds_every_word_is_an_answer_to_them() -> None:
    values = (np.array([value], np.float32) for value in (8, 0, 0, 0, 0, 0, 1))
    found = Candidates(np.array([0]), Question((), (), 8.0, 1.0, 0.0), *values, 0.8)
    assert confidence(found, Parameters()).tolist() == [COMPLETE]


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
    assert all(hit.confidence is not None and hit.confidence < 0.08 for hit in everything.hits)


def test_nine_of_ten_questions_that_have_an_answer_are_answered(sample_live: LiveEngine) -> None:
    answered = [sample_live.engine.search(Query(text)).answered for text in queries().values()]
    assert sum(answered) / len(answered) >= 0.9


def test_keywords_have_no_line(sample_live: LiveEngine) -> None:
    found = sample_live.engine.search(Query("tarte", mode="keyword"))
    assert found.more == 0
    assert all(hit.confidence is None for hit in found.hits)
