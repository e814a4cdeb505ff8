"""Matter's CSV export (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import annotation, bookmark, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the header has Matter's names."""
    _, names = header(source)
    own = {"publisher", "in queue", "favorited", "word count", "highlight_count", "file id", "file_id"}
    return 1.0 if {"title", "url"} <= set(names) and len(own & set(names)) > 1 else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages, with the highlights and notes of exports that have them."""
    for row in rows(source):
        if isinstance(row, Row):
            yield from bookmark(
                row.where,
                url=row.get("url"),
                title=row.get("title"),
                description=row.get("note", "notes"),
                contributor=row.get("author", "publisher"),
                tags=tags_of(row.get("tags"), ";,"),
                created=row.get(
                    *("library_date", "library date", "saved", "saved date", "created"),
                    *("last interaction date", "last_interaction_date"),
                ),
                annotations=[annotation(row.get("highlights", "highlight"))],
            )
        else:
            yield row
