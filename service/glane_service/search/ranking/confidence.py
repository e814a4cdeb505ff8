"""How sure it is that a result answers: a calibrated probability.

A logistic regression on what needs no judgments:

- ``near``: how much nearer question and bookmark are to each other than either is to everyday questions and
  passages on all subjects. What comes near to everything is no evidence (the S-norm of speaker
  verification: Shum and others, "Unsupervised Speaker Adaptation based on the Cosine Similarity",
  Odyssey 2010);
- ``words``: the keyword score, in nats;
- ``unknown``: the share of the question's words that stand in no bookmark;
- ``length``: the logarithm of their number;
- ``density``: how near the library's bookmarks are to each other. Where all speak of one subject, a
  question about something beside it comes near them too.

The numbers are in ``calibration.json``, which ``python -m glane_eval.calibrating`` makes of judged sets and
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

from glane_indexer.index.protocol import Comparison, Floats, Rows, View
from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.parameters import Parameters

SIGNALS = ("near", "words", "unknown", "length", "density")
CALIBRATION_FILE = "calibration.json"
# A bookmark that holds every word that was asked for is an answer to these words at least.
COMPLETE = 0.5
# Densities between which it was calibrated; what lies outside counts as the nearer end.
DENSITIES = (0.85, 0.92)
# Bookmarks whose neighbours are looked for, those they are looked for among, and how many count.
_PROBES, _AMONG, _NEIGHBOURS = 64, 2048, 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers of the regression, and the means of the vectors of everyday questions and passages.

    They hold for one encoder: cosines of another lie elsewhere.
    """

    encoder: str
    weights: Floats
    base: float
    questions: Floats
    passages: Floats

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibration:
        """What :meth:`to_json` gives."""
        weights = np.array([values["weights"][name] for name in SIGNALS], np.float32)
        questions, passages = (np.array(values[name], np.float32) for name in ("questions", "passages"))
        return cls(values["encoder"], weights, values["base"], questions, passages)

    def to_json(self) -> dict[str, Any]:
        """Everything by name."""
        return {
            "encoder": self.encoder,
            "weights": {name: round(float(w), 3) for name, w in zip(SIGNALS, self.weights, strict=True)},
            "base": round(self.base, 3),
            "questions": [round(float(value), 5) for value in self.questions],
            "passages": [round(float(value), 5) for value in self.passages],
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
        self._documents = view.compare(calibration.questions).documents(np.arange(view.count))
        self.density = density(view)

    def common(self, comparison: Comparison, rows: Rows) -> Floats:
        """How near a question is to everyday passages, and each of these bookmarks to everyday questions:
        the sum of both cosines."""
        everyday = np.float32(comparison.vector @ self._passages)
        return np.asarray(everyday + self._documents[rows], np.float32)


def density(view: View) -> float:
    """The mean cosine of a bookmark with its five nearest, within :data:`DENSITIES`.

    Read from bookmarks at even distances by id, so that it depends on the bookmarks alone; rounded, since
    the last digits of a product depend on how they lie in segments.
    """
    rows = np.unique(np.linspace(0, max(0, view.count - 1), min(view.count, _AMONG)).astype(np.int64))
    near = []
    for probe in rows[:: math.ceil(len(rows) / _PROBES)].tolist() if len(rows) > _NEIGHBOURS else ():
        cosines = view.compare(view.document_vector(probe)).documents(rows[rows != probe])
        near.append(np.partition(cosines, -_NEIGHBOURS)[-_NEIGHBOURS:].mean())
    least, most = DENSITIES
    return round(min(most, max(least, float(np.mean(near)))), 3) if near else least


def signals(candidates: Candidates, parameters: Parameters) -> Floats:
    """The values of :data:`SIGNALS` of each candidate, ``[n, 5]``."""
    question, count = candidates.question, len(candidates.rows)
    alike = np.array([question.unknown, math.log(1 + len(question.words)), candidates.density], np.float32)
    near = 2 * candidates.vector(parameters) - candidates.common
    return np.column_stack([near, candidates.keyword, np.broadcast_to(alike, (count, 3))])


def confidence(candidates: Candidates, parameters: Parameters, calibration: Calibration) -> Floats:
    """The probability that each candidate answers the question, 0 to 1."""
    logits = signals(candidates, parameters) @ calibration.weights + np.float32(calibration.base)
    probability = 1 / (1 + np.exp(-logits))
    sure = np.maximum(probability, COMPLETE * candidates.complete)
    return np.asarray(sure, np.float32)
