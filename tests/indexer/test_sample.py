"""The sample library: large enough, well formed, invented, and judged on bookmarks that exist."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from glane_indexer.sample.load import library_bytes, qrels, queries

RESERVED = ("example", "example.com", "example.net", "example.org")


@pytest.fixture(scope="module")
def bookmarks() -> list[dict[str, Any]]:
    return [json.loads(line) for line in library_bytes().decode().splitlines()]


def test_is_large_enough(bookmarks: list[dict[str, Any]]) -> None:
    assert len(bookmarks) >= 150
    assert sum(len(bookmark["annotations"]) for bookmark in bookmarks) >= 500
    assert len(queries()) >= 60


def test_urls_are_unique_and_under_domains_reserved_for_examples(bookmarks: list[dict[str, Any]]) -> None:
    urls = [bookmark["url"] for bookmark in bookmarks]
    assert len(set(urls)) == len(urls)
    for url in urls:
        parts = urlsplit(url)
        assert parts.scheme == "https", url
        assert any(
            parts.hostname == name or (parts.hostname or "").endswith(f".{name}") for name in RESERVED
        ), url


def test_every_bookmark_is_complete(bookmarks: list[dict[str, Any]]) -> None:
    for bookmark in bookmarks:
        url = bookmark["url"]
        assert bookmark["title"].strip(), url
        assert bookmark["contributor"].strip(), url
        assert bookmark["kind"] in {"bookmark", "topic"}, url
        assert 0 <= bookmark["views"] <= 300, url
        assert 1 <= len(bookmark["tags"]) <= 6, url
        assert len(set(bookmark["tags"])) == len(bookmark["tags"]), url
        assert bookmark["description"] or bookmark["annotations"], url
        assert "id" not in bookmark, url


def test_no_text_is_annotated_twice_in_a_bookmark(bookmarks: list[dict[str, Any]]) -> None:
    for bookmark in bookmarks:
        texts = [annotation["text"] for annotation in bookmark["annotations"]]
        assert all(text == text.strip() and text for text in texts), bookmark["url"]
        assert len(set(texts)) == len(texts), bookmark["url"]


def test_dates_span_2008_to_2026(bookmarks: list[dict[str, Any]]) -> None:
    dates = [datetime.fromisoformat(bookmark["created_at"]) for bookmark in bookmarks]
    assert all(date.tzinfo == UTC for date in dates)
    assert {min(dates).year, max(dates).year} == {2008, 2026}


def test_is_varied(bookmarks: list[dict[str, Any]]) -> None:
    counts = [len(bookmark["annotations"]) for bookmark in bookmarks]
    annotations = [annotation for bookmark in bookmarks for annotation in bookmark["annotations"]]
    lengths = [len(annotation["text"].split()) for annotation in annotations]
    assert 0 in counts
    assert sum(count >= 15 for count in counts) >= 3
    assert sum(length <= 6 for length in lengths) >= 5
    assert sum(length >= 150 for length in lengths) >= 3
    assert sum(bool(annotation.get("note")) for annotation in annotations) >= 15
    assert sum(bool(annotation.get("author")) for annotation in annotations) >= 10
    assert sum(bookmark["kind"] == "topic" for bookmark in bookmarks) >= 10
    assert sum(not bookmark["description"] for bookmark in bookmarks) >= 30
    assert 8 <= len({bookmark["contributor"] for bookmark in bookmarks}) <= 10


def test_is_french_first_and_speaks_six_languages(bookmarks: list[dict[str, Any]]) -> None:
    languages = Counter(bookmark["language"] for bookmark in bookmarks)
    assert 0.6 <= languages["fr"] / len(bookmarks) <= 0.8
    assert 0.1 <= languages["en"] / len(bookmarks) <= 0.25
    assert all(languages[code] >= 2 for code in ("de", "es", "it", "pt"))


def test_judgments_name_bookmarks_and_questions_that_exist(bookmarks: list[dict[str, Any]]) -> None:
    urls = {bookmark["url"] for bookmark in bookmarks}
    asked = queries()
    for query, grades in qrels().items():
        assert query in asked
        assert set(grades) <= urls, query
        assert set(grades.values()) <= {0, 1, 2, 3}, query


def test_some_questions_have_no_answer() -> None:
    judged = qrels()
    answers = {query: sum(grade > 0 for grade in judged.get(query, {}).values()) for query in queries()}
    assert sum(count == 0 for count in answers.values()) == 7
    assert max(answers.values()) <= 6
