"""What `glane publish` writes, and that it may be ended anywhere and begun again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import EncoderMismatchError, GenerationError, LockedError, UsageError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import rollback
from glane_indexer.index.protocol import Filter, Term
from glane_indexer.index.qdrant import publishing
from glane_indexer.index.qdrant.client import ClientStore
from glane_indexer.index.qdrant.layout import Names, as_raw, point_of
from glane_indexer.index.qdrant.points import Point, PointStore
from glane_indexer.index.qdrant.published import MANIFEST, Published
from glane_indexer.index.qdrant.publishing import PUBLISH_LOCK, PublishReport, publish
from glane_indexer.library.locking import writer_lock
from glane_indexer.models import Annotation, Bookmark
from tests.support.hashed import HashedEncoder
from tests.support.qdrant import NAMES, memory

ENCODER = HashedEncoder()
FIRST = tuple(
    Bookmark(
        f"Le bocage {number}",
        id=f"b{number}",
        description="Une haie et un talus",
        tags=("haie",),
        language="fr",
        annotations=(Annotation("Les haies protègent les champs", id=f"a{number}"),),
    )
    for number in range(6)
)


class Failing:
    """A store of which one write fails, as if the process had been ended."""

    def __init__(self, store: PointStore, after: int) -> None:
        self._store = store
        self._left = after

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        self._left -= 1
        if self._left < 0:
            raise GenerationError("ended")
        self._store.upsert(collection, points)


def put(library: Path, bookmarks: Sequence[Bookmark], gone: Sequence[str] = (), seq: int = 0) -> None:
    with Catalog.open(library, create=True) as catalog:
        catalog.delete(gone)
        for bookmark in bookmarks:
            catalog.replace(bookmark) if bookmark.id in catalog.hashes() else catalog.upsert([bookmark])
        if seq:
            catalog.set_seq(seq)
    build_generation(library, ENCODER)


def published(library: Path, store: PointStore, **options: bool) -> PublishReport:
    return publish(library, store, NAMES.library, **options)


def titles(store: PointStore) -> list[str]:
    view = Published.open(store, NAMES, encoder=ENCODER.info).view("public")
    return [bookmark.title for bookmark in view.bookmarks(view.selected(None))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("made") / "library"
    put(library, FIRST)
    return library


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "library"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ClientStore]:
    made = memory(tmp_path)
    assert isinstance(made, ClientStore)
    yield made
    made.close()


def count(store: ClientStore, kind: str) -> int:
    (name,) = [name for name in store.collections() if name.startswith(f"glane-{kind}-")]
    return int(store._client.count(name).count)


def test_only_what_is_new_is_written(library: Path, store: ClientStore) -> None:
    assert (first := published(library, store)).written == 6
    assert (first.bookmarks, first.passages, first.unchanged) == (6, 18, False)
    assert published(library, store).unchanged
    put(library, [replace(FIRST[0], title="Le talus"), Bookmark("Le remblai", id="new")], gone=["b5"])
    second = published(library, store)
    assert (second.bookmarks, second.written, second.deleted) == (6, 2, 0)
    # A title of 2 points has changed: those of before stay for those who still read that generation.
    assert titles(store) == ["Le talus", *(f"Le bocage {number}" for number in range(1, 5)), "Le remblai"]
    assert count(store, "bookmarks") == 8


def test_a_reader_of_the_generation_before_finds_it_whole(library: Path, store: ClientStore) -> None:
    published(library, store)
    before = Published.open(store, NAMES).view("public")
    put(library, [replace(FIRST[0], title="Le talus")], gone=["b1"])
    published(library, store)
    assert [item.title for item in before.bookmarks([0, 1])] == ["Le bocage 0", "Le bocage 1"]
    rows, _ = before.keyword([(Term("title", "stem", "bocag"), 1.0)], limit=10)
    assert rows.tolist() == [0, 1, 2, 3, 4, 5]
    # Only what no kept generation has goes, and who reads a generation older still is told.
    put(library, [replace(FIRST[0], title="Le fossé")])
    assert published(library, store).deleted == 2
    before._shelf._records._kept.clear()
    with pytest.raises(GenerationError, match="two newer ones have been published"):
        before.bookmarks([1])
    assert len([name for name in store.collections() if "-generation-" in name]) == 2


@pytest.mark.parametrize("after", (0, 2, 4, 6))
def test_what_was_ended_goes_on(
    library: Path, store: ClientStore, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "AT_ONCE", 4)
    with pytest.raises(GenerationError, match="ended"):
        published(library, Failing(store, after))  # type: ignore[arg-type]
    assert store.pointed("glane") is None
    # Meanwhile the library has gone on, and words that come first by the alphabet take no number away.
    put(library, [Bookmark("Aaa", id="a")])
    published(library, store)
    assert titles(store) == ["Aaa", *(bookmark.title for bookmark in FIRST)]
    view = Published.open(store, NAMES).view("public")
    assert view.keyword([(Term("text", "stem", "hai"), 1.0)], limit=10)[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert view.keyword([(Term("title", "exact", "aaa"), 1.0)], limit=10)[0].tolist() == [0]
    assert (count(store, "bookmarks"), count(store, "passages")) == (7, 19)


def test_a_newer_state_is_not_overwritten(library: Path, store: ClientStore) -> None:
    published(library, store)
    put(library, [Bookmark("Neuf", id="n")], seq=7)
    published(library, store)
    rollback(library)
    with pytest.raises(GenerationError, match="change 7 is published, and the index here knows 0"):
        published(library, store)
    assert titles(store)[-1] == "Neuf"
    assert published(library, store, rebuild=True).written == 6
    assert "Neuf" not in titles(store)


def test_another_encoder_gets_collections_of_its_own(library: Path, store: ClientStore) -> None:
    published(library, store)
    other = HashedEncoder(fingerprint="another")
    build_generation(library, other)
    assert published(library, store).written == 6
    assert Published.open(store, NAMES, encoder=other.info).view("public").count == 6
    with pytest.raises(EncoderMismatchError, match="Set GLANE_MODEL"):
        Published.open(store, NAMES, encoder=ENCODER.info)
    # Those of the one before go with the generation before.
    assert len([name for name in store.collections() if name.startswith("glane-bookmarks-")]) == 2
    put_with(library, other)
    published(library, store)
    assert len([name for name in store.collections() if name.startswith("glane-bookmarks-")]) == 1


def put_with(library: Path, encoder: HashedEncoder) -> None:
    with Catalog.open(library) as catalog:
        catalog.upsert([Bookmark("Encore", id="e")])
    build_generation(library, encoder)


def test_libraries_side_by_side(library: Path, store: ClientStore, tmp_path: Path) -> None:
    published(library, store)
    put(tmp_path / "other", [Bookmark("Ailleurs", id="x")])
    publish(tmp_path / "other", store, "glane2")
    put(library, [Bookmark("Ici", id="i")])
    for _ in range(2):
        published(library, store)
    assert Published.open(store, Names("glane2")).view("public").bookmarks([0])[0].title == "Ailleurs"
    assert titles(store)[-1] == "Ici"


@pytest.mark.parametrize("name", ["", "Glane", "a-b", "é", "x" * 65])
def test_a_name_that_is_none(tmp_path: Path, store: ClientStore, name: str) -> None:
    with pytest.raises(UsageError, match="no name for a library"):
        publish(tmp_path, store, name)


def test_one_writer(library: Path, store: ClientStore) -> None:
    with writer_lock(library, "publishing", name=PUBLISH_LOCK), pytest.raises(LockedError):
        published(library, store)


def test_nothing_to_publish_and_nothing_published(store: ClientStore, tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="no library here"):
        published(tmp_path / "absent", store)
    with pytest.raises(GenerationError, match=r"nothing is published as 'glane'.*glane publish"):
        Published.open(store, NAMES)


def test_a_generation_that_is_not_whole_says_so(library: Path, store: ClientStore) -> None:
    collection = published(library, store).collection
    table = Published.open(store, NAMES)
    store._client.set_payload(collection, {"data": "eJwDAAAAAAE="}, points=[_piece(store, collection)])
    with pytest.raises(GenerationError, match=r"the table 'public' of .* is damaged.*--rebuild"):
        table.view("public")
    store.delete(collection, [MANIFEST])
    with pytest.raises(GenerationError, match="no whole generation"):
        Published.open(store, NAMES)
    # A rebuild needs nothing of it.
    published(library, store, rebuild=True)
    assert len(titles(store)) == 6


def _piece(store: ClientStore, collection: str) -> str:
    records, _ = store._client.scroll(collection, limit=10)
    return next(str(item.id) for item in records if "data" in (item.payload or {}))


def test_a_view_of_the_public_asks_for_nothing_private(tmp_path: Path) -> None:
    store = memory(tmp_path)
    library = tmp_path / "library"
    hidden = [replace(item, id=f"p{item.id}", visibility="private") for item in FIRST[:3]]
    put(library, [*FIRST, *hidden])
    asked: list[str] = []
    published(library, store)
    retrieve = store.retrieve

    def noted(collection: str, ids: Sequence[str], **options: Sequence[str]) -> list[Point]:
        asked.extend(ids)
        return retrieve(collection, ids, **options)

    store.retrieve = noted  # type: ignore[method-assign,assignment]
    public = Published.open(store, NAMES).view("public")
    member = Published.open(store, NAMES).view("member")
    assert (public.count, member.count) == (6, 9)
    asked.clear()
    weights = [(Term("text", "stem", "hai"), 1.0)]
    assert len(public.keyword(weights, limit=20)[0]) == 6
    public.compare(ENCODER.encode_queries(["haie"])[0]).nearest(20, allowed=None, depth=3, language_share=1)
    public.select(Filter(phrases=(("une", "haie"),)))
    hashes = Catalog.open(library)
    with hashes as catalog:
        private = {point_of(id, hash)[:12] for id, hash in catalog.hashes().items() if id.startswith("pb")}
    assert asked and not private & {as_raw([id]).tobytes()[:12] for id in asked}
    assert len(member.keyword(weights, limit=20)[0]) == 9
    assert np.all(public.document_frequencies([weights[0][0]]) == 6)
