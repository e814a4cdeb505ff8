"""Exports that are archives or databases, made of the fixtures that are texts."""

from __future__ import annotations

import datetime
import io
import plistlib
import sqlite3
import tempfile
import zipfile
from pathlib import Path

import lz4.block

FIXTURES = Path(__file__).parents[1] / "indexer/importers/fixtures"


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive of files by their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def omnivore_zip() -> bytes:
    """Omnivore's archive: metadata, the highlights of the first page, and a saved page."""
    return zipped(
        {
            "metadata_0_to_20.json": (FIXTURES / "omnivore.json").read_bytes(),
            "highlights/how-hedges-feed-birds-18f.md": (FIXTURES / "omnivore-highlights.md").read_bytes(),
            "content/how-hedges-feed-birds-18f.html": b"<html>not read</html>",
        }
    )


def pocket_zip() -> bytes:
    """Pocket's archive: one part of pages, one of highlights."""
    return zipped(
        {
            "part_000000.csv": (FIXTURES / "pocket.csv").read_bytes(),
            "annotations/part_000000.json": (FIXTURES / "pocket-annotations.json").read_bytes(),
        }
    )


def firefox_jsonlz4() -> bytes:
    """Firefox's backup, compressed as Firefox does."""
    return bytes(b"mozLz40\0" + lz4.block.compress((FIXTURES / "firefox.json").read_bytes()))


def safari_packed() -> bytes:
    """Safari's ``Bookmarks.plist`` with a reading list and a folder, as it lies in a profile."""
    return plistlib.dumps(_SAFARI, fmt=plistlib.FMT_BINARY)


def safari_xml() -> bytes:
    """The same as XML."""
    return plistlib.dumps(_SAFARI, fmt=plistlib.FMT_XML)


_SAFARI = {
    "WebBookmarkFileVersion": 1,
    "Children": [
        {"Title": "History", "WebBookmarkType": "WebBookmarkTypeProxy"},
        {
            "Title": "com.apple.ReadingList",
            "WebBookmarkType": "WebBookmarkTypeList",
            "Children": [
                {
                    "WebBookmarkType": "WebBookmarkTypeLeaf",
                    "URLString": "https://walls.example/basics",
                    "URIDictionary": {"title": "Drystone basics"},
                    "ReadingList": {
                        "PreviewText": "Granite lasts.",
                        "DateAdded": datetime.datetime(2021, 2, 3, 4, 5, 6),
                    },
                }
            ],
        },
        {
            "Title": "Artisanat",
            "WebBookmarkType": "WebBookmarkTypeList",
            "Children": [
                {
                    "WebBookmarkType": "WebBookmarkTypeLeaf",
                    "URLString": "https://hedges.example/birds",
                    "URIDictionary": {"title": "How hedges feed birds"},
                }
            ],
        },
    ],
}


def places(*statements: str) -> bytes:
    """Firefox's ``places.sqlite`` with two bookmarks, a folder, a tag, and further statements run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "places.sqlite")
        connection = sqlite3.connect(path)
        connection.executescript(
            """
            CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT, title TEXT);
            CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, type INTEGER, fk INTEGER, parent INTEGER,
                                        title TEXT, dateAdded INTEGER, guid TEXT);
            INSERT INTO moz_places VALUES (1, 'https://hedges.example/birds', 'Page title'),
                (2, 'https://walls.example/basics', 'Drystone basics'), (3, 'place:sort=8', NULL);
            INSERT INTO moz_bookmarks VALUES
                (1, 2, NULL, 0, '', 0, 'root________'), (2, 2, NULL, 1, 'menu', 0, 'menu________'),
                (4, 2, NULL, 1, 'tags', 0, 'tags________'), (5, 2, NULL, 2, 'Artisanat', 0, 'aaaaaaaaaaa5'),
                (6, 2, NULL, 4, 'birds', 0, 'aaaaaaaaaaa6'),
                (7, 1, 1, 2, 'How hedges feed birds', 1456433741000000, 'aaaaaaaaaaa7'),
                (8, 1, 2, 5, NULL, 1456433742000000, 'aaaaaaaaaaa8'),
                (9, 1, 1, 6, NULL, 1456433743000000, 'aaaaaaaaaaa9'),
                (10, 1, 3, 2, 'Most visited', 1456433743000000, 'aaaaaaaaaa10');
            """
        )
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return path.read_bytes()
