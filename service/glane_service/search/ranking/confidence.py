"""How sure it is that a result answers: a calibrated probability (pure).

A logistic regression on what needs no judgments: the vector score, how far it stands above the question's
nearness to the whole library, the share of the question's words that the result holds, the share that no
bookmark holds, and how many there are. It was fitted on questions asked of their own library and of others'
(see ``eval/README.md`` for how well it holds on libraries that it was not fitted on).
"""

from __future__ import annotations

import math

import numpy as np

from glane_service.search.ranking.candidates import Candidates, Floats
from glane_service.search.ranking.parameters import Parameters

# Cosines of another encoder lie elsewhere: it has no line until it is calibrated.
CALIBRATED = "multilingual-e5-small"
_VECTOR, _ABOVE_MEAN, _COVERAGE, _UNKNOWN, _LENGTH, _BASE = 30.855, 39.395, 3.78, -2.136, 0.548, -29.695
# A bookmark that holds every word that was asked for is an answer to these words at least.
COMPLETE = 0.5


def confidence(candidates: Candidates, parameters: Parameters) -> Floats:
    """The probability that each candidate answers the question, 0 to 1.

    The words of another language than the bookmark's cannot be in it, so coverage counts by the share that
    can, as in the fusion.
    """
    question = candidates.question
    vector = candidates.vector(parameters)
    logits = (
        _VECTOR * vector
        + _ABOVE_MEAN * (vector - candidates.mean)
        + _COVERAGE * candidates.coverage()
        + _UNKNOWN * question.unknown
        + _LENGTH * math.log(1 + len(question.words))
        + _BASE
    )
    probability = 1 / (1 + np.exp(-logits))
    sure = np.maximum(probability, COMPLETE * candidates.complete)
    return np.asarray(sure, np.float32)
