"""Firefox's ``places.sqlite``: bookmarks with their folders, tags and keywords.

The content is opened as a private copy that cannot be changed; a database that holds triggers or views,
which Firefox's never does, is refused before anything of it is asked.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glane_indexer.errors import InputError
from glane_indexer.importers.folders import is_root
from glane_indexer.importers.record import bookmark, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_MAGIC = b"SQLite format 3\0"
_SECONDS = 60
_BOOKMARKS = """
    SELECT b.id, b.parent, b.title, p.url, p.title, b.dateAdded
    FROM moz_bookmarks b JOIN moz_places p ON b.fk = p.id WHERE b.type = 1 ORDER BY b.id
"""
_FOLDERS = "SELECT id, parent, title, guid FROM moz_bookmarks WHERE type = 2"


def recognise(source: Source) -> float:
    """Whether it is a SQLite file."""
    return 1.0 if source.starts_with(_MAGIC) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks."""
    with tempfile.TemporaryDirectory(prefix="glane-") as folder:
        path = Path(folder, "places.sqlite")
        with path.open("wb") as stream:
            for start in range(0, len(source.content), 1 << 20):
                stream.write(source.content[start : start + (1 << 20)])
        connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            yield from _bookmarks(connection, source.name)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise InputError(
                f"the database is damaged or is not Firefox's: {error}",
                where=source.name,
                hint="Close Firefox and copy places.sqlite again",
            ) from None
        finally:
            connection.close()


def _bookmarks(connection: sqlite3.Connection, name: str) -> Iterator[Imported]:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    until = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, 100_000)
    odd = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    ).fetchone()
    if odd:
        raise InputError(
            f"the database holds a {odd[0]} ({odd[1][:40]!r}), which Firefox's never does",
            where=name,
            hint="Do not trust where it comes from",
        )
    folders: dict[int, tuple[int, str, str]] = {
        row[0]: (row[1] or 0, text_of(row[2]), text_of(row[3])) for row in connection.execute(_FOLDERS)
    }
    tag_root = next((key for key, (_, _, guid) in folders.items() if guid.startswith("tags")), 0)
    tags: dict[str, list[str]] = {}
    found: list[tuple[Any, ...]] = []
    for row in connection.execute(_BOOKMARKS):
        # A tag is a folder below the root of tags, and holds a copy of what it is given to.
        parent = folders.get(row[1])
        if parent and parent[0] == tag_root and tag_root:
            tags.setdefault(text_of(row[3]), []).append(parent[1])
        else:
            found.append(row)
    for identifier, parent_id, title, url, page_title, added in found:
        if text_of(url).startswith("place:"):
            yield Problem(f"bookmark {identifier}", f"a query of Firefox's own, and no page: {url[:60]}")
            continue
        yield from bookmark(
            f"bookmark {identifier}",
            url=url,
            title=title or page_title,
            tags=[*_path(parent_id, folders), *tags.get(text_of(url), ())],
            created=added,
        )


def _path(identifier: int, folders: dict[int, tuple[int, str, str]]) -> list[str]:
    names: list[str] = []
    for _ in range(100):
        if identifier not in folders:
            break
        identifier, name, guid = folders[identifier]
        # The guids of Firefox's own roots end so.
        if name and not guid.endswith("____") and not is_root(name):
            names.insert(0, name)
    return names
