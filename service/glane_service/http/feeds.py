"""Atom feeds: of any search, newest matches first, and of the highlights; so both can be followed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

from fastapi import APIRouter, Request
from starlette.responses import Response

from glane_service.http.links import Links
from glane_service.http.parameters import from_address
from glane_service.http.routes import engine_of, metrics_of
from glane_service.search.highlights import Stream
from glane_service.search.query import Query
from glane_service.search.quoting import cite_hit
from glane_service.search.results import Hit, MatchedPassage, Results, Why

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 30
# Atom asks every entry for a date; one whose source had none is as old as can be, and stays there.
UNDATED = "1970-01-01T00:00:00Z"
# What XML 1.0 has no way to write.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

feeds = APIRouter(include_in_schema=False)


@feeds.get("/search.atom")
def search_feed(request: Request) -> Response:
    """The newest bookmarks that a search finds, with the parameters of the search page."""
    asked = from_address(request.query_params.multi_items()).query()
    query = replace(asked, sort="date", page=1, per_page=ENTRIES)
    results = engine_of(request).search(query)
    metrics_of(request).searched(results, "feed")
    links = absolute(request)
    body = feed(results, asked, links, request.app.state.settings.site_name)
    return Response(
        body, media_type="application/atom+xml", headers={"Cache-Control": "private, max-age=300"}
    )


@feeds.get("/highlights.atom")
def highlights_feed(request: Request) -> Response:
    """The newest highlights, with the filters of a search."""
    query = from_address(request.query_params.multi_items()).query()
    stream: Stream = request.app.state.highlights
    found, _ = stream.page(engine_of(request), query.filters, 1)
    links, site_name = absolute(request), request.app.state.settings.site_name
    hits = [
        Hit(
            place,
            0.0,
            # An entry is dated as its highlight, by whom it is.
            replace(
                item.bookmark,
                created_at=item.when,
                contributor=item.author,
            ),
            MatchedPassage("annotation", item.annotation.text, item.annotation.id),
            Why(),
        )
        for place, item in enumerate(found, 1)
    ]
    own, page = links.highlights_feed(query), links.highlights(query)
    entries = [entry(hit, links, site_name, f"#a-{hit.passage.annotation_id}") for hit in hits]
    body = document(own, page, site_name, hits, entries)
    return Response(
        body, media_type="application/atom+xml", headers={"Cache-Control": "private, max-age=300"}
    )


def absolute(request: Request) -> Links:
    """Links with scheme and host, for readers who have no page to resolve them against."""
    links = Links.of(request)
    return replace(links, base=links.base or str(request.base_url).rstrip("/"))


def feed(results: Results, query: Query, links: Links, site_name: str) -> bytes:
    """The feed as a document; ``query`` is what is followed, ``links`` make whole addresses."""
    title = f"{query.text} – {site_name}" if query.text else site_name
    entries = [entry(hit, links, site_name) for hit in results.hits]
    return document(links.feed(query), links.search(query), title, results.hits, entries)


def document(
    own: str, page: str, title: str, hits: Sequence[Hit], entries: Sequence[ElementTree.Element]
) -> bytes:
    """A feed at the address ``own``, of what the address ``page`` shows."""
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(root, "id", own)
    _add(root, "title", title)
    dates = [hit.bookmark.created_at for hit in hits if hit.bookmark.created_at]
    _add(root, "updated", _timestamp(max(dates)) if dates else UNDATED)
    _add(root, "link", rel="self", href=own, type="application/atom+xml")
    _add(root, "link", rel="alternate", href=page, type="text/html")
    _add(root, "generator", "Glane")
    root.extend(entries)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def entry(hit: Hit, links: Links, site_name: str, anchor: str = "") -> ElementTree.Element:
    """One bookmark of a feed, or with ``anchor`` one place on its page."""
    bookmark = hit.bookmark
    entry = ElementTree.Element(f"{{{ATOM}}}entry")
    page = links.bookmark(bookmark.id) + anchor
    _add(entry, "id", page)
    _add(entry, "title", bookmark.title or bookmark.url or bookmark.id)
    moment = _timestamp(bookmark.created_at) if bookmark.created_at else UNDATED
    _add(entry, "updated", moment)
    if bookmark.created_at:
        _add(entry, "published", moment)
    link = cite_hit(hit).link
    _add(entry, "link", rel="alternate", href=link or page)
    if link:
        _add(entry, "link", rel="related", href=page, type="text/html")
    _add(_add(entry, "author"), "name", bookmark.contributor or site_name)
    for tag in bookmark.tags:
        _add(entry, "category", term=tag)
    # Plain text: what people marked is not markup.
    _add(entry, "summary", hit.passage.text, type="text")
    return entry


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = _ILLEGAL.sub("", text) or None
    for key, value in attributes.items():
        element.set(key, _ILLEGAL.sub("", value))
    return element


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
