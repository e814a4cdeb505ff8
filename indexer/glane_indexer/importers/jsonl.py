"""Glane's own format: one JSON object a line, a bookmark each, exactly as it is exported (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glane_indexer.importers.clean import clean_line, clean_quote, clean_tags, parse_moment
from glane_indexer.importers.lines import first_object, objects
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Problem

_TEXTS = (
    "id",
    "title",
    "url",
    "description",
    "contributor",
    "language",
    "created_at",
    "kind",
    "visibility",
)
_NOTE_TEXTS = ("id", "text", "note", "author", "created_at")


def recognise(source: Source) -> float:
    """1 for the fields of an export of ours on the first line; .5 for a title or a url there."""
    record = first_object(source)
    if {"_id", "children"} & record.keys() or not {"title", "url"} & record.keys():
        return 0.0
    if {"annotations", "contributor", "kind"} <= record.keys():
        return 1.0
    # A whole document on one line, which has a title and holds its bookmarks below it, is none of them.
    lists = (value for key, value in record.items() if key != "annotations" and isinstance(value, list))
    return 0.0 if any(isinstance(item, dict) for value in lists for item in value[:1]) else 0.5


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of a file, and the lines that are none."""
    for item in objects(source):
        if isinstance(item, Problem):
            yield item
            continue
        where, record = item
        try:
            yield replace(from_record(record), where=where)
        except ValueError as error:
            yield Problem(where, str(error))


def dump(bookmark: Bookmark) -> str:
    """The bookmark as one line, without its end; :func:`read` gives the same bookmark back."""
    return json.dumps(record_of(bookmark), ensure_ascii=False)


def record_of(bookmark: Bookmark) -> dict[str, Any]:
    """The bookmark as a JSON object; :func:`from_record` gives the same bookmark back."""
    return {
        "id": bookmark.id,
        "url": bookmark.url,
        "title": bookmark.title,
        "description": bookmark.description,
        "tags": list(bookmark.tags),
        "contributor": bookmark.contributor,
        "created_at": _moment(bookmark.created_at),
        "views": bookmark.views,
        "kind": bookmark.kind,
        "language": bookmark.language,
        "visibility": bookmark.visibility,
        "annotations": [
            {
                "id": annotation.id,
                "text": annotation.text,
                "note": annotation.note,
                "author": annotation.author,
                "created_at": _moment(annotation.created_at),
            }
            for annotation in bookmark.annotations
        ],
    }


def _moment(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def from_record(record: Any) -> Bookmark:
    """A bookmark from its JSON value.

    Raises:
        ValueError: it is not one; says which field.
    """
    texts = _strings(record, _TEXTS, "the record")
    kind = texts["kind"] or "bookmark"
    if kind not in ("bookmark", "topic"):
        raise ValueError(f"kind is {kind!r}; it is `bookmark` or `topic`")
    visibility = texts["visibility"] or "public"
    if visibility not in ("public", "private"):
        raise ValueError(f"visibility is {visibility!r}; it is `public` or `private`")
    title, url = clean_line(texts["title"]), texts["url"].strip()
    if not title and not url:
        raise ValueError("the record has neither a title nor a url")
    tags = record.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags is not a list of texts")
    views = record.get("views") or 0
    if not isinstance(views, int) or isinstance(views, bool) or views < 0:
        raise ValueError("views is not a whole number of 0 or more")
    annotations = record.get("annotations") or []
    if not isinstance(annotations, list):
        raise ValueError("annotations is not a list")
    return Bookmark(
        id=clean_line(texts["id"]),
        title=title or url,
        url=url,
        description=clean_quote(texts["description"]),
        tags=clean_tags(tags),
        contributor=clean_line(texts["contributor"]),
        created_at=_parsed(texts["created_at"]),
        views=views,
        kind="topic" if kind == "topic" else "bookmark",
        language=texts["language"].strip().lower(),
        visibility="private" if visibility == "private" else "public",
        annotations=tuple(_annotation(item, place) for place, item in enumerate(annotations, start=1)),
    )


def _annotation(record: Any, place: int) -> Annotation:
    texts = _strings(record, _NOTE_TEXTS, f"annotation {place}")
    annotation = Annotation(
        id=clean_line(texts["id"]),
        text=clean_quote(texts["text"]),
        note=clean_quote(texts["note"]),
        author=clean_line(texts["author"]),
        created_at=_parsed(texts["created_at"]),
    )
    if not annotation.text and not annotation.note:
        raise ValueError(f"annotation {place} has neither a text nor a note")
    return annotation


def _strings(record: Any, names: tuple[str, ...], what: str) -> dict[str, str]:
    if not isinstance(record, dict):
        raise ValueError(f"{what} is not a JSON object")
    texts = {}
    for name in names:
        value = record.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{what}: {name} is not a text")
        texts[name] = value or ""
    return texts


def _parsed(text: str) -> Any:
    if not text:
        return None
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(f"created_at is {text[:40]!r}, which is not a date")
    return moment
