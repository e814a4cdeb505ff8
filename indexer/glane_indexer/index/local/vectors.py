"""The vectors of passages: exact where that is fast enough, a scan and refined above.

Up to :data:`EXACT_PASSAGES` in a segment every search is exact. Above it vectors are kept in half precision
(their cosines differ by some 1e-5), and a scan over 4-bit product codes
(André, Kermarrec and Le Scouarnec, 2017, "Accelerated nearest neighbor search with Quick ADC") finds
several times as many passages as asked for, and their full vectors put these in order. From
:data:`CELLED_PASSAGES` the codes lie in cells. Whatever is filtered to few is searched exactly.

Measured on 100,000 vectors, one thread, recall@100 of .99: 1.3 ms so, 4.2 ms with one-bit RaBitQ codes,
2.3 ms with two-bit ones, 4.4 ms with SQ8, and 11 ms exact (`make bench`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.halves import products, single
from glane_indexer.machine import cores

# One core reads these in about six milliseconds.
EXACT_PASSAGES = 40_000
# From here on a segment is one of a library that is too large to scan whole.
CELLED_PASSAGES = 125_000
CELLS = 1024
PROBES = 64
# What cells and codes are learnt from: more changes neither.
TRAINED_ON = 65_536
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
        vectors: ``[n, d]``, in single or half precision, perhaps mapped.
        codes: what :func:`codes_of` has made of them, or None where all searches are exact.
    """

    def __init__(self, vectors: NDArray[Any], codes: NDArray[np.uint8] | None = None) -> None:
        self.vectors = vectors
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
        return len(self.vectors)

    @property
    def exact(self) -> bool:
        """Whether every search is exact."""
        return self._codes is None

    def search(self, vector: Floats, k: int, allowed: Mask | None = None) -> tuple[Floats, Rows]:
        """The nearest passages to a unit vector: :func:`nearest` of one segment."""
        return nearest([self], vector, k, [allowed])

    def scores(self, vector: Floats, rows: Rows) -> Floats:
        """The cosines of some passages with a unit vector, in the order of the rows."""
        return cosines(self.vectors, vector, rows)

    def scan(self, vector: Floats, k: int) -> tuple[Floats, Rows]:
        """About the ``k`` nearest passages by their codes, with about their cosines."""
        query = np.ascontiguousarray(vector, np.float32)[None]
        found, rows = self._codes.search(query, min(k, self.count), params=self._parameters)
        held = rows[0] >= 0
        return found[0][held], rows[0][held]


def nearest(
    parts: Sequence[PassageVectors], vector: Floats, k: int, allowed: Sequence[Mask | None]
) -> tuple[Floats, Rows]:
    """The nearest passages of several segments to a unit vector.

    Args:
        k: how many at most.
        allowed: of each segment one truth value a passage; None allows all.

    Returns:
        Cosines and rows, sorted by (-cosine, row); rows count through one segment after the other.
    """
    offsets = np.cumsum([0, *(part.count for part in parts)])
    chosen = [None if mask is None or mask.all() else np.flatnonzero(mask) for mask in allowed]
    sizes = [part.count if rows is None else len(rows) for part, rows in zip(parts, chosen, strict=True)]
    scanned = [number for number, part in enumerate(parts) if not part.exact and sizes[number] > 0]
    if sum(sizes[number] for number in scanned if chosen[number] is not None) <= FILTERED_EXACT:
        scanned = [number for number in scanned if chosen[number] is None]
    depth = max(REFINED * k, LEAST_REFINED)
    about: list[tuple[Floats, Rows]] = []
    for number in scanned:
        mask, part = allowed[number], parts[number]
        # The scan knows no filter. It is asked for as many more as the filter will take away.
        wanted = depth if chosen[number] is None else int(1.5 * depth * part.count / sizes[number])
        scores, rows = part.scan(vector, wanted)
        if mask is not None and chosen[number] is not None:
            kept = mask[rows]
            if kept.sum() < min(k, sizes[number]):
                continue
            scores, rows = scores[kept], rows[kept]
        chosen[number] = rows
        about.append((scores, np.full(len(rows), number)))
    if about:
        # Of all segments together, the best by their codes are refined.
        scores, numbers = (np.concatenate(column) for column in zip(*about, strict=True))
        if len(scores) > depth:
            kept = scores >= np.partition(scores, len(scores) - depth)[len(scores) - depth]
            for number in np.unique(numbers).tolist():
                own = chosen[number]
                chosen[number] = None if own is None else own[kept[numbers == number]]
    found = [
        (part.scores(vector, rows) if rows is not None else cosines(part.vectors, vector))
        for part, rows in zip(parts, chosen, strict=True)
    ]
    every = [
        np.arange(part.count) + offset if rows is None else rows + offset
        for part, rows, offset in zip(parts, chosen, offsets, strict=False)
    ]
    return best(
        np.concatenate([np.zeros(0, np.float32), *found]),
        np.concatenate([np.zeros(0, np.int64), *every]),
        k,
    )


def codes_of(vectors: NDArray[Any]) -> NDArray[np.uint8] | None:
    """The product codes of a large segment's ``[n, d]`` unit rows; None where all is compared."""
    count, dimensions = vectors.shape
    if count <= EXACT_PASSAGES:
        return None
    faiss: Any = _faiss()
    cells = f"IVF{CELLS}," if count >= CELLED_PASSAGES else ""
    # Two dimensions share four bits.
    index = faiss.index_factory(dimensions, f"{cells}PQ{dimensions // 2}x4fs", faiss.METRIC_INNER_PRODUCT)
    if cells:
        # The centres of cells need not be exact: further rounds change no recall.
        index.cp.niter = 6
    faiss.omp_set_num_threads(cores())
    try:
        index.train(single(vectors[:: max(1, count // TRAINED_ON)]))
        for start in range(0, count, TRAINED_ON):
            index.add(single(vectors[start : start + TRAINED_ON]))
    finally:
        faiss.omp_set_num_threads(1)
    return np.asarray(faiss.serialize_index(index), np.uint8)


def cosines(vectors: NDArray[Any], vector: Floats, rows: Rows | None = None) -> Floats:
    """The product of unit rows ``[n, d]``, or of some of them, with a unit vector, each row by itself.

    A row's cosine must not depend on the rows around it, or two bookmarks of the same words would be
    ordered by chance; BLAS sums the rows at the end of a matrix otherwise than those in its middle.
    """
    if vectors.dtype == np.float16:
        return products(vectors, vector, rows)
    # Gathering most of the rows takes longer than scoring all of them.
    if rows is not None and 2 * len(rows) > len(vectors):
        return cosines(vectors, vector)[rows]
    given = vectors if rows is None else vectors[rows]
    return np.asarray(np.einsum("ij,j->i", np.asarray(given, np.float32), vector), np.float32)


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
