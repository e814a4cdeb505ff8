"""What to try when nothing was found: each suggestion has been tried, and finds something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from glane_service.http.links import Links
from glane_service.pages.controls import Chip
from glane_service.pages.spelling import corrected
from glane_service.pages.views import Link, Translate
from glane_service.search.query import Filters, Query

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

NEIGHBOURS = 50
MAX_FILTERS_TRIED = 5


def tries(engine: SearchEngine, query: Query, chips: list[Chip], links: Links, t: Translate) -> list[Link]:
    """Ways out of a search that found nothing: a spelling, another mode, a filter less."""
    found = []
    first = replace(query, page=1, per_page=1)
    if query.text and (meant := _spelling(engine, query)):
        corrected_query = replace(query, text=meant, page=1)
        found.append(Link(t("try_spelling", q=meant), links.search(corrected_query)))
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


def _spelling(engine: SearchEngine, query: Query) -> str:
    near = engine.search(Query(query.text, mode="vector", per_page=NEIGHBOURS, everything=True))
    texts = []
    for hit in near.hits:
        bookmark = hit.bookmark
        texts += [bookmark.title, bookmark.description, *bookmark.tags, bookmark.contributor]
        texts += [item.text for item in bookmark.annotations]
    return corrected(query.text, texts)
