"""Pocket's HTML export (``ril_export.html``): lists of links with their day and tags (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.html_text import parsed_html
from glane_indexer.importers.record import bookmark, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether it is HTML with Pocket's attribute of links."""
    head = source.head.lower()
    return 1.0 if "<a " in head and ' time_added="' in head and "netscape-bookmark" not in head else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages."""
    for number, link in enumerate(parsed_html(source.text).css("a[href]"), start=1):
        values = link.attributes
        yield from bookmark(
            f"link {number}",
            url=values.get("href"),
            title=link.text(),
            tags=tags_of(values.get("tags") or ""),
            created=values.get("time_added"),
        )
