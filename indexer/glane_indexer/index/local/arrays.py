"""Arrays in one file that is mapped into memory, in the format of safetensors, and lists of texts in it.

A file is eight bytes of length, a JSON header that says where each array lies, and the arrays
(https://github.com/huggingface/safetensors#format). It is read through one mapping: processes share the
memory, and a file that is removed stays readable for those who have it open.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterable, Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError

Arrays = dict[str, NDArray[Any]]

_NAMES: dict[str, np.dtype[Any]] = {
    "U8": np.dtype("u1"),
    "U16": np.dtype("<u2"),
    "U32": np.dtype("<u4"),
    "U64": np.dtype("<u8"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
_KINDS = {dtype: name for name, dtype in _NAMES.items()}
REBUILD = "Run `glane index` to build what is damaged anew, or `glane index --rollback` for the one before"


def write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> tuple[int, str]:
    """Write arrays into a new file and have it safely on the disk; its bytes and its checksum.

    Raises:
        OSError: the file cannot be written.
    """
    # The widest first, so that each lies at a multiple of its own width.
    names = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    header: dict[str, Any] = {}
    end = 0
    for name in names:
        array = arrays[name]
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": _KINDS[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 64)
    # It finds damage, not intent, and at the speed of memory: all of an index is checked when it is opened.
    digest = xxhash.xxh3_128()
    size = 0
    with path.open("xb") as stream:
        parts: list[Any] = [len(text).to_bytes(8, "little"), text]
        parts += [np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8) for name in names]
        for part in parts:
            stream.write(part)
            digest.update(part)
            size += len(part)
        stream.flush()
        os.fsync(stream.fileno())
    return size, digest.hexdigest()


def read(path: Path, size: int, checksum: str) -> Arrays:
    """The arrays of a file, mapped, after a check of the whole file.

    Raises:
        GenerationError: it is missing, or is not what was written.
    """
    return arrays_of(mapped(path, size, checksum))


def mapped(path: Path, size: int, checksum: str) -> mmap.mmap:
    """A file of arrays, mapped, after a check of the whole file.

    Raises:
        GenerationError: it is missing, or is not what was written.
    """
    try:
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno()).st_size
            if found != size:
                raise GenerationError(
                    f"the file has {found} bytes, and should have {size}", where=str(path), hint=REBUILD
                )
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            found_checksum = checksum_of(stream)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise GenerationError(
            f"the file cannot be read: {reason}", where=str(path), hint=REBUILD
        ) from error
    if found_checksum != checksum:
        raise GenerationError("the file's checksum does not match", where=str(path), hint=REBUILD)
    return data


def arrays_of(data: mmap.mmap) -> Arrays:
    """The arrays of a mapped file; they lie in the mapping, and keep it."""
    start = 8 + int.from_bytes(data[:8], "little")
    arrays: Arrays = {}
    for name, entry in json.loads(data[8:start]).items():
        dtype = _NAMES[entry["dtype"]]
        first, last = entry["data_offsets"]
        flat = np.frombuffer(data, dtype, (last - first) // dtype.itemsize, start + first)
        arrays[name] = flat.reshape(entry["shape"])
    return arrays


def checksum_of(stream: BufferedReader) -> str:
    """Of a whole file, which is read and not mapped: mapped, all of it would be memory of the process."""
    digest = xxhash.xxh3_128()
    room = memoryview(bytearray(1 << 20))
    while count := stream.readinto(room):
        digest.update(room[:count])
    return digest.hexdigest()


def part(arrays: Mapping[str, NDArray[Any]], name: str) -> Arrays:
    """The arrays whose names begin with ``name.``, by the rest of their names."""
    start = f"{name}."
    return {key[len(start) :]: value for key, value in arrays.items() if key.startswith(start)}


def named(arrays: Mapping[str, NDArray[Any]], name: str) -> Arrays:
    """The arrays with ``name.`` before their names."""
    return {f"{name}.{key}": value for key, value in arrays.items()}


class Strings:
    """A list of texts as two arrays: their UTF-8 bytes one after the other, and where each ends."""

    __slots__ = ("_data", "_ends")

    def __init__(self, arrays: Mapping[str, NDArray[Any]], name: str) -> None:
        self._data = memoryview(arrays[f"{name}.data"])  # type: ignore[arg-type]
        self._ends = arrays[f"{name}.ends"]

    @staticmethod
    def arrays(name: str, texts: Iterable[str]) -> Arrays:
        """The two arrays of some texts, named after ``name``."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum([len(item) for item in encoded], dtype=np.int64)
        return {
            f"{name}.data": np.frombuffer(b"".join(encoded), np.uint8),
            f"{name}.ends": ends.astype(np.int64),
        }

    @staticmethod
    def picked(
        sources: Sequence[Mapping[str, NDArray[Any]]],
        name: str,
        numbers: NDArray[np.int64],
        places: NDArray[np.int64],
    ) -> Arrays:
        """The two arrays of texts out of several lists, each out of the list of its number."""
        lists = [Strings(source, name) for source in sources]
        texts = [
            lists[number]._bytes(place)
            for number, place in zip(numbers.tolist(), places.tolist(), strict=True)
        ]
        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        return {f"{name}.data": np.frombuffer(b"".join(texts), np.uint8), f"{name}.ends": ends}

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        return str(self._bytes(place), "utf-8", "surrogatepass")

    def at(self, places: Sequence[int] | NDArray[Any]) -> list[str]:
        """The texts in some places."""
        return [self[int(place)] for place in places]

    def all(self) -> list[str]:
        """All of the texts."""
        return self.at(range(len(self)))

    def first_from(self, text: str) -> int:
        """In a sorted list, the place of the first text that is not before ``text``."""
        wanted = text.encode("utf-8", "surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if bytes(self._bytes(middle)) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def span(self, prefix: str) -> tuple[int, int]:
        """In a sorted list, the places ``[first, last)`` of the texts that begin so."""
        return self.first_from(prefix), self.first_from(prefix + "\U0010ffff") if prefix else len(self)

    def _bytes(self, place: int) -> memoryview:
        start = int(self._ends[place - 1]) if place else 0
        return self._data[start : int(self._ends[place])]
