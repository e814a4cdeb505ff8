"""What a reader can change about a search, as links: settings, filters, facets, pages (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from glane_indexer.models import Kind
from glane_service.http.links import Links
from glane_service.pages.formats import day, language_name, number
from glane_service.pages.views import MAX_NAME, Link, Translate, clip
from glane_service.search.query import FIELDS, Query
from glane_service.search.results import Mode, Results

FACET_SHOWN = 8
# Past so many values a facet has a box to look for one among them.
FACET_SEARCHED = 12
PAGE_SIZES = (10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force: what it is, its value, and the query without it."""

    name: str
    value: str
    without: Query


class Value(NamedTuple):
    """One value of a facet, as it is shown; there are hundreds on a page."""

    text: str
    href: str
    current: bool
    number: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: its values that are shown at once, and those that unfold."""

    name: str
    title: str
    values: tuple[Value, ...]
    folded: tuple[Value, ...]


def facets(
    results: Results,
    query: Query,
    links: Links,
    t: Translate,
    language: str,
    *,
    implied: tuple[str, str] | None = None,
) -> list[Facet]:
    """The facets that have something to choose from, and where each choice leads.

    ``implied`` is what the page is of, such as ``("tag", "travail")``: it is no choice.
    """
    made = []
    for name in ("tags", "contributors", "sites", "years", "languages"):
        address = _Addresses(name, query, links)
        hidden = implied[1] if implied and f"{implied[0]}s" == name else None
        values = [
            Value(
                language_name(item.value, language) if name == "languages" else clip(item.value, MAX_NAME),
                address.of(item.value),
                address.is_chosen(item.value),
                number(item.count, language),
            )
            for item in results.facets.get(name, ())
            if item.value and item.value != hidden
        ]
        if not values:
            continue
        # What is chosen comes first, so that it is never folded away.
        values.sort(key=lambda value: not value.current)
        made.append(
            Facet(name, t(f"facet_{name}"), tuple(values[:FACET_SHOWN]), tuple(values[FACET_SHOWN:]))
        )
    return made


class _Addresses:
    """Where the values of one facet lead.

    All addresses of a facet are one but for its value, which stands where a mark stood in the address
    of that mark: a hundred addresses cost what one does.
    """

    _MARK = "\0"

    def __init__(self, name: str, query: Query, links: Links) -> None:
        self._name, self._query, self._links = name, query, links
        self._chosen = _chosen(name, query)
        if name != "years":
            address = links.search(_changed(query, name, self._MARK))
            self._before, _, self._after = address.partition(quote_plus(self._MARK))

    def is_chosen(self, value: str) -> bool:
        """Whether a value is a filter in force."""
        return value in self._chosen

    def of(self, value: str) -> str:
        """The address of the search with this value, or without it where it is chosen."""
        if self._name == "years" or self.is_chosen(value):
            return self._links.search(_changed(self._query, self._name, value))
        return f"{self._before}{_quoted(value)}{self._after}"


@lru_cache(maxsize=1 << 14)
def _quoted(value: str) -> str:
    return quote_plus(value, errors="replace")


def _chosen(name: str, query: Query) -> tuple[str, ...]:
    """The values of a facet that are filters in force."""
    filters = query.filters
    return {
        "tags": filters.tags,
        "contributors": (filters.contributor,),
        "sites": (filters.site,),
        "languages": (filters.language,),
        "years": (year_of(query),),
    }[name]


def _changed(query: Query, name: str, value: str) -> Query:
    """``query`` with a value of a facet as a filter, or without it where it is one already."""
    filters, current = query.filters, value in _chosen(name, query)
    if name == "tags":
        others = tuple(tag for tag in filters.tags if tag != value)
        changed = replace(filters, tags=others if current else (*others, value))
    elif name == "contributors":
        changed = replace(filters, contributor="" if current else value)
    elif name == "sites":
        changed = replace(filters, site="" if current else value)
    elif name == "languages":
        changed = replace(filters, language="" if current else value)
    else:
        first, last = (None, None) if current else _year(value)
        changed = replace(filters, after=first, before=last)
    return replace(query, filters=changed, page=1)


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


def chips(
    query: Query, t: Translate, language: str, *, implied: tuple[str, str] | None = None
) -> list[Chip]:
    """The filters in force, but for the one that the page implies."""
    filters = query.filters
    found: list[Chip] = []

    def add(name: str, value: str, **changes: object) -> None:
        without = replace(query, filters=replace(filters, **changes), page=1)  # type: ignore[arg-type]
        found.append(Chip(t(f"filter_{name}"), value, without))

    if filters.kind:
        add("kind", t(f"kind_{filters.kind}"), kind=None)
    for tag in filters.tags:
        if implied == ("tag", tag):
            continue
        add("tag", tag, tags=tuple(other for other in filters.tags if other != tag))
    if filters.contributor and implied != ("contributor", filters.contributor):
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


def is_whole(query: Query, results: Results) -> bool:
    """Whether an answer composed from the whole library is one to what is asked here."""
    return bool(query.text and results.total) and query == Query(query.text, view=query.view)


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
