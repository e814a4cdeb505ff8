"""One writer at a time, and never a stale lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glane_indexer.errors import LibraryError, LockedError
from glane_indexer.library.locking import LOCK_NAME, writer_lock

HOLD = """
import sys
from pathlib import Path
from glane_indexer.library.locking import writer_lock
with writer_lock(Path(sys.argv[1]), "importing"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_lock_is_free_again_after_the_block(tmp_path: Path) -> None:
    for _ in range(2):
        with writer_lock(tmp_path, "indexing"):
            assert f'"pid": {os.getpid()}' in (tmp_path / LOCK_NAME).read_text()
        assert (tmp_path / LOCK_NAME).read_bytes() == b""


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), writer_lock(tmp_path, "indexing"):
        raise RuntimeError
    with writer_lock(tmp_path, "indexing"):
        pass


def test_a_second_writer_in_this_process_is_refused(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "indexing"):
        with pytest.raises(LockedError) as caught, writer_lock(tmp_path, "importing"):
            pass
        assert caught.value.message.startswith(f"process {os.getpid()} is indexing since ")
        assert caught.value.where == str(tmp_path)
        assert caught.value.hint == "Wait until it is done, or end it, and try again"


def test_two_libraries_have_two_locks(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with writer_lock(tmp_path / "one", "indexing"), writer_lock(tmp_path / "two", "indexing"):
        pass


def test_another_process_is_named(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(LockedError, match=rf"process {holder.pid} is importing since \d\d:\d\d"),
        writer_lock(tmp_path, "indexing"),
    ):
        pass
    holder.communicate("")
    with writer_lock(tmp_path, "indexing"):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    assert holder.wait() == -9
    # What it wrote is still there, and holds nothing.
    assert f'"pid": {holder.pid}' in (tmp_path / LOCK_NAME).read_text()
    with writer_lock(tmp_path, "indexing"):
        assert f'"pid": {os.getpid()}' in (tmp_path / LOCK_NAME).read_text()


@pytest.mark.parametrize(
    "said",
    ["", "nonsense", "[]", "{}", '{"pid": 1}', '{"pid": "x", "purpose": "y", "since": "z"}', "\x00\x00"],
)
def test_a_holder_that_has_said_nothing_sound(tmp_path: Path, said: str) -> None:
    with writer_lock(tmp_path, "indexing"):
        (tmp_path / LOCK_NAME).write_text(said)
        with (
            pytest.raises(LockedError, match="another process is writing to this library"),
            writer_lock(tmp_path, "importing"),
        ):
            pass


def test_the_day_is_told_where_it_is_not_today(tmp_path: Path) -> None:
    before = datetime.now().astimezone() - timedelta(days=2)
    with writer_lock(tmp_path, "indexing"):
        (tmp_path / LOCK_NAME).write_text(
            f'{{"pid": 7, "purpose": "indexing", "since": "{before.isoformat()}"}}'
        )
        with (
            pytest.raises(LockedError, match=f"process 7 is indexing since {before:%Y-%m-%d %H:%M}"),
            writer_lock(tmp_path, "importing"),
        ):
            pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(LibraryError, match="the library cannot be written to: No such file") as caught,
        writer_lock(tmp_path / "nowhere", "indexing"),
    ):
        pass
    assert not isinstance(caught.value, LockedError)
