"""The facts that bookmarks are filtered, sorted and counted by, as one array each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local import facets
from glane_indexer.index.local.arrays import Arrays, Strings
from glane_indexer.index.local.coded import Coded
from glane_indexer.index.protocol import Filter, ValueCounts
from glane_indexer.models import Bookmark
from glane_indexer.text import fold_text

NO_DATE = -(2**62)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Values that a facet lists at most, the most frequent ones.
FACET_VALUES = 100
# In a view of many bookmarks, few of them are looked at one by one.
FEW, MANY = 8, 4096
SINGLE = ("kinds", "contributors", "sites", "languages", "years")

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
# The values of a library are few and the same in every view.
_folded = lru_cache(1 << 17)(fold_text)


def build(bookmarks: Sequence[Bookmark]) -> Arrays:
    """The arrays of some bookmarks, in their order."""
    texts: dict[str, list[str]] = {
        "kinds": [bookmark.kind for bookmark in bookmarks],
        "contributors": [bookmark.contributor for bookmark in bookmarks],
        "sites": [bookmark.site for bookmark in bookmarks],
        "languages": [bookmark.language for bookmark in bookmarks],
        "years": [str(item.created_at.year) if item.created_at else "" for item in bookmarks],
        "tags": [tag for bookmark in bookmarks for tag in bookmark.tags],
    }
    arrays: Arrays = {
        "created": np.array([_seconds(bookmark.created_at) for bookmark in bookmarks], np.int64),
        "views": np.array([min(bookmark.views, 2**62) for bookmark in bookmarks], np.int64),
        "annotations": np.array([len(bookmark.annotations) for bookmark in bookmarks], np.int32),
        "described": np.array([bool(item.description.strip()) for item in bookmarks], np.uint8),
        "tags_ends": np.cumsum([len(bookmark.tags) for bookmark in bookmarks], dtype=np.int64),
    }
    for name, values in texts.items():
        known = sorted(set(values))
        place = {value: code for code, value in enumerate(known)}
        arrays |= Strings.arrays(f"{name}_values", known)
        arrays[f"{name}_codes"] = np.array([place[value] for value in values], np.int32)
    return arrays


def merge(parts: Sequence[tuple[Mapping[str, NDArray[Any]], Rows]], count: int) -> Arrays:
    """The arrays of ``count`` bookmarks out of several segments.

    Args:
        parts: of each segment its arrays, and of each of its rows the new one, or -1.
    """
    arrays = _numbers(parts, count)
    for name in (*SINGLE, "tags"):
        coded = _coded(name, parts, count)
        arrays |= Strings.arrays(f"{name}_values", coded.values)
        arrays[f"{name}_codes"] = coded.codes
        if coded.rows is not None:
            arrays[f"{name}_ends"] = np.cumsum(np.bincount(coded.rows, minlength=count), dtype=np.int64)
    return arrays


class Columns:
    """Filters and facets over all bookmarks of a view, by row. Immutable.

    Args:
        parts: of each segment its arrays, and of each of its rows that of the view, or -1.
        count: the bookmarks of the view.
    """

    def __init__(self, parts: Sequence[tuple[Mapping[str, NDArray[Any]], Rows]], count: int) -> None:
        self._count = count
        numbers = _numbers(parts, count)
        self.created, self.views = numbers["created"], numbers["views"]
        self.annotations, self.descriptions = (
            int(numbers["annotations"].sum()),
            int(numbers["described"].sum()),
        )
        self._coded = {name: _coded(name, parts, count) for name in (*SINGLE, "tags")}
        self._by_fold = {
            name: _by_fold(self._coded[name].values)
            for name in ("kinds", "contributors", "languages", "tags")
        }
        self._facets = self._coded | {
            name: facets.by_name(self._coded[name], _folded) for name in self._by_fold
        }
        self._facets["sites"] = facets.by_site(self._coded["sites"])

    def mask(self, filter: Filter) -> Mask | None:
        """Which rows pass, as far as columns say; None where all do."""
        masks: list[Mask] = []
        for name, value in (
            ("kinds", filter.kind or ""),
            ("contributors", filter.contributor),
            ("languages", filter.language),
            *(("tags", tag) for tag in dict.fromkeys(filter.tags)),
        ):
            if value:
                codes = self._by_fold[name].get(fold_text(value), ())
                masks.append(self._coded[name].having(codes, self._count))
        if filter.site:
            wanted = filter.site.casefold().removeprefix("www.")
            sites = self._coded["sites"]
            accepted = [
                code
                for code, value in enumerate(sites.values)
                if value == wanted or value.endswith(f".{wanted}")
            ]
            masks.append(sites.having(accepted, self._count))
        if filter.after:
            masks.append(self.created >= _day(filter.after))
        if filter.before:
            masks.append((self.created != NO_DATE) & (self.created < _day(filter.before) + 86_400))
        masks += [np.logical_or.reduce([self._having(*item) for item in group]) for group in filter.any_of]
        masks += [~self._having(*choice) for choice in filter.none_of]
        return np.logical_and.reduce(masks) if masks else None

    def _having(self, name: str, value: str) -> Mask:
        """Which rows have this value of the filter of that name; none where no bookmark can have it."""
        if name == "year":
            years = self._coded["years"]
            return years.having(
                [code for code, year in enumerate(years.values) if year == value], self._count
            )
        found = self.mask(Filter(tags=(value,)) if name == "tag" else Filter(**{name: value}))  # type: ignore[arg-type]
        return np.zeros(self._count, np.bool_) if found is None or not value else found

    def counts(self, rows: Rows | None) -> dict[str, ValueCounts]:
        """Of each facet the values among these rows with their counts, the most frequent first.

        What a value counts is what filtering by it finds: see :mod:`.facets`. Years are newest first.
        """
        if rows is not None and FEW * len(rows) + MANY < self._count:
            ordered = np.sort(rows)
            found = {
                name: _ranked(item.values, *item.among(ordered)) for name, item in self._facets.items()
            }
        else:
            chosen = None
            if rows is not None:
                chosen = np.zeros(self._count, np.bool_)
                chosen[rows] = True
            found = {}
            for name, item in self._facets.items():
                counts = item.counts(chosen)
                codes = np.flatnonzero(counts)
                found[name] = _ranked(item.values, codes, counts[codes])
        found["years"].sort(reverse=True)
        return found

    def all(self, name: str) -> ValueCounts:
        """Every value of a column with the number of bookmarks that have it, in order of the values."""
        column = self._coded[name]
        return [
            pair
            for pair in zip(column.values, column.counts().tolist(), strict=True)
            if pair[0] and pair[1]
        ]

    def among(self, name: str, chosen: Mask) -> ValueCounts:
        """The values that the chosen bookmarks have, with the number of all bookmarks that have them."""
        column = self._coded[name]
        codes, counts = np.flatnonzero(column.counts(chosen)), column.counts()
        return [(column.values[code], int(counts[code])) for code in codes.tolist() if column.values[code]]

    def languages(self) -> Coded:
        """The language of every bookmark."""
        return self._coded["languages"]


def _numbers(parts: Sequence[tuple[Mapping[str, NDArray[Any]], Rows]], count: int) -> Arrays:
    """The columns of numbers of several segments."""
    numbers: Arrays = {
        "created": np.zeros(count, np.int64),
        "views": np.zeros(count, np.int64),
        "annotations": np.zeros(count, np.int32),
        "described": np.zeros(count, np.uint8),
    }
    for arrays, own in parts:
        alive = own >= 0
        for name, values in numbers.items():
            values[own[alive]] = arrays[name][alive]
    return numbers


def _coded(name: str, parts: Sequence[tuple[Mapping[str, NDArray[Any]], Rows]], count: int) -> Coded:
    """One column of several segments, its values those that the view's own bookmarks have."""
    used: list[tuple[list[str], NDArray[np.int32], Rows]] = []
    for arrays, own in parts:
        codes = arrays[f"{name}_codes"]
        rows = np.repeat(own, np.diff(arrays["tags_ends"], prepend=0)) if name == "tags" else own
        codes, rows = codes[rows >= 0], rows[rows >= 0]
        present, codes = np.unique(codes, return_inverse=True)
        used.append((Strings(arrays, f"{name}_values").at(present), codes.astype(np.int32), rows))
    values = sorted(set().union(*(own_values for own_values, _, _ in used)))
    place = {value: code for code, value in enumerate(values)}
    moved = [
        np.array([place[value] for value in own_values] or [0], np.int32)[codes]
        for own_values, codes, _ in used
    ]
    codes = np.concatenate([np.zeros(0, np.int32), *moved])
    rows = np.concatenate([np.zeros(0, np.int64), *(rows for _, _, rows in used)])
    order = np.argsort(rows, kind="stable")
    return Coded(values, codes[order], rows[order] if name == "tags" else None)


def _by_fold(values: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for code, value in enumerate(values):
        found.setdefault(_folded(value), []).append(code)
    return found


def _ranked(values: list[str], codes: Rows, counts: NDArray[np.int64]) -> ValueCounts:
    """The values of some codes, ascending, but "", by falling count and then by value."""
    # Values are sorted, so a code orders as its value does. One more than are listed, for "".
    best = np.argsort(-counts, kind="stable")[: FACET_VALUES + 1]
    pairs = zip(codes[best].tolist(), counts[best].tolist(), strict=True)
    return [(values[code], count) for code, count in pairs if values[code]][:FACET_VALUES]


def _seconds(moment: datetime | None) -> int:
    return NO_DATE if moment is None else (moment - _EPOCH) // timedelta(seconds=1)


def _day(day: date) -> int:
    return _seconds(datetime.combine(day, time(), UTC))
