"""Memex's (WorldBrain's) annotations as JSON: a quote, its comment and its page each (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import Works, annotation, dict_of, names_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_LISTS = ("annotations", "pages", "bookmarks")


def recognise(source: Source) -> float:
    """Whether the first record has Memex's names."""
    document: Any = source.document
    if isinstance(document, dict):
        document = next((document[name] for name in _LISTS if document.get(name)), document)
    first = dict_of(document[0] if isinstance(document, list) and document else document)
    return (
        1.0
        if {"pageUrl", "pageTitle"} & first.keys() and {"body", "comment", "fullUrl"} & first.keys()
        else 0.0
    )


def read(source: Source) -> Iterator[Imported]:
    """The annotated pages."""
    works = Works()
    for item in elements(source.text, *_LISTS):
        if isinstance(item, Problem):
            yield item
            continue
        where, values = item[0], dict_of(item[1])
        address = text_of(values.get("fullUrl") or values.get("fullPageUrl") or values.get("pageUrl"))
        url = address if "://" in address or not address else f"https://{address}"
        title = values.get("pageTitle") or values.get("fullTitle") or values.get("title")
        work = works.work(url or where, where, url=url, title=title)
        work.tags += names_of(values.get("tags"), "name") + names_of(values.get("lists"), "name")
        created = values.get("createdWhen") or values.get("lastEdited")
        if values.get("body") or values.get("comment"):
            work.annotations.append(
                annotation(values.get("body"), values.get("comment"), values.get("creator"), created)
            )
    yield from works.bookmarks()
