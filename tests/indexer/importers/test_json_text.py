"""JSON that is cut, damaged, joined or nested too deeply."""

from __future__ import annotations

from typing import Any

import pytest

from glane_indexer.importers.json_text import elements, partial, salvaged
from glane_indexer.models import Problem


def values(text: str, *keys: str) -> list[Any]:
    return [item[1] for item in elements(text, *keys) if not isinstance(item, Problem)]


def problems(text: str, *keys: str) -> list[Problem]:
    return [item for item in elements(text, *keys) if isinstance(item, Problem)]


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        ('[{"a": 1}, {"a": 2}]', (), [{"a": 1}, {"a": 2}]),
        ('\ufeff\n [{"a": 1},\n{"a": 2},]\n', (), [{"a": 1}, {"a": 2}]),
        ('{"a": 1}', (), [{"a": 1}]),
        ('{"a": 1}\n{"a": 2}\n', (), [{"a": 1}, {"a": 2}]),
        ('{"n": 2, "rows": [{"a": 1}], "more": {"b": []}}', ("rows",), [{"a": 1}]),
        ('{"rows": [{"a": 1}]}{"rows": [{"a": 2}]}', ("rows",), [{"a": 1}, {"a": 2}]),
        ('{"a": 1}', ("rows",), [{"a": 1}]),
        ('[[{"a": 1}], [{"a": 2}]]', (), [{"a": 1}, {"a": 2}]),
        ('["a", 1]', (), ["a", 1]),
        ('[{"a": "two\nlines\tand a tab"}]', (), [{"a": "two\nlines\tand a tab"}]),
        ("", (), []),
        ("[]", (), []),
    ],
)
def test_the_records_of_a_document(text: str, keys: tuple[str, ...], expected: list[Any]) -> None:
    assert values(text, *keys) == expected
    assert problems(text, *keys) == []


def test_a_record_is_told_by_its_number() -> None:
    assert [item[0] for item in elements('[{"a": 1}, {"a": 2}]') if not isinstance(item, Problem)] == [
        "record 1",
        "record 2",
    ]


def test_what_is_cut_is_kept_up_to_the_cut() -> None:
    text = '[{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4'
    assert values(text) == [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3]}]
    (first, last) = problems(text)
    assert (first.where, first.skipped) == ("record 2", False)
    assert "what stands before it is kept" in first.message
    assert last.message == "the file ends in the middle, after this record"


def test_a_damaged_record_costs_itself() -> None:
    text = '[{"a": 1, "b": 2}, {"a": !, "b": 3}, {"c": 9}, {"a": 4, "b": 5}]'
    assert values(text) == [{"a": 1, "b": 2}, {"a": 4, "b": 5}]
    (problem,) = problems(text)
    assert problem.message == "the JSON is damaged here: Expecting value (line 1, column 26)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, {"b": "c"', {"a": [1]}),
        ('{"a": {"b": [{"c": 1}, {"d"', {"a": {"b": [{"c": 1}]}}),
        ('{"a": "never closed', None),
        ("[", None),
        ('{"a": "in a \\"text\\" [{", "b": [', {"a": 'in a "text" [{'}),
        ("no JSON", None),
        ("[" * 100_000, None),
    ],
)
def test_the_beginning_of_a_value(text: str, expected: Any) -> None:
    assert partial(text) == expected


def test_a_whole_document_has_nothing_wrong() -> None:
    assert salvaged(' {"a": 1} \n') == ({"a": 1}, "")
    assert salvaged('{"a": 1, "b"')[1] == "Expecting ':' delimiter (line 1, column 13)"
