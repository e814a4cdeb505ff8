"""Keeps what a mapping shows as it was, whatever is written into its file or cut off it (Linux).

What is mapped changes with its file; of a file that is cut, to read it ends the process. So a lease is
taken on the file: the system makes whoever wants to write to it or cut it wait, until the lease is given up
or 45 s are over (``/proc/sys/fs/lease-break-time``; https://man7.org/linux/man-pages/man2/fcntl.2.html).
In that time the file is copied into memory, and the copy put in the place of the mapping, at the same
addresses. A file that is removed or replaced needs none of this: what is mapped stays.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import mmap
import os
import signal
import sys
import weakref
from pathlib import Path

import numpy as np
import xxhash

logger = logging.getLogger("glane")
_MREMAP_MAYMOVE, _MREMAP_FIXED = 1, 2
_FAILED = ctypes.c_void_p(-1).value


class Lease:
    """A lease on a file that is mapped.

    Raises:
        OSError: it cannot be had: the system has none, the file is another user's or is being written, or
            lies on a file system without leases.
    """

    def __init__(self, path: Path, data: mmap.mmap, checksum: str) -> None:
        if sys.platform != "linux":
            raise OSError("this system has no leases")
        self._path, self._data, self._checksum = path, data, checksum
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._close = weakref.finalize(self, os.close, self._file)
        try:
            # It is told by a signal that ends the process, unless another is chosen; this one does nothing.
            fcntl.fcntl(self._file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(self._file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError:
            self._close()
            raise

    def is_wanted(self) -> bool:
        """Whether somebody waits to write to the file."""
        return fcntl.fcntl(self._file, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def give_up(self) -> bool:
        """Put a copy in the place of the mapping and let whoever waits go on; whether there is one now."""
        try:
            _replace(self._data, self._file, self._checksum)
        except (OSError, ValueError) as error:
            logger.error("%s is written to and could not be copied into memory: %s", self._path, error)
            return False
        finally:
            self._close()
        return True


def _replace(data: mmap.mmap, file: int, checksum: str) -> None:
    """Map a copy of the file where the file is mapped now.

    Raises:
        OSError: there is no memory for it, or the file cannot be read.
        ValueError: the file is not what it should be.
    """
    size = len(data)
    libc = ctypes.CDLL(None, use_errno=True)
    for function in (libc.mmap, libc.mremap):
        function.restype = ctypes.c_void_p
    # Not a mapping of Python's, which would end what lies at its address when it is collected.
    kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    start = libc.mmap(
        None, ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_WRITE, kind, -1, ctypes.c_long(0)
    )
    if start == _FAILED:
        raise OSError(ctypes.get_errno(), "there is no memory for it")
    try:
        room = memoryview((ctypes.c_char * size).from_address(start)).cast("B")
        with open(file, "rb", buffering=0, closefd=False) as stream:
            stream.seek(0)
            filled = 0
            while filled < size and (count := stream.readinto(room[filled:])):
                filled += count
        if xxhash.xxh3_128(room).hexdigest() != checksum:
            raise ValueError("it is damaged already")
        place = np.frombuffer(data, np.uint8).ctypes.data
        moved = libc.mremap(
            ctypes.c_void_p(start),
            ctypes.c_size_t(size),
            ctypes.c_size_t(size),
            _MREMAP_MAYMOVE | _MREMAP_FIXED,
            ctypes.c_void_p(place),
        )
        if moved != place:
            raise OSError(ctypes.get_errno(), "the copy cannot be put in place")
    except BaseException:
        libc.munmap(ctypes.c_void_p(start), ctypes.c_size_t(size))
        raise
