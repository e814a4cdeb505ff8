"""How long the parts of a bookmark may be that are names and not texts (pure).

Tags and names are columns of the index, shown in lists and counted: a tag of 50 KB is a mistake of some
export, and would be carried along for ever. Descriptions, highlights and notes may be of any length.
"""

from __future__ import annotations

from dataclasses import replace

from glane_indexer.models import Bookmark

MAX_TAG = 200
MAX_TAGS = 1000
MAX_NAME = 500
MAX_TITLE = 5000


def bounded(bookmark: Bookmark) -> tuple[Bookmark, list[str]]:
    """The bookmark within the limits, and in words what was cut for that."""
    cuts: list[str] = []
    changes: dict[str, object] = {}
    if any(len(tag) > MAX_TAG for tag in bookmark.tags) or len(bookmark.tags) > MAX_TAGS:
        changes["tags"] = tuple(_cut(tag, MAX_TAG, "a tag", cuts) for tag in bookmark.tags[:MAX_TAGS])
        if len(bookmark.tags) > MAX_TAGS:
            cuts.append(f"the bookmark has {len(bookmark.tags):,} tags; the first {MAX_TAGS:,} are kept")
    if len(bookmark.title) > MAX_TITLE:
        changes["title"] = _cut(bookmark.title, MAX_TITLE, "the title", cuts)
    if len(bookmark.contributor) > MAX_NAME:
        changes["contributor"] = _cut(bookmark.contributor, MAX_NAME, "the contributor's name", cuts)
    if any(len(annotation.author) > MAX_NAME for annotation in bookmark.annotations):
        changes["annotations"] = tuple(
            replace(annotation, author=_cut(annotation.author, MAX_NAME, "an author's name", cuts))
            for annotation in bookmark.annotations
        )
    return (replace(bookmark, **changes) if changes else bookmark), cuts  # type: ignore[arg-type]


def _cut(text: str, limit: int, what: str, cuts: list[str]) -> str:
    if len(text) <= limit:
        return text
    cuts.append(f"{what} has {len(text):,} characters and is cut to {limit:,}: {text[:40]!r}…")
    return text[:limit].rstrip()
