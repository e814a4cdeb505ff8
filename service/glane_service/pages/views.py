"""What a template is given: plain values, made from results (pure).

Every text here is untrusted, and is escaped by the template; nothing here is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from glane_indexer.identity import safe_url
from glane_indexer.models import Annotation, Bookmark
from glane_service.http.links import Links
from glane_service.pages.formats import day, language_name, number, unbroken
from glane_service.pages.messages import CATALOGUE
from glane_service.search.matching import Matcher
from glane_service.search.quoting import text_link
from glane_service.search.results import Hit, MatchedPassage, Results, Span

# A page that shows every annotation of twenty well-read bookmarks would weigh more than all of the
# rest: so many are on it, in order, and the others are one link away.
ANNOTATIONS_ON_A_PAGE = 80
# Where nothing is asked, a bookmark says by so many of its annotations what it is about.
TELLING_ANNOTATIONS = 2
MAX_TITLE = 300
MAX_NAME = 80
MAX_TEXT = 4000
_CODE_LINE = re.compile(
    r"\s*(?:[\w.\[\]'\"]+\s*=[^=]|[$>#] |(?:def|class|import|return|function|const|let|var) |</?\w+)"
)
_CODE_END = re.compile(r"[;{}]\s*$|\)\s*:\s*$")

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
class Quote:
    """One annotation as a page shows it: its text in pieces, and what is said about it."""

    id: str
    pieces: tuple[Piece, ...]
    note: str = ""
    author: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """Why a result was found: in a phrase, and with places and ranks for who asks further."""

    phrase: str
    details: str


@dataclass(frozen=True, slots=True)
class Row:
    """One result, as the list shows it. ``href`` leads out, to the passage where it can."""

    rank: int
    bookmark: Bookmark
    title: tuple[Piece, ...]
    name: str
    href: str
    details: str
    contributor: str
    when: str
    when_iso: str
    language: str
    tags: tuple[Link, ...]
    passage: Quote | None
    is_quoted: bool = False
    description: tuple[Piece, ...] = ()
    shown: tuple[Quote, ...] = ()
    folded: tuple[Quote, ...] = ()
    more: int = 0
    elsewhere: int = 0
    is_uncertain: bool = False
    why: Why | None = None


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
    return text_link(url, passage.text) if passage.kind == "annotation" else url


def looks_like_code(text: str) -> bool:
    """Whether a quotation is a piece of program, whose lines and spaces mean something."""
    lines = [line for line in text.splitlines() if line.strip()]
    telling = sum(bool(_CODE_LINE.match(line) or _CODE_END.search(line)) for line in lines)
    return len(lines) > 1 and 2 * telling >= len(lines)


def quote(item: Annotation, matcher: Matcher | None = None, language: str = "") -> Quote:
    """An annotation as it is shown, with the words of a question marked in it."""
    text = clip(item.text, MAX_TEXT)
    is_code = looks_like_code(text)
    spans = matcher.highlights(text, language) if matcher else ()
    return Quote(
        item.id,
        pieces(text if is_code else unbroken(text), spans),
        unbroken(clip(item.note, MAX_TEXT)),
        item.author,
        is_code,
    )


def marked(text: str, matcher: Matcher | None, language: str) -> tuple[Piece, ...]:
    """``text`` with the words of a question marked in it; whole where there is no question."""
    return pieces(unbroken(text), matcher.highlights(text, language) if matcher else ())


def rows(
    results: Results,
    links: Links,
    t: Translate,
    language: str,
    *,
    words: tuple[str, ...] = (),
) -> tuple[Row, ...]:
    """The results as the list shows them; ``words`` are the question's, to be marked."""
    budget = ANNOTATIONS_ON_A_PAGE
    matcher = Matcher(words) if words else None
    made = []
    for hit in results.hits:
        shown, folded, more = _annotations(hit, budget)
        budget -= len(shown) + len(folded)
        # What holds no word of the question needs no second look; by meaning alone nobody has looked.
        is_worded = hit.why.keyword.terms if hit.why.keyword else results.mode_used == "vector"
        marking = matcher if is_worded else None
        bookmark, spoken = hit.bookmark, hit.bookmark.language
        # Where the title alone was found, or nothing was asked, it says what the bookmark is about; the
        # fuller views show it beside what was found.
        is_fuller = bool(hit.annotations) and hit.passage.kind != "description"
        described = bookmark.description if is_fuller or hit.passage.kind == "title" else ""
        made.append(
            replace(
                row(hit, links, t, language),
                description=marked(clip(described, MAX_TEXT), marking, spoken),
                shown=tuple(quote(item, marking, spoken) for item in shown),
                folded=tuple(quote(item, marking, spoken) for item in folded),
                more=more,
                elsewhere=more - len(folded),
                is_uncertain=not hit.is_listed,
                why=why(hit, t, language),
            )
        )
    return tuple(made)


def row(hit: Hit, links: Links, t: Translate, language: str) -> Row:
    """One result by itself: without its annotations, and without why it was found."""
    bookmark, passage = hit.bookmark, hit.passage
    when, when_iso = dated(bookmark.created_at, language)
    is_foreign = bookmark.language not in ("", language)
    name = unbroken(clip(bookmark.title.strip(), MAX_TITLE)) or bookmark.site or t("untitled")
    # A title is its own passage: it is marked, and not said twice.
    says_title = passage.kind == "title" or passage.text.strip() == bookmark.title.strip()
    text = clip(passage.text, MAX_TEXT)
    is_code = looks_like_code(text)
    cut = pieces(text if is_code else unbroken(text), passage.highlights)
    shown = Quote(passage.annotation_id, cut, is_code=is_code)
    offset = len(passage.text) - len(passage.text.lstrip())
    spans = [(start - offset, end - offset) for start, end in passage.highlights] if says_title else []
    return Row(
        rank=hit.rank,
        bookmark=bookmark,
        title=pieces(name, spans),
        name=name,
        href=jump(safe_url(bookmark.url), passage),
        details=links.bookmark(bookmark.id),
        contributor=links.contributor(bookmark.contributor) if bookmark.contributor else "",
        when=when,
        when_iso=when_iso,
        language=language_name(bookmark.language, language) if is_foreign else "",
        tags=tuple(Link(tag, links.tag(tag)) for tag in bookmark.tags if tag.strip()),
        passage=None if says_title else shown,
        is_quoted=passage.kind == "annotation",
    )


def dated(moment: datetime | None, language: str) -> tuple[str, str]:
    """A day in words and for machines, in UTC; two empty texts where there is none."""
    if moment is None:
        return "", ""
    moment = moment.astimezone(UTC)
    return day(moment, language), moment.date().isoformat()


def _annotations(hit: Hit, budget: int) -> tuple[list[Annotation], list[Annotation], int]:
    """The annotations that a result shows, those that it folds, and how many it does not show."""
    passage, every = hit.passage, hit.bookmark.annotations
    is_all = len(hit.annotations) == len(every)
    others = [
        item
        for item in every
        # The passage stands above already; of a long annotation it may be a part.
        if item.id != passage.annotation_id or (is_all and item.text.strip() != passage.text.strip())
    ]
    chosen = {item.id for item in hit.annotations}
    if not chosen and hit.why.keyword is None and hit.why.vector is None:
        chosen = {item.id for item in others[:TELLING_ANNOTATIONS]}
    shown = [item for item in others if item.id in chosen][:budget]
    rest = [item for item in others if item not in shown]
    return shown, rest[: budget - len(shown)], len(rest)


def why(hit: Hit, t: Translate, language: str) -> Why | None:
    """Why a result was found; None where nothing was asked."""
    keyword, vector = hit.why.keyword, hit.why.vector
    if keyword is None and vector is None:
        return None
    ways, ranks = [], []
    if vector is not None:
        ways.append("vector")
        ranks.append(t("rank_vector", rank=vector.rank, score=number(vector.score, language, 3)))
    if keyword is not None:
        ways.append("keyword")
        ranks.append(t("rank_keyword", rank=keyword.rank, score=number(keyword.score, language, 3)))
        if quoted := ", ".join(dict.fromkeys(keyword.terms)):
            ranks.append(t("why_terms", terms=quoted))
    place = t(f"in_{hit.passage.kind}")
    if hit.passage.kind == "annotation":
        author = next((a.author for a in hit.bookmark.annotations if a.id == hit.passage.annotation_id), "")
        if author := author or hit.bookmark.contributor:
            place = t("in_annotation_by", author=author)
    return Why(t(f"why_{'_'.join(ways)}"), f"{place}. {' '.join(ranks)}")


def notices(results: Results, t: Translate) -> list[dict[str, str]]:
    """What was not done as asked: in the page's language where the catalogue has it."""
    made = []
    for notice in results.notices:
        key = f"notice_{notice.code}"
        known = key in CATALOGUE
        made.append({"text": t(key) if known else notice.message, "lang": "" if known else "en"})
    return made
