"""Generations that stand in for damaged ones, views of different viewers, and readers beside builds."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import EncoderMismatchError, GenerationError
from glane_indexer.importers import jsonl
from glane_indexer.importers.source import Source
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, current_name, names, open_view
from glane_indexer.index.manifest import Member
from glane_indexer.index.merge import FANOUT, LARGEST, Compaction, compact, plan
from glane_indexer.index.segment import SegmentFile
from glane_indexer.models import Annotation, Bookmark
from tests.support import earlier
from tests.support.hashed import HashedEncoder

OPEN = Bookmark(
    "Une haie", "https://haies.example/a", tags=("bocage",), annotations=(Annotation("Elle pousse."),)
)
SECRET = Bookmark("Un secret", "https://haies.example/b", contributor="Zoé", visibility="private")


def put(library: Path, *bookmarks: Bookmark) -> str:
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert(bookmarks)
    return build_generation(library, HashedEncoder()).generation


def numbered(first: int, count: int) -> list[Bookmark]:
    return [Bookmark(f"Titre {n}", f"https://haies.example/{n}") for n in range(first, first + count)]


def segments(library: Path) -> list[str]:
    return sorted(path.name for path in (library / "index").glob("*.safetensors"))


# Damage


@pytest.mark.parametrize("name", ["000002.json", "000002-1.safetensors"])
def test_the_generation_before_a_damaged_one_stands_in_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    put(tmp_path, OPEN)
    put(tmp_path, SECRET)
    (tmp_path / "index" / name).write_bytes(b"damaged")
    with caplog.at_level(logging.ERROR, "glane"):
        opened = Generation.open_sound(tmp_path, encoder=HashedEncoder().info)
    assert opened.name == "000001"
    assert name in opened.damage
    assert "the index is damaged; generation 000001 answers in its place" in caplog.text
    assert open_view(opened, "public").count == 1
    # The next build repairs it.
    assert build_generation(tmp_path, HashedEncoder()).embedded == 0
    repaired = Generation.open_sound(tmp_path)
    assert (repaired.name, repaired.damage) == ("000003", "")
    assert open_view(repaired, "member").count == 2


def test_where_nothing_is_sound_the_newest_is_told(tmp_path: Path) -> None:
    put(tmp_path, OPEN)
    put(tmp_path, SECRET)
    # Both generations list it.
    (tmp_path / "index/000001-1.safetensors").unlink()
    with pytest.raises(GenerationError, match=r"000001-1\.safetensors: the file cannot be read"):
        Generation.open_sound(tmp_path)
    with pytest.raises(EncoderMismatchError):
        Generation.open_sound(tmp_path, encoder=HashedEncoder(fingerprint="other").info)


# Viewers


def test_the_public_sees_nothing_of_what_is_private(tmp_path: Path) -> None:
    put(tmp_path, OPEN, SECRET)
    opened = Generation.open(tmp_path)
    public, member = open_view(opened, "public"), open_view(opened, "member")
    assert [bookmark.title for bookmark in public.bookmarks(range(public.count))] == ["Une haie"]
    assert public.counts == (1, 1, 0, 0, 2)
    assert member.counts == (2, 1, 0, 1, 3)
    assert public.words("secr") == []
    assert member.words("secr") == [("secret", 1)]
    assert public.completions("zo", 5)["contributor"] == []
    assert member.completions("zo", 5)["contributor"] == [("Zoé", 1)]
    assert b"secret" not in (tmp_path / "index/000001-1.safetensors").read_bytes()


def test_what_becomes_private_leaves_the_public_view(tmp_path: Path) -> None:
    put(tmp_path, OPEN)
    with Catalog.open(tmp_path) as catalog:
        (found,) = catalog.bookmarks()
    put(tmp_path, Bookmark("", id=found.id, visibility="private"))
    opened = Generation.open(tmp_path)
    assert open_view(opened, "public").count == 0
    assert open_view(opened, "member").count == 1


# What a change costs


def test_a_change_writes_one_small_segment_and_touches_no_other(tmp_path: Path) -> None:
    put(tmp_path, *numbered(0, 300))
    first = tmp_path / "index/000001-1.safetensors"
    written = first.stat().st_mtime_ns
    put(tmp_path, OPEN)
    assert segments(tmp_path) == ["000001-1.safetensors", "000002-1.safetensors"]
    assert first.stat().st_mtime_ns == written
    new = sum(
        (tmp_path / "index" / name).stat().st_size for name in ("000002-1.safetensors", "000002.json")
    )
    assert new < 20_000


def test_what_is_superseded_is_told_by_the_generation(tmp_path: Path) -> None:
    put(tmp_path, *numbered(0, 3))
    with Catalog.open(tmp_path) as catalog:
        gone = next(iter(catalog.bookmarks()))
        catalog.delete([gone.id])
    build_generation(tmp_path, HashedEncoder())
    assert segments(tmp_path) == ["000001-1.safetensors"]
    view = open_view(Generation.open(tmp_path), "public")
    assert view.count == 2
    assert gone.id not in view.ids
    # The generation before still has it.
    assert open_view(Generation.open(tmp_path, "000001"), "public").count == 3


# Merges


def test_small_segments_become_one_and_older_ones_go(tmp_path: Path) -> None:
    for number in range(2 * FANOUT):
        put(tmp_path, *numbered(number, 1))
    opened = Generation.open(tmp_path)
    assert open_view(opened, "public").count == 2 * FANOUT
    assert [member.bookmarks for member in opened.manifest.members] == [FANOUT, FANOUT]
    assert len(names(tmp_path)) == 2
    listed = {
        member.file.name
        for name in names(tmp_path)
        for member in Generation.open(tmp_path, name).manifest.members
    }
    assert segments(tmp_path) == sorted(f"{name}.safetensors" for name in listed)
    assert [len(group) for group in plan(opened.manifest.members * 4)] == [2 * 4]


def test_no_merge_makes_a_segment_of_more_than_the_largest() -> None:
    def member(size: int) -> Member:
        return Member(SegmentFile("a", "public", size, size, 1, ""), np.ones(size, np.bool_))

    halves = [member(LARGEST // 2)] * (FANOUT + 1)
    assert [len(group) for group in plan(halves)] == [2] * (FANOUT // 2)
    assert plan([member(LARGEST // 2 + 1)] * FANOUT) == []


def test_compacting_leaves_one_segment_a_visibility_and_nothing_of_what_is_gone(tmp_path: Path) -> None:
    put(tmp_path, OPEN, SECRET)
    put(tmp_path, *numbered(0, 4))
    with Catalog.open(tmp_path) as catalog:
        catalog.delete([item.id for item in catalog.bookmarks() if item.title == "Une haie"])
    build_generation(tmp_path, HashedEncoder())
    done = compact(tmp_path, keep_previous=False)
    name = done.generation
    assert (done.segments_before, done.segments, done.superseded) == (2, 2, 0)
    assert names(tmp_path) == [name] == [current_name(tmp_path)]
    held = {item.file.visibility: item.bookmarks for item in Generation.open(tmp_path).manifest.members}
    assert held == {"public": 4, "private": 1}
    for path in (tmp_path / "index").iterdir():
        assert b"pousse" not in path.read_bytes()
        assert b"haie" not in path.read_bytes().replace(b"haies.example", b"").replace(b"haies", b"")
    assert compact(tmp_path) == Compaction(name, 2, 2, 0)


# A library of version 0.1


def test_an_index_of_version_01_is_taken_up_and_nothing_is_embedded_again(tmp_path: Path) -> None:
    library = earlier.version_01(tmp_path)
    with pytest.raises(GenerationError, match=r"written by Glane 0\.1. Run `glane index`"):
        Generation.open(library)
    encoder = HashedEncoder()
    report = build_generation(library, encoder)
    assert (report.generation, report.passages, report.embedded) == ("000002", 36, 0)
    assert encoder.encoded == []
    view = open_view(Generation.open(library), "public")
    written = jsonl.read(Source((library / "export.jsonl").read_bytes()))
    assert view.bookmarks(range(view.count)) == list(written)
    assert view.completions("qui prot", 5)["question"] == [("qui protège les données ?", 1)]
    assert not (library / "index/000001").exists()


# Others at work

INDEXING = """
import sys
from pathlib import Path
from glane_indexer.index.build import build_generation
from tests.support.hashed import HashedEncoder

class Slow(HashedEncoder):
    def encode_passages(self, texts, progress=None):
        print("embedding", flush=True)
        sys.stdin.readline()
        return super().encode_passages(texts, progress)

build_generation(Path(sys.argv[1]), Slow())
"""


def test_while_texts_are_embedded_others_read_and_write_the_catalog(tmp_path: Path) -> None:
    with Catalog.open(tmp_path, create=True) as catalog:
        catalog.upsert([OPEN])
    command = [sys.executable, "-c", INDEXING, str(tmp_path)]
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as indexing:
        assert indexing.stdout is not None
        assert indexing.stdout.readline() == "embedding\n"
        with Catalog.open(tmp_path, read_only=True) as catalog:
            assert catalog.counts()["bookmarks"] == 1
        with Catalog.open(tmp_path) as catalog:
            catalog.upsert([SECRET])
        indexing.communicate("go\n")
    assert indexing.returncode == 0
    # What came meanwhile is in the next one.
    assert open_view(Generation.open(tmp_path), "member").count == 1
    assert build_generation(tmp_path, HashedEncoder()).generation == "000002"
    assert open_view(Generation.open(tmp_path), "member").count == 2
