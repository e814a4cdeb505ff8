"""The points of one view by row: what is asked of Qdrant about bookmarks that are known by their rows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError
from glane_indexer.index.protocol import Rows
from glane_indexer.index.qdrant.layout import (
    DOCUMENT_VECTOR,
    PASSAGE_VECTOR,
    as_raw,
    as_texts,
    passage_points,
    terms_key,
    unpacked,
)
from glane_indexer.index.qdrant.points import Among, Ask, Floats, Hit, PointStore, Where

# Bookmarks' records, and lists of terms, kept: those of common questions. About 50 MB of each.
RECORDS = 4096
TERM_LISTS = 32_768
# Vectors kept where few enough are compared that they all fit: 60 MB.
VECTORS = 40_000

Kind = Literal["bookmarks", "passages"]
# Of a passage's id so many bytes are its bookmark's.
_OWNER_BYTES = {"bookmarks": 16, "passages": 12}
_VECTOR = {"bookmarks": DOCUMENT_VECTOR, "passages": PASSAGE_VECTOR}

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found that the view has, best first.

    ``rows`` are bookmarks', where passages were asked for those of their bookmarks, one more than once,
    then. ``last`` is the product of the last point that was found, whosever it is: what was not found
    has no more. ``exhausted`` says that there was no more.
    """

    rows: Rows
    scores: Floats
    last: float
    exhausted: bool


class Kept(Generic[K, V]):
    """The values of keys, so many of them kept. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, keys: Sequence[K], load: Callable[[list[K]], Iterable[tuple[K, V]]]) -> list[V]:
        """The value of each key; ``load`` gives those of the keys that are not kept."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            loaded = dict(load(missing))
            found |= loaded
            with self._lock:
                self._kept |= loaded
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return [found[key] for key in keys]


class Shelf:
    """The points of a view, by row. Safe to share between threads.

    What Qdrant finds and the view does not have is dropped here: points of other generations, and of
    bookmarks that are not for this viewer.

    Args:
        points: the ids of the bookmarks' points, ``[n, 16]``.
        bookmarks: the collection of these points.
        passages: that of their passages.
    """

    def __init__(
        self,
        store: PointStore,
        points: NDArray[np.uint8],
        *,
        bookmarks: str,
        passages: str,
    ) -> None:
        self._store = store
        self._points = points
        self._collections: dict[Kind, str] = {"bookmarks": bookmarks, "passages": passages}
        first = np.ascontiguousarray(points[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        self._order = np.argsort(first, kind="stable")
        self._first = first[self._order]
        self._records: Kept[int, tuple[str, str]] = Kept(RECORDS)
        self._terms: Kept[tuple[int, int], bytes] = Kept(TERM_LISTS)
        self._vectors: Kept[tuple[str, bytes], Floats] = Kept(VECTORS)

    def search(self, kind: Kind, asks: Sequence[Ask]) -> list[Answer]:
        """What each question finds among bookmarks or passages, in one request."""
        answers = self._store.query(self._collections[kind], asks)
        return [
            Answer(
                *self._rows(kind, hits),
                last=float(hits[-1].score) if hits else -np.inf,
                exhausted=len(hits) < ask.limit,
            )
            for ask, hits in zip(asks, answers, strict=True)
        ]

    def ids(self, rows: Rows) -> tuple[str, ...]:
        """The points of bookmarks."""
        return tuple(as_texts(self._points[rows]))

    def records(self, rows: Rows) -> list[tuple[str, str]]:
        """Of each bookmark its record, and where its passages are, as their payload has them."""

        def load(missing: list[int]) -> Iterable[tuple[int, tuple[str, str]]]:
            payloads = self._payloads(missing, ("record", "places"))
            return ((row, (payloads[row]["record"], payloads[row]["places"])) for row in missing)

        return self._records.get(rows.tolist(), load)

    def terms_of(self, groups: Sequence[int], rows: Rows) -> dict[int, list[bytes]]:
        """The terms of several groups of each bookmark, as the bytes of :data:`.layout.TERM`."""

        def load(keys: list[tuple[int, int]]) -> Iterable[tuple[tuple[int, int], bytes]]:
            wanted = sorted({row for _, row in keys})
            names = [terms_key(group) for group in sorted({group for group, _ in keys})]
            payloads = self._payloads(wanted, names)
            return ((key, unpacked(payloads[key[1]].get(terms_key(key[0])))) for key in keys)

        keys = [(group, row) for group in groups for row in rows.tolist()]
        found = self._terms.get(keys, load)
        size = len(rows)
        return {group: found[place * size : (place + 1) * size] for place, group in enumerate(groups)}

    def scores(self, kind: Kind, vector: Floats, ids: NDArray[np.uint8]) -> Floats:
        """The products of a vector with those of points, as Qdrant computes them."""
        texts = as_texts(ids)
        if not texts:
            return np.zeros(0, np.float32)
        (hits,) = self._store.query(
            self._collections[kind],
            [Ask(vector, _VECTOR[kind], len(texts), Where((Among(tuple(texts)),)), exact=True)],
        )
        found = {hit.id: hit.score for hit in hits}
        if len(found) < len(set(texts)):
            raise self._gone()
        return np.array([found[text] for text in texts], np.float32)

    def vectors(self, kind: Kind, ids: NDArray[np.uint8]) -> Floats:
        """The vectors of points, bit for bit as they were written."""
        name, flat = _VECTOR[kind], ids.tobytes()
        keys = [(name, flat[start : start + 16]) for start in range(0, len(flat), 16)]

        def load(missing: list[tuple[str, bytes]]) -> Iterable[tuple[tuple[str, bytes], Floats]]:
            raw = np.frombuffer(b"".join(key for _, key in missing), np.uint8).reshape(-1, 16)
            found = self._store.retrieve(self._collections[kind], as_texts(raw), vectors=(name,))
            if len(found) < len(missing):
                raise self._gone()
            return (
                ((name, as_raw([point.id]).tobytes()), np.asarray(point.vectors[name], np.float32))
                for point in found
            )

        return np.stack(self._vectors.get(keys, load)) if keys else np.zeros((0, 0), np.float32)

    def document_points(self, rows: Rows) -> NDArray[np.uint8]:
        """The points that have the bookmarks' own vectors."""
        return self._points[rows]

    def passage_points(self, rows: Rows, places: Rows) -> NDArray[np.uint8]:
        """The points of passages by their bookmarks and their places in these."""
        return passage_points(self._points[rows], places)

    def _payloads(self, rows: Sequence[int], keys: Sequence[str]) -> dict[int, Mapping[str, Any]]:
        """So much of the payload of bookmarks, by row."""
        ids = as_texts(self._points[list(rows)])
        found = {
            point.id: point.payload
            for point in self._store.retrieve(self._collections["bookmarks"], ids, payload=keys)
        }
        if len(found) < len(ids):
            raise self._gone()
        return {row: found[id] for row, id in zip(rows, ids, strict=True)}

    def _rows(self, kind: Kind, hits: Sequence[Hit]) -> tuple[Rows, Floats]:
        """The rows of what was found, without what is not the view's."""
        if not hits or not len(self._first):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        raw = as_raw([hit.id for hit in hits])
        scores = np.array([hit.score for hit in hits], np.float32)
        first = np.ascontiguousarray(raw[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        near = np.searchsorted(self._first, first)
        width = _OWNER_BYTES[kind]
        rows = np.full(len(hits), -1, np.int64)
        # Two points may begin alike, which in a hundred million one pair in two thousand libraries does.
        for step in range(2):
            place = np.minimum(near + step, len(self._first) - 1)
            candidates = self._order[place]
            same = (self._points[candidates, :width] == raw[:, :width]).all(axis=1)
            rows = np.where((rows < 0) & same, candidates, rows)
        return rows[rows >= 0], scores[rows >= 0]

    def _gone(self) -> GenerationError:
        return GenerationError(
            "points of this generation are gone from Qdrant: two newer ones have been published since",
            where=self._store.where,
            hint="Ask again in a moment",
        )
