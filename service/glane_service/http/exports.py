"""Answers and citations to take along: a search as Markdown, CSV, JSON or RIS, a passage as a quotation."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC

from fastapi import APIRouter, Request
from starlette.responses import Response

from glane_indexer.errors import NotFoundError
from glane_indexer.identity import safe_url
from glane_indexer.models import Bookmark
from glane_service.http.feeds import absolute
from glane_service.http.links import Links
from glane_service.http.parameters import from_address
from glane_service.http.routes import engine_of, metrics_of
from glane_service.search import citations
from glane_service.search.engine import SearchEngine
from glane_service.search.query import MAX_PER_PAGE, Query
from glane_service.search.quoting import markdown
from glane_service.search.results import Hit, hit_json

# An answer to take along holds so many results at most; a whole library is taken by `glane export`.
RESULTS = 500
_COLUMNS = ("rank", "title", "url", "passage", "contributor", "site", "date", "tags", "page")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

exports = APIRouter(include_in_schema=False)


@exports.get("/search.{form}")
def export(request: Request, form: str) -> Response:
    """A search as a file, with the parameters of the search page."""
    if form not in _WRITERS:
        raise NotFoundError(f"there is no export {form[:20]!r}", hint=f"There are {', '.join(_WRITERS)}")
    write, media_type = _WRITERS[form]
    query = replace(from_address(request.query_params.multi_items()).query(), view="simple")
    hits = list(_all(engine_of(request), query, request))
    body = write(hits, query, absolute(request), request.app.state.settings.site_name)
    return _file(body, media_type, f"{_name(query)}.{form}")


@exports.get("/cite/{form}/{bookmark_id:path}")
def cite(request: Request, form: str, bookmark_id: str, annotation: str = "") -> Response:
    """A bookmark, or one of its annotations, as a citation."""
    if form not in citations.FORMATS:
        known = ", ".join(citations.FORMATS)
        raise NotFoundError(f"there is no form of citation {form[:20]!r}", hint=f"There are {known}")
    bookmark = engine_of(request).bookmark(bookmark_id)
    text = ""
    if annotation:
        text = next((item.text for item in bookmark.annotations if item.id == annotation), "")
        if not text:
            raise NotFoundError(f"the bookmark has no annotation {annotation[:64]!r}")
    write, media_type = citations.FORMATS[form]
    link = absolute(request).bookmark(bookmark.id)
    return _text(write(bookmark, text, link), media_type)


def _all(engine: SearchEngine, query: Query, request: Request) -> Iterator[Hit]:
    """The results of all pages, up to :data:`RESULTS`."""
    for page in range(1, RESULTS // MAX_PER_PAGE + 1):
        results = engine.search(replace(query, page=page, per_page=MAX_PER_PAGE))
        if page == 1:
            metrics_of(request).searched(results, "export")
        yield from results.hits
        if page >= results.pages:
            return


def as_markdown(hits: list[Hit], query: Query, links: Links, site_name: str) -> str:
    """The question as a heading, and each passage quoted with its source."""
    heading = " ".join((query.text or site_name).split())
    parts = [f"# {markdown(heading)}\n", f"{site_name}: <{links.search(query)}>\n"]
    for hit in hits:
        text = "" if hit.passage.kind == "title" else hit.passage.text
        parts.append(citations.markdown(hit.bookmark, text, links.bookmark(hit.bookmark.id)))
    return "\n".join(parts)


def as_csv(hits: list[Hit], query: Query, links: Links, site_name: str) -> str:
    """A line a result, for a spreadsheet (RFC 4180)."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for hit in hits:
        bookmark = hit.bookmark
        cells = (
            str(hit.rank),
            bookmark.title,
            safe_url(bookmark.url),
            hit.passage.text,
            bookmark.contributor,
            bookmark.site,
            _day(bookmark),
            ", ".join(bookmark.tags),
            links.bookmark(bookmark.id),
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    # By this mark a spreadsheet knows the encoding.
    return "\ufeff" + written.getvalue()


def as_json(hits: list[Hit], query: Query, links: Links, site_name: str) -> str:
    """The results as the API gives them, each with its page here."""
    document = {
        "question": query.text,
        "page": links.search(query),
        "results": [{**hit_json(hit), "page": links.bookmark(hit.bookmark.id)} for hit in hits],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def as_ris(hits: list[Hit], query: Query, links: Links, site_name: str) -> str:
    """A record a result, for reference managers."""
    return "".join(
        citations.ris(
            hit.bookmark,
            "" if hit.passage.kind == "title" else hit.passage.text,
            links.bookmark(hit.bookmark.id),
        )
        for hit in hits
    )


_WRITERS: dict[str, tuple[Callable[[list[Hit], Query, Links, str], str], str]] = {
    "md": (as_markdown, "text/markdown"),
    "csv": (as_csv, "text/csv"),
    "json": (as_json, "application/json"),
    "ris": (as_ris, "application/x-research-info-systems"),
}


def _day(bookmark: Bookmark) -> str:
    return bookmark.created_at.astimezone(UTC).date().isoformat() if bookmark.created_at else ""


def _name(query: Query) -> str:
    """A file name that any system takes."""
    plain = "-".join(citations.plain_words(query.text))[:60].strip("-")
    return plain or "glane"


def _file(text: str, media_type: str, name: str) -> Response:
    response = _text(text, media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _text(text: str, media_type: str) -> Response:
    return Response(
        # A lone surrogate, legal in JSON and so in what was imported, is not in UTF-8.
        text.encode("utf-8", "replace"),
        media_type=media_type,
        headers={"Cache-Control": "private, no-cache", "Content-Type": f"{media_type}; charset=utf-8"},
    )
