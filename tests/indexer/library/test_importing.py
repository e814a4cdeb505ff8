"""One import: what it reports, what it changes, and that a bad file changes nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import InputError, LockedError, UsageError
from glane_indexer.library.importing import ImportReport, import_bytes, import_path
from glane_indexer.library.locking import LOCK_NAME, writer_lock
from glane_indexer.models import Bookmark

HEADER = "title,url,tags,description,comments,annotations,created_at\n"
PAGE = """\
Ada Bocage

Planter une haie - 12 views

  • Une haie adulte abrite des oiseaux.
  • ...3 more annotations...
  • Elle coupe aussi le vent.
  • Elle coupe aussi le vent.
  •\x20
    "Un guide, saison par saison."
Une publicité
Basile Orme

Arracher pour produire - 0 views

  • Le remembrement a changé les paysages.
1 - 20 of 112
"""


def row(title: str, url: str, annotations: str = "") -> str:
    cells = (title, url, "haie", "", "", annotations, "2019-04-02 08:30:00")
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"


def load(library: Path, *records: dict[str, Any] | str) -> ImportReport:
    lines = (item if isinstance(item, str) else json.dumps(item) for item in records)
    return import_bytes("\n".join(lines).encode(), library, name="some.jsonl")


def content(library: Path) -> list[Bookmark]:
    with Catalog.open(library, read_only=True) as catalog:
        return list(catalog.bookmarks())


def state(library: Path) -> tuple[str, list[Bookmark], int]:
    with Catalog.open(library, read_only=True) as catalog:
        return catalog.content_version(), list(catalog.bookmarks()), len(catalog.imports())


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "new" / "library"


def test_the_report_of_a_page_and_of_the_same_page_again(tmp_path: Path, library: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE, "utf-8")
    seen: list[tuple[str, int, int]] = []
    first = import_path(page, library, progress=lambda *done: seen.append(done))
    assert first.to_json() == {
        "file": str(page),
        "import_id": "000001",
        "format": "diigo-text",
        "bookmarks": {"added": 2, "updated": 0, "merged": 0, "unchanged": 0, "skipped": 1},
        "annotations": {"added": 3, "duplicates": 1},
        "descriptions": 1,
        "private": 0,
        "announced_missing": {"bookmarks": 18, "annotations": 1},
        "problems": [
            {
                "where": f"{page}: line 11",
                "message": "neither a bookmark nor part of one: 'Une publicité'",
            }
        ],
        "merges": [],
        "changes": [],
    }
    assert json.loads(json.dumps(first.to_json())) == first.to_json()
    assert seen == [("Reading", 1, 0), ("Reading", 2, 0), ("Importing", 1, 2), ("Importing", 2, 2)]
    before = state(library)
    second = import_path(page, library)
    assert second.to_json() == first.to_json() | {
        "import_id": "000002",
        "bookmarks": {"added": 0, "updated": 0, "merged": 0, "unchanged": 2, "skipped": 1},
        "annotations": {"added": 0, "duplicates": 1},
    }
    assert state(library)[:2] == before[:2]


def test_every_import_is_on_record(library: Path) -> None:
    load(library, {"title": "One"})
    load(library, {"title": "Two"}, "broken")
    with Catalog.open(library, read_only=True) as catalog:
        first, second = catalog.imports()
    assert (first.id, first.format, first.file) == ("000001", "jsonl", "some.jsonl")
    assert first.started_at <= first.finished_at <= second.started_at
    assert second.counts["bookmarks"] == {
        "added": 1,
        "updated": 0,
        "merged": 0,
        "unchanged": 0,
        "skipped": 1,
    }
    assert "problems" not in second.counts


def test_a_changed_bookmark_is_updated_and_loses_nothing(library: Path) -> None:
    url = "https://haies.example/a"
    load(
        library,
        {"title": "Old", "url": url, "tags": ["haie"], "annotations": [{"text": "One"}]},
        {"title": "Other", "url": "https://haies.example/b"},
    )
    report = load(
        library,
        {"title": "New", "url": f"{url}?utm_source=x", "annotations": [{"text": "Two"}]},
        {"title": "Other", "url": "https://haies.example/b"},
        {"title": "Third", "url": "https://haies.example/c"},
    )
    assert report.to_json()["bookmarks"] == {
        "added": 1,
        "updated": 1,
        "merged": 0,
        "unchanged": 1,
        "skipped": 0,
    }
    assert report.annotations.added == 1
    (changed,) = [item for item in content(library) if item.title == "New"]
    assert changed.tags == ("haie",)
    assert [item.text for item in changed.annotations] == ["One", "Two"]


def test_a_bookmark_twice_in_one_file_is_one(library: Path) -> None:
    record = {
        "title": "One",
        "url": "https://haies.example/a",
        "annotations": [{"text": "A"}, {"text": "A"}],
    }
    report = load(library, record, record | {"annotations": [{"text": "B"}]})
    assert report.bookmarks.added == 1
    assert report.bookmarks.total == 2
    assert (report.annotations.added, report.annotations.duplicates) == (2, 1)
    (found,) = content(library)
    assert [item.text for item in found.annotations] == ["A", "B"]


def test_the_language_is_told_where_the_file_does_not(library: Path) -> None:
    load(
        library,
        {"title": "Les haies du canton et les oiseaux qui les habitent"},
        {"title": "The hedges of the county and the birds that live there"},
        {"title": "Les haies du canton et leurs oiseaux", "language": "oc"},
    )
    assert sorted(item.language for item in content(library)) == ["en", "fr", "oc"]


def test_good_lines_stay_where_others_are_bad(library: Path) -> None:
    report = load(library, {"title": "One"}, "{broken", {"title": ""}, {"title": "Two"}, "null")
    assert (report.bookmarks.added, report.bookmarks.skipped) == (2, 3)
    assert [item.where for item in report.problems] == [f"some.jsonl: line {line}" for line in (2, 3, 5)]
    assert sorted(item.title for item in content(library)) == ["One", "Two"]


def test_repaired_bytes_are_told_and_skip_nothing(library: Path) -> None:
    report = import_bytes(b'{"title": "\xc3\xa9t\xc3\xa9 \xff"}', library, name="some.jsonl")
    assert (report.bookmarks.added, report.bookmarks.skipped, len(report.problems)) == (1, 0, 1)


def test_a_truncated_table_keeps_its_whole_records(library: Path) -> None:
    text = HEADER + row("One", "https://haies.example/1") + row("Two", "https://haies.example/2")
    report = import_bytes(text.encode()[:-25], library, name="cut.csv")
    assert report.bookmarks.added + report.bookmarks.skipped == 2
    assert report.problems
    assert "One" in [item.title for item in content(library)]


def test_a_very_long_cell_is_kept_whole(library: Path) -> None:
    long = "Une haie adulte abrite des oiseaux. " * 6000
    assert len(long) > 200_000
    text = (
        HEADER
        + row("One", "https://haies.example/1", f"Highlight:{long}\n")
        + row("Two", "https://b.example")
    )
    report = import_bytes(text.encode(), library, name="long.csv")
    assert (report.bookmarks.added, report.bookmarks.skipped) == (2, 0)
    (found,) = [item for item in content(library) if item.title == "One"]
    assert [item.text for item in found.annotations] == [long.strip()]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"Dear all,\n", "the format of this file is not known"),
        (b"PK\x03\x04", "the archive is damaged"),
        (bytes(range(256)), "this is a binary file"),
    ],
)
def test_a_file_in_no_format_leaves_no_library_behind(library: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"some.file: {message}"):
        import_bytes(data, library, name="some.file")
    assert not library.exists()


def test_no_such_format_leaves_no_library_behind(library: Path) -> None:
    with pytest.raises(UsageError):
        import_bytes(b'{"title": "T"}', library, format="nosuch", name="some.jsonl")
    assert not library.exists()


def test_where_nothing_can_be_imported_the_catalog_stays_as_it_is(library: Path) -> None:
    load(library, {"title": "One"})
    before = state(library)
    with pytest.raises(InputError) as caught:
        import_bytes(b"{broken\n[]\n", library, format="jsonl", name="bad.jsonl")
    assert caught.value.where == "bad.jsonl: line 1"
    assert caught.value.message.startswith("nothing in this file can be imported; this is not JSON")
    assert state(library) == before


def test_an_import_that_is_stopped_leaves_the_catalog_as_it_is(library: Path) -> None:
    load(library, {"title": "One"})
    before = state(library)

    def stop(stage: str, count: int, total: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_bytes(b'{"title": "Two"}\n{"title": "Three"}\n', library, name="more.jsonl", progress=stop)
    assert state(library) == before
    assert load(library, {"title": "Two"}).bookmarks.added == 1


def test_a_locked_library_is_left_alone(library: Path) -> None:
    load(library, {"title": "One"})
    before = state(library)
    with (
        writer_lock(library, "indexing"),
        pytest.raises(LockedError, match=f"process {os.getpid()} is indexing since"),
    ):
        load(library, {"title": "Two"})
    assert state(library) == before
    assert load(library, {"title": "Two"}).bookmarks.added == 1
    assert (library / LOCK_NAME).read_bytes() == b""


def test_a_missing_file_and_a_directory_are_told(tmp_path: Path, library: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.txt: there is no such file"):
        import_path(tmp_path / "nothing.txt", library)
    with pytest.raises(InputError, match=r"this is a directory\. Name the file to import"):
        import_path(tmp_path, library)
    with pytest.raises(InputError, match="the file cannot be read: Not a directory"):
        (tmp_path / "file").touch()
        import_path(tmp_path / "file" / "inner", library)
    assert not library.exists()


def test_an_empty_file_is_told_by_its_path(tmp_path: Path, library: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match=r"empty\.csv: the file is empty"):
        import_path(tmp_path / "empty.csv", library)


def test_a_name_that_is_no_unicode_can_be_imported(tmp_path: Path, library: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl"))
    path.write_text('{"title": "One"}\nbroken\n')
    report = import_path(path, library)
    assert report.bookmarks.added == 1
    json.dumps(report.to_json(), ensure_ascii=False).encode()


def test_a_library_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="the library folder cannot be made"):
        load(tmp_path / "file" / "library", {"title": "One"})
