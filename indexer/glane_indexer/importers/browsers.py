"""Browsers' own JSON: Chrome's file ``Bookmarks``, and Firefox's backups, also as ``.jsonlz4`` (pure).

Folders become tags, but for the roots that every browser has, in whichever language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from glane_indexer.errors import InputError
from glane_indexer.importers.folders import is_root
from glane_indexer.importers.json_text import salvaged
from glane_indexer.importers.record import bookmark, dict_of, list_of, moment, text_of
from glane_indexer.importers.source import MAX_TEXT, Source
from glane_indexer.models import Imported, Problem

_LZ4 = b"mozLz40\0"
_CHROME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FOREVER = timedelta(days=365 * 2000)


def recognise_chrome(source: Source) -> float:
    """Whether there are Chrome's roots."""
    document = dict_of(source.document)
    roots = dict_of(document.get("roots"))
    return 1.0 if {"bookmark_bar", "other", "synced"} & roots.keys() else 0.0


def read_chrome(source: Source) -> Iterator[Imported]:
    """The bookmarks of all roots."""
    document, reason = salvaged(source.text)
    yield from _damaged(reason)
    roots = dict_of(dict_of(document).get("roots"))
    for number, (node, folders) in enumerate(_leaves(list(roots.values())), start=1):
        if "url" in node:
            yield from bookmark(
                f"bookmark {number}",
                url=node.get("url"),
                title=node.get("name"),
                tags=folders,
                created=_chrome_moment(node.get("date_added")),
            )


def recognise_firefox(source: Source) -> float:
    """Whether it is compressed as Firefox does, or there is the root of its places."""
    if source.starts_with(_LZ4):
        return 1.0
    document = dict_of(source.document)
    kinds = text_of(document.get("type")).startswith("text/x-moz-place")
    return 1.0 if kinds and {"guid", "children", "root"} & document.keys() else 0.0


def read_firefox(source: Source) -> Iterator[Imported]:
    """The bookmarks of a backup."""
    source = _unpacked(source)
    document, reason = salvaged(source.text)
    yield from _damaged(reason)
    for number, (node, folders) in enumerate(_leaves([document]), start=1):
        url, where = text_of(node.get("uri")), f"bookmark {number}"
        if url.startswith("place:"):
            yield Problem(where, f"a query of Firefox's own, and no page: {url[:60]}")
        elif url:
            notes = [dict_of(entry) for entry in list_of(node.get("annos"))]
            yield from bookmark(
                where,
                url=url,
                title=node.get("title"),
                description=next(
                    (entry.get("value") for entry in notes if "description" in text_of(entry.get("name"))),
                    "",
                ),
                tags=[*folders, *text_of(node.get("tags")).split(",")],
                created=moment(node.get("dateAdded")),
            )


def _leaves(nodes: list[Any]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The nodes without children, in their order, each with the folders above it."""
    stack: list[tuple[Any, list[str]]] = [(node, []) for node in reversed(nodes)]
    while stack:
        value, folders = stack.pop()
        node = dict_of(value)
        if "children" not in node:
            yield node, folders
            continue
        name = text_of(node.get("name") or node.get("title"))
        inner = folders if is_root(name) or node.get("root") or not name else [*folders, name]
        # A root's name is in its owner's language; what lies directly below no folder is one.
        inner = [] if not folders and "guid" in node and text_of(node["guid"]).endswith("____") else inner
        stack += ((child, inner) for child in reversed(list_of(node["children"])))


def _chrome_moment(value: object) -> datetime | None:
    try:
        elapsed = timedelta(microseconds=int(text_of(value) or 0))
    except (ValueError, OverflowError):
        return None
    return _CHROME_EPOCH + elapsed if timedelta(0) < elapsed < _FOREVER else None


def _damaged(reason: str) -> Iterator[Imported]:
    if reason:
        yield Problem("file", f"the JSON is damaged: {reason}; what stands before is kept", skipped=False)


def _unpacked(source: Source) -> Source:
    if not source.starts_with(_LZ4):
        return source
    import lz4.block

    size = int.from_bytes(source.content[8:12], "little")
    if size > MAX_TEXT:
        raise InputError(
            f"the backup unpacks to {size / 1e6:,.0f} MB, more than any does", where=source.name
        )
    try:
        content = lz4.block.decompress(bytes(source.content[8:]))
    except (lz4.block.LZ4BlockError, ValueError, MemoryError) as error:
        raise InputError(
            f"the backup is damaged: {error}", where=source.name, hint="Take an older backup"
        ) from None
    return replace(source, content=content)
