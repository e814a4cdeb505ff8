"""Karakeep: bookmarks with their highlights, which its export leaves out (https://docs.karakeep.app/api/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glane_indexer.importers import karakeep
from glane_indexer.importers.record import annotation, dict_of, list_of, text_of
from glane_indexer.library.sources.base import LiveSource, Page, Record, Request, record

LIMIT = 100


def pages(request: Request) -> Iterator[Page]:
    """All bookmarks: its API does not tell what has changed."""
    highlights: dict[str, list[dict[str, Any]]] = {}
    for answer in _answers(request, "/api/v1/highlights"):
        for entry in map(dict_of, list_of(answer.get("highlights"))):
            highlights.setdefault(text_of(entry.get("bookmarkId")), []).append(entry)
    pending: Page | None = None
    for answer in _answers(request, "/api/v1/bookmarks"):
        if pending:
            yield pending
        rows = [dict_of(row) for row in list_of(answer.get("bookmarks"))]
        pending = Page(tuple(_record(row, highlights.get(text_of(row.get("id")), [])) for row in rows))
    yield replace(pending or Page(), whole=True)


def _answers(request: Request, place: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        params: dict[str, str | int] = {"limit": LIMIT}
        if cursor:
            params["cursor"] = cursor
        headers = {"Authorization": f"Bearer {request.client.token}"}
        answer = dict_of(request.client.json(request.url + place, params, headers))
        yield answer
        cursor = text_of(answer.get("nextCursor"))
        if not cursor:
            return


def _record(row: dict[str, Any], highlights: list[dict[str, Any]]) -> Record:
    # What its crawler found of the page changes by itself, and is no part of the bookmark.
    content = {
        name: dict_of(row.get("content")).get(name)
        for name in ("type", "url", "title", "text", "sourceUrl")
    }
    kept = ("id", "createdAt", "title", "note", "summary", "tags")
    values = {**{name: row.get(name) for name in kept}, "content": content, "highlights": highlights}
    values["tags"] = [{"name": dict_of(tag).get("name")} for tag in list_of(row.get("tags"))]
    found = record(row.get("id"), values, karakeep.read, lambda value: {"bookmarks": [value]})
    notes = tuple(
        item
        for entry in highlights
        if (item := annotation(entry.get("text"), entry.get("note"), created=entry.get("createdAt")))
    )
    return replace(
        found, bookmarks=tuple(replace(bookmark, annotations=notes) for bookmark in found.bookmarks)
    )


SOURCE = LiveSource(
    "karakeep",
    "Karakeep: your own instance, with highlights",
    "",
    "KARAKEEP_TOKEN",
    "its settings, under API Keys",
    pages,
)
