"""Any JSON whose objects have an address: those of tools that have no reader of their own (pure).

Every object with an address is a bookmark, wherever in the document it stands; its values are taken by
their usual names, a list of objects with a quoted text in it is its highlights, and the titles of the
objects around it are its folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.folders import is_root
from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import (
    annotation,
    bookmark,
    dict_of,
    list_of,
    names_of,
    paragraphs,
    text_of,
)
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Imported, Problem

# In small letters; an export may write them with large ones. GitHub's "url" is that of its API.
_URLS = (
    *("html_url", "url", "href", "uri", "link", "pageurl", "page_url", "source_url", "sourceurl"),
    *("original_url", "savedurl", "urlstring", "permalink", "tweet_url", "expanded_url"),
)
# Feed readers keep the address of a saved entry in a list of links.
_LINKS = ("canonical", "alternate")
_TITLES = (
    *("customtitle", "title", "name", "pagetitle", "document_title", "savedtitle", "text", "caption"),
    "full_text",
)
_TEXTS = (
    *("description", "customdescription", "excerpt", "summary", "extended", "desc", "abstract"),
    *("note", "notes", "comment", "full_text"),
)
_TAGS = ("tags", "labels", "keywords", "tag_names", "topics", "categories")
_DATES = (
    *("created_at", "created", "createdat", "date_added", "dateadded", "added", "addedat", "added_at"),
    *("savedat", "saved_at", "starred_at", "bookmarked_at", "date", "timestamp", "time", "time_added"),
    *("published", "lastaccessed"),
)
_HIGHLIGHTS = ("highlights", "annotations", "quotes", "marks")
_QUOTES = ("text", "quote", "highlight", "content", "exact")
# What stands around a bookmark and is named so is a folder; the document itself is none.
_FOLDERS = ("title", "name")
_NAMED = ("name", "label", "title")
_DEEPEST = 50


def recognise(source: Source) -> float:
    """.2 where there is an object with an address in the head of the document."""
    return 0.2 if any(_objects(source.document)) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The objects with an address."""
    listed = source.head.lstrip("\ufeff \t\r\n").startswith("[")
    for item in elements(source.text):
        if isinstance(item, Problem):
            yield item
            continue
        for value, folders in _objects(item[1], listed):
            tags = names_of(next((value[name] for name in _TAGS if value.get(name)), None), *_NAMED)
            yield from bookmark(
                item[0],
                url=_address(value),
                title=_first(value, _TITLES),
                description=paragraphs(*(_said(value.get(name)) for name in _TEXTS)),
                # Feed readers give labels as paths, and states of their own beside them.
                tags=[*folders, *(tag.rpartition("/label/")[2] for tag in tags if "/state/" not in tag)],
                contributor=_first(value, ("author", "user", "contributor")),
                created=next((value[name] for name in _DATES if text_of(value.get(name))), None),
                annotations=_highlights(value),
            )


def _said(value: object) -> str:
    """A text, or the one in an object of a text and its kind."""
    return text_of(value) or text_of(dict_of(value).get("content"))


def _highlights(value: dict[str, Any]) -> Iterator[Annotation | None]:
    for entry in list_of(next((value[name] for name in _HIGHLIGHTS if value.get(name)), None)):
        inner = _lowered(dict_of(entry))
        date = next((inner[name] for name in _DATES if text_of(inner.get(name))), None)
        yield annotation(
            entry if isinstance(entry, str) else _first(inner, _QUOTES),
            inner.get("note") or inner.get("comment"),
            created=date,
        )


def _objects(document: Any, listed: bool = False) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The objects with an address in a document, in small letters, and the titles of those around each.

    What is in an object with an address belongs to it. One that is ``listed`` is a folder by itself; the
    whole of a file is none.
    """
    stack: list[tuple[Any, int, list[str]]] = [(document, 0, [])]
    while stack:
        value, depth, folders = stack.pop()
        if isinstance(value, dict) and "://" in _address(lowered := _lowered(value)):
            yield lowered, folders
        elif depth < _DEEPEST:
            if isinstance(value, dict) and (depth or listed):
                name = _first(_lowered(value), _FOLDERS)
                folders = [*folders, name] if name and not is_root(name) else folders
            inner = value.values() if isinstance(value, dict) else list_of(value)
            stack += [(child, depth + 1, folders) for child in reversed(list(inner))]


def _address(value: dict[str, Any]) -> str:
    """The first of the usual names that has an address, also where it stands in a list of links."""
    links = (dict_of(link).get("href") for name in _LINKS for link in list_of(value.get(name)))
    return next((text for text in map(text_of, (*map(value.get, _URLS), *links)) if "://" in text), "")


def _lowered(value: dict[str, Any]) -> dict[str, Any]:
    """An object with its names in small letters; of two that differ in that alone the first counts."""
    return {name.lower(): entry for name, entry in reversed(value.items())}


def _first(value: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(value.get(name)))), "")
