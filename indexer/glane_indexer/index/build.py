"""Builds a generation from the catalog, beside the current one, and makes it current."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import GenerationError
from glane_indexer.index import generation
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.documents import Documents
from glane_indexer.index.local.keyword import LexicalIndex
from glane_indexer.index.local.rows import PassageRows
from glane_indexer.index.local.vectors import PassageVectors
from glane_indexer.index.manifest import Counts, write_manifest
from glane_indexer.library.locking import writer_lock
from glane_indexer.models import Bookmark, Passage
from glane_indexer.passages import document_texts, passages_of, text_hash

# Vectors are kept in the catalog after so many, so that a build that is ended goes on from there.
KEPT_AFTER = 256

Progress = Callable[[str, int, int], None]
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
) -> IndexReport:
    """Bring the index up to date with the catalog; where it is, nothing is done.

    Args:
        progress: called with a stage, how much of it is done, and how much there is.
        force: build also where nothing has changed.
        accept: called with the name of the new generation before it becomes current; when it raises,
            the generation stays beside the current one.

    Raises:
        CatalogError: there is no catalog, or it cannot be read or written.
        LockedError: another process is writing to the library.
        EncoderError: the encoder failed; what it had embedded is kept.
        GenerationError: the generation cannot be written.
    """
    started = time.monotonic()
    try:
        with writer_lock(library, "indexing"), Catalog.open(library) as catalog:
            return _Build(library, catalog, encoder, progress or _silent, started).run(force, accept)
    except OSError as error:
        raise GenerationError(
            f"the index cannot be written: {error.strerror or error}",
            where=str(library),
            hint="Check the room on the disk and the rights of the folder",
        ) from error


def _silent(stage: str, done: int, total: int) -> None:
    """For a build that nobody watches."""


@dataclass(frozen=True, slots=True)
class _Build:
    library: Path
    catalog: Catalog
    encoder: Encoder
    progress: Progress
    started: float

    def run(self, force: bool, accept: Accept | None) -> IndexReport:
        current = self._current()
        if current and not force:
            manifest = generation.read_manifest(self.library, current)
            return IndexReport(current, manifest.counts.passages, 0, self._seconds(), 0.0)
        bookmarks = list(self.catalog.bookmarks())
        info = self.encoder.info
        passages = [
            passages_of(bookmark, self.encoder.count_tokens, info.max_tokens) for bookmark in bookmarks
        ]
        wholes = [
            document_texts(bookmark, self.encoder.count_tokens, info.max_tokens) for bookmark in bookmarks
        ]
        texts = {passage.hash: passage.embedded for group in passages for passage in group}
        texts |= {text_hash(text): text for group in wholes for text in group}
        embedded, seconds = self._embed(texts)
        self.catalog.replace_passages(passages)
        name = self._write(bookmarks, passages, wholes)
        if accept:
            accept(name)
        before = self._previous()
        generation.set_current(self.library, name)
        generation.remove_others(self.library, {name, before} if before else {name})
        self.catalog.prune_embeddings(self._fingerprints(before), texts)
        count = sum(map(len, passages))
        return IndexReport(
            name, count, embedded, self._seconds(), round(embedded / seconds, 1) if embedded else 0.0
        )

    def _seconds(self) -> float:
        return round(time.monotonic() - self.started, 3)

    def _current(self) -> str | None:
        """The current generation where it is what a build would give again."""
        try:
            name = generation.current_name(self.library)
            if name is None:
                return None
            opened = generation.Generation.open(self.library, name, encoder=self.encoder.info)
        except GenerationError:
            # Damaged or out of date: that is what this build repairs.
            return None
        same = opened.manifest.catalog_version == self.catalog.content_version()
        same = same and opened.documents.questions() == self.catalog.good_questions()
        opened.close()
        return name if same else None

    def _previous(self) -> str | None:
        """The generation that has answered so far, where it is still there."""
        try:
            name = generation.current_name(self.library)
        except GenerationError:
            return None
        return name if name in generation.names(self.library) else None

    def _fingerprints(self, before: str | None) -> set[str]:
        kept = {self.encoder.info.fingerprint}
        if before:
            with contextlib.suppress(GenerationError):
                kept.add(generation.read_manifest(self.library, before).encoder.fingerprint)
        return kept

    def _embed(self, texts: dict[str, str]) -> tuple[int, float]:
        """Embed what has no vector yet; how many that were, and the seconds that it took."""
        fingerprint = self.encoder.info.fingerprint
        missing = self.catalog.missing_embeddings(texts, fingerprint)
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
            self.catalog.store_embeddings(part, vectors, fingerprint)
        return len(missing), time.monotonic() - started

    def _vectors(self, hashes: Sequence[str]) -> NDArray[np.float32]:
        info = self.encoder.info
        vectors = self.catalog.embeddings(hashes, info.fingerprint)
        return vectors if len(hashes) else np.zeros((0, info.dimensions), np.float32)

    def _document_vectors(self, wholes: Sequence[Sequence[str]]) -> NDArray[np.float16]:
        """One unit row a bookmark: the mean of its texts' vectors; zeros where it has no text."""
        flat = self._vectors([text_hash(text) for group in wholes for text in group])
        owners = np.repeat(np.arange(len(wholes)), [len(group) for group in wholes])
        sums = np.zeros((len(wholes), flat.shape[1]), np.float32)
        np.add.at(sums, owners, flat)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.where(norms > 0, norms, 1)).astype(np.float16)

    def _write(
        self,
        bookmarks: Sequence[Bookmark],
        passages: Sequence[Sequence[Passage]],
        wholes: Sequence[Sequence[str]],
    ) -> str:
        """Write a whole generation and give it its name."""
        index = self.library / generation.INDEX
        index.mkdir(exist_ok=True)
        current = self._previous()
        generation.remove_others(self.library, {*generation.names(self.library)})
        taken = [int(name) for name in (*generation.names(self.library), current or "0")]
        name = f"{max(taken) + 1:06d}"
        draft = index / f".new-{name}"
        draft.mkdir()
        stages: list[Callable[[], object]] = [
            lambda: PassageVectors.build(
                self._vectors([item.hash for group in passages for item in group]),
                draft / generation.VECTORS,
            ),
            lambda: np.save(draft / generation.DOCUMENT_VECTORS, self._document_vectors(wholes)),
            lambda: PassageRows.of(bookmarks, passages).save(draft / generation.ROWS),
            lambda: Columns.build(bookmarks, draft / generation.COLUMNS),
            lambda: Documents.build(bookmarks, draft / generation.DOCUMENTS, self.catalog.good_questions()),
            lambda: LexicalIndex.build(bookmarks, draft / generation.LEXICAL),
        ]
        for number, stage in enumerate(stages):
            self.progress("Writing the index", number, len(stages))
            stage()
        counts = Counts(**self.catalog.counts(), passages=sum(map(len, passages)))
        write_manifest(
            draft,
            encoder=self.encoder.info,
            counts=counts,
            catalog_version=self.catalog.content_version(),
        )
        draft.replace(index / name)
        return name
