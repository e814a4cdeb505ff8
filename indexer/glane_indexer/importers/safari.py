"""Safari's own file ``Bookmarks.plist``, as XML or packed: bookmarks, and the reading list (pure)."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from typing import Any
from xml.parsers.expat import ExpatError

from glane_indexer.errors import InputError
from glane_indexer.importers.folders import is_root
from glane_indexer.importers.record import bookmark, dict_of, list_of, text_of
from glane_indexer.importers.source import MAX_LINE, Source
from glane_indexer.models import Imported

PACKED = b"bplist00"
_DEEPEST = 100
# What plistlib raises where a file is none, or would do harm.
_DAMAGE = (
    *(plistlib.InvalidFileException, ExpatError, ValueError, TypeError, LookupError),
    *(AttributeError, OverflowError, RecursionError, MemoryError),
)


def recognise(source: Source) -> float:
    """Whether it is a property list with Safari's names."""
    if source.starts_with(PACKED):
        return 1.0 if source.content.find(b"WebBookmark") >= 0 else 0.0
    return 1.0 if "<plist" in source.head[:2_000] and "WebBookmarkType" in source.head else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of all folders.

    Raises:
        InputError: the file is damaged, defines entities, or is larger than Safari's is.
    """
    if len(source.content) > MAX_LINE:
        raise InputError(
            f"the file has {len(source.content) / 1e6:,.0f} MB, and Safari's at most {MAX_LINE >> 20}",
            where=source.name,
        )
    try:
        document = plistlib.loads(bytes(source.content))
    except _DAMAGE as error:
        raise InputError(
            f"the property list is damaged: {str(error)[:80] or type(error).__name__}",
            where=source.name,
            hint="Export the bookmarks in Safari as HTML, and import that file",
        ) from None
    stack: list[tuple[Any, list[str]]] = [(document, [])]
    number, seen = 0, set[int]()
    while stack:
        value, folders = stack.pop()
        node = dict_of(value)
        # A packed list may name one object twice, and so hold itself.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if url := text_of(node.get("URLString")):
            number += 1
            reading = dict_of(node.get("ReadingList"))
            yield from bookmark(
                f"bookmark {number}",
                url=url,
                title=dict_of(node.get("URIDictionary")).get("title"),
                description=reading.get("PreviewText") or node.get("previewText"),
                tags=folders,
                created=reading.get("DateAdded"),
            )
            continue
        name = text_of(node.get("Title"))
        inner = [*folders, name] if name and not is_root(name) else folders
        if len(inner) <= _DEEPEST:
            stack += ((child, inner) for child in reversed(list_of(node.get("Children"))))
