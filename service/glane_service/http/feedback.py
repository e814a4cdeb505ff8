"""What readers say of results: kept apart from judgments, and off unless it is enabled."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from glane_indexer.errors import QueryError
from glane_indexer.library.feedback import Vote, add
from glane_service.http.forms import inside, read_form
from glane_service.http.links import Links
from glane_service.http.routes import OTHERWISE, engine_of
from glane_service.search.query import MAX_TEXT

feedback = APIRouter(responses=OTHERWISE)
MAX_ID = 200


class VoteBody(BaseModel):
    """One click under one result."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"query": "revenu universel", "bookmark_id": "3f0c…", "helpful": True}
        },
    )

    query: str = Field(min_length=1, max_length=MAX_TEXT, description="The question that was asked.")
    bookmark_id: str = Field(min_length=1, max_length=MAX_ID, description="The result.")
    helpful: bool = Field(description="Whether it helps.")


@feedback.post("/api/feedback", status_code=204, tags=["search"], summary="Say whether a result helps")
async def vote(request: Request, body: VoteBody) -> Response:
    """Keeps one vote. Votes change no ranking; `glane-eval judge --from-feedback` reads them."""
    await run_in_threadpool(_keep, request, body.query, body.bookmark_id, body.helpful)
    return Response(status_code=204)


@feedback.post("/feedback", include_in_schema=False)
async def vote_by_form(request: Request) -> Response:
    """The same from the page, without a script: back to where the reader was."""
    form = await read_form(request)
    helpful = form.get("helpful", "")
    if helpful not in ("true", "false"):
        raise QueryError("it is `true` or `false`", where="helpful")
    query, bookmark_id = form.get("query", "")[:MAX_TEXT], form.get("bookmark_id", "")[:MAX_ID]
    if not query.strip():
        raise QueryError("the question is empty", where="query")
    await run_in_threadpool(_keep, request, query, bookmark_id, helpful == "true")
    home = Links.of(request).local().home()
    return RedirectResponse(inside(form.get("back", "")) or home, status_code=303)


def _keep(request: Request, query: str, bookmark_id: str, helpful: bool) -> None:
    engine_of(request).bookmark(bookmark_id)
    add(request.app.state.settings.library, Vote(query, bookmark_id, helpful))
