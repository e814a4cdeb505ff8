"""Algolia's multi-query request and response, so that InstantSearch.js widgets run on Glane.

``facetFilters`` are a conjunction of disjunctions. The engine's own filters are a conjunction; a
disjunction of several values is applied to the results, of which the first :data:`MAX_SCANNED` are
looked at.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from glane_indexer.errors import QueryError
from glane_indexer.identity import safe_url
from glane_indexer.models import Bookmark
from glane_service.http.algolia import FACETS, Asked, read, requests_of
from glane_service.http.routes import OTHERWISE, answer, engine_of, metrics_of
from glane_service.search.matching import Matcher
from glane_service.search.query import MAX_PER_PAGE, Query, parse
from glane_service.search.results import FacetValue, Hit, Results, Span

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

MAX_BODY = 256 * 1024
MAX_SCANNED = 1000

instantsearch = APIRouter(responses=OTHERWISE)


@instantsearch.post(
    "/api/instantsearch",
    tags=["search"],
    summary="InstantSearch.js: several queries at once",
    response_class=Response,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "example": {
                        "requests": [
                            {"indexName": "glane", "params": {"query": "travail", "facets": ["tags"]}}
                        ]
                    }
                }
            },
        }
    },
)
async def batch(request: Request) -> Response:
    """Answers `{"requests": [{"indexName", "params"}]}` with `{"results": [...]}`.

    An index whose name ends in `_date` sorts by date. Facets: tags, contributor, site, year,
    language, kind.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"The body is over {MAX_BODY} bytes")
    return await run_in_threadpool(_answer, request, body)


def _answer(request: Request, body: bytes) -> Response:
    asked = [read(item) for item in requests_of(body)]
    engine = engine_of(request)
    results = []
    for one in asked:
        if one.facet_name:
            results.append(facet_hits(engine, one))
            continue
        found, facets = search(engine, one)
        metrics_of(request).searched(found, "instantsearch")
        results.append(shown(found, facets, one))
    return answer({"results": results})


def search(engine: SearchEngine, asked: Asked) -> tuple[Results, dict[str, tuple[FacetValue, ...]]]:
    """The results of one request, and the counts of its facets; a page past the end is empty."""
    query = asked.query
    if not asked.either:
        results = _page(engine, query)
        return results, {name: results.facets.get(FACETS.get(name, ""), ()) for name in asked.facets}
    results = engine.search(replace(query, page=1, per_page=MAX_PER_PAGE))
    hits = list(results.hits)
    for page in range(2, min(results.pages, MAX_SCANNED // MAX_PER_PAGE) + 1):
        hits += engine.search(replace(query, page=page, per_page=MAX_PER_PAGE)).hits
    kept = [hit for hit in hits if all(_matches(hit.bookmark, group) for group in asked.either)]
    first = (query.page - 1) * query.per_page
    page_hits = tuple(kept[first : first + query.per_page])
    found = replace(results, total=len(kept), page=query.page, per_page=query.per_page, hits=page_hits)
    return found, {name: _counted(name, kept) for name in asked.facets}


def _page(engine: SearchEngine, query: Query) -> Results:
    try:
        return engine.search(query)
    except QueryError as error:
        if error.where != "page":
            raise
    return replace(engine.search(replace(query, page=1)), page=query.page, hits=())


def facet_hits(engine: SearchEngine, asked: Asked) -> dict[str, Any]:
    """The values of one facet that begin, or have a word that begins, as what is typed."""
    one = replace(asked, facets=(asked.facet_name,), query=replace(asked.query, page=1, per_page=1))
    _, facets = search(engine, one)
    typed = asked.facet_query.casefold().strip()
    found = []
    for item in facets[asked.facet_name]:
        place = f" {item.value.casefold()}".find(f" {typed}")
        if place < 0:
            continue
        spans = [(place, place + len(typed))] if typed else []
        highlighted = marked(item.value, spans, asked)
        found.append({"value": item.value, "highlighted": highlighted, "count": item.count})
    return {"facetHits": found[: asked.facet_limit], "exhaustiveFacetsCount": True}


def shown(results: Results, facets: dict[str, tuple[FacetValue, ...]], asked: Asked) -> dict[str, Any]:
    """The answer to one request in Algolia's form."""
    matcher = Matcher(parse(asked.query.text).words)
    return {
        "index": asked.index,
        "hits": [_hit(hit, matcher, asked) for hit in results.hits],
        "nbHits": results.total,
        "page": asked.query.page - 1,
        "nbPages": results.pages,
        "hitsPerPage": asked.query.per_page,
        "processingTimeMS": max(1, round(results.took_ms)),
        "query": asked.query.text,
        "params": "",
        "facets": {
            name: {item.value: item.count for item in values} for name, values in facets.items() if values
        },
        "facets_stats": {},
        "exhaustiveNbHits": True,
        "exhaustiveFacetsCount": True,
        "exhaustive": {"nbHits": True, "facetsCount": True},
    }


def _hit(hit: Hit, matcher: Matcher, asked: Asked) -> dict[str, Any]:
    bookmark, passage = hit.bookmark, hit.passage
    language = bookmark.language
    created = bookmark.created_at

    def high(text: str, spans: Sequence[Span] | None = None) -> dict[str, Any]:
        places = matcher.highlights(text, language) if spans is None else spans
        words = list(dict.fromkeys(text[start:end].lower() for start, end in places))
        level = "full" if len(words) >= len(matcher.words) > 0 else "partial"
        return {
            "value": marked(text, places, asked),
            "matchLevel": level if words else "none",
            "matchedWords": words,
            "fullyHighlighted": bool(places) and places[0] == (0, len(text)),
        }

    text = high(passage.text, passage.highlights)
    return {
        "objectID": bookmark.id,
        "title": bookmark.title,
        "url": safe_url(bookmark.url),
        "site": bookmark.site,
        "description": bookmark.description,
        "tags": list(bookmark.tags),
        "contributor": bookmark.contributor,
        "kind": bookmark.kind,
        "language": language,
        "year": str(created.year) if created else "",
        "created_at": math.floor(created.timestamp()) if created else None,
        "views": bookmark.views,
        "annotations_total": len(bookmark.annotations),
        "passage": passage.text,
        "passage_kind": passage.kind,
        "_highlightResult": {
            "title": high(bookmark.title),
            "description": high(bookmark.description),
            "tags": [high(tag) for tag in bookmark.tags],
            "contributor": high(bookmark.contributor),
            "passage": text,
        },
        "_snippetResult": {
            "passage": {"value": text["value"], "matchLevel": text["matchLevel"]},
        },
    }


def marked(text: str, spans: Iterable[Span], asked: Asked) -> str:
    """``text`` with its spans between the tags that the request names.

    With tags of HTML the value is meant to be inserted as HTML, so the text is escaped. The tags that
    InstantSearch.js sends are place-holders: it escapes what it receives itself, and would show an
    escaped text twice escaped.
    """
    is_html = "<" in asked.pre or "<" in asked.post
    clean = html.escape if is_html else str
    parts, at = [], 0
    for start, end in spans:
        parts += [clean(text[at:start]), asked.pre, clean(text[start:end]), asked.post]
        at = end
    return "".join([*parts, clean(text[at:])])


def _values(bookmark: Bookmark, name: str) -> tuple[str, ...]:
    if name == "tags":
        return bookmark.tags
    if name == "year":
        return (str(bookmark.created_at.year),) if bookmark.created_at else ()
    value = str(getattr(bookmark, name))
    return (value,) if value else ()


def _matches(bookmark: Bookmark, group: list[tuple[str, str]]) -> bool:
    return any(value in _values(bookmark, name) for name, value in group)


def _counted(name: str, hits: list[Hit]) -> tuple[FacetValue, ...]:
    if name not in FACETS:
        return ()
    counts = Counter(value for hit in hits for value in _values(hit.bookmark, name))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetValue(value, count) for value, count in ordered)
