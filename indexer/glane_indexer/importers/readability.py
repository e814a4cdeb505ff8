"""Readability's JSON export (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import bookmark, dict_of, list_of, names_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first bookmark has Readability's names."""
    first = dict_of(next(iter(list_of(dict_of(source.document).get("bookmarks"))), None))
    return 1.0 if "article__url" in first else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks."""
    for item in elements(source.text, "bookmarks"):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        yield from bookmark(
            item[0],
            url=values.get("article__url"),
            title=values.get("article__title"),
            description=values.get("article__excerpt"),
            tags=names_of(values.get("tags"), "text"),
            created=values.get("date_added"),
        )
