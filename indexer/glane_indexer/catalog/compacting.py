"""A catalog written anew, without what was deleted."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from glane_indexer.catalog.schema import CATALOG_NAME, log_of, open_file, translated
from glane_indexer.index.manifest import sync


def rewrite(library: Path) -> None:
    """Write the catalog into a new file, without the blocks and vectors of what is gone; by one rename.

    The caller holds the writer's lock. A reader that has the old file open goes on with it.

    Raises:
        CatalogError: it cannot be read or written; it is as it was then.
    """
    path = library / CATALOG_NAME
    draft = library / f".{CATALOG_NAME}-{os.getpid()}"
    # Those of processes that were killed, too: whoever is here holds the lock.
    for leftover in library.glob(f".{CATALOG_NAME}-*"):
        leftover.unlink(missing_ok=True)
    connection = open_file(library, create=False, read_only=False)
    try:
        with translated(path), contextlib.closing(connection):
            connection.execute("DELETE FROM passages WHERE bookmark_id NOT IN (SELECT id FROM bookmarks)")
            connection.execute(
                "DELETE FROM embeddings WHERE hash NOT IN (SELECT hash FROM passages) "
                "AND EXISTS (SELECT 1 FROM passages)"
            )
            connection.execute("CHECKPOINT")
            name = connection.execute("SELECT current_database()").fetchone()
            assert name is not None
            address = str(draft).replace("'", "''")
            connection.execute(f"ATTACH '{address}' AS compacted")
            connection.execute(f'COPY FROM DATABASE "{name[0]}" TO compacted')
            connection.execute("CHECKPOINT compacted")
            connection.execute("DETACH compacted")
        sync(draft)
        draft.replace(path)
        log_of(path).unlink(missing_ok=True)
        sync(library)
    finally:
        draft.unlink(missing_ok=True)
