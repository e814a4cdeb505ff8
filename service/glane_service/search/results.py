"""What a search answers: plain values, and their JSON as outsiders script against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from glane_indexer.errors import QueryError
from glane_indexer.models import Annotation, Bookmark, PassageKind
from glane_service.search.quoting import cite_hit
from glane_service.search.stopwatch import Stage

Mode = Literal["hybrid", "keyword", "vector"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MatchedPassage:
    """The passage shown for a result; ``highlights`` are code-point spans into ``text``, in order.

    ``text`` stands at ``start`` (code points) in its source: the title, the description, the annotation.
    """

    kind: PassageKind
    text: str
    annotation_id: str = ""
    highlights: tuple[Span, ...] = ()
    start: int = 0


@dataclass(frozen=True, slots=True)
class KeywordWhy:
    """How the keyword leg saw a bookmark: its rank (from 1), its score, and the words that matched."""

    rank: int
    score: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VectorWhy:
    """How the vector leg saw a bookmark: its rank (from 1) and its score (a cosine)."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a bookmark was found; a leg is None where it did not find it, or did not run."""

    keyword: KeywordWhy | None = None
    vector: VectorWhy | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: a bookmark, the passage of it that answers, and why.

    ``bookmark.annotations`` always holds all of them; ``annotations`` those that the view shows
    (none in ``simple``, the first few in ``middle``, all in ``full``). ``confidence`` is the probability
    that it answers, or None where that is not known (a list without a question, the keyword mode, an
    encoder that is not calibrated); ``is_listed`` says whether the result is above the line.
    """

    rank: int
    score: float
    bookmark: Bookmark
    passage: MatchedPassage
    why: Why
    annotations: tuple[Annotation, ...] = ()
    confidence: float | None = None
    is_listed: bool = True


class FacetValue(NamedTuple):
    """One value of a facet and how many results of the whole pool have it."""

    value: str
    count: int  # type: ignore[assignment]  # a tuple has a method of that name, which nobody needs here


Facets = dict[str, tuple[FacetValue, ...]]
FACETS = ("tags", "contributors", "sites", "years", "languages", "kinds")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was not done as asked; ``code`` is stable, ``message`` is for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that no bookmark holds, and the one that it was taken for."""

    typed: str
    taken: str


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to one query: one page of hits out of a fixed pool of ``total``.

    ``query`` holds the text, mode and filters as they were understood; ``notices`` says in plain
    words what was not done as asked (a query that did not parse, a leg that could not run).
    ``answered`` is False where nothing found is likely to answer; ``more`` counts what was found below the
    line, which neither ``total`` nor the facets count. ``stages`` are the milliseconds of each stage,
    and ``seq`` is the last change that the answer knows.
    """

    query: dict[str, Any]
    mode_used: Mode
    generation: str
    total: int
    page: int
    per_page: int
    took_ms: float
    hits: tuple[Hit, ...] = ()
    facets: Facets = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    answered: bool = True
    more: int = 0
    corrections: tuple[Correction, ...] = ()
    stages: dict[Stage, float] = field(default_factory=dict)
    seq: int = 0

    @property
    def pages(self) -> int:
        """How many pages the pool fills."""
        return -(-self.total // self.per_page)


class NoSuchPageError(QueryError):
    """The page asked for is after the last one; ``results`` has everything but hits."""

    def __init__(self, results: Results) -> None:
        last = max(1, results.pages)
        super().__init__(f"there is no page {results.page}", where="page", hint=f"The last one is {last}")
        self.results = results
        self.last = last


def to_json(results: Results) -> dict[str, Any]:
    """The answer of ``GET /api/search`` and of ``glane search --json``."""
    return {
        "query": results.query,
        "mode_used": results.mode_used,
        "generation": results.generation,
        "total": results.total,
        "page": results.page,
        "per_page": results.per_page,
        "pages": results.pages,
        "took_ms": round(results.took_ms, 3),
        "notices": [{"code": item.code, "message": item.message} for item in results.notices],
        "results": [hit_json(hit) for hit in results.hits],
        "facets": {
            name: [{"value": item.value, "count": item.count} for item in values]
            for name, values in results.facets.items()
        },
        "answered": results.answered,
        "more": results.more,
        "corrections": [{"typed": item.typed, "taken": item.taken} for item in results.corrections],
        "seq": results.seq,
    }


def bookmark_json(bookmark: Bookmark) -> dict[str, Any]:
    """A bookmark without its annotations, as answers show it."""
    return {
        "id": bookmark.id,
        "url": bookmark.url,
        "title": bookmark.title,
        "site": bookmark.site,
        "description": bookmark.description,
        "tags": list(bookmark.tags),
        "contributor": bookmark.contributor,
        "kind": bookmark.kind,
        "created_at": _timestamp(bookmark.created_at),
        "views": bookmark.views,
        "language": bookmark.language,
    }


def annotation_json(annotation: Annotation) -> dict[str, Any]:
    """An annotation, as answers show it."""
    return {
        "id": annotation.id,
        "text": annotation.text,
        "note": annotation.note,
        "author": annotation.author,
        "created_at": _timestamp(annotation.created_at),
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """One result, as answers show it."""
    passage = hit.passage
    why: dict[str, Any] = {"keyword": None, "vector": None}
    if hit.why.keyword is not None:
        keyword = hit.why.keyword
        why["keyword"] = {
            "rank": keyword.rank,
            "score": round(keyword.score, 6),
            "terms": list(keyword.terms),
        }
    if hit.why.vector is not None:
        why["vector"] = {"rank": hit.why.vector.rank, "score": round(hit.why.vector.score, 6)}
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "bookmark": bookmark_json(hit.bookmark),
        "passage": {
            "kind": passage.kind,
            "annotation_id": passage.annotation_id or None,
            "text": passage.text,
            "highlights": [list(span) for span in passage.highlights],
            "start": passage.start,
            "link": cite_hit(hit).link,
        },
        "annotations_total": len(hit.bookmark.annotations),
        "annotations": [annotation_json(item) for item in hit.annotations],
        "why": why,
        "confidence": None if hit.confidence is None else round(hit.confidence, 4),
    }


def _timestamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
