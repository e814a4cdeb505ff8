"""The pages' routes: a search, a bookmark, a tag, a contributor, and what is behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from glane_indexer.errors import NotFoundError, QueryError
from glane_indexer.identity import safe_url
from glane_indexer.settings import Settings
from glane_service.http.backend import Backend
from glane_service.http.links import LANGUAGES, Links
from glane_service.http.metrics import Metrics
from glane_service.http.parameters import from_address
from glane_service.http.problems import TYPES, Problem
from glane_service.pages import controls, views
from glane_service.pages.assets import FOREVER
from glane_service.pages.helps import tries
from glane_service.pages.reference import operations
from glane_service.pages.render import Context, Renderer
from glane_service.search.query import MAX_TEXT, Query
from glane_service.search.results import Hit, MatchedPassage, NoSuchPageError, Results, Why

NEWEST = 10
SIMILAR = 6


class PastTheEndError(QueryError):
    """The page asked for is after the last one, whose address is ``href``."""

    def __init__(self, page: int, last: int, href: str) -> None:
        super().__init__(f"there is no page {page}", where="page", hint=f"The last one is {last}")
        self.page = page
        self.last = last
        self.href = href


class Pages:
    """Every page of one application."""

    def __init__(self, settings: Settings, backend: Backend, metrics: Metrics) -> None:
        self._backend = backend
        self._metrics = metrics
        self._renderer = Renderer(settings)
        self._voting = settings.feedback

    def routes(self) -> list[Route]:
        """The routes of every page, once for the browser's language and once for each by name."""
        made = []
        for language in ("", *LANGUAGES):
            prefix = f"/{language}" if language else ""
            for path, page in (
                ("" if language else "/", self._search),
                ("/bookmarks/{bookmark_id:path}", self._bookmark),
                ("/tags/{tag:path}", self._search),
                ("/contributors/{contributor:path}", self._search),
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
        help = t("help_other")
        links_out = [views.Link(t("back_home"), links.home())]
        if isinstance(error, PastTheEndError):
            help = t("help_page", page=error.page, pages=error.last)
            links_out.insert(0, views.Link(t("to_last_page"), error.href))
        elif problem.slug == "bad-request" and problem.parameter == "q":
            help = t("help_question")
        elif problem.slug == "bad-request" and problem.parameter:
            help = t("help_bad-request", parameter=problem.parameter)
        elif problem.slug == "internal":
            help = t("help_internal", request_id=problem.extra.get("request_id", ""))
        elif problem.slug in ("not-found", "unavailable"):
            help = t(f"help_{problem.slug}")
        response = self._renderer.answer(
            context,
            "error.html",
            Links.home,
            title=f"{t('error_' + problem.slug)} – {self._renderer.site['name']}",
            heading=t(f"error_{problem.slug}"),
            help=help,
            detail=problem.detail if problem.slug in ("bad-request", "unavailable") else "",
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

    def _search(self, context: Context) -> Response:
        t, language = context.t, context.language
        query = from_address(context.request.query_params.multi_items()).query()
        scope = None
        for kind, name in context.request.path_params.items():
            scope = {"kind": kind, "name": name}
            context, query = context.within(kind, name), _scoped(query, kind, name)
        links = context.links
        landing = not query.text and not query.filters.to_json()
        is_first = landing and query == replace(Query(""), mode=query.mode, view=query.view)
        engine = self._backend.engine
        results = self._found(replace(query, per_page=NEWEST) if is_first else query, links)
        self._metrics.searched(results, "page")
        pages = 1 if is_first else results.pages
        chips = controls.chips(query, t, language)
        return self._renderer.answer(
            context,
            "search.html",
            lambda links: links.search(query),
            title=self._title(query, scope),
            query=query,
            scope=scope,
            landing=landing,
            voting=self._voting and bool(query.text),
            back=links.search(query),
            size=_size(engine.status(), t) if landing else "",
            # Without a question there is no relevance: the list is by date, and says so.
            sort_shown=query.sort if query.text else "date",
            choices=controls.choices(query, links),
            field_shown=query.fields[0] if len(query.fields) == 1 else "all",
            rows=views.rows(results, links, t, language, explain=query.explain),
            range=_range(results, t),
            facets=controls.facets(results, query, links, t, language),
            chips=[
                views.Link(
                    chip.value,
                    links.search(chip.without),
                    hint=chip.name,
                    label=t("remove_filter", name=f"{chip.name} {chip.value}"),
                )
                for chip in chips
            ],
            without_filters=links.search(Query(query.text, mode=query.mode, view=query.view)),
            notices=views.notices(results, t, language),
            nothing=_nothing(query, t),
            tries=tries(engine, query, chips, links, t) if not results.total else [],
            pager=controls.pager(results, query, links, language) if pages > 1 else [],
            page_sizes=[] if is_first else controls.page_sizes(results, query, links, language),
            previous=links.search(replace(query, page=query.page - 1)) if query.page > 1 else "",
            next=links.search(replace(query, page=query.page + 1)) if query.page < pages else "",
            all_by_date=links.search(replace(query, sort="date")) if is_first else "",
            feed=replace(links, scope=None).feed(query),
            indexed=landing or (scope is not None and not query.text),
        )

    def _found(self, query: Query, links: Links) -> Results:
        engine = self._backend.engine
        try:
            return engine.search(query)
        except NoSuchPageError as error:
            href = links.search(replace(query, page=error.last))
            raise PastTheEndError(query.page, error.last, href) from None

    def _bookmark(self, context: Context) -> Response:
        t, language = context.t, context.language
        engine = self._backend.engine
        bookmark = engine.bookmark(context.request.path_params["bookmark_id"])
        hit = Hit(1, 0.0, bookmark, MatchedPassage("title", bookmark.title), Why())
        row = views.row(hit, context.links, t, language)
        similar = engine.similar(bookmark.id, SIMILAR)
        return self._renderer.answer(
            context,
            "bookmark.html",
            lambda links: links.bookmark(bookmark.id),
            title=f"{views.clip(row.title, 80)} – {self._renderer.site['name']}",
            description=views.clip(bookmark.description or t("description"), 200),
            query=Query(""),
            bookmark=bookmark,
            heading=views.clip(bookmark.title.strip(), 1000) or row.title,
            href=safe_url(bookmark.url),
            row=row,
            similar=[views.row(near, context.links, t, language) for near in similar],
            indexed=True,
        )

    def _title(self, query: Query, scope: dict[str, str] | None) -> str:
        shown = query.text or (scope["name"] if scope else "")
        name = self._renderer.site["name"]
        return f"{views.clip(shown, 80)} – {name}" if shown else name

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


def _scoped(query: Query, kind: str, name: str) -> Query:
    filters = query.filters
    if kind == "contributor":
        return replace(query, filters=replace(filters, contributor=name))
    tags = (name, *(tag for tag in filters.tags if tag != name))
    return replace(query, filters=replace(filters, tags=tags))


def _size(status: dict[str, Any], t: views.Translate) -> str:
    names = ("bookmarks", "annotations", "contributors")
    return t("library_size", **{name: int(status[name]) for name in names})


def _range(results: Results, t: views.Translate) -> str:
    first = (results.page - 1) * results.per_page + 1
    return t("range", first=first, last=first + len(results.hits) - 1, total=results.total)


def _nothing(query: Query, t: views.Translate) -> str:
    if query.text:
        return t("nothing_for", q=views.clip(query.text, 100))
    return t("nothing_here") if query.filters.to_json() else t("nothing_library")
