"""Pocket's CSV export (``part_000000.csv``): address, day, and tags between bars (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import bookmark, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the header has Pocket's names."""
    _, names = header(source)
    return 1.0 if {"title", "url", "time_added"} <= set(names) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages."""
    for row in rows(source):
        if isinstance(row, Row):
            yield from bookmark(
                row.where,
                url=row.get("url"),
                title=row.get("title"),
                tags=tags_of(row.get("tags"), "|,"),
                created=row.get("time_added"),
            )
        else:
            yield row
