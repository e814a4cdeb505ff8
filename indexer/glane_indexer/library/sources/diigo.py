"""Diigo (https://www.diigo.com/api_dev/docs): bookmarks with annotations and the comments on them."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.errors import SourceError
from glane_indexer.importers import diigo_json
from glane_indexer.importers.record import dict_of
from glane_indexer.library.sources.base import LiveSource, Page, Request, record

LIMIT = 100


def pages(request: Request) -> Iterator[Page]:
    """All bookmarks, public and private: its API does not tell what has changed."""
    user, _, rest = request.client.token.partition(":")
    key, _, password = rest.partition(":")
    if not (user and key and password):
        raise SourceError("the token is not NAME:KEY:PASSWORD", where=request.client.variable)
    start = 0
    while True:
        params: dict[str, str | int] = {"key": key, "user": user, "start": start, "count": LIMIT}
        params |= {"sort": 0, "filter": "all"}
        rows = request.client.json(f"{request.url}/api/v2/bookmarks", params, auth=(user, password))
        if not isinstance(rows, list):
            raise SourceError("it answers no list of bookmarks", where=f"{request.url}/api/v2/bookmarks")
        last = len(rows) < LIMIT
        found = [dict_of(row) for row in rows]
        yield Page(tuple(record(row.get("url"), row, diigo_json.read) for row in found), whole=last)
        if last:
            return
        start += LIMIT


SOURCE = LiveSource(
    "diigo",
    "Diigo: your bookmarks with annotations",
    "https://secure.diigo.com",
    "DIIGO_TOKEN",
    "https://www.diigo.com/api_keys (NAME:KEY:PASSWORD)",
    pages,
)
