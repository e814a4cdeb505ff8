"""The bookmarks of a generation, read by row."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glane_indexer.errors import GenerationError
from glane_indexer.index.local import documents as documents_module
from glane_indexer.index.local.documents import Documents
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


def open_documents(path: Path, bookmarks: list[Bookmark]) -> Documents:
    Documents.build(bookmarks, path / "documents.sqlite")
    return Documents.open(path / "documents.sqlite")


def numbered(count: int) -> list[Bookmark]:
    return [Bookmark(f"Title {number}", id=f"id-{number}", views=number) for number in range(count)]


def test_questions_keep_their_order(tmp_path: Path) -> None:
    Documents.build([], tmp_path / "documents.sqlite", [("b ?", 2), ("a ?", 1)])
    assert Documents.open(tmp_path / "documents.sqlite").questions() == [("b ?", 2), ("a ?", 1)]


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    documents = open_documents(tmp_path, [Bookmark("Plain", id="plain"), FULL])
    assert documents.get([1, 0]) == [FULL, Bookmark("Plain", id="plain")]
    assert documents.row_of("full") == 1
    assert documents.titles() == [("Plain", 0), (FULL.title, 2**62)]
    documents.close()
    documents.close()
    assert documents.get([1]) == [FULL]


def test_rows_in_any_order_and_more_than_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "CACHED", 100)
    bookmarks = numbered(1500)
    documents = open_documents(tmp_path, bookmarks)
    wanted = [1499, 0, 7, 0, *range(1499, -1, -1)]
    for _ in range(2):
        assert documents.get(wanted) == [bookmarks[row] for row in wanted]
    assert documents.get([]) == []


@pytest.mark.parametrize("identifier", ["absent", "", "1", "\ud800", "\x00", "' OR 1=1 --", "x" * 100_000])
def test_an_id_that_is_not_there(tmp_path: Path, identifier: str) -> None:
    assert open_documents(tmp_path, numbered(3)).row_of(identifier) is None


@pytest.mark.parametrize("row", [3, -1])
def test_a_row_that_is_not_there(tmp_path: Path, row: int) -> None:
    with pytest.raises(GenerationError, match=f"there is no bookmark in row {row}"):
        open_documents(tmp_path, numbered(3)).get([0, row])


def test_an_empty_library(tmp_path: Path) -> None:
    documents = open_documents(tmp_path, [])
    assert (documents.get([]), documents.titles(), documents.row_of("a")) == ([], [], None)


def test_it_is_read_by_several_threads(tmp_path: Path) -> None:
    bookmarks = numbered(300)
    documents = open_documents(tmp_path, bookmarks)
    wrong: list[int] = []

    def read(shift: int) -> None:
        rows = [(row + shift) % 300 for row in range(300)]
        wrong.extend(row for row in rows if documents.get([row]) != [bookmarks[row]])
        documents.close()

    threads = [threading.Thread(target=read, args=(shift,)) for shift in range(0, 300, 75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_file_that_is_read_only_in_an_odd_place(tmp_path: Path) -> None:
    place = tmp_path / "50% of #1? é"
    place.mkdir()
    Documents.build(numbered(2), place / "documents.sqlite")
    (place / "documents.sqlite").chmod(0o444)
    assert Documents.open(place / "documents.sqlite").row_of("id-1") == 1
    assert [path.name for path in place.iterdir()] == ["documents.sqlite"]


def test_a_file_that_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "documents.sqlite"
    with pytest.raises(GenerationError, match="the documents cannot be read"):
        Documents.open(path)
    assert not path.exists()
    path.write_bytes(b"damaged" * 1000)
    with pytest.raises(GenerationError) as caught:
        Documents.open(path)
    assert caught.value.where == str(path)
    assert "glane index --force" in caught.value.hint
