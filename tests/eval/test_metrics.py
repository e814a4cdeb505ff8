"""Measures against hand-worked values, the textbook and ir_measures."""

from __future__ import annotations

import math

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_eval.metrics import DEFAULT_METRICS, bootstrap_interval, evaluate, mean, recall_by_depth
from glane_eval.qrels import read_trec_qrels, write_trec_qrels
from glane_eval.runs import Run, from_rankings, read_run, write_run
from glane_indexer.errors import DatasetError, UsageError

QUERIES = st.sampled_from([f"q{number}" for number in range(6)])
DOCS = st.sampled_from([f"d{number}" for number in range(14)])
QRELS = st.dictionaries(QUERIES, st.dictionaries(DOCS, st.integers(0, 3), min_size=1), min_size=1)
# Few different scores, so that many tie.
RUNS = st.dictionaries(
    QUERIES, st.dictionaries(DOCS, st.sampled_from([0.0, 0.5, 1.0, 2.5]), min_size=1), min_size=1
)
THEIR_NAMES = {"MRR@10": "RR@10", "MAP": "AP", "judged@10": "Judged@10", "success@1": "Success@1"}


def dcg(grades):
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def reference(order, grades):
    """nDCG@10, RR@10 and AP of an order of documents, as the textbook writes them."""
    gains = [grades.get(doc, 0) for doc in order]
    best = dcg(sorted(grades.values(), reverse=True)[:10])
    hits = [rank for rank, gain in enumerate(gains, start=1) if gain > 0]
    relevant = sum(grade > 0 for grade in grades.values())
    return {
        "nDCG@10": dcg(gains[:10]) / best if best else 0.0,
        "MRR@10": 1 / hits[0] if hits and hits[0] <= 10 else 0.0,
        "MAP": sum(found / rank for found, rank in enumerate(hits, start=1)) / relevant
        if relevant
        else 0.0,
    }


def test_worked_by_hand():
    # Found at ranks 1 (grade 1) and 3 (grade 2); a document of grade 1 is not found.
    run = from_rankings("r", {"q": ["a", "x", "b", "y", "z"]})
    values = evaluate(run, {"q": {"a": 1, "b": 2, "c": 1, "x": 0}}).values
    ideal = 2 + 1 / math.log2(3) + 1 / 2
    expected = {
        "nDCG@10": (1 + 2 / 2) / ideal, "MRR@10": 1, "R@10": 2 / 3, "R@100": 2 / 3,
        "MAP": (1 + 2 / 3) / 3, "P@5": 2 / 5, "judged@10": 3 / 5, "success@1": 1,
    }  # fmt: skip
    assert {name: by_query["q"] for name, by_query in values.items()} == pytest.approx(expected)


def test_every_judged_query_counts():
    run = from_rankings("r", {"a": ["d"], "empty": [], "hopeless": ["d"], "new": ["d"]})
    qrels = {"a": {"d": 1}, "missing": {"d": 1}, "empty": {"d": 1}, "hopeless": {"d": 0}}
    evaluation = evaluate(run, qrels, ["MRR@10", "Judged@10"])
    assert evaluation.values["MRR@10"] == {"a": 1, "missing": 0, "empty": 0, "hopeless": 0}
    assert evaluation.unanswered == ("missing", "empty")
    assert evaluation.unanswerable == ("hopeless",)
    assert evaluation.unjudged == ("new",)
    assert evaluation.means() == {"MRR@10": 1 / 4, "Judged@10": 2 / 4}


def test_a_run_of_nothing_is_zero():
    assert evaluate(Run("r", {}), {"q": {"d": 1}}).means() == dict.fromkeys(DEFAULT_METRICS, 0)


@given(RUNS, QRELS)
def test_equals_ir_measures_on_the_trec_files(tmp_path_factory, scores, qrels):
    folder = tmp_path_factory.mktemp("trec")
    run = Run("r", {query: list(scored.items()) for query, scored in scores.items()})
    write_run(folder / "run", run)
    write_trec_qrels(folder / "qrels", qrels)
    measures = {ir_measures.parse_measure(THEIR_NAMES.get(name, name)): name for name in DEFAULT_METRICS}
    theirs = {name: {} for name in DEFAULT_METRICS}
    for metric in ir_measures.iter_calc(
        list(measures),
        list(ir_measures.read_trec_qrels(str(folder / "qrels"))),
        list(ir_measures.read_trec_run(str(folder / "run"))),
    ):
        theirs[measures[metric.measure]][metric.query_id] = metric.value
    ours = evaluate(read_run(folder / "run"), read_trec_qrels(folder / "qrels"))
    assert ours.values.keys() == theirs.keys()
    for name, by_query in ours.values.items():
        assert by_query == pytest.approx(theirs[name], abs=1e-6)
    averages = ir_measures.calc_aggregate(list(measures), qrels, scores)
    assert ours.means() == pytest.approx(
        {measures[measure]: value for measure, value in averages.items()}, abs=1e-6
    )


@given(RUNS, QRELS)
def test_equals_the_textbook(scores, qrels):
    run = Run("r", {query: list(scored.items()) for query, scored in scores.items()})
    values = evaluate(run, qrels, ["nDCG@10", "MRR@10", "MAP"]).values
    for query, grades in qrels.items():
        # trec_eval puts the last id first among equal scores, MS MARCO's reciprocal rank the first.
        found = list(scores.get(query, {}).items())
        as_trec = [doc for doc, _ in sorted(sorted(found, reverse=True), key=lambda pair: -pair[1])]
        trec, own = reference(as_trec, grades), reference(run.top(query, 100), grades)
        assert values["nDCG@10"][query] == pytest.approx(trec["nDCG@10"], abs=1e-6)
        assert values["MAP"][query] == pytest.approx(trec["MAP"], abs=1e-6)
        assert values["MRR@10"][query] == pytest.approx(own["MRR@10"], abs=1e-6)


@given(st.dictionaries(QUERIES, st.lists(DOCS, unique=True), min_size=1), QRELS)
def test_a_ranking_is_measured_as_it_was_served(rankings, qrels):
    values = evaluate(from_rankings("r", rankings), qrels, ["nDCG@10", "MRR@10", "MAP"]).values
    for query, grades in qrels.items():
        expected = reference(rankings.get(query, []), grades)
        assert {name: values[name][query] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_names_in_any_case_and_twice():
    values = evaluate(
        from_rankings("r", {"q": ["x", "d"]}), {"q": {"d": 1}}, ["mrr@5", "RR@5", "recall@2"]
    ).values
    assert values == {"mrr@5": {"q": 0.5}, "RR@5": {"q": 0.5}, "recall@2": {"q": 1.0}}


@pytest.mark.parametrize(
    "name", ["", "nope@10", "P", "nDCG@0", "nDCG@-1", "nDCG@x", "nDCG@10 ", "AP(rel=2)"]
)
def test_a_name_that_is_no_measure(name):
    with pytest.raises(UsageError, match="is not a measure"):
        evaluate(from_rankings("r", {"q": ["d"]}), {"q": {"d": 1}}, [name])


def test_no_judgments_and_no_values():
    with pytest.raises(DatasetError):
        evaluate(Run("r", {}), {})
    for function in (mean, bootstrap_interval):
        with pytest.raises(DatasetError):
            function([])
    with pytest.raises(DatasetError):
        recall_by_depth(Run("r", {}), {"q": {"d": 0}})


def test_the_interval_of_the_mean():
    values = [0.0, 1.0] * 200
    low, high = bootstrap_interval(values)
    # The mean of 400 fair coins has a standard error of .025; 95 % of them lie within 1.96 of it.
    assert (low, high) == pytest.approx((0.451, 0.549), abs=0.008)
    assert bootstrap_interval(values) == (low, high)
    assert bootstrap_interval([0.1, 0.2, 0.7, 0.9]) != bootstrap_interval([0.1, 0.2, 0.7, 0.9], seed=1)
    assert bootstrap_interval([0.3]) == (0.3, 0.3)


def test_recall_by_depth():
    run = from_rankings("r", {"a": ["x", "d", "e"], "b": ["f"]})
    qrels = {"a": {"d": 1, "e": 1}, "b": {"f": 3}, "c": {"f": 0}}
    assert recall_by_depth(run, qrels, 4) == [0.5, 0.75, 1.0, 1.0]
