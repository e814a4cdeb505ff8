"""What the names that a user gives stand for: files, folders, archives of files, standard input."""

from __future__ import annotations

import gzip
import io
import lzma
import mmap
import stat
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from glane_indexer.errors import InputError

STANDARD_INPUT = "-"
# A bookmark collection is some megabytes. An archive that unpacks to more than this is none, or a trap.
MAX_UNPACKED = 2 << 30
MAX_MEMBERS = 20_000
# Text shrinks to a tenth, seldom to a fiftieth.
MAX_RATIO = 500
_CHUNK = 1 << 20
# What operating systems leave in folders and archives beside the files.
_LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")

Data = bytes | mmap.mmap


@dataclass(frozen=True, slots=True)
class Content:
    """The content of one file; ``found`` says that it was come across, and not named by the user.

    A ``folder`` is one export by itself that is made of its files.
    """

    name: str
    data: Data
    found: bool = False
    folder: Path | None = None


def contents(path: Path, is_whole: Callable[[Content], bool]) -> Iterator[Content]:
    """What a name stands for: a file itself, or each file of a folder or an archive, by their names.

    Large contents are mapped, so they are not held in memory; nothing is unpacked into the file system
    under a name of its own.

    Args:
        path: ``-`` is standard input.
        is_whole: whether an archive or a folder is an export by itself, so that it is not opened here.

    Raises:
        InputError: it cannot be read, or is an archive that leads outside, or unpacks to too much.
    """
    if str(path) == STANDARD_INPUT:
        yield from _opened(
            Content("standard input", _spooled(sys.stdin.buffer, "standard input")), is_whole
        )
    elif path.is_dir():
        whole = Content(shown(path), b"", folder=path)
        if is_whole(whole):
            yield whole
            return
        files = sorted(item for item in path.rglob("*") if item.is_file() and not _is_litter(item, path))
        if not files:
            raise InputError("there are no files in this folder", where=shown(path))
        for item in files:
            yield from _opened(Content(shown(item), _mapped(item), found=True), is_whole)
    else:
        yield from _opened(Content(shown(path), _mapped(path)), is_whole)


def shown(path: Path) -> str:
    """A path in messages and in the catalog: a file's name need not be Unicode, and texts are."""
    return str(path).encode("utf-8", "replace").decode()


def _is_litter(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return any(part.startswith(".") or part in _LITTER for part in parts)


def _mapped(path: Path) -> Data:
    """The content of a file, mapped; a pipe is read."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(path.stat().st_mode):
                return _spooled(file, shown(path))
            return _map(file)
    except FileNotFoundError:
        raise InputError("there is no such file", where=shown(path)) from None
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", where=shown(path)) from error


def _map(file: IO[bytes]) -> Data:
    file.seek(0, 2)
    # What is empty cannot be mapped.
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if file.tell() else b""


def _spooled(stream: IO[bytes], name: str, budget: int = MAX_UNPACKED) -> Data:
    """What a stream gives, through a file without a name.

    Raises:
        InputError: it gives more than ``budget`` bytes.
    """
    taken = 0
    with tempfile.TemporaryFile() as file:
        while part := stream.read(_CHUNK):
            taken += len(part)
            if taken > budget:
                raise InputError(
                    f"this unpacks to more than {budget / 1e9:.1f} GB, and no bookmark collection does",
                    where=name,
                    hint="Unpack it yourself and import the parts",
                )
            file.write(part)
        file.flush()
        return _map(file)


def _opened(content: Content, is_whole: Callable[[Content], bool]) -> Iterator[Content]:
    """The content, or the files in it where it is an archive and no export by itself."""
    data = content.data
    kind = _archive_kind(data)
    if not kind or (kind == "zip" and is_whole(content)):
        yield content
        return
    try:
        yield from {"zip": _zipped, "tar": _tarred, "gzip": _gzipped}[kind](content)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise InputError(f"the archive is damaged ({error})", where=content.name) from error
    except (OSError, RuntimeError) as error:
        # zipfile says with a RuntimeError that a password is asked for.
        raise InputError(f"the archive cannot be read: {error}", where=content.name) from error


def _archive_kind(data: Data) -> str:
    head = data[:262]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    return "gzip" if head.startswith(b"\x1f\x8b") else ""


def _zipped(content: Content) -> Iterator[Content]:
    with zipfile.ZipFile(_Reader(content.data)) as archive:
        members = [item for item in archive.infolist() if not item.is_dir()]
        if not members:
            raise InputError("there are no files in this archive", where=content.name)
        _check([item.filename for item in members], content.name)
        _check_size(sum(item.file_size for item in members), len(content.data), content.name)
        left = MAX_UNPACKED
        for item in members:
            if stat.S_ISLNK(item.external_attr >> 16):
                raise _leads_outside(item.filename, content.name)
            if _is_litter(Path(item.filename), Path()):
                continue
            name = f"{content.name}: {item.filename}"
            with archive.open(item) as stream:
                data = _spooled(stream, name, left)
            left -= len(data)
            yield Content(name, data, found=True)


def _tarred(content: Content, file: IO[bytes] | None = None) -> Iterator[Content]:
    with tarfile.open(fileobj=file or _Reader(content.data), mode="r:") as archive:
        left = MAX_UNPACKED
        for place, item in enumerate(archive):
            if place >= MAX_MEMBERS:
                raise _too_many(content.name)
            if not (item.isfile() or item.isdir()):
                raise _leads_outside(item.name, content.name)
            _check([item.name], content.name)
            stream = archive.extractfile(item)
            if stream is not None and not _is_litter(Path(item.name), Path()):
                name = f"{content.name}: {item.name}"
                data = _spooled(stream, name, left)
                left -= len(data)
                yield Content(name, data, found=True)


def _gzipped(content: Content) -> Iterator[Content]:
    with gzip.open(_Reader(content.data)) as stream:
        data = _spooled(stream, content.name)  # type: ignore[arg-type]
    _check_size(len(data), len(content.data), content.name)
    inner = Content(content.name, data, content.found)
    if _archive_kind(data) == "tar":
        yield from _tarred(inner)
    else:
        yield inner


def _check(names: list[str], where: str) -> None:
    """Refuse an archive whose members would lie outside of the folder that it is unpacked in."""
    if len(names) > MAX_MEMBERS:
        raise _too_many(where)
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise _leads_outside(name, where)


def _check_size(unpacked: int, packed: int, where: str) -> None:
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, _CHUNK):
        raise InputError(
            f"the archive unpacks to {unpacked / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB, as a trap would",
            where=where,
            hint="Unpack it yourself and import the parts, if you trust it",
        )


def _leads_outside(member: str, where: str) -> InputError:
    return InputError(
        f"the archive holds {member[:80]!r}, which leads outside of it; nothing of it is taken", where=where
    )


def _too_many(where: str) -> InputError:
    return InputError(f"the archive holds more than {MAX_MEMBERS:,} files", where=where)


class _Reader(io.RawIOBase):
    """A file over bytes or a memory map, without a copy of them."""

    def __init__(self, data: Data) -> None:
        self._data, self._place = data, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._data[self._place : self._place + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = max(0, (0, self._place, len(self._data))[whence] + place)
        return self._place

    def tell(self) -> int:
        return self._place
