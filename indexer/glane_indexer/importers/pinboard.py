"""Pinboard's JSON (Settings > Backup, or ``posts/all``) and what Delicious wrote as XML (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import bookmark, dict_of, text_of, truth
from glane_indexer.importers.source import Source
from glane_indexer.importers.xml_text import parsed
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first record has Pinboard's names."""
    document: Any = source.document
    if isinstance(document, dict):
        document = document.get("posts")
    first = dict_of(document[0] if isinstance(document, list) and document else None)
    return 1.0 if {"href", "description"} <= first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The posts."""
    for item in elements(source.text, "posts"):
        if isinstance(item, Problem):
            yield item
        else:
            yield from _post(item[0], dict_of(item[1]))


def recognise_xml(source: Source) -> float:
    """Whether it is XML whose root is ``posts``."""
    head = source.head.lower()
    return 1.0 if "<posts" in head and "<post " in head and "href=" in head else 0.0


def read_xml(source: Source) -> Iterator[Imported]:
    """The posts."""
    posts = (dict(node.attrib) for node in parsed(source) if node.tag == "post")
    for number, post in enumerate(posts, start=1):
        yield from _post(f"post {number}", {**post, "tags": post.get("tag", "")})


def _post(where: str, post: dict[str, Any]) -> Iterator[Imported]:
    tags = text_of(post.get("tags")).split()
    yield from bookmark(
        where,
        url=post.get("href"),
        title=post.get("description"),
        description=post.get("extended"),
        tags=[*tags, *(["toread"] if truth(post.get("toread")) else [])],
        created=post.get("time") or post.get("dt"),
        private=text_of(post.get("shared")).strip().lower() == "no",
    )
