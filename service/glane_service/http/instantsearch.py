"""Algolia's multi-query request and response, so that InstantSearch.js widgets run on Glane.

``facetFilters`` are a conjunction of disjunctions, and so are the engine's own filters: each request is one
search, and what it counts is exact.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from glane_indexer.errors import QueryError
from glane_indexer.identity import safe_url
from glane_service.http.admission import ClientGoneError, while_connected
from glane_service.http.algolia import FACETS, MAX_HITS, MAX_REQUESTS, Asked, read, requests_of
from glane_service.http.routes import OTHERWISE, backend_of, json_bytes, json_response, metrics_of
from glane_service.search.matching import Matcher
from glane_service.search.parsing import parse
from glane_service.search.query import Query
from glane_service.search.results import Hit, NoSuchPageError, Results, Span

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

# The bytes of one answer: a thousand hits with long descriptions.
MAX_ANSWER = 8 << 20

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
                    "schema": {
                        "type": "object",
                        "required": ["requests"],
                        "properties": {
                            "requests": {
                                "type": "array",
                                "maxItems": MAX_REQUESTS,
                                "items": {"type": "object"},
                            }
                        },
                    },
                    "example": {
                        "requests": [
                            {"indexName": "glane", "params": {"query": "travail", "facets": ["tags"]}}
                        ]
                    },
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
    body = await request.body()
    return await while_connected(request, partial(_answer, request, body))


def _answer(request: Request, body: bytes, has_gone: Callable[[], bool]) -> Response:
    asked = [read(item) for item in requests_of(body)]
    if sum(one.query.per_page for one in asked) > MAX_HITS:
        raise QueryError(f"a batch may ask for {MAX_HITS} hits in all", where="hitsPerPage")
    engine = backend_of(request).engine
    parts, size = [], 0
    for one in asked:
        if has_gone():
            raise ClientGoneError
        if one.facet_name:
            document = facet_hits(engine, one)
        else:
            found = search(engine, one.query)
            metrics_of(request).searched(found, "instantsearch")
            document = shown(found, one)
        parts.append(json_bytes(document))
        size += len(parts[-1])
        if size > MAX_ANSWER:
            raise QueryError(
                f"the answer is over {MAX_ANSWER} bytes", where="hitsPerPage", hint="Ask for fewer hits"
            )
    return json_response(b'{"results":[' + b",".join(parts) + b"]}")


def search(engine: SearchEngine, query: Query) -> Results:
    """The results of one request; a page past the end is empty."""
    try:
        return engine.search(query)
    except NoSuchPageError as error:
        return error.results


def facet_hits(engine: SearchEngine, asked: Asked) -> dict[str, Any]:
    """The values of one facet that begin, or have a word that begins, as what is typed."""
    results = search(engine, replace(asked.query, page=1, per_page=1, view="simple"))
    typed = asked.facet_query.casefold().strip()
    found = []
    for item in results.facets.get(FACETS.get(asked.facet_name, ""), ()):
        place = f" {item.value.casefold()}".find(f" {typed}")
        if place < 0:
            continue
        spans = [(place, place + len(typed))] if typed else []
        highlighted = marked(item.value, spans, asked)
        found.append({"value": item.value, "highlighted": highlighted, "count": item.count})
    return {"facetHits": found[: asked.facet_limit], "exhaustiveFacetsCount": True}


def shown(results: Results, asked: Asked) -> dict[str, Any]:
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
            name: {item.value: item.count for item in values}
            for name in asked.facets
            if (values := results.facets.get(FACETS.get(name, ""), ()))
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
