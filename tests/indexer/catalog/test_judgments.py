"""Judgments in the catalog, and readers' votes beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from glane_indexer.catalog import judgments as judgments_module
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.judgments import Judgment, Judgments, question_id
from glane_indexer.errors import CatalogError, InputError, LockedError
from glane_indexer.library import feedback
from glane_indexer.library.feedback import Vote
from glane_indexer.library.locking import writer_lock


@pytest.fixture
def judgments(tmp_path: Path) -> Judgments:
    Catalog.open(tmp_path, create=True).close()
    return Judgments(tmp_path)


def test_questions_keep_their_order_and_are_added_once(judgments: Judgments) -> None:
    assert judgments.add_questions(["zèbre  gris", "", "abeille"]) == 2
    assert judgments.add_questions(["Abeille", "mouche"]) == 1
    assert list(judgments.questions().values()) == ["zèbre gris", "abeille", "mouche"]
    assert question_id("Abeille ") == question_id("abeille")


def test_a_grade_replaces_the_judges_earlier_one(judgments: Judgments) -> None:
    judgments.record("Ana", "q", "b", 1)
    judgments.record("Ana", "q", "b", 3)
    judgments.record("Bo", "q", "b", 0)
    assert judgments.all() == [Judgment("q", "b", "Ana", 3), Judgment("q", "b", "Bo", 0)]


def test_the_lower_median_of_the_judges_counts(judgments: Judgments) -> None:
    for judge, grade in (("a", 3), ("b", 1), ("c", 2)):
        judgments.record(judge, "q", "x", grade)
    judgments.record("a", "q", "y", 3)
    judgments.record("b", "q", "y", 0)
    assert judgments.qrels() == {"q": {"x": 2, "y": 0}}


def test_undo_takes_back_the_judges_own_last_one(judgments: Judgments) -> None:
    judgments.record("a", "q", "x", 1)
    judgments.record("a", "q", "y", 2)
    judgments.record("b", "q", "z", 3)
    assert judgments.undo("a") == Judgment("q", "y", "a", 2)
    assert judgments.undo("a") == Judgment("q", "x", "a", 1)
    assert judgments.undo("a") is None
    assert [item.judge for item in judgments.all()] == ["b"]


@pytest.mark.parametrize(("judge", "grade"), [("a", 4), ("a", -1), ("", 1), ("x" * 81, 1)])
def test_what_is_no_judgment_is_refused(judgments: Judgments, judge: str, grade: int) -> None:
    with pytest.raises(InputError):
        judgments.record(judge, "q", "b", grade)
    assert judgments.all() == []


def test_too_long_a_question_is_refused(judgments: Judgments) -> None:
    with pytest.raises(InputError, match="1000 characters"):
        judgments.add_questions(["x" * 1001])


def test_while_another_writes_nothing_is_recorded(
    judgments: Judgments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgments_module, "WAIT_SECONDS", 0.05)
    with writer_lock(tmp_path, "importing"), pytest.raises(LockedError, match="importing"):
        judgments.record("a", "q", "b", 1)


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no catalog"):
        Judgments(tmp_path / "none").questions()


def test_votes_come_back_in_order_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    feedback.add(tmp_path, Vote("été", "b1", True, "2026-01-01"))
    feedback.add(tmp_path, Vote("été", "b2", False, "2026-01-02"))
    with (tmp_path / feedback.FEEDBACK).open("a") as stream:
        stream.write('{"query": "ét')
    assert feedback.votes(tmp_path) == [
        Vote("été", "b1", True, "2026-01-01"),
        Vote("été", "b2", False, "2026-01-02"),
    ]
    assert feedback.votes(tmp_path / "none") == []


def test_votes_as_grades() -> None:
    votes = [Vote("q", "loved", True)] * 5 + [Vote("Q ", "liked", True)]
    votes += [Vote("q", "split", True), Vote("q", "split", False), Vote("q", "bad", False)]
    texts, grades = feedback.as_grades(votes)
    assert texts == {question_id("q"): "q"}
    assert grades == {question_id("q"): {"loved": 2, "liked": 1, "split": 0, "bad": 0}}
