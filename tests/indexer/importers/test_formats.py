"""Every format: its fixture is recognised, taken by no other, and read to what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glane_indexer.errors import InputError, UsageError
from glane_indexer.importers.archive import folder
from glane_indexer.importers.registry import FORMATS, is_whole, read
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Problem
from tests.indexer.importers import expected_bookmarks, expected_highlights
from tests.indexer.importers.expected_highlights import utc
from tests.support import packed

FIXTURES = Path(__file__).parent / "fixtures"
TEXTS = {**expected_highlights.EXPECTED, **expected_bookmarks.EXPECTED}

BIRDS = Bookmark(
    "How hedges feed birds",
    "https://hedges.example/birds",
    tags=("birds",),
    created_at=utc("2016-02-25T20:55:41"),
)
OMNIVORE: list[Imported] = [
    Bookmark(
        "How hedges feed birds",
        "https://hedges.example/birds",
        description="Berries and thrushes.",
        tags=("birds", "winter food"),
        contributor="Ines Calder",
        created_at=utc("2024-03-04T05:06:07"),
        annotations=(
            Annotation("Berries last until February.", note="Which ones?"),
            Annotation("Thrushes come first,\nthen fieldfares."),
        ),
    ),
    TEXTS["omnivore.json"][1][1],
]
POCKET: list[Imported] = [
    Bookmark(
        "How hedges feed birds, in winter",
        "https://hedges.example/birds",
        tags=("birds", "winter food"),
        created_at=utc("2020-09-17T06:06:28"),
        annotations=(
            Annotation("Berries last until February.", created_at=utc("2020-09-17T06:06:40")),
            Annotation("Thrushes come first.", created_at=utc("2020-09-17T06:08:20")),
        ),
    ),
    TEXTS["pocket.csv"][1][1],
]
PLACES: list[Imported] = [
    BIRDS,
    Bookmark(
        "Drystone basics",
        "https://walls.example/basics",
        tags=("Artisanat",),
        created_at=utc("2016-02-25T20:55:42"),
    ),
    Problem("bookmark 10", "a query of Firefox's own, and no page: place:sort=8"),
]
SAFARI: list[Imported] = [
    Bookmark(
        "Drystone basics",
        "https://walls.example/basics",
        description="Granite lasts.",
        created_at=utc("2021-02-03T04:05:06"),
    ),
    Bookmark("How hedges feed birds", "https://hedges.example/birds", tags=("Artisanat",)),
]
PACKED = {
    "Bookmarks.plist": ("safari", packed.safari_packed, SAFARI),
    "Bookmarks.xml.plist": ("safari", packed.safari_xml, SAFARI),
    "omnivore.zip": ("omnivore", packed.omnivore_zip, OMNIVORE),
    "pocket.zip": ("pocket-zip", packed.pocket_zip, POCKET),
    "firefox.jsonlz4": ("firefox", packed.firefox_jsonlz4, TEXTS["firefox.json"][1]),
    "places.sqlite": ("firefox-places", packed.places, PLACES),
}
# These two have tests of their own, with all that their fixtures hold.
DIIGO = {"diigo-export.csv": "diigo-csv", "diigo-group.html": "diigo-html"}
FORMAT_OF = {
    **{name: expected[0] for name, expected in TEXTS.items()},
    **{name: expected[0] for name, expected in PACKED.items()},
    **DIIGO,
}


def source(name: str) -> Source:
    content = PACKED[name][1]() if name in PACKED else (FIXTURES / name).read_bytes()
    return Source(content, name)


def test_every_format_has_a_fixture_and_says_what_it_is() -> None:
    assert set(FORMAT_OF.values()) == set(FORMATS)
    for name, item in FORMATS.items():
        assert (item.name, bool(item.about), bool(item.carries)) == (name, True, True)


@pytest.mark.parametrize("name", TEXTS)
def test_a_fixture_is_read_to_what_it_holds(name: str) -> None:
    format, expected = TEXTS[name]
    found, items = read(source(name))
    assert found == format
    assert list(items) == expected
    assert list(read(source(name), format)[1]) == expected


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_is_read_to_what_it_holds(name: str) -> None:
    format, _, expected = PACKED[name]
    found, items = read(source(name))
    assert (found, list(items)) == (format, expected)


@pytest.mark.parametrize("name", FORMAT_OF)
def test_no_reader_claims_the_file_of_another(name: str) -> None:
    scores = {other: item.recognise(source(name)) for other, item in FORMATS.items()}
    right = scores.pop(FORMAT_OF[name])
    # A table is a table whatever made it; the readers of any table and of any JSON come last.
    others = {other: score for other, score in scores.items() if score and other not in ("csv", "json")}
    assert others == {}
    assert right > max(scores.get(other, 0) for other in ("csv", "json")) + 0.1


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_fixture_is_read_the_same_in_another_encoding(name: str, encoding: str) -> None:
    format, expected = TEXTS[name]
    text = (FIXTURES / name).read_bytes().decode("utf-8-sig")
    found, items = read(Source(text.encode(encoding), name))
    assert (found, list(items)) == (format, expected)


@pytest.mark.parametrize("name", [name for name in TEXTS if not name.endswith((".rdf", ".xml", ".jsonl"))])
def test_a_fixture_is_read_the_same_with_windows_line_ends(name: str) -> None:
    format, expected = TEXTS[name]
    text = (FIXTURES / name).read_bytes().replace(b"\n\r", b"\n").replace(b"\n", b"\r\n")
    found, items = read(Source(text, name))
    assert found == format
    assert [item for item in items if isinstance(item, Bookmark)] == [
        item for item in expected if isinstance(item, Bookmark)
    ]


def test_an_unpacked_archive_is_read_like_the_archive(tmp_path: Path) -> None:
    (tmp_path / "highlights").mkdir()
    (tmp_path / "metadata_0_to_20.json").write_bytes((FIXTURES / "omnivore.json").read_bytes())
    (tmp_path / "highlights/how-hedges-feed-birds-18f.md").write_bytes(
        (FIXTURES / "omnivore-highlights.md").read_bytes()
    )
    unpacked = folder(tmp_path)
    assert is_whole(unpacked)
    found, items = read(unpacked)
    assert (found, list(items)) == ("omnivore", OMNIVORE)


def test_an_archive_of_exports_is_no_export_by_itself() -> None:
    content = packed.zipped({"a.csv": b"title,url\n", "b/c.html": b"<DL></DL>"})
    assert not is_whole(Source(content, "mixed.zip"))
    assert is_whole(source("omnivore.zip"))
    assert is_whole(source("pocket.zip"))


def test_highlights_without_their_page_are_kept_and_told() -> None:
    quotes = (FIXTURES / "omnivore-highlights.md").read_bytes()
    content = packed.zipped({"metadata_0_to_20.json": b"[]", "highlights/lost-page-1.md": quotes})
    problem, bookmark = read(Source(content, "omnivore.zip"))[1]
    assert problem == Problem(
        "highlights/lost-page-1.md", "no page of the export has these highlights", skipped=False
    )
    assert isinstance(bookmark, Bookmark)
    assert (bookmark.title, len(bookmark.annotations)) == ("lost page 1", 2)


def test_columns_are_named_by_the_user() -> None:
    content = "Sujet,Où,Quand\nLes haies,https://haies.example/,2020-01-02\n".encode()
    columns = {"title": "Sujet", "url": "où", "created_at": "Quand"}
    found, items = read(Source(content, "t.csv", columns))
    assert found == "csv"
    assert list(items) == [
        Bookmark("Les haies", "https://haies.example/", created_at=utc("2020-01-02T00:00:00"))
    ]
    with pytest.raises(InputError, match="not known"):
        read(Source(content, "t.csv"))
    with pytest.raises(UsageError, match=r"there is no column 'Lien' in t\.csv\. Its columns are sujet"):
        read(Source(content, "t.csv", {"url": "Lien"}))
    with pytest.raises(UsageError, match="there is no field 'adresse'"):
        read(Source(content, "t.csv", {"adresse": "Où"}))


def test_two_formats_that_fit_alike_are_both_named() -> None:
    both = {"href": "https://a.example/", "description": "A", "url": "https://a.example/", "desc": "A"}
    content = json.dumps([{**both, "shared": "yes"}]).encode()
    with pytest.raises(InputError) as caught:
        read(Source(content, "both.json"))
    assert caught.value.message == "this file may be in the formats diigo-json and pinboard"
    assert caught.value.hint == "Say which with --format"
    assert read(Source(content, "both.json"), "pinboard")[0] == "pinboard"
