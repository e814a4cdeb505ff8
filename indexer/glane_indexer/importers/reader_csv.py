"""Readwise Reader's CSV of documents: address, tags and the day each was saved (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import bookmark, paragraphs, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the header has Reader's names."""
    _, names = header(source)
    return 1.0 if {"title", "url", "saved date"} <= set(names) and "document tags" in names else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The documents."""
    for row in rows(source):
        if isinstance(row, Row):
            yield from bookmark(
                row.where,
                url=row.get("url"),
                title=row.get("title"),
                description=paragraphs(row.get("summary"), row.get("document note", "notes")),
                contributor=row.get("author"),
                tags=tags_of(row.get("document tags")),
                created=row.get("saved date"),
            )
        else:
            yield row
