"""OPML: outlines with an address each; the outlines above them become tags (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.record import bookmark
from glane_indexer.importers.source import Source
from glane_indexer.importers.xml_text import parsed
from glane_indexer.models import Imported

_ADDRESSES = ("url", "htmlUrl", "htmlurl", "xmlUrl", "xmlurl", "href")


def recognise(source: Source) -> float:
    """Whether the root is ``opml``."""
    return 1.0 if "<opml" in source.head[:2_000].lower() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The outlines that have an address."""
    number = 0
    for node in parsed(source):
        if node.tag != "body":
            continue
        stack = [(child, list[str]()) for child in reversed(node)]
        while stack:
            outline, above = stack.pop()
            name = outline.get("text") or outline.get("title") or ""
            url = next((outline.get(key, "") for key in _ADDRESSES if outline.get(key)), "")
            if url:
                number += 1
                yield from bookmark(
                    f"outline {number}",
                    url=url,
                    title=name,
                    description=outline.get("description") or outline.get("_note"),
                    tags=[*above, *(outline.get("category") or outline.get("tags") or "").split(",")],
                    created=outline.get("created"),
                    language=outline.get("language"),
                )
            stack += ((child, above if url or not name else [*above, name]) for child in reversed(outline))
