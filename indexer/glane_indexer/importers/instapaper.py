"""Instapaper's CSV export; a selection is the highlight that was saved with the page (pure).

The folders Unread and Archive say nothing of what is in them; any other becomes a tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import annotation, bookmark, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Imported

_STATES = ("unread", "archive", "archived", "home")


def recognise(source: Source) -> float:
    """Whether the header has Instapaper's names."""
    _, names = header(source)
    return 1.0 if {"url", "title", "selection", "folder"} <= set(names) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages."""
    for row in rows(source):
        if not isinstance(row, Row):
            yield row
            continue
        folder = row.get("folder")
        yield from bookmark(
            row.where,
            url=row.get("url"),
            title=row.get("title"),
            tags=[*([] if folder.lower() in _STATES else [folder]), *tags_of(row.get("tags"))],
            created=row.get("timestamp"),
            annotations=[annotation(row.cells.get("selection", ""))],
        )
