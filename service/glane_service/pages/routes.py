"""The pages' routes: which page stands where, and what answers when none can."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from glane_indexer.errors import GlaneError, NotFoundError
from glane_indexer.settings import Settings
from glane_service.http.backend import Backend
from glane_service.http.links import LANGUAGES, Links
from glane_service.http.metrics import Metrics
from glane_service.http.problems import TYPES, Problem
from glane_service.pages import views
from glane_service.pages.assets import FOREVER
from glane_service.pages.browse import BrowsePages
from glane_service.pages.reference import operations
from glane_service.pages.render import Context, Renderer
from glane_service.pages.search import PastTheEndError, SearchPages
from glane_service.search.highlights import Stream
from glane_service.search.query import MAX_TEXT, Query


class Pages:
    """Every page of one application."""

    def __init__(self, settings: Settings, backend: Backend, metrics: Metrics, stream: Stream) -> None:
        self.renderer = self._renderer = Renderer(settings)
        self._search = SearchPages(settings, backend, metrics, self._renderer)
        self._browse = BrowsePages(backend, self._renderer, stream)

    def warm(self) -> None:
        """Make what the first page is made of before a reader waits for it."""
        self.renderer.warm()
        # Where the library has gone again, the first reader waits.
        with suppress(GlaneError):
            for language in LANGUAGES:
                self._search.warm(language)

    def routes(self) -> list[Route]:
        """The routes of every page, once for the browser's language and once for each by name."""
        made = []
        for language in ("", *LANGUAGES):
            prefix = f"/{language}" if language else ""
            for path, page in (
                ("" if language else "/", self._search.show),
                ("/bookmarks/{bookmark_id:path}", self._browse.bookmark),
                ("/tags", self._browse.tags),
                ("/tags/{tag:path}", self._search.show),
                ("/contributors", self._browse.contributors),
                ("/contributors/{contributor:path}", self._search.show),
                ("/highlights", self._browse.highlights),
            ):
                made.append(Route(prefix + path, self._endpoint(page, language), methods=["GET"]))
        made.append(Route("/docs", self._reference, methods=["GET"]))
        made.append(Route("/problems/{slug}", self._problem, methods=["GET"]))
        made.append(Route("/static/{name}", self._file, methods=["GET"]))
        made.append(Route("/favicon.ico", self._favicon, methods=["GET"]))
        return made

    def error(self, request: Request, problem: Problem, error: Exception) -> Response:
        """The page that says what went wrong, and where to go from there."""
        first = request.url.path.split("/")[1]
        context = self._renderer.context(request, first if first in LANGUAGES else "")
        t, links = context.t, context.links
        heading, help = t(f"error_{problem.slug}"), t("help_other")
        links_out = [views.Link(t("back_home"), links.home())]
        if isinstance(error, PastTheEndError):
            heading, help = t("error_page"), t("help_page", page=error.page, pages=error.last)
            links_out.insert(0, views.Link(t("to_last_page"), error.href))
        elif problem.slug == "bad-request" and problem.parameter == "q":
            help = t("help_question")
        elif problem.slug == "bad-request" and problem.parameter:
            help = t("help_bad-request", parameter=problem.parameter)
        elif problem.slug == "internal":
            help = t("help_internal", request_id=problem.extra.get("request_id", ""))
        elif problem.slug == "not-found" and "/bookmarks/" in request.url.path:
            help = t("help_bookmark")
        elif problem.slug in ("not-found", "unavailable"):
            help = t(f"help_{problem.slug}")
        response = self._renderer.answer(
            context,
            "error.html",
            Links.home,
            title=f"{heading} – {self._renderer.site['name']}",
            heading=heading,
            help=help,
            detail="" if problem.slug in ("not-found", "internal") else problem.detail,
            tries=links_out,
            query=Query(request.query_params.get("q", "")[:MAX_TEXT]),
            indexed=False,
        )
        response.status_code = problem.code
        response.headers.update({"Cache-Control": "no-store", **problem.headers})
        return response

    def _endpoint(
        self, page: Callable[[Context], Response], language: str
    ) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            return page(self._renderer.context(request, language))

        return endpoint

    def _reference(self, request: Request) -> Response:
        schema = request.app.openapi()
        return self._renderer.answer(
            self._renderer.context(request),
            "reference.html",
            lambda links: replace(links, language="").page("/docs"),
            title=f"API – {self._renderer.site['name']}",
            schema=schema,
            operations=operations(schema),
            problems=TYPES,
            indexed=True,
        )

    def _problem(self, request: Request) -> Response:
        if request.path_params["slug"] not in TYPES:
            raise NotFoundError("there is no such problem type")
        links = self._renderer.context(request).links
        return RedirectResponse(links.path("/docs#problems"), status_code=303)

    def _file(self, request: Request) -> Response:
        found = self._renderer.static.get(request.path_params["name"])
        if found is None:
            raise NotFoundError(f"there is no file {request.path_params['name'][:80]!r}")
        return Response(found.body, media_type=found.content_type, headers={"Cache-Control": FOREVER})

    def _favicon(self, request: Request) -> Response:
        return Response(
            self._renderer.static.body("favicon.svg"),
            media_type="image/svg+xml",
            headers={"Cache-Control": "public, max-age=86400"},
        )
