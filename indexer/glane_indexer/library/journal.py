"""The journal: changes that were acknowledged and are not yet in the catalog.

A file of lines, so that a person can read it: a checksum, a sequence number, and one JSON object. The
first line says which number the file goes on from. A change is acknowledged once its line is on the disk;
many that come together share one ``fsync``. Any number of processes append, one at a time, under a lock.

What a crash leaves at the end, a line without its end or with bytes that were never written, was never
acknowledged and is cut. A whole line whose checksum is wrong is damage, and is not passed over.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from glane_indexer.errors import ConflictError
from glane_indexer.library.entries import (
    LOST,
    Draft,
    Entry,
    age,
    line_of,
    lost_entry,
    sound_entries,
)
from glane_indexer.library.journal_file import JOURNAL as JOURNAL
from glane_indexer.library.journal_file import KEY_LIFE, JournalFile, Tail

# Applied changes are dropped from the file when it has grown so far.
TRIM_BYTES = 4 << 20


@dataclass(slots=True)
class _Ticket:
    """One caller of :meth:`Journal.append`, until it has its answer."""

    prepare: Callable[[Tail], Draft]
    key: str
    digest: str
    entry: Entry | None = None
    error: Exception | None = None


class Journal(JournalFile):
    """The journal of a library; for any number of threads, beside other processes.

    Args:
        library: the library folder, which must exist.
        floor: the last number that the catalog knows; new ones are greater, whatever became of the file.
    """

    def __init__(self, library: Path, *, floor: int = 0) -> None:
        super().__init__(library, floor=floor)
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()

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

    @contextlib.contextmanager
    def replaced(self) -> Iterator[Callable[[int], None]]:
        """Hold the journal while what it leads to is replaced; call what this gives with the last number.

        The journal then holds nothing, and goes on from that number.

        Raises:
            JournalError: the journal cannot be written.
        """
        with self._locked(read=False) as state:

            def empty(last: int) -> None:
                state.restart(None)
                state.receipts.clear()
                self._rewrite(last, [])

            yield empty

    def salvage(self) -> int:
        """Write the journal anew from its sound lines; how many changes are lost.

        Each of those is replaced by one that does nothing, so that the numbers still count up by one.

        Raises:
            JournalError: the journal cannot be read or written.
        """
        with self._locked(read=False) as state:
            base, sound = sound_entries(self.path.read_bytes())
            known = {entry.seq: entry for entry in sound}
            # What came in as bytes that are gone may have been acknowledged: its number is not given again.
            base = max(base, self._floor)
            last = max(known, default=base)
            entries = [known.get(seq) or lost_entry(seq) for seq in range(base + 1, last + 1)]
            state.restart(None)
            self._rewrite(base, entries)
            return max(1, sum(entry.change == LOST for entry in entries))

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
