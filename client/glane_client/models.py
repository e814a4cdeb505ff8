"""The answers of the API as values. What a newer service adds is passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Annotation:
    """A highlight of a bookmark's page, or a note."""

    id: str
    text: str
    note: str = ""
    author: str = ""
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A bookmark; ``created_at`` is RFC 3339, UTC."""

    id: str
    url: str
    title: str
    site: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    contributor: str = ""
    kind: str = "bookmark"
    created_at: str | None = None
    views: int = 0
    language: str = ""
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """The passage that answers, verbatim.

    It begins at ``start`` (code points) of the title, the description or the annotation; ``link``
    leads to it on its page.
    """

    kind: str
    text: str
    annotation_id: str | None = None
    start: int = 0
    link: str = ""
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One result; ``confidence`` is the probability that it answers, None from a service without."""

    rank: int
    score: float
    bookmark: Bookmark
    passage: Passage
    confidence: float | None = None

    def metadata(self) -> dict[str, Any]:
        """What a retrieval framework keeps beside the passage; plain values, none of them null."""
        bookmark, passage = self.bookmark, self.passage
        return {
            "id": bookmark.id,
            "title": bookmark.title,
            "source": passage.link or bookmark.url,
            "site": bookmark.site,
            "contributor": bookmark.contributor,
            "date": (bookmark.created_at or "")[:10],
            "tags": list(bookmark.tags),
            "language": bookmark.language,
            "kind": passage.kind,
            "annotation_id": passage.annotation_id or "",
            "start": passage.start,
            "end": passage.start + len(passage.text),
            "score": self.confidence if self.confidence is not None else self.score,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of results. ``answered`` is False where the library has no good answer."""

    answered: bool
    total: int
    page: int
    pages: int
    results: tuple[Result, ...]
    mode_used: str = ""
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def bookmark_of(document: dict[str, Any]) -> Bookmark:
    """A bookmark of its JSON."""
    known = _known(Bookmark, document)
    known["tags"] = tuple(document.get("tags", ()))
    known["annotations"] = tuple(
        Annotation(**_known(Annotation, item)) for item in document.get("annotations", ())
    )
    return Bookmark(**known)


def result_of(document: dict[str, Any]) -> Result:
    """A result of its JSON; its bookmark has the annotations that the view shows."""
    passage = _known(Passage, document["passage"])
    passage["highlights"] = tuple((start, end) for start, end in passage.get("highlights", ()))
    shown = {**document["bookmark"], "annotations": document.get("annotations", ())}
    return Result(
        document["rank"],
        document["score"],
        bookmark_of(shown),
        Passage(**passage),
        document.get("confidence"),
    )


def answer_of(document: dict[str, Any]) -> Answer:
    """An answer of its JSON."""
    results = tuple(result_of(item) for item in document["results"])
    return Answer(
        answered=document.get("answered", bool(results)),
        total=document["total"],
        page=document["page"],
        pages=document["pages"],
        results=results,
        mode_used=document["mode_used"],
        facets={
            name: {item["value"]: item["count"] for item in values}
            for name, values in document.get("facets", {}).items()
        },
        notices=tuple(item["message"] for item in document.get("notices", ())),
    )


def _known(model: type[Any], document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in model.__slots__ if name in document}
