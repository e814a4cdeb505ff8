"""Brings the index up to date with the catalog: what has changed since makes a small segment more.

The catalog is open for moments alone, never while something is embedded or written to the index.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import GenerationError
from glane_indexer.index import generation, segment, tidying
from glane_indexer.index.embedding import Embedding, Progress
from glane_indexer.index.generation import Generation, open_segment
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.index.merge import merge_tiers
from glane_indexer.index.segment import Content, Segment
from glane_indexer.library.locking import INDEX_LOCK, writer_lock
from glane_indexer.models import Bookmark

# Bookmarks read, cut, embedded and written at a time: what is in memory does not grow with the library.
PART = 25_000

Accept = Callable[[str], None]
logger = logging.getLogger("glane")


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a build did; ``embedded`` counts texts that had no vector yet."""

    generation: str
    passages: int
    embedded: int
    seconds: float
    passages_per_second: float

    def to_json(self) -> dict[str, Any]:
        """The report as ``glane index --json`` prints it."""
        return asdict(self)


def build_generation(
    library: Path,
    encoder: Encoder,
    *,
    progress: Progress | None = None,
    force: bool = False,
    accept: Accept | None = None,
    reuse: Generation | None = None,
) -> IndexReport:
    """Bring the index up to date with the catalog, at the cost of what has changed; then merge segments.

    Args:
        progress: called with a stage, how much of it is done, and how much there is.
        force: build everything anew, also what has not changed.
        accept: called with the name of the new generation before it becomes current; when it raises,
            the generation stays beside the current one until the next build.
        reuse: an opened generation, whose segments need not be opened and checked again.

    Raises:
        CatalogError: there is no catalog, or it cannot be read or written.
        LockedError: another process is indexing the library.
        EncoderError: the encoder failed; what it had embedded is kept.
        GenerationError: the generation cannot be written.
    """
    started = time.monotonic()
    try:
        with writer_lock(library, "indexing", name=INDEX_LOCK):
            update = _Update(library, encoder, progress or _silent, started)
            report = update.run(force=force, accept=accept, reuse=reuse)
            merged = merge_tiers(library)
            return IndexReport(**{**asdict(report), "generation": merged or report.generation})
    except OSError as error:
        raise GenerationError(
            f"the index cannot be written: {error.strerror or error}",
            where=str(library),
            hint="Check the room on the disk and the rights of the folder",
        ) from error


def _silent(stage: str, done: int, total: int) -> None:
    """For a build that nobody watches."""


@dataclass(frozen=True, slots=True)
class _Base:
    """What of the current generation can be built upon; ``whole``: all of it."""

    name: str | None = None
    manifest: Manifest | None = None
    members: Sequence[tuple[Member, Segment]] = ()
    whole: bool = False

    def hashes(self) -> dict[str, tuple[str, int, int]]:
        """Of each bookmark its content hash, its segment and its row there."""
        found = {}
        for number, (member, opened) in enumerate(self.members):
            hashes = opened.hashes()
            for row in np.flatnonzero(member.alive).tolist():
                found[opened.ids[row]] = hashes[row], number, row
        return found


@dataclass(frozen=True, slots=True)
class _State:
    """What the catalog holds: the content hashes of all bookmarks, and which of them have changed.

    ``first`` are the first :data:`PART` of these, whole; where there are more they are read when it is
    their turn, and may have changed once more by then, which the next build sees.
    """

    hashes: Mapping[str, str]
    changed: Sequence[str]
    first: Sequence[Bookmark]
    questions: Sequence[tuple[str, Sequence[str]]]
    version: str
    seq: int


@dataclass(slots=True)
class _Written:
    """What a build has written so far: segments, their bookmarks, and the hashes of the texts of these."""

    members: list[Member] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    hashes: list[NDArray[np.uint8]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Update:
    library: Path
    encoder: Encoder
    progress: Progress
    started: float

    def run(self, *, force: bool, accept: Accept | None, reuse: Generation | None) -> IndexReport:
        base = _Base() if force else self._base(reuse)
        known = base.hashes()
        state = self._read(known)
        gone = [(number, row) for id, (hash, number, row) in known.items() if state.hashes.get(id) != hash]
        if base.name and base.manifest and base.whole and not gone and _same(base.manifest, state):
            return IndexReport(base.name, base.manifest.passages, 0, self._seconds(), 0.0)
        alive = [member.alive.copy() for member, _ in base.members]
        for number, row in gone:
            alive[number][row] = False
        name = self._new_name()
        written = _Written()
        embedding = Embedding(self.library, self.encoder, self.progress)
        for start in range(0, len(state.changed), PART):
            ids = state.changed[start : start + PART]
            bookmarks = state.first if not start else self._bookmarks(ids)
            self._part(name, embedding.content(bookmarks, len(state.changed) - start - len(ids)), written)
        manifest = self._write(name, base, alive, written, state)
        if accept:
            accept(name)
        before = generation.previous_of(self.library, name)
        generation.set_current(self.library, name)
        generation.clean(self.library, {name, before} if before else {name})
        if base.members:
            superseded = [
                (opened, member.alive, mask)
                for (member, opened), mask in zip(base.members, alive, strict=True)
            ]
            tidying.forget(self.library, superseded, written.ids, written.hashes)
        else:
            tidying.keep_only(
                self.library, written.ids, written.hashes, self.encoder.info.fingerprint, before
            )
        return IndexReport(
            name,
            manifest.passages,
            embedding.embedded,
            self._seconds(),
            round(embedding.embedded / embedding.seconds, 1) if embedding.embedded else 0.0,
        )

    def _seconds(self) -> float:
        return round(time.monotonic() - self.started, 3)

    def _base(self, reuse: Generation | None) -> _Base:
        """The current generation, as far as it is sound and was made as this one will be."""
        try:
            name = generation.current_name(self.library)
            if name is None:
                return _Base()
            manifest = generation.read_manifest(self.library, name)
            manifest.check(str(self.library), self.encoder.info)
        except GenerationError:
            # Damaged or out of date: that is what this build repairs.
            return _Base()
        members = []
        for member in manifest.members:
            try:
                members.append((member, open_segment(self.library, member.file, reuse)))
            except GenerationError as error:
                logger.error("a segment is damaged, and built anew from the catalog: %s", error)
        return _Base(name, manifest, members, len(members) == len(manifest.members))

    def _read(self, known: Mapping[str, tuple[str, int, int]]) -> _State:
        with Catalog.open(self.library) as catalog, catalog.transaction():
            hashes = catalog.hashes()
            changed = [id for id, hash in hashes.items() if id not in known or known[id][0] != hash]
            first = changed[:PART]
            return _State(
                hashes,
                changed,
                list(catalog.bookmarks()) if len(first) == len(hashes) else catalog.bookmarks_of(first),
                catalog.good_questions(),
                catalog.content_version(),
                catalog.seq(),
            )

    def _bookmarks(self, ids: Sequence[str]) -> Sequence[Bookmark]:
        with Catalog.open(self.library) as catalog, catalog.transaction():
            return catalog.bookmarks_of(ids)

    def _part(self, name: str, content: Content, written: _Written) -> None:
        """Write the segments of some bookmarks."""
        parts = [part for part in content.split() if part[1].bookmarks]
        for number, (visibility, part) in enumerate(parts):
            self.progress("Writing the index", number, len(parts))
            arrays = part.arrays()
            file = segment.write(
                self.library / generation.INDEX, f"{name}-{len(written.members) + 1}", visibility, arrays
            )
            written.members.append(Member(file, np.ones(file.bookmarks, np.bool_)))
            written.hashes.append(arrays["embedded.hashes"])
        ids = [bookmark.id for bookmark in content.bookmarks]
        written.ids += ids
        with Catalog.open(self.library) as catalog:
            catalog.replace_passages(ids, content.passages)

    def _new_name(self) -> str:
        """The name of the generation that is begun, after what is unfinished of others has gone."""
        folder = self.library / generation.INDEX
        folder.mkdir(exist_ok=True)
        # Before what was refused goes: a name must never mean two things to a service that follows.
        name = generation.new_name(self.library)
        current = generation.current(self.library)
        before = generation.previous(self.library)
        # What was refused, or was left unfinished, must not pile up.
        generation.clean(self.library, {name for name in (current, before) if name})
        return name

    def _write(
        self,
        name: str,
        base: _Base,
        alive: Sequence[NDArray[np.bool_]],
        written: _Written,
        state: _State,
    ) -> Manifest:
        """Write the generation's file."""
        members = [
            Member(member.file, mask)
            for (member, _), mask in zip(base.members, alive, strict=True)
            if mask.any()
        ]
        members += written.members
        kept = {member.file.name: opened for member, opened in base.members}
        passages = sum(
            int(kept[member.file.name].passage_counts()[member.alive].sum())
            if member.file.name in kept
            else member.file.passages
            for member in members
        )
        manifest = Manifest(
            encoder=self.encoder.info,
            catalog_version=state.version,
            seq=state.seq,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            questions=state.questions,
            members=members,
            passages=passages,
        )
        generation.write_manifest(self.library, name, manifest)
        return manifest


def _same(manifest: Manifest, state: _State) -> bool:
    """Whether a generation without gone or changed bookmarks is what would be written again."""
    return (
        not state.changed
        and manifest.catalog_version == state.version
        and manifest.seq == state.seq
        and [(text, list(ids)) for text, ids in manifest.questions] == list(state.questions)
    )
