"""What a request in Algolia's form asks for, in Glane's own terms (pure)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from glane_indexer.errors import QueryError
from glane_service.search.query import FIELDS, MAX_FILTER, MAX_PER_PAGE, Choice, Filters, Query

MAX_REQUESTS = 20
# Values to filter by in one request, hits in one batch, characters of a tag that marks a word.
MAX_VALUES = 100
MAX_HITS = 1000
MAX_MARK = 100
DATE_SUFFIX = "_date"
# An attribute of a hit, and the facet of the engine that counts it.
FACETS = {
    "tags": "tags",
    "contributor": "contributors",
    "site": "sites",
    "year": "years",
    "language": "languages",
    "kind": "kinds",
}
_FILTER = re.compile(r'\s*([\w.]+):(?:"([^"]*)"|\'([^\']*)\'|(\S+))\s*(?:AND\s+|$)', re.IGNORECASE)
Groups = list[list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the batch: the query, and how to answer."""

    index: str
    query: Query
    facets: tuple[str, ...]
    pre: str
    post: str
    facet_name: str = ""
    facet_query: str = ""
    facet_limit: int = 10


def requests_of(body: bytes) -> list[dict[str, Any]]:
    """The requests of a batch.

    Raises:
        QueryError: the body is not one.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise QueryError("the body is not JSON", where="body") from None
    requests = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(requests, list) or not all(isinstance(item, dict) for item in requests):
        raise QueryError("there is no list of requests", where="requests", hint='Send {"requests": [{…}]}')
    if len(requests) > MAX_REQUESTS:
        raise QueryError(f"{len(requests)} is more than {MAX_REQUESTS}", where="requests")
    return requests


def read(item: dict[str, Any]) -> Asked:
    """What one request asks for.

    Raises:
        QueryError: a parameter has a value or a form that Glane does not have.
    """
    params = item.get("params", {})
    if isinstance(params, str):
        params = {name: _decoded(value) for name, value in parse_qsl(params)}
    if not isinstance(params, dict):
        raise QueryError("it is not an object", where="params")
    # The newer client puts them beside the index's name.
    params = {**{name: item[name] for name in item if name not in ("params", "indexName")}, **params}
    groups = _groups(params.get("facetFilters") or [])
    groups += [[pair] for pair in _filters(params.get("filters") or "")]
    if params.get("numericFilters"):
        raise QueryError("they are not supported", where="numericFilters", hint="Filter by year")
    if sum(map(len, groups)) > MAX_VALUES:
        raise QueryError(f"they are more than {MAX_VALUES}", where="facetFilters")
    index = str(item.get("indexName", ""))
    fields = _names(params.get("restrictSearchableAttributes"))
    query = Query(
        text=str(params.get("query") or "").strip(),
        sort="date" if index.endswith(DATE_SUFFIX) else "relevance",
        filters=_split(groups),
        fields=tuple("tags" if name == "tag" else name for name in fields) or FIELDS,
        page=_whole("page", params.get("page"), 0) + 1,
        per_page=min(MAX_PER_PAGE, _whole("hitsPerPage", params.get("hitsPerPage"), 20) or 1),
        view="full",
    )
    return Asked(
        index=index,
        query=query.validated(),
        facets=tuple(FACETS) if "*" in _names(params.get("facets")) else _names(params.get("facets")),
        pre=_mark("highlightPreTag", params, "<em>"),
        post=_mark("highlightPostTag", params, "</em>"),
        facet_name=str(params.get("facetName") or item.get("facet") or ""),
        facet_query=str(params.get("facetQuery") or "")[:MAX_FILTER],
        facet_limit=min(100, _whole("maxFacetHits", params.get("maxFacetHits"), 10)),
    )


def _groups(facet_filters: Any) -> Groups:
    if isinstance(facet_filters, str):
        facet_filters = _decoded(facet_filters)
    if isinstance(facet_filters, str):
        facet_filters = [facet_filters]
    if not isinstance(facet_filters, list):
        raise QueryError("they are not a list", where="facetFilters")
    groups = []
    for group in facet_filters:
        items = group if isinstance(group, list) else [group]
        if items:
            groups.append([_pair(item) for item in items])
    return groups


def _pair(item: Any) -> tuple[str, str]:
    name, colon, value = str(item).partition(":")
    if name not in FACETS or not colon or len(value) > MAX_FILTER:
        raise QueryError(
            f"{str(item)[:60]!r} cannot be filtered by",
            where="facetFilters",
            hint=f"Use one of {', '.join(FACETS)}, as tags:travail",
        )
    return name, value


def _filters(text: Any) -> list[tuple[str, str]]:
    text, found, at = str(text), [], 0
    while at < len(text):
        match = _FILTER.match(text, at)
        if match is None:
            raise QueryError(
                f"{text[at : at + 60]!r} is not understood",
                where="filters",
                hint='Join name:"value" with AND',
            )
        found.append(_pair(f"{match[1]}:{match[2] or match[3] or match[4] or ''}"))
        at = match.end()
    return found


def _split(groups: Groups) -> Filters:
    """The groups as filters: a single value where there is a filter for it, else one of several."""
    filters = Filters()
    for group in groups:
        if any(value.startswith("-") for _, value in group):
            if len(group) > 1:
                raise QueryError(
                    "a value that is left out cannot be one of several",
                    where="facetFilters",
                    hint="Leave it out in a group of its own",
                )
            name, value = group[0]
            filters = replace(filters, excluded=(*filters.excluded, (_filter_name(name), value[1:])))
            continue
        choices = tuple(dict.fromkeys(_choice(name, value) for name, value in group))
        single = _single(filters, choices[0]) if len(choices) == 1 else None
        filters = single or replace(filters, any_of=(*filters.any_of, choices))
    return filters


def _single(filters: Filters, choice: Choice) -> Filters | None:
    """``filters`` with one value more; None where the filter of that name is taken or does not fit."""
    name, value = choice
    if name == "tag":
        return replace(filters, tags=tuple(dict.fromkeys((*filters.tags, value))))
    if name == "kind" and value in ("bookmark", "topic") and not filters.kind:
        return replace(filters, kind="topic" if value == "topic" else "bookmark")
    if name == "contributor" and value and not filters.contributor:
        return replace(filters, contributor=value)
    if name == "site" and value and not filters.site:
        return replace(filters, site=value)
    if name == "language" and value and not filters.language:
        return replace(filters, language=value)
    return None


def _choice(name: str, value: str) -> Choice:
    # A dash in front is Algolia's "not"; one that belongs to the value is written "\\-".
    return _filter_name(name), value.removeprefix("\\")


def _filter_name(name: str) -> str:
    return "tag" if name == "tags" else name


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _decoded(value)
    items = value if isinstance(value, list) else [value] if value else []
    return tuple(str(item) for item in items)


def _decoded(value: str) -> Any:
    """A parameter of the encoded form: JSON where it is a list, text otherwise."""
    if not value.startswith("["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _mark(name: str, params: dict[str, Any], default: str) -> str:
    mark = str(params.get(name) or default)
    if len(mark) > MAX_MARK:
        raise QueryError(f"it has {len(mark)} characters, and may have {MAX_MARK} at most", where=name)
    return mark


def _whole(name: str, value: Any, default: int) -> int:
    if value is None or value == "":
        return default
    try:
        number = int(value)
    except (ValueError, TypeError, OverflowError):
        number = -1
    if not 0 <= number <= 1_000_000:
        raise QueryError(f"{str(value)[:40]!r} is not a whole number of 0 or more", where=name)
    return number
