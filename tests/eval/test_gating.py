"""The gate: what passes, what fails, and what it says."""

from __future__ import annotations

import json

import pytest

from glane_eval.gating import Baseline, check, read_baseline, write_baseline
from glane_indexer.errors import DatasetError

MANY = {f"q{number:03}": 0.8 for number in range(200)}


def outcome(now, then, max_drop=0.01, **options):
    (item,) = check({"nDCG@10": now}, Baseline("set", {"nDCG@10": then}, ""), max_drop, **options).checks
    return item


def test_nothing_changed():
    item = outcome(MANY, MANY)
    assert (item.passed, item.drop, item.p, item.fallen) == (True, 0.0, 1.0, ())


def test_a_significant_drop_fails_and_names_who_fell():
    now = MANY | {f"q{number:03}": 0.5 for number in range(10)} | {"q150": 0.1, "q151": 0.9}
    item = outcome(now, MANY)
    assert not item.passed
    assert (item.before, item.after) == pytest.approx((0.8, 0.782))
    assert item.drop == pytest.approx(0.018)
    assert item.p < 0.05
    assert [(fall.query, fall.before, fall.after) for fall in item.fallen[:2]] == [
        ("q150", 0.8, 0.1),
        ("q000", 0.8, 0.5),
    ]
    assert len(item.fallen) == 11


def test_a_significant_drop_within_what_is_allowed_passes():
    item = outcome(dict.fromkeys(MANY, 0.792), MANY)
    assert item.p < 0.05
    assert item.passed


def test_a_drop_that_may_be_chance_passes_up_to_three_times_what_is_allowed():
    then = dict.fromkeys(MANY, 0.5)
    # As many queries rise by .4 as fall by .4, and four more fall completely.
    swing = {query: 0.9 if number % 2 else 0.1 for number, query in enumerate(MANY)}
    slight = swing | dict.fromkeys(list(MANY)[1:7:2], 0.0)
    item = outcome(slight, then)
    assert item.drop == pytest.approx(0.0135)
    assert item.p > 0.05
    assert item.passed
    heavy = outcome({"a": 0.5, "b": 1.0}, {"a": 1.0, "b": 1.0}, max_drop=0.01)
    assert heavy.p > 0.05
    assert not heavy.passed


def test_a_rise_passes_and_with_nothing_allowed_the_least_drop_fails():
    assert outcome(dict.fromkeys(MANY, 0.9), MANY, max_drop=0.0).passed
    assert outcome(MANY, MANY, max_drop=0.0).passed
    assert not outcome(MANY | {"q000": 0.79}, MANY, max_drop=0.0).passed


def test_all_metrics_must_pass():
    baseline = Baseline("set", {"nDCG@10": MANY, "R@100": MANY}, "")
    current = {"nDCG@10": MANY, "R@100": dict.fromkeys(MANY, 0.0)}
    result = check(current, baseline, 0.01, ["nDCG@10", "R@100"])
    assert not result.passed
    assert [item.passed for item in result.checks] == [True, False]
    assert json.loads(json.dumps(result.to_json()))["checks"][1]["fallen"][0]["query"] == "q000"


def test_what_cannot_be_compared_is_an_error():
    with pytest.raises(DatasetError, match="the query 'b' of the baseline has no value of nDCG@10 now"):
        outcome({"a": 1.0}, {"a": 1.0, "b": 1.0})
    with pytest.raises(DatasetError, match="baseline holds no values of R@100"):
        check({"R@100": {}}, Baseline("set", {}, ""), 0.01, ["R@100"])
    with pytest.raises(DatasetError, match="was not measured"):
        check({}, Baseline("set", {"R@100": MANY}, ""), 0.01, ["R@100"])
    with pytest.raises(DatasetError, match="allowed drop"):
        outcome(MANY, MANY, max_drop=-0.1)


def test_new_queries_do_not_count():
    assert outcome({"a": 1.0, "new": 0.0}, {"a": 1.0}).after == 1.0


def test_a_baseline_reads_back(tmp_path):
    (written,) = write_baseline(tmp_path / "sub" / "base.json", {"piaf": {"nDCG@10": {"été": 1 / 3}}})
    assert read_baseline(tmp_path / "sub" / "base.json") == written
    assert written.dataset == "piaf"
    assert written.created.endswith("+00:00")


def test_one_file_holds_several_sets(tmp_path):
    path = tmp_path / "base.json"
    values = {"one": {"nDCG@10": {"a": 0.5}}, "two": {"nDCG@10": {"b": 0.25}}}
    first, second = write_baseline(path, values)
    assert (read_baseline(path, "one"), read_baseline(path, "two")) == (first, second)
    # One of them anew: the other stays.
    (again,) = write_baseline(path, {"two": {"nDCG@10": {"b": 0.75}}})
    assert (read_baseline(path, "one"), read_baseline(path, "two")) == (first, again)
    with pytest.raises(DatasetError, match="holds nothing of the data set 'three'"):
        read_baseline(path, "three")
    # A file of one set is read whatever the set is called: a library may have been moved.
    write_baseline(tmp_path / "own.json", {"one": values["one"]})
    assert read_baseline(tmp_path / "own.json", "renamed").dataset == "one"
    path.write_text("oops")
    with pytest.raises(DatasetError, match="not a baseline"):
        write_baseline(path, values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"dataset": "x", "created": "", "metrics": {"m": {"q": NaN}}}',
        '{"dataset": "x", "created": "", "metrics": {"m": 1}}',
        '{"sets": []}',
        '{"sets": {"": 3}}',
    ],
)
def test_a_file_that_is_no_baseline(tmp_path, text):
    (tmp_path / "base.json").write_text(text)
    with pytest.raises(DatasetError, match=r"base\.json: .*baseline"):
        read_baseline(tmp_path / "base.json")
