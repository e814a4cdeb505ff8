"""The values of a facet, such that each counts what filtering by it finds (pure).

A filter compares names without case and accents, and a site passes with its subdomains. So spellings of one
name are one value, shown as most bookmarks spell it, and a site counts for every site above it too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.coded import Coded


def by_name(column: Coded, fold: Callable[[str], str]) -> Coded:
    """A column whose spellings of one name are one value: the most frequent, then the first of them."""
    folded = [fold(value) for value in column.values]
    if len(set(folded)) == len(folded):
        return column
    counts = column.counts()
    spelling: dict[str, int] = {}
    for code, name in enumerate(folded):
        if name not in spelling or counts[code] > counts[spelling[name]]:
            spelling[name] = code
    shared = np.array([spelling[name] for name in folded], np.int32)[column.codes]
    if column.rows is None:
        return Coded(column.values, shared)
    return _distinct(column.values, column.rows, shared)


def by_site(column: Coded) -> Coded:
    """A column of sites in which each bookmark has its site, and those above it that others have."""
    place = {value: code for code, value in enumerate(column.values)}
    above: dict[int, list[int]] = {}
    for code, value in enumerate(column.values):
        parent = value.partition(".")[2]
        while parent:
            if parent in place:
                above.setdefault(code, []).append(place[parent])
            parent = parent.partition(".")[2]
    if not above:
        return column
    rows, codes = [np.arange(len(column.codes))], [column.codes]
    for code, parents in above.items():
        below = np.flatnonzero(column.codes == code)
        for parent_code in parents:
            rows.append(below)
            codes.append(np.full(len(below), parent_code, np.int32))
    return _distinct(column.values, np.concatenate(rows), np.concatenate(codes))


def _distinct(values: list[str], rows: NDArray[np.int64], codes: NDArray[np.int32]) -> Coded:
    """The pairs of row and code, each once, in the order of the rows."""
    pairs = np.unique(rows * len(values) + codes)
    return Coded(values, (pairs % len(values)).astype(np.int32), pairs // len(values))
