"""The facts that bookmarks are filtered, sorted and counted by, as one array each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.models import Bookmark
from glane_indexer.text import fold_text

NO_DATE = -(2**62)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Values that a facet lists at most, the most frequent ones.
FACET_VALUES = 100

Mask = NDArray[np.bool_]
ValueCounts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Coded:
    """One value a bookmark: ``codes`` int32 into ``values``; "" means that it has none."""

    values: list[str]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Coded:
        """The column of these texts; the values are sorted."""
        values = sorted(set(texts))
        place = {value: code for code, value in enumerate(values)}
        return cls(values, np.array([place[text] for text in texts], np.int32))

    def counts(self, rows: NDArray[np.int64]) -> ValueCounts:
        """The values among these rows, the most frequent first."""
        return _ranked(self.values, np.bincount(self.codes[rows], minlength=len(self.values)))

    def mask(self, accepted: Mask) -> Mask:
        """Which rows have an accepted value; one truth value a value."""
        return accepted[self.codes]


class Columns:
    """Filters and facets over all bookmarks of a generation, by row. Immutable."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.created: NDArray[np.int64] = arrays["created"]
        self._single = {
            name: Coded(arrays[f"{name}_values"].tolist(), arrays[f"{name}_codes"])
            for name in ("kinds", "contributors", "sites", "languages", "years")
        }
        self._tags: list[str] = arrays["tags_values"].tolist()
        self._tag_codes: NDArray[np.int32] = arrays["tags_codes"]
        self._tag_ends: NDArray[np.int64] = arrays["tags_ends"]
        self._tag_rows = np.repeat(np.arange(len(self.created)), np.diff(self._tag_ends, prepend=0))

    @classmethod
    def build(cls, bookmarks: Sequence[Bookmark], path: Path) -> None:
        """Write the columns of the bookmarks, in their order, to one ``.npz`` file."""
        arrays: dict[str, NDArray[Any]] = {
            "created": np.array([_seconds(bookmark.created_at) for bookmark in bookmarks], np.int64)
        }
        texts: dict[str, list[str]] = {
            "kinds": [bookmark.kind for bookmark in bookmarks],
            "contributors": [bookmark.contributor for bookmark in bookmarks],
            "sites": [bookmark.site for bookmark in bookmarks],
            "languages": [bookmark.language for bookmark in bookmarks],
            "years": [str(item.created_at.year) if item.created_at else "" for item in bookmarks],
        }
        for name, values in texts.items():
            coded = Coded.of(values)
            arrays[f"{name}_values"] = np.array(coded.values, dtype=np.str_)
            arrays[f"{name}_codes"] = coded.codes
        tags = Coded.of([tag for bookmark in bookmarks for tag in bookmark.tags])
        arrays["tags_values"] = np.array(tags.values, dtype=np.str_)
        arrays["tags_codes"] = tags.codes
        arrays["tags_ends"] = np.cumsum([len(bookmark.tags) for bookmark in bookmarks], dtype=np.int64)
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def open(cls, path: Path) -> Columns:
        """Read what :meth:`build` has written."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls({name: arrays[name] for name in arrays.files})

    def mask(
        self,
        *,
        kind: str | None = None,
        tags: Sequence[str] = (),
        contributor: str = "",
        site: str = "",
        language: str = "",
        after: date | None = None,
        before: date | None = None,
    ) -> Mask:
        """Which rows pass all filters; an empty one filters nothing.

        Tags and contributors are compared without case and accents; a site passes with its
        subdomains; the days are inclusive, in UTC.
        """
        mask = np.ones(len(self.created), np.bool_)
        if kind:
            mask &= self._equal("kinds", kind)
        if contributor:
            mask &= self._equal("contributors", contributor)
        if language:
            mask &= self._equal("languages", language)
        if site:
            wanted = site.casefold().removeprefix("www.")
            column = self._single["sites"]
            accepted = [value == wanted or value.endswith(f".{wanted}") for value in column.values]
            mask &= column.mask(np.array(accepted, np.bool_))
        for tag in tags:
            wanted = fold_text(tag)
            codes = [code for code, value in enumerate(self._tags) if fold_text(value) == wanted]
            tagged = np.zeros(len(mask), np.bool_)
            tagged[self._tag_rows[np.isin(self._tag_codes, codes)]] = True
            mask &= tagged
        if after:
            mask &= self.created >= _day(after)
        if before:
            mask &= (self.created != NO_DATE) & (self.created < _day(before) + 86_400)
        return mask

    def counts(self, rows: NDArray[np.int64]) -> dict[str, ValueCounts]:
        """Of each facet the values among these rows with their counts, the most frequent first.

        Years are newest first.
        """
        found = {name: column.counts(rows) for name, column in self._single.items()}
        found["years"].sort(reverse=True)
        chosen = np.zeros(len(self.created), np.bool_)
        chosen[rows] = True
        codes = self._tag_codes[chosen[self._tag_rows]]
        found["tags"] = _ranked(self._tags, np.bincount(codes, minlength=len(self._tags)))
        return found

    def languages(self) -> tuple[NDArray[np.int32], list[str]]:
        """The language of every bookmark, as an index into the list of languages; "" is not known."""
        column = self._single["languages"]
        return column.codes, column.values

    def tags(self) -> ValueCounts:
        """Every tag with the number of bookmarks that have it."""
        return list(
            zip(self._tags, np.bincount(self._tag_codes, minlength=len(self._tags)).tolist(), strict=True)
        )

    def contributors(self) -> ValueCounts:
        """Every contributor with the number of their bookmarks."""
        column = self._single["contributors"]
        counts = np.bincount(column.codes, minlength=len(column.values)).tolist()
        return [pair for pair in zip(column.values, counts, strict=True) if pair[0]]

    def _equal(self, name: str, value: str) -> Mask:
        column = self._single[name]
        wanted = fold_text(value)
        return column.mask(np.array([fold_text(item) == wanted for item in column.values], np.bool_))


def _ranked(values: list[str], counts: NDArray[np.int64]) -> ValueCounts:
    """The values that occur, but "", by falling count and then by value."""
    codes = np.flatnonzero(counts)
    # Values are sorted, so a code orders as its value does. One more than are listed, for "".
    best = codes[np.lexsort((codes, -counts[codes]))][: FACET_VALUES + 1]
    return [(values[code], int(counts[code])) for code in best.tolist() if values[code]][:FACET_VALUES]


def _seconds(moment: datetime | None) -> int:
    return NO_DATE if moment is None else (moment - _EPOCH) // timedelta(seconds=1)


def _day(day: date) -> int:
    return _seconds(datetime.combine(day, time(), UTC))
