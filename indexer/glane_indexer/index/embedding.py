"""The vectors of texts: those that the catalog has, and those that the encoder makes now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.passages import text_hash

# Vectors are kept in the catalog after so many, so that a build that is ended goes on from there. Fewer
# wait until the index is served: to open the catalog takes longer than to embed a bookmark.
KEPT_AFTER = 256

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
        """One unit row a bookmark: the mean of its texts' vectors; zeros where it has no text."""
        flat = self.rows([text_hash(text) for group in wholes for text in group])
        owners = np.repeat(np.arange(len(wholes)), [len(group) for group in wholes])
        sums = np.zeros((len(wholes), flat.shape[1]), np.float32)
        np.add.at(sums, owners, flat)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.where(norms > 0, norms, 1)).astype(np.float16)

    def keep(self, catalog: Catalog, fingerprint: str) -> None:
        """Put into the catalog what is not there yet.

        Raises:
            CatalogError: it cannot be written.
        """
        catalog.store_embeddings(self.fresh, self.rows(self.fresh), fingerprint)


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
        found = catalog.embeddings(known, fingerprint) if len(missing) <= KEPT_AFTER else None
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
    for start in range(0, len(missing), KEPT_AFTER):
        part = missing[start : start + KEPT_AFTER]
        vectors = encoder.encode_passages([texts[key] for key in part], count)
        with Catalog.open(library) as catalog:
            catalog.store_embeddings(part, vectors, fingerprint)
    seconds = time.monotonic() - started
    with Catalog.open(library) as catalog:
        return Embedded(place, catalog.embeddings(list(place), fingerprint), (), len(missing), seconds)
