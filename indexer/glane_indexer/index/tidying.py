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
    library: Path, ids: Sequence[str], hashes: Iterable[Hashes], fingerprint: str, before: str | None
) -> None:
    """Forget all but what these bookmarks, these texts (``[n, 16]`` bytes each) and this encoder need.

    The vectors of another encoder stay as long as there is a generation ``before`` to go back to.
    """
    encoders = {fingerprint}
    if before:
        # One whose file is damaged cannot be gone back to, so nothing is kept for it.
        with contextlib.suppress(GenerationError):
            encoders.add(generation.read_manifest(library, before).encoder.fingerprint)
    used = [row.tobytes().hex() for rows in hashes for row in rows]
    with Catalog.open(library) as catalog, catalog.transaction():
        catalog.keep_passages(ids)
        catalog.prune_embeddings(encoders, used)


def forget(
    library: Path,
    segments: Sequence[tuple[Segment, Mask, Mask]],
    ids: Collection[str],
    hashes: Sequence[Hashes],
) -> None:
    """Forget what only superseded bookmarks have needed.

    Args:
        segments: those that were there before, which of their rows were alive, and which still are.
        ids: the bookmarks that have been written since.
        hashes: of the texts of these, ``[n, 16]`` bytes each.
    """
    gone: set[str] = set()
    dropped: set[bytes] = set()
    for segment, before, after in segments:
        rows = before & ~after
        gone |= {segment.ids[row] for row in np.flatnonzero(rows).tolist()}
        dropped |= {row.tobytes() for row in segment.embedded(rows)}
    kept = [segment.embedded(after) for segment, _, after in segments if dropped]
    unused = dropped - _among([*kept, *hashes], dropped)
    with Catalog.open(library) as catalog, catalog.transaction():
        catalog.replace_passages(sorted(gone - set(ids)), [])
        catalog.delete_embeddings(item.hex() for item in unused)


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
