"""A bookmark's texts for formats that have no place for annotations (pure)."""

from __future__ import annotations

from glane_indexer.models import Annotation, Bookmark


def with_highlights(bookmark: Bookmark) -> str:
    """The description, then each highlight quoted, with its note under it."""
    return "\n\n".join(filter(None, (bookmark.description, *map(quoted, bookmark.annotations))))


def quoted(annotation: Annotation) -> str:
    """A highlight with ``>`` before each of its lines, and its note after it."""
    lines = (
        "\n".join(f"> {line}".rstrip() for line in annotation.text.split("\n")) if annotation.text else ""
    )
    return "\n\n".join(filter(None, (lines, annotation.note)))
