"""Takes away what no published generation has any more: points, tables, and whole collections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError
from glane_indexer.index.local.words import spans
from glane_indexer.index.qdrant.layout import KINDS, Names, as_texts, passage_points
from glane_indexer.index.qdrant.points import PointStore
from glane_indexer.index.qdrant.published import Published, PublishedManifest


class Tidier:
    """Tidies the collections of one library. For its one writer.

    Args:
        current: the collection of the generation that answers now.
        epoch: the collections that its points lie in.
        points: these points, ``[n, 16]``.
        before: the generation that answered until now, which keeps all it has; None: there was none.
    """

    def __init__(
        self,
        store: PointStore,
        names: Names,
        *,
        current: str,
        epoch: str,
        points: NDArray[np.uint8],
        before: Published | None,
    ) -> None:
        self._store, self._names = store, names
        self._tables = {current} | ({before.name} if before else set())
        self._epochs = {epoch} | ({before.manifest.epoch} if before else set())
        self._living = {point.tobytes() for point in points}
        if before is not None:
            self._living |= {point.tobytes() for point in before.whole_table()["points"]}

    def tidy(self) -> int:
        """Delete what neither of the two has; of how many bookmarks that were points."""
        data = {self._names.data(kind, epoch) for kind in KINDS for epoch in self._epochs}
        deleted = 0
        for collection in self._store.collections():
            if self._names.is_generation(collection) and collection not in self._tables:
                deleted += self._delete_points(collection)
                self._store.drop(collection)
            elif self._names.is_data(collection) and collection not in data:
                self._store.drop(collection)
        return deleted

    def _delete_points(self, collection: str) -> int:
        """Delete the points that an old generation had and no living one has."""
        try:
            manifest = PublishedManifest.read(self._store, collection)
            table = Published(self._store, self._names, collection, manifest).whole_table()
        except GenerationError:
            # Its writing was ended before it could name any points that another does not name.
            return 0
        if manifest.epoch not in self._epochs:
            return 0
        gone = np.array([point.tobytes() not in self._living for point in table["points"]], np.bool_)
        points, counts = table["points"][gone], table["passages"][gone].astype(np.int64)
        places = spans(np.zeros(len(counts), np.int64), counts)
        own = passage_points(np.repeat(points, counts, axis=0), places)
        self._store.delete(self._names.data("bookmarks", manifest.epoch), as_texts(points))
        self._store.delete(self._names.data("passages", manifest.epoch), as_texts(own))
        return len(points)
