"""Any JSON whose objects have an address: those of tools that have no reader of their own (pure).

Every object with an address is a bookmark, wherever in the document it stands; its values are taken by
their usual names, and a list of objects with a quoted text in it is its highlights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import (
    annotation,
    bookmark,
    dict_of,
    list_of,
    names_of,
    paragraphs,
    text_of,
)
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Imported, Problem

# In small letters; an export may write them with large ones.
_URLS = ("url", "href", "uri", "link", "pageurl", "page_url", "source_url", "sourceurl", "original_url")
_TITLES = ("title", "name", "pagetitle", "document_title", "text", "caption")
_TEXTS = ("description", "excerpt", "summary", "extended", "desc", "abstract", "note", "notes", "comment")
_TAGS = ("tags", "labels", "keywords", "tag_names")
_DATES = (
    *("created_at", "created", "createdat", "date_added", "dateadded", "added", "savedat", "saved_at"),
    *("date", "timestamp", "time", "time_added", "lastaccessed"),
)
_HIGHLIGHTS = ("highlights", "annotations", "quotes", "marks")
_QUOTES = ("text", "quote", "highlight", "content", "exact")
_DEEPEST = 50


def recognise(source: Source) -> float:
    """.2 where there is an object with an address in the head of the document."""
    return 0.2 if any(_objects(source.document)) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The objects with an address."""
    for item in elements(source.text):
        if isinstance(item, Problem):
            yield item
            continue
        for value in map(_lowered, _objects(item[1])):
            yield from bookmark(
                item[0],
                url=_first(value, _URLS),
                title=_first(value, _TITLES),
                description=paragraphs(*(value.get(name) for name in _TEXTS)),
                tags=names_of(
                    next((value[name] for name in _TAGS if value.get(name)), None), "name", "label"
                ),
                contributor=_first(value, ("author", "user", "contributor")),
                created=next((value[name] for name in _DATES if text_of(value.get(name))), None),
                annotations=_highlights(value),
            )


def _highlights(value: dict[str, Any]) -> Iterator[Annotation | None]:
    for entry in list_of(next((value[name] for name in _HIGHLIGHTS if value.get(name)), None)):
        inner = _lowered(dict_of(entry))
        date = next((inner[name] for name in _DATES if text_of(inner.get(name))), None)
        yield annotation(
            entry if isinstance(entry, str) else _first(inner, _QUOTES), inner.get("note"), created=date
        )


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """The objects with an address in a document; what is in such an object belongs to it."""
    stack = [(document, 0)]
    while stack:
        value, depth = stack.pop()
        if isinstance(value, dict) and "://" in _first(_lowered(value), _URLS):
            yield value
        elif depth < _DEEPEST:
            inner = value.values() if isinstance(value, dict) else list_of(value)
            stack += [(child, depth + 1) for child in reversed(list(inner))]


def _lowered(value: dict[str, Any]) -> dict[str, Any]:
    """An object with its names in small letters; of two that differ in that alone the first counts."""
    return {name.lower(): entry for name, entry in reversed(value.items())}


def _first(value: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(value.get(name)))), "")
