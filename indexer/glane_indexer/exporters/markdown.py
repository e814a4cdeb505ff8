"""A library as a page to read in Markdown, or to keep in a note-taking program (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from glane_indexer.exporters.texts import quoted
from glane_indexer.models import Bookmark

# What would begin a heading, a quotation, a list or code, or would close a link.
_MARKS = re.compile(r"([\\`*_\[\]<>])")
_LINE_MARKS = re.compile(r"^(\s*)(?=#{1,6}\s|[-+]\s|={2,}|-{2,}|~{3})", re.MULTILINE)
_NUMBERS = re.compile(r"^(\s*\d+)(?=[.)]\s)", re.MULTILINE)
# A url between brackets of a link: what would end it is written as RFC 3986 writes it.
_IN_URL = {"(": "%28", ")": "%29", " ": "%20", "<": "%3C", ">": "%3E"}


def write(bookmarks: Iterable[Bookmark]) -> Iterator[str]:
    """A heading with the link for each bookmark, facts, description, and its highlights quoted."""
    for bookmark in bookmarks:
        title = _plain(" ".join(bookmark.title.split()))
        parts = [f"## [{title}]({_address(bookmark.url)})" if bookmark.url else f"## {title}"]
        facts = [
            bookmark.created_at.date().isoformat() if bookmark.created_at else "",
            _plain(bookmark.contributor),
            *("#" + _plain("-".join(tag.split())) for tag in bookmark.tags),
        ]
        if line := " ".join(filter(None, facts)):
            parts.append(line)
        if bookmark.description:
            parts.append(_plain(bookmark.description))
        parts += [
            quoted(replace(annotation, text=_plain(annotation.text), note=_plain(annotation.note)))
            for annotation in bookmark.annotations
        ]
        yield "\n\n".join(parts) + "\n\n"


def _address(url: str) -> str:
    return "".join(_IN_URL.get(character, character) for character in url)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is written."""
    return _NUMBERS.sub(r"\1\\", _LINE_MARKS.sub(r"\1\\", _MARKS.sub(r"\\\1", text)))
