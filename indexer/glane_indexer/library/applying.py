"""From the journal into the catalog: each change once, in order, whatever ends in between."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.schema import CATALOG_NAME
from glane_indexer.errors import CatalogError
from glane_indexer.index.generation import CURRENT, INDEX
from glane_indexer.library import changes
from glane_indexer.library.entries import Entry
from glane_indexer.library.journal import JOURNAL, Journal
from glane_indexer.library.locking import writer_lock
from glane_indexer.models import Bookmark

logger = logging.getLogger("glane")
# Changes that go into the catalog in one transaction: enough for bulk speed, few enough for moments.
AT_ONCE = 500
LOCK_SECONDS = 2.0
# Bookmarks of one transaction; a change may bring a thousand.
BOOKMARKS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Applied:
    """Up to which change the catalog is now, and how many of them went in this time."""

    seq: int
    count: int


def apply_pending(library: Path, journal: Journal) -> Applied:
    """Put the changes that wait into the catalog, which is made where there is none.

    The number of the last one is stored in the transaction that stores what it did: a process that ends
    at any moment has done both or neither.

    Raises:
        LockedError: another process is writing to the library.
        JournalError: the journal is damaged or cannot be read.
        CatalogError: the catalog cannot be written; nothing of this is in it then.
    """
    count = 0
    with writer_lock(library, "applying changes", wait=LOCK_SECONDS):
        while True:
            entries = journal.entries()
            has_catalog(library)
            with Catalog.open(library, create=True) as catalog:
                applied = catalog.seq()
                journal.raise_floor(applied)
                todo = _part([entry for entry in entries if entry.seq > applied])
                if not todo:
                    break
                if todo[0].seq != applied + 1:
                    logger.warning(
                        "the catalog knows change %d, and the journal goes on with %d: an older catalog "
                        "was put in its place",
                        applied,
                        todo[0].seq,
                    )
                _apply(catalog, todo)
            count += len(todo)
            applied = todo[-1].seq
            if applied == entries[-1].seq:
                break
        # Closed first: whoever appends holds the journal, and may wait for the catalog.
        if entries:
            journal.trim(applied)
    return Applied(applied, count)


def applied_seq(library: Path) -> int:
    """The number of the last change that the catalog holds; 0 where there is no catalog.

    Raises:
        CatalogError: it cannot be read.
    """
    if not has_catalog(library):
        return 0
    with Catalog.open(library, read_only=True) as catalog:
        return catalog.seq()


def has_catalog(library: Path) -> bool:
    """Whether there is a catalog.

    Raises:
        CatalogError: there is none, and an index that was made from one: it was taken away.
    """
    if (library / CATALOG_NAME).exists():
        return True
    if (library / INDEX / CURRENT).exists():
        raise CatalogError(
            "the catalog is gone",
            where=str(library / CATALOG_NAME),
            hint="Put back a copy with `glane restore --replace`, or import everything again",
        )
    return False


def has_journal(library: Path) -> bool:
    """Whether any change was ever made here otherwise than by an import."""
    return (library / JOURNAL).exists()


def _part(entries: Sequence[Entry]) -> list[Entry]:
    part: list[Entry] = []
    bookmarks = 0
    for entry in entries[:AT_ONCE]:
        bookmarks += len(entry.ids)
        if part and bookmarks > BOOKMARKS_AT_ONCE:
            break
        part.append(entry)
    return part


def _apply(catalog: Catalog, entries: Sequence[Entry]) -> None:
    touched = sorted({id for entry in entries for id in entry.ids})
    with catalog.transaction():
        before: dict[str, Bookmark] = {item.id: item for item in catalog.bookmarks_of(touched)}
        now: dict[str, Bookmark | None] = dict(before)
        for entry in entries:
            for id in dict.fromkeys(entry.ids):
                now[id] = changes.after(now.get(id), entry, id)
        new = {id: item for id, item in now.items() if item is not None and item != before.get(id)}
        gone = [id for id in before if now[id] is None]
        catalog.apply(list(new.values()), gone, entries[-1].seq)
