"""Pocket's highlights (``annotations/part_*.json``), and what its API answered (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import annotation, bookmark, dict_of, list_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first page has Pocket's quotes, or is one of its API's items."""
    first = _first(source.document)
    quotes = list_of(first.get("highlights"))
    if "url" in first and quotes and "quote" in dict_of(quotes[0]):
        return 1.0
    return 1.0 if {"resolved_url", "given_url"} & first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages with their highlights."""
    for item in elements(source.text):
        if isinstance(item, Problem):
            yield item
            continue
        where, page = item[0], dict_of(item[1])
        pages = page.get("list")
        entries = pages.values() if isinstance(pages, dict) else list_of(pages) or [page]
        for entry in map(dict_of, entries):
            quotes = list_of(entry.get("highlights") or entry.get("annotations"))
            yield from bookmark(
                where,
                url=entry.get("url") or entry.get("given_url") or entry.get("resolved_url"),
                title=entry.get("title") or entry.get("resolved_title") or entry.get("given_title"),
                description=entry.get("excerpt"),
                tags=list(dict_of(entry.get("tags"))) or list_of(entry.get("tags")),
                created=entry.get("time_added"),
                language=entry.get("lang"),
                annotations=[_annotation(dict_of(quote)) for quote in quotes],
            )


def _annotation(quote: dict[str, Any]) -> Any:
    return annotation(
        quote.get("quote") or quote.get("text"), quote.get("note"), created=quote.get("created_at")
    )


def _first(document: Any) -> dict[str, Any]:
    if isinstance(document, dict) and isinstance(document.get("list"), dict):
        document = list(document["list"].values())
    return dict_of(document[0] if isinstance(document, list) and document else document)
