"""Does the engine know a question that its library answers from one that it does not? (pure)

What is measured is what the answer says: ``answered``, and the confidence of its best result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import DatasetError

# Of the questions that have an answer, the share that must be kept while false alarms are counted.
KEPT = 0.95


Scores = Sequence[float] | NDArray[np.float64]


class Verdict(NamedTuple):
    """What was said of one question: the confidence of its best result (0 without any), and whether it
    counts as answered."""

    confidence: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Questions without an answer of one kind, beside those with one.

    ``auroc`` is the chance that a question with an answer has the higher confidence; ``false_alarms`` the
    share of the group that lies at or above ``threshold``, the highest that keeps 95 % of the questions
    with an answer; ``told`` the share that is told "no good answer" at the library's own line.
    """

    questions: int
    auroc: float
    threshold: float
    false_alarms: float
    told: float


@dataclass(frozen=True, slots=True)
class Answerability:
    """Questions with an answer, the share of them that count as answered, and each group of others."""

    questions: int
    answered: float
    groups: dict[str, Group]

    def to_json(self) -> dict[str, Any]:
        """The numbers, rounded."""
        record = asdict(self)
        for part in (record, *record["groups"].values()):
            part.update({name: round(value, 6) for name, value in part.items() if isinstance(value, float)})
        return record


def measure(answerable: Sequence[Verdict], others: Mapping[str, Sequence[Verdict]]) -> Answerability:
    """Measure each group of questions without an answer against those with one.

    Raises:
        DatasetError: a group is empty, or there is no question with an answer.
    """
    have = [verdict.confidence for verdict in answerable]
    groups = {}
    for name, verdicts in others.items():
        lack = [verdict.confidence for verdict in verdicts]
        area = auroc(have, lack)
        threshold = keeping(have, KEPT)
        groups[name] = Group(
            len(verdicts),
            area,
            threshold,
            sum(value >= threshold for value in lack) / len(lack),
            sum(not verdict.answered for verdict in verdicts) / len(verdicts),
        )
    return Answerability(
        len(answerable), sum(verdict.answered for verdict in answerable) / max(1, len(answerable)), groups
    )


def auroc(positives: Scores, negatives: Scores) -> float:
    """The area under the ROC curve: the chance that a positive scores above a negative, a tie for half.

    Through the sum of midranks (Mann and Whitney, 1947; Hanley and McNeil, 1982, "The meaning and use of
    the area under a receiver operating characteristic curve").

    Raises:
        DatasetError: either side is empty.
    """
    from scipy.stats import rankdata

    if not len(positives) or not len(negatives):
        raise DatasetError("questions with an answer and questions without one are both needed")
    ranks = rankdata(np.concatenate([positives, negatives]))
    count = len(positives)
    above = ranks[:count].sum() - count * (count + 1) / 2
    return float(above / (count * len(negatives)))


def keeping(scores: Sequence[float], share: float) -> float:
    """The highest threshold at or above which at least this share of the scores lies."""
    ordered = np.sort(np.asarray(scores, float))
    return float(ordered[int(len(ordered) * (1 - share) + 1e-9)])
