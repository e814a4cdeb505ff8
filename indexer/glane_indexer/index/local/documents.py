"""The bookmarks of a generation, read by row: a read-only SQLite file of JSON records."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from glane_indexer.errors import GenerationError
from glane_indexer.importers import jsonl
from glane_indexer.models import Annotation, Bookmark

# Bookmarks kept parsed: those that answer common questions.
CACHED = 4096


class Documents:
    """Reads bookmarks by row or id; safe to share between threads, each has its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, Bookmark] = OrderedDict()

    @staticmethod
    def build(bookmarks: Iterable[Bookmark], path: Path, questions: Iterable[tuple[str, int]] = ()) -> None:
        """Write the bookmarks in their order, which becomes their row, into a new file.

        ``questions`` are those known to have an answer here, and how many bookmarks answer each.
        """
        connection = sqlite3.connect(path)
        try:
            # A file that is whole or thrown away needs no journal.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(
                "CREATE TABLE bookmarks (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
                "title TEXT NOT NULL, views INTEGER NOT NULL, record TEXT NOT NULL)"
            )
            connection.executemany(
                "INSERT INTO bookmarks VALUES (?, ?, ?, ?, ?)",
                (
                    (row, item.id, item.title, min(item.views, 2**62), jsonl.dump(item))
                    for row, item in enumerate(bookmarks)
                ),
            )
            connection.execute("CREATE TABLE questions (text TEXT NOT NULL, answers INTEGER NOT NULL)")
            connection.executemany("INSERT INTO questions VALUES (?, ?)", questions)
            connection.commit()
        finally:
            connection.close()

    @classmethod
    def open(cls, path: Path) -> Documents:
        """Open a file.

        Raises:
            GenerationError: it is missing or damaged.
        """
        documents = cls(path)
        documents._read("SELECT count(*) FROM bookmarks", ())
        return documents

    def get(self, rows: Sequence[int] | Any) -> list[Bookmark]:
        """The bookmarks of these rows, in their order.

        Raises:
            GenerationError: a row does not exist, or the file is damaged.
        """
        wanted = [int(row) for row in rows]
        found: dict[int, Bookmark] = {}
        with self._lock:
            for row in wanted:
                if row in self._cache:
                    self._cache.move_to_end(row)
                    found[row] = self._cache[row]
        missing = [row for row in dict.fromkeys(wanted) if row not in found]
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT row, record FROM bookmarks WHERE row IN ({marks})"  # noqa: S608 - marks only
            for row, record in self._read(query, part):
                found[row] = _bookmark(json.loads(record))
        with self._lock:
            for row in missing:
                if row in found:
                    self._cache[row] = found[row]
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        try:
            return [found[row] for row in wanted]
        except KeyError as error:
            raise GenerationError(f"there is no bookmark in row {error}", where=str(self._path)) from None

    def row_of(self, identifier: str) -> int | None:
        """The row of the bookmark with this id, or None."""
        try:
            found = self._read("SELECT row FROM bookmarks WHERE id = ?", (identifier,))
        except UnicodeEncodeError:
            return None
        return int(found[0][0]) if found else None

    @cached_property
    def ids(self) -> list[str]:
        """The id of every row."""
        return [
            str(identifier) for (identifier,) in self._read("SELECT id FROM bookmarks ORDER BY row", ())
        ]

    def titles(self) -> list[tuple[str, int]]:
        """Every title with its bookmark's views."""
        return [
            (str(title), int(views))
            for title, views in self._read("SELECT title, views FROM bookmarks", ())
        ]

    def questions(self) -> list[tuple[str, int]]:
        """Every question known to have an answer here, with how many bookmarks answer it."""
        return [
            (str(text), int(answers))
            for text, answers in self._read("SELECT text, answers FROM questions ORDER BY rowid", ())
        ]

    def close(self) -> None:
        """Close this thread's connection; those of others close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _read(self, query: str, values: Sequence[Any]) -> list[Any]:
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                # Immutable: nothing is locked, and nothing is written beside the file.
                address = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
                connection = sqlite3.connect(address, uri=True)
                self._local.connection = connection
            return list(connection.execute(query, values).fetchall())
        except sqlite3.Error as error:
            raise GenerationError(
                f"the documents cannot be read: {error}",
                where=str(self._path),
                hint="Run `glane index --force` to build a new generation",
            ) from error


def _bookmark(record: dict[str, Any]) -> Bookmark:
    """A bookmark from the record that this module has written: nothing needs to be checked."""
    return Bookmark(
        title=record["title"],
        url=record["url"],
        description=record["description"],
        tags=tuple(record["tags"]),
        contributor=record["contributor"],
        created_at=_moment(record["created_at"]),
        views=record["views"],
        kind=record["kind"],
        language=record["language"],
        annotations=tuple(
            Annotation(item["text"], item["note"], item["author"], _moment(item["created_at"]), item["id"])
            for item in record["annotations"]
        ),
        id=record["id"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
