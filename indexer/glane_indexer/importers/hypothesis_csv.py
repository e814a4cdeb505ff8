"""The table that the Hypothes.is client exports: an annotation a row (pure).

Its columns were renamed twice, and ``Page`` is the number of a page in a document; titles are in none.
"""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import Works, annotation, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the header has the client's names."""
    _, names = header(source)
    own = {"group", "type", "annotation/reply type"} & set(names)
    said = {"comment", "body"} & set(names)
    return 1.0 if {"url", "quote"} <= set(names) and own and said else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The annotated pages; the table does not say which annotation a reply answers."""
    works = Works()
    for row in rows(source):
        if not isinstance(row, Row):
            yield row
            continue
        url = row.get("url")
        work = works.work(url, row.where, url=url, title=row.get("title", "document title"))
        work.tags += tags_of(row.get("tags"))
        quoted, said = row.cells.get("quote", ""), row.get("comment", "body")
        created = row.get("created at", "creation date", "created")
        work.annotations.append(annotation(quoted, said, row.get("author", "user"), created))
    yield from works.bookmarks()
