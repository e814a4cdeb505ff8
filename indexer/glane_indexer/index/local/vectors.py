"""The vectors of all passages in FAISS: exact where that is fast enough, a scan and refined above.

Up to :data:`EXACT_PASSAGES` every search is exact. Above it a scan over 4-bit product codes (André,
Kermarrec and Le Scouarnec, 2017, "Accelerated nearest neighbor search with Quick ADC") finds several
times as many passages as asked for, and their full vectors put these in order. From
:data:`CELLED_PASSAGES` the codes lie in cells. Whatever is filtered to few is searched exactly.

Measured on 100,000 vectors, one thread, recall@100 of .99: 1.3 ms so, 4.2 ms with one-bit RaBitQ codes,
2.3 ms with two-bit ones, 4.4 ms with SQ8, and 11 ms exact (`make bench`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError
from glane_indexer.machine import cores

# One core reads these in about five milliseconds.
EXACT_PASSAGES = 40_000
# From here on the scan over all codes takes longer than finding the right cells.
CELLED_PASSAGES = 500_000
CELLS = 4096
PROBES = 128
# The scan brings this many times the passages asked for, and at least so many, to be refined.
REFINED = 8
LEAST_REFINED = 2400
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
        self._codes: Any = None
        self._parameters: Any = None
        stored = index
        if hasattr(index, "base_index"):
            self._codes = index.base_index
            stored = faiss.downcast_index(index.refine_index)
            if hasattr(faiss.downcast_index(self._codes), "nprobe"):
                self._parameters = faiss.SearchParametersIVF(nprobe=PROBES)
        count, dimensions = index.ntotal, index.d
        # A view of what FAISS holds; the index is kept, so the memory stays.
        self._vectors: Floats = (
            faiss.rev_swig_ptr(stored.get_xb(), count * dimensions).reshape(count, dimensions)
            if count
            else np.zeros((0, dimensions), np.float32)
        )

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
            # Two dimensions share four bits.
            description = f"{cells}PQ{dimensions // 2}x4fs,RFlat"
            index = faiss.index_factory(dimensions, description, faiss.METRIC_INNER_PRODUCT)
            # An index that was opened before has left one thread.
            faiss.omp_set_num_threads(cores())
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
        _one_thread_each(faiss)
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
        return self._codes is None

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
                return best(self.scores(vector, rows), rows, k)
        if self.exact:
            return best(self._vectors @ vector, None, k)
        if allowed is None:
            return self._scan(vector, k)
        # The scan knows no filter. It is asked for as many more as the filter will take away, and
        # where that was not enough, everything allowed is compared.
        scores, rows = self._scan(vector, min(self.count, int(1.5 * k * self.count / len(rows))))
        kept = allowed[rows]
        if kept.sum() >= k:
            return scores[kept][:k], rows[kept][:k]
        rows = np.flatnonzero(allowed)
        return best(self.scores(vector, rows), rows, k)

    def scores(self, vector: Floats, rows: Rows) -> Floats:
        """The cosines of some passages with a unit vector, in the order of the rows."""
        # Gathering most of the rows takes longer than scoring all of them.
        if len(rows) * 2 > self.count:
            return np.asarray((self._vectors @ vector)[rows], np.float32)
        return np.asarray(self._vectors[rows] @ vector, np.float32)

    def _scan(self, vector: Floats, k: int) -> tuple[Floats, Rows]:
        query = np.ascontiguousarray(vector, np.float32)[None]
        depth = min(self.count, max(REFINED * k, LEAST_REFINED))
        rows = self._codes.search(query, depth, params=self._parameters)[1][0]
        rows = rows[rows >= 0]
        return best(self._vectors[rows] @ vector, rows, k)


def _faiss() -> Any:
    """FAISS, whose type stubs do not know all of its parameters."""
    import faiss

    return faiss


def _one_thread_each(faiss: Any) -> None:
    """Let FAISS and BLAS search with one thread each, in this process and from now on.

    One question is too little work to share, and the threads that wait for more of it keep the cores
    from the encoder: on two cores a question's vector took 12 ms instead of 5.
    """
    import threadpoolctl

    faiss.omp_set_num_threads(1)
    threadpoolctl.threadpool_limits(1, user_api="blas")


def best(scores: Floats, rows: Rows | None, k: int) -> tuple[Floats, Rows]:
    """The k best scores and their rows, sorted by (-score, row); without ``rows``, places are rows."""
    if len(scores) > k > 0:
        # All that tie with the k-th stay in, so that the row decides among them.
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= least)
    else:
        places = np.arange(len(scores))
    chosen = places if rows is None else rows[places]
    order = np.lexsort((chosen, -scores[places]))[:k]
    return np.asarray(scores[places][order], np.float32), chosen[order].astype(np.int64)
