"""What appears in a folder is imported once, and again when it changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import InputError
from glane_indexer.library.reports import Failure, ImportReport
from glane_indexer.library.watching import take


def took(folder: Path, library: Path) -> list[str]:
    return [
        f"{Path(item.file).name} {item.bookmarks.added}"
        if isinstance(item, ImportReport)
        else item.error.message
        for item in take(folder, library)
    ]


def test_each_file_is_taken_once_and_again_when_it_changes(tmp_path: Path) -> None:
    folder, library = tmp_path / "in", tmp_path / "library"
    folder.mkdir()
    assert took(folder, library) == []
    assert not library.exists()
    (folder / "a.jsonl").write_text('{"title": "One"}')
    (folder / "b.jsonl.part").write_text('{"title": "Half')
    (folder / ".hidden").write_text('{"title": "Hidden"}')
    assert took(folder, library) == ["a.jsonl 1"]
    assert took(folder, library) == []
    (folder / "b.jsonl.part").rename(folder / "b.jsonl")
    (folder / "b.jsonl").write_text('{"title": "Two"}')
    (folder / "a.jsonl").write_text('{"title": "One"}\n{"title": "Three"}')
    assert took(folder, library) == ["a.jsonl 1", "b.jsonl 1"]
    with Catalog.open(library, read_only=True) as catalog:
        assert sorted(item.title for item in catalog.bookmarks()) == ["One", "Three", "Two"]


def test_a_file_that_cannot_be_read_is_told_once_and_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Dear diary, nothing happened.")
    (tmp_path / "b.jsonl").write_text('{"title": "One"}')
    library = tmp_path.parent / f"{tmp_path.name}-library"
    first, second = take(tmp_path, library)
    assert isinstance(first, Failure)
    assert isinstance(second, ImportReport)
    assert took(tmp_path, library) == []
    os.utime(tmp_path / "a.txt", ns=(0, 0))
    assert len(took(tmp_path, library)) == 1


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        took(tmp_path / "none", tmp_path / "library")
