"""Raindrop's CSV export, with notes and highlights (pure).

The cell of highlights holds blocks: ``Highlight:`` and its text, then ``Note:`` and the note on it.
Folders become tags, each part of a path one, but for the one of what is not sorted; the export of one
collection has no column for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glane_indexer.importers.record import annotation, bookmark, paragraphs, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows
from glane_indexer.models import Annotation, Imported

_LABEL = re.compile(r"^(Highlight|Note):[ \t]*", re.MULTILINE | re.IGNORECASE)
_BLOCKS = re.compile(r"\n[ \t]*\n")


def recognise(source: Source) -> float:
    """Whether the header has Raindrop's names."""
    _, names = header(source)
    own = {"folder", "excerpt", "highlights", "cover", "favorite"} & set(names)
    return 1.0 if {"url", "title"} <= set(names) and len(own) > 2 else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks with their highlights."""
    for row in rows(source):
        if not isinstance(row, Row):
            yield row
            continue
        folders = [part for part in row.get("folder").split("/") if part.strip().lower() != "unsorted"]
        yield from bookmark(
            row.where,
            url=row.get("url"),
            title=row.get("title"),
            description=paragraphs(row.get("note"), row.get("excerpt")),
            tags=[*folders, *tags_of(row.get("tags"))],
            created=row.get("created"),
            annotations=highlights(row.cells.get("highlights", "")),
        )


def highlights(cell: str) -> Iterator[Annotation | None]:
    """The blocks of a cell; without labels a highlight a paragraph."""
    before, *labelled = _LABEL.split(cell)
    if not labelled:
        yield from (annotation(block) for block in _BLOCKS.split(before))
        return
    yield annotation(before)
    text = ""
    for label, block in zip(labelled[::2], labelled[1::2], strict=True):
        if label.lower() == "note":
            yield annotation(text, block)
            text = ""
        else:
            yield annotation(text)
            text = block
    yield annotation(text)
