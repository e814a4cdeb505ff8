"""Brings the index up to date with the catalog: what has changed since makes a small segment more.

The catalog is open for moments alone, never while something is embedded or written to the index.
"""

from __future__ import annotations

import logging
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
from glane_indexer.index.generation import Generation, open_segment
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.index.merge import merge_tiers
from glane_indexer.index.segment import Content, Segment
from glane_indexer.library.locking import INDEX_LOCK, writer_lock
from glane_indexer.models import Bookmark
from glane_indexer.passages import document_texts, passages_of, text_hash

# Vectors are kept in the catalog after so many, so that a build that is ended goes on from there.
KEPT_AFTER = 256

Progress = Callable[[str, int, int], None]
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

    def run(self, *, force: bool, accept: Accept | None, reuse: Generation | None) -> IndexReport:
        base = _Base() if force else self._base(reuse)
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
        embedded, seconds = self._embed(texts)
        vectors = self._vectors(list(texts))
        content = Content(
            state.changed,
            passages,
            [
                [*(item.hash for item in group), *map(text_hash, own)]
                for group, own in zip(passages, wholes, strict=True)
            ],
            _rows(vectors, [item.hash for group in passages for item in group]),
            _document_vectors(vectors, wholes),
        )
        alive = [member.alive.copy() for member, _ in base.members]
        for number, row in gone:
            alive[number][row] = False
        name, manifest = self._write(base, alive, content, state)
        if accept:
            accept(name)
        before = generation.previous_of(self.library, name)
        generation.set_current(self.library, name)
        generation.clean(self.library, {name, before} if before else {name})
        self._tidy(base, alive, content, before)
        return IndexReport(
            name,
            manifest.passages,
            embedded,
            self._seconds(),
            round(embedded / seconds, 1) if embedded else 0.0,
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
            return _State(
                hashes,
                list(catalog.bookmarks()) if len(changed) == len(hashes) else catalog.bookmarks_of(changed),
                catalog.good_questions(),
                catalog.content_version(),
                catalog.seq(),
            )

    def _embed(self, texts: Mapping[str, str]) -> tuple[int, float]:
        """Embed what has no vector yet; how many that were, and the seconds that it took."""
        fingerprint = self.encoder.info.fingerprint
        with Catalog.open(self.library) as catalog:
            missing = catalog.missing_embeddings(texts, fingerprint)
        # Texts of like length together are embedded faster; the longest first, so that the time
        # left is not promised too short.
        missing.sort(key=lambda key: (-len(texts[key]), key))
        started = time.monotonic()
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            self.progress("Embedding", done, len(missing))

        self.progress("Embedding", 0, len(missing))
        for start in range(0, len(missing), KEPT_AFTER):
            part = missing[start : start + KEPT_AFTER]
            vectors = self.encoder.encode_passages([texts[key] for key in part], count)
            with Catalog.open(self.library) as catalog:
                catalog.store_embeddings(part, vectors, fingerprint)
        return len(missing), time.monotonic() - started

    def _vectors(self, hashes: Sequence[str]) -> tuple[dict[str, int], NDArray[np.float32]]:
        """All vectors, and which of them is a hash's."""
        info = self.encoder.info
        place = {hash: row for row, hash in enumerate(hashes)}
        if not hashes:
            return place, np.zeros((0, info.dimensions), np.float32)
        with Catalog.open(self.library) as catalog:
            return place, catalog.embeddings(hashes, info.fingerprint)

    def _write(
        self, base: _Base, alive: Sequence[NDArray[np.bool_]], content: Content, state: _State
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
        self, base: _Base, alive: Sequence[NDArray[np.bool_]], content: Content, before: str | None
    ) -> None:
        """Keep in the catalog the passages and the vectors of what is indexed, and of nothing else."""
        used = {bytes.fromhex(text) for group in content.hashes for text in group}
        dropped: set[bytes] = set()
        for (member, opened), mask in zip(base.members, alive, strict=True):
            used |= opened.embedded(mask)
            dropped |= opened.embedded(member.alive & ~mask)
        with Catalog.open(self.library) as catalog, catalog.transaction():
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


def _rows(
    vectors: tuple[dict[str, int], NDArray[np.float32]], hashes: Sequence[str]
) -> NDArray[np.float32]:
    place, found = vectors
    return found[np.array([place[hash] for hash in hashes], np.int64)]


def _document_vectors(
    vectors: tuple[dict[str, int], NDArray[np.float32]], wholes: Sequence[Sequence[str]]
) -> NDArray[np.float16]:
    """One unit row a bookmark: the mean of its texts' vectors; zeros where it has no text."""
    flat = _rows(vectors, [text_hash(text) for group in wholes for text in group])
    owners = np.repeat(np.arange(len(wholes)), [len(group) for group in wholes])
    sums = np.zeros((len(wholes), flat.shape[1]), np.float32)
    np.add.at(sums, owners, flat)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.where(norms > 0, norms, 1)).astype(np.float16)
