"""What is mapped stays as it was, whatever is done to its file."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.index.local import arrays
from glane_indexer.index.local.leases import Lease

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
NUMBERS = np.arange(50_000, dtype=np.int64)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "numbers.safetensors"


def held(path: Path) -> tuple[Lease, np.ndarray]:
    size, checksum = arrays.write(path, {"numbers": NUMBERS})
    data = arrays.mapped(path, size, checksum)
    return Lease(path, data, checksum), arrays.arrays_of(data)["numbers"]


def wanted(lease: Lease) -> None:
    until = time.monotonic() + 5
    while not lease.is_wanted():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("cut", [0, 100, 200_000])
def test_who_cuts_the_file_waits_until_there_is_a_copy(path: Path, cut: int) -> None:
    lease, numbers = held(path)
    assert not lease.is_wanted()
    writer = threading.Thread(target=os.truncate, args=(path, cut))
    writer.start()
    wanted(lease)
    assert path.stat().st_size > cut
    assert lease.give_up()
    writer.join(5)
    assert path.stat().st_size == cut
    # To read the mapping of a file that is cut would end the process.
    assert np.array_equal(numbers, NUMBERS)


def test_who_writes_waits_until_there_is_a_copy(path: Path) -> None:
    lease, numbers = held(path)
    other = b"x" * path.stat().st_size
    writer = threading.Thread(target=lambda: path.open("r+b").write(other))
    writer.start()
    wanted(lease)
    assert lease.give_up()
    writer.join(5)
    assert np.array_equal(numbers, NUMBERS)


def test_of_what_is_not_what_it_should_be_there_is_no_copy(path: Path) -> None:
    size, checksum = arrays.write(path, {"numbers": NUMBERS})
    data = arrays.mapped(path, size, checksum)
    lease = Lease(path, data, "0" * 32)
    assert not lease.give_up()
    assert arrays.arrays_of(data)["numbers"][-1] == NUMBERS[-1]


def test_a_file_that_is_removed_or_read_is_not_waited_for(path: Path) -> None:
    lease, numbers = held(path)
    assert path.read_bytes()
    path.unlink()
    assert not lease.is_wanted()
    assert np.array_equal(numbers, NUMBERS)


def test_a_lease_ends_with_its_object(path: Path) -> None:
    lease, _ = held(path)
    del lease
    with path.open("r+b") as stream:
        stream.write(b"x")


def test_there_is_none_of_a_file_that_is_being_written(path: Path) -> None:
    size, checksum = arrays.write(path, {"numbers": NUMBERS})
    data = arrays.mapped(path, size, checksum)
    with path.open("r+b"), pytest.raises(BlockingIOError):
        Lease(path, data, checksum)
