"""What a template is given: plain values, made from results (pure).

Every text here is untrusted, and is escaped by the template; nothing here is HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from glane_indexer.identity import safe_url

from glane_indexer.models import Annotation, Bookmark, Kind
from glane_service.http.links import Links
from glane_service.pages.messages import CATALOGUE, day, language_name, number
from glane_service.query import Query
from glane_service.results import Hit, MatchedPassage, Results, Span

# A page that shows every annotation of twenty well-read bookmarks would weigh more than all of the
# rest: so many are on it, in order, and the others are one link away.
ANNOTATIONS_ON_A_PAGE = 300
MAX_TITLE = 300
MAX_TEXT = 4000
FACET_SHOWN = 8
_FRAGMENT_WHOLE = 200
_FRAGMENT_WORDS = 5

Translate = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere; ``current`` where it is there already."""

    text: str
    href: str
    current: bool = False
    count: int = 0
    label: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One result, as the list shows it."""

    rank: int
    bookmark: Bookmark
    title: str
    href: str
    details: str
    similar: str
    contributor: str
    when: str
    when_iso: str
    language: str
    tags: tuple[Link, ...]
    passage: tuple[Piece, ...]
    passage_kind: str
    description: str
    shown: tuple[Annotation, ...]
    folded: tuple[Annotation, ...]
    more: int
    elsewhere: int
    why: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force: what it is, its value, and the query without it."""

    name: str
    value: str
    without: Query


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: its values that are shown at once, and those that unfold."""

    name: str
    title: str
    values: tuple[Link, ...]
    folded: tuple[Link, ...]


def pieces(text: str, highlights: Iterable[Span]) -> tuple[Piece, ...]:
    """``text`` cut at its highlights (code points); spans that overlap or lie outside are tamed."""
    result = []
    at = 0
    for start, end in sorted(highlights):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            result.append(Piece(text[at:start]))
        result.append(Piece(text[start:end], marked=True))
        at = end
    if at < len(text):
        result.append(Piece(text[at:]))
    return tuple(result)


def clip(text: str, limit: int) -> str:
    """``text``, or its beginning and an ellipsis where it is longer than ``limit``."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def jump(url: str, passage: MatchedPassage) -> str:
    """``url`` such that a browser scrolls to the passage, where it is quoted from that page."""
    text = passage.text.strip()
    if not url or passage.kind != "annotation" or not text:
        return url
    words = text.split()
    if len(text) <= _FRAGMENT_WHOLE and "\n" not in text:
        fragment = _fragment(" ".join(words))
    elif len(words) >= 2 * _FRAGMENT_WORDS:
        first, last = words[:_FRAGMENT_WORDS], words[-_FRAGMENT_WORDS:]
        fragment = f"{_fragment(' '.join(first))},{_fragment(' '.join(last))}"
    else:
        return url
    return f"{url}{'' if '#' in url else '#'}:~:text={fragment}"


def _fragment(text: str) -> str:
    # A dash and a comma have a meaning of their own in a text fragment.
    return quote(text, safe="", errors="replace").replace("-", "%2D")


def rows(results: Results, links: Links, t: Translate, language: str) -> tuple[Row, ...]:
    """The results as the list shows them."""
    budget = ANNOTATIONS_ON_A_PAGE
    made = []
    for hit in results.hits:
        row, used = _row(hit, results, links, t, language, budget)
        budget -= used
        made.append(row)
    return tuple(made)


def row(hit: Hit, links: Links, t: Translate, language: str) -> Row:
    """One result by itself, without its annotations."""
    return _row(hit, None, links, t, language, 0)[0]


def _row(
    hit: Hit, results: Results | None, links: Links, t: Translate, language: str, budget: int
) -> tuple[Row, int]:
    bookmark, passage = hit.bookmark, hit.passage
    url = safe_url(bookmark.url)
    shown_ids = {item.id for item in hit.annotations if item.id}
    is_full = results is not None and bool(hit.annotations)
    passage_id = passage.annotation_id
    others = [item for item in bookmark.annotations if item.id != passage_id or not passage_id]
    opened = [item for item in others if item.id in shown_ids][:budget]
    folded = [item for item in others if item.id not in shown_ids][: budget - len(opened)]
    text, highlights = passage.text, passage.highlights
    details = links.bookmark(bookmark.id)
    made = Row(
        rank=hit.rank,
        bookmark=bookmark,
        title=clip(bookmark.title.strip(), MAX_TITLE) or bookmark.site or t("untitled"),
        href=jump(url, passage),
        details=details,
        similar=f"{details}#similar",
        contributor=links.contributor(bookmark.contributor) if bookmark.contributor else "",
        when=day(bookmark.created_at.astimezone(UTC), language) if bookmark.created_at else "",
        when_iso=bookmark.created_at.astimezone(UTC).date().isoformat()
        if bookmark.created_at
        else "",
        language=language_name(bookmark.language, language)
        if bookmark.language not in ("", language)
        else "",
        tags=tuple(Link(tag, links.tag(tag)) for tag in bookmark.tags if tag.strip()),
        passage=() if passage.kind == "title" else pieces(clip(text, MAX_TEXT), highlights),
        passage_kind=passage.kind,
        description=bookmark.description
        if is_full and passage.kind != "description" and len(opened) == len(others)
        else "",
        shown=tuple(opened),
        folded=tuple(folded),
        more=len(others) - len(opened),
        elsewhere=len(others) - len(opened) - len(folded),
        why=why(hit, t, language) if results is not None else "",
    )
    return made, len(opened) + len(folded)


def why(hit: Hit, t: Translate, language: str) -> str:
    """Why a result was found, in words; "" where nothing was asked."""
    keyword, vector = hit.why.keyword, hit.why.vector
    if keyword is None and vector is None:
        return ""
    place = t(f"in_{hit.passage.kind}")
    if hit.passage.kind == "annotation":
        author = next(
            (a.author for a in hit.bookmark.annotations if a.id == hit.passage.annotation_id), ""
        )
        if author := author or hit.bookmark.contributor:
            place = t("in_annotation_by", author=author)
    ways, ranks = [], []
    if vector is not None:
        ways.append(t("why_vector"))
        ranks.append(t("rank_vector", rank=vector.rank))
    if keyword is not None:
        quoted = ", ".join(dict.fromkeys(keyword.terms))
        mark = f"«\u00a0{quoted}\u00a0»" if language == "fr" else f"“{quoted}”"
        ways.append(t("why_keyword_terms", terms=mark) if quoted else t("why_keyword"))
        ranks.append(t("rank_keyword", rank=keyword.rank))
    joined = (" et " if language == "fr" else " and ").join(ways)
    return f"{t('why')} {joined}, {place} ({', '.join(ranks)})"


def facets(
    results: Results, query: Query, links: Links, t: Translate, language: str
) -> list[Facet]:
    """The facets that have something to choose from, and where each choice leads."""
    made = []
    for name in ("tags", "contributors", "sites", "years", "languages"):
        values = [
            _facet_link(name, item.value, item.count, query, links, language)
            for item in results.facets.get(name, ())
            if item.value
        ]
        if not values:
            continue
        # What is chosen comes first, so that it is never folded away.
        values.sort(key=lambda link: not link.current)
        made.append(
            Facet(
                name, t(f"facet_{name}"), tuple(values[:FACET_SHOWN]), tuple(values[FACET_SHOWN:])
            )
        )
    return made


def _facet_link(
    name: str, value: str, count: int, query: Query, links: Links, language: str
) -> Link:
    filters, text = query.filters, value
    if name == "tags":
        current = value in filters.tags
        tags = (
            tuple(tag for tag in filters.tags if tag != value)
            if current
            else (*filters.tags, value)
        )
        changed = replace(filters, tags=tags)
    elif name == "contributors":
        current = value == filters.contributor
        changed = replace(filters, contributor="" if current else value)
    elif name == "sites":
        current = value == filters.site
        changed = replace(filters, site="" if current else value)
    elif name == "languages":
        current = value == filters.language
        changed = replace(filters, language="" if current else value)
        text = language_name(value, language)
    else:
        current = value == year_of(query)
        first, last = (None, None) if current else _year(value)
        changed = replace(filters, after=first, before=last)
    return Link(text, links.search(replace(query, filters=changed, page=1)), current, count)


def _year(value: str) -> tuple[date | None, date | None]:
    try:
        return date(int(value), 1, 1), date(int(value), 12, 31)
    except ValueError:
        return None, None


def year_of(query: Query) -> str:
    """The year that the dates of ``query`` are, or "" where they are not one whole year."""
    after, before = query.filters.after, query.filters.before
    whole = (
        after and before and (after, before) == (date(after.year, 1, 1), date(after.year, 12, 31))
    )
    return str(after.year) if whole and after else ""


def chips(query: Query, t: Translate, language: str) -> list[Chip]:
    """The filters in force."""
    filters = query.filters
    found: list[Chip] = []

    def add(name: str, value: str, **changes: object) -> None:
        without = replace(query, filters=replace(filters, **changes), page=1)  # type: ignore[arg-type]
        found.append(Chip(t(f"filter_{name}"), value, without))

    if filters.kind:
        add("kind", t(f"kind_{filters.kind}"), kind=None)
    for tag in filters.tags:
        add("tag", tag, tags=tuple(other for other in filters.tags if other != tag))
    if filters.contributor:
        add("contributor", filters.contributor, contributor="")
    if filters.site:
        add("site", filters.site, site="")
    if year := year_of(query):
        add("year", year, after=None, before=None)
    else:
        if filters.after:
            add("after", _day(filters.after, language), after=None)
        if filters.before:
            add("before", _day(filters.before, language), before=None)
    if filters.language:
        add("language", language_name(filters.language, language), language="")
    if query.fields != Query("").fields:
        names = ", ".join(t(f"field_{name}") for name in query.fields)
        without = replace(query, fields=Query("").fields, page=1)
        found.append(Chip(t("filter_fields"), names, without))
    return found


def _day(value: date, language: str) -> str:
    return day(datetime(value.year, value.month, value.day, tzinfo=UTC), language)


def choices(query: Query, links: Links) -> dict[str, list[tuple[str, str]]]:
    """The settings that are a choice among few: each value, and where choosing it leads."""

    def to(**changes: Any) -> str:
        return links.search(replace(query, page=1, **changes))

    kinds: list[tuple[str, Kind | None]] = [
        ("all", None),
        ("bookmark", "bookmark"),
        ("topic", "topic"),
    ]
    return {
        "mode": [(mode, to(mode=mode)) for mode in ("hybrid", "vector", "keyword")],
        "sort": [(sort, to(sort=sort)) for sort in ("relevance", "date")],
        "kind": [(name, to(filters=replace(query.filters, kind=kind))) for name, kind in kinds],
        "view": [(view, to(view=view)) for view in ("simple", "middle", "full")],
    }


def notices(results: Results, t: Translate, language: str) -> list[dict[str, str]]:
    """What was not done as asked: in the page's language where the catalogue has it."""
    made = []
    for notice in results.notices:
        key = f"notice_{notice.code}"
        known = key in CATALOGUE
        made.append({"text": t(key) if known else notice.message, "lang": "" if known else "en"})
    return made


def pager(results: Results, query: Query, links: Links, language: str) -> list[Link | None]:
    """The pages to choose from: first, last, and those around this one; None where some lack."""
    last, here = results.pages, results.page
    wanted = sorted({1, last, *range(max(1, here - 2), min(last, here + 2) + 1)})
    made: list[Link | None] = []
    before = 0
    for page in wanted:
        if page > before + 1:
            made.append(None)
        made.append(
            Link(
                number(page, language), links.search(replace(query, page=page)), page == here, page
            )
        )
        before = page
    return made
