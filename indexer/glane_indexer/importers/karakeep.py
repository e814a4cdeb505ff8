"""Karakeep's (once Hoarder's) JSON export: links and texts, with their lists as tags (pure).

Its export leaves highlights out. A text of its own becomes a bookmark without an address.
"""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import bookmark, dict_of, list_of, names_of, paragraphs, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first bookmark has a content as Karakeep writes it."""
    first = dict_of(next(iter(list_of(dict_of(source.document).get("bookmarks"))), None))
    return 1.0 if "content" in first and {"createdAt", "note", "lists"} & first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks."""
    # The lists stand behind the bookmarks.
    lists = {
        text_of(entry.get("id")): text_of(entry.get("name"))
        for item in elements(source.text, "lists")
        if not isinstance(item, Problem) and "name" in (entry := dict_of(item[1]))
    }
    for item in elements(source.text, "bookmarks"):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        content = dict_of(values.get("content"))
        named = [lists[name] for name in map(text_of, list_of(values.get("lists"))) if name in lists]
        yield from bookmark(
            item[0],
            url=content.get("url") or content.get("sourceUrl"),
            title=values.get("title") or content.get("title"),
            description=paragraphs(content.get("text"), values.get("note"), values.get("summary")),
            tags=[*named, *names_of(values.get("tags"), "name")],
            created=values.get("createdAt"),
        )
