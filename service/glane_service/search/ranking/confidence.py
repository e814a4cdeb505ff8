"""How sure it is that a result answers: two calibrated probabilities.

Logistic regressions on what needs no judgments:

- ``near``: how much nearer question and bookmark are to each other than either is to everyday questions and
  passages on all subjects. What comes near to everything is no evidence (the S-norm of speaker
  verification: Shum and others, "Unsupervised Speaker Adaptation based on the Cosine Similarity",
  Odyssey 2010);
- ``words``: the keyword score, in nats;
- ``unknown``: the share of the question's words that stand in no bookmark;
- ``length``: the logarithm of their number;
- ``density``: how near the library's bookmarks are to each other. Where all speak of one subject, a
  question about something beside it comes near them too;
- ``behind``: the logarithm of one and the nats that the best result is ahead.

The first five say whether the question belongs to the library at all, as far as this result can tell: what
does not reach the line is listed apart. All six say how likely this very result answers: of ten that belong
together, one may be what was asked for.

The numbers are in ``calibration.json``, which ``python -m glane_eval.calibration`` makes of judged sets and
of their questions asked of other libraries; ``eval/README.md`` has how well they hold on sets left out.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.protocol import Comparison, Floats, Rows, View
from glane_service.search.ranking.candidates import Candidates, evidence
from glane_service.search.ranking.parameters import Parameters

SIGNALS = ("near", "words", "unknown", "length", "density", "behind")
CALIBRATION_FILE = "calibration.json"
# A bookmark that holds every word that was asked for is an answer to these words at least.
COMPLETE = 0.5
# Densities of libraries on many subjects and on one; what lies outside counts as the nearer end, since five
# libraries say whether it matters and not how far it goes on.
DENSITIES = (0.865, 0.895)
# Bookmarks whose neighbours are looked for, those they are looked for among, and how many count.
_PROBES, _AMONG, _NEIGHBOURS = 64, 2048, 5


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression: the weights of the signals, and what is added to their sum."""

    weights: Floats
    base: float

    def __call__(self, signals: NDArray[Any]) -> Floats:
        """The probability for each row of ``signals``, ``[n, 6]``."""
        return np.asarray(1 / (1 + np.exp(-(signals @ self.weights + np.float32(self.base)))), np.float32)

    @classmethod
    def from_json(cls, values: dict[str, float]) -> Regression:
        """What :meth:`to_json` gives."""
        return cls(np.array([values[name] for name in SIGNALS], np.float32), values["base"])

    def to_json(self) -> dict[str, float]:
        """The weights by the signals' names, and the base."""
        named = zip((*SIGNALS, "base"), (*self.weights.tolist(), self.base), strict=True)
        return {name: round(value, 3) for name, value in named}


@dataclass(frozen=True, slots=True)
class Calibration:
    """The two regressions, and the mean vectors of everyday questions and passages, ``[d]``.

    They hold for one encoder: cosines of another lie elsewhere.
    """

    encoder: str
    belongs: Regression
    answers: Regression
    questions: Floats
    passages: Floats

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibration:
        """What :meth:`to_json` gives."""
        belongs, answers = (Regression.from_json(values[name]) for name in ("belongs", "answers"))
        questions, passages = (np.array(values[name], np.float32) for name in ("questions", "passages"))
        return cls(values["encoder"], belongs, answers, questions, passages)

    def to_json(self) -> dict[str, Any]:
        """Everything by name."""
        return {
            "encoder": self.encoder,
            "belongs": self.belongs.to_json(),
            "answers": self.answers.to_json(),
            "questions": [round(value, 5) for value in self.questions.tolist()],
            "passages": [round(value, 5) for value in self.passages.tolist()],
        }


@lru_cache(1)
def calibration() -> Calibration:
    """The calibration that Glane comes with, for its default encoder."""
    text = files(__package__).joinpath(CALIBRATION_FILE).read_text("utf-8")
    return Calibration.from_json(json.loads(text))


class Background:
    """What a view has in common with everything: everyday questions, and its own bookmarks."""

    def __init__(self, view: View, calibration: Calibration) -> None:
        self._passages = calibration.passages
        self._questions = view.compare(calibration.questions)
        # Of each bookmark its nearness to everyday questions, once it was asked for.
        self._known = np.full(view.count, np.nan, np.float32)
        self.density = density(view)

    def common(self, comparison: Comparison, rows: Rows) -> Floats:
        """How near a question is to everyday passages, and each of these bookmarks to everyday questions:
        the sum of both cosines."""
        unknown = rows[np.isnan(self._known[rows])]
        if len(unknown):
            self._known[unknown] = self._questions.documents(unknown)
        everyday = np.float32(comparison.vector @ self._passages)
        return np.asarray(everyday + self._known[rows], np.float32)


def density(view: View) -> float:
    """The mean cosine of a bookmark with its five nearest, within :data:`DENSITIES`.

    Read from bookmarks at even distances by id, so that it depends on the bookmarks alone; rounded, since
    the last digits of a product depend on how they lie in segments.
    """
    rows = np.unique(np.linspace(0, max(0, view.count - 1), min(view.count, _AMONG)).astype(np.int64))
    least, most = DENSITIES
    if len(rows) <= _NEIGHBOURS:
        return least
    vectors = view.document_vectors(rows)
    probes = np.arange(0, len(rows), math.ceil(len(rows) / _PROBES))
    cosines = vectors[probes] @ vectors.T
    cosines[np.arange(len(probes)), probes] = -1
    near = np.partition(cosines, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS:].mean()
    return round(min(most, max(least, float(near))), 3)


def signals(candidates: Candidates, parameters: Parameters) -> Floats:
    """The values of :data:`SIGNALS` of each candidate, ``[n, 6]``."""
    question, count = candidates.question, len(candidates.rows)
    alike = np.array([question.unknown, math.log(1 + len(question.words)), candidates.density], np.float32)
    near = 2 * candidates.vector(parameters) - candidates.common
    nats, _ = evidence(candidates, parameters)
    behind = np.log1p(nats.max(initial=0) - nats)
    return np.column_stack([near, candidates.keyword, np.broadcast_to(alike, (count, 3)), behind])


@dataclass(frozen=True, slots=True)
class Sureness:
    """Of each candidate: how likely the question belongs to the library, and how likely it answers."""

    belongs: Floats
    answers: Floats


def sureness(candidates: Candidates, parameters: Parameters, calibration: Calibration) -> Sureness:
    """How sure each candidate is, 0 to 1."""
    values = signals(candidates, parameters)
    belongs = np.maximum(calibration.belongs(values), np.float32(COMPLETE) * candidates.complete)
    answers = recalibrated(calibration.answers(values), parameters)
    return Sureness(np.asarray(belongs, np.float32), answers)


def recalibrated(probabilities: Floats, parameters: Parameters) -> Floats:
    """Probabilities as the library's own judgments correct them: another middle and slope of their log odds
    (Platt, 1999, "Probabilistic outputs for support vector machines")."""
    if (parameters.confidence_slope, parameters.confidence_middle) == (1.0, 0.5):
        return probabilities
    moved = log_odds(probabilities) - log_odds(np.float32(parameters.confidence_middle))
    return np.asarray(1 / (1 + np.exp(-np.float32(parameters.confidence_slope) * moved)), np.float32)


def log_odds(probabilities: Any) -> Any:
    """``ln(p / (1 - p))``, of what is within a millionth of 0 or 1 as of that."""
    held = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.log(held / (1 - held))
