"""What becomes of a bookmark that comes in again: the rules of an import, without a database (pure)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from glane_indexer.models import Annotation, Bookmark

# What a 64-bit column holds.
MAX_VIEWS = 2**63 - 1
# Stands between the tags of a bookmark on their way into the catalog; a control character.
TAG_SEPARATOR = "\x1f"


def merge(stored: Bookmark, incoming: Bookmark) -> Bookmark:
    """``stored`` brought up to date with ``incoming``, which has the same id.

    What is given replaces what was there; what is empty, missing or zero erases nothing. Annotations
    are told apart by their ids, and none is lost, since a saved page may have folded some: they take
    the incoming order where it holds all of them; otherwise the new ones follow the stored ones.

    Merging the same bookmark again changes nothing.
    """
    return Bookmark(
        id=stored.id,
        title=incoming.title or stored.title,
        url=incoming.url or stored.url,
        description=incoming.description or stored.description,
        tags=incoming.tags or stored.tags,
        contributor=incoming.contributor or stored.contributor,
        created_at=incoming.created_at or stored.created_at,
        views=incoming.views or stored.views,
        kind=incoming.kind,
        language=incoming.language or stored.language,
        annotations=_merge_annotations(stored.annotations, incoming.annotations),
        # Most sources say nothing about it, and what is private must not come out by an import.
        visibility="private" if "private" in (stored.visibility, incoming.visibility) else "public",
    )


def _merge_annotations(
    stored: tuple[Annotation, ...], incoming: tuple[Annotation, ...]
) -> tuple[Annotation, ...]:
    news = {annotation.id: annotation for annotation in incoming}
    olds = {annotation.id: annotation for annotation in stored}
    order = news if olds.keys() <= news.keys() else {**olds, **news}
    return tuple(
        _merge_annotation(olds[key], news[key])
        if key in olds and key in news
        else news.get(key) or olds[key]
        for key in order
    )


def _merge_annotation(stored: Annotation, incoming: Annotation) -> Annotation:
    return replace(
        stored,
        note=incoming.note or stored.note,
        created_at=incoming.created_at or stored.created_at,
    )


def without_repeats(bookmark: Bookmark) -> tuple[Bookmark, int]:
    """The bookmark with each annotation once, at its first place, and how many repeats there were."""
    once: dict[str, Annotation] = {}
    for annotation in bookmark.annotations:
        first = once.get(annotation.id)
        once[annotation.id] = _merge_annotation(first, annotation) if first else annotation
    repeats = len(bookmark.annotations) - len(once)
    return (replace(bookmark, annotations=tuple(once.values())) if repeats else bookmark), repeats


def storable(bookmark: Bookmark) -> Bookmark:
    """The bookmark exactly as the catalog will give it back: sound Unicode, times in UTC."""
    return Bookmark(
        id=_text(bookmark.id),
        title=_text(bookmark.title),
        url=_text(bookmark.url),
        description=_text(bookmark.description),
        tags=tuple(_text(tag.replace(TAG_SEPARATOR, " ")) for tag in bookmark.tags if tag),
        contributor=_text(bookmark.contributor),
        created_at=_utc(bookmark.created_at),
        views=min(max(bookmark.views, 0), MAX_VIEWS),
        kind=bookmark.kind,
        language=bookmark.language,
        visibility=bookmark.visibility,
        annotations=tuple(
            Annotation(
                id=_text(annotation.id),
                text=_text(annotation.text),
                note=_text(annotation.note),
                author=_text(annotation.author),
                created_at=_utc(annotation.created_at),
            )
            for annotation in bookmark.annotations
        ),
    )


def _text(text: str) -> str:
    """The text with halves of surrogate pairs replaced, which UTF-8 cannot hold."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC; one without a zone is taken to be in UTC."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # at the ends of the calendar a shift of zone leaves it
        return moment.replace(tzinfo=UTC)
