"""A question that is still being typed, as it is searched for meanwhile."""

from __future__ import annotations

import pytest

from glane_service.search.engine import SearchEngine


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("trav", "travail"),
        ("le travail", "le travail"),
        ("le trav ", "le trav "),
        # Too short to be completed, and no word of the library: the words before it are the question.
        ("travail q", "travail"),
        ("travail zz", "travail"),
        ("q", "q"),
        ("travail qqqq", "travail qqqq"),
        ("", ""),
    ],
)
def test_the_last_word_is_completed_or_waited_for(engine: SearchEngine, typed: str, searched: str) -> None:
    assert engine.completed(typed) == searched
