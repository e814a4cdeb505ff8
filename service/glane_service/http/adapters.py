"""The library in the forms that other programs ask in: Dify's external knowledge, Open WebUI's web search.

Each is answered with what answers the question, and with nothing where nothing does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from glane_indexer.errors import QueryError
from glane_service.http import problems, schemas
from glane_service.http.feeds import absolute
from glane_service.http.links import Links
from glane_service.http.routes import OTHERWISE, answer, engine_of, metrics_of
from glane_service.mcp.tools import confidence
from glane_service.search.query import MAX_PER_PAGE, MAX_TEXT, Filters, Query, parse_day
from glane_service.search.quoting import cite_hit
from glane_service.search.results import Hit, Results

MAX_CONDITIONS = 20
DIFY_PATH = "/retrieval"
# The codes that Dify's documentation suggests, and one for all else.
_DIFY_NO_KEY, _DIFY_REFUSED, _DIFY_OTHER = 1001, 1002, 2000
_IS = ("is", "=", "contains", "in")
_NAMES = {"tag": "tags", "author": "contributor", "created_at": "date", "domain": "site"}


class _Body(BaseModel):
    # Others may grow their requests; what is not known is not needed.
    model_config = ConfigDict(extra="ignore")


class RetrievalSetting(_Body):
    """How many records, and from which score on."""

    top_k: int = Field(10, ge=1, le=MAX_PER_PAGE)
    score_threshold: float = Field(0.0, ge=0, le=1)


class Condition(_Body):
    """One condition on the metadata."""

    name: str | list[str]
    comparison_operator: str
    value: str | float | list[str] | None = None


class MetadataCondition(_Body):
    """What the metadata must be."""

    logical_operator: Literal["and", "or"] = "and"
    conditions: list[Condition] | None = Field(None, max_length=MAX_CONDITIONS)


class Retrieval(_Body):
    """Dify's question. One service serves one library, so ``knowledge_id`` names nothing."""

    knowledge_id: str = ""
    query: str = Field(max_length=MAX_TEXT)
    retrieval_setting: RetrievalSetting = RetrievalSetting(top_k=10, score_threshold=0)
    metadata_condition: MetadataCondition | None = None


class WebSearch(_Body):
    """Open WebUI's question."""

    query: str = Field(max_length=MAX_TEXT)
    count: int = Field(10, ge=1, le=MAX_PER_PAGE)


class WebResult(schemas.Answer):
    """One result, as a web search engine would give it."""

    link: str
    title: str
    snippet: str


class Record(schemas.Answer):
    """One passage; ``metadata`` is never null."""

    content: str
    score: float
    title: str
    metadata: dict[str, Any]


class Records(schemas.Answer):
    """Dify's answer."""

    records: list[Record]


def in_dify_form(problem: problems.Problem, request: Request) -> problems.Problem:
    """The problem with the members that Dify's documentation suggests, beside those of problem+json."""
    code = _DIFY_OTHER
    if problem.code in (401, 403):
        code = _DIFY_REFUSED if "authorization" in request.headers else _DIFY_NO_KEY
    return replace(problem, extra=problem.extra | {"error_code": code, "error_msg": problem.detail})


adapters = APIRouter(responses=OTHERWISE)


@adapters.post(
    DIFY_PATH,
    tags=["adapters"],
    summary="Dify: external knowledge",
    response_class=Response,
    responses={200: {"model": Records}},
)
def retrieval(request: Request, asked: Retrieval) -> Response:
    """The passages that answer, as records; none where the library has no good answer."""
    query = Query(
        asked.query.strip(),
        filters=_filters(asked.metadata_condition),
        per_page=asked.retrieval_setting.top_k,
    )
    links = absolute(request)
    records = [
        _record(hit, links)
        for hit in _searched(request, query, "dify").hits
        if round(_score(hit), 6) >= asked.retrieval_setting.score_threshold
    ]
    return answer({"records": records})


@adapters.post(
    "/api/open-webui",
    tags=["adapters"],
    summary="Open WebUI: external web search",
    response_class=Response,
    responses={200: {"model": list[WebResult]}},
)
def web_search(request: Request, asked: WebSearch) -> Response:
    """The passages that answer, as the results of a web search."""
    links = absolute(request)
    results = _searched(request, Query(asked.query.strip(), per_page=asked.count), "open-webui")
    return answer(
        [
            {"link": _link(hit, links), "title": _title(hit), "snippet": hit.passage.text}
            for hit in results.hits
        ]
    )


def _searched(request: Request, query: Query, source: str) -> Results:
    if not query.text:
        raise QueryError("the question is empty", where="query", hint="Ask in plain words")
    results = engine_of(request).search(query)
    metrics_of(request).searched(results, source)
    return results


def _record(hit: Hit, links: Links) -> dict[str, Any]:
    citation, bookmark = cite_hit(hit), hit.bookmark
    metadata = {
        "id": bookmark.id,
        "url": _link(hit, links),
        "site": bookmark.site,
        "contributor": citation.author,
        "date": bookmark.created_at.date().isoformat() if bookmark.created_at else "",
        "tags": list(bookmark.tags),
        "language": bookmark.language,
        "field": citation.field,
        "start": citation.start,
        "end": citation.end,
    }
    if citation.annotation is not None:
        metadata |= {"annotation_id": citation.annotation.id, "note": citation.annotation.note}
    return {
        "content": citation.quote,
        "score": round(_score(hit), 6),
        "title": _title(hit),
        "metadata": metadata,
    }


def _score(hit: Hit) -> float:
    """From 0 to 1: how sure it is that the passage answers."""
    return min(1.0, max(0.0, confidence(hit)))


def _title(hit: Hit) -> str:
    return hit.bookmark.title or hit.bookmark.site or hit.bookmark.id


def _link(hit: Hit, links: Links) -> str:
    """The page at the passage; the service's own page where the bookmark has no address."""
    return cite_hit(hit).link or links.bookmark(hit.bookmark.id)


def _filters(condition: MetadataCondition | None) -> Filters:
    """The filters that Dify's conditions are.

    Raises:
        QueryError: they are none of the engine's: they are never passed over in silence.
    """
    filters = Filters()
    conditions = (condition.conditions if condition else None) or []
    if condition is not None and condition.logical_operator == "or" and len(conditions) > 1:
        raise QueryError("conditions are joined by `and` only", where="metadata_condition")
    for item in conditions:
        filters = _filtered(filters, item)
    return filters


def _filtered(filters: Filters, item: Condition) -> Filters:
    names = [item.name] if isinstance(item.name, str) else item.name
    values = item.value if isinstance(item.value, list) else [item.value]
    name = _NAMES.get(names[0], names[0]) if len(names) == 1 else ""
    operator, value = item.comparison_operator, str(values[0] if len(values) == 1 else "").strip()
    if value and operator in _IS and name == "tags":
        return replace(filters, tags=(*filters.tags, value))
    if value and operator in _IS and name in ("contributor", "site", "language"):
        return replace(filters, **{name: value})  # type: ignore[arg-type]
    if value and operator in ("after", "before") and name == "date":
        return replace(filters, **{operator: parse_day(value, operator)})  # type: ignore[arg-type]
    raise QueryError(
        f"the condition {', '.join(names)[:60]!r} {operator[:20]!r} is not one that can be filtered by",
        where="metadata_condition",
        hint="Use tags, contributor, site or language with `is`, and date with `after` or `before`",
    )
