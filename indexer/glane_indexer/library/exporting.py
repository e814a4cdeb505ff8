"""A library, or a part of it, as a file in any of the formats that Glane writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from glane_indexer.errors import InputError, UsageError
from glane_indexer.exporters.registry import EXPORTS, Selection
from glane_indexer.models import Bookmark


def export(
    library: Path, stream: TextIO, *, format: str = "jsonl", selection: Selection | None = None
) -> int:
    """Write the bookmarks of a selection (all, where there is none), in order of id; how many there were.

    Raises:
        CatalogError: there is no catalog, or it cannot be read.
        UsageError: there is no such format.
    """
    from glane_indexer.catalog.bookmarks import Catalog

    if format not in EXPORTS:
        raise UsageError(
            f"there is no format {format!r} to write",
            where="--format",
            hint=f"It is one of {', '.join(EXPORTS)}",
        )
    count = 0

    def selected(catalog: Catalog) -> Iterator[Bookmark]:
        nonlocal count
        for bookmark in catalog.bookmarks():
            if selection is None or selection.takes(bookmark):
                count += 1
                yield bookmark

    with Catalog.open(library, read_only=True) as catalog:
        for part in EXPORTS[format].write(selected(catalog)):
            stream.write(part)
    return count


def export_to_file(
    library: Path, path: Path, *, format: str = "jsonl", selection: Selection | None = None
) -> int:
    """Write a file, whole or not at all; how many bookmarks it holds.

    Raises:
        CatalogError: there is no catalog, or it cannot be read.
        InputError: the file cannot be written.
        UsageError: there is no such format.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as stream:
                count = export(library, stream, format=format, selection=selection)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"the export cannot be written: {error.strerror}", where=str(path)) from error
    return count
