"""Services with bookmarks, as the documentation of their APIs says that they answer.

Each holds records that a test adds, changes and deletes; ``answer`` is for :mod:`tests.support.loopback`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.loopback import Answer, Asked

TOKEN = "ada:secret-token:word"
REFUSED = Answer({"detail": "Invalid token."}, 401)


class Service:
    """Records by number, each with a title, a tag, a highlight and when it was changed last."""

    def __init__(self, count: int = 5) -> None:
        self.clock = 0
        self.records: dict[int, dict[str, Any]] = {}
        self.gone: dict[int, str] = {}
        self.asked: list[Asked] = []
        for number in range(1, count + 1):
            self.put(number)

    def put(self, number: int, title: str = "") -> None:
        self.records[number] = {"title": title or f"Page {number}", "changed": self.now()}
        self.gone.pop(number, None)

    def delete(self, number: int) -> None:
        del self.records[number]
        self.gone[number] = self.now()

    def now(self) -> str:
        self.clock += 1
        return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=self.clock)).isoformat(
            timespec="microseconds"
        )

    def answer(self, asked: Asked) -> Any:
        self.asked.append(asked)
        return self.reply(asked)

    def reply(self, asked: Asked) -> Any:
        raise NotImplementedError


def url(number: int) -> str:
    return f"https://pages.example/{number}"


def quote(number: int) -> str:
    return f"What page {number} says."


class Readwise(Service):
    page = 2

    def reply(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"Token {TOKEN}":
            return REFUSED
        assert asked.path == "/api/v2/export/"
        after, start = asked.params.get("updatedAfter", ""), int(asked.params.get("pageCursor", 0))
        found = [(n, r["changed"], False, r["title"]) for n, r in self.records.items()]
        found += [(n, changed, True, "") for n, changed in self.gone.items()]
        found = sorted(item for item in found if item[1] > after)
        part = found[start : start + self.page]
        more = start + self.page < len(found)
        return {
            "count": len(part),
            "nextPageCursor": start + self.page if more else None,
            "results": [self.work(*item) for item in part],
        }

    def work(self, number: int, changed: str, gone: bool, title: str) -> dict[str, Any]:
        entry = {"id": 100 + number, "text": quote(number), "note": "", "updated_at": changed, "tags": []}
        return {
            "user_book_id": number,
            "is_deleted": False,
            "title": title,
            "source_url": url(number),
            "book_tags": [{"id": 1, "name": "tag"}],
            "highlights": [{**entry, "is_deleted": gone, "highlighted_at": "2020-01-01T00:00:00Z"}],
        }


class Hypothesis(Service):
    page = 200

    def reply(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return REFUSED
        if asked.path == "/api/profile":
            return {"userid": "acct:ada@hypothes.is", "authority": "hypothes.is"}
        assert asked.path == "/api/search"
        assert asked.params["user"] == "acct:ada@hypothes.is"
        rows = sorted(self.records.items(), key=lambda item: item[1]["changed"])
        after = asked.params.get("search_after", "")
        part = [self.row(n, r) for n, r in rows if r["changed"] > after][: int(asked.params["limit"])]
        return {"total": len(rows), "rows": part}

    def row(self, number: int, record: dict[str, Any]) -> dict[str, Any]:
        selector = {"type": "TextQuoteSelector", "exact": quote(number), "prefix": "", "suffix": ""}
        return {
            "id": f"a{number}",
            "created": "2020-01-01T00:00:00.000000+00:00",
            "updated": record["changed"],
            "user": "acct:ada@hypothes.is",
            "uri": url(number),
            "text": "",
            "tags": ["tag"],
            "group": "__world__",
            "document": {"title": [record["title"]]},
            "target": [{"source": url(number), "selector": [selector]}],
        }


class Linkding(Service):
    def reply(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"Token {TOKEN}":
            return REFUSED
        # The last one is archived.
        numbers = sorted(self.records)
        last = numbers[-1:]
        numbers = (
            last if asked.path == "/api/bookmarks/archived/" else [n for n in numbers if n not in last]
        )
        after = asked.params.get("modified_since", "")
        found = [n for n in numbers if self.records[n]["changed"] > after]
        offset, limit = int(asked.params["offset"]), min(int(asked.params["limit"]), 2)
        more = offset + limit < len(found)
        return {
            "count": len(found),
            "next": f"http://x/?offset={offset + limit}" if more else None,
            "previous": None,
            "results": [self.row(n) for n in found[offset : offset + limit]],
        }

    def row(self, number: int) -> dict[str, Any]:
        record = self.records[number]
        return {
            "id": number,
            "url": url(number),
            "title": record["title"],
            "description": "",
            "notes": "",
            "tag_names": ["tag"],
            "is_archived": False,
            "unread": False,
            "shared": False,
            "date_added": "2020-01-01T00:00:00Z",
            "date_modified": record["changed"],
        }


class Karakeep(Service):
    def reply(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return REFUSED
        start = int(asked.params.get("cursor", 0))
        numbers = sorted(self.records)
        part, more = numbers[start : start + 2], start + 2 < len(numbers)
        cursor = str(start + 2) if more else None
        if asked.path == "/api/v1/highlights":
            rows = [
                {
                    "id": f"h{n}",
                    "bookmarkId": f"k{n}",
                    "text": quote(n),
                    "note": None,
                    "createdAt": "2020-01-01",
                }
                for n in part
            ]
            return {"highlights": rows, "nextCursor": cursor}
        assert asked.path == "/api/v1/bookmarks"
        return {"bookmarks": [self.row(n) for n in part], "nextCursor": cursor}

    def row(self, number: int) -> dict[str, Any]:
        return {
            "id": f"k{number}",
            "createdAt": "2020-01-01T00:00:00.000Z",
            "modifiedAt": self.records[number]["changed"],
            "title": self.records[number]["title"],
            "note": None,
            "summary": None,
            "archived": False,
            "tags": [{"id": "t", "name": "tag", "attachedBy": "human"}],
            "content": {"type": "link", "url": url(number), "crawledAt": self.now()},
        }


class Raindrop(Service):
    def __init__(self, count: int = 5) -> None:
        super().__init__(count)

    def reply(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return REFUSED
        assert asked.path == "/rest/v1/raindrops/0"
        size = int(asked.params["perpage"])
        start = int(asked.params["page"]) * size
        items = [self.row(n) for n in sorted(self.records)[start : start + size]]
        return {"result": True, "items": items, "count": len(self.records)}

    def row(self, number: int) -> dict[str, Any]:
        return {
            "_id": number,
            "link": url(number),
            "title": self.records[number]["title"],
            "excerpt": "",
            "note": "",
            "tags": ["tag"],
            "created": "2020-01-01T00:00:00.000Z",
            "lastUpdate": self.records[number]["changed"],
            "highlights": [
                {"_id": f"h{number}", "text": quote(number), "note": "", "created": "2020-01-01T00:00:00Z"}
            ],
        }


class Pinboard(Service):
    def reply(self, asked: Asked) -> Any:
        if asked.params.get("auth_token") != TOKEN:
            return REFUSED
        newest = max([*(r["changed"] for r in self.records.values()), *self.gone.values()])
        if asked.path == "/v1/posts/update":
            return {"update_time": newest}
        assert asked.path == "/v1/posts/all"
        return [
            {
                "href": url(n),
                "description": record["title"],
                "extended": "",
                "hash": f"hash{n}",
                "meta": record["changed"],
                "time": "2020-01-01T00:00:00Z",
                "shared": "yes",
                "toread": "no",
                "tags": "tag",
            }
            for n, record in self.records.items()
        ]


class Diigo(Service):
    def reply(self, asked: Asked) -> Any:
        # ada:word
        if (
            asked.headers.get("authorization") != "Basic YWRhOndvcmQ="
            or asked.params["key"] != "secret-token"
        ):
            return REFUSED
        assert asked.path == "/api/v2/bookmarks"
        start, size = int(asked.params["start"]), int(asked.params["count"])
        return [self.row(n) for n in sorted(self.records)[start : start + size]]

    def row(self, number: int) -> dict[str, Any]:
        return {
            "title": self.records[number]["title"],
            "url": url(number),
            "user": "ada",
            "desc": "",
            "tags": "tag",
            "shared": "yes",
            "readlater": "no",
            "created_at": "2020/01/01 00:00:00 +0000",
            "updated_at": "2020/01/01 00:00:00 +0000",
            "comments": [],
            "annotations": [
                {
                    "content": quote(number),
                    "user": "ada",
                    "created_at": "2020/01/01 00:00:00 +0000",
                    "comments": [],
                }
            ],
        }


class Zotero(Service):
    def reply(self, asked: Asked) -> Any:
        if asked.headers.get("zotero-api-key") != TOKEN:
            return Answer("Forbidden", 403)
        if asked.path == "/keys/current":
            return {"userID": 7, "username": "ada"}
        assert asked.path == "/users/7/items"
        version = {"Last-Modified-Version": str(self.clock)}
        if asked.headers.get("if-modified-since-version") == str(self.clock):
            return Answer("", 304, version)
        items = [item for n in sorted(self.records) for item in self.items(n)]
        start = int(asked.params["start"])
        return Answer(items[start : start + int(asked.params["limit"])], 200, version)

    def items(self, number: int) -> list[dict[str, Any]]:
        item = {"key": f"I{number}", "itemType": "webpage", "title": self.records[number]["title"]}
        item |= {"url": url(number), "dateAdded": "2020-01-01T00:00:00Z"}
        attached = {
            "key": f"P{number}",
            "itemType": "attachment",
            "parentItem": f"I{number}",
            "title": "PDF",
        }
        note = {"key": f"A{number}", "itemType": "annotation", "parentItem": f"P{number}"}
        note |= {
            "annotationText": quote(number),
            "annotationComment": "",
            "dateAdded": "2020-01-01T00:00:00Z",
        }
        every = ({**item, "tags": [{"tag": "tag"}]}, attached, note)
        return [{"key": data["key"], "version": self.clock, "data": data} for data in every]


class Feed(Service):
    def reply(self, asked: Asked) -> Any:
        etag = f'"{self.clock}"'
        if asked.headers.get("if-none-match") == etag:
            return Answer("", 304)
        items = "".join(
            f"<item><title>{record['title']}</title><link>{url(n)}</link><category>tag</category>"
            f"<description>{quote(n)}</description><pubDate>Wed, 01 Jan 2020 00:00:00 GMT</pubDate></item>"
            for n, record in sorted(self.records.items())
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{items}</channel></rss>'
        return Answer(feed, 200, {"ETag": etag, "Content-Type": "application/rss+xml"})


SERVICES: dict[str, type[Service]] = {
    "readwise": Readwise,
    "hypothesis": Hypothesis,
    "karakeep": Karakeep,
    "linkding": Linkding,
    "raindrop": Raindrop,
    "pinboard": Pinboard,
    "diigo": Diigo,
    "zotero": Zotero,
    "feed": Feed,
}
