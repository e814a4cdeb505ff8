"""An export is a library that can be imported again."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import CatalogError, InputError
from glane_indexer.library.exporting import export, export_to_file
from glane_indexer.library.importing import import_bytes, import_path
from glane_indexer.models import Bookmark
from glane_indexer.sample.load import library_bytes

CSV = Path(__file__).parents[1] / "importers/fixtures/diigo-export.csv"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("export") / "library"
    import_bytes(library_bytes(), library, name="sample")
    import_path(CSV, library)
    return library


def content(library: Path) -> list[Bookmark]:
    with Catalog.open(library, read_only=True) as catalog:
        return list(catalog.bookmarks())


def test_an_export_imported_elsewhere_is_the_same_library(tmp_path: Path, library: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    bookmarks = content(library)
    assert len(bookmarks) > 40
    assert export_to_file(library, first) == len(bookmarks)
    report = import_path(first, tmp_path / "copy")
    assert (report.format, report.bookmarks.added, report.problems) == ("jsonl", len(bookmarks), ())
    assert content(tmp_path / "copy") == bookmarks
    export_to_file(tmp_path / "copy", second)
    assert second.read_bytes() == first.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"first.jsonl", "second.jsonl", "copy"}


def test_an_export_imported_into_its_own_library_changes_nothing(tmp_path: Path) -> None:
    import_bytes(library_bytes(), tmp_path / "library", name="sample")
    export_to_file(tmp_path / "library", tmp_path / "export.jsonl")
    report = import_path(tmp_path / "export.jsonl", tmp_path / "library")
    assert (report.bookmarks.added, report.bookmarks.updated, report.annotations.added) == (0, 0, 0)


def test_an_export_has_a_line_for_each_bookmark_in_order_of_id(library: Path) -> None:
    stream = io.StringIO()
    count = export(library, stream)
    lines = stream.getvalue().splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    assert len(ids) == count == len(set(ids))
    assert ids == sorted(ids)
    assert stream.getvalue().endswith("}\n")


def test_a_file_that_is_there_is_replaced(tmp_path: Path, library: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("old")
    export_to_file(library, path)
    assert path.read_text("utf-8").startswith('{"id": ')


def test_where_there_is_no_library_the_old_export_stays(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("old")
    with pytest.raises(CatalogError, match="there is no catalog here"):
        export_to_file(tmp_path / "library", path)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["export.jsonl"]


@pytest.mark.parametrize("place", ["nowhere/export.jsonl", "file/export.jsonl", "folder"])
def test_a_path_that_cannot_be_written_is_told(tmp_path: Path, library: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="the export cannot be written") as caught:
        export_to_file(library, tmp_path / place)
    assert caught.value.where == str(tmp_path / place)
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_text_that_utf_8_cannot_hold_is_exported_repaired(tmp_path: Path) -> None:
    import_bytes(b'{"title": "half \\ud800 pair"}', tmp_path / "library", name="some.jsonl")
    export_to_file(tmp_path / "library", tmp_path / "export.jsonl")
    assert json.loads((tmp_path / "export.jsonl").read_text("utf-8"))["title"] == "half \ufffd pair"
