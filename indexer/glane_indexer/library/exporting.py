"""A library as JSON lines, which an import takes back exactly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from glane_indexer.errors import InputError
from glane_indexer.importers import jsonl


def export_jsonl(library: Path, stream: TextIO) -> int:
    """Write every bookmark, in order of id, one a line; how many there were.

    Raises:
        CatalogError: there is no catalog, or it cannot be read.
    """
    from glane_indexer.catalog.bookmarks import Catalog

    count = 0
    with Catalog.open(library, read_only=True) as catalog:
        for bookmark in catalog.bookmarks():
            stream.write(jsonl.dump(bookmark) + "\n")
            count += 1
    return count


def export_to_file(library: Path, path: Path) -> int:
    """Write a file, whole or not at all; how many bookmarks it holds.

    Raises:
        CatalogError: there is no catalog, or it cannot be read.
        InputError: the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as stream:
                count = export_jsonl(library, stream)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"the export cannot be written: {error.strerror}", where=str(path)) from error
    return count
