"""Comparisons: differences, tests of significance, and the queries that moved."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from glane_eval.comparison import compare
from glane_eval.runs import Run, from_rankings
from glane_eval.significance import holm, randomisation_p, t_test_p
from glane_indexer.errors import DatasetError, UsageError

QRELS = {f"q{number:02}": {"d": 1} for number in range(20)}
WORSE = from_rankings("worse", {query: ["x", "d"] for query in QRELS})
BETTER = from_rankings("better", {query: ["d", "x"] for query in QRELS})


def test_a_better_run():
    (comparison,) = compare(QRELS, [WORSE, BETTER], ["MRR@10"])
    assert (comparison.before_name, comparison.after_name) == ("worse", "better")
    assert (comparison.before, comparison.after, comparison.difference) == (0.5, 1.0, 0.5)
    assert (comparison.wins, comparison.ties, comparison.losses) == (20, 0, 0)
    # Two of 2^20 sign patterns are as far: only the one that is added is left of 10,000.
    assert comparison.p_randomisation == pytest.approx(1 / 10_001)
    assert comparison.p_holm == comparison.p_randomisation
    assert comparison.p_t == 0.0
    first = comparison.moved[0]
    assert (first.query, first.before, first.after, first.difference) == ("q00", 0.5, 1.0, 0.5)
    assert (first.top_before, first.top_after) == (("x", "d"), ("d", "x"))
    assert len(comparison.moved) == 10
    assert json.loads(json.dumps(comparison.to_json()))["moved"][0]["top_after"] == ["d", "x"]


def test_equal_runs_do_not_differ():
    (comparison,) = compare(QRELS, [BETTER, from_rankings("again", {q: ["d"] for q in QRELS})], ["MRR@10"])
    assert (comparison.p_randomisation, comparison.p_t, comparison.p_holm) == (1.0, 1.0, 1.0)
    assert (comparison.wins, comparison.ties, comparison.losses, comparison.moved) == (0, 20, 0, ())


def test_every_run_against_the_first_with_holm_over_all():
    half = from_rankings("half", {query: ["d"] for query in list(QRELS)[:10]})
    found = compare(QRELS, [WORSE, BETTER, half], ["MRR@10", "R@1"])
    assert [(item.after_name, item.metric) for item in found] == [
        ("better", "MRR@10"), ("better", "R@1"), ("half", "MRR@10"), ("half", "R@1"),
    ]  # fmt: skip
    assert [item.p_holm for item in found] == holm([item.p_randomisation for item in found])
    # Ten queries found first instead of second, ten not found any more.
    assert (found[2].difference, found[2].wins, found[2].losses) == (0.0, 10, 10)
    assert found[2].p_randomisation == 1.0


def test_the_queries_that_moved_most_come_first():
    after = from_rankings("after", {"a": ["x", "d"], "b": ["x", "y", "z", "d"], "c": ["d"]})
    before = from_rankings("before", {"a": ["d"], "b": ["d"], "c": ["d"]})
    (comparison,) = compare({query: {"d": 1} for query in "abc"}, [before, after], ["MRR@10"], most=1)
    assert [(move.query, move.difference) for move in comparison.moved] == [("b", -0.75)]


def test_queries_without_a_relevant_document_count_nothing_on_both_sides():
    (comparison,) = compare(QRELS | {"none": {"d": 0}}, [WORSE, BETTER], ["MRR@10"])
    assert comparison.difference == pytest.approx(0.5 * len(QRELS) / (len(QRELS) + 1))
    assert comparison.differences["none"] == 0


@pytest.mark.parametrize(
    "arm", [Run("idle", {}), Run("idle", {"q00": []}), from_rankings("idle", {"z": ["d"]})]
)
def test_an_arm_that_never_ran_is_an_error(arm):
    with pytest.raises(DatasetError, match="'idle' answers no query"):
        compare(QRELS, [BETTER, arm])


def test_wrong_use():
    with pytest.raises(UsageError):
        compare(QRELS, [BETTER])
    with pytest.raises(UsageError):
        compare(QRELS, [BETTER, WORSE], [])


@settings(max_examples=25)
@given(st.lists(st.sampled_from([-0.5, -0.1, 0.0, 0.2, 0.3, 1.0]), min_size=1, max_size=8))
def test_randomisation_agrees_with_all_sign_patterns(differences):
    total = sum(differences)
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    two_sided = sum(abs(value) >= abs(total) - 1e-9 for value in sums) / len(sums)
    one_sided = sum(value >= total - 1e-9 for value in sums) / len(sums)
    # Five standard errors of a share estimated from 10,000 draws.
    assert randomisation_p(differences) == pytest.approx(two_sided, abs=0.025)
    if any(differences):
        assert randomisation_p(differences, one_sided=True) == pytest.approx(one_sided, abs=0.025)


def test_randomisation_is_seeded_and_takes_many_queries():
    differences = [0.01 * (number % 7 - 3) + 0.0005 for number in range(5000)]
    assert randomisation_p(differences) == randomisation_p(differences)
    assert randomisation_p(differences, seed=1) != randomisation_p(differences)


def test_t_test():
    before, after = [0.1, 0.4, 0.35, 0.8], [0.3, 0.35, 0.5, 0.9]
    differences = [b - a for a, b in zip(before, after, strict=True)]
    assert t_test_p(differences) == pytest.approx(ttest_rel(after, before).pvalue)
    assert t_test_p([0.5]) == t_test_p([0.0, 0.0]) == 1.0
    assert t_test_p([0.5, 0.5]) == 0.0


def test_holm_worked_by_hand():
    # Sorted .01 .03 .04 times 3, 2, 1: .03, .06, and .04 raised to the .06 before it.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
