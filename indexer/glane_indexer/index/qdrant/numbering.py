"""The numbers of a library's words in Qdrant, given once and never again, and the lengths of that day.

They lie in a collection beside the points, written before any point that needs them: a publishing that was
ended goes on with the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError
from glane_indexer.index.qdrant.layout import MOST_WORDS, TABLE_LAYOUT, named_point
from glane_indexer.index.qdrant.points import Point, PointStore

WORDS_A_PIECE = 50_000
# A field without a word has an average of 0, by which nothing can be divided.
LEAST_AVERAGE = 1.0


class Numbering:
    """Gives words their numbers. For the one writer of a library.

    ``averages`` are the mean numbers of words of the fields when the collections were made, by which
    all weights in them are made.
    """

    def __init__(self, store: PointStore, collection: str, averages: Sequence[float]) -> None:
        self._store, self._collection = store, collection
        if collection in store.collections():
            known, averages = self._read(averages)
        else:
            store.create(collection, TABLE_LAYOUT)
            known = []
        self.averages = [max(float(value), 0.0) or LEAST_AVERAGE for value in averages]
        self._numbers = {word: number for number, word in enumerate(known)}
        self._write_averages()

    def of(self, words: Sequence[str]) -> NDArray[np.uint32]:
        """The numbers of words; those that have none are given one, which is in Qdrant before this returns.

        Raises:
            GenerationError: there are more words than Qdrant can number, or it does not answer.
        """
        new = [word for word in words if word not in self._numbers]
        if len(self._numbers) + len(new) > MOST_WORDS:
            raise GenerationError(
                f"the library has more than {MOST_WORDS} words, more than Qdrant can number",
                where=self._store.where,
            )
        for start in range(0, len(new), WORDS_A_PIECE):
            piece = new[start : start + WORDS_A_PIECE]
            first = len(self._numbers)
            point = Point(
                named_point(f"words/{first}"), payload={"words": json.dumps(piece), "count": len(piece)}
            )
            self._store.upsert(self._collection, [point])
            self._numbers.update((word, first + place) for place, word in enumerate(piece))
        return np.array([self._numbers[word] for word in words], np.uint32)

    def _read(self, averages: Sequence[float]) -> tuple[list[str], Sequence[float]]:
        known: list[str] = []
        while True:
            id = named_point(f"words/{len(known)}")
            found = self._store.retrieve(self._collection, [id], payload=("words",))
            if not found:
                break
            known += json.loads(found[0].payload["words"])
        (*kept,) = self._store.retrieve(self._collection, [named_point("averages")], payload=("averages",))
        return known, kept[0].payload["averages"] if kept else averages

    def _write_averages(self) -> None:
        point = Point(named_point("averages"), payload={"averages": self.averages})
        self._store.upsert(self._collection, [point])
