"""What no bookmark may be larger than, whatever it comes from (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glane_indexer.models import Bookmark, Imported, Problem

# A tag of this many characters is a sentence; columns of the index are as wide as the longest.
MAX_TAG = 256
MAX_TAGS = 1_000
MAX_TITLE = 4_000
MAX_NAME = 512


def limited(bookmark: Bookmark) -> Iterator[Imported]:
    """The bookmark within the limits, and behind it what was cut."""
    where = bookmark.url[:200] or bookmark.title[:80]
    long = [tag for tag in bookmark.tags if len(tag) > MAX_TAG]
    changes: dict[str, object] = {}
    problems = [f"a tag of {len(tag):,} characters is cut to {MAX_TAG}" for tag in long]
    if long or len(bookmark.tags) > MAX_TAGS:
        if len(bookmark.tags) > MAX_TAGS:
            problems.append(f"{len(bookmark.tags):,} tags are cut to {MAX_TAGS:,}")
        changes["tags"] = tuple(dict.fromkeys(tag[:MAX_TAG].rstrip() for tag in bookmark.tags[:MAX_TAGS]))
    if len(bookmark.title) > MAX_TITLE:
        problems.append(f"a title of {len(bookmark.title):,} characters is cut to {MAX_TITLE:,}")
        changes["title"] = bookmark.title[:MAX_TITLE].rstrip()
    if len(bookmark.contributor) > MAX_NAME:
        problems.append(f"a contributor of {len(bookmark.contributor):,} characters is cut to {MAX_NAME}")
        changes["contributor"] = bookmark.contributor[:MAX_NAME].rstrip()
    yield replace(bookmark, **changes) if changes else bookmark  # type: ignore[arg-type]
    yield from (Problem(where, message, skipped=False) for message in problems)
