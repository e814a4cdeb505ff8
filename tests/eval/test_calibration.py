"""Fitting how sure a result is: on signals made up, and the everyday texts on the real encoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glane_eval.calibration import (
    Asked,
    background,
    fit_answers,
    fit_belongs,
    leave_out,
    main,
    table,
)
from glane_indexer.encoder.base import Encoder
from glane_service.search.ranking.confidence import SIGNALS, calibration

SETS = ("a", "b", "c")
BEHIND = SIGNALS.index("behind")


def asked() -> list[Asked]:
    """Questions with two results each. The first signal of the first says whether they belong: 1 and 0,
    each half a step about it; the second result lies behind, and does not answer."""
    noise = np.linspace(-0.5, 0.5, 40)
    found = []
    for library in SETS:
        for questions in SETS:
            own = library == questions
            values = np.zeros((40, 2, len(SIGNALS)))
            values[:, :, 0] = own + noise[:, None]
            values[:, :, 1] = noise[::-1, None] ** 2
            values[:, 1, BEHIND] = 2
            relevant = np.zeros((40, 2), bool)
            relevant[:, 0] = own
            found.append(Asked(library, questions, values, relevant, np.ones(40, bool)))
    return found


def test_the_signal_that_tells_gets_the_weight() -> None:
    belongs = fit_belongs(asked())
    assert belongs.weights[0] > 5
    assert np.abs(belongs.weights[1:]).max() < 0.2 * belongs.weights[0]
    # The first result is never behind.
    assert belongs.weights[BEHIND] == 0
    # Foreign questions weigh more than own ones, so at the middle the answer is rather no.
    assert -1 < 0.5 * belongs.weights[0] + belongs.base < 0


def test_a_result_that_lies_behind_is_less_likely_to_answer() -> None:
    answers = fit_answers(asked())
    assert answers.weights[0] > 1
    assert answers.weights[BEHIND] < -1
    first, second = np.zeros((2, len(SIGNALS)))
    first[0] = second[0] = 1
    second[BEHIND] = 2
    sure = answers(np.array([first, second]))
    assert sure[0] > 0.8
    assert sure[1] < 0.2


def test_a_set_left_out_is_judged_by_the_others() -> None:
    found = leave_out("a", asked(), 0.5)
    assert (found.name, found.auroc) == ("a", pytest.approx(1, abs=0.001))
    assert found.kept > 0.9
    assert found.passed < 0.1
    assert found.error < 0.15
    assert table([found], 0.5).splitlines()[-1].startswith("| mean | 1.000 |")


def test_questions_without_a_judged_answer_are_not_to_be_kept() -> None:
    known = asked()
    hopeless = [
        replace(each, answerable=each.signals[:, 0, 0] > 0.6) if each.own else each for each in known
    ]
    assert leave_out("a", hopeless, 0.5).kept >= leave_out("a", known, 0.5).kept


def test_the_kept_means_are_those_of_the_everyday_texts(encoder: Encoder) -> None:
    made, kept = background(encoder), calibration()
    for mean, stored in zip(made, (kept.questions, kept.passages), strict=True):
        assert mean @ stored / np.linalg.norm(mean) / np.linalg.norm(stored) > 0.999


def test_fewer_than_three_sets_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "sample"]) == 2
    assert "at least three" in capsys.readouterr().err
