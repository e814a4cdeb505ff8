"""The page of a search: of the whole library, of a tag, of a contributor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC

from starlette.responses import RedirectResponse, Response

from glane_indexer.errors import QueryError
from glane_indexer.settings import Settings
from glane_service.access import PUBLIC
from glane_service.http.backend import Backend
from glane_service.http.links import Links
from glane_service.http.metrics import Metrics
from glane_service.http.parameters import from_address
from glane_service.http.viewers import viewer_of
from glane_service.pages import controls, views
from glane_service.pages.formats import day, unbroken
from glane_service.pages.helps import tries
from glane_service.pages.home import Home
from glane_service.pages.render import Context, Renderer
from glane_service.search.engine import SearchEngine
from glane_service.search.parsing import parse
from glane_service.search.query import Query
from glane_service.search.results import NoSuchPageError, Results

RELATED_TAGS = 12
NEAREST = 3
EXPORTS = ("md", "csv", "json", "ris")


class PastTheEndError(QueryError):
    """The page asked for is after the last one, whose address is ``href``."""

    def __init__(self, page: int, last: int, href: str) -> None:
        super().__init__(f"there is no page {page}", where="page", hint=f"The last one is {last}")
        self.page = page
        self.last = last
        self.href = href


@dataclass(frozen=True, slots=True)
class Scope:
    """What the page is of, when it is of one tag or one contributor."""

    kind: str
    name: str
    between: str
    related: tuple[views.Link, ...]


class SearchPages:
    """The first page, and that of every search."""

    def __init__(self, settings: Settings, backend: Backend, metrics: Metrics, renderer: Renderer) -> None:
        self._backend = backend
        self._metrics = metrics
        self._renderer = renderer
        self._voting = settings.feedback
        self._composes = bool(settings.chat_url)
        self._home = Home()

    def warm(self, language: str) -> None:
        """Make the offers of the first page, for all who read in that language.

        Raises:
            GlaneError: the library is not open.
        """
        self._home.offers(self._backend.engine_for(PUBLIC), language)

    def show(self, context: Context) -> Response:
        """The page of the search that the address says."""
        query = from_address(context.request.query_params.multi_items()).query()
        implied = None
        for kind, name in context.request.path_params.items():
            if not name.strip():
                every = context.links.tags() if kind == "tag" else context.links.contributors()
                return RedirectResponse(every, status_code=301)
            implied = (kind, name)
            context, query = context.within(kind, name), _scoped(query, kind, name)
        is_plain = query == replace(Query(""), mode=query.mode, view=query.view)
        if implied is None and is_plain:
            return self._first(context, query)
        return self._answer(context, query, implied)

    def _first(self, context: Context, query: Query) -> Response:
        t, language, links = context.t, context.language, context.links
        engine = self._engine(context)
        status = engine.status()
        offers = self._home.offers(engine, language)
        by_date = links.search(Query("", sort="date"))
        sizes = {
            "bookmarks": by_date,
            "annotations": links.highlights(),
            "contributors": links.contributors(),
        }
        return self._renderer.answer(
            context,
            "home.html",
            lambda links: links.search(query),
            title=self._renderer.site["name"],
            query=query,
            examples=[views.Link(unbroken(text), links.search(Query(text))) for text in offers.examples],
            newest=[views.row(hit, links, t, language) for hit in offers.newest],
            highlighted=[
                (
                    views.row(hit, links, t, language),
                    views.quote(max(hit.bookmark.annotations[:3], key=lambda item: len(item.text))),
                )
                for hit in offers.highlighted
            ],
            tags=[views.Link(tag, links.tag(tag), count=count) for tag, count in offers.tags],
            size=[
                views.Link(t(f"size_{name}", n=int(status[name])), href)
                for name, href in sizes.items()
                if status[name]
            ],
            nothing="" if status["bookmarks"] else t("nothing_library"),
            all_by_date=by_date,
            feed=links.feed(query),
            indexed=True,
        )

    def _answer(self, context: Context, query: Query, implied: tuple[str, str] | None) -> Response:
        t, language, links = context.t, context.language, context.links
        engine = self._engine(context)
        results = self._found(engine, query, links)
        self._metrics.searched(results, "page")
        chips = controls.chips(query, t, language, implied=implied)
        scope = self._scope(engine, query, results, context, implied)
        return self._renderer.answer(
            context,
            "search.html",
            lambda links: links.search(query),
            title=self._title(query, scope),
            query=query,
            scope=scope,
            placeholder=t("search_here", name=views.clip(scope.name, 40)) if scope else t("placeholder"),
            vote=self._vote(query, links),
            # Without a question there is no relevance: the list is by date, and says so.
            sort_shown=query.sort if query.text else "date",
            choices=controls.choices(query, links),
            field_shown=query.fields[0] if len(query.fields) == 1 else "all",
            composing=self._composes and controls.is_whole(query, results),
            rows=self._rows(results, query, context),
            nearest=self._nearest(engine, results, query, context),
            corrected=_corrected(query, results, links, t),
            less_certain=_less_certain(query, results, links, t),
            range=_range(results, t),
            total=results.total,
            facets=controls.facets(results, query, links, t, language, implied=implied),
            searched_over=controls.FACET_SEARCHED,
            chips=[
                views.Link(
                    chip.value,
                    links.search(chip.without),
                    hint=chip.name,
                    label=t("remove_filter", name=f"{chip.name} {chip.value}"),
                )
                for chip in chips
            ],
            without_filters=links.search(_unfiltered(query, implied)),
            notices=views.notices(results, t),
            nothing=_nothing(query, results, t),
            tries=tries(engine, query, chips, links, t) if not results.total else [],
            pager=controls.pager(results, query, links, language) if results.pages > 1 else [],
            page_sizes=controls.page_sizes(results, query, links, language),
            previous=links.search(replace(query, page=query.page - 1)) if query.page > 1 else "",
            next=links.search(replace(query, page=query.page + 1)) if query.page < results.pages else "",
            exports=[views.Link(t(f"export_{form}"), links.export(query, form)) for form in EXPORTS],
            feed=replace(links, scope=None).feed(query),
            indexed=scope is not None and not query.text,
        )

    def _rows(self, results: Results, query: Query, context: Context) -> tuple[views.Row, ...]:
        # What was taken for another word is marked as what it was taken for.
        taken = " ".join(item.taken for item in results.corrections)
        words = parse(f"{query.text} {taken}").words if taken else parse(query.text).words
        return views.rows(results, context.links, context.t, context.language, words=words)

    def _nearest(
        self, engine: SearchEngine, results: Results, query: Query, context: Context
    ) -> tuple[views.Row, ...]:
        """What comes nearest to a question that nothing answers."""
        if results.total or not results.more:
            return ()
        near = engine.search(replace(query, everything=True, page=1, per_page=NEAREST))
        # Its heading says how sure they are.
        return tuple(replace(row, is_uncertain=False) for row in self._rows(near, query, context))

    def _vote(self, query: Query, links: Links) -> dict[str, str] | None:
        """What the form of a vote sends, beside the result; None where there is no voting."""
        if not self._voting or not query.text:
            return None
        return {"action": links.path("/feedback"), "query": query.text, "back": links.search(query)}

    def _engine(self, context: Context) -> SearchEngine:
        """What whoever asks may search."""
        return self._backend.engine_for(viewer_of(context.request))

    def _found(self, engine: SearchEngine, query: Query, links: Links) -> Results:
        try:
            return engine.search(query)
        except NoSuchPageError as error:
            href = links.search(replace(query, page=error.last))
            raise PastTheEndError(query.page, error.last, href) from None

    def _scope(
        self,
        engine: SearchEngine,
        query: Query,
        results: Results,
        context: Context,
        implied: tuple[str, str] | None,
    ) -> Scope | None:
        if implied is None:
            return None
        kind, name = implied
        related = [item for item in results.facets.get("tags", ()) if implied != ("tag", item.value)]
        return Scope(
            kind,
            name,
            _between(engine, query, results, context),
            tuple(
                views.Link(item.value, context.links.tag(item.value), count=item.count)
                for item in related[:RELATED_TAGS]
            ),
        )

    def _title(self, query: Query, scope: Scope | None) -> str:
        shown = query.text or (scope.name if scope else "")
        name = self._renderer.site["name"]
        return f"{views.clip(shown, 80)} – {name}" if shown else name


def _scoped(query: Query, kind: str, name: str) -> Query:
    filters = query.filters
    if kind == "contributor":
        return replace(query, filters=replace(filters, contributor=name))
    tags = (name, *(tag for tag in filters.tags if tag != name))
    return replace(query, filters=replace(filters, tags=tags))


def _unfiltered(query: Query, implied: tuple[str, str] | None) -> Query:
    plain = Query(query.text, mode=query.mode, view=query.view)
    return _scoped(plain, *implied) if implied else plain


def _between(engine: SearchEngine, query: Query, results: Results, context: Context) -> str:
    """From when to when the bookmarks listed without a question are; "" where none has a date."""
    if query.text or query.page > 1 or not results.hits:
        return ""
    newest = results.hits[0].bookmark.created_at
    if newest is None:
        return ""
    # Those without a date are last: the oldest that has one is the last of them but these.
    dated = sum(item.count for item in results.facets.get("years", ()) if item.value)
    oldest = newest
    if 1 < dated <= results.total:
        found = engine.search(replace(query, page=dated, per_page=1)).hits
        oldest = (found[0].bookmark.created_at if found else None) or newest
    first, last = (day(moment.astimezone(UTC), context.language, short=True) for moment in (oldest, newest))
    if first == last:
        return context.t("on_day", first=first)
    return context.t("between", first=first, last=last)


def _corrected(query: Query, results: Results, links: Links, t: views.Translate) -> dict[str, str] | None:
    """For which words others were taken, and the search of them as they were typed."""
    if not results.corrections:
        return None
    return {
        "text": t("corrected", q=", ".join(item.taken for item in results.corrections)),
        "undo": t("as_typed", q=", ".join(item.typed for item in results.corrections)),
        "href": links.search(replace(query, as_typed=True, page=1)),
    }


def _less_certain(query: Query, results: Results, links: Links, t: views.Translate) -> views.Link | None:
    """The results below the line of confidence, after the last of those above it."""
    if not results.more or query.page < results.pages:
        return None
    href = links.search(replace(query, everything=True, page=1))
    return views.Link(t("less_certain", n=results.more), href, count=results.more)


def _range(results: Results, t: views.Translate) -> str:
    first = (results.page - 1) * results.per_page + 1
    return t("range", first=first, last=first + len(results.hits) - 1, total=results.total)


def _nothing(query: Query, results: Results, t: views.Translate) -> str:
    if results.more:
        return t("no_answer", q=views.clip(query.text, 100))
    if query.text:
        return t("nothing_for", q=views.clip(query.text, 100))
    return t("nothing_here") if query.filters.to_json() else t("nothing_library")
