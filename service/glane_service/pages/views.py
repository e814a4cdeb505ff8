"""What a template is given: plain values, made from results (pure).

Every text here is untrusted, and is escaped by the template; nothing here is HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote

from glane_indexer.identity import safe_url

from glane_indexer.models import Annotation, Bookmark
from glane_service.http.links import Links
from glane_service.pages.formats import day, language_name
from glane_service.pages.messages import CATALOGUE
from glane_service.results import Hit, MatchedPassage, Results, Span

# A page that shows every annotation of twenty well-read bookmarks would weigh more than all of the
# rest: so many are on it, in order, and the others are one link away.
ANNOTATIONS_ON_A_PAGE = 300
MAX_TITLE = 300
MAX_TEXT = 4000
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
        when_iso=bookmark.created_at.astimezone(UTC).date().isoformat() if bookmark.created_at else "",
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
        author = next((a.author for a in hit.bookmark.annotations if a.id == hit.passage.annotation_id), "")
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


def notices(results: Results, t: Translate, language: str) -> list[dict[str, str]]:
    """What was not done as asked: in the page's language where the catalogue has it."""
    made = []
    for notice in results.notices:
        key = f"notice_{notice.code}"
        known = key in CATALOGUE
        made.append({"text": t(key) if known else notice.message, "lang": "" if known else "en"})
    return made
