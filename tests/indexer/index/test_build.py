"""A generation from the catalog: built beside the current one, checked when it is opened."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.judgments import Judgments, question_id
from glane_indexer.errors import CatalogError, EncoderMismatchError, GenerationError, LockedError
from glane_indexer.index import build, embedding, generation
from glane_indexer.index import manifest as manifests
from glane_indexer.index.build import IndexReport, build_generation
from glane_indexer.index.generation import Generation, current_name, names, rollback
from glane_indexer.index.local.view import LocalView
from glane_indexer.index.manifest import SCHEMA_VERSION
from glane_indexer.index.protocol import Filter, Term
from glane_indexer.library.importing import import_bytes
from glane_indexer.library.locking import INDEX_LOCK, writer_lock
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import text_hash
from tests.support.hashed import DIMENSIONS, HashedEncoder

BOOKMARKS = [
    Bookmark(
        "Les haies du canton",
        "https://haies.example/a",
        description="Un inventaire commune par commune.",
        tags=("bocage",),
        contributor="Ada",
        language="fr",
        annotations=(Annotation("Une haie adulte abrite des oiseaux."), Annotation("Elle coupe le vent.")),
    ),
    Bookmark("Walls", "https://walls.example/", contributor="Basile", language="en"),
]
NEW = Bookmark(
    "Un titre neuf", "https://haies.example/neuf", annotations=(Annotation("Une phrase neuve."),)
)
FIRST = {"CURRENT", "000001.json", "000001-1.safetensors"}


def put(library: Path, *bookmarks: Bookmark) -> None:
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert(bookmarks)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    put(tmp_path / "library", *BOOKMARKS)
    return tmp_path / "library"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("template") / "library"
    put(library, *BOOKMARKS)
    built(library)
    return library


@pytest.fixture
def indexed(tmp_path: Path, template: Path) -> Path:
    """The library with its first generation."""
    return Path(shutil.copytree(template, tmp_path / "indexed"))


def built(library: Path, **options: Any) -> IndexReport:
    return build_generation(library, HashedEncoder(), **options)


def index_content(library: Path) -> set[str]:
    return {path.name for path in (library / "index").iterdir()}


def view_of(library: Path, **options: Any) -> LocalView:
    return Generation.open(library, **options).view("public")


def titles_with(view: LocalView, word: str) -> list[str]:
    """The titles of the bookmarks that hold a word exactly so."""
    rows, _ = view.keyword([(Term("text", "exact", word), 1.0)], limit=10)
    return [bookmark.title for bookmark in view.bookmarks(rows)]


# What is built


def test_the_report_and_the_files(library: Path) -> None:
    encoder = HashedEncoder()
    report = build_generation(library, encoder)
    # Two title cards, a description and two annotations; one bookmark as a whole, the other is its title.
    assert (report.generation, report.passages, report.embedded) == ("000001", 5, 6)
    assert len(encoder.encoded) == len(set(encoder.encoded)) == 6
    assert list(report.to_json()) == [
        *("generation", "passages", "embedded", "seconds", "passages_per_second")
    ]
    assert report.seconds > 0
    assert report.passages_per_second > 0
    assert index_content(library) == FIRST
    assert (library / "index/CURRENT").read_text() == "000001\n"


def test_a_large_library_is_built_in_parts_and_answers_alike(
    library: Path, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "PART", 1)
    put(library, NEW)
    put(indexed, NEW)
    assert built(library).passages == built(indexed).passages == 7
    assert len(Generation.open(library).segments) == 3
    for word in ("haie", "phrase", "une"):
        assert titles_with(view_of(library), word) == titles_with(view_of(indexed), word)
    with Catalog.open(library, read_only=True) as catalog:
        noted = catalog._rows("SELECT count(*), count(DISTINCT bookmark_id) FROM passages")
    assert noted == [(7, 3)]
    assert built(library, force=True).embedded == 0


def test_the_manifest(indexed: Path) -> None:
    manifest = generation.read_manifest(indexed, "000001")
    assert (manifest.schema, manifest.passages, manifest.seq) == (SCHEMA_VERSION, 5, 0)
    assert manifest.encoder == HashedEncoder().info
    with Catalog.open(indexed, read_only=True) as catalog:
        assert manifest.catalog_version == catalog.content_version()
    (member,) = manifest.members
    assert (member.file.name, member.file.visibility, member.file.bookmarks) == ("000001-1", "public", 2)
    assert manifest.total_bytes == (indexed / "index/000001-1.safetensors").stat().st_size


def test_the_parts_agree_by_row(indexed: Path) -> None:
    view = view_of(indexed, encoder=HashedEncoder().info)
    assert view.generation == "000001"
    assert view.counts._asdict() == {
        "bookmarks": 2,
        "annotations": 2,
        "descriptions": 1,
        "contributors": 2,
        "passages": 5,
    }
    bookmarks = view.bookmarks([0, 1])
    with Catalog.open(indexed, read_only=True) as catalog:
        assert bookmarks == list(catalog.bookmarks())
    walls = [bookmark.title for bookmark in bookmarks].index("Walls")
    assert titles_with(view, "walls") == ["Walls"]
    assert view.selected(view.select(Filter(tags=("bocage",)))).tolist() == [1 - walls]
    (query,) = HashedEncoder().encode_queries(["Walls"])
    compared = view.compare(query)
    assert compared.nearest(1, allowed=None, depth=10, language_share=0).tolist() == [walls]
    assert compared.best(np.array([walls]))[1] == pytest.approx([1], abs=1e-5)
    assert compared.documents(np.array([walls])) == pytest.approx([1], abs=1e-3)
    assert [(place.kind, place.annotation) for place in view.passages(1 - walls)] == [
        ("title", -1),
        ("description", -1),
        ("annotation", 0),
        ("annotation", 1),
    ]


def test_progress_names_its_stages_and_ends_at_the_end(library: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    built(library, progress=lambda *call: seen.append(call))
    assert {stage for stage, _, _ in seen} == {"Embedding", "Writing the index"}
    embedding = [(done, total) for stage, done, total in seen if stage == "Embedding"]
    assert embedding[0] == (0, 6)
    assert embedding[-1] == (6, 6)


def test_an_empty_catalog_and_bookmarks_without_text_are_indexed(tmp_path: Path) -> None:
    library = tmp_path / "library"
    put(library)
    assert built(library).passages == 0
    empty = view_of(library)
    compared = empty.compare(np.ones(DIMENSIONS, np.float32))
    assert compared.nearest(5, allowed=None, depth=5, language_share=1).tolist() == []
    assert titles_with(empty, "haie") == []
    assert empty.completions("a", 5) == {"tag": [], "contributor": [], "question": [], "title": []}
    put(library, Bookmark("", id="empty"), *BOOKMARKS)
    assert built(library).passages == 5
    view = view_of(library)
    row = view.row_of("empty")
    assert row is not None
    assert not view.document_vectors(np.array([row])).any()
    assert view.passages(row) == []


def test_texts_are_embedded_in_parts_and_each_part_is_kept(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "GIVEN", 2)

    class Failing(HashedEncoder):
        def encode_passages(self, texts: Any, progress: Any = None) -> Any:
            if len(self.encoded) == 4:
                raise KeyboardInterrupt
            return super().encode_passages(texts, progress)

    with pytest.raises(KeyboardInterrupt):
        build_generation(library, Failing())
    assert current_name(library) is None
    assert built(library).embedded == 2


# Again


def test_an_index_that_is_up_to_date_is_left_as_it_is(indexed: Path) -> None:
    before = (indexed / "index/000001.json").stat().st_mtime_ns
    encoder = HashedEncoder()
    report = build_generation(indexed, encoder)
    assert (report.generation, report.passages, report.embedded) == ("000001", 5, 0)
    assert report.passages_per_second == 0
    assert encoder.encoded == []
    assert index_content(indexed) == FIRST
    assert (indexed / "index/000001.json").stat().st_mtime_ns == before


def test_questions_with_a_good_answer_here_make_a_new_generation(indexed: Path) -> None:
    judgments = Judgments(indexed)
    with Catalog.open(indexed, read_only=True) as catalog:
        first, second = (bookmark.id for bookmark in catalog.bookmarks())
    asked = ["Où sont les haies ?", "Une question sans réponse"]
    judgments.add_questions(asked)
    answered, unanswered = (question_id(text) for text in asked)
    judgments.record("Ana", unanswered, first, 1)
    judgments.record("Ana", unanswered, "a bookmark that is gone", 3)
    assert built(indexed).generation == "000001"
    judgments.record("Ana", answered, first, 2)
    judgments.record("Bo", answered, first, 3)
    judgments.record("Bo", answered, second, 3)
    report = built(indexed)
    assert (report.generation, report.embedded) == ("000002", 0)
    assert view_of(indexed).completions("où", 5)["question"] == [("Où sont les haies ?", 2)]
    # Nothing but the generation's own file is written for that.
    assert index_content(indexed) == FIRST | {"000002.json"}
    assert built(indexed).generation == "000002"


def test_force_builds_anew_and_embeds_nothing(indexed: Path) -> None:
    report = built(indexed, force=True)
    assert (report.generation, report.embedded) == ("000002", 0)
    assert index_content(indexed) == FIRST | {"000002.json", "000002-1.safetensors"}


def test_only_new_texts_are_embedded(indexed: Path) -> None:
    put(indexed, NEW)
    encoder = HashedEncoder()
    report = build_generation(indexed, encoder)
    # The annotation's passage is also the whole bookmark.
    assert sorted(encoder.encoded) == ["Un titre neuf", "Un titre neuf\nUne phrase neuve."]
    assert (report.generation, report.passages, report.embedded) == ("000002", 7, 2)


def test_a_bookmark_that_is_gone_is_gone_from_the_index(indexed: Path) -> None:
    with Catalog.open(indexed) as catalog:
        catalog.delete([item.id for item in catalog.bookmarks() if item.title != "Walls"])
    report = built(indexed)
    assert (report.passages, report.embedded) == (1, 0)
    view = view_of(indexed)
    assert [item.title for item in view.bookmarks(range(view.count))] == ["Walls"]
    assert titles_with(view, "haies") == []
    with Catalog.open(indexed, read_only=True) as catalog:
        fingerprint = HashedEncoder().info.fingerprint
        assert catalog.missing_embeddings([text_hash("Walls")], fingerprint) == []
        assert catalog.missing_embeddings([text_hash("Les haies du canton · bocage")], fingerprint)


def test_the_previous_generation_is_kept_and_older_ones_go(library: Path) -> None:
    for _ in range(4):
        built(library, force=True)
    assert names(library) == ["000003", "000004"]
    assert current_name(library) == "000004"


def test_what_an_ended_build_left_is_removed(indexed: Path) -> None:
    index = indexed / "index"
    (index / ".new-000002/lexical").mkdir(parents=True)
    for name in (".CURRENT-123", ".000002-1.safetensors", "000002-2.safetensors", ".000002.json"):
        (index / name).write_text("000009\n")
    assert built(indexed, force=True).generation == "000002"
    assert index_content(indexed) == FIRST | {"000002.json", "000002-1.safetensors"}


def test_a_generation_that_is_not_accepted_stays_beside_the_current_one(indexed: Path) -> None:
    put(indexed, NEW)
    asked: list[str] = []

    def refuse(name: str) -> None:
        asked.append(name)
        Generation.open(indexed, name, encoder=HashedEncoder().info)
        raise RuntimeError("worse than before")

    with pytest.raises(RuntimeError, match="worse than before"):
        built(indexed, accept=refuse)
    assert asked == ["000002"]
    assert current_name(indexed) == "000001"
    assert names(indexed) == ["000001", "000002"]
    # The next one does not take its name, and what was embedded for it is kept.
    report = built(indexed, accept=asked.append)
    assert asked == ["000002", "000003"]
    assert (report.generation, report.embedded) == ("000003", 0)
    assert names(indexed) == ["000001", "000003"]


def test_another_encoder_embeds_everything_and_the_way_back_embeds_nothing(indexed: Path) -> None:
    assert build_generation(indexed, HashedEncoder(fingerprint="other")).embedded == 6
    assert built(indexed).embedded == 0
    # Of an encoder two generations ago nothing is kept.
    built(indexed, force=True)
    assert build_generation(indexed, HashedEncoder(fingerprint="other")).embedded == 6


# What is damaged


@pytest.mark.parametrize("damage", ["longer", "shorter", "flipped", "gone"])
def test_a_segment_is_checked_whole(indexed: Path, damage: str) -> None:
    path = indexed / "index/000001-1.safetensors"
    sound = path.read_bytes()
    size = len(sound)
    if damage == "gone":
        path.unlink()
        message = "the file cannot be read: No such file or directory"
    elif damage == "flipped":
        message = "the file's checksum does not match"
    else:
        path.write_bytes(sound + b"x" if damage == "longer" else sound[:-1])
        message = f"the file has {size + (1 if damage == 'longer' else -1)} bytes, and should have {size}"
    for place in range(0, size, 997) if damage == "flipped" else [0]:
        if damage == "flipped":
            path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        with pytest.raises(GenerationError) as caught:
            Generation.open(indexed)
        assert (caught.value.where, caught.value.message) == (str(path), message)
        assert "glane index" in caught.value.hint
    path.write_bytes(sound)
    Generation.open(indexed)


def test_what_is_damaged_is_built_anew_and_nothing_else(indexed: Path) -> None:
    put(indexed, NEW)
    built(indexed)
    (indexed / "index/000001-1.safetensors").write_bytes(b"damaged")
    sound = (indexed / "index/000002-1.safetensors").read_bytes()
    report = built(indexed)
    assert (report.generation, report.embedded) == ("000003", 0)
    assert (indexed / "index/000002-1.safetensors").read_bytes() == sound
    assert view_of(indexed).count == 3


def _changed(indexed: Path, **values: Any) -> None:
    path = indexed / "index/000001.json"
    whole = json.loads(path.read_text())["generation"] | values
    path.write_text(json.dumps({"checksum": manifests._checksum(whole), "generation": whole}))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"schema": 99}, "the index has version 99 of the schema, and this Glane reads version"),
        ({"analysis": 99}, "the index has version 99 of the text analysis, and this Glane reads version"),
        ({"segments": ["rows.npz"]}, "the generation's file is damaged"),
        ({"encoder": {"name": "x"}}, "the generation's file is damaged"),
        ({"questions": None}, "the generation's file is damaged"),
        ({"schema": "x"}, "the generation's file is damaged"),
    ],
)
def test_a_manifest_that_does_not_fit_is_told_and_built_anew(
    indexed: Path, values: dict[str, Any], message: str
) -> None:
    _changed(indexed, **values)
    with pytest.raises(GenerationError, match=message):
        Generation.open(indexed)
    assert built(indexed).generation == "000002"
    Generation.open(indexed)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "\x00"])
def test_a_manifest_that_is_missing_or_no_manifest(indexed: Path, text: str | None) -> None:
    path = indexed / "index/000001.json"
    sound = path.read_text()
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(GenerationError, match="the generation's file") as caught:
        Generation.open(indexed)
    assert caught.value.where == str(path)
    path.write_text(sound.replace("hashed-words-1", "hashed-words-2"))
    with pytest.raises(GenerationError, match="its checksum does not match"):
        Generation.open(indexed)


@pytest.mark.parametrize("data", [b"", b"nonsense\n", b"../../etc", b"000001/..", b"\xff\xfe", b"1"])
def test_a_current_that_names_nothing_is_told_and_written_anew(indexed: Path, data: bytes) -> None:
    (indexed / "index/CURRENT").write_bytes(data)
    with pytest.raises(GenerationError) as caught:
        Generation.open(indexed)
    assert caught.value.where == str(indexed / "index/CURRENT")
    assert built(indexed).generation == "000002"
    assert current_name(indexed) == "000002"


def test_a_current_whose_generation_is_gone(indexed: Path) -> None:
    (indexed / "index/CURRENT").write_text("000007\n")
    with pytest.raises(GenerationError, match="the generation's file is missing"):
        Generation.open(indexed)
    assert built(indexed).embedded == 0
    Generation.open(indexed)


def test_an_index_of_another_encoder_is_refused_with_the_fix_named(indexed: Path) -> None:
    with pytest.raises(EncoderMismatchError) as caught:
        Generation.open(indexed, encoder=HashedEncoder(fingerprint="other").info)
    assert caught.value.message == (
        "the index was built with the encoder hashed-words (hashed-words-1), "
        "and hashed-words (other) is set"
    )
    assert "glane index" in caught.value.hint
    assert "GLANE_MODEL" in caught.value.hint


def test_there_is_no_index_or_no_catalog(tmp_path: Path, library: Path) -> None:
    with pytest.raises(GenerationError, match="there is no index here yet"):
        Generation.open(library)
    assert names(library) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(CatalogError, match="there is no catalog here"):
        built(tmp_path / "empty")


def test_a_locked_library_is_not_indexed(library: Path) -> None:
    with (
        writer_lock(library, "indexing", name=INDEX_LOCK),
        pytest.raises(LockedError, match=f"process {os.getpid()} is indexing"),
    ):
        built(library)
    assert not (library / "index").exists()
    # Whoever writes to the catalog hinders nobody.
    with writer_lock(library, "importing"):
        assert built(library).generation == "000001"


def test_an_index_that_cannot_be_written_is_told(library: Path) -> None:
    (library / "index").write_text("a file")
    with pytest.raises(GenerationError, match="the index cannot be written"):
        built(library)


# Back


def test_rollback_goes_back_one_generation(indexed: Path) -> None:
    put(indexed, NEW)
    built(indexed)
    assert rollback(indexed) == "000001"
    assert current_name(indexed) == "000001"
    assert view_of(indexed).count == 2
    with pytest.raises(GenerationError, match="there is no generation to go back to"):
        rollback(indexed)
    assert current_name(indexed) == "000001"
    # Forward again: built from the catalog, under a new name.
    report = built(indexed)
    assert (report.generation, report.embedded) == ("000003", 0)
    assert names(indexed) == ["000001", "000003"]


def test_rollback_to_a_damaged_generation_is_refused(indexed: Path) -> None:
    built(indexed, force=True)
    (indexed / "index/000001-1.safetensors").write_bytes(b"damaged")
    with pytest.raises(GenerationError, match=r"000001-1\.safetensors"):
        rollback(indexed)
    assert current_name(indexed) == "000002"


@pytest.mark.parametrize("builds", [0, 1])
def test_there_is_nothing_to_go_back_to(library: Path, builds: int) -> None:
    for _ in range(builds):
        built(library)
    with pytest.raises(GenerationError, match="there is no generation to go back to"):
        rollback(library)


def test_rollback_without_a_library_or_beside_a_writer(tmp_path: Path, library: Path) -> None:
    with pytest.raises(GenerationError, match="there is no library here"):
        rollback(tmp_path / "nowhere")
    with writer_lock(library, "indexing", name=INDEX_LOCK), pytest.raises(LockedError):
        rollback(library)


def test_a_generation_that_is_open_answers_while_others_replace_it(indexed: Path) -> None:
    view = view_of(indexed)
    for _ in range(3):
        built(indexed, force=True)
    assert not (indexed / "index/000001-1.safetensors").exists()
    found: list[Any] = []
    # A thread that has not read it before finds all the same.
    thread = threading.Thread(
        target=lambda: found.extend([titles_with(view, "walls"), view.bookmarks([0, 1])])
    )
    thread.start()
    thread.join()
    assert found[0] == ["Walls"]
    assert len(found[1]) == 2
    assert view.document_vectors(np.array([0])).any()


def test_a_library_on_a_read_only_file_system_is_read(indexed: Path) -> None:
    paths = [indexed / "index", *(indexed / "index").iterdir()]
    content = {path.name: path.read_bytes() for path in paths[1:]}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert titles_with(view_of(indexed), "walls") == ["Walls"]
    finally:
        (indexed / "index").chmod(0o755)
    assert {path.name: path.read_bytes() for path in (indexed / "index").iterdir()} == content


def test_two_builds_of_one_catalog_give_the_same_file(library: Path) -> None:
    def file() -> bytes:
        return (library / "index" / f"{built(library, force=True).generation}-1.safetensors").read_bytes()

    assert file() == file()


def test_the_catalog_knows_the_passages_of_the_index(tmp_path: Path) -> None:
    import duckdb

    data = (
        b'{"title": "Deux notes", "url": "https://a.example/", "annotations": '
        b'[{"text": "La premi\xc3\xa8re."}, {"text": "", "note": "Une note seule."}]}'
    )
    import_bytes(data, tmp_path, name="two")
    build_generation(tmp_path, HashedEncoder())
    with duckdb.connect(str(tmp_path / "catalog.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "SELECT position, kind, start, length, vector IS NOT NULL FROM passages "
            "LEFT JOIN embeddings USING (hash) ORDER BY position"
        ).fetchall()
    assert found == [
        (0, "title", 0, 10, True),
        (1, "annotation", 0, 12, True),
        (2, "annotation", 0, 15, True),
    ]
