"""The journal's file: read as far as it is written, and written by one at a time. For :mod:`.journal`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from glane_indexer.errors import JournalError
from glane_indexer.index.manifest import sync
from glane_indexer.library.entries import Entry, age, entry_of, head_line, line_of, read_lines, receipts_of

JOURNAL = "journal.log"
LOCK = "journal.lock"
# A longer backlog than this would not be caught up with in minutes: better to refuse than to pile up.
MAX_BYTES = 256 << 20
# For so long a repeated request is known by its key.
KEY_LIFE = timedelta(hours=24)
MAX_RECEIPTS = 20_000


@dataclass(slots=True)
class Tail:
    """What has been read of the file: the changes ``entries``, which follow the number ``base``."""

    # Kept open, so that no later file can have the same inode.
    stream: BinaryIO | None = None
    end: int = 0
    base: int = 0
    entries: list[Entry] = field(default_factory=list)
    receipts: dict[str, Entry] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The number of the last change."""
        return self.entries[-1].seq if self.entries else self.base

    def restart(self, stream: BinaryIO | None) -> None:
        """Forget everything, and begin with this file."""
        if self.stream is not None:
            self.stream.close()
        self.stream, self.end, self.base = stream, 0, 0
        self.entries.clear()

    def take(self, entry: Entry) -> None:
        """One change more."""
        self.entries.append(entry)
        if entry.key:
            self.receipts[entry.key] = entry


class JournalFile:
    """The file, its lock, and what has been read of it."""

    def __init__(self, library: Path, *, floor: int = 0) -> None:
        self.path = library / JOURNAL
        self._lock_path = library / LOCK
        self._floor = floor
        self._state = Tail()
        self._turn = threading.RLock()

    @contextlib.contextmanager
    def _locked(self, *, read: bool = True) -> Iterator[Tail]:
        """What the journal holds, while no other thread or process can change it."""
        with self._turn:
            try:
                handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX)
                    if read:
                        self._catch_up(self._state)
                    yield self._state
                finally:
                    os.close(handle)
            except OSError as error:
                raise JournalError(
                    f"the journal cannot be used: {error.strerror or error}",
                    where=str(self.path),
                    hint="Check the room on the disk and the rights of the folder",
                ) from error

    def _catch_up(self, state: Tail) -> None:
        """Read what other processes have written since."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            state.restart(None)
            return
        if (
            state.stream is None
            or not os.path.samestat(os.fstat(state.stream.fileno()), found)
            or found.st_size < state.end
        ):
            state.restart(self.path.open("rb", buffering=0))
        assert state.stream is not None
        state.stream.seek(state.end)
        data = state.stream.read()
        for seq, record, size in read_lines(data, str(self.path), state.end):
            if state.end == 0:
                state.base = seq
                state.receipts = {e.key: e for e in map(entry_of, receipts_of(record, str(self.path)))}
            elif seq != state.last + 1:
                raise JournalError(
                    f"change {seq} follows change {state.last}",
                    where=f"{self.path}, byte {state.end}",
                    hint="Run `glane repair`",
                )
            else:
                state.take(entry_of({**record, "seq": seq}))
            state.end += size

    def _ready(self, state: Tail) -> None:
        """A file to write to: made where there is none, moved past the catalog's number, its tail cut."""
        if state.stream is None or state.last < self._floor:
            self._rewrite(max(state.last, self._floor), [])
        size = self.path.stat().st_size
        if size > state.end:
            os.truncate(self.path, state.end)
        elif size < state.end:  # a last line without its end
            with self.path.open("ab") as stream:
                stream.write(b"\n")
        if self._state.end > MAX_BYTES:
            raise JournalError(
                "too many changes wait to be applied",
                where=str(self.path),
                hint="Look at the service's log for why they are not, and try again later",
            )

    def _write(self, data: bytes) -> None:
        if not data:
            return
        with self.path.open("r+b", buffering=0) as stream:
            try:
                stream.seek(self._state.end)
                left = memoryview(data)
                while left:
                    left = left[stream.write(left) or 0 :]
                os.fsync(stream.fileno())
            except OSError:
                # Nobody has been told of these: they must not come back at the next start.
                with contextlib.suppress(OSError):
                    stream.truncate(self._state.end)
                raise
        self._state.end += len(data)

    def _rewrite(self, base: int, entries: list[Entry]) -> None:
        """A new file in place of the old one, by one rename: what is kept, and the keys of the last day."""
        receipts = [e for e in self._state.receipts.values() if e.seq <= base and age(e.at) < KEY_LIFE]
        lines = [head_line(base, receipts[-MAX_RECEIPTS:]), *(line_of(entry) for entry in entries)]
        draft = self.path.with_name(f".{JOURNAL}-{os.getpid()}")
        try:
            with draft.open("wb") as stream:
                stream.write(b"".join(lines))
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
        sync(self.path.parent)
        self._catch_up(self._state)
