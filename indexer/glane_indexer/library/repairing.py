"""What can be put right in a damaged library is; what cannot is said, and nothing is thrown away."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.schema import CATALOG_NAME
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.library.applying import apply_pending
from glane_indexer.library.checking import Finding, check
from glane_indexer.library.journal import Journal
from glane_indexer.library.locking import writer_lock

ASIDE = "damaged"


def repair(library: Path, encoder: Callable[[], Encoder]) -> tuple[list[str], list[Finding]]:
    """Repair what can be; what was done, and what :func:`check` finds afterwards.

    A damaged journal is set aside, and its sound changes stay. A catalog whose tables contradict one
    another is cleared of what belongs to nothing. An index that is damaged or behind is built anew.

    Raises:
        LockedError: another process is writing to the library.
        LibraryError: something cannot be written.
    """
    done: list[str] = []
    if any(finding.part == "journal" for finding in check(library)):
        done += _repair_journal(library)
    if (library / CATALOG_NAME).exists() or Journal(library).path.exists():
        try:
            with writer_lock(library, "repairing"), Catalog.open(library, create=True) as catalog:
                done += catalog.clear_inconsistencies()
            done += _apply(library)
        except GlaneError as error:
            # Nothing else can be made without it.
            return [*done, f"the catalog was left as it is: {error.message}"], check(library)
    findings = check(library)
    if any(finding.part == "index" for finding in findings):
        force = any(finding.part == "index" and finding.level == "error" for finding in findings)
        report = build_generation(library, encoder(), force=force)
        done.append(f"the index was built anew: generation {report.generation}")
    return done, check(library)


def _repair_journal(library: Path) -> list[str]:
    journal = Journal(library)
    try:
        entries = journal.entries()
    except GlaneError:
        pass
    else:
        del entries
        return []
    finally:
        journal.close()
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = library / ASIDE / f"{now}-{journal.path.name}"
    aside.parent.mkdir(exist_ok=True)
    shutil.copy2(journal.path, aside)
    lost = journal.salvage()
    return [f"the journal was written anew without {lost} damaged changes; as it was it is {aside}"]


def _apply(library: Path) -> list[str]:
    journal = Journal(library)
    try:
        applied = apply_pending(library, journal)
    finally:
        journal.close()
    return [f"{applied.count} changes that waited were applied"] if applied.count else []
