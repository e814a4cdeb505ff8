"""Turns bookmarks into what a segment is made of: they are cut into passages, which get their vectors.

Vectors that the catalog has are taken from there; the encoder makes the others now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.index.segment import Content
from glane_indexer.models import Bookmark
from glane_indexer.passages import document_texts, passages_of, text_hash

# Texts that the encoder is given at a time. So few wait to be kept in the catalog until the index is
# served: to open the catalog takes longer than to embed a bookmark.
GIVEN = 256
# Of more, vectors are kept after so many, or so many seconds, so that a build that is killed goes on from
# there. Not oftener: to keep some, the catalog writes the last hundred megabytes of all anew.
KEPT_AFTER = 16_384
KEPT_SECONDS = 20.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Embedded:
    """Unit rows ``vectors`` (float32 ``[n, d]``), and which of them is a text's, by its hash.

    ``count`` texts were embedded in ``seconds``; those of ``fresh`` are not in the catalog yet.
    """

    place: Mapping[str, int]
    vectors: NDArray[np.float32]
    fresh: Sequence[str] = ()
    count: int = 0
    seconds: float = 0.0

    def rows(self, hashes: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of these texts, ``[len(hashes), d]``."""
        return self.vectors[np.array([self.place[hash] for hash in hashes], np.int64)]

    def means(self, wholes: Sequence[Sequence[str]]) -> NDArray[np.float16]:
        """One unit row a bookmark: the mean of its texts' vectors, by hash; zeros where it has none."""
        flat = self.rows([hash for group in wholes for hash in group])
        sizes = np.array([len(group) for group in wholes], np.int64)
        sums = np.zeros((len(wholes), flat.shape[1]), np.float32)
        if len(flat):
            sums[sizes > 0] = np.add.reduceat(flat, (np.cumsum(sizes) - sizes)[sizes > 0], axis=0)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.where(norms > 0, norms, 1)).astype(np.float16)

    def keep(self, catalog: Catalog, fingerprint: str) -> None:
        """Put into the catalog what is not there yet.

        Raises:
            CatalogError: it cannot be written.
        """
        catalog.store_embeddings(self.fresh, self.rows(self.fresh), fingerprint)


def content_of(
    library: Path, encoder: Encoder, bookmarks: Sequence[Bookmark], progress: Progress
) -> tuple[Content, Embedded]:
    """What a segment of these bookmarks is made of: they are cut into passages, and these embedded.

    Raises:
        CatalogError: the catalog cannot be read or written.
        EncoderError: the encoder failed; what it had embedded is kept.
    """
    count_tokens, limit = encoder.count_tokens, encoder.info.max_tokens
    passages = [passages_of(bookmark, count_tokens, limit) for bookmark in bookmarks]
    hashes = [[item.hash for item in group] for group in passages]
    texts = {item.hash: item.embedded for group in passages for item in group}
    wholes: list[list[str]] = []
    for bookmark in bookmarks:
        group = document_texts(bookmark, count_tokens, limit)
        wholes.append([text_hash(text) for text in group])
        texts.update(zip(wholes[-1], group, strict=True))
    embedded = embed(library, encoder, texts, progress)
    content = Content(
        bookmarks,
        passages,
        [[*group, *own] for group, own in zip(hashes, wholes, strict=True)],
        embedded.rows([hash for group in hashes for hash in group]),
        embedded.means(wholes),
    )
    return content, embedded


def embed(library: Path, encoder: Encoder, texts: Mapping[str, str], progress: Progress) -> Embedded:
    """The vectors of texts by their hash; what has none yet is embedded, and kept if it is much.

    Raises:
        CatalogError: the catalog cannot be read or written.
        EncoderError: the encoder failed; what it had embedded is kept.
    """
    place = {hash: row for row, hash in enumerate(texts)}
    if not texts:
        return Embedded(place, np.zeros((0, encoder.info.dimensions), np.float32))
    fingerprint = encoder.info.fingerprint
    with Catalog.open(library) as catalog:
        missing = catalog.missing_embeddings(texts, fingerprint)
        left = set(missing)
        known = [hash for hash in texts if hash not in left]
        found = catalog.embeddings(known, fingerprint) if len(missing) <= GIVEN else None
    # Texts of like length together are embedded faster; the longest first, so that the time
    # left is not promised too short.
    missing.sort(key=lambda key: (-len(texts[key]), key))
    started = time.monotonic()
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress("Embedding", done, len(missing))

    progress("Embedding", 0, len(missing))
    if found is not None:
        vectors = np.empty((len(texts), encoder.info.dimensions), np.float32)
        if known:
            vectors[[place[hash] for hash in known]] = found
        if missing:
            made = encoder.encode_passages([texts[key] for key in missing], count)
            vectors[[place[hash] for hash in missing]] = made
        return Embedded(place, vectors, missing, len(missing), time.monotonic() - started)
    keys: list[str] = []
    parts: list[NDArray[np.float32]] = []

    def keep() -> None:
        if keys:
            with Catalog.open(library) as catalog:
                catalog.store_embeddings(keys, np.concatenate(parts), fingerprint)
            keys.clear()
            parts.clear()

    kept_at = started
    try:
        for start in range(0, len(missing), GIVEN):
            part = missing[start : start + GIVEN]
            parts.append(encoder.encode_passages([texts[key] for key in part], count))
            keys += part
            if len(keys) >= KEPT_AFTER or time.monotonic() - kept_at >= KEPT_SECONDS:
                keep()
                kept_at = time.monotonic()
    finally:
        keep()
    seconds = time.monotonic() - started
    with Catalog.open(library) as catalog:
        return Embedded(place, catalog.embeddings(list(place), fingerprint), (), len(missing), seconds)
