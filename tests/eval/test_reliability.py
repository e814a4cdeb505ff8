"""The calibration error and its bins, worked out by hand."""

from __future__ import annotations

import pytest

from glane_eval.reliability import binned, expected_error, measure
from glane_indexer.errors import DatasetError


def test_bins_are_fifteenths_and_a_border_belongs_to_the_lower_one():
    pairs = [(0.0, False), (1 / 15, True), (1 / 15 + 1e-6, False), (1.0, True)]
    bins = binned(pairs)
    assert [(round(part.low * 15), part.count, part.relevant) for part in bins] == [
        (0, 2, 0.5),
        (1, 1, 0.0),
        (14, 1, 1.0),
    ]


def test_the_error_is_the_gap_of_each_bin_by_its_share():
    # Ten at .9 of which seven are right: a gap of .2; ten at .1 of which one is: none.
    pairs = [(0.9, number < 7) for number in range(10)] + [(0.1, number < 1) for number in range(10)]
    assert expected_error(binned(pairs)) == pytest.approx(0.1)
    assert expected_error(binned([(0.5, True), (0.5, False)])) == pytest.approx(0)
    # Within a bin too high and too low even out: .81 and .85 are in one fifteenth, half of them right.
    assert expected_error(binned([(0.81, True), (0.85, False)])) == pytest.approx(0.33)


def test_all_results_and_the_first_of_each_answer():
    found = measure([[(0.9, True), (0.3, False)], [(0.9, False), (0.3, False)], []])
    assert (found.results, found.error, found.first) == (4, pytest.approx(0.35), pytest.approx(0.4))
    shown = found.to_json()
    assert shown["bins"][1] == {
        "low": 0.866667,
        "high": 0.933333,
        "count": 2,
        "confidence": 0.9,
        "relevant": 0.5,
    }


def test_without_confidences_there_is_nothing_to_calibrate():
    with pytest.raises(DatasetError, match="no result has a confidence"):
        binned([])
