"""Readwise: what was highlighted since the last time (https://readwise.io/api_deets, highlight export).

Each highlight is a record, since an answer holds only those that have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers import readwise_json
from glane_indexer.importers.record import dict_of, list_of, text_of
from glane_indexer.library.sources.base import LiveSource, Page, Record, Request, record


def pages(request: Request) -> Iterator[Page]:
    """The works whose highlights have changed, a page at a time; the newest change is the cursor."""
    newest, cursor = request.cursor, ""
    while True:
        params: dict[str, str | int] = {"includeDeleted": "true"}
        if request.cursor:
            params["updatedAfter"] = request.cursor
        if cursor:
            params["pageCursor"] = cursor
        answer = dict_of(
            request.client.json(
                f"{request.url}/api/v2/export/",
                params,
                {"Authorization": f"Token {request.client.token}"},
            )
        )
        records, gone = list[Record](), list[str]()
        for work in map(dict_of, list_of(answer.get("results"))):
            records += _take(work, gone)
            for entry in map(dict_of, list_of(work.get("highlights"))):
                newest = max(newest, text_of(entry.get("updated_at")))
        cursor = text_of(answer.get("nextPageCursor"))
        # Pages are in no order of time: only behind the last one nothing older is left.
        yield Page(tuple(records), tuple(gone), "" if cursor else newest)
        if not cursor:
            return


def _take(work: dict[str, Any], gone: list[str]) -> Iterator[Record]:
    book = work.get("user_book_id")
    if work.get("is_deleted"):
        gone.append(f"{book}/")
        return
    highlights = [dict_of(entry) for entry in list_of(work.get("highlights"))]
    for entry in highlights:
        key = f"{book}/{entry.get('id')}"
        if entry.get("is_deleted") or entry.get("is_discard"):
            gone.append(key)
        else:
            yield record(key, {**work, "highlights": [entry]}, readwise_json.read)


SOURCE = LiveSource(
    "readwise",
    "Readwise: highlights of articles and books",
    "https://readwise.io",
    "READWISE_TOKEN",
    "https://readwise.io/access_token",
    pages,
)
