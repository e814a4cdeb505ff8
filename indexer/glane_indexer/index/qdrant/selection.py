"""A filter made ready: which rows pass, and what Qdrant can be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.columns import Columns
from glane_indexer.index.protocol import Filter
from glane_indexer.index.qdrant.points import AnyOf, Between, Condition, Either, Where
from glane_indexer.text import fold_text

Mask = NDArray[np.bool_]
DAY = 86_400
# More values than this are not listed in a filter: what they would sort out is sorted out here.
MOST_VALUES = 1000
_KEYS = {"kind": "kinds", "contributor": "contributors", "language": "languages", "tag": "tags"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which bookmarks may be found.

    ``mask`` decides. ``where`` only spares Qdrant what it can tell by itself: it lets through all that
    pass, and perhaps more.
    """

    mask: Mask
    where: Where


def where_of(filter: Filter, columns: Columns) -> Where:
    """The part of a filter that points' payload can tell."""
    must: list[Condition] = []
    for name, value in (
        ("kind", filter.kind or ""),
        ("contributor", filter.contributor),
        ("language", filter.language),
        ("site", filter.site),
        *(("tag", tag) for tag in dict.fromkeys(filter.tags)),
    ):
        if value:
            must += _any_of(name, value, columns)
    if filter.after or filter.before:
        must.append(
            Between(
                "created",
                _second(filter.after) if filter.after else None,
                _second(filter.before) + DAY if filter.before else None,
            )
        )
    for group in filter.any_of:
        choices = [_any_of(name, value, columns) if value else [AnyOf("kind", ())] for name, value in group]
        # A choice that cannot be told lets all through.
        if all(choices):
            must.append(Either(tuple(Where(tuple(choice)) for choice in choices)))
    never = [
        condition for name, value in filter.none_of if value for condition in _any_of(name, value, columns)
    ]
    return Where(tuple(must), tuple(never))


def _any_of(name: str, value: str, columns: Columns) -> list[Condition]:
    """One condition, or none where it would list too many values."""
    values = _values(name, value, columns)
    key = {"tag": "tags"}.get(name, name)
    return [AnyOf(key, tuple(values))] if len(values) <= MOST_VALUES else []


def _values(name: str, value: str, columns: Columns) -> Sequence[str]:
    """The values of a column that a filter's value means."""
    if name == "year":
        return [value]
    if name == "site":
        wanted = value.casefold().removeprefix("www.")
        return [site for site, _ in columns.all("sites") if site == wanted or site.endswith(f".{wanted}")]
    folded = fold_text(value)
    return [known for known, _ in columns.all(_KEYS[name]) if fold_text(known) == folded]


def _second(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
