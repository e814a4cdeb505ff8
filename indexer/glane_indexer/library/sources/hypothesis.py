"""Hypothes.is: one's own annotations (https://h.readthedocs.io/en/latest/api-reference/)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers import hypothesis
from glane_indexer.importers.record import dict_of, list_of, text_of
from glane_indexer.library.sources.base import LiveSource, Page, Request, record

LIMIT = 200


def pages(request: Request) -> Iterator[Page]:
    """What was changed since the cursor, the oldest first; all of it where something must be gone."""
    headers = {"Authorization": f"Bearer {request.client.token}"}
    user = text_of(dict_of(request.client.json(f"{request.url}/api/profile", None, headers)).get("userid"))
    for start in (request.cursor, ""):
        after = start
        while True:
            params: dict[str, str | int] = {"user": user, "sort": "updated", "order": "asc", "limit": LIMIT}
            if after:
                params["search_after"] = after
            answer = dict_of(request.client.json(f"{request.url}/api/search", params, headers))
            rows = [dict_of(row) for row in list_of(answer.get("rows"))]
            after = text_of(rows[-1].get("updated")) if rows else after
            last = len(rows) < LIMIT
            records = tuple(record(row.get("id"), row, hypothesis.read) for row in rows)
            yield Page(records, cursor=after, whole=last and not start)
            if last:
                break
        if not start:
            return
        # A deletion leaves no trace but a smaller number.
        params = {"user": user, "limit": 1}
        total = dict_of(request.client.json(f"{request.url}/api/search", params, headers)).get("total")
        if total == request.known_now():
            return


SOURCE = LiveSource(
    "hypothesis",
    "Hypothes.is: your annotations",
    "https://api.hypothes.is",
    "HYPOTHESIS_TOKEN",
    "https://hypothes.is/account/developer",
    pages,
)
