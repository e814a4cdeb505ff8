"""Files that are flipped, cut or removed: told by name, survived or refused, never a wrong answer."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.library.applying import apply_pending
from glane_indexer.library.checking import check
from glane_indexer.library.writing import Writer
from glane_indexer.models import Annotation, Bookmark
from tests.support.hashed import HashedEncoder

ENCODER = HashedEncoder()
# Of each file; every byte is a matter of hours.
SAMPLES = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two generations, a catalog with a log, and a change that waits in the journal."""
    library = tmp_path_factory.mktemp("whole") / "library"
    library.mkdir()
    writer = Writer(library)
    for number in range(2):
        passages = (Annotation(f"Une haie abrite {number} oiseaux."),)
        writer.save([{"id": f"b{number}{place}", "title": f"Haie {place}"} for place in range(3)])
        writer.save([{"id": f"n{number}", "title": "Bocage", "annotations": [{"text": passages[0].text}]}])
        apply_pending(library, writer.journal)
        if not number:
            with Catalog.open(library) as catalog:
                catalog.checkpoint()
        build_generation(library, ENCODER)
    writer.save([{"id": "w", "title": "Attend"}])
    writer.close()
    (library / "settings.json").write_text("{}")
    return library


def answers(library: Path) -> list[Bookmark]:
    """What a service would answer from."""
    view = Generation.open_sound(library).view("member")
    return view.bookmarks(range(view.count))


def stored(library: Path) -> list[Bookmark]:
    with Catalog.open(library, read_only=True) as catalog:
        return list(catalog.bookmarks())


@pytest.mark.parametrize("how", ["flipped", "cut", "removed"])
def test_damage_is_named_or_harmless(whole: Path, tmp_path: Path, how: str) -> None:
    chance = random.Random(how)
    good, earlier = answers(whole), None
    with Catalog.open(whole, read_only=True) as catalog:
        kept = list(catalog.bookmarks())
    earlier = [item for item in good if item.id[1] == "0"]
    files = [path for path in sorted(whole.rglob("*")) if path.is_file() and path.stat().st_size]
    assert {"catalog.duckdb", "catalog.duckdb.wal", "journal.log", "CURRENT"} <= {p.name for p in files}
    for path in files:
        name, data = path.relative_to(whole), path.read_bytes()
        for _ in range(1 if how == "removed" else SAMPLES):
            library = tmp_path / "library"
            shutil.copytree(whole, library)
            place = chance.randrange(len(data))
            if how == "removed":
                (library / name).unlink()
            elif how == "cut":
                (library / name).write_bytes(data[:place])
            else:
                flipped = bytes([data[place] ^ 0xFF])
                (library / name).write_bytes(data[:place] + flipped + data[place + 1 :])
            where = f"{name}, byte {place}, {how}"
            try:
                found = answers(library)
            except GlaneError as error:
                assert str(library) in str(error), where
            else:
                assert found in (good, earlier), where
            told = [item.message for item in check(library) if item.level == "error"]
            try:
                now = stored(library)
            except GlaneError as error:
                assert str(library) in str(error), where
                assert told, where
            else:
                # What DuckDB's log loses at its end is as if it had not been written.
                assert told or all(item in kept for item in now), where
                assert told or name.name == "catalog.duckdb.wal" or now == kept, where
            shutil.rmtree(library)
