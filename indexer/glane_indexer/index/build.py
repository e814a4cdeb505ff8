"""Brings the index up to date with the catalog: what has changed since makes a small segment more.

The catalog is open for moments alone, never while something is embedded or written to the index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import GenerationError
from glane_indexer.index import generation, segment
from glane_indexer.index.basis import Basis, basis_of
from glane_indexer.index.embedding import Embedded, Progress, embed
from glane_indexer.index.generation import Generation
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.index.merge import merge_tiers
from glane_indexer.index.segment import Content
from glane_indexer.library.locking import INDEX_LOCK, writer_lock
from glane_indexer.models import Bookmark
from glane_indexer.passages import document_texts, passages_of, text_hash

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
    """What the catalog holds: of bookmarks the content hashes, and those whole that have changed."""

    hashes: Mapping[str, str]
    changed: Sequence[Bookmark]
    questions: Sequence[tuple[str, Sequence[str]]]
    version: str
    seq: int


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
        count_tokens, limit = self.encoder.count_tokens, self.encoder.info.max_tokens
        passages = [passages_of(bookmark, count_tokens, limit) for bookmark in state.changed]
        wholes = [document_texts(bookmark, count_tokens, limit) for bookmark in state.changed]
        texts = {item.hash: item.embedded for group in passages for item in group}
        texts |= {text_hash(text): text for group in wholes for text in group}
        embedded = embed(self.library, self.encoder, texts, self.progress)
        content = Content(
            state.changed,
            passages,
            [
                [*(item.hash for item in group), *map(text_hash, own)]
                for group, own in zip(passages, wholes, strict=True)
            ],
            embedded.rows([item.hash for group in passages for item in group]),
            embedded.means(wholes),
        )
        alive = [member.alive.copy() for member, _ in base.members]
        for number, row in gone:
            alive[number][row] = False
        name, manifest = self._write(base, alive, content, state)
        if accept:
            # It may be refused, and what was embedded is not to be lost by that.
            with Catalog.open(self.library) as catalog:
                embedded.keep(catalog, self.encoder.info.fingerprint)
            accept(name)
        before = generation.previous_of(self.library, name)
        generation.set_current(self.library, name)
        generation.clean(self.library, {name, before} if before else {name})
        ready()
        self._tidy(base, alive, content, embedded, before)
        speed = round(embedded.count / embedded.seconds, 1) if embedded.count else 0.0
        return IndexReport(name, manifest.passages, embedded.count, self._seconds(), speed)

    def _seconds(self) -> float:
        return round(time.monotonic() - self.started, 3)

    def _read(self, known: Mapping[str, tuple[str, int, int]]) -> _State:
        with Catalog.open(self.library) as catalog, catalog.transaction():
            hashes = catalog.hashes()
            changed = [id for id, hash in hashes.items() if id not in known or known[id][0] != hash]
            return _State(
                hashes,
                list(catalog.bookmarks()) if len(changed) == len(hashes) else catalog.bookmarks_of(changed),
                catalog.good_questions(),
                catalog.content_version(),
                catalog.seq(),
            )

    def _write(
        self, base: Basis, alive: Sequence[NDArray[np.bool_]], content: Content, state: _State
    ) -> tuple[str, Manifest]:
        """Write what is new and the generation's file; its name."""
        folder = self.library / generation.INDEX
        folder.mkdir(exist_ok=True)
        # Before what was refused goes: a name must never mean two things to a service that follows.
        name = generation.new_name(self.library)
        current = _current(self.library)
        before = generation.previous(self.library)
        # What was refused, or was left unfinished, must not pile up.
        generation.clean(self.library, {name for name in (current, before) if name})
        members = [
            Member(member.file, mask)
            for (member, _), mask in zip(base.members, alive, strict=True)
            if mask.any()
        ]
        parts = [part for part in content.split() if part[1].bookmarks]
        for number, (visibility, part) in enumerate(parts):
            self.progress("Writing the index", number, len(parts))
            file = segment.write(folder, f"{name}-{number + 1}", visibility, part.arrays())
            members.append(Member(file, np.ones(file.bookmarks, np.bool_)))
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
        return name, manifest

    def _tidy(
        self,
        base: Basis,
        alive: Sequence[NDArray[np.bool_]],
        content: Content,
        embedded: Embedded,
        before: str | None,
    ) -> None:
        """Keep in the catalog the passages and the vectors of what is indexed, and of nothing else."""
        used = {bytes.fromhex(text) for group in content.hashes for text in group}
        dropped: set[bytes] = set()
        for (member, opened), mask in zip(base.members, alive, strict=True):
            dropped |= opened.embedded(member.alive & ~mask)
        for (_, opened), mask in zip(base.members, alive, strict=True):
            # Of the whole library only where something might go that is in use elsewhere.
            used |= opened.embedded(mask) if dropped else set()
        with Catalog.open(self.library) as catalog, catalog.transaction():
            embedded.keep(catalog, self.encoder.info.fingerprint)
            if base.members:
                gone = {
                    opened.ids[row]
                    for (member, opened), mask in zip(base.members, alive, strict=True)
                    for row in np.flatnonzero(member.alive & ~mask).tolist()
                }
                changed = {bookmark.id for bookmark in content.bookmarks}
                catalog.replace_passages(sorted(gone | changed), content.passages)
                catalog.delete_embeddings(item.hex() for item in dropped - used)
            else:
                catalog.replace_passages(None, content.passages)
                catalog.prune_embeddings(self._fingerprints(before), (item.hex() for item in used))

    def _fingerprints(self, before: str | None) -> set[str]:
        kept = {self.encoder.info.fingerprint}
        if before:
            try:
                kept.add(generation.read_manifest(self.library, before).encoder.fingerprint)
            except GenerationError:
                # It cannot be gone back to, so nothing is kept for it.
                return kept
        return kept


def _same(manifest: Manifest, state: _State) -> bool:
    """Whether a generation without gone or changed bookmarks is what would be written again."""
    return (
        not state.changed
        and manifest.catalog_version == state.version
        and manifest.seq == state.seq
        and [(text, list(ids)) for text, ids in manifest.questions] == list(state.questions)
    )


def _current(library: Path) -> str | None:
    """The current generation, where its file is there."""
    try:
        name = generation.current_name(library)
    except GenerationError:
        return None
    return name if name in generation.names(library) else None
