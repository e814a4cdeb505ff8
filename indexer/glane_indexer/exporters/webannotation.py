"""A library as W3C Web Annotations, which annotation programs exchange (pure).

The Web Annotation Data Model (https://www.w3.org/TR/annotation-model/): a bookmark is an annotation whose
motivation is bookmarking, with its description and tags as bodies; each highlight is one whose target
quotes the page, with its note as a body. What the model has no word for is under ``glane:``, so that an
import gives the same library back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from glane_indexer.models import Annotation, Bookmark

_CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {"glane": "urn:glane:", "title": "http://purl.org/dc/terms/title"},
]


def write(bookmarks: Iterable[Bookmark]) -> Iterator[str]:
    """One AnnotationPage: each bookmark followed by its highlights, an item a line."""
    head = {"@context": _CONTEXT, "type": "AnnotationPage"}
    yield json.dumps(head)[:-1] + ', "items": ['
    separator = "\n"
    for bookmark in bookmarks:
        for item in _items(bookmark):
            yield separator + json.dumps(item, ensure_ascii=False)
            separator = ",\n"
    yield "\n]}\n"


def _items(bookmark: Bookmark) -> Iterator[dict[str, Any]]:
    source = bookmark.url or f"urn:glane:bookmark:{bookmark.id}"
    bodies = [{"type": "TextualBody", "purpose": "tagging", "value": tag} for tag in bookmark.tags]
    if bookmark.description:
        bodies.insert(0, {"type": "TextualBody", "purpose": "describing", "value": bookmark.description})
    yield {
        "id": f"urn:glane:bookmark:{bookmark.id}",
        "type": "Annotation",
        "motivation": "bookmarking",
        **_facts(bookmark.contributor, bookmark.created_at),
        "body": bodies,
        "target": {"source": source, "title": bookmark.title},
        "glane:bookmark": {
            "id": bookmark.id,
            "views": bookmark.views,
            "kind": bookmark.kind,
            "language": bookmark.language,
            "visibility": bookmark.visibility,
        },
    }
    for annotation in bookmark.annotations:
        yield _highlight(bookmark, annotation, source)


def _highlight(bookmark: Bookmark, annotation: Annotation, source: str) -> dict[str, Any]:
    target: dict[str, Any] = {"source": source, "title": bookmark.title}
    if annotation.text:
        target["selector"] = {"type": "TextQuoteSelector", "exact": annotation.text}
    note = {"type": "TextualBody", "purpose": "commenting", "value": annotation.note}
    return {
        "id": f"urn:glane:annotation:{bookmark.id}:{annotation.id}",
        "type": "Annotation",
        "motivation": "commenting" if annotation.note else "highlighting",
        **_facts(annotation.author, annotation.created_at),
        **({"body": [note]} if annotation.note else {}),
        "target": target,
        "glane:annotation": {"id": annotation.id, "bookmark": bookmark.id},
    }


def _facts(person: str, moment: datetime | None) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if person:
        facts["creator"] = {"type": "Person", "name": person}
    if moment:
        facts["created"] = moment.isoformat().replace("+00:00", "Z")
    return facts
