"""Readwise's CSV export: a highlight a row, the work it is from beside it, without an address (pure).

Rows of one title and author are one bookmark. The author of the work stands as its contributor, which
tells works of one title apart; a highlight's tags and its document's become tags of the bookmark.
"""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import Works, annotation, moment, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Cells, Row, header, rows
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the header has Readwise's names."""
    _, names = header(source)
    return 1.0 if {"highlight", "book title", "book author"} <= set(names) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The works of an export with their highlights."""
    works = Works()
    for row in rows(source, sound=_sound):
        if not isinstance(row, Row):
            yield row
            continue
        title, author, url = row.get("book title"), row.get("book author"), row.get("source url", "url")
        key = (title, author, row.get("amazon book id"), url)
        work = works.work(key, row.where, title=title, contributor=author, url=url)
        work.tags += tags_of(row.get("document tags")) + tags_of(row.get("tags"))
        text, note = row.cells.get("highlight", ""), row.cells.get("note", "")
        work.annotations.append(annotation(text, note, created=row.get("highlighted at")))
    yield from works.bookmarks()


def _sound(cells: Cells) -> bool:
    written = cells.get("highlighted at", "").strip()
    return bool(cells.get("book title", "").strip()) and (not written or moment(written) is not None)
