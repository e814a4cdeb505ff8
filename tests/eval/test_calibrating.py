"""Fitting how sure a result is: on signals made up, and the everyday texts on the real encoder."""

from __future__ import annotations

import numpy as np
import pytest

from glane_eval.calibrating import Asked, background, fit, leave_out, main, table
from glane_indexer.encoder.base import Encoder
from glane_service.search.ranking.confidence import SIGNALS, calibration

SETS = ("a", "b", "c")


def asked() -> list[Asked]:
    """Questions whose first signal alone says whether they belong: 1 and 0, each half a step about it."""
    noise = np.linspace(-0.5, 0.5, 40)
    found = []
    for library in SETS:
        for questions in SETS:
            signals = np.zeros((40, len(SIGNALS)))
            signals[:, 0] = (library == questions) + noise
            signals[:, 1] = noise[::-1] ** 2
            found.append(Asked(library, questions, signals, np.ones(40, bool)))
    return found


def test_the_signal_that_tells_gets_the_weight() -> None:
    weights, base = fit(asked())
    assert weights[0] > 5
    assert np.abs(weights[1:]).max() < 0.2 * weights[0]
    # Foreign questions weigh more than own ones, so at the middle the answer is rather no.
    assert -1 < 0.5 * weights[0] + base < 0


def test_a_set_left_out_is_judged_by_the_others() -> None:
    found = leave_out("a", asked(), 0.5)
    assert (found.name, found.auroc) == ("a", pytest.approx(1, abs=0.001))
    assert found.kept > 0.9
    assert found.passed < 0.1
    assert table([found], 0.5).splitlines()[-1].startswith("| mean | 1.000 |")


def test_questions_without_a_judged_answer_are_not_to_be_kept() -> None:
    known = asked()
    hopeless = [
        Asked(each.library, each.questions, each.signals, each.signals[:, 0] > 0.6) if each.own else each
        for each in known
    ]
    assert leave_out("a", hopeless, 0.5).kept >= leave_out("a", known, 0.5).kept


def test_the_kept_means_are_those_of_the_everyday_texts(encoder: Encoder) -> None:
    made, kept = background(encoder), calibration()
    for mean, stored in zip(made, (kept.questions, kept.passages), strict=True):
        assert mean @ stored / np.linalg.norm(mean) / np.linalg.norm(stored) > 0.999


def test_fewer_than_three_sets_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "sample"]) == 2
    assert "at least three" in capsys.readouterr().err
