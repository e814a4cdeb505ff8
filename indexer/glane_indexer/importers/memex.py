"""Memex's (WorldBrain's) JSON: annotations alone, or a dump of its collections (pure).

An annotation is a quote, its comment and its page. Memex keeps addresses without ``https://www.``; a
dump says under ``pages`` what each was, and which tags and lists it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import Works, annotation, dict_of, names_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_LISTS = ("annotations", "pages", "bookmarks")
_ALL = (*_LISTS, "tags", "customLists", "pageListEntries", "visits")


def recognise(source: Source) -> float:
    """Whether the first record has Memex's names."""
    document: Any = source.document
    if isinstance(document, dict):
        if "pages" in document and {"customLists", "pageListEntries"} & document.keys():
            return 1.0
        document = next((document[name] for name in _LISTS if document.get(name)), document)
    first = dict_of(document[0] if isinstance(document, list) and document else document)
    return (
        1.0
        if {"pageUrl", "pageTitle"} & first.keys() and {"body", "comment", "fullUrl"} & first.keys()
        else 0.0
    )


def read(source: Source) -> Iterator[Imported]:
    """The annotated pages, and those that were kept without annotations."""
    works, addresses, lists = Works(), dict[str, str](), dict[str, str]()
    records: list[tuple[str, dict[str, Any]]] = []
    for item in elements(source.text, *_ALL):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        records.append((item[0], values))
        if values.get("fullUrl") and values.get("url") and "listId" not in values:
            addresses[text_of(values["url"])] = text_of(values["fullUrl"])
        elif "name" in values and "id" in values and "pageUrl" not in values:
            lists[text_of(values["id"])] = text_of(values["name"])
    for where, values in records:
        page = text_of(values.get("pageUrl") or values.get("url"))
        address = text_of(values.get("fullUrl") or values.get("fullPageUrl")) or addresses.get(page, page)
        if not address:
            continue
        url = address if "://" in address else f"https://{address}"
        title = values.get("pageTitle") or values.get("fullTitle") or values.get("title")
        work = works.work(url, where, url=url, title=title)
        work.values["title"] = work.values["title"] or title
        work.tags += names_of(values.get("tags"), "name") + names_of(values.get("lists"), "name")
        if "name" in values:
            work.tags.append(text_of(values["name"]))
        work.tags.append(lists.get(text_of(values.get("listId")), ""))
        created = values.get("createdWhen") or values.get("lastEdited")
        if values.get("time") and not work.values.get("created"):
            work.values["created"] = values["time"]
        if values.get("body") or values.get("comment"):
            work.annotations.append(
                annotation(values.get("body"), values.get("comment"), values.get("creator"), created)
            )
    yield from works.bookmarks()
