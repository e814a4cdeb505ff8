"""The catalog: what goes in comes out, a change is whole or not at all, and damage is told."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from glane_indexer.catalog import bookmarks as catalog_module
from glane_indexer.catalog import intake, schema
from glane_indexer.catalog.bookmarks import Catalog, UpsertCounts
from glane_indexer.catalog.schema import CATALOG_NAME, SCHEMA_VERSION
from glane_indexer.errors import CatalogError
from glane_indexer.identity import identify
from glane_indexer.models import Annotation, Bookmark

FULL = identify(
    Bookmark(
        title="Les haies « vives »\nœuvre \U0001f33e",
        url="https://haies.example/a",
        description="Un inventaire.",
        tags=("bocage", "haie, vive", "it's"),
        contributor="Ada",
        created_at=datetime(2019, 4, 2, 8, 30, 0, 5, UTC),
        views=2**63 - 1,
        kind="topic",
        language="fr",
        annotations=(
            Annotation("Une haie", "À voir", "Bob", datetime(1969, 1, 1, tzinfo=UTC)),
            Annotation("", "Une note seule"),
        ),
    )
)
PLAIN = identify(Bookmark("Plain", "https://haies.example/b"))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def fill(library: Path, *bookmarks: Bookmark) -> UpsertCounts:
    with Catalog.open(library, create=True) as catalog:
        return catalog.upsert(bookmarks)


def numbered(count: int) -> list[Bookmark]:
    return [
        identify(Bookmark(f"Title {number}", f"https://haies.example/{number}")) for number in range(count)
    ]


# Bookmarks


def test_the_last_change_that_is_in_here(library: Path) -> None:
    with Catalog.open(library, create=True) as catalog:
        assert catalog.seq() == 0
        catalog.set_seq(7)
        catalog.set_seq(12)
        assert catalog.seq() == 12


def test_what_goes_in_comes_out(library: Path) -> None:
    assert fill(library, FULL, PLAIN) == UpsertCounts(added=2, annotations_added=2)
    with Catalog.open(library, read_only=True) as catalog:
        assert list(catalog.bookmarks()) == sorted([FULL, PLAIN], key=lambda item: item.id)
        assert catalog.bookmark(FULL.id) == FULL
        assert catalog.bookmark("nothing") is None
        assert catalog.counts() == {
            "bookmarks": 2,
            "annotations": 2,
            "descriptions": 1,
            "contributors": 1,
        }


def test_an_upsert_counts_what_it_did(library: Path) -> None:
    fill(library, FULL, PLAIN)
    changed = replace(PLAIN, title="Changed", annotations=(Annotation("One"), Annotation("One")))
    new = Bookmark("New", "https://haies.example/c")
    twice = Bookmark("New", "http://haies.example/c/", tags=("tag",))
    assert fill(library, FULL, changed, new, twice) == UpsertCounts(
        added=1, updated=1, merged=1, unchanged=1, annotations_added=1, duplicates=1
    )
    with Catalog.open(library, read_only=True) as catalog:
        found = catalog.bookmark(identify(new).id)
    assert found == identify(replace(new, tags=("tag",)))


def test_more_bookmarks_than_a_chunk(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (catalog_module, intake):
        monkeypatch.setattr(module, "CHUNK", 3)
    bookmarks = [replace(item, annotations=(Annotation("One"),)) for item in numbered(10)]
    with Catalog.open(library, create=True) as catalog:
        assert catalog.upsert(bookmarks).added == 10
        found = list(catalog.bookmarks())
        assert sorted(item.title for item in found) == sorted(item.title for item in bookmarks)
        assert [item.id for item in found] == sorted(item.id for item in found)
        assert all(len(item.annotations) == 1 for item in found)
        assert catalog.delete(item.id for item in found[:5]) == 5
        assert list(catalog.bookmarks()) == found[5:]


def test_the_language_is_asked_for_once_a_change(library: Path) -> None:
    asked: list[str] = []

    def language(bookmark: Bookmark) -> str:
        asked.append(bookmark.title)
        return "fr"

    with Catalog.open(library, create=True) as catalog:
        for _ in range(2):
            catalog.upsert([PLAIN, FULL], language=language)
        assert asked == ["Plain"]
        found = catalog.bookmark(PLAIN.id)
    assert found is not None
    assert found.language == "fr"


def test_replace_makes_it_the_whole(library: Path) -> None:
    fill(library, FULL)
    less = Bookmark("Less", id=FULL.id, annotations=(Annotation("Une autre"),))
    with Catalog.open(library) as catalog:
        assert catalog.replace(less)
        assert catalog.bookmark(FULL.id) == identify(less)
        assert not catalog.replace(less)
        assert catalog.counts()["annotations"] == 1
        assert catalog.replace(PLAIN)
        assert catalog.counts()["bookmarks"] == 2


def test_delete_takes_the_annotations_too_and_counts_what_was_there(library: Path) -> None:
    fill(library, FULL, PLAIN)
    with Catalog.open(library) as catalog:
        assert catalog.delete([FULL.id, FULL.id, "nothing"]) == 1
        assert catalog.counts() == {"bookmarks": 1, "annotations": 0, "descriptions": 0, "contributors": 0}
        assert catalog.delete([]) == 0


def test_odd_ids_and_texts_are_kept(library: Path) -> None:
    odd = [
        Bookmark("'; DROP TABLE bookmarks; --", id="'"),
        Bookmark("a\x00b", id="nul\x00id"),
        Bookmark("\\N", id="é"),
        Bookmark("x" * 1_000_000, id="\U0001f33e"),
    ]
    fill(library, *odd)
    with Catalog.open(library, read_only=True) as catalog:
        assert list(catalog.bookmarks()) == sorted(odd, key=lambda item: item.id)
        assert [catalog.bookmark(item.id) for item in odd] == odd


def test_the_content_version_changes_with_the_content_only(library: Path) -> None:
    vectors = np.ones((1, 4), np.float32)
    with Catalog.open(library, create=True) as catalog:
        versions = [catalog.content_version()]

        def changed() -> bool:
            versions.append(catalog.content_version())
            return versions[-1] != versions[-2]

        catalog.upsert([FULL, PLAIN])
        assert changed()
        catalog.upsert([FULL, PLAIN])
        assert not changed()
        catalog.replace(FULL)
        catalog.delete(["nothing"])
        catalog.store_embeddings(["h"], vectors, "f")
        catalog.record_import("jsonl", "file", datetime.now(UTC), {})
        assert not changed()
        catalog.replace(replace(FULL, title="Changed"))
        assert changed()
        catalog.delete([FULL.id])
        assert changed()
        # The same content as before is another state all the same.
        catalog.replace(FULL)
        assert changed()
        assert len(set(versions)) == 5
    with Catalog.open(library, read_only=True) as catalog:
        assert catalog.content_version() == versions[-1]


# Transactions


def test_a_transaction_that_fails_leaves_everything_as_it_was(library: Path) -> None:
    fill(library, FULL)
    with Catalog.open(library) as catalog:
        version = catalog.content_version()
        with pytest.raises(RuntimeError, match="stop"), catalog.transaction():
            catalog.upsert([PLAIN])
            catalog.delete([FULL.id])
            catalog.record_import("jsonl", "file", datetime.now(UTC), {})
            catalog.store_embeddings(["h"], np.ones((1, 4), np.float32), "f")
            assert [item.id for item in catalog.bookmarks()] == [PLAIN.id]
            raise RuntimeError("stop")
        assert list(catalog.bookmarks()) == [FULL]
        assert catalog.content_version() == version
        assert catalog.imports() == []
        assert catalog.missing_embeddings(["h"], "f") == ["h"]
        # And it can be written to again.
        catalog.upsert([PLAIN])
    with Catalog.open(library, read_only=True) as catalog:
        assert catalog.counts()["bookmarks"] == 2


def test_an_upsert_whose_source_fails_changes_nothing(library: Path) -> None:
    fill(library, FULL)

    def source() -> object:
        yield PLAIN
        raise ValueError("broken")

    with Catalog.open(library) as catalog:
        with pytest.raises(ValueError, match="broken"):
            catalog.upsert(source())  # type: ignore[arg-type]
        assert list(catalog.bookmarks()) == [FULL]


WRITE_AND_DIE = """
import os, sys
from pathlib import Path
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.models import Bookmark
catalog = Catalog.open(Path(sys.argv[1]))
catalog.upsert([Bookmark("Kept", id="kept")])
with catalog.transaction():
    catalog.upsert([Bookmark("Lost", id="lost")])
    os.kill(os.getpid(), 9)
"""


def test_a_writer_that_is_killed_loses_only_its_open_transaction(library: Path) -> None:
    fill(library, PLAIN)
    done = subprocess.run(
        [sys.executable, "-c", WRITE_AND_DIE, str(library)], env=environment(), check=False
    )
    assert done.returncode == -9
    with Catalog.open(library) as catalog:
        assert {item.title for item in catalog.bookmarks()} == {"Plain", "Kept"}


# Embeddings


def test_embeddings_are_kept_by_hash_and_encoder(library: Path) -> None:
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    with Catalog.open(library, create=True) as catalog:
        assert catalog.missing_embeddings(["b", "a", "b", "c"], "one") == ["b", "a", "c"]
        catalog.store_embeddings(["a", "b", "c"], vectors, "one")
        catalog.store_embeddings(["a"], -vectors[:1], "two")
    with Catalog.open(library, read_only=True) as catalog:
        found = catalog.embeddings(["c", "a", "c"], "one")
        assert found.dtype == np.float32
        assert found.tolist() == vectors[[2, 0, 2]].tolist()
        assert catalog.embeddings(["a"], "two").tolist() == (-vectors[:1]).tolist()
        assert catalog.missing_embeddings(["c", "d", "a"], "one") == ["d"]
        assert catalog.missing_embeddings(["c", "a"], "two") == ["c"]
        assert catalog.missing_embeddings([], "one") == []
        assert catalog.embeddings([], "one").shape == (0, 0)


def test_an_embedding_that_is_kept_stays_as_it_is(library: Path) -> None:
    ones = np.ones((1, 4), np.float32)
    with Catalog.open(library, create=True) as catalog:
        catalog.store_embeddings(["a"], ones, "f")
        catalog.store_embeddings(["a", "b", "b"], np.array([[9] * 4, [1] * 4, [2] * 4], np.float32), "f")
        assert catalog.embeddings(["a", "b"], "f").tolist() == [[1] * 4, [2] * 4]
        catalog.store_embeddings([], np.zeros((0, 4), np.float32), "f")
        with pytest.raises(ValueError, match="2 hashes for 1 vectors"):
            catalog.store_embeddings(["a", "b"], ones, "f")


def test_embeddings_that_are_not_there_are_told(library: Path) -> None:
    with Catalog.open(library, create=True) as catalog:
        catalog.store_embeddings(["a"], np.ones((1, 4), np.float32), "f")
        catalog.store_embeddings(["longer"], np.ones((1, 8), np.float32), "f")
        for hashes in (["a", "b"], ["b"], ["a", "longer"]):
            with pytest.raises(CatalogError, match="Run `glane index` again"):
                catalog.embeddings(hashes, "f")


def test_prune_keeps_these_encoders_and_hashes(library: Path) -> None:
    vectors = np.ones((3, 4), np.float32)
    with Catalog.open(library, create=True) as catalog:
        for name in ("one", "two", "three"):
            catalog.store_embeddings(["a", "b", "c"], vectors, name)
        assert catalog.prune_embeddings({"one", "two"}, ["a", "b", "z"]) == 5
        assert catalog.missing_embeddings("abc", "one") == ["c"]
        assert catalog.missing_embeddings("abc", "three") == ["a", "b", "c"]
        assert catalog.prune_embeddings({"one"}, []) == 4
        assert catalog.prune_embeddings(set(), []) == 0


# The file


def test_there_is_no_catalog(library: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        Catalog.open(library)
    assert str(caught.value) == (
        f"{library}: there is no catalog here. Import bookmarks first: glane import FILE"
    )
    assert not library.exists()


def test_a_new_catalog_leaves_nothing_beside_it(library: Path) -> None:
    library.mkdir()
    (library / f".{CATALOG_NAME}-123").write_bytes(b"left by a killed process")
    (library / f"{CATALOG_NAME}.wal").write_bytes(b"of a catalog that was taken away")
    fill(library, PLAIN)
    assert sorted(path.name for path in library.iterdir()) == [CATALOG_NAME, f"{CATALOG_NAME}.wal"]
    with Catalog.open(library) as catalog:
        assert list(catalog.bookmarks()) == [PLAIN]
        catalog.checkpoint()
    assert [path.name for path in library.iterdir()] == [CATALOG_NAME]


def test_a_row_is_written_into_the_log_and_a_long_log_into_the_file(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, PLAIN)
    with Catalog.open(library) as catalog:
        catalog.checkpoint()
    file, log = library / CATALOG_NAME, library / f"{CATALOG_NAME}.wal"
    before = file.stat().st_size, file.stat().st_mtime_ns
    with Catalog.open(library) as catalog:
        catalog.set_seq(1)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == before
    assert log.stat().st_size < 2000
    with Catalog.open(library, read_only=True) as catalog:
        assert catalog.seq() == 1
    monkeypatch.setattr(schema, "LOG_BYTES", 10)
    with Catalog.open(library, read_only=True) as catalog:
        assert catalog.seq() == 1
    assert log.exists()
    with Catalog.open(library) as catalog:
        assert catalog.seq() == 1
    assert not log.exists()


def test_a_file_that_was_cut_is_told_beside_a_log_too(library: Path) -> None:
    fill(library, PLAIN)
    with Catalog.open(library) as catalog:
        catalog.checkpoint()
    with Catalog.open(library) as catalog:
        catalog.set_seq(1)
    file = library / CATALOG_NAME
    os.truncate(file, file.stat().st_size - 1)
    for read_only in (True, False):
        with pytest.raises(CatalogError, match="1 bytes of it are missing"):
            Catalog.open(library, read_only=read_only)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogError, match="the library cannot be made here"):
        Catalog.open(tmp_path / "file" / "library", create=True)


@pytest.mark.parametrize("damaged", [b"", b"no catalog at all", b"x" * 100_000])
def test_a_file_that_is_no_catalog(library: Path, damaged: bytes) -> None:
    library.mkdir()
    (library / CATALOG_NAME).write_bytes(damaged)
    for read_only in (True, False):
        with pytest.raises(CatalogError) as caught:
            Catalog.open(library, create=not read_only, read_only=read_only)
        assert caught.value.where == str(library / CATALOG_NAME)
        assert "Put back a copy of the file" in caught.value.hint


def test_a_catalog_that_is_cut_off(library: Path) -> None:
    fill(library, *numbered(500))
    path = library / CATALOG_NAME
    data = path.read_bytes()
    for length in (len(data) // 2, len(data) - 1000):
        path.write_bytes(data[:length])
        for read_only in (True, False):
            with pytest.raises(CatalogError, match=r"damaged.*Put back a copy of the file"):
                Catalog.open(library, read_only=read_only)


def test_a_file_of_another_program(library: Path) -> None:
    library.mkdir()
    with duckdb.connect(str(library / CATALOG_NAME)) as connection:
        connection.execute("CREATE TABLE cows (name VARCHAR)")
    with pytest.raises(CatalogError, match="this is a DuckDB file, and not a Glane catalog"):
        Catalog.open(library)


@pytest.mark.parametrize("value", ["", "nonsense", "0"])
def test_a_catalog_without_a_sound_version(library: Path, value: str) -> None:
    fill(library, PLAIN)
    with duckdb.connect(str(library / CATALOG_NAME)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [value])
    with pytest.raises(CatalogError, match="not a Glane catalog"):
        Catalog.open(library)


def test_a_catalog_of_a_newer_schema(library: Path) -> None:
    fill(library, PLAIN)
    with duckdb.connect(str(library / CATALOG_NAME)) as connection:
        connection.execute(f"UPDATE meta SET value = '{SCHEMA_VERSION + 1}' WHERE key = 'schema_version'")
    with pytest.raises(CatalogError, match=r"newer Glane \(its schema is 4, .* here is 3\)\. Update Glane"):
        Catalog.open(library)


def test_a_catalog_that_is_read_only_is_not_written(library: Path) -> None:
    fill(library, PLAIN)
    with Catalog.open(library, read_only=True) as catalog:
        with pytest.raises(CatalogError):
            catalog.upsert([FULL])
        assert list(catalog.bookmarks()) == [PLAIN]


def test_a_closed_catalog_says_so_and_closes_again(library: Path) -> None:
    catalog = Catalog.open(library, create=True)
    catalog.close()
    catalog.close()
    with pytest.raises(CatalogError):
        catalog.counts()


HOLD = """
import sys
from pathlib import Path
from glane_indexer.catalog.bookmarks import Catalog
with Catalog.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


def environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}


def test_another_process_keeps_it_open(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "WAIT_SECONDS", 0.1)
    fill(library, PLAIN)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        for read_only in (True, False):
            with pytest.raises(CatalogError, match=f"process {holder.pid} has the catalog open"):
                Catalog.open(library, read_only=read_only)
        holder.communicate("")
    with Catalog.open(library) as catalog:
        assert list(catalog.bookmarks()) == [PLAIN]


def test_another_process_that_has_it_open_for_a_moment_is_waited_for(library: Path) -> None:
    fill(library, PLAIN)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        timer = threading.Timer(0.3, holder.stdin.close)
        timer.start()
        with Catalog.open(library, read_only=True) as catalog:
            assert holder.wait() == 0
            assert list(catalog.bookmarks()) == [PLAIN]
        timer.join()


def test_this_process_has_it_open_in_another_way(library: Path) -> None:
    fill(library, PLAIN)
    with (
        Catalog.open(library),
        pytest.raises(CatalogError, match="this process has the catalog open already"),
    ):
        Catalog.open(library, read_only=True)
