"""Learns from a library's own judgments how sure its answers are: ``glane-eval calibrate``.

The calibration that Glane comes with is of other libraries. How many bookmarks answer a question, and how
near its own questions come to its texts, differs from library to library: judgments tell. Three numbers are
learnt: the line, and the slope and middle of confidence. What they bring is measured on questions that they
were not learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from glane_eval.answerability import keeping
from glane_eval.reliability import measure
from glane_eval.searching import Floats, Progress, Questions
from glane_eval.tuning import folds_of
from glane_indexer.errors import DatasetError
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import fuse, order
from glane_service.search.ranking.confidence import calibration, log_odds, recalibrated, sureness
from glane_service.search.ranking.parameters import Parameters

# Results of each question that are learnt from: a page.
RESULTS = 10
# Of the questions that the library answers, the share that is to stay above the line.
KEPT = 0.95
# A line beyond these would list everything, or drop what is as likely as not.
LINES = (0.02, 0.5)
# Few judgments move the numbers less: what the slope costs as it leaves 1, in questions.
PRIOR = 2.0
# What the first result of a question counts beside each of the others.
FIRST = 3.0
FOLDS = 5
LEAST_QUESTIONS = 20


@dataclass(frozen=True, slots=True)
class Judged:
    """The best results of judged questions: how likely each answers (before anything is learnt from the
    library), whether it is judged to, ``[n, 10]``; and how likely each question belongs, ``[n]``."""

    answers: NDArray[np.float32]
    relevant: NDArray[np.bool_]
    belongs: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OwnCalibration:
    """What was learnt, and what it brings on questions that it was not learnt from.

    ``error`` is the expected calibration error over the ten best results and ``first`` that over the first,
    before and after; ``kept`` is the share of the questions above the line, with the old line and the new.
    """

    questions: int
    parameters: Parameters
    error: tuple[float, float]
    first: tuple[float, float]
    kept: tuple[float, float]

    @property
    def worthwhile(self) -> bool:
        """Whether confidence comes nearer to what is judged."""
        return sum(self.error[1:] + self.first[1:]) < sum(self.error[:1] + self.first[:1])

    def to_json(self) -> dict[str, Any]:
        """The result as ``glane-eval calibrate --json`` prints it."""
        return {**asdict(self), "parameters": self.parameters.to_json(), "worthwhile": self.worthwhile}


def judged(item: Questions, parameters: Parameters, progress: Progress | None = None) -> Judged:
    """Ask the questions that have an answer.

    Raises:
        DatasetError: there are too few of them.
    """
    plain = replace(parameters, confidence_slope=1.0, confidence_middle=0.5)
    texts = {
        key: text
        for key, text in item.queries.items()
        if any(grade > 0 for grade in item.qrels[key].values())
    }
    answers, relevant, belongs = [], [], []
    for number, (key, text) in enumerate(texts.items(), start=1):
        found = item.fetch(Query(text), plain)
        best = order(found.rows, fuse(found, plain))[:RESULTS]
        if len(best) == RESULTS:
            sure = sureness(found, plain, calibration())
            answers.append(sure.answers[best])
            belongs.append(sure.belongs[best].max())
            relevant.append([item.qrels[key].get(item.ids[row], 0) > 0 for row in found.rows[best]])
        if progress:
            progress(f"Asking {item.name}", number, len(texts))
    if len(answers) < LEAST_QUESTIONS:
        raise DatasetError(
            f"{len(answers)} questions with an answer and a page of results are too few to learn from",
            where=item.name,
            hint=f"Judge at least {LEAST_QUESTIONS}",
        )
    return Judged(np.array(answers), np.array(relevant), np.array(belongs))


def calibrate(
    item: Questions, start: Parameters, *, seed: int = 0, progress: Progress | None = None
) -> OwnCalibration:
    """Learn the numbers from all judged questions, and measure on each fifth what the others teach.

    Raises:
        DatasetError: there are too few questions with an answer.
    """
    found = judged(item, start, progress)
    after = np.empty_like(found.answers)
    kept = np.empty(len(found.belongs), bool)
    fold = folds_of(len(kept), FOLDS, seed)
    for number in range(FOLDS):
        inside = fold == number
        learnt = learn(_some(found, ~inside), start)
        after[inside] = recalibrated(found.answers[inside], learnt)
        kept[inside] = found.belongs[inside] >= learnt.line
    old, new = (
        _reliability(values, found.relevant) for values in (recalibrated(found.answers, start), after)
    )
    return OwnCalibration(
        questions=len(kept),
        parameters=learn(found, start),
        error=(old.error, new.error),
        first=(old.first, new.first),
        kept=(float((found.belongs >= start.line).mean()), float(kept.mean())),
    )


def learn(found: Judged, start: Parameters) -> Parameters:
    """The numbers that fit some questions best; all others stay."""
    least, most = LINES
    line = min(most, max(least, keeping(found.belongs.tolist(), KEPT)))
    odds = log_odds(found.answers.astype(np.float64)).ravel()
    right = found.relevant.ravel().astype(float)
    # The first result is what people act on.
    weights = np.tile([FIRST, *[1.0] * (RESULTS - 1)], len(found.answers))

    def loss(theta: Floats) -> float:
        margin = np.exp(theta[0]) * (odds - theta[1])
        return float(weights @ (np.logaddexp(0, margin) - right * margin) + PRIOR * theta[0] ** 2)

    slope, middle = minimize(loss, np.array([0.0, 0.0]), method="Nelder-Mead").x
    return replace(
        start,
        line=round(float(line), 3),
        confidence_slope=round(float(np.exp(slope)), 3),
        confidence_middle=round(float(1 / (1 + np.exp(-middle))), 3),
    )


def _some(found: Judged, mask: NDArray[np.bool_]) -> Judged:
    return Judged(found.answers[mask], found.relevant[mask], found.belongs[mask])


def _reliability(answers: NDArray[np.float32], relevant: NDArray[np.bool_]) -> Any:
    pairs: Sequence[Sequence[tuple[float, bool]]] = [
        list(zip(sure, right, strict=True))
        for sure, right in zip(answers.tolist(), relevant.tolist(), strict=True)
    ]
    return measure(pairs)
