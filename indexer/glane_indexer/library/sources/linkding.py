"""linkding: bookmarks of an instance of your own (https://linkding.link/api/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers import linkding
from glane_indexer.importers.record import dict_of, list_of, text_of
from glane_indexer.library.sources.base import LiveSource, Page, Request, record

LIMIT = 100
# Archived bookmarks are a list of their own.
_LISTS = ("/api/bookmarks/", "/api/bookmarks/archived/")


def pages(request: Request) -> Iterator[Page]:
    """What was modified since the cursor; all of it where something must be gone."""
    newest = request.cursor
    for since in dict.fromkeys((request.cursor, "")):
        places = list(_LISTS)
        for place in places:
            offset, more = 0, True
            while more:
                answer = _ask(request, place, since, offset, LIMIT)
                rows = [dict_of(row) for row in list_of(answer.get("results"))]
                newest = max([newest, *(text_of(row.get("date_modified")) for row in rows)])
                offset, more = offset + len(rows), bool(answer.get("next")) and bool(rows)
                last = not more and place == places[-1]
                records = tuple(record(row.get("id"), row, linkding.read) for row in rows)
                yield Page(records, cursor=newest if last else "", whole=last and not since)
        if since:
            total = sum(int(_ask(request, place, "", 0, 1).get("count") or 0) for place in places)
            if total == request.known_now():
                return


def _ask(request: Request, place: str, since: str, offset: int, limit: int) -> dict[str, Any]:
    params: dict[str, str | int] = {"limit": limit, "offset": offset}
    if since:
        params["modified_since"] = since
    headers = {"Authorization": f"Token {request.client.token}"}
    return dict_of(request.client.json(request.url + place, params, headers))


SOURCE = LiveSource(
    "linkding", "linkding: your own instance", "", "LINKDING_TOKEN", "its settings, under REST API", pages
)
