"""Judging in the terminal, on the sample library's engine."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from glane_eval.cli import main
from glane_eval.datasets import read_dataset
from glane_eval.judge import export, judge_results
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.judgments import Judgments
from glane_indexer.errors import DatasetError
from glane_indexer.library import feedback
from glane_service.judging import next_task, pool
from glane_service.live import LiveEngine
from glane_service.search.query import Query


@pytest.fixture
def judgments(tmp_path: Path) -> Judgments:
    Catalog.open(tmp_path, create=True).close()
    made = Judgments(tmp_path)
    made.add_questions(["revenu universel"])
    return made


def test_the_pool_holds_the_best_of_every_mode_once(sample_live: LiveEngine) -> None:
    hits = pool(sample_live.engine, "q", "revenu universel", "Ana", 5)
    found = [hit.bookmark.id for hit in hits]
    best = {
        hit.bookmark.id
        for mode in ("hybrid", "keyword", "vector")
        for hit in sample_live.engine.search(Query("revenu universel", mode=mode, per_page=5)).hits  # type: ignore[arg-type]
    }
    assert len(found) == len(set(found))
    assert set(found) == best


def test_every_judge_has_an_order_of_their_own_that_stays(sample_live: LiveEngine) -> None:
    def ids(judge: str) -> list[str]:
        return [hit.bookmark.id for hit in pool(sample_live.engine, "q", "travail", judge)]

    assert ids("Ana") == ids("Ana")
    assert ids("Ana") != ids("Bo")
    assert sorted(ids("Ana")) == sorted(ids("Bo"))


def test_grades_are_kept_and_judging_goes_on_where_it_was(
    judgments: Judgments, sample_live: LiveEngine
) -> None:
    shown = io.StringIO()
    given = judge_results(
        sample_live.engine, judgments, "Ana", source=io.StringIO("3\nx\n0\nu\n1\nq\n"), target=shown
    )
    assert given == 2
    assert [item.grade for item in judgments.all()] == [3, 1]
    assert "question 1 of 1, result 2 of" in shown.getvalue()
    task = next_task(sample_live.engine, judgments.questions(), judgments.all(), "Ana")
    assert task is not None
    assert task.result_number == 3
    everything = "2\n" * task.results
    judge_results(sample_live.engine, judgments, "Ana", source=io.StringIO(everything), target=shown)
    assert "Everything is judged" in shown.getvalue()
    assert len(judgments.all()) == task.results


def test_judgments_become_a_data_set(judgments: Judgments, tmp_path: Path) -> None:
    (question,) = judgments.questions()
    judgments.record("Ana", question, "b1", 3)
    assert export(tmp_path, tmp_path / "set") == 1
    found = read_dataset(tmp_path / "set", corpus=False)
    assert found.queries == {question: "revenu universel"}
    assert found.qrels == {question: {"b1": 3}}


def test_votes_become_a_data_set_that_says_so(judgments: Judgments, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nothing to export"):
        export(tmp_path, tmp_path / "set", feedback=True)
    feedback.add(tmp_path, feedback.Vote("écluses", "b1", True))
    assert export(tmp_path, tmp_path / "set", feedback=True) == 1
    assert read_dataset(tmp_path / "set", corpus=False).origin == "votes of readers (no human judgment)"


def test_the_command(judgments: Judgments, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "more.txt").write_text("une autre question\n", "utf-8")
    arguments = ["judge", "--library", str(tmp_path), "--questions", str(tmp_path / "more.txt")]
    assert main([*arguments, "--agreement", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 1
