"""A library's index copied to another folder: changed segments alone, checked, and switched at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from glane_indexer.errors import (
    EncoderMismatchError,
    GenerationError,
    LibraryError,
    NotFoundError,
    SourceError,
    UsageError,
)
from glane_indexer.importers import jsonl
from glane_indexer.index import generation
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.index.segment import SegmentFile
from glane_indexer.library.checking import check
from glane_indexer.library.importing import import_bytes
from glane_indexer.library.locking import writer_lock
from glane_indexer.library.purging import purge
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.replication import files
from glane_indexer.replication.offer import Offers, read_offer
from glane_indexer.replication.replica import Replica
from glane_indexer.replication.sources import FolderSource
from glane_indexer.replication.state import read_state
from glane_indexer.replication.status import follower_status
from tests.support import little
from tests.support.hashed import HashedEncoder

ENCODER = HashedEncoder()


def add(library: Path, *bookmarks: Bookmark) -> None:
    lines = "".join(jsonl.dump(bookmark) + "\n" for bookmark in bookmarks)
    import_bytes(lines.encode(), library, format="jsonl", name="more")
    build_generation(library, ENCODER)


def secret(number: int = 1) -> Bookmark:
    return Bookmark(
        f"Confidentiel {number}",
        id=f"p{number}",
        visibility="private",
        annotations=(Annotation("Le mot est chrysanthème."),),
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return little.make(tmp_path / "source", ENCODER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def replica(source: Path, copy: Path) -> Replica:
    return Replica(copy, FolderSource(source), clock=lambda: 1000.0)


def contents(library: Path) -> list[Bookmark]:
    view = Generation.open(library).view("member")
    return view.bookmarks(range(view.count))


def segments(library: Path) -> set[str]:
    return {path.name for path in (library / "index").glob("*.safetensors")}


def test_a_copy_answers_like_its_source_and_takes_only_what_has_changed(source: Path, copy: Path) -> None:
    copying = replica(source, copy)
    assert copying.sync() is True
    assert copying.sync() is False
    assert contents(copy) == contents(source)
    assert json.loads((copy / "settings.json").read_text()) == {"ranking": {"line": 0}}
    before = copying.state.moved
    add(source, Bookmark("Une page de plus", id="more"))
    assert copying.sync() is True
    assert contents(copy) == contents(source)
    assert generation.current_name(copy) == generation.current_name(source) == "000002"
    assert segments(copy) == segments(source)
    small = (source / "index" / "000002-1.safetensors").stat().st_size
    offer = len(Offers(source).current(private=True).body)
    assert copying.state.moved - before == small + offer
    state = read_state(copy)
    assert state is not None
    assert (state.source, state.generation, state.seq, state.same_at) == (str(source), "000002", 0, 1000.0)
    assert state.lag(1001.5) == 1.5
    assert check(copy) == []
    status = follower_status(copy)
    assert status is not None and (status["bookmarks"], status["behind"]) == (13, False)


def test_merges_rollbacks_and_a_source_made_anew_are_followed(source: Path, copy: Path) -> None:
    copying = replica(source, copy)
    copying.sync()
    for number in range(8):
        add(source, Bookmark(f"Page {number}", id=f"more{number}"))
    copying.sync()
    assert contents(copy) == contents(source)
    assert segments(copy) >= {
        f"{m.file.name}.safetensors" for m in Generation.open(source).manifest.members
    }
    generation.rollback(source)
    assert copying.sync() is True
    assert contents(copy) == contents(source)
    # Numbers begin again, and the segment of one name is another.
    shutil.rmtree(source)
    little.make(source, ENCODER, little.LINES.replace(b"Recette", b"Recettes"))
    assert replica(source, copy).sync() is True
    assert contents(copy) == contents(source)
    assert Generation.open(source).manifest.members[0].file.name == "000001-1"
    assert check(copy) == []


def test_of_what_is_purged_nothing_stays_in_a_copy(source: Path, copy: Path) -> None:
    add(source, secret())
    copying = replica(source, copy)
    copying.sync()
    add(source, Bookmark("Une page de plus", id="more"))
    copying.sync()
    assert generation.names(copy) == ["000002", "000003"]
    purge(source, ("p1",), lambda: ENCODER)
    copying.sync()
    copying.sync()
    assert contents(copy) == contents(source)
    assert len(generation.names(copy)) == 1
    for path in copy.rglob("*"):
        assert path.is_dir() or "chrysanthème".encode() not in path.read_bytes()


def test_what_is_damaged_at_the_source_is_not_taken(source: Path, copy: Path) -> None:
    copying = replica(source, copy)
    copying.sync()
    add(source, Bookmark("Une page de plus", id="more"))
    path = source / "index" / "000002-1.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(SourceError, match="its checksum does not match"):
        copying.sync()
    path.write_bytes(whole[:-9])
    with pytest.raises(SourceError, match="broke off"):
        copying.sync()
    assert len(contents(copy)) == 12
    path.write_bytes(whole)
    assert copying.sync() is True
    assert contents(copy) == contents(source)
    assert [path.name for path in (copy / "index").glob(".*.part")] == []


class Breaking(FolderSource):
    """Gives a few bytes of each file more, and breaks."""

    asked = 0

    def segment(self, file: SegmentFile, draft: Path) -> None:
        self.asked += 1
        whole = (self._library / "index" / f"{file.name}.safetensors").read_bytes()
        with draft.open("ab") as written:
            written.write(whole[written.tell() : written.tell() + len(whole) // 3 + 1])
        if draft.stat().st_size < file.size:
            raise SourceError("the source does not answer")


def test_a_file_goes_on_where_it_broke_off(source: Path, copy: Path) -> None:
    breaking = Breaking(source)
    for _ in range(2):
        with pytest.raises(SourceError, match="does not answer"):
            Replica(copy, breaking).sync()
    assert Replica(copy, breaking).sync() is True
    assert breaking.asked == 3
    assert contents(copy) == contents(source)


class Overtaken(FolderSource):
    """Has merged a file away before it could be copied."""

    def segment(self, file: SegmentFile, draft: Path) -> None:
        if file.name == "000002-1":
            for number in range(8):
                add(self._library, Bookmark(f"Page {number}", id=f"later{number}"))
            raise NotFoundError("gone")
        super().segment(file, draft)


def test_a_source_that_goes_on_meanwhile_is_asked_again(source: Path, copy: Path) -> None:
    add(source, Bookmark("Une page de plus", id="more"))
    assert Replica(copy, Overtaken(source)).sync() is True
    assert contents(copy) == contents(source)
    assert len(contents(copy)) == 21


def test_what_is_offered_to_a_mirror_holds_nothing_private(source: Path) -> None:
    add(source, secret(), Bookmark("Une page de plus", id="more"))
    (source / "keys.json").write_text('{"keys": []}')
    offers = Offers(source)
    everything, public = offers.current(private=True), offers.current(private=False)
    assert (sorted(everything.parts), sorted(public.parts)) == (
        ["encoder", "keys", "questions", "settings"],
        ["encoder", "questions", "settings"],
    )
    hidden = [m.file.name for m in everything.manifest.members if m.file.visibility == "private"]
    assert len(hidden) == 1
    assert all(m.file.visibility == "public" for m in public.manifest.members)
    assert everything.manifest.passages - public.manifest.passages == 2
    with pytest.raises(NotFoundError):
        offers.segment(hidden[0], private=False)
    stream, _ = offers.segment(hidden[0], private=True)
    stream.close()
    for member in public.manifest.members:
        stream, _ = offers.segment(member.file.name, private=False)
        with stream:
            assert b"Confidentiel" not in stream.read()
    with pytest.raises(NotFoundError):
        offers.part("keys", everything.parts["keys"].checksum, private=False)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("generation", "../../000001"),
        ("offer", 2),
        ("parts", {"../keys": {"size": 1, "checksum": "0" * 32}}),
        ("parts", {"keys": {"size": 1 << 40, "checksum": "0" * 32}}),
        ("name", "../../../etc/passwd"),
        ("name", "000001-1/../../x"),
        ("checksum", "../../x"),
        ("size", -1),
        ("visibility", "secret"),
    ],
)
def test_an_offer_that_leads_outside_is_none(source: Path, place: str, value: object) -> None:
    document = json.loads(Offers(source).current(private=True).body)
    (document if place in document else document["manifest"]["segments"][0])[place] = value
    with pytest.raises(SourceError, match="no offer of a library"):
        read_offer(json.dumps(document).encode(), "there")


def test_another_encoder_and_a_full_disk_leave_what_is_there(
    source: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying = replica(source, copy)
    copying.sync(encoder=ENCODER.info)
    build_generation(source, HashedEncoder(fingerprint="hashed-words-2"))
    with pytest.raises(EncoderMismatchError, match="hashed-words-2"):
        copying.sync(encoder=ENCODER.info)
    monkeypatch.setattr(files, "MARGIN", 1 << 60)
    with pytest.raises(LibraryError, match="no room"):
        copying.sync()
    assert generation.current_name(copy) == "000001"
    assert len(contents(copy)) == 12


def test_a_library_of_its_own_is_not_replaced_and_a_copy_is_not_changed(source: Path, copy: Path) -> None:
    with pytest.raises(UsageError, match="library of its own"):
        replica(copy, source)
    (copy / "index").mkdir(parents=True)
    with pytest.raises(UsageError, match="not copied"):
        replica(source, copy)
    shutil.rmtree(copy)
    replica(source, copy).sync()
    with pytest.raises(LibraryError, match="Make the change at"), writer_lock(copy, "importing"):
        pass
    assert not (copy / "catalog.duckdb").exists()


def test_one_process_writes_at_a_time(source: Path, copy: Path) -> None:
    first, second = replica(source, copy), replica(source, copy)
    assert (first.take_turn(), second.take_turn()) == (True, False)
    first.close()
    assert second.take_turn()
    second.close()


def test_a_source_that_is_not_there_says_so(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(SourceError, match="is not there"):
        replica(tmp_path / "nowhere", copy).sync()
    (tmp_path / "empty").mkdir()
    with pytest.raises(GenerationError, match="no index here yet"):
        replica(tmp_path / "empty", copy).sync()
