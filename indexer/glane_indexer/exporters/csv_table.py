"""A library as a table with the columns of Diigo's export, which many services read (pure)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC
from html import escape

from glane_indexer.models import Annotation, Bookmark

COLUMNS = ("title", "url", "tags", "description", "comments", "annotations", "created_at")


def write(bookmarks: Iterable[Bookmark]) -> Iterator[str]:
    """The header, then a bookmark a record. Texts are HTML there, so their signs are escaped."""
    yield ",".join(COLUMNS) + "\n"
    for bookmark in bookmarks:
        yield _record(
            (
                _html(bookmark.title),
                bookmark.url,
                _record([tag.replace('"', "'") for tag in bookmark.tags], csv.QUOTE_MINIMAL).rstrip("\n"),
                _html(bookmark.description),
                "",
                "".join(map(_annotation, bookmark.annotations)),
                bookmark.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
                if bookmark.created_at
                else "",
            )
        )


def _record(cells: Iterable[str], quoting: int = csv.QUOTE_ALL) -> str:
    stream = io.StringIO()
    csv.writer(stream, quoting=quoting, lineterminator="\n").writerow(cells)  # type: ignore[arg-type]
    return stream.getvalue()


def _annotation(annotation: Annotation) -> str:
    note = f"Sticky notes:{_html(annotation.note)}\n" if annotation.note else ""
    return f"Highlight:{_html(annotation.text)}\n{note}"


def _html(text: str) -> str:
    return escape(text, quote=False)
