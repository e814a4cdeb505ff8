"""The vectors of all passages in FAISS: exact where it is fast enough, quantised and refined above.

Up to :data:`EXACT_PASSAGES` every search is exact. Above it a scan over RaBitQ codes (Gao and Long,
2024, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound") finds several times
as many passages as asked for, and their half-precision vectors put them in order. From
:data:`CELLED_PASSAGES` the codes lie in cells. Whatever is filtered to few is searched exactly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError

# One core reads these in about five milliseconds.
EXACT_PASSAGES = 40_000
# From here on the scan over all codes takes longer than finding the right cells.
CELLED_PASSAGES = 500_000
CELLS = 4096
PROBES = 128
# How many times the passages asked for the scan brings to be refined: recall@100 is .99 (glane bench).
REFINED = 8
# With a filter, as many allowed passages as this are compared one by one.
FILTERED_EXACT = 20_000

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class PassageVectors:
    """An opened index of unit vectors; scores are cosines. Safe to share between threads."""

    def __init__(self, index: Any) -> None:
        faiss: Any = _faiss()
        self._index = index
        self._plain: Floats | None = None
        self._parameters: Any = None
        if hasattr(index, "base_index"):
            base = faiss.downcast_index(index.base_index)
            inner = faiss.SearchParametersIVF(nprobe=PROBES) if hasattr(base, "nprobe") else None
            self._parameters = faiss.IndexRefineSearchParameters(
                k_factor=REFINED, **({"base_index_params": inner} if inner else {})
            )
            self._inner = inner  # FAISS keeps no reference of its own
        elif index.ntotal:
            self._plain = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(-1, index.d)
        else:
            self._plain = np.zeros((0, index.d), np.float32)

    @staticmethod
    def build(vectors: Floats, path: Path) -> None:
        """Write the index of ``[n, d]`` unit rows into a new file.

        Raises:
            GenerationError: it cannot be written.
        """
        faiss: Any = _faiss()
        count, dimensions = vectors.shape
        vectors = np.ascontiguousarray(vectors, np.float32)
        if count <= EXACT_PASSAGES:
            index = faiss.IndexFlatIP(dimensions)
        else:
            cells = f"IVF{CELLS}," if count >= CELLED_PASSAGES else ""
            description = f"{cells}RaBitQfs,Refine(SQfp16)"
            index = faiss.index_factory(dimensions, description, faiss.METRIC_INNER_PRODUCT)
            index.train(vectors)
        index.add(vectors)
        try:
            faiss.write_index(index, str(path))
        except RuntimeError as error:
            raise GenerationError(f"the vectors cannot be written: {error}", where=str(path)) from error

    @classmethod
    def open(cls, path: Path) -> PassageVectors:
        """Open an index.

        Raises:
            GenerationError: it is missing or damaged.
        """
        faiss: Any = _faiss()
        try:
            return cls(faiss.read_index(str(path)))
        except (RuntimeError, ValueError) as error:
            raise GenerationError(
                f"the vectors cannot be read: {str(error).splitlines()[0]}",
                where=str(path),
                hint="Run `glane index --force` to build a new generation",
            ) from error

    @property
    def count(self) -> int:
        """The number of passages."""
        return int(self._index.ntotal)

    @property
    def exact(self) -> bool:
        """Whether every search is exact."""
        return self._plain is not None

    def search(self, vector: Floats, k: int, allowed: Mask | None = None) -> tuple[Floats, Rows]:
        """The nearest passages to a unit vector.

        Args:
            k: how many at most.
            allowed: one truth value a passage; None allows all.

        Returns:
            Cosines and rows, sorted by (-cosine, row).
        """
        k = min(k, self.count)
        if k == 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        if allowed is not None:
            rows = np.flatnonzero(allowed)
            if len(rows) == self.count:
                allowed = None
            elif self.exact or len(rows) <= FILTERED_EXACT:
                return _best(self.scores(vector, rows), rows, k)
        if self._plain is not None:
            return _best(self._plain @ vector, None, k)
        if allowed is None:
            return self._scan(vector, k)
        # The scan knows no filter. It is asked for as many more as the filter will take away, and
        # where that was not enough, everything allowed is compared.
        scores, rows = self._scan(vector, min(self.count, int(1.5 * k * self.count / int(allowed.sum()))))
        kept = allowed[rows]
        if kept.sum() >= k:
            return scores[kept][:k], rows[kept][:k]
        rows = np.flatnonzero(allowed)
        return _best(self.scores(vector, rows), rows, k)

    def scores(self, vector: Floats, rows: Rows) -> Floats:
        """The cosines of some passages with a unit vector, in the order of the rows."""
        if self._plain is not None:
            # Gathering most of the rows takes longer than scoring all of them.
            if len(rows) * 2 > len(self._plain):
                return np.asarray((self._plain @ vector)[rows], np.float32)
            return np.asarray(self._plain[rows] @ vector, np.float32)
        scores = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), FILTERED_EXACT):
            part = np.ascontiguousarray(rows[start : start + FILTERED_EXACT], np.int64)
            stored = self._index.refine_index.reconstruct_batch(part)
            scores[start : start + len(part)] = stored @ vector
        return scores

    def _scan(self, vector: Floats, k: int) -> tuple[Floats, Rows]:
        query = np.ascontiguousarray(vector, np.float32)[None]
        scores, rows = self._index.search(query, k, params=self._parameters)
        found = rows[0] >= 0
        return _best(scores[0][found], rows[0][found].astype(np.int64), k)


def _faiss() -> Any:
    """FAISS, whose type stubs do not know all of its parameters."""
    import faiss

    return faiss


def _best(scores: Floats, rows: Rows | None, k: int) -> tuple[Floats, Rows]:
    """The k best, sorted by (-score, row)."""
    if len(scores) > k:
        # All that tie with the k-th stay in, so that the row decides among them.
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= least)
    else:
        places = np.arange(len(scores))
    chosen = places if rows is None else rows[places]
    order = np.lexsort((chosen, -scores[places]))[:k]
    return np.asarray(scores[places][order], np.float32), chosen[order].astype(np.int64)
