"""What linkding's and Shaarli's APIs answer, saved as JSON (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import bookmark, dict_of, names_of, paragraphs, truth
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first record has the names of linkding's API."""
    first = _first(source)
    return 1.0 if "url" in first and {"tag_names", "date_added"} <= first.keys() else 0.0


def recognise_shaarli(source: Source) -> float:
    """Whether the first record has the names of Shaarli's API."""
    first = _first(source)
    return 1.0 if {"url", "shorturl", "private"} <= first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks."""
    for item in elements(source.text, "results"):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        yield from bookmark(
            item[0],
            url=values.get("url"),
            title=values.get("title") or values.get("website_title"),
            description=paragraphs(
                values.get("description") or values.get("website_description"), values.get("notes")
            ),
            tags=[
                *names_of(values.get("tag_names") or values.get("tags")),
                *(["toread"] if truth(values.get("unread")) else []),
            ],
            created=values.get("date_added") or values.get("created"),
            private=truth(values.get("private")),
        )


def _first(source: Source) -> dict[str, Any]:
    document: Any = source.document
    if isinstance(document, dict):
        document = document.get("results", document)
    return dict_of(document[0] if isinstance(document, list) and document else document)
