"""The table that the Hypothes.is client exports: an annotation a row (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import Works, annotation, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the header has the client's names."""
    _, names = header(source)
    return 1.0 if {"url", "quote", "comment"} <= set(names) and {"group", "type"} & set(names) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The annotated pages; the table does not say which annotation a reply answers."""
    works = Works()
    for row in rows(source):
        if not isinstance(row, Row):
            yield row
            continue
        work = works.work(row.get("url"), row.where, url=row.get("url"), title=row.get("page", "title"))
        work.tags += tags_of(row.get("tags"))
        quoted, said = row.cells.get("quote", ""), row.cells.get("comment", "")
        created = row.get("created at", "created")
        work.annotations.append(annotation(quoted, said, row.get("author", "user"), created))
    yield from works.bookmarks()
