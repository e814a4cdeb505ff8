"""Bookmarks as Diigo's API gives them (``/api/v2/bookmarks``), and backup scripts join them (pure).

The comments on an annotation become its note, each behind its author's name where that is not the
owner of the bookmark.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.clean import unquoted
from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import (
    annotation,
    bookmark,
    dict_of,
    list_of,
    paragraphs,
    text_of,
    truth,
)
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first record has the names of Diigo's API."""
    document: Any = source.document
    first = dict_of(document[0] if isinstance(document, list) and document else document)
    return (
        1.0
        if {"url", "desc"} <= first.keys() and {"annotations", "readlater", "shared"} & first.keys()
        else 0.0
    )


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks with their annotations."""
    for item in elements(source.text):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        owner = text_of(values.get("user"))
        said = [_comment(comment, owner) for comment in list_of(values.get("comments"))]
        tags = values.get("tags")
        yield from bookmark(
            item[0],
            url=values.get("url"),
            title=values.get("title"),
            description=paragraphs(unquoted(text_of(values.get("desc")).strip()), *said),
            tags=[
                *(text_of(tags).split(",") if isinstance(tags, str) else list_of(tags)),
                *(["toread"] if truth(values.get("readlater")) else []),
            ],
            contributor=owner,
            created=values.get("created_at"),
            private=text_of(values.get("shared")).strip().lower() == "no",
            annotations=[
                _annotation(dict_of(entry), owner) for entry in list_of(values.get("annotations"))
            ],
        )


def _annotation(entry: dict[str, Any], owner: str) -> Any:
    note = paragraphs(*(_comment(comment, owner) for comment in list_of(entry.get("comments"))))
    return annotation(entry.get("content"), note, entry.get("user"), entry.get("created_at"))


def _comment(value: object, owner: str) -> str:
    comment = dict_of(value)
    author, text = text_of(comment.get("user")), text_of(comment.get("content"))
    return f"{author}: {text}" if author and author != owner and text.strip() else text
