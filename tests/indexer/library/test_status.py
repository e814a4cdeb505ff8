"""What a library holds, as it is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import CatalogError
from glane_indexer.index.build import build_generation
from glane_indexer.library.status import library_status
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.settings import Settings
from tests.support import earlier
from tests.support.hashed import HashedEncoder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with Catalog.open(tmp_path, create=True) as catalog:
        catalog.upsert(
            [
                Bookmark("Les haies", contributor="Ada", description="Un texte."),
                Bookmark("Walls", contributor="Ada", annotations=(Annotation("One"), Annotation("Two"))),
                Bookmark("Alone"),
            ]
        )
    return replace(Settings(), library=tmp_path)


def test_before_the_first_index(settings: Settings) -> None:
    assert library_status(settings) == {
        "bookmarks": 3,
        "annotations": 2,
        "descriptions": 1,
        "contributors": 1,
        "passages": 0,
        "segments": 0,
        "superseded": 0,
        "merges": 0,
        "generation": None,
        "encoder": None,
        "damage": "",
        "behind": True,
        "bytes": sum(path.stat().st_size for path in settings.library.iterdir()),
    }


def test_with_an_index_and_after_a_change(settings: Settings) -> None:
    build_generation(settings.library, HashedEncoder())
    status = library_status(settings)
    files = [path for path in settings.library.rglob("*") if path.is_file()]
    assert status["bytes"] == sum(path.stat().st_size for path in files)
    shown = ("bookmarks", "passages", "generation", "encoder", "behind")
    assert {name: status[name] for name in shown} == {
        "bookmarks": 3,
        "passages": 6,
        "generation": "000001",
        "encoder": {
            "name": "hashed-words",
            "fingerprint": "hashed-words-1",
            "dimensions": 64,
            "max_tokens": 512,
        },
        "behind": False,
    }
    assert json.loads(json.dumps(status)) == status
    with Catalog.open(settings.library) as catalog:
        catalog.upsert([Bookmark("New")])
    changed = library_status(settings)
    assert (changed["bookmarks"], changed["passages"], changed["behind"]) == (4, 6, True)


def test_there_is_no_library(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CatalogError, match=r"there is no library here\. Run `glane import FILE`"):
            library_status(replace(Settings(), library=place))


@pytest.mark.parametrize("name", ["000001.json", "000001-1.safetensors", "CURRENT"])
def test_a_damaged_index_is_told(settings: Settings, name: str) -> None:
    build_generation(settings.library, HashedEncoder())
    assert library_status(settings)["damage"] == ""
    (settings.library / "index" / name).write_text("{")
    assert str(settings.library / "index" / name) in library_status(settings)["damage"]


def test_an_index_of_version_01_is_told(tmp_path: Path) -> None:
    status = library_status(replace(Settings(), library=earlier.version_01(tmp_path)))
    assert status["bookmarks"] == 13
    assert status["generation"] == "000001"
    assert "written by Glane 0.1. Run `glane index`" in status["damage"].replace(
        f"{tmp_path}/library/index/000001: ", ""
    )
