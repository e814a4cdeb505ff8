"""Runs and TREC files: round trips, and what is refused."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glane_eval.files import write_lines
from glane_eval.qrels import read_trec_qrels, write_trec_qrels
from glane_eval.runs import Run, from_rankings, read_run, write_run
from glane_indexer.errors import DatasetError

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda text: text.split() == [text]
)
SCORES = st.floats(allow_nan=False, allow_infinity=False)


def test_a_run_is_sorted_by_score_then_id():
    run = Run("r", {"q": [("b", 1.0), ("c", 2.0), ("a", 1.0)]})
    assert run.ranked["q"] == [("c", 2.0), ("a", 1.0), ("b", 1.0)]
    assert run.top("q", 2) == ["c", "a"]
    assert run.top("other", 2) == []


def test_rankings_keep_their_order():
    assert from_rankings("r", {"q": ["b", "c", "a"]}).ranked == {"q": [("b", 3.0), ("c", 2.0), ("a", 1.0)]}


@pytest.mark.parametrize("scored", [[("a", 1.0), ("a", 0.5)], [("a", float("nan"))], [("a", float("inf"))]])
def test_a_run_that_would_lie_is_refused(scored):
    with pytest.raises(DatasetError, match="query q"):
        Run("r", {"q": scored})


@example({"\ufeff": {"0": 0.0}})
@given(st.dictionaries(IDS, st.dictionaries(IDS, SCORES, min_size=1, max_size=5), min_size=1, max_size=5))
def test_runs_are_read_as_they_were_written(tmp_path_factory, ranked):
    path = tmp_path_factory.mktemp("runs") / "a.run"
    run = Run("my-run", {query: list(scored.items()) for query, scored in ranked.items()})
    write_run(path, run)
    assert read_run(path) == run


def test_a_run_may_be_packed_and_named(tmp_path):
    path = tmp_path / "a.run.gz"
    path.write_bytes(gzip.compress(b"q Q0 d 1 0.5 tag\n"))
    assert read_run(path).name == "tag"
    assert read_run(path, "mine") == Run("mine", {"q": [("d", 0.5)]})


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("q Q0 d 1 2.0 t\nq Q0 d 2 1.0 t\n", "2", "'d' stands twice under query 'q'"),
        ("q Q0 d 1 high t\n", "1", "'high' is not a finite number"),
        ("q Q0 d 1 nan t\n", "1", "'nan' is not a finite number"),
        ("q Q0 d 1 2.0 t\n\nq Q0 d 1 2.0\n", "3", "6 columns"),
        ("\n", "", "no line"),
    ],
)
def test_a_bad_run_is_refused_with_its_line(tmp_path, text, where, message):
    path = tmp_path / "bad.run"
    path.write_text(text)
    with pytest.raises(DatasetError) as raised:
        read_run(path)
    assert raised.value.where == (f"{path}:{where}" if where else str(path))
    assert message in raised.value.message


def test_half_a_character_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "a.run"
    with pytest.raises(DatasetError, match="surrogate") as raised:
        write_run(path, from_rankings("r", {"q": ["d"], "half\ud83d": ["d"]}))
    assert raised.value.where == f"{path}:2"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("identifier", ["", "a b", "a\u2003b", " a"])
def test_ids_that_a_trec_file_cannot_say_are_refused_and_nothing_is_written(tmp_path, identifier):
    path = tmp_path / "a.run"
    write_run(path, from_rankings("old", {"q": ["d"]}))
    for run in (from_rankings("new", {"q": ["d", identifier]}), from_rankings("new", {identifier: ["d"]})):
        with pytest.raises(DatasetError, match="white space"):
            write_run(path, run)
    assert read_run(path).name == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_lines(path, ["old"])

    def lines():
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_lines(path, lines())
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_trec_qrels(tmp_path):
    path = tmp_path / "qrels"
    qrels = {"q1": {"d1": 2, "d2": 0}, "q2": {"d1": 1}}
    write_trec_qrels(path, qrels)
    assert path.read_text() == "q1 0 d1 2\nq1 0 d2 0\nq2 0 d1 1\n"
    assert read_trec_qrels(path) == qrels
    path.write_text("q1 0 d1\n")
    with pytest.raises(DatasetError, match="4 columns"):
        read_trec_qrels(path)
