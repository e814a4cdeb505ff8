"""The JSON export of Delicious (2021) and of others with its names (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import bookmark, dict_of, list_of, names_of, truth
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first record has the names of Delicious."""
    first = dict_of(next(iter(list_of(source.document)), None))
    return (
        1.0 if {"url", "title", "created"} <= first.keys() and {"owner", "others"} & first.keys() else 0.0
    )


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks."""
    for item in elements(source.text):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        yield from bookmark(
            item[0],
            url=values.get("url"),
            title=values.get("title"),
            description=values.get("description"),
            tags=names_of(values.get("tags")),
            created=values.get("created"),
            private=truth(values.get("private")),
        )
