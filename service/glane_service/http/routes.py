"""The API's routes. Each answers in a thread of its own, and writes its JSON itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from glane_indexer.errors import QueryError
from glane_indexer.library.changes import etag
from glane_service.access import PUBLIC
from glane_service.following import state_of
from glane_service.http import metrics as prometheus
from glane_service.http import schemas
from glane_service.http.admission import leave_place_from_thread
from glane_service.http.backend import Backend
from glane_service.http.entity_tags import is_known, tag_of
from glane_service.http.links import Links
from glane_service.http.metrics import Metrics
from glane_service.http.parameters import (
    BookmarkParameters,
    SearchParameters,
    SimilarParameters,
    SuggestParameters,
)
from glane_service.http.question_route import QuestionRoute
from glane_service.http.viewers import viewer_of
from glane_service.search import query as queries
from glane_service.search.results import annotation_json, bookmark_json, hit_json, to_json

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine
    from glane_service.search.suggestions import Suggestion

SUGGESTIONS = 8
_Documented = dict[int | str, dict[str, Any]]
_SCHEMA = schemas.ProblemAnswer.model_json_schema()
PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {"schema": _SCHEMA}}}
_BAD: _Documented = {400: {**PROBLEM, "description": "A parameter is not acceptable; `parameter` names it"}}
_MISSING: _Documented = {404: {**PROBLEM, "description": "There is no such bookmark"}}
_SAME: dict[str, Any] = {"description": "The answer is still the one that `If-None-Match` names"}
_NOT_READY: _Documented = {503: {**PROBLEM, "description": "The library is not open"}}

# What FastAPI would document is a 422 in a form of its own, which this service never answers.
OTHERWISE: _Documented = {"default": {**PROBLEM, "description": "Any other error, in the same form"}}

api = APIRouter(responses=OTHERWISE)
# Those that are asked most.
asked = APIRouter(responses=OTHERWISE, route_class=QuestionRoute)


def backend_of(request: Request) -> Backend:
    """The backend of the application that answers ``request``."""
    backend: Backend = request.app.state.backend
    return backend


def engine_of(request: Request, min_seq: int = 0) -> SearchEngine:
    """The engine of what whoever asks may see; with ``min_seq`` once it knows that change.

    Raises:
        UnknownViewerError: they may see nothing.
        ServiceError: the library is not open.
    """
    backend, viewer = backend_of(request), viewer_of(request)
    if not min_seq:
        return backend.engine_for(viewer)
    return backend.engine_for(viewer, min_seq, waiting=lambda: leave_place_from_thread(request))


def metrics_of(request: Request) -> Metrics:
    """The counters of the application that answers ``request``."""
    metrics: Metrics = request.app.state.metrics
    return metrics


def _for_one(tag: str) -> dict[str, str]:
    """The headers of an answer that whoever asked may keep, as long as its tag is the same."""
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    return {**headers, "ETag": tag} if tag else headers


Id = Annotated[str, Path(max_length=500, description="A bookmark's id")]


def answer(document: Any, *, cache: str = "private, no-cache") -> Response:
    """``document`` as compact JSON."""
    return json_response(json_bytes(document), cache=cache)


def json_bytes(document: Any) -> bytes:
    """``document`` as compact JSON."""
    try:
        return orjson.dumps(document)
    except TypeError:
        # A lone surrogate is legal in JSON and in Python, not in UTF-8: it becomes U+FFFD's cousin "?".
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def json_response(body: bytes, *, cache: str = "private, no-cache") -> Response:
    """An answer whose body is JSON already."""
    return Response(
        body,
        media_type="application/json",
        headers={"Cache-Control": cache},
    )


def is_empty(query: queries.Query) -> bool:
    """Whether the query asks for nothing: no text, no filter, and no listing by date either."""
    return not query.text and not query.filters.to_json() and query.sort != "date"


@asked.get(
    "/api/search",
    tags=["search"],
    summary="Ask a question",
    response_class=Response,
    responses={200: {"model": schemas.SearchAnswer}, 304: _SAME, **_BAD, **_NOT_READY},
)
def search(request: Request, parameters: Annotated[SearchParameters, Query()]) -> Response:
    """The bookmarks that answer a question, best first, each with the passage that says it.

    `total`, the facets, the pages and the order by date all come from one fixed pool of
    candidates, so that no page repeats or drops a result of another. A page after the last one is
    a 400. Without a question there must be a filter or `sort=date`: then the bookmarks are listed,
    newest first.
    """
    query = parameters.query()
    if is_empty(query):
        raise QueryError(
            "the question is empty",
            where="q",
            hint="Ask something, or list bookmarks with a filter or with sort=date",
        )
    engine = engine_of(request, parameters.min_seq)
    # With suggestions the question is still being typed.
    completed = engine.completed(query.text) if parameters.suggest else query.text
    tag = "" if parameters.suggest else tag_of(engine, query)
    if is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=_for_one(tag))
    results = engine.search(replace(query, text=completed))
    metrics_of(request).searched(results, "api")
    document = to_json(results)
    if parameters.suggest:
        found = engine.suggest(query.text, SUGGESTIONS) if query.text else []
        document["suggestions"] = suggestions_json(found, Links.of(request))
        document["completed"] = completed if completed != query.text else None
    response = answer(document)
    # Without its encoder an answer is another one.
    response.headers.update(_for_one(tag if results.mode_used == query.mode else ""))
    response.headers["Server-Timing"] = ", ".join(
        f"{stage};dur={milliseconds:.3f}" for stage, milliseconds in results.stages.items()
    )
    return response


@asked.get(
    "/api/suggest",
    tags=["search"],
    summary="Complete a question",
    response_class=Response,
    responses={200: {"model": schemas.SuggestAnswer}, **_BAD, **_NOT_READY},
)
def suggest(request: Request, parameters: Annotated[SuggestParameters, Query()]) -> Response:
    """Titles, tags, contributors and known questions that have what has been typed so far."""
    text = parameters.q.strip()
    found = engine_of(request).suggest(text, parameters.limit) if text else []
    return answer({"query": text, "suggestions": suggestions_json(found, Links.of(request))})


def suggestions_json(suggestions: Sequence[Suggestion], links: Links) -> list[dict[str, str]]:
    """Suggestions, each with the address that it leads to."""
    return [{"kind": item.kind, "text": item.text, "url": links.suggestion(item)} for item in suggestions]


@api.get(
    "/api/bookmarks/{bookmark_id}",
    tags=["bookmarks"],
    summary="One bookmark, with all its annotations",
    response_class=Response,
    responses={200: {"model": schemas.FullBookmarkAnswer}, **_BAD, **_MISSING, **_NOT_READY},
)
def bookmark(
    request: Request, bookmark_id: Id, parameters: Annotated[BookmarkParameters, Query()]
) -> Response:
    """The bookmark, its annotations in their order on the page; `ETag` is what `If-Match` takes."""
    found = engine_of(request, parameters.min_seq).bookmark(bookmark_id)
    annotations = [annotation_json(item) for item in found.annotations]
    shown = {**bookmark_json(found), "visibility": found.visibility, "annotations": annotations}
    response = answer(shown)
    response.headers["ETag"] = etag(found)
    return response


@api.get(
    "/api/bookmarks/{bookmark_id}/similar",
    tags=["bookmarks"],
    summary="Bookmarks that say something similar",
    response_class=Response,
    responses={200: {"model": schemas.SimilarAnswer}, **_BAD, **_MISSING, **_NOT_READY},
)
def similar(
    request: Request, bookmark_id: Id, parameters: Annotated[SimilarParameters, Query()]
) -> Response:
    """The nearest by meaning, nearest first, without the bookmark itself."""
    hits = engine_of(request).similar(bookmark_id, parameters.limit)
    return answer({"id": bookmark_id, "results": [hit_json(hit) for hit in hits]})


@api.get(
    "/api/status",
    tags=["service"],
    summary="What the library holds",
    response_class=Response,
    responses={200: {"model": schemas.StatusAnswer}, **_NOT_READY},
)
def status(request: Request) -> Response:
    """Counts, the index generation that answers, and its encoder."""
    engine = engine_of(request)
    return answer({**engine.status(), "seq": engine.seq, **_following(request)})


@api.get(
    "/healthz",
    tags=["service"],
    summary="Is the process alive?",
    response_class=Response,
    responses={200: {"model": schemas.HealthAnswer}},
)
async def healthz() -> Response:
    """Always 200, from a process that can answer at all."""
    return answer({"status": "ok"}, cache="no-store")


@api.get(
    "/readyz",
    tags=["service"],
    summary="Can it answer questions?",
    response_class=Response,
    responses={200: {"model": schemas.HealthAnswer}, **_NOT_READY},
)
def readyz(request: Request) -> Response:
    """200 once the library is open; before that, or without one, a 503 that says why.

    A server that follows another is ready with what it has; `follow` says how old that may be. `damage` is
    there where files of the index are damaged, and a copy in memory or an older generation answers.
    """
    backend = backend_of(request)
    generation = backend.engine_for(PUBLIC).status().get("generation")
    state = {"status": "ok", "generation": generation, **_following(request)}
    if backend.damage:
        state["damage"] = "Files of the index are damaged; what is sound answers, and the log says more"
    return answer(state, cache="no-store")


def _following(request: Request) -> dict[str, Any]:
    """How a server stands to what it follows; nothing of one that follows nothing."""
    state = state_of(request.app.state.settings)
    return {"follow": state.to_json()} if state else {}


@api.get("/metrics", tags=["service"], summary="Prometheus metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Requests, searches and the library, in Prometheus' text format; of all workers together."""
    return Response(
        metrics_of(request).render(backend_of(request)),
        headers={"Content-Type": prometheus.CONTENT_TYPE, "Cache-Control": "no-store"},
    )
