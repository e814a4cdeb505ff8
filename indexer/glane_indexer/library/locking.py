"""One writer at a time: a lock on the library folder that dies with its process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from glane_indexer.errors import LibraryError, LockedError
from glane_indexer.replication.state import refuse_follower

LOCK_NAME = "writer.lock"
# Indexing takes long, and hinders nobody who writes to the catalog for a moment.
INDEX_LOCK = "index.lock"
_PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def writer_lock(library: Path, purpose: str, *, name: str = LOCK_NAME, wait: float = 0.0) -> Iterator[None]:
    """Hold the library's only writer lock (or another of its locks) while the block runs.

    The kernel lets go of the lock when the process ends, however it ends, so a lock is never stale.
    The file stays: deleting it would let two processes lock two files of the same name.

    Args:
        library: the library folder, which must exist.
        purpose: what is being done, to follow "is", for example ``"indexing"``.
        name: which lock; :data:`LOCK_NAME` for whoever writes to the catalog, :data:`INDEX_LOCK` to the
            index.
        wait: seconds to wait for it.

    Raises:
        LockedError: another process (or another part of this one) holds it; it says which.
        LibraryError: the lock file cannot be made in this folder, or it is a copy of another library.
    """
    refuse_follower(library)
    path = library / name
    deadline = time.monotonic() + wait
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise LibraryError(
            f"the library cannot be written to: {error.strerror}",
            where=str(library),
            hint="Check that the folder exists and may be written to",
        ) from error
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise LibraryError(
                        f"the library cannot be locked: {error.strerror}",
                        where=str(path),
                        hint="Keep the library on a file system with locks",
                    ) from error
                if time.monotonic() >= deadline:
                    raise LockedError(
                        _holder(handle),
                        where=str(library),
                        hint="Wait until it is done, or end it, and try again",
                    ) from error
            time.sleep(_PAUSE_SECONDS)
        _write(
            handle,
            {
                "pid": os.getpid(),
                "purpose": purpose,
                "since": datetime.now().astimezone().isoformat(timespec="seconds"),
            },
        )
        try:
            yield
        finally:
            # Empty before it is free: whoever finds it locked next reads of its holder or nothing.
            _write(handle, None)
    finally:
        os.close(handle)


@contextlib.contextmanager
def draft_folder(place: Path) -> Iterator[Path]:
    """A new folder beside ``place`` to make it in, and then to rename; what is left of it goes at the end.

    What processes have left there that were killed is removed first: a draft is locked as long as its
    process lives.

    Raises:
        OSError: it cannot be made.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    first, last = f".{place.name}.", ".part"
    for path in list(place.parent.iterdir()):
        if path.name.startswith(first) and path.name.endswith(last):
            with contextlib.suppress(OSError), _locked_folder(path):
                shutil.rmtree(path, ignore_errors=True)
    draft = place.with_name(f"{first}{os.getpid()}{last}")
    draft.mkdir()
    try:
        with _locked_folder(draft):
            yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextlib.contextmanager
def _locked_folder(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _write(handle: int, holder: dict[str, object] | None) -> None:
    """Say in the file who holds the lock; a full disk must not stop a writer that may free it."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        if holder is not None:
            os.pwrite(handle, json.dumps(holder).encode(), 0)


def _holder(handle: int) -> str:
    """Who holds the lock, in words, from what the holder has written into the file."""
    try:
        holder = json.loads(os.pread(handle, 4096, 0))
        pid, purpose = int(holder["pid"]), str(holder["purpose"])
        since = datetime.fromisoformat(holder["since"])
    except (OSError, ValueError, TypeError, KeyError):
        return "another process is writing to this library"
    today = since.date() == datetime.now(since.tzinfo).date()
    when = since.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
    return f"process {pid} is {purpose} since {when}"
