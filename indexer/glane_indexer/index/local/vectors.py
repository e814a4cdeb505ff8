"""The vectors of passages: exact where that is fast enough, a scan and refined above.

Up to :data:`EXACT_PASSAGES` in a segment every search is exact. Above it a scan over 4-bit product codes
(André, Kermarrec and Le Scouarnec, 2017, "Accelerated nearest neighbor search with Quick ADC") finds
several times as many passages as asked for, and their full vectors put these in order. From
:data:`CELLED_PASSAGES` the codes lie in cells. Whatever is filtered to few is searched exactly.

Measured on 100,000 vectors, one thread, recall@100 of .99: 1.3 ms so, 4.2 ms with one-bit RaBitQ codes,
2.3 ms with two-bit ones, 4.4 ms with SQ8, and 11 ms exact (`make bench`).
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    """The unit vectors of one segment's passages; scores are cosines. Safe to share between threads.

    Args:
        vectors: ``[n, d]``, perhaps mapped.
        codes: what :func:`codes_of` has made of them, or None where all searches are exact.
    """

    def __init__(self, vectors: Floats, codes: NDArray[np.uint8] | None = None) -> None:
        self._vectors = vectors
        self._codes: Any = None
        self._parameters: Any = None
        if codes is not None:
            faiss: Any = _faiss()
            self._codes = faiss.deserialize_index(np.array(codes))
            if hasattr(faiss.downcast_index(self._codes), "nprobe"):
                self._parameters = faiss.SearchParametersIVF(nprobe=PROBES)
        one_thread_each()

    @property
    def count(self) -> int:
        """The number of passages."""
        return len(self._vectors)

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
            return best(cosines(self._vectors, vector), None, k)
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
            return cosines(self._vectors, vector)[rows]
        return cosines(self._vectors[rows], vector)

    def _scan(self, vector: Floats, k: int) -> tuple[Floats, Rows]:
        query = np.ascontiguousarray(vector, np.float32)[None]
        depth = min(self.count, max(REFINED * k, LEAST_REFINED))
        rows = self._codes.search(query, depth, params=self._parameters)[1][0]
        rows = rows[rows >= 0]
        return best(cosines(self._vectors[rows], vector), rows, k)


def codes_of(vectors: Floats) -> NDArray[np.uint8] | None:
    """The product codes of a large segment's ``[n, d]`` unit rows; None where all is compared."""
    count, dimensions = vectors.shape
    if count <= EXACT_PASSAGES:
        return None
    faiss: Any = _faiss()
    cells = f"IVF{CELLS}," if count >= CELLED_PASSAGES else ""
    # Two dimensions share four bits.
    index = faiss.index_factory(dimensions, f"{cells}PQ{dimensions // 2}x4fs", faiss.METRIC_INNER_PRODUCT)
    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    try:
        index.train(vectors)
        index.add(vectors)
    finally:
        faiss.omp_set_num_threads(1)
    return np.asarray(faiss.serialize_index(index), np.uint8)


def cosines(vectors: NDArray[Any], vector: Floats) -> Floats:
    """The product of unit rows ``[n, d]`` with a unit vector, each row by itself.

    A row's cosine must not depend on the rows around it, or two bookmarks of the same words would be
    ordered by chance; BLAS sums the rows at the end of a matrix otherwise than those in its middle.
    """
    return np.asarray(np.einsum("ij,j->i", np.asarray(vectors, np.float32), vector), np.float32)


def _faiss() -> Any:
    """FAISS, whose type stubs do not know all of its parameters."""
    import faiss

    return faiss


def one_thread_each() -> None:
    """Let FAISS and BLAS search with one thread each, in this process and from now on.

    One question is too little work to share, and the threads that wait for more of it keep the cores
    from the encoder: on two cores a question's vector took 12 ms instead of 5.
    """
    import threadpoolctl

    _faiss().omp_set_num_threads(1)
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
