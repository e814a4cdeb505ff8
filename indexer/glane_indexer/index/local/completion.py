"""What completes a text that is being typed: titles by their segments' arrays, all else by its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Arrays, Strings
from glane_indexer.index.protocol import ValueCounts
from glane_indexer.text import fold_text, tokens

Mask = NDArray[np.bool_]


def build(titles: Sequence[str]) -> Arrays:
    """The arrays of bookmarks' titles, in their order."""
    folded = [fold_text(title) for title in titles]
    by_fold = sorted(range(len(titles)), key=folded.__getitem__)
    ranks = np.empty(len(titles), np.int32)
    ranks[sorted(range(len(titles)), key=titles.__getitem__)] = np.arange(len(titles), dtype=np.int32)
    return {
        **Strings.arrays("titles", titles),
        "ranks": ranks,
        **Strings.arrays("folded", [folded[row] for row in by_fold]),
        "folded_rows": np.array(by_fold, np.int32),
    }


class Titles:
    """The titles of one segment."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._titles, self._ranks = Strings(arrays, "titles"), arrays["ranks"]
        self._folded, self._folded_rows = Strings(arrays, "folded"), arrays["folded_rows"]

    def __getitem__(self, row: int) -> str:
        return self._titles[row]

    def folded(self, alive: Mask) -> list[str]:
        """The folded titles of the rows that are alive."""
        return self._folded.at(np.flatnonzero(alive[self._folded_rows]))

    def best(
        self, rows: NDArray[np.int64], views: NDArray[np.int64], start: str, limit: int
    ) -> list[tuple[bool, int, str]]:
        """Of these rows (with their views) the first ``limit`` by (not begins so, -views, title)."""
        begins = np.zeros(len(self._ranks), np.bool_)
        low, high = self._folded.span(start)
        begins[self._folded_rows[low:high]] = True
        order = np.lexsort((self._ranks[rows], -views, ~begins[rows]))[:limit]
        return [
            (not begins[row], -int(views[place]), self._titles[int(row)])
            for place, row in zip(order.tolist(), rows[order].tolist(), strict=True)
        ]


def typed_words(typed: str) -> list[str]:
    """The folded words of a text that is being typed."""
    return [fold_text(token.form) for token in tokens(typed)]


def folded_start(typed: str) -> str:
    """What a text must begin with to begin as all that is typed."""
    return fold_text(" ".join(typed.split()))


def best(texts: Iterable[tuple[str, int]], words: Sequence[str], start: str, limit: int) -> ValueCounts:
    """The first ``limit`` texts (with weights) of which some word begins with each of ``words``."""
    found = []
    for text, weight in texts:
        folded, own = _analysed(text)
        if all(any(word.startswith(part) for word in own) for part in words):
            found.append((not folded.startswith(start), -weight, text))
    return [(text, -weight) for _, weight, text in sorted(found)[:limit]]


@lru_cache(1 << 16)
def _analysed(text: str) -> tuple[str, tuple[str, ...]]:
    return fold_text(text), tuple(typed_words(text))
