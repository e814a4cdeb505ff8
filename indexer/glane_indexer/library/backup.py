"""A library copied while it is served, and put back: whole, checked, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.schema import CATALOG_NAME
from glane_indexer.errors import InputError, LibraryError, UsageError
from glane_indexer.index.generation import CURRENT, INDEX
from glane_indexer.index.manifest import sync
from glane_indexer.library.applying import apply_pending
from glane_indexer.library.journal import JOURNAL, Journal
from glane_indexer.library.locking import INDEX_LOCK, draft_folder, writer_lock

MANIFEST = "backup.json"
FORMAT = 1
LOCK_SECONDS = 60.0
# What belongs to one library and not to its copy: locks, drafts, and the secret of its sessions.
_LEFT = ("sessions.secret", "writer.lock", "index.lock", "journal.lock", "applier.lock", MANIFEST)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What is in a backup; ``seq`` is the last change in it."""

    folder: str
    files: int
    bytes: int
    bookmarks: int
    seq: int


def backup(library: Path, folder: Path) -> BackupReport:
    """Copy a library into a new folder, as it is at one moment; searching and writing go on.

    What is acknowledged before this begins is in it.

    Raises:
        UsageError: there is something at that place already.
        LockedError: another process is writing to the library.
        LibraryError: it cannot be read, or the copy cannot be written; nothing is left of it then.
    """
    if folder.exists():
        raise UsageError("there is something here already", where=str(folder), hint="Name a new folder")
    try:
        with draft_folder(folder) as draft:
            # Nobody applies, imports or builds meanwhile; changes go on being acknowledged in the journal.
            with still(library, "backing up"):
                with Catalog.open(library) as catalog:
                    catalog.checkpoint()
                    bookmarks, applied = catalog.counts()["bookmarks"], catalog.seq()
                for path in sorted(library.rglob("*")):
                    name = path.relative_to(library)
                    if path.is_file() and not _is_left(name):
                        (draft / name).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy2(path, draft / name)
            last = _cut_journal(draft, applied)
            files = _sums(draft)
            report = BackupReport(
                str(folder), len(files), sum(size for size, _ in files.values()), bookmarks, last
            )
            document = {
                "backup": FORMAT,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "bookmarks": bookmarks,
                "seq": last,
                "files": files,
            }
            (draft / MANIFEST).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
            _sync_all(draft)
            draft.replace(folder)
            sync(folder.parent)
    except OSError as error:
        raise LibraryError(f"the backup cannot be written: {error.strerror}", where=str(folder)) from error
    return report


def restore(folder: Path, library: Path, *, replace: bool = False) -> BackupReport:
    """Put a backup in the place of a library.

    Everything of the backup is checked first. A library that is served goes on: its numbers of changes
    count on, and its index follows with the next `glane index`, which the caller starts.

    Args:
        replace: also where there is a library; its catalog and its journal are kept beside the new ones, in
            a folder named ``before-restore-…``.

    Raises:
        InputError: this is no backup, or it is damaged; nothing is changed then.
        UsageError: there is a library here, and ``replace`` is off.
        LockedError: another process is writing to the library.
    """
    report = _checked(folder)
    if any((library / name).exists() for name in (CATALOG_NAME, JOURNAL)) and not replace:
        raise UsageError(
            "there is a library here already", where=str(library), hint="Add --replace to put it aside"
        )
    try:
        with draft_folder(library) as stage:
            ignored = shutil.ignore_patterns(MANIFEST)
            shutil.copytree(folder, stage, ignore=ignored, dirs_exist_ok=True)
            journal = Journal(stage)
            # A copy holds what was acknowledged and not yet applied in its journal.
            apply_pending(stage, journal)
            last = journal.last()
            journal.close()
            if library.exists() and any(library.iterdir()):
                with still(library, "restoring"):
                    _put(stage, library, last)
            else:
                # Whole by one rename, or not at all.
                with Catalog.open(stage) as catalog:
                    catalog.checkpoint()
                for name in _LEFT:
                    (stage / name).unlink(missing_ok=True)
                _sync_all(stage)
                stage.replace(library)
                sync(library.parent)
    except OSError as error:
        raise LibraryError(
            f"the backup cannot be put back: {error.strerror}", where=str(library)
        ) from error
    return report


def _put(stage: Path, library: Path, last: int) -> None:
    """Move the catalog, and what the library has none of yet, into place."""
    journal = Journal(library)
    last = max(last, journal.last() if journal.path.exists() else 0)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with journal.replaced() as replaced:
        kept = [path for path in (library / CATALOG_NAME, journal.path) if path.exists()]
        if (library / CATALOG_NAME).exists():
            with Catalog.open(library) as catalog:
                last = max(last, catalog.seq())
                catalog.checkpoint()
        place = _free(library, f"before-restore-{now}")
        with draft_folder(place) as aside:
            for path in kept:
                shutil.copy2(path, aside / path.name)
            if kept:
                aside.replace(place)
        # Numbers that were given are not given again, so that no receipt means two things.
        with Catalog.open(stage) as catalog:
            catalog.apply([], [], last)
            catalog.checkpoint()
        (stage / CATALOG_NAME).replace(library / CATALOG_NAME)
        replaced(last)
    if not (library / INDEX / CURRENT).exists() and (stage / INDEX).is_dir():
        shutil.rmtree(library / INDEX, ignore_errors=True)
        (stage / INDEX).replace(library / INDEX)
    for path in sorted(stage.iterdir()):
        if path.is_file() and path.name not in (JOURNAL, *_LEFT) and not path.name.startswith("."):
            path.replace(library / path.name)
    sync(library)


@contextlib.contextmanager
def still(library: Path, purpose: str) -> Iterator[None]:
    """Hold both locks of a library, so that nobody writes to its catalog or to its index.

    Raises:
        LockedError: another process goes on writing for a minute.
    """
    with (
        writer_lock(library, purpose, wait=LOCK_SECONDS),
        writer_lock(library, purpose, name=INDEX_LOCK, wait=LOCK_SECONDS),
    ):
        yield


def _checked(folder: Path) -> BackupReport:
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text("utf-8"))
        files = {str(name): (int(size), str(hash)) for name, (size, hash) in document["files"].items()}
        report = BackupReport(
            str(folder),
            len(files),
            sum(size for size, _ in files.values()),
            int(document["bookmarks"]),
            int(document["seq"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"this is no backup: {error}", where=str(path)) from error
    found = _sums(folder)
    for name in sorted(files.keys() | found.keys()):
        if files.get(name) != found.get(name):
            raise InputError("this file is not as it was backed up", where=str(folder / name))
    return report


def _cut_journal(draft: Path, applied: int) -> int:
    """Leave in the copy of a journal what is whole and not applied; the last number in it."""
    journal = Journal(draft, floor=applied)
    try:
        if journal.path.exists():
            journal.trim(applied, force=True)
            (draft / "journal.lock").unlink(missing_ok=True)
            return journal.last()
        return applied
    finally:
        (draft / "journal.lock").unlink(missing_ok=True)
        journal.close()


def _free(folder: Path, name: str) -> Path:
    """A path of this name, or of one with a number where the clock has given it before."""
    names = (folder / (f"{name}-{number}" if number else name) for number in count())
    return next(path for path in names if not path.exists())


def _sync_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def _sums(folder: Path) -> dict[str, tuple[int, str]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = (path.stat().st_size, digest)
    return found


def _is_left(name: Path) -> bool:
    first = name.parts[0]
    hidden = any(part.startswith(".") for part in name.parts)
    return hidden or name.name in _LEFT or first.startswith("before-restore-") or first == "damaged"
