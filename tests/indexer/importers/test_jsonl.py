"""Glane's own format: what is written is read back, and what is no bookmark is told by its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.importers import jsonl
from glane_indexer.importers.clean import clean_line, clean_tags, clean_text
from glane_indexer.importers.jsonl import dump
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Problem

FULL = Bookmark(
    id="0123456789abcdef",
    url="https://haies.example/a?b=c#d",
    title="Les haies « vives » du canton",
    description="Un inventaire.\n\nPar commune – 60 €.",
    tags=("bocage", "haie vive"),
    contributor="Ada",
    created_at=datetime(2019, 4, 2, 8, 30, tzinfo=UTC),
    views=12,
    kind="topic",
    language="fr",
    annotations=(
        Annotation("Une haie\nadulte", "À voir", "Bob", datetime(2020, 1, 1, 0, 0, 0, 5, UTC), "a1"),
        Annotation("", "Une note seule", id="a2"),
    ),
)

characters = st.characters(exclude_categories=["Cs"])
lines = st.text(characters, max_size=20).map(clean_line)
texts = st.text(characters, max_size=30).map(clean_text)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
annotations = st.builds(
    Annotation, text=texts.filter(bool), note=texts, author=lines, created_at=moments, id=lines
)
bookmarks = st.builds(
    Bookmark,
    title=lines.filter(bool),
    url=st.text(characters, max_size=20).map(str.strip),
    description=texts,
    tags=st.lists(lines, max_size=4).map(clean_tags),
    contributor=lines,
    created_at=moments,
    views=st.integers(0, 2**63 - 1),
    kind=st.sampled_from(["bookmark", "topic"]),
    language=st.sampled_from(["", "fr", "en"]),
    annotations=st.lists(annotations, max_size=3).map(tuple),
    id=lines,
    visibility=st.sampled_from(["public", "private"]),
)


def looks_like(text: str) -> bool:
    return jsonl.recognise(Source(text.encode("utf-8", "surrogatepass"))) > 0


def read(text: str) -> Iterator[Imported]:
    return jsonl.read(Source(text.encode("utf-8", "surrogatepass")))


@given(st.lists(bookmarks, max_size=3))
def test_what_is_dumped_is_read_back(items: list[Bookmark]) -> None:
    text = "".join(dump(item) + "\n" for item in items)
    assert text.count("\n") == len(items)
    assert list(read(text)) == items


def test_a_line_has_every_field_by_its_name() -> None:
    record = json.loads(dump(FULL))
    assert list(record) == [
        *("id", "url", "title", "description", "tags", "contributor", "created_at", "views"),
        *("kind", "language", "visibility", "annotations"),
    ]
    assert record["created_at"] == "2019-04-02T08:30:00Z"
    assert record["annotations"][0] == {
        "id": "a1",
        "text": "Une haie\nadulte",
        "note": "À voir",
        "author": "Bob",
        "created_at": "2020-01-01T00:00:00.000005Z",
    }
    assert record["annotations"][1]["created_at"] is None
    assert "« vives »" in dump(FULL)
    assert list(read(dump(FULL))) == [FULL]


def test_fields_may_be_missing_or_null() -> None:
    assert list(read('{"title": "T"}')) == [Bookmark("T")]
    assert list(read('{"url": "https://a.example/"}')) == [
        Bookmark("https://a.example/", "https://a.example/")
    ]
    nothing = dict.fromkeys(json.loads(dump(FULL))) | {"title": " T "}
    assert list(read(json.dumps(nothing))) == [Bookmark("T")]


def test_texts_are_cleaned_and_unknown_fields_left_alone() -> None:
    record = {
        "title": " Un\n titre\u200b ",
        "url": " https://a.example/ ",
        "description": "a\r\nb",
        "tags": ["Haie", "haie", "no_tag", ""],
        "language": " FR ",
        "created_at": "2019/04/02 10:30:00 +0200",
        "annotations": [{"text": "  one  "}],
        "rating": 5,
    }
    assert list(read(json.dumps(record))) == [
        Bookmark(
            "Un titre",
            "https://a.example/",
            "a\nb",
            tags=("Haie",),
            language="fr",
            created_at=datetime(2019, 4, 2, 8, 30, tzinfo=UTC),
            annotations=(Annotation("one"),),
        )
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "this is not JSON"),
        ("not json", "this is not JSON"),
        ('{"title": "cut', "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("[]", "the record is not a JSON object"),
        ("null", "the record is not a JSON object"),
        ("{}", "the record has neither a title nor a url"),
        ('{"title": " \\u200b "}', "the record has neither a title nor a url"),
        ('{"title": 5}', "the record: title is not a text"),
        ('{"title": "T", "url": ["x"]}', "the record: url is not a text"),
        ('{"title": "T", "kind": "note"}', "kind is 'note'; it is `bookmark` or `topic`"),
        ('{"title": "T", "visibility": "me"}', "visibility is 'me'; it is `public` or `private`"),
        ('{"title": "T", "tags": "a,b"}', "tags is not a list of texts"),
        ('{"title": "T", "tags": ["a", 1]}', "tags is not a list of texts"),
        ('{"title": "T", "views": -1}', "views is not a whole number of 0 or more"),
        ('{"title": "T", "views": 1.5}', "views is not a whole number of 0 or more"),
        ('{"title": "T", "views": "1"}', "views is not a whole number of 0 or more"),
        ('{"title": "T", "views": true}', "views is not a whole number of 0 or more"),
        ('{"title": "T", "created_at": "soon"}', "created_at is 'soon', which is not a date"),
        ('{"title": "T", "annotations": {"a": 1}}', "annotations is not a list"),
        ('{"title": "T", "annotations": ["x"]}', "annotation 1 is not a JSON object"),
        (
            '{"title": "T", "annotations": [{"text": "x"}, {}]}',
            "annotation 2 has neither a text nor a note",
        ),
        ('{"title": "T", "annotations": [{"text": 1}]}', "annotation 1: text is not a text"),
    ],
)
def test_a_bad_line_is_told_and_costs_no_other(line: str, message: str) -> None:
    items = list(read(f'{{"title": "One"}}\n\n{line}\n  \n{{"title": "Two"}}\n'))
    assert [item.title for item in items if isinstance(item, Bookmark)] == ["One", "Two"]
    (problem,) = [item for item in items if isinstance(item, Problem)]
    assert problem.where == "line 3"
    assert problem.message.startswith(message)
    assert problem.skipped


def test_a_file_with_windows_line_ends_is_read() -> None:
    items = list(read('{"title": "One"}\r\n{"title": "Two"}\r\n'))
    assert items == [Bookmark("One"), Bookmark("Two")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"title": "T"}', True),
        ('\n\n {"url": ""}\nanything', True),
        (dump(FULL), True),
        ('{"_id": "1", "title": "", "text": ""}', False),
        ('{"name": "T"}', False),
        ('{"title": "T"', False),
        ('["title"]', False),
        ("title,url", False),
        ("", False),
    ],
)
def test_looks_like(text: str, expected: Any) -> None:
    assert looks_like(text) is expected
