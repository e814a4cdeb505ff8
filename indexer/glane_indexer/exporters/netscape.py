"""Bookmarks as browsers, and most bookmarking services, read them: Netscape's HTML (pure).

The format has no definition; this is what Firefox writes, with Pinboard's PRIVATE and Delicious's TAGS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from glane_indexer.exporters.texts import with_highlights
from glane_indexer.models import Bookmark

_HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
"""


def write(bookmarks: Iterable[Bookmark]) -> Iterator[str]:
    """The file, a bookmark at a time; one without a url has an empty address."""
    yield _HEAD
    for bookmark in bookmarks:
        attributes = [f'HREF="{escape(bookmark.url)}"']
        if bookmark.created_at:
            attributes.append(f'ADD_DATE="{int(bookmark.created_at.timestamp())}"')
        if bookmark.visibility == "private":
            attributes.append('PRIVATE="1"')
        if bookmark.tags:
            # The comma is what separates them, and there is no way to write one that does not.
            tags = ",".join(tag.replace(",", " ") for tag in bookmark.tags)
            attributes.append(f'TAGS="{escape(tags)}"')
        yield f"<DT><A {' '.join(attributes)}>{escape(bookmark.title, quote=False)}</A>\n"
        if text := with_highlights(bookmark):
            yield f"<DD>{escape(text, quote=False)}\n"
    yield "</DL><p>\n"
