"""The files of a copied index: what is here, and what has to be fetched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from glane_indexer.errors import GenerationError, LibraryError, SourceError
from glane_indexer.index.local.arrays import checksum_of
from glane_indexer.index.manifest import Manifest, sync
from glane_indexer.index.segment import SUFFIX, SegmentFile
from glane_indexer.replication.sources import Source

# Room that is left on the disk beside what is fetched.
MARGIN = 16 << 20


class Files:
    """The segments of a follower, in its index's folder."""

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder = folder
        self._source = source

    def named(self, file: SegmentFile, here: Collection[Manifest]) -> SegmentFile:
        """The segment under a name that means no other one here: a source made anew counts from 1 again."""
        taken = {member.file.name: member.file for each in here for member in each.members}
        for name in (file.name, f"{file.name}-{file.checksum[:8]}"):
            named = replace(file, name=name)
            if taken.get(name, named) == named:
                return named
        raise GenerationError("two segments have one name", where=file.name)

    def has(self, file: SegmentFile, sound: Collection[SegmentFile]) -> bool:
        """Whether a segment is here, whole; of those that are known to be ``sound`` nothing is read."""
        path = self._path(file)
        if not path.exists() or _size(path) != file.size:
            return False
        return file in sound or sum_of(path) == file.checksum

    def check_room(self, wanted: Collection[SegmentFile]) -> None:
        """See that there is room for what is to be fetched.

        Raises:
            LibraryError: there is not.
        """
        needed = sum(file.size - _size(self._draft(file)) for file in wanted)
        free = shutil.disk_usage(self._folder).free
        if needed > 0 and needed + MARGIN > free:
            raise LibraryError(
                f"there is no room for the generation: it needs {needed / 1e6:,.0f} MB more, and "
                f"{free / 1e6:,.0f} MB are free",
                where=str(self._folder),
            )

    def fetch(self, theirs: SegmentFile, own: SegmentFile) -> None:
        """Have a segment here; one that was begun goes on where it broke off.

        Args:
            theirs: as the source names it.
            own: as it is named here.

        Raises:
            NotFoundError: the source has gone on.
            SourceError: it cannot be had, or is not what it should be.
            OSError: it cannot be written.
        """
        draft = self._draft(own)
        if _size(draft) > own.size:
            draft.unlink()
        if _size(draft) < own.size:
            self._source.segment(theirs, draft)
        if _size(draft) < own.size:
            raise SourceError("a file broke off", where=self._source.name)
        if sum_of(draft) != own.checksum:
            draft.unlink()
            raise SourceError(
                "a file did not come as it was sent: its checksum does not match",
                where=f"{self._source.name}: {theirs.name}",
            )
        sync(draft)
        draft.replace(self._path(own))

    def _path(self, file: SegmentFile) -> Path:
        return self._folder / f"{file.name}{SUFFIX}"

    def _draft(self, file: SegmentFile) -> Path:
        # By its content, so that a draft that was left is never taken for the beginning of another file.
        return self._folder / f".{file.checksum}.part"


def put(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def sum_of(path: Path) -> str:
    """The checksum of a segment's file, as manifests have it."""
    with path.open("rb") as stream:
        return checksum_of(stream)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
