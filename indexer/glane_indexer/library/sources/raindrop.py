"""Raindrop.io: bookmarks with their highlights (https://developer.raindrop.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.record import (
    annotation,
    bookmark,
    dict_of,
    list_of,
    names_of,
    paragraphs,
)
from glane_indexer.library.sources.base import LiveSource, Page, Record, Request, of_items

LIMIT = 50


def pages(request: Request) -> Iterator[Page]:
    """All bookmarks outside of the trash: its API does not tell what has changed."""
    number = 0
    while True:
        answer = dict_of(
            request.client.json(
                f"{request.url}/rest/v1/raindrops/0",
                # By what does not change while pages are read.
                {"perpage": LIMIT, "page": number, "sort": "created"},
                {"Authorization": f"Bearer {request.client.token}"},
            )
        )
        rows = [dict_of(row) for row in list_of(answer.get("items"))]
        last = len(rows) < LIMIT
        yield Page(tuple(map(_record, rows)), whole=last)
        if last:
            return
        number += 1


def _record(row: dict[str, Any]) -> Record:
    kept: dict[str, Any] = {
        name: row.get(name) for name in ("link", "title", "excerpt", "note", "tags", "created")
    }
    kept["highlights"] = [
        {name: dict_of(entry).get(name) for name in ("text", "note", "created")}
        for entry in list_of(row.get("highlights"))
    ]
    items = bookmark(
        f"raindrop {row.get('_id')}",
        url=kept["link"],
        title=kept["title"],
        description=paragraphs(kept["excerpt"], kept["note"]),
        tags=names_of(kept["tags"]),
        created=kept["created"],
        annotations=[
            annotation(entry["text"], entry["note"], created=entry["created"])
            for entry in kept["highlights"]
        ],
    )
    return of_items(row.get("_id"), repr(kept).encode("utf-8", "replace"), items)


SOURCE = LiveSource(
    "raindrop",
    "Raindrop.io: bookmarks and highlights",
    "https://api.raindrop.io",
    "RAINDROP_TOKEN",
    "https://app.raindrop.io/settings/integrations (a test token)",
    pages,
)
