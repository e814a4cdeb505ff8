"""The bookmarks of a generation, read by row."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from glane_indexer.index.local import documents as documents_module
from glane_indexer.index.local.documents import Documents, build
from glane_indexer.models import Annotation, Bookmark

FULL = Bookmark(
    id="full",
    title="Les haies « vives » \U0001f33e",
    url="javascript:alert(1)",
    description="Un\n\ninventaire.",
    tags=("bocage", "haie, vive"),
    contributor="Ada",
    created_at=datetime(2019, 4, 2, 8, 30, 0, 5, UTC),
    views=2**63 - 1,
    kind="topic",
    language="fr",
    annotations=(
        Annotation("Une haie", "À voir", "Bob", datetime(1, 1, 1, tzinfo=UTC), "a1"),
        Annotation("", "Une note seule", id="a2"),
    ),
)


def numbered(count: int) -> list[Bookmark]:
    return [Bookmark(f"Title {number}", id=f"id-{number}", views=number) for number in range(count)]


def test_what_goes_in_comes_out() -> None:
    private = Bookmark("Plain", id="plain", visibility="private")
    documents = Documents(build([private, FULL]))
    for _ in range(2):
        assert (documents[1], documents[0]) == (FULL, private)


def test_more_than_are_kept_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "CACHED", 100)
    bookmarks = numbered(1500)
    documents = Documents(build(bookmarks))
    wanted = [1499, 0, 7, 0, *range(1499, -1, -1)]
    for _ in range(2):
        assert [documents[row] for row in wanted] == [bookmarks[row] for row in wanted]


def test_it_is_read_by_several_threads() -> None:
    bookmarks = numbered(300)
    documents = Documents(build(bookmarks))
    wrong: list[int] = []

    def read(shift: int) -> None:
        rows = [(row + shift) % 300 for row in range(300)]
        wrong.extend(row for row in rows if documents[row] != bookmarks[row])

    threads = [threading.Thread(target=read, args=(shift,)) for shift in range(0, 300, 75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
