"""A folder whose files are imported as they appear, also those that came while nobody watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from glane_indexer.errors import InputError
from glane_indexer.library.importing import Progress, import_paths
from glane_indexer.library.reports import Failure, ImportReport

# What browsers and copying programs call files that are not whole yet.
_UNFINISHED = (".part", ".crdownload", ".download", ".tmp", ".partial", ".swp")

Stamps = dict[str, list[int]]


def take(
    folder: Path, library: Path, *, progress: Progress | None = None
) -> Iterator[ImportReport | Failure]:
    """Import the files of a folder that are new, or have changed since they were taken last.

    What was taken is noted in the library after each file. One that cannot be read is told once, and
    again when it has changed.

    Raises:
        InputError: there is no such folder.
        LockedError, CatalogError: as for any import.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", where=str(folder))
    source = f"watch:{folder.resolve()}"
    known = _known(library, source)
    for path, stamp in _files(folder):
        name = path.relative_to(folder).as_posix()
        if known.get(name) == stamp:
            continue
        yield from import_paths([path], library, progress=progress)
        known[name] = stamp
        _note(library, source, known)


def _files(folder: Path) -> list[tuple[Path, list[int]]]:
    found = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or path.suffix.lower() in _UNFINISHED or not path.is_file():
            continue
        status = path.stat()
        found.append((path, [status.st_size, status.st_mtime_ns]))
    return found


def _known(library: Path, source: str) -> Stamps:
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.catalog.schema import CATALOG_NAME

    if not (library / CATALOG_NAME).exists():
        return {}
    with Catalog.open(library, read_only=True) as catalog:
        return dict(json.loads(catalog.cursor(source) or "{}"))


def _note(library: Path, source: str, stamps: Stamps) -> None:
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.catalog.schema import CATALOG_NAME
    from glane_indexer.library.locking import writer_lock

    # Where nothing could be imported there is no library, and none is made for that.
    if (library / CATALOG_NAME).exists():
        with writer_lock(library, "noting what was imported"), Catalog.open(library) as catalog:
            catalog.set_cursor(source, json.dumps(stamps))
