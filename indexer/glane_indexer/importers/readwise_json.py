"""Readwise's export as its API gives it (``/api/v2/export/``), and Glasp's, of the same shape (pure).

A list of works with their highlights, or pages of it: ``{"results": [...], "nextPageCursor": ...}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import annotation, bookmark, dict_of, list_of, names_of, paragraphs
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_LISTS = ("results", "books", "data")


def recognise(source: Source) -> float:
    """Whether the first work is as Readwise writes one, and not Glasp."""
    first = _first(source)
    known = {"user_book_id", "readwise_url", "readable_title", "book_tags"} & first.keys()
    return 1.0 if known and "highlights" in first else 0.0


def recognise_glasp(source: Source) -> float:
    """Whether the first work is as Glasp writes one."""
    first = _first(source)
    if "highlights" not in first or not {"url", "title"} <= first.keys():
        return 0.0
    return 1.0 if any("glasp" in str(key) for key in first) or "glasp.co" in source.head else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The works with their highlights."""
    for item in elements(source.text, *_LISTS):
        if isinstance(item, Problem):
            yield item
            continue
        where, work = item[0], dict_of(item[1])
        highlights = [dict_of(entry) for entry in list_of(work.get("highlights"))]
        kept = [_annotation(entry) for entry in highlights]
        dates = [found.created_at for found in kept if found and found.created_at]
        written = work.get("highlighted_at") or work.get("created_at") or work.get("created")
        tags = names_of(work.get("book_tags") or work.get("tags"), "name")
        tags += [name for entry in highlights for name in names_of(entry.get("tags"), "name")]
        yield from bookmark(
            where,
            url=work.get("source_url") or work.get("url") or work.get("unique_url"),
            title=work.get("title") or work.get("readable_title"),
            description=paragraphs(work.get("summary"), work.get("document_note")),
            contributor=work.get("author"),
            tags=tags,
            created=written or min(dates, default=None),
            annotations=kept,
        )


def _annotation(entry: dict[str, Any]) -> Any:
    date = entry.get("highlighted_at") or entry.get("created_at") or entry.get("updated_at")
    return annotation(entry.get("text") or entry.get("highlight"), entry.get("note"), created=date)


def _first(source: Source) -> dict[str, Any]:
    document: Any = source.document
    if isinstance(document, dict):
        document = next((document[name] for name in _LISTS if document.get(name)), document)
    return dict_of(document[0] if isinstance(document, list) and document else document)
