"""The lists of all tags and of all contributors (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glane_indexer.text import fold_text

# A page of more names is one that nobody reads; the box above it narrows the list.
SHOWN = 600
Order = Literal["count", "name"]


@dataclass(frozen=True, slots=True)
class Index:
    """Names with their counts, in order; ``hidden`` more are not shown."""

    values: tuple[tuple[str, int], ...]
    hidden: int


def index(values: list[tuple[str, int]], order: Order, narrowed: str = "") -> Index:
    """The values that hold ``narrowed``, accents and case aside, in their order.

    Args:
        values: names with counts, in any order.
        order: by falling count and then by name, or by name.
        narrowed: letters that a name must hold.
    """
    wanted = fold_text(" ".join(narrowed.split()))
    found = [(name, count) for name, count in values if name.strip() and wanted in fold_text(name)]
    found.sort(key=lambda item: (-item[1], fold_text(item[0]), item[0]))
    shown = found[:SHOWN]
    if order == "name":
        shown.sort(key=lambda item: (fold_text(item[0]), item[0]))
    return Index(tuple(shown), len(found) - len(shown))
