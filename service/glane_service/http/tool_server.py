"""The tools of assistants over plain HTTP, with an OpenAPI document of their own.

Open WebUI and others take such a document as a tool server: each operation becomes a tool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from pydantic import Field
from starlette.responses import Response

from glane_service.http.feeds import absolute
from glane_service.http.parameters import Parameters
from glane_service.http.routes import OTHERWISE, answer, engine_of
from glane_service.mcp.tools import LIMIT, MAX_LIMIT, MAX_QUOTE, MAX_TOKENS, TOKENS, Document, Tools
from glane_service.search.query import MAX_TEXT

PREFIX = "/api/tools"


class _Paged(Parameters):
    limit: int = Field(LIMIT, ge=1, le=MAX_LIMIT, description="At most so many results")
    max_tokens: int = Field(TOKENS, ge=1, le=MAX_TOKENS, description="About so many tokens at most")
    cursor: str = Field("", max_length=40, description="`next_cursor` of the answer before, to go on")


class Search(_Paged):
    """A question."""

    query: str = Field(
        max_length=MAX_TEXT,
        description='Plain words; also "a phrase", -without, tag:x by:"name" site:host after:2016',
    )


class Recent(_Paged):
    """What to list."""

    filters: str = Field("", max_length=MAX_TEXT, description="Such as tag:x by:name after:2024-05")


class Fetch(Parameters):
    """A bookmark."""

    id: str = Field(max_length=500, description="`id` of a result")
    max_tokens: int = Field(2 * TOKENS, ge=1, le=MAX_TOKENS, description="About so many tokens at most")
    cursor: str = Field("", max_length=40, description="`next_cursor` of the answer before, to go on")


class Quote(Parameters):
    """A sentence."""

    text: str = Field(max_length=MAX_QUOTE, description="A sentence, at least three words")


class Related(Parameters):
    """A bookmark, and how many like it."""

    id: str = Field(max_length=500, description="`id` of a result")
    limit: int = Field(LIMIT, ge=1, le=MAX_LIMIT, description="At most so many results")


class Nothing(Parameters):
    """No parameters."""


tools = APIRouter(prefix=PREFIX, responses=OTHERWISE)
_MADE: list[tuple[str, type[Parameters], Callable[..., Document], str]] = [
    ("search", Search, Tools.search, "Find the passages that answer a question, best first, verbatim."),
    ("fetch", Fetch, Tools.fetch, "Read one bookmark whole: what was highlighted and noted."),
    ("find_quote", Quote, Tools.find_quote, "Is this sentence in the library, verbatim or nearly?"),
    ("related", Related, Tools.related, "Find the bookmarks nearest in meaning to one."),
    ("recent", Recent, Tools.recent, "List what was added last, newest first."),
    ("overview", Nothing, Tools.overview, "Counts, tags, contributors: what the library covers."),
]


def _add(name: str, body: type[Parameters], tool: Callable[..., Document], summary: str) -> None:
    def answer_tool(request: Request, asked: Any) -> Response:
        library = Tools(engine_of(request), absolute(request).base)
        return answer(tool(library, **asked.model_dump()))

    # FastAPI reads the body's form here.
    answer_tool.__annotations__["asked"] = body
    tools.post(f"/{name}", operation_id=name, summary=summary, response_class=Response)(answer_tool)


for _tool in _MADE:
    _add(*_tool)


@tools.get("/openapi.json", include_in_schema=False)
def document(request: Request) -> Response:
    """The document that a tool server is known by; its paths are those below this one."""
    title = request.app.state.settings.site_name
    made = get_openapi(title=title, version=request.app.version, routes=tools.routes)
    made["paths"] = {path.removeprefix(PREFIX): item for path, item in made["paths"].items()}
    made["servers"] = [{"url": f"{absolute(request).base}{PREFIX}"}]
    return answer(made)
