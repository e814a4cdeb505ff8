"""Linkwarden's JSON export: collections of links, whose names become tags with those above them (pure).

Older ones have no ids, so that what lies above a collection is not known; pinned links may stand apart,
of collections that others share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.folders import is_root
from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import annotation, bookmark, dict_of, list_of, names_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_HOME = ("unorganized",)


def recognise(source: Source) -> float:
    """Whether the first collection holds links."""
    first = dict_of(next(iter(list_of(dict_of(source.document).get("collections"))), None))
    return 1.0 if "name" in first and ("links" in first or "parentId" in first) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The links of all collections."""
    above: dict[str, tuple[str, str]] = {}
    found: list[tuple[str, dict[str, Any]]] = []
    for item in elements(source.text, "collections"):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        if "id" in values:
            above[text_of(values["id"])] = (text_of(values.get("name")), text_of(values.get("parentId")))
        found.append((item[0], values))
    pinned = [item for item in elements(source.text, "pinnedLinks") if not isinstance(item, Problem)]
    found.append(("pinned links", {"links": [value for _, value in pinned if "url" in dict_of(value)]}))
    for where, collection in found:
        path = _path(collection, above)
        for number, link in enumerate(map(dict_of, list_of(collection.get("links"))), start=1):
            marked = [dict_of(entry) for entry in list_of(link.get("highlights") or link.get("highlight"))]
            yield from bookmark(
                f"{where}, link {number}",
                url=link.get("url"),
                title=link.get("name") or link.get("title"),
                description=link.get("description"),
                tags=[*path, *names_of(link.get("tags"), "name")],
                created=link.get("importDate") or link.get("createdAt"),
                annotations=[annotation(entry.get("text"), entry.get("comment")) for entry in marked],
            )


def _path(collection: dict[str, Any], above: dict[str, tuple[str, str]]) -> list[str]:
    name, identifier = text_of(collection.get("name")), text_of(collection.get("parentId"))
    names, seen = list[str](), set[str]()
    while name:
        if not is_root(name) and name.lower() not in _HOME:
            names.insert(0, name)
        if identifier in seen:
            break
        seen.add(identifier)
        name, identifier = above.get(identifier, ("", ""))
    return names
