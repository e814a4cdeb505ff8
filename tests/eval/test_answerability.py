"""Whether questions without an answer are told apart: areas, thresholds and shares worked out by hand."""

from __future__ import annotations

import pytest

from glane_eval.answerability import Verdict, auroc, keeping, measure
from glane_indexer.errors import DatasetError


@pytest.mark.parametrize(
    ("positives", "negatives", "area"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1, 0.2], [0.9, 0.8], 0.0),
        # Of the six pairs three are right and one is a tie.
        ([0.9, 0.5], [0.5, 0.6, 0.7], 3.5 / 6),
        # An engine that is always equally sure knows nothing.
        ([0.3, 0.3, 0.3], [0.3, 0.3], 0.5),
        ([1.0, 0.0, 0.0], [0.0, 0.0], (2 + 4 / 2) / 6),
    ],
)
def test_the_area_is_the_share_of_pairs_in_order(positives, negatives, area):
    assert auroc(positives, negatives) == pytest.approx(area)
    pairs = [(one > other) + (one == other) / 2 for one in positives for other in negatives]
    assert auroc(positives, negatives) == pytest.approx(sum(pairs) / len(pairs))


def test_an_area_needs_both_sides():
    with pytest.raises(DatasetError):
        auroc([], [0.1])
    with pytest.raises(DatasetError):
        auroc([0.1], [])


def test_the_highest_threshold_that_keeps_enough():
    scores = [number / 100 for number in range(100, 0, -1)]
    # Five of a hundred may be lost: .01 to .05.
    assert keeping(scores, 0.95) == 0.06
    assert sum(score >= 0.06 for score in scores) == 95
    # Of nineteen none may be: 18 of 19 are less than 95 %.
    assert keeping(scores[:19], 0.95) == 0.82
    assert keeping([0.4], 0.95) == 0.4


def test_each_group_is_measured_beside_the_answerable():
    answerable = [Verdict(0.9, True)] * 18 + [Verdict(0.3, True), Verdict(0.05, False)]
    others = {
        "foreign": [Verdict(0.0, False), Verdict(0.1, False), Verdict(0.2, True), Verdict(0.25, True)],
        "adversarial": [Verdict(0.95, True), Verdict(0.3, True)],
    }
    found = measure(answerable, others)
    assert (found.questions, found.answered) == (20, 0.95)
    foreign, adversarial = found.groups["foreign"], found.groups["adversarial"]
    # One of the twenty may be lost, so the line lies at .3.
    assert (foreign.threshold, foreign.false_alarms, foreign.told) == (0.3, 0.0, 0.5)
    assert foreign.auroc == pytest.approx((19 * 4 + 1) / 80)
    assert (adversarial.false_alarms, adversarial.told) == (1.0, 0.0)
    assert adversarial.auroc == pytest.approx((18 * 1 + 0.5) / 40)
    assert found.to_json()["groups"]["foreign"]["auroc"] == 0.9625
