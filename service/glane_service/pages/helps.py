"""What to try when nothing was found: each suggestion has been tried, and finds something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from glane_service.http.links import Links
from glane_service.pages.controls import Chip
from glane_service.pages.views import Link, Translate
from glane_service.search.query import Filters, Query

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

MAX_FILTERS_TRIED = 5


def tries(engine: SearchEngine, query: Query, chips: list[Chip], links: Links, t: Translate) -> list[Link]:
    """Ways out of a search that found nothing: another mode, a filter less."""
    found = []
    first = replace(query, page=1, per_page=1)
    for text_key, values, changed in _variants(first, chips, t):
        total = engine.search(changed).total
        if total:
            shown = replace(changed, per_page=query.per_page)
            found.append(Link(t(text_key, n=total, **values), links.search(shown)))
    return found


def _variants(query: Query, chips: list[Chip], t: Translate) -> Iterator[tuple[str, dict[str, str], Query]]:
    if query.text and query.mode == "keyword":
        mode = t("mode_hybrid")
        yield "try_mode", {"mode": mode}, replace(query, mode="hybrid")
    for chip in chips[:MAX_FILTERS_TRIED]:
        without = replace(chip.without, per_page=1)
        yield "try_without", {"name": f"{chip.name} {chip.value}"}, without
    if len(chips) > 1:
        yield "try_all", {}, replace(query, filters=Filters(), fields=Query("").fields)
