"""Zotero (https://www.zotero.org/support/dev/web_api/v3/start): items with their notes and annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers import zotero
from glane_indexer.importers.record import dict_of, list_of, text_of
from glane_indexer.library.sources.base import LiveSource, Page, Request, record

LIMIT = 100
_BATCH = 200


def pages(request: Request) -> Iterator[Page]:
    """Nothing where the library's version is the cursor; otherwise all items, each with what belongs to it.

    An annotation that has changed comes without the item that it belongs to, so all are read.
    """
    client, headers = request.client, {"Zotero-API-Version": "3"}
    if client.token:
        headers["Zotero-API-Key"] = client.token
    url = request.url
    if "/users/" not in url and "/groups/" not in url:
        user = dict_of(client.json(f"{url}/keys/current", None, headers)).get("userID")
        url = f"{url}/users/{user}"
    items: list[dict[str, Any]] = []
    version = request.cursor
    while True:
        params: dict[str, str | int] = {"format": "json", "limit": LIMIT, "start": len(items)}
        asked = (
            {**headers, "If-Modified-Since-Version": request.cursor}
            if request.cursor and not items
            else headers
        )
        rows, answer = client.answered(f"{url}/items", params, asked)
        if answer.status_code == 304:
            return
        version = answer.headers.get("Last-Modified-Version", "")
        found = [dict_of(row) for row in list_of(rows)]
        items += found
        if len(found) < LIMIT:
            break
    groups = _groups(items)
    for start in range(0, max(len(groups), 1), _BATCH):
        part = list(groups.items())[start : start + _BATCH]
        last = start + _BATCH >= len(groups)
        records = tuple(record(key, group, zotero.read_api, list) for key, group in part)
        yield Page(records, cursor=version if last else "", whole=last)


def _groups(items: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The items by the one at the top that they belong to, without what is in the trash."""
    by_key = {
        text_of(item.get("key")): item for item in items if not dict_of(item.get("data")).get("deleted")
    }
    groups: dict[str, list[dict[str, Any]]] = {}
    for key, item in by_key.items():
        root, above = key, text_of(dict_of(item.get("data")).get("parentItem"))
        for _ in range(10):
            if above not in by_key:
                break
            root, above = above, text_of(dict_of(by_key[above].get("data")).get("parentItem"))
        groups.setdefault(root, []).append({"key": key, "data": dict_of(item.get("data"))})
    return groups


SOURCE = LiveSource(
    "zotero",
    "Zotero: items with notes and annotations",
    "https://api.zotero.org",
    "ZOTERO_TOKEN",
    "https://www.zotero.org/settings/keys",
    pages,
)
