"""The pages to read without a question: a bookmark, the stream of highlights, the lists of names."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from starlette.responses import Response

from glane_indexer.errors import QueryError
from glane_indexer.identity import safe_url
from glane_service.http.backend import Backend
from glane_service.http.parameters import from_address
from glane_service.http.routes import engine_of
from glane_service.pages import controls, views
from glane_service.pages.formats import unbroken
from glane_service.pages.indexes import index
from glane_service.pages.render import Context, Renderer
from glane_service.pages.search import PastTheEndError
from glane_service.search.citations import FORMATS
from glane_service.search.engine import SearchEngine
from glane_service.search.highlights import PAGE_SIZE, Highlight, Stream
from glane_service.search.query import MAX_FILTER, Query
from glane_service.search.quoting import text_link
from glane_service.search.results import Hit, MatchedPassage, Why

SIMILAR = 6


class BrowsePages:
    """Pages that list what the library holds."""

    def __init__(self, backend: Backend, renderer: Renderer, stream: Stream) -> None:
        self._backend = backend
        self._renderer = renderer
        self._stream = stream

    def bookmark(self, context: Context) -> Response:
        """One bookmark with all its annotations, and those near it."""
        t, language, links = context.t, context.language, context.links
        engine = self._engine(context, _number(context.request.query_params.get("min_seq", "")))
        bookmark = engine.bookmark(context.request.path_params["bookmark_id"])
        hit = Hit(1, 0.0, bookmark, MatchedPassage("title", bookmark.title), Why())
        row = views.row(hit, links, t, language)
        url = safe_url(bookmark.url)

        def cite(annotation_id: str = "") -> list[views.Link]:
            return [
                views.Link(t(f"cite_{form}"), links.citation(form, bookmark.id, annotation_id))
                for form in FORMATS
            ]

        return self._renderer.answer(
            context,
            "bookmark.html",
            lambda links: links.bookmark(bookmark.id),
            title=f"{views.clip(row.name, 80)} – {self._renderer.site['name']}",
            description=views.clip(bookmark.description or t("description"), 200),
            query=Query(""),
            bookmark=bookmark,
            told=unbroken(views.clip(bookmark.description, views.MAX_TEXT)),
            heading=unbroken(views.clip(bookmark.title.strip(), 1000)) or row.name,
            href=url,
            row=row,
            cite=cite(),
            quotes=[
                (
                    views.quote(item),
                    views.dated(item.created_at, language),
                    text_link(url, item.text) if url else "",
                    cite(item.id),
                )
                for item in bookmark.annotations
            ],
            similar=[views.row(near, links, t, language) for near in engine.similar(bookmark.id, SIMILAR)],
            indexed=True,
        )

    def highlights(self, context: Context) -> Response:
        """The stream of highlights, newest first, with the filters of a search."""
        t, language, links = context.t, context.language, context.links
        asked = from_address(context.request.query_params.multi_items()).query()
        query = replace(Query("", sort="date"), filters=asked.filters, page=asked.page)
        engine = self._engine(context)
        found, total = self._stream.page(engine, query.filters, query.page)
        pages = -(-total // PAGE_SIZE)
        if not found and query.page > 1:
            last = max(1, pages)
            raise PastTheEndError(query.page, last, links.highlights(replace(query, page=last)))
        chips = controls.chips(query, t, language)
        return self._renderer.answer(
            context,
            "highlights.html",
            lambda links: links.highlights(query),
            title=f"{t('highlights_page')} – {self._renderer.site['name']}",
            query=Query(""),
            total=total,
            entries=[
                self._entry(list(items), context)
                for _, items in groupby(found, lambda item: (item.bookmark.id, item.author, item.when))
            ],
            chips=[
                views.Link(
                    chip.value,
                    links.highlights(chip.without),
                    hint=chip.name,
                    label=t("remove_filter", name=f"{chip.name} {chip.value}"),
                )
                for chip in chips
            ],
            previous=links.highlights(replace(query, page=query.page - 1)) if query.page > 1 else "",
            next=links.highlights(replace(query, page=query.page + 1)) if query.page < pages else "",
            feed=links.highlights_feed(query),
            feed_name=t("highlights_feed"),
            indexed=not query.filters.to_json(),
        )

    def _engine(self, context: Context, min_seq: int = 0) -> SearchEngine:
        """What whoever asks may read, once it knows that change."""
        return engine_of(context.request, min_seq)

    def _entry(self, items: list[Highlight], context: Context) -> dict[str, object]:
        """Highlights of one bookmark, author and moment, under one name."""
        first = items[0]
        bookmark, links = first.bookmark, context.links
        passage = MatchedPassage("annotation", first.annotation.text, first.annotation.id)
        return {
            "quotes": [views.quote(replace(item.annotation, author="")) for item in items],
            "row": views.row(Hit(1, 0.0, bookmark, passage, Why()), links, context.t, context.language),
            "author": first.author,
            "author_href": links.highlights(_only(contributor=bookmark.contributor)),
            "when": views.dated(first.when, context.language),
            "tags": [views.Link(tag, links.highlights(_only(tag=tag))) for tag in bookmark.tags[:6]],
        }

    def tags(self, context: Context) -> Response:
        """All tags."""
        return self._index(context, "tags")

    def contributors(self, context: Context) -> Response:
        """All contributors."""
        return self._index(context, "contributors")

    def _index(self, context: Context, kind: str) -> Response:
        t, links, asked = context.t, context.links, context.request.query_params
        order = asked.get("order", "count")
        if order not in ("count", "name"):
            raise QueryError(f"{order[:40]!r} is not one of its values", where="order")
        narrowed = asked.get("name", "").strip()[:MAX_FILTER]
        engine = self._engine(context)
        found = index(
            engine.names("tags" if kind == "tags" else "contributors"),
            "name" if order == "name" else "count",
            narrowed,
        )
        address = links.tag if kind == "tags" else links.contributor
        return self._renderer.answer(
            context,
            "index.html",
            lambda links: links.index(kind, order, narrowed),
            title=f"{t(f'{kind}_page')} – {self._renderer.site['name']}",
            heading=t(f"{kind}_page"),
            query=Query(""),
            kind=kind,
            narrowed=narrowed,
            order=order,
            orders=[
                views.Link(t(f"by_{name}"), links.index(kind, name, narrowed), name == order)
                for name in ("count", "name")
            ],
            values=[views.Link(name, address(name), count=count) for name, count in found.values],
            hidden=found.hidden,
            indexed=not narrowed,
        )


def _only(*, tag: str = "", contributor: str = "") -> Query:
    query = Query("")
    filters = replace(query.filters, tags=(tag,) if tag else (), contributor=contributor)
    return replace(query, filters=filters)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
