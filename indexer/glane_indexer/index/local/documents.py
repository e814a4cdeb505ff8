"""The bookmarks of a segment, read by row from JSON records in mapped memory."""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from numpy.typing import NDArray

from glane_indexer.importers import jsonl
from glane_indexer.index.local.arrays import Arrays, Strings
from glane_indexer.models import Annotation, Bookmark

# Bookmarks of a segment kept parsed: those that answer common questions.
CACHED = 4096


class Mark(NamedTuple):
    """One highlight, such that sorting puts the newest first, and those of one page in its order."""

    before: float
    bookmark: str
    place: int
    annotation: str
    row: int


def build(bookmarks: Iterable[Bookmark]) -> Arrays:
    """The arrays of some bookmarks, in their order."""
    return Strings.arrays("records", (jsonl.dump(bookmark) for bookmark in bookmarks))


class Documents:
    """Reads bookmarks by row; safe to share between threads."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._records = Strings(arrays, "records")
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, Bookmark] = OrderedDict()
        self._marks: list[Mark] | None = None

    def __getitem__(self, row: int) -> Bookmark:
        with self._lock:
            found = self._cache.get(row)
            if found is not None:
                self._cache.move_to_end(row)
                return found
        found = read_record(json.loads(self._records[row]))
        with self._lock:
            self._cache[row] = found
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return found

    def marks(self) -> list[Mark]:
        """Every highlight of the segment, in order; read once, since a segment never changes."""
        if self._marks is None:
            records = (json.loads(self._records[row]) for row in range(len(self._records)))
            self._marks = sorted(
                mark for row, record in enumerate(records) for mark in marks_of(record, row)
            )
        return self._marks


def marks_of(record: dict[str, Any], row: int) -> list[Mark]:
    """The highlights of the bookmark whose record this is."""
    added = record["created_at"]
    return [
        Mark(_before(item["created_at"] or added), record["id"], place, item["id"], row)
        for place, item in enumerate(record["annotations"])
        if item["text"].strip()
    ]


def _before(text: str | None) -> float:
    """A moment as a number, the later the less; what has no date comes after all that has."""
    return math.inf if text is None else -datetime.fromisoformat(text).timestamp()


def read_record(record: dict[str, Any]) -> Bookmark:
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
        visibility=record["visibility"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
