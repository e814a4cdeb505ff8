"""What a template is given: plain values, made from results (pure).

Every text here is untrusted, and is escaped by the template; nothing here is HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC

from glane_indexer.models import Annotation, Bookmark
from glane_service.http.links import Links
from glane_service.pages.formats import day, language_name, number
from glane_service.pages.messages import CATALOGUE
from glane_service.search.quoting import cite_hit
from glane_service.search.results import Hit, Results, Span

# A page that shows every annotation of twenty well-read bookmarks would weigh more than all of the
# rest: so many are on it, in order, and the others are one link away.
ANNOTATIONS_ON_A_PAGE = 300
MAX_TITLE = 300
MAX_TEXT = 4000

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
    description: str = ""
    shown: tuple[Annotation, ...] = ()
    folded: tuple[Annotation, ...] = ()
    more: int = 0
    elsewhere: int = 0
    why: str = ""


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


def rows(
    results: Results, links: Links, t: Translate, language: str, *, explain: bool = False
) -> tuple[Row, ...]:
    """The results as the list shows them."""
    budget = ANNOTATIONS_ON_A_PAGE
    made = []
    for hit in results.hits:
        shown, folded, more = _annotations(hit, budget)
        budget -= len(shown) + len(folded)
        # The full view shows the description too, where it is not the passage already; and where the
        # title alone was found, or nothing was asked, it says what the bookmark is about.
        is_full = bool(hit.annotations) and not more and hit.passage.kind != "description"
        is_described = is_full or hit.passage.kind == "title"
        made.append(
            replace(
                row(hit, links, t, language),
                description=hit.bookmark.description if is_described else "",
                shown=shown,
                folded=folded,
                more=more,
                elsewhere=more - len(folded),
                why=why(hit, t, language, explain=explain),
            )
        )
    return tuple(made)


def row(hit: Hit, links: Links, t: Translate, language: str) -> Row:
    """One result by itself: without its annotations, and without why it was found."""
    bookmark, passage = hit.bookmark, hit.passage
    created = bookmark.created_at.astimezone(UTC) if bookmark.created_at else None
    is_foreign = bookmark.language not in ("", language)
    details = links.bookmark(bookmark.id)
    is_title = passage.kind == "title"
    return Row(
        rank=hit.rank,
        bookmark=bookmark,
        title=clip(bookmark.title.strip(), MAX_TITLE) or bookmark.site or t("untitled"),
        href=cite_hit(hit).link,
        details=details,
        similar=f"{details}#similar",
        contributor=links.contributor(bookmark.contributor) if bookmark.contributor else "",
        when=day(created, language) if created else "",
        when_iso=created.date().isoformat() if created else "",
        language=language_name(bookmark.language, language) if is_foreign else "",
        tags=tuple(Link(tag, links.tag(tag)) for tag in bookmark.tags if tag.strip()),
        passage=() if is_title else pieces(clip(passage.text, MAX_TEXT), passage.highlights),
        passage_kind=passage.kind,
    )


def _annotations(hit: Hit, budget: int) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...], int]:
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
    shown = [item for item in others if item.id in chosen][:budget]
    rest = [item for item in others if item not in shown]
    return tuple(shown), tuple(rest[: budget - len(shown)]), len(rest)


def why(hit: Hit, t: Translate, language: str, *, explain: bool = False) -> str:
    """Why a result was found, in words, and in numbers too if asked; "" where nothing was asked."""
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
        ranks.append(t("rank_vector", rank=vector.rank) + _score(vector.score, language, explain))
    if keyword is not None:
        quoted = ", ".join(dict.fromkeys(keyword.terms))
        mark = f"«\u00a0{quoted}\u00a0»" if language == "fr" else f"“{quoted}”"
        ways.append(t("why_keyword_terms", terms=mark) if quoted else t("why_keyword"))
        ranks.append(t("rank_keyword", rank=keyword.rank) + _score(keyword.score, language, explain))
    joined = (" et " if language == "fr" else " and ").join(ways)
    total = f" – {t('score')}{_score(hit.score, language, explain)}" if explain else ""
    return f"{t('why')} {joined}, {place} ({', '.join(ranks)}){total}"


def _score(score: float, language: str, explain: bool) -> str:
    return f" {number(score, language, 3)}" if explain else ""


def notices(results: Results, t: Translate, language: str) -> list[dict[str, str]]:
    """What was not done as asked: in the page's language where the catalogue has it."""
    made = []
    for notice in results.notices:
        key = f"notice_{notice.code}"
        known = key in CATALOGUE
        made.append({"text": t(key) if known else notice.message, "lang": "" if known else "en"})
    return made
