"""Which bookmarks of a generation pass the filters of a query."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.columns import Columns
from glane_service.search.query import Choice, Filters

Mask = NDArray[np.bool_]


def passing(columns: Columns, filters: Filters) -> Mask:
    """One truth value a row: whether the bookmark passes all of ``filters``."""
    mask = columns.mask(
        kind=filters.kind,
        tags=filters.tags,
        contributor=filters.contributor,
        site=filters.site,
        language=filters.language,
        after=filters.after,
        before=filters.before,
    )
    for group in filters.any_of:
        held = np.zeros(len(mask), np.bool_)
        for choice in group:
            held |= _having(columns, choice)
        mask &= held
    for choice in filters.excluded:
        mask &= ~_having(columns, choice)
    return mask


def _having(columns: Columns, choice: Choice) -> Mask:
    name, value = choice
    if name == "tag":
        return columns.mask(tags=(value,))
    if name == "year":
        # A year that no calendar has is no bookmark's.
        if not (value.isascii() and value.isdigit() and len(value) < 5 and int(value)):
            return np.zeros(len(columns.created), np.bool_)
        return columns.mask(after=date(int(value), 1, 1), before=date(int(value), 12, 31))
    if not value:
        return np.zeros(len(columns.created), np.bool_)
    if name == "site":
        return columns.mask(site=value)
    if name == "contributor":
        return columns.mask(contributor=value)
    return columns.mask(language=value) if name == "language" else columns.mask(kind=value)
