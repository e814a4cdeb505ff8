"""Pinboard (https://pinboard.in/api/): everything, whenever anything has changed."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.errors import SourceError
from glane_indexer.importers import pinboard
from glane_indexer.importers.record import dict_of, text_of
from glane_indexer.library.sources.base import LiveSource, Page, Request, record

_BATCH = 500


def pages(request: Request) -> Iterator[Page]:
    """Nothing where the time of the last change is the cursor; otherwise all posts."""
    params: dict[str, str | int] = {"format": "json", "auth_token": request.client.token}
    newest = text_of(
        dict_of(request.client.json(f"{request.url}/v1/posts/update", params)).get("update_time")
    )
    if newest and newest == request.cursor:
        return
    posts = request.client.json(f"{request.url}/v1/posts/all", params)
    if not isinstance(posts, list):
        raise SourceError("it answers no list of posts", where=f"{request.url}/v1/posts/all")
    rows = [dict_of(post) for post in posts]
    for start in range(0, max(len(rows), 1), _BATCH):
        last = start + _BATCH >= len(rows)
        records = tuple(
            record(row.get("hash") or row.get("href"), row, pinboard.read)
            for row in rows[start : start + _BATCH]
        )
        yield Page(records, cursor=newest if last else "", whole=last)


SOURCE = LiveSource(
    "pinboard",
    "Pinboard: your bookmarks",
    "https://api.pinboard.in",
    "PINBOARD_TOKEN",
    "https://pinboard.in/settings/password (name:TOKEN)",
    pages,
)
