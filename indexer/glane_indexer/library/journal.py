"""The journal: changes that were acknowledged and are not yet in the catalog.

A file of lines, so that a person can read it: a checksum, a sequence number, and one JSON object. The
first line says which number the file goes on from. A change is acknowledged once its line is on the disk;
many that come together share one ``fsync``. Any number of processes append, one at a time, under a lock.

What a crash leaves at the end, a line without its end or with bytes that were never written, was never
acknowledged and is cut. A whole line whose checksum is wrong is damage, and is not passed over.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from glane_indexer.errors import ConflictError, JournalError
from glane_indexer.index.manifest import sync
from glane_indexer.library.entries import (
    Draft,
    Entry,
    age,
    entry_of,
    head_line,
    line_of,
    read_lines,
    receipts_of,
)

JOURNAL = "journal.log"
LOCK = "journal.lock"
# A longer backlog than this would not be caught up with in minutes: better to refuse than to pile up.
MAX_BYTES = 256 << 20
# Applied changes are dropped from the file when it has grown so far.
TRIM_BYTES = 4 << 20
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


@dataclass(slots=True)
class _Ticket:
    """One caller of :meth:`Journal.append`, until it has its answer."""

    prepare: Callable[[Tail], Draft]
    key: str
    digest: str
    entry: Entry | None = None
    error: Exception | None = None


class Journal:
    """The journal of a library; for any number of threads, beside other processes.

    Args:
        library: the library folder, which must exist.
        floor: the last number that the catalog knows; new ones are greater, whatever became of the file.
    """

    def __init__(self, library: Path, *, floor: int = 0) -> None:
        self.path = library / JOURNAL
        self._lock_path = library / LOCK
        self._floor = floor
        self._state = Tail()
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.RLock()

    def append(self, prepare: Callable[[Tail], Draft], *, key: str = "", digest: str = "") -> Entry:
        """Write a change; when this returns it is on the disk.

        Args:
            prepare: called with the changes so far, while nobody else can write, so that what it
                decides by them holds; what it raises is raised here, and nothing is written.
            key: names the request, "" if nothing does; within a day another one with the same key is the
                same request, and must have the same ``digest``.

        Returns:
            The entry, or the one that a request with the same key has made before.

        Raises:
            ConflictError: another request was made with this key.
            JournalError: the journal is damaged, full, or cannot be written.
        """
        ticket = _Ticket(prepare, key, digest)
        with self._queue_lock:
            self._queue.append(ticket)
        with self._turn:
            if ticket.entry is None and ticket.error is None:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._commit(batch)
        if ticket.error is not None:
            raise ticket.error
        assert ticket.entry is not None
        return ticket.entry

    def entries(self, after: int = 0) -> list[Entry]:
        """The changes whose number is greater than ``after``, in order, as far as they are kept.

        Raises:
            JournalError: the journal is damaged or cannot be read.
        """
        with self._locked() as state:
            return [entry for entry in state.entries if entry.seq > after]

    def since(self, applied: int) -> list[Entry] | None:
        """The changes that follow ``applied``; None where some of them are not kept any more.

        Raises:
            JournalError: the journal is damaged or cannot be read.
        """
        with self._locked() as state:
            return None if state.base > applied else [e for e in state.entries if e.seq > applied]

    def raise_floor(self, applied: int) -> None:
        """New changes get greater numbers than ``applied``, which the catalog knows."""
        with self._turn:
            self._floor = max(self._floor, applied)

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._turn:
            self._state.restart(None)

    def last(self) -> int:
        """The number of the last change; that of the catalog where there is none.

        Raises:
            JournalError: the journal is damaged or cannot be read.
        """
        with self._locked() as state:
            return max(state.last, self._floor)

    def trim(self, applied: int, *, force: bool = False) -> bool:
        """Drop the changes up to ``applied`` once they are worth it; whether the file was written anew.

        Raises:
            JournalError: the journal cannot be written; it is as it was then.
        """
        with self._locked() as state:
            if not state.entries or state.entries[0].seq > applied:
                return False
            if state.end < TRIM_BYTES and not force:
                return False
            self._rewrite(max(applied, state.base), [e for e in state.entries if e.seq > applied])
            return True

    def _commit(self, batch: list[_Ticket]) -> None:
        """Decide on each of a batch, write those that go in together, and sync once."""
        try:
            with self._locked() as state:
                self._ready(state)
                lines, written = [], []
                for ticket in batch:
                    try:
                        entry, is_new = self._decide(state, ticket)
                    except Exception as error:
                        ticket.error = error
                        continue
                    if is_new:
                        lines.append(line_of(entry))
                        state.take(entry)
                    written.append((ticket, entry))
                self._write(b"".join(lines))
                for ticket, entry in written:
                    ticket.entry = entry
        except Exception as error:
            self._state.restart(None)
            for ticket in batch:
                if ticket.entry is None and ticket.error is None:
                    ticket.error = error

    def _decide(self, state: Tail, ticket: _Ticket) -> tuple[Entry, bool]:
        known = state.receipts.get(ticket.key) if ticket.key else None
        if known is not None and age(known.at) < KEY_LIFE:
            if known.digest != ticket.digest:
                raise ConflictError(
                    "another request was made with this key", where="Idempotency-Key", hint="Use a new key"
                )
            return known, False
        draft = ticket.prepare(state)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Entry(state.last + 1, draft.ids, draft.change, now, ticket.key, ticket.digest), True

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

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Tail]:
        """What the journal holds, while no other thread or process can change it."""
        with self._turn:
            try:
                handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX)
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
