"""Turns bookmarks into what a segment is made of: they are cut into passages, and these are embedded.

Vectors that the catalog has already are taken from there, and new ones kept there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.index.segment import Content
from glane_indexer.models import Bookmark
from glane_indexer.passages import document_texts, passages_of, text_hash

# Texts that the encoder is given at a time.
GIVEN = 256
# Vectors are kept in the catalog after so many, or so many seconds, so that a build that is killed goes on
# from there. Not oftener: to keep some, the catalog writes the last hundred megabytes of all anew.
KEPT_AFTER = 16_384
KEPT_SECONDS = 20.0

Floats = NDArray[np.float32]
Progress = Callable[[str, int, int], None]


class Embedding:
    """Embeds the bookmarks of one build, part by part.

    ``embedded`` counts the texts that had no vector yet, ``seconds`` the time that these took.
    """

    def __init__(self, library: Path, encoder: Encoder, progress: Progress) -> None:
        self.embedded = 0
        self.seconds = 0.0
        self._library, self._encoder, self._progress = library, encoder, progress

    def content(self, bookmarks: Sequence[Bookmark], ahead: int) -> Content:
        """What a segment of these bookmarks is made of; ``ahead`` bookmarks are still to come.

        Raises:
            EncoderError: the encoder failed; what it had embedded is kept.
        """
        count_tokens, limit = self._encoder.count_tokens, self._encoder.info.max_tokens
        passages = [passages_of(bookmark, count_tokens, limit) for bookmark in bookmarks]
        hashes = [[item.hash for item in group] for group in passages]
        texts = {item.hash: item.embedded for group in passages for item in group}
        wholes = []
        for bookmark in bookmarks:
            group = document_texts(bookmark, count_tokens, limit)
            wholes.append([text_hash(text) for text in group])
            texts.update(zip(wholes[-1], group, strict=True))
        self._embed(texts, ahead / max(1, len(bookmarks)))
        vectors = self._vectors(list(texts))
        place = {hash: row for row, hash in enumerate(texts)}

        def rows(groups: Sequence[Sequence[str]]) -> Floats:
            return vectors[np.array([place[hash] for group in groups for hash in group], np.int64)]

        return Content(
            bookmarks,
            passages,
            [[*group, *own] for group, own in zip(hashes, wholes, strict=True)],
            rows(hashes),
            _means(rows(wholes), [len(group) for group in wholes]),
        )

    def _embed(self, texts: Mapping[str, str], ahead: float) -> None:
        """Embed what has no vector yet; ``ahead`` is how many times as much is about to come."""
        with Catalog.open(self._library) as catalog:
            missing = catalog.missing_embeddings(texts, self._encoder.info.fingerprint)
        # Texts of like length together are embedded faster; the longest first, so that the time
        # left is not promised too short.
        missing.sort(key=lambda key: (-len(texts[key]), key))
        started = kept_at = time.monotonic()
        done, total = self.embedded, self.embedded + int(len(missing) * (1 + ahead))

        def count(more: int) -> None:
            nonlocal done
            done += more
            self._progress("Embedding", done, total)

        self._progress("Embedding", done, total)
        keys: list[str] = []
        vectors: list[Floats] = []
        try:
            for start in range(0, len(missing), GIVEN):
                part = missing[start : start + GIVEN]
                vectors.append(self._encoder.encode_passages([texts[key] for key in part], count))
                keys += part
                if len(keys) >= KEPT_AFTER or time.monotonic() - kept_at >= KEPT_SECONDS:
                    self._keep(keys, vectors)
                    kept_at = time.monotonic()
        finally:
            self._keep(keys, vectors)
        self.embedded += len(missing)
        self.seconds += time.monotonic() - started

    def _keep(self, keys: list[str], vectors: list[Floats]) -> None:
        """Keep vectors in the catalog, and begin new lists of them."""
        if keys:
            with Catalog.open(self._library) as catalog:
                catalog.store_embeddings(keys, np.concatenate(vectors), self._encoder.info.fingerprint)
            keys.clear()
            vectors.clear()

    def _vectors(self, hashes: Sequence[str]) -> Floats:
        info = self._encoder.info
        if not hashes:
            return np.zeros((0, info.dimensions), np.float32)
        with Catalog.open(self._library) as catalog:
            return catalog.embeddings(hashes, info.fingerprint)


def _means(vectors: Floats, lengths: Sequence[int]) -> NDArray[np.float16]:
    """One unit row a bookmark: the mean of its texts' vectors; zeros where it has no text."""
    sizes = np.array(lengths, np.int64)
    sums = np.zeros((len(sizes), vectors.shape[1]), np.float32)
    if len(vectors):
        sums[sizes > 0] = np.add.reduceat(vectors, (np.cumsum(sizes) - sizes)[sizes > 0], axis=0)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.where(norms > 0, norms, 1)).astype(np.float16)
