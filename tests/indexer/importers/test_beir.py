"""A BEIR corpus: its documents with their own ids, and the lines that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from glane_indexer.importers import beir
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Problem


def looks_like(text: str) -> bool:
    return beir.recognise(Source(text.encode("utf-8", "surrogatepass"))) > 0


def read(text: str) -> Iterator[Imported]:
    return beir.read(Source(text.encode("utf-8", "surrogatepass")))


def test_a_document_becomes_a_bookmark() -> None:
    record = {"_id": "doc-1", "title": " Les  haies ", "text": "Une haie.\r\nDeux haies.", "metadata": {}}
    assert list(read(json.dumps(record))) == [
        Bookmark("Les haies", id="doc-1", description="Une haie.\nDeux haies.")
    ]


def test_a_document_without_a_title_is_called_by_its_first_line() -> None:
    long = "mot " * 100
    items = list(read(f'{{"_id": "1", "text": "Une haie.\\nDeux."}}\n{{"_id": "2", "text": "{long}"}}'))
    assert [item.title for item in items if isinstance(item, Bookmark)] == ["Une haie.", long[:119]]


def test_a_document_without_a_text_has_its_title() -> None:
    assert list(read('{"_id": "1", "title": "T", "text": ""}')) == [Bookmark("T", id="1")]


def test_numbers_are_ids_too_from_zero_on() -> None:
    items = list(read("\n".join(f'{{"_id": {number}, "title": "T", "text": "t"}}' for number in (0, 1))))
    assert [item.id for item in items if isinstance(item, Bookmark)] == ["0", "1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "this is not JSON"),
        ("[1]", "the record is not a JSON object"),
        ('{"_id": ["1"], "text": "t"}', "_id, title or text is not a text"),
        ('{"_id": "1", "title": 7, "text": "t"}', "_id, title or text is not a text"),
        ('{"_id": "1", "text": {"a": 1}}', "_id, title or text is not a text"),
        ('{"title": "T", "text": "t"}', "the record has no _id, or neither a title nor a text"),
        ('{"_id": " ", "text": "t"}', "the record has no _id, or neither a title nor a text"),
        ('{"_id": "1", "text": " \\n"}', "the record has no _id, or neither a title nor a text"),
        ('{"_id": "1", "text": "\\u200b"}', "the record has no _id, or neither a title nor a text"),
    ],
)
def test_a_bad_line_is_told_and_costs_no_other(line: str, message: str) -> None:
    items = list(read(f'{{"_id": "a", "text": "A"}}\n{line}\n\n{{"_id": "b", "text": "B"}}\n'))
    assert [item.id for item in items if isinstance(item, Bookmark)] == ["a", "b"]
    (problem,) = [item for item in items if isinstance(item, Problem)]
    assert problem.where == "line 2"
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"_id": "1", "title": "", "text": ""}', True),
        ('\n{"_id": "1", "text": "", "metadata": {}}\n{', True),
        ('{"_id": "1", "title": "T"}', False),
        ('{"title": "T", "text": "t"}', False),
        ('{"_id": "q1", "text": "t"', False),
        ('["_id", "text"]', False),
        ("", False),
    ],
)
def test_looks_like(text: str, expected: bool) -> None:
    assert looks_like(text) is expected
