"""Any RSS or Atom feed: its entries as bookmarks. What drops out of a feed stays."""

from __future__ import annotations

import json
from collections.abc import Iterator

from glane_indexer.importers import feeds
from glane_indexer.importers.record import dict_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.library.sources.base import LiveSource, Page, Request, of_items
from glane_indexer.models import Bookmark


def pages(request: Request) -> Iterator[Page]:
    """The entries, where the feed is another one than the last time."""
    last = dict_of(json.loads(request.cursor or "{}"))
    headers = {}
    if etag := text_of(last.get("etag")):
        headers["If-None-Match"] = etag
    if date := text_of(last.get("date")):
        headers["If-Modified-Since"] = date
    answer = request.client.get(request.url, None, headers)
    if answer.status_code == 304:
        return
    source = Source(answer.content, request.url)
    read = feeds.read_diigo if feeds.recognise_diigo(source) else feeds.read
    records = tuple(
        of_items(item.url or item.title, repr(item).encode("utf-8", "replace"), [item])
        for item in read(source)
        if isinstance(item, Bookmark)
    )
    cursor = {"etag": answer.headers.get("ETag", ""), "date": answer.headers.get("Last-Modified", "")}
    yield Page(records, cursor=json.dumps(cursor))


SOURCE = LiveSource("feed", "any RSS or Atom feed", "", "", "", pages)
