"""The journal: what it acknowledged is there after anything, once, and damage is told from a torn end."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.errors import ConflictError, JournalError
from glane_indexer.library import journal as journal_module
from glane_indexer.library import journal_file as module
from glane_indexer.library.entries import Draft, Entry
from glane_indexer.library.journal import JOURNAL, Journal
from glane_indexer.library.journal_file import Tail


def add(journal: Journal, text: str = "x", **facts: Any) -> Entry:
    return journal.append(lambda tail: Draft({"text": text}, (text,)), **facts)


def texts(library: Path, after: int = 0) -> list[str]:
    return [entry.change["text"] for entry in Journal(library).entries(after)]


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.last() == 0
    assert [add(journal, text).seq for text in ("un", "deux", "trois\n4")] == [1, 2, 3]
    assert texts(tmp_path) == ["un", "deux", "trois\n4"]
    assert texts(tmp_path, 2) == ["trois\n4"]
    assert Journal(tmp_path).last() == 3


def test_a_line_is_a_checksum_a_number_and_json(tmp_path: Path) -> None:
    add(Journal(tmp_path), "é")
    head, line, end = (tmp_path / JOURNAL).read_bytes().split(b"\n")
    assert head == b'%08x 0 {"journal":1,"receipts":[]}' % zlib.crc32(b'0 {"journal":1,"receipts":[]}')
    assert line[:8] == b"%08x" % zlib.crc32(line[9:])
    assert '"ids":["é"],"change":{"text":"é"}}'.encode() in line
    assert end == b""


def test_two_writers_share_the_numbers(tmp_path: Path) -> None:
    first, second = Journal(tmp_path), Journal(tmp_path)
    assert [add(journal).seq for journal in (first, second, second, first)] == [1, 2, 3, 4]


def test_changes_that_come_together_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, syncs = Journal(tmp_path), []
    add(journal)
    real = os.fsync
    monkeypatch.setattr(module.os, "fsync", lambda handle: (syncs.append(handle), real(handle)))
    started = threading.Barrier(9)

    def write(number: int) -> None:
        started.wait()
        add(journal, f"t{number}")

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    with journal._turn:  # all are in the queue before the first is written
        for thread in threads:
            thread.start()
        started.wait()
        while len(journal._queue) < 8:
            pass
    for thread in threads:
        thread.join()
    assert len(syncs) == 1
    assert sorted(texts(tmp_path, 1)) == [f"t{number}" for number in range(8)]


def test_what_is_decided_under_the_lock_sees_all_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    add(journal, "un")

    def prepare(tail: Tail) -> Draft:
        assert [entry.change["text"] for entry in tail.entries] == ["un"]
        raise ConflictError("no")

    with pytest.raises(ConflictError):
        journal.append(prepare)
    assert journal.last() == 1
    assert add(journal, "deux").seq == 2


def test_every_cut_of_the_end_loses_that_change_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    add(journal, "un")
    kept = (tmp_path / JOURNAL).stat().st_size
    add(journal, "deux")
    whole = (tmp_path / JOURNAL).read_bytes()
    for size in range(kept, len(whole)):
        (tmp_path / JOURNAL).write_bytes(whole[:size])
        # A line that lacks only its end is whole.
        left = ["un", "deux"] if size == len(whole) - 1 else ["un"]
        assert texts(tmp_path) == left
        assert add(Journal(tmp_path), "trois").seq == len(left) + 1
        assert texts(tmp_path) == [*left, "trois"]


def test_bytes_that_were_never_written_are_a_torn_end(tmp_path: Path) -> None:
    add(Journal(tmp_path), "un")
    whole = (tmp_path / JOURNAL).read_bytes()
    (tmp_path / JOURNAL).write_bytes(whole + b"\0" * 300 + b"ever\n")
    assert texts(tmp_path) == ["un"]
    assert add(Journal(tmp_path), "deux").seq == 2
    assert texts(tmp_path) == ["un", "deux"]


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for text in ("un", "deux"):
        add(journal, text)
    whole = (tmp_path / JOURNAL).read_bytes()
    for place in range(len(whole)):
        (tmp_path / JOURNAL).write_bytes(whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :])
        with pytest.raises(JournalError, match=r"damaged|follows") as caught:
            texts(tmp_path)
        assert "glane repair" in caught.value.hint
        with pytest.raises(JournalError):
            add(Journal(tmp_path))


def test_the_same_request_is_the_same_change(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    first = add(journal, "un", key="k", digest="d")
    assert add(journal, "un", key="k", digest="d") == first
    with pytest.raises(ConflictError, match="another request"):
        add(journal, "deux", key="k", digest="e")
    assert add(journal, "deux", key="l", digest="d").seq == 2
    # Also after the change itself is dropped, and for another process.
    assert journal.trim(2, force=True)
    again = add(Journal(tmp_path), "un", key="k", digest="d")
    assert (again.seq, again.ids) == (1, ("un",))
    assert texts(tmp_path) == []


def test_a_key_is_forgotten_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(Journal(tmp_path), "un", key="k", digest="d")
    monkeypatch.setattr(journal_module, "KEY_LIFE", module.timedelta(seconds=-1))
    assert add(Journal(tmp_path), "deux", key="k", digest="e").seq == 2


def test_trimming_keeps_what_is_not_applied(tmp_path: Path) -> None:
    journal, other = Journal(tmp_path), Journal(tmp_path)
    for text in ("un", "deux", "trois"):
        add(journal, text)
    assert other.last() == 3
    assert not journal.trim(2)
    assert journal.trim(2, force=True)
    assert b"deux" not in (tmp_path / JOURNAL).read_bytes()
    assert [entry.seq for entry in other.entries()] == [3]
    assert add(other, "quatre").seq == 4
    assert journal.trim(4, force=True)
    assert (Journal(tmp_path).last(), add(journal).seq) == (4, 5)


def test_a_new_file_goes_on_after_what_the_catalog_knows(tmp_path: Path) -> None:
    assert add(Journal(tmp_path, floor=41)).seq == 42
    (tmp_path / JOURNAL).unlink()
    assert add(Journal(tmp_path, floor=42)).seq == 43
    assert add(Journal(tmp_path, floor=50)).seq == 51


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    journal = Journal(tmp_path)
    add(journal, "un")
    before = (tmp_path / JOURNAL).read_bytes()

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fsync", fail)
        with pytest.raises(JournalError, match=os.strerror(number)):
            add(journal, "deux")
    assert (tmp_path / JOURNAL).read_bytes() == before
    assert add(journal, "trois").seq == 2


def test_a_backlog_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    add(journal)
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(JournalError, match="too many changes"):
        add(journal)


WRITER = """
import sys
from pathlib import Path
from glane_indexer.library.entries import Draft
from glane_indexer.library.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(100_000):
    text = f"{sys.argv[2]}-{number}-" + "é" * 5000
    print(journal.append(lambda tail: Draft({"text": text}, ())).seq, text.split("é")[0], flush=True)
"""


def test_two_processes_killed_at_random_lose_nothing(tmp_path: Path) -> None:
    told: dict[int, str] = {}
    for number in range(3):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(tmp_path), f"{number}{name}"],
                stdout=subprocess.PIPE,
                text=True,
                env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
            )
            for name in "ab"
        ]
        for writer in writers:
            assert writer.stdout is not None
            for _ in range(20 + 7 * number):
                seq, text = writer.stdout.readline().split()
                assert int(seq) not in told
                told[int(seq)] = text
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            assert writer.stdout is not None
            for line in writer.stdout.read().splitlines():
                if line.endswith("-"):
                    told[int(line.split()[0])] = line.split()[1]
            writer.stdout.close()
            writer.wait()
    entries = Journal(tmp_path).entries()
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    held = {entry.seq: entry.change["text"].split("é")[0] for entry in entries}
    assert {seq: held[seq] for seq in told} == told
    assert len(set(held.values())) == len(held)
