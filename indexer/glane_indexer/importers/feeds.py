"""RSS and Atom, and Diigo's RSS, whose entries hold tags and highlights as HTML (pure)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborNode

from glane_indexer.errors import InputError
from glane_indexer.importers.clean import clean_text, unquoted
from glane_indexer.importers.html_text import page_text, parsed_html
from glane_indexer.importers.record import annotation, bookmark, dict_of, list_of, paragraphs, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported

_LABEL = re.compile(r"(?i)\s*(?:tags|comments?|highlights?(?: and sticky notes)?|annotations?)\s*:?\s*")


def recognise(source: Source) -> float:
    """Whether the root is that of a feed, and not of Diigo's."""
    return 0.9 if _is_feed(source) and not _is_diigo(source) else 0.0


def recognise_diigo(source: Source) -> float:
    """Whether it is a feed that Diigo made."""
    return 1.0 if _is_feed(source) and _is_diigo(source) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The entries as bookmarks."""
    for where, entry in _entries(source):
        content = dict_of(next(iter(list_of(entry.get("content"))), None)).get("value")
        body = page_text(text_of(content or entry.get("summary")))
        yield from bookmark(
            where,
            url=entry.get("link"),
            title=entry.get("title"),
            description=body,
            tags=[tag.get("term") for tag in list_of(entry.get("tags"))],
            contributor=entry.get("author"),
            created=entry.get("published") or entry.get("updated"),
        )


def read_diigo(source: Source) -> Iterator[Imported]:
    """The bookmarks of a Diigo feed with what their description holds."""
    for where, entry in _entries(source):
        page = parsed_html(text_of(entry.get("summary")))
        tags = [tag.get("term") for tag in list_of(entry.get("tags"))]
        tags += [link.text() for link in page.css("a[href*='/tag/'],a[href*='tag='],a[rel=tag]")]
        blocks = page.css("li,blockquote")
        outer = [block for block in blocks if not _inside(block)]
        highlights = [annotation(*_parts(block)) for block in outer]
        for block in outer:
            block.decompose()
        said = [clean_text(part.text()) for part in page.css("p,div")] or [clean_text(page.text())]
        lines = (line for part in said for line in part.split("\n"))
        kept = [
            line for line in lines if not _LABEL.match(line) or not _LABEL.fullmatch(line.split(":")[0])
        ]
        yield from bookmark(
            where,
            url=entry.get("link"),
            title=entry.get("title"),
            description=unquoted(paragraphs(*kept)),
            tags=tags,
            contributor=entry.get("author"),
            created=entry.get("published") or entry.get("updated"),
            annotations=highlights,
        )


def _entries(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    import feedparser

    if "<!ENTITY" in source.text:
        raise InputError(
            "the feed defines entities, which no feed needs",
            where=source.name,
            hint="Take it from its site again",
        )
    # As a stream: a text might be taken for an address and fetched.
    stream = io.BytesIO(source.text.encode("utf-8", "replace"))
    feed = feedparser.parse(stream, response_headers={"content-type": "application/xml; charset=utf-8"})
    for number, entry in enumerate(feed.entries, start=1):
        yield f"entry {number}", entry


def _parts(block: LexborNode) -> tuple[str, str]:
    """A highlight and the notes in the list below it."""
    notes = []
    for inner in block.css("ul,ol"):
        notes.append(inner.text())
        inner.decompose()
    return block.text(), "\n".join(note.strip() for note in notes)


def _inside(node: LexborNode) -> bool:
    above = node.parent
    for _ in range(50):
        if above is None:
            return False
        if above.tag in ("li", "blockquote"):
            return True
        above = above.parent
    return True


def _is_feed(source: Source) -> bool:
    head = source.head[:4_000].lower()
    return any(root in head for root in ("<rss", "<feed", "<rdf:rdf")) and (
        "<channel" in head or "<entry" in source.head.lower() or "<feed" in head
    )


def _is_diigo(source: Source) -> bool:
    return "diigo.com" in source.head[:2_000].lower()
