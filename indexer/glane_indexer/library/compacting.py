"""A library without what is superseded: one segment a visibility, and a catalog without free blocks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from glane_indexer.catalog.compacting import rewrite
from glane_indexer.catalog.schema import CATALOG_NAME, log_of
from glane_indexer.errors import CatalogError
from glane_indexer.index.generation import current_name, read_manifest
from glane_indexer.index.merge import compact
from glane_indexer.library.backup import LOCK_SECONDS
from glane_indexer.library.locking import writer_lock


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What a compaction did; ``bytes`` are those of catalog and current index, ``superseded`` bookmarks."""

    generation: str
    segments_before: int
    segments: int
    superseded: int
    bytes_before: int
    bytes: int
    seconds: float


def compact_library(library: Path) -> CompactReport:
    """Merge the segments of the index and write the catalog anew; no answer changes.

    A running service goes on and takes the new generation up; the generation before stays to go back to.

    Raises:
        CatalogError: there is no catalog, or it cannot be read or written; it is as it was then.
        GenerationError: there is no index, or it is damaged or cannot be written.
        LockedError: another process is indexing the library, or goes on writing to it for a minute.
    """
    if not (library / CATALOG_NAME).exists():
        raise CatalogError("there is no catalog here", where=str(library), hint="Import bookmarks first")
    started = time.monotonic()
    before = _size(library)
    merged = compact(library, wait=LOCK_SECONDS)
    with writer_lock(library, "compacting", wait=LOCK_SECONDS):
        rewrite(library)
    return CompactReport(
        merged.generation,
        merged.segments_before,
        merged.segments,
        merged.superseded,
        before,
        _size(library),
        round(time.monotonic() - started, 3),
    )


def _size(library: Path) -> int:
    """The bytes of the catalog, its log, and the generation that answers."""
    name = current_name(library)
    index = read_manifest(library, name).total_bytes if name else 0
    files = (library / CATALOG_NAME, log_of(library / CATALOG_NAME))
    return index + sum(path.stat().st_size for path in files if path.exists())
