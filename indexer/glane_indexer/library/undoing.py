"""Which imports a library has seen, and how one of them is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glane_indexer.catalog.imports import ImportRecord


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What taking an import back did: bookmarks that are less than they were, and that are gone."""

    import_id: str
    file: str
    updated: int
    deleted: int


def imports(library: Path) -> list[ImportRecord]:
    """All imports of a library, the first one first, those that were taken back too.

    Raises:
        CatalogError: there is no catalog, or it cannot be read.
    """
    from glane_indexer.catalog.bookmarks import Catalog

    with Catalog.open(library, read_only=True) as catalog:
        return catalog.imports()


def undo_import(library: Path, import_id: str) -> UndoReport:
    """Take an import back: the library is what the other imports and all edits by hand give.

    Args:
        import_id: as ``glane imports`` shows it; the zeros in front may be left out.

    Raises:
        NotFoundError: there is no such import, or it was taken back before.
        LockedError: another process is writing to the library.
        CatalogError: there is no catalog, or it cannot be written; nothing has changed then.
    """
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.language import bookmark_language
    from glane_indexer.library.locking import writer_lock

    # Before the lock, which would make a file in any folder.
    Catalog.open(library, read_only=True).close()
    id = import_id.zfill(6)
    with writer_lock(library, "taking back an import"), Catalog.open(library) as catalog:
        updated, deleted = catalog.undo(id, language=bookmark_language)
        (file,) = [record.file for record in catalog.imports() if record.id == id]
    return UndoReport(id, file, updated, deleted)
