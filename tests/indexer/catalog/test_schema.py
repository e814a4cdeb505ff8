"""A catalog of an earlier version is brought forwards, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from glane_indexer.catalog import schema
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.judgments import Judgments
from glane_indexer.errors import CatalogError
from glane_indexer.identity import content_hash
from glane_indexer.importers import jsonl
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark
from tests.support import earlier


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return earlier.version_01(tmp_path)


def written(library: Path) -> list[Bookmark]:
    """What version 0.1 itself has exported."""
    items = jsonl.read(Source((library / "export.jsonl").read_bytes()))
    return [item for item in items if isinstance(item, Bookmark)]


def shape(library: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(library / schema.CATALOG_NAME)) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY ALL"
        ).fetchall()


@pytest.mark.parametrize("read_only", [True, False])
def test_version_1_is_brought_forwards_and_nothing_is_lost(library: Path, read_only: bool) -> None:
    with Catalog.open(library, read_only=read_only) as catalog:
        bookmarks = list(catalog.bookmarks())
        assert bookmarks == written(library)
        assert len(bookmarks) == 13
        assert {bookmark.visibility for bookmark in bookmarks} == {"public"}
        assert catalog.hashes() == {bookmark.id: content_hash(bookmark) for bookmark in bookmarks}
        assert [record.file for record in catalog.imports()] == ["little.jsonl", "plus.jsonl"]
        ((vectors,),) = catalog._rows("SELECT count(*) FROM embeddings")
        assert vectors == 42
    (judgment,) = Judgments(library).all()
    assert (judgment.bookmark, judgment.judge, judgment.grade) == ("b01", "Ada", 3)


def test_what_was_there_is_the_first_contribution(library: Path) -> None:
    with Catalog.open(library) as catalog:
        for bookmark in catalog.bookmarks():
            (first,) = catalog.contributions(bookmark.id)
            assert (first.import_id, first.whole, first.bookmark) == ("", True, bookmark)


def test_a_catalog_brought_forwards_has_the_shape_of_a_new_one(library: Path, tmp_path: Path) -> None:
    Catalog.open(library).close()
    Catalog.open(tmp_path / "new", create=True).close()
    assert shape(library) == shape(tmp_path / "new")


def test_a_step_that_fails_leaves_the_catalog_as_it_was(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shape(library)
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, ("SELECT nonsense", None)))
    monkeypatch.setattr(schema, "SCHEMA_VERSION", len(schema.STEPS))
    with pytest.raises(CatalogError):
        Catalog.open(library)
    assert shape(library) == before
    monkeypatch.undo()
    with Catalog.open(library) as catalog:
        assert list(catalog.bookmarks()) == written(library)


def test_an_import_works_on_what_was_brought_forwards(library: Path) -> None:
    with Catalog.open(library) as catalog:
        number = catalog.new_import_id()
        assert number == "000003"
        counts = catalog.upsert([Bookmark("Neu", "https://neu.example/")], source=number)
        assert counts.added == 1
        assert json.dumps(catalog.contributed(number)) == json.dumps(
            [bookmark.id for bookmark in catalog.bookmarks() if bookmark.title == "Neu"]
        )
