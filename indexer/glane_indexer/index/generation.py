"""A generation: one immutable state of a whole library's index, opened for reading.

``index/CURRENT`` holds the name of the generation that answers; it changes by one atomic rename. Beside it
lie the generations' own files and the segments that they list.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import EncoderMismatchError, GenerationError
from glane_indexer.index import manifest as manifests
from glane_indexer.index.local.view import LocalView
from glane_indexer.index.manifest import Manifest, sync
from glane_indexer.index.protocol import View, Viewer
from glane_indexer.index.segment import SUFFIX, Segment, SegmentFile

INDEX = "index"
CURRENT = "CURRENT"
_NAME = re.compile(r"\d{6,}")
logger = logging.getLogger("glane")


class Generation:
    """An opened generation: its segments, and a view of them for each kind of viewer.

    Its files are mapped, so it goes on answering when they are removed. ``damage`` says what is wrong with
    a newer generation that this one stands in for, or "".
    """

    def __init__(
        self, name: str, manifest: Manifest, segments: Sequence[Segment], damage: str = ""
    ) -> None:
        self.name = name
        self.manifest = manifest
        self.segments = segments
        self.damage = damage
        self._views: dict[Viewer, LocalView] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        library: Path,
        name: str | None = None,
        *,
        encoder: EncoderInfo | None = None,
        reuse: Generation | None = None,
    ) -> Generation:
        """Open a generation, after a check of every file.

        Args:
            name: which one; None: the current one.
            encoder: what questions will be encoded with; the index must have been built with it.
            reuse: an opened generation, whose segments need not be opened and checked again.

        Raises:
            EncoderMismatchError: it was built with another encoder.
            GenerationError: there is none, or it is damaged or of another version.
        """
        while name is None:
            current = current_name(library)
            if current is None:
                raise GenerationError(
                    "there is no index here yet",
                    where=str(library),
                    hint="Run `glane index`, or `glane demo` for the sample library",
                )
            try:
                return cls.open(library, current, encoder=encoder, reuse=reuse)
            except GenerationError:
                # Another may have taken its place, and its files may be gone since.
                if current_name(library) == current:
                    raise
        manifest = read_manifest(library, name)
        manifest.check(str(_file(library, name)), encoder)
        opened = [open_segment(library, member.file, reuse) for member in manifest.members]
        return cls(name, manifest, opened)

    @classmethod
    def open_sound(
        cls, library: Path, *, encoder: EncoderInfo | None = None, reuse: Generation | None = None
    ) -> Generation:
        """Open the current generation, or where it is damaged the newest one before it that is sound.

        Raises:
            EncoderMismatchError: the current one was built with another encoder.
            GenerationError: there is none that can be opened; it says what is wrong with the current one.
        """
        try:
            return cls.open(library, encoder=encoder, reuse=reuse)
        except EncoderMismatchError:
            raise
        except GenerationError as error:
            damage = error
        for name in reversed(_before_current(library)):
            try:
                found = cls.open(library, name, encoder=encoder, reuse=reuse)
            except GenerationError:
                continue
            logger.error("the index is damaged; generation %s answers in its place: %s", name, damage)
            found.damage = str(damage)
            return found
        raise damage

    def hold(self) -> None:
        """Have what is mapped stay as it is (see :meth:`Segment.hold`)."""
        for segment in self.segments:
            segment.hold()

    def damage_since(self) -> tuple[str, bool]:
        """What became of its files since they were opened, or ""; and whether answers are right even so."""
        found = [(damage, segment.is_copied) for segment in self.segments if (damage := segment.damage())]
        return found[0][0] if found else "", all(is_copied for _, is_copied in found)

    def view(self, viewer: Viewer) -> LocalView:
        """What this viewer may find, made at the first call."""
        if all(member.file.visibility == "public" for member in self.manifest.members):
            viewer = "public"
        with self._lock:
            if viewer not in self._views:
                seen = [
                    (segment, member.alive)
                    for segment, member in zip(self.segments, self.manifest.members, strict=True)
                    if viewer == "member" or member.file.visibility == "public"
                ]
                self._views[viewer] = LocalView(
                    self.name,
                    seen,
                    encoder=self.manifest.encoder,
                    seq=self.manifest.seq,
                    questions=self.manifest.questions,
                )
            return self._views[viewer]


def open_view(generation: Generation, viewer: Viewer) -> View:
    """The bookmarks that a viewer may find: the public view reads only segments of public bookmarks."""
    return generation.view(viewer)


def open_segment(library: Path, file: SegmentFile, reuse: Generation | None = None) -> Segment:
    """Open a segment, or take it from a generation that has it open and sound.

    Raises:
        GenerationError: it is missing or damaged.
    """
    for segment in reuse.segments if reuse else ():
        if segment.file == file and not segment.is_damaged:
            return segment
    return Segment(library / INDEX, file)


def current_name(library: Path) -> str | None:
    """The name of the current generation; None where there is no index yet.

    Raises:
        GenerationError: ``CURRENT`` cannot be read or names no generation.
    """
    path = library / INDEX / CURRENT
    try:
        name = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise GenerationError(
            f"it cannot be read: {error}", where=str(path), hint="Run `glane index`"
        ) from error
    if not _NAME.fullmatch(name):
        raise GenerationError(
            "it does not name a generation",
            where=str(path),
            hint="Run `glane index --force` to write it anew",
        )
    return name


def current(library: Path) -> str | None:
    """The current generation, where its file is there."""
    try:
        name = current_name(library)
    except GenerationError:
        return None
    return name if name in names(library) else None


def names(library: Path) -> list[str]:
    """The generations of a library, the oldest first."""
    folder = library / INDEX
    if not folder.is_dir():
        return []
    return sorted(path.stem for path in folder.glob("*.json") if _NAME.fullmatch(path.stem))


def new_name(library: Path) -> str:
    """A name that no generation here has had."""
    folder = library / INDEX
    taken = [path.stem for path in folder.iterdir()] if folder.is_dir() else []
    # One that names nothing takes no name.
    with contextlib.suppress(GenerationError):
        taken.append(current_name(library) or "0")
    return f"{max([0, *(int(name) for name in taken if _NAME.fullmatch(name))]) + 1:06d}"


def read_manifest(library: Path, name: str) -> Manifest:
    """What a generation says of itself.

    Raises:
        GenerationError: its file is missing or damaged.
    """
    return manifests.read(_file(library, name))


def write_manifest(library: Path, name: str, manifest: Manifest) -> None:
    """Write a generation's file; it is not current by that."""
    manifests.write(_file(library, name), manifest)


def set_current(library: Path, name: str) -> None:
    """Make a generation the one that answers, by one atomic rename."""
    folder = library / INDEX
    draft = folder / f".{CURRENT}-{os.getpid()}"
    draft.write_text(name + "\n", "ascii")
    sync(draft)
    draft.replace(folder / CURRENT)
    sync(folder)


def rollback(library: Path) -> str:
    """Go back to the generation before the current one; its name.

    Raises:
        GenerationError: there is none, or it is damaged.
        LockedError: another process is writing to the library.
    """
    from glane_indexer.library.locking import INDEX_LOCK, writer_lock

    if not library.is_dir():
        raise GenerationError("there is no library here", where=str(library))
    with writer_lock(library, "going back to the index before", name=INDEX_LOCK):
        earlier = _before_current(library)
        if not earlier:
            raise GenerationError("there is no generation to go back to", where=str(library))
        Generation.open(library, earlier[-1])
        set_current(library, earlier[-1])
    return earlier[-1]


def previous(library: Path) -> str | None:
    """The generation before the current one, where it is there."""
    return next(reversed(_before_current(library)), None)


def previous_of(library: Path, new: str) -> str | None:
    """What stays to go back to once ``new`` is current: the generation that has answered so far."""
    try:
        name = current_name(library)
    except GenerationError:
        return None
    return name if name != new and name in names(library) else None


def clean(library: Path, kept: Collection[str]) -> None:
    """Delete all generations but these, the segments that none of these lists, and unfinished files."""
    folder = library / INDEX
    listed: set[str] = set()
    for name in kept:
        try:
            listed |= {f"{member.file.name}{SUFFIX}" for member in read_manifest(library, name).members}
        except GenerationError:
            continue  # What it lists cannot be read, so nothing is kept for it.
    stay = listed | {f"{name}.json" for name in kept} | {CURRENT}
    for path in folder.iterdir():
        if path.name in stay:
            continue
        if path.is_dir():
            # A generation of Glane 0.1, or what an ended build of it has left.
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _before_current(library: Path) -> list[str]:
    try:
        current = current_name(library)
    except GenerationError:
        return names(library)
    return [name for name in names(library) if current and name < current]


def _file(library: Path, name: str) -> Path:
    return library / INDEX / f"{name}.json"
