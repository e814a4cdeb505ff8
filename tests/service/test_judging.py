"""What is put before a judge, and what it costs."""

from __future__ import annotations

import pytest

from glane_indexer.catalog.judgments import Judgment
from glane_service.judging import MODES, next_task
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.search.results import Results

QUESTIONS = {f"q{number}": text for number, text in enumerate(("travail", "pain", "abeilles", "droit"))}


def test_questions_that_are_finished_are_not_searched_again(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def search(query: Query) -> Results:
        asked.append(query.text)
        return SearchEngine.search(engine, query)

    monkeypatch.setattr(engine, "search", search)
    judged: list[Judgment] = []
    costs = []
    while (task := next_task(engine, QUESTIONS, judged, "Ana", depth=3)) is not None:
        judged.append(Judgment(task.question_id, task.hit.bookmark.id, "Ana", 1))
        costs.append(len(asked))
        asked.clear()
    # A page searches the question it shows, in each mode; and another one where it has just been finished.
    assert max(costs) <= 2 * len(MODES)
    assert costs[-1] == len(MODES)
    assert {item.question for item in judged} == set(QUESTIONS)
    # All is finished, and known to be.
    assert next_task(engine, QUESTIONS, judged, "Ana", depth=3) is None
    assert asked == []
    # Another judge has everything before her, and another engine would find other things.
    assert next_task(engine, QUESTIONS, judged, "Zoé", depth=3) is not None
