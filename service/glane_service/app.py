"""The HTTP application: the API, the pages, and what is around them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from glane_indexer.errors import GlaneError
from glane_indexer.library.writing import Writer
from glane_indexer.machine import share_of
from glane_indexer.replication.offer import Offers
from glane_indexer.settings import Settings
from glane_service.applier import Applier
from glane_service.following import Following
from glane_service.http import problems
from glane_service.http.adapters import DIFY_PATH, adapters, in_dify_form
from glane_service.http.admission import Admission
from glane_service.http.answers import answers
from glane_service.http.backend import Backend, NotOpenError
from glane_service.http.cross_site import SameSite
from glane_service.http.description import describe
from glane_service.http.envelope import Envelope
from glane_service.http.exports import exports
from glane_service.http.feedback import feedback
from glane_service.http.feeds import feeds
from glane_service.http.instantsearch import instantsearch
from glane_service.http.metrics import Metrics
from glane_service.http.opensearch import opensearch
from glane_service.http.packing import Packing
from glane_service.http.parameters import MAX_SEQ
from glane_service.http.question_route import QuestionRoute, Straight
from glane_service.http.receiving import Bodies
from glane_service.http.replica import replica
from glane_service.http.routes import api, asked
from glane_service.http.search_box import search_box
from glane_service.http.tool_server import tools
from glane_service.http.viewers import Access, Viewers
from glane_service.http.writes import writes
from glane_service.mcp.endpoint import McpEndpoint
from glane_service.pages.editing import EditingPages
from glane_service.pages.judge import JudgePages
from glane_service.pages.routes import Pages
from glane_service.search.highlights import Stream
from glane_service.version import glane_version

if TYPE_CHECKING:
    from glane_service.live import LiveEngine

logger = logging.getLogger("glane")
API_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")


def create_app(settings: Settings, live: LiveEngine | None = None) -> FastAPI:
    """The application for ``settings``.

    Without ``live``, an engine is opened in the background when the application starts; until then
    ``/readyz`` and searches answer 503. The application closes the engine when it stops.
    """
    access = Access(settings)
    writer = Writer(settings.library)
    # The library that is copied may know any change: only it can say, so every number is waited for.
    backend = Backend(
        settings, live, known_seq=(lambda: MAX_SEQ) if settings.read_only else writer.journal.last
    )
    keeper = keeper_of(settings, backend)
    metrics = Metrics()
    highlights = Stream()
    pages = Pages(settings, backend, metrics, highlights)
    mcp = McpEndpoint(settings, backend)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        backend.start(pages.warm)
        if keeper is not None:
            keeper.start()
        async with mcp.running():
            yield
        if keeper is not None:
            keeper.close()
        backend.close()
        writer.close()

    app = FastAPI(
        title=settings.site_name,
        summary="Ask a library of annotated bookmarks a question; get the passages that answer it.",
        version=glane_version(),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    describe(app)
    app.state.settings = settings
    app.state.backend = backend
    app.state.metrics = metrics
    app.state.highlights = highlights
    app.state.access = access
    app.state.writer = writer
    app.state.offers = Offers(settings.library, backend.generation)
    routers = (
        asked,
        api,
        writes,
        replica,
        instantsearch,
        answers,
        adapters,
        feeds,
        exports,
        opensearch,
        search_box,
    )
    for router in routers:
        app.include_router(router)
    app.include_router(tools, include_in_schema=False)
    app.router.routes.extend([*mcp.routes(), *pages.routes()])
    app.router.routes.extend(EditingPages(access, writer, pages.renderer).routes())
    if settings.judge:
        app.router.routes.extend(JudgePages(settings, backend).routes())
    if settings.feedback:
        app.include_router(feedback)

    def answer_error(request: Request, error: Exception) -> Response:
        problem = problems.from_exception(error, request)
        _log(problem, error)
        path = request.url.path
        if path == DIFY_PATH:
            problem = in_dify_form(problem, request)
        if not path.startswith(API_PATHS) and "text/html" in request.headers.get("accept", ""):
            # Who is sent away because there is too much to do must not cost the making of a page.
            return (
                problem.busy_page()
                if problem.slug == "overloaded"
                else pages.error(request, problem, error)
            )
        return problem.response(path)

    async def handle(request: Request, error: Exception) -> Response:
        return answer_error(request, error)

    for kind in (GlaneError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
    # The last that is added is the outermost.
    app.add_middleware(
        Straight, routes=[route for route in asked.routes if isinstance(route, QuestionRoute)]
    )
    app.add_middleware(Packing)
    app.add_middleware(Admission, places=places(settings), metrics=metrics)
    app.add_middleware(Bodies)
    app.add_middleware(SameSite, settings=settings)
    app.add_middleware(Viewers, access=access, answer_error=answer_error)
    app.add_middleware(Envelope, settings=settings, metrics=metrics, answer_error=answer_error)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["X-Request-Id"],
            max_age=86400,
        )
    return app


def keeper_of(settings: Settings, backend: Backend) -> Applier | Following | None:
    """What brings the index up to date while the application runs: of changes, or of another library.

    None where Qdrant answers: it is brought up to date by `glane publish`.
    """
    if settings.remote:
        return None
    if settings.follow:
        return Following(settings, backend.encoder_info, backend.generation, backend.refresh)
    return Applier(
        settings.library,
        backend.encoder,
        backend.refresh,
        backend.generation,
        awaited=bool(settings.admin_key),
    )


def places(settings: Settings) -> int:
    """How many requests work at a time in one process.

    One more than it has threads, so that while one waits for the encoder another can be read; past eight
    they would only wait for one another, since Python runs one thread at a time.
    """
    return min(8, share_of(settings.threads, settings.workers) + 1)


def _log(problem: problems.Problem, error: Exception) -> None:
    """Say in the log what its reader is not told: where an error was, and of a fault how it came about."""
    if problem.slug == "internal":
        logger.error("the service failed to answer", exc_info=error)
    elif problem.code >= 500 and problem.slug != "overloaded" and not isinstance(error, NotOpenError):
        logger.error("not answered: %s", error)
