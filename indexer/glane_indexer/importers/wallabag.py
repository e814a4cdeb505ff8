"""wallabag's JSON export, of version 1 and 2, with annotations where an API's answer has them (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import annotation, bookmark, dict_of, list_of, names_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first entry has the flags of either version."""
    document: Any = source.document
    if isinstance(document, dict):
        document = dict_of(document.get("_embedded")).get("items") or document.get("items") or document
    first = dict_of(document[0] if isinstance(document, list) and document else document)
    flags = {"is_archived", "is_starred", "is_read", "is_fav"} & first.keys()
    return 1.0 if flags and {"url", "title"} & first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The entries."""
    for item in elements(source.text, "items", "entries"):
        if isinstance(item, Problem):
            yield item
            continue
        where, values = item[0], dict_of(item[1])
        inner = list_of(dict_of(values.get("_embedded")).get("items"))
        for entry in map(dict_of, inner or [values]):
            yield from bookmark(
                where,
                url=entry.get("url") or entry.get("given_url"),
                title=entry.get("title"),
                tags=names_of(entry.get("tags"), "label", "slug"),
                contributor=names_of(entry.get("published_by"))[:1]
                and names_of(entry.get("published_by"))[0],
                created=entry.get("created_at"),
                language=entry.get("language"),
                annotations=[_annotation(dict_of(found)) for found in list_of(entry.get("annotations"))],
            )


def _annotation(entry: dict[str, Any]) -> Any:
    return annotation(entry.get("quote"), entry.get("text"), entry.get("user"), entry.get("created_at"))
