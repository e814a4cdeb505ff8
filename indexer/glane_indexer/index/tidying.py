"""Keeps in the catalog the passages and the vectors of what is indexed, and of nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import GenerationError
from glane_indexer.index import generation
from glane_indexer.index.segment import Mask, Segment

Hashes = NDArray[np.uint8]


def keep_only(
    catalog: Catalog, ids: Sequence[str], hashes: Iterable[Hashes], encoders: Collection[str]
) -> None:
    """Forget all but what these bookmarks, these texts (``[n, 16]`` bytes each) and these encoders need."""
    catalog.keep_passages(ids)
    catalog.prune_embeddings(encoders, (row.tobytes().hex() for rows in hashes for row in rows))


def encoders_of(library: Path, fingerprint: str, before: str | None) -> set[str]:
    """This encoder, and that of the generation ``before``, as long as one can go back to it."""
    kept = {fingerprint}
    if before:
        with contextlib.suppress(GenerationError):
            kept.add(generation.read_manifest(library, before).encoder.fingerprint)
    return kept


def superseded(
    segments: Sequence[tuple[Segment, Mask, Mask]], hashes: Sequence[Hashes]
) -> tuple[set[str], set[str]]:
    """The bookmarks that are in these segments no more, and the hashes of texts that nothing needs since.

    Args:
        segments: which of their rows were alive before, and which still are.
        hashes: of the texts that have been written since, ``[n, 16]`` bytes each.
    """
    gone: set[str] = set()
    dropped: set[bytes] = set()
    for segment, before, after in segments:
        rows = before & ~after
        gone |= {segment.ids[row] for row in np.flatnonzero(rows).tolist()}
        dropped |= {row.tobytes() for row in segment.embedded(rows)}
    # The whole library is looked through only where something might go that is in use elsewhere.
    kept = [segment.embedded(after) for segment, _, after in segments if dropped]
    return gone, {item.hex() for item in dropped - _among([*kept, *hashes], dropped)}


def _among(hashes: Sequence[Hashes], wanted: set[bytes]) -> set[bytes]:
    """Those of the wanted hashes that are among these."""
    if not wanted:
        return set()
    starts = np.frombuffer(b"".join(wanted), np.uint64)[::2]
    found: set[bytes] = set()
    for rows in hashes:
        near = np.isin(np.ascontiguousarray(rows[:, :8]).view(np.uint64)[:, 0], starts)
        found |= {row.tobytes() for row in rows[near]} & wanted
    return found
