"""Brings the index up to date with the catalog: what has changed since makes a small segment more.

The catalog is open for moments alone, never while something is embedded or written to the index.
"""

from __future__ import annotations

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
from glane_indexer.index.basis import Basis, basis_of
from glane_indexer.index.embedding import Embedded, Progress, content_of
from glane_indexer.index.generation import Generation
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.index.merge import merge_tiers
from glane_indexer.index.segment import Content
from glane_indexer.library.locking import INDEX_LOCK, writer_lock
from glane_indexer.models import Bookmark

# Bookmarks read, cut, embedded and written at a time: what is in memory does not grow with the library.
PART = 25_000

Accept = Callable[[str], None]


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
    ready: Callable[[], object] | None = None,
    wait: float = 0.0,
) -> IndexReport:
    """Bring the index up to date with the catalog, at the cost of what has changed; then merge segments.

    Args:
        progress: called with a stage, how much of it is done, and how much there is.
        force: build everything anew, also what has not changed.
        accept: called with the name of the new generation before it becomes current; when it raises,
            the generation stays beside the current one until the next build.
        reuse: an opened generation, whose segments need not be opened and checked again.
        ready: called once the new generation is current, before what can wait is done: the catalog is
            tidied, and segments are merged.
        wait: seconds to wait for another process that is indexing.

    Raises:
        CatalogError: there is no catalog, or it cannot be read or written.
        LockedError: another process is indexing the library.
        EncoderError: the encoder failed; what it had embedded is kept.
        GenerationError: the generation cannot be written.
    """
    started = time.monotonic()
    try:
        with writer_lock(library, "indexing", name=INDEX_LOCK, wait=wait):
            update = _Update(library, encoder, progress or _silent, started)
            report = update.run(force=force, accept=accept, reuse=reuse, ready=ready or (lambda: None))
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
    """What a build has written so far: segments, their bookmarks, and the hashes of the texts of these.

    ``last`` is the part that the catalog does not know yet.
    """

    members: list[Member] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    hashes: list[NDArray[np.uint8]] = field(default_factory=list)
    count: int = 0
    seconds: float = 0.0
    last: tuple[Content, Embedded] | None = None

    def keep(self, library: Path, fingerprint: str) -> None:
        """Let the catalog know the vectors and the passages of the last part."""
        with Catalog.open(library) as catalog, catalog.transaction():
            self.note(catalog, fingerprint)

    def note(self, catalog: Catalog, fingerprint: str) -> None:
        """The same, within a transaction."""
        if self.last:
            content, embedded = self.last
            embedded.keep(catalog, fingerprint)
            catalog.replace_passages([bookmark.id for bookmark in content.bookmarks], content.passages)
        self.last = None


@dataclass(frozen=True, slots=True)
class _Update:
    library: Path
    encoder: Encoder
    progress: Progress
    started: float

    def run(
        self,
        *,
        force: bool,
        accept: Accept | None,
        reuse: Generation | None,
        ready: Callable[[], object],
    ) -> IndexReport:
        base = Basis() if force else basis_of(self.library, self.encoder.info, reuse)
        known = base.hashes()
        state = self._read(known)
        gone = [(number, row) for id, (hash, number, row) in known.items() if state.hashes.get(id) != hash]
        if base.name and base.manifest and base.whole and not gone and _same(base.manifest, state):
            return IndexReport(base.name, base.manifest.passages, 0, self._seconds(), 0.0)
        alive = [member.alive.copy() for member, _ in base.members]
        for number, row in gone:
            alive[number][row] = False
        fingerprint = self.encoder.info.fingerprint
        name, written = self._new_name(), _Written()
        for start in range(0, len(state.changed), PART):
            if start:
                written.keep(self.library, fingerprint)
            ids = state.changed[start : start + PART]
            self._part(name, state.first if not start else self._bookmarks(ids), written)
        manifest = self._write(name, base, alive, written, state)
        if accept:
            # It may be refused, and what was embedded is not to be lost by that.
            written.keep(self.library, fingerprint)
            accept(name)
        before = generation.previous_of(self.library, name)
        generation.set_current(self.library, name)
        generation.clean(self.library, {name, before} if before else {name})
        ready()
        self._tidy(base, alive, written, before)
        speed = round(written.count / written.seconds, 1) if written.count else 0.0
        return IndexReport(name, manifest.passages, written.count, self._seconds(), speed)

    def _seconds(self) -> float:
        return round(time.monotonic() - self.started, 3)

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

    def _new_name(self) -> str:
        """The name of the generation that is begun; what is unfinished of others goes."""
        folder = self.library / generation.INDEX
        folder.mkdir(exist_ok=True)
        # Before what was refused goes: a name must never mean two things to a service that follows.
        name = generation.new_name(self.library)
        current = generation.current(self.library)
        before = generation.previous(self.library)
        # What was refused, or was left unfinished, must not pile up.
        generation.clean(self.library, {name for name in (current, before) if name})
        return name

    def _part(self, name: str, bookmarks: Sequence[Bookmark], written: _Written) -> None:
        """Embed some bookmarks and write their segments."""
        content, embedded = content_of(self.library, self.encoder, bookmarks, self.progress)
        written.last = content, embedded
        written.count += embedded.count
        written.seconds += embedded.seconds
        written.ids += [bookmark.id for bookmark in content.bookmarks]
        parts = [part for part in content.split() if part[1].bookmarks]
        for number, (visibility, part) in enumerate(parts):
            self.progress("Writing the index", number, len(parts))
            arrays = part.arrays()
            file = segment.write(
                self.library / generation.INDEX, f"{name}-{len(written.members) + 1}", visibility, arrays
            )
            written.members.append(Member(file, np.ones(file.bookmarks, np.bool_)))
            written.hashes.append(arrays["embedded.hashes"])

    def _write(
        self,
        name: str,
        base: Basis,
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
            merges=base.manifest.merges if base.manifest else 0,
        )
        generation.write_manifest(self.library, name, manifest)
        return manifest

    def _tidy(
        self, base: Basis, alive: Sequence[NDArray[np.bool_]], written: _Written, before: str | None
    ) -> None:
        """Keep in the catalog the passages and the vectors of what is indexed, and of nothing else."""
        segments = [
            (opened, member.alive, mask) for (member, opened), mask in zip(base.members, alive, strict=True)
        ]
        gone, unused = tidying.superseded(segments, written.hashes)
        fingerprint = self.encoder.info.fingerprint
        with Catalog.open(self.library) as catalog, catalog.transaction():
            written.note(catalog, fingerprint)
            if base.members:
                catalog.replace_passages(sorted(gone.difference(written.ids)), [])
                catalog.delete_embeddings(unused)
            else:
                encoders = tidying.encoders_of(self.library, fingerprint, before)
                tidying.keep_only(catalog, written.ids, written.hashes, encoders)


def _same(manifest: Manifest, state: _State) -> bool:
    """Whether a generation without gone or changed bookmarks is what would be written again."""
    return (
        not state.changed
        and manifest.catalog_version == state.version
        and manifest.seq == state.seq
        and [(text, list(ids)) for text, ids in manifest.questions] == list(state.questions)
    )
