"""What a reader can change about a search, as links: settings, filters, facets, pages (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from glane_indexer.models import Kind
from glane_service.http.links import Links
from glane_service.pages.formats import day, language_name, number
from glane_service.pages.views import Link, Translate
from glane_service.search.query import FIELDS, Query
from glane_service.search.results import Mode, Results

FACET_SHOWN = 8
PAGE_SIZES = (10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force: what it is, its value, and the query without it."""

    name: str
    value: str
    without: Query


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: its values that are shown at once, and those that unfold."""

    name: str
    title: str
    values: tuple[Link, ...]
    folded: tuple[Link, ...]


def facets(results: Results, query: Query, links: Links, t: Translate, language: str) -> list[Facet]:
    """The facets that have something to choose from, and where each choice leads."""
    made = []
    for name in ("tags", "contributors", "sites", "years", "languages"):
        values = [
            _facet_link(name, item.value, item.count, query, links, language)
            for item in results.facets.get(name, ())
            if item.value
        ]
        if not values:
            continue
        # What is chosen comes first, so that it is never folded away.
        values.sort(key=lambda link: not link.current)
        made.append(
            Facet(name, t(f"facet_{name}"), tuple(values[:FACET_SHOWN]), tuple(values[FACET_SHOWN:]))
        )
    return made


def _facet_link(name: str, value: str, count: int, query: Query, links: Links, language: str) -> Link:
    filters, text = query.filters, value
    if name == "tags":
        current = value in filters.tags
        tags = tuple(tag for tag in filters.tags if tag != value) if current else (*filters.tags, value)
        changed = replace(filters, tags=tags)
    elif name == "contributors":
        current = value == filters.contributor
        changed = replace(filters, contributor="" if current else value)
    elif name == "sites":
        current = value == filters.site
        changed = replace(filters, site="" if current else value)
    elif name == "languages":
        current = value == filters.language
        changed = replace(filters, language="" if current else value)
        text = language_name(value, language)
    else:
        current = value == year_of(query)
        first, last = (None, None) if current else _year(value)
        changed = replace(filters, after=first, before=last)
    return Link(text, links.search(replace(query, filters=changed, page=1)), current, count)


def _year(value: str) -> tuple[date | None, date | None]:
    try:
        return date(int(value), 1, 1), date(int(value), 12, 31)
    except ValueError:
        return None, None


def year_of(query: Query) -> str:
    """The year that the dates of ``query`` are, or "" where they are not one whole year."""
    after, before = query.filters.after, query.filters.before
    whole = after and before and (after, before) == (date(after.year, 1, 1), date(after.year, 12, 31))
    return str(after.year) if whole and after else ""


def chips(query: Query, t: Translate, language: str) -> list[Chip]:
    """The filters in force."""
    filters = query.filters
    found: list[Chip] = []

    def add(name: str, value: str, **changes: object) -> None:
        without = replace(query, filters=replace(filters, **changes), page=1)  # type: ignore[arg-type]
        found.append(Chip(t(f"filter_{name}"), value, without))

    if filters.kind:
        add("kind", t(f"kind_{filters.kind}"), kind=None)
    for tag in filters.tags:
        add("tag", tag, tags=tuple(other for other in filters.tags if other != tag))
    if filters.contributor:
        add("contributor", filters.contributor, contributor="")
    if filters.site:
        add("site", filters.site, site="")
    if year := year_of(query):
        add("year", year, after=None, before=None)
    else:
        if filters.after:
            add("after", _day(filters.after, language), after=None)
        if filters.before:
            add("before", _day(filters.before, language), before=None)
    if filters.language:
        add("language", language_name(filters.language, language), language="")
    if query.fields != Query("").fields:
        names = ", ".join(t(f"fields_{name}") for name in query.fields)
        without = replace(query, fields=Query("").fields, page=1)
        found.append(Chip(t("filter_fields"), names, without))
    return found


def _day(value: date, language: str) -> str:
    return day(datetime(value.year, value.month, value.day, tzinfo=UTC), language)


def choices(query: Query, links: Links) -> dict[str, list[tuple[str, str]]]:
    """The settings that are a choice among few: each value, and where choosing it leads."""

    def to(**changes: Any) -> str:
        return links.search(replace(query, page=1, **changes))

    kinds: list[tuple[str, Kind | None]] = [
        ("all", None),
        ("bookmark", "bookmark"),
        ("topic", "topic"),
    ]
    # Only words are looked for in one field: meaning is that of a whole passage. So a field brings the
    # mode of words along, and takes it away again; and another mode is one of all fields.
    back: Mode = query.mode if query.fields == FIELDS else "hybrid"
    modes: tuple[Mode, ...] = ("hybrid", "vector", "keyword")
    return {
        "fields": [
            ("all", to(fields=FIELDS, mode=back)),
            *((name, to(fields=(name,), mode="keyword")) for name in FIELDS),
        ],
        "mode": [
            (mode, to(mode=mode, fields=query.fields if mode == "keyword" else FIELDS)) for mode in modes
        ],
        "sort": [(sort, to(sort=sort)) for sort in ("relevance", "date")],
        "kind": [(name, to(filters=replace(query.filters, kind=kind))) for name, kind in kinds],
        "view": [(view, to(view=view)) for view in ("simple", "middle", "full")],
    }


def page_sizes(results: Results, query: Query, links: Links, language: str) -> list[Link]:
    """How many results a page may have, where there are enough for a choice."""
    if results.total <= PAGE_SIZES[0]:
        return []
    return [
        Link(
            number(size, language),
            links.search(replace(query, page=1, per_page=size)),
            size == results.per_page,
            size,
        )
        for size in PAGE_SIZES
    ]


def pager(results: Results, query: Query, links: Links, language: str) -> list[Link | None]:
    """The pages to choose from: first, last, and those around this one; None where some lack."""
    last, here = results.pages, results.page
    wanted = sorted({1, last, *range(max(1, here - 2), min(last, here + 2) + 1)})
    made: list[Link | None] = []
    before = 0
    for page in wanted:
        if page > before + 1:
            made.append(None)
        made.append(
            Link(number(page, language), links.search(replace(query, page=page)), page == here, page)
        )
        before = page
    return made
