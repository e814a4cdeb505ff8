"""What a library's judgments teach of how sure its answers are: on numbers made up, and on the sample."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import glane_eval
from glane_eval.cli import main
from glane_eval.own_calibration import LINES, Judged, judged, learn
from glane_eval.searching import Questions
from glane_indexer.errors import DatasetError
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.confidence import recalibrated
from glane_service.search.ranking.parameters import Parameters

START = Parameters()


def answers(first: float, others: float, right: float, count: int = 200) -> Judged:
    """Questions whose first result is said to answer with one probability, the others with another; the
    first does in ``right`` of them, the others never. They belong with probabilities from 0 to 1."""
    sure = np.full((count, 10), others, np.float32)
    sure[:, 0] = first
    relevant = np.zeros((count, 10), bool)
    relevant[: int(count * right), 0] = True
    return Judged(sure, relevant, np.linspace(0, 1, count, dtype=np.float32))


def test_confidence_that_is_right_is_left_alone() -> None:
    # Half of what is said to answer with .5 does, and hardly any of the .001.
    learnt = learn(answers(0.5, 0.001, 0.5), START)
    sure = recalibrated(np.array([0.5, 0.001], np.float32), learnt)
    assert sure == pytest.approx([0.5, 0], abs=0.02)


def test_confidence_that_is_too_low_is_raised() -> None:
    # Four in five of what is said to answer with .3 do.
    found = answers(0.3, 0.001, 0.8)
    learnt = learn(found, START)
    assert learnt.confidence_middle < 0.3
    assert recalibrated(found.answers[0, :1], learnt) == pytest.approx([0.8], abs=0.03)
    # Only how sure it is, and the line, are learnt.
    kept = replace(learnt, line=START.line, confidence_slope=1.0, confidence_middle=0.5)
    assert kept == START


def test_the_line_keeps_nineteen_of_twenty() -> None:
    found = answers(0.5, 0.001, 0.5)
    line = learn(found, START).line
    assert (found.belongs >= line).mean() == pytest.approx(0.95, abs=0.01)
    for belongs, expected in ((0.0, LINES[0]), (1.0, LINES[1])):
        same = Judged(found.answers, found.relevant, np.full(200, belongs, np.float32))
        assert learn(same, START).line == expected


def test_the_middle_is_what_answers_as_often_as_not() -> None:
    sure = np.array([0.1, 0.3, 0.9], np.float32)
    assert recalibrated(sure, START) is sure
    moved = recalibrated(sure, replace(START, confidence_middle=0.3, confidence_slope=2.0))
    # Odds of 1/9 beside the middle's 3/7: their ratio, squared, is (7/27)².
    assert moved == pytest.approx([(7 / 27) ** 2 / (1 + (7 / 27) ** 2), 0.5, 21**2 / (1 + 21**2)], rel=1e-3)


def test_too_few_judgments_teach_nothing() -> None:
    def nothing(query: Query, parameters: Parameters) -> Candidates:
        raise AssertionError

    few = Questions("few", {"q": "why"}, {"q": {"a": 0}}, ["a"], nothing)
    with pytest.raises(DatasetError, match=r"0 questions with an answer .* Judge at least 20"):
        judged(few, START)


def test_the_sample_teaches_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = glane_eval.calibrate("sample")
    # Its questions are asked in other words than those of the texts: confidence is too low before.
    assert found.worthwhile
    assert found.error[1] < 0.06 < found.error[0]
    assert found.first[1] < found.first[0]
    assert found.kept[1] > 0.9
    assert main(["calibrate", "sample", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["parameters"]["confidence_middle"] == found.parameters.confidence_middle
    assert said["written"] is False
    assert main(["calibrate", "sample", "--write"]) == 2
    assert "--write needs the library" in capsys.readouterr().err
