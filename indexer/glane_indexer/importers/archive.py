"""Exports that are made of several files, in a zip archive or a folder: their members, each a source.

Archives of files that are exports by themselves are opened at the entrance (:mod:`library.files`), one
file after another. What no export has is refused: paths that lead outside, encrypted members, and
members that are too many, too large, or unpack to hundreds of times their size.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from glane_indexer.errors import InputError
from glane_indexer.importers.source import Source

MAX_MEMBERS = 20_000
MAX_MEMBER = 128 << 20
MAX_UNPACKED = 512 << 20
# Text seldom unpacks to more than twenty times its size.
_RATIO = 250
_RATIO_FROM = 1 << 20
# A version of the format that zipfile does not know is NotImplementedError.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


class Members(Protocol):
    """The files in an archive or a folder, by their names."""

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...

    def source(self, name: str) -> Source:
        """One of them.

        Raises:
            InputError: it is damaged or too large.
        """
        ...


class NoMembers:
    """What is no archive holds no files."""

    names: tuple[str, ...] = ()

    def source(self, name: str) -> Source:
        """There is none."""
        raise KeyError(name)


def members(source: Source) -> Members:
    """The files in a zip archive; none where the content is no such archive.

    Raises:
        InputError: the archive is damaged, or holds what no export does.
    """
    try:
        if source.starts_with(b"PK\x03\x04", b"PK\x05\x06"):
            return _Zip(source)
    except _DAMAGE as error:
        raise InputError(
            f"the archive is damaged: {error}", where=source.name, hint="Download or export it again"
        ) from None
    return NoMembers()


def folder(path: Path) -> Source:
    """A folder as a source whose members are its files, also those in folders below it."""
    return Source(b"", str(path), folder=_Folder(path))


class _Zip:
    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.file = zipfile.ZipFile(io.BytesIO(source.content[:]))
        infos = [info for info in self.file.infolist() if not info.is_dir()]
        _check(source.name, [(info.filename, info.file_size) for info in infos])
        for info in infos:
            if info.flag_bits & 1:
                raise InputError("the archive is encrypted", where=source.name, hint="Unpack it yourself")
            if info.file_size > max(_RATIO_FROM, info.compress_size * _RATIO):
                raise _bomb(source.name, info.filename)
        self.infos = {info.filename: info for info in infos if not _is_junk(info.filename)}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.infos))

    def source(self, name: str) -> Source:
        try:
            with self.file.open(self.infos[name]) as stream:
                content = stream.read(MAX_MEMBER + 1)
        except (*_DAMAGE, RuntimeError) as error:
            raise InputError(f"the member is damaged: {error}", where=f"{self.name}/{name}") from None
        if len(content) > MAX_MEMBER:
            raise _bomb(self.name, name)
        return Source(content, name)


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = tuple(sorted(self._walk()))
        if not self.names:
            raise InputError("there are no files in this folder", where=str(path))

    def _walk(self) -> Iterator[str]:
        for count, path in enumerate(self.path.rglob("*")):
            if count > MAX_MEMBERS:
                raise InputError(f"the folder holds more than {MAX_MEMBERS:,} files", where=str(self.path))
            inner = path.relative_to(self.path)
            hidden = any(part.startswith(".") for part in inner.parts)
            if path.is_file() and not path.is_symlink() and not hidden and not _is_junk(inner.as_posix()):
                yield inner.as_posix()

    def source(self, name: str) -> Source:
        path = self.path / name
        try:
            if path.stat().st_size > MAX_MEMBER:
                raise InputError(
                    "the file is too large to be one of a folder", where=str(path), hint="Import it alone"
                )
            return Source(path.read_bytes(), name)
        except OSError as error:
            raise InputError(f"the file cannot be read: {error.strerror}", where=str(path)) from None


def _check(archive: str, files: list[tuple[str, int]]) -> None:
    if len(files) > MAX_MEMBERS:
        raise InputError(f"the archive holds {len(files):,} files, more than any export", where=archive)
    for name, size in files:
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[:1]:
            raise InputError(
                f"the archive names a file outside of itself ({name[:80]!r}), which no export does",
                where=archive,
                hint="Do not trust where it comes from",
            )
        if size > MAX_MEMBER:
            raise _bomb(archive, name)
    if sum(size for _, size in files) > MAX_UNPACKED:
        raise _bomb(archive, "all of it")


def _bomb(archive: str, name: str) -> InputError:
    return InputError(
        f"the archive unpacks to more than any export holds ({name[:80]})",
        where=archive,
        hint="Unpack it yourself and import the files that you need",
    )


def _is_junk(name: str) -> bool:
    return any(part in _JUNK for part in PurePosixPath(name).parts)
