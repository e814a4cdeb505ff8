"""What becomes of a bookmark that comes in again: the rules of an import, without a database (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from glane_indexer.identity import annotation_id, plain
from glane_indexer.models import Annotation, Bookmark

# Titles that programs give to pages without one.
_SAY_NOTHING = frozenset(
    (
        *(
            "untitled",
            "untitled document",
            "untitled page",
            "no title",
            "notitle",
            "title",
            "bookmark",
            "page",
        ),
        *("sans titre", "document sans titre", "page sans titre", "sin título", "sin titulo", "ohne titel"),
        *("unbenannt", "senza titolo", "sem título", "home", "home page", "homepage", "index", "accueil"),
        *("null", "none", "undefined", "loading", "404", "404 not found", "not found", "page not found"),
        *("just a moment", "403 forbidden", "forbidden", "access denied", "about:blank", "new tab"),
    )
)
# What a 64-bit column holds.
MAX_VIEWS = 2**63 - 1
# Stands between the tags of a bookmark on their way into the catalog; a control character.
TAG_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one import (or, with ``import_id`` "", an edit) says of a bookmark.

    ``whole``: it stands in the place of all before it; otherwise it is merged into them. ``key`` names the
    record of a live source, of which only the last word counts; that it has the record no more (None) too.
    """

    number: int
    import_id: str
    whole: bool
    bookmark: Bookmark | None
    key: str = ""


def combined(contributions: Iterable[Contribution]) -> Bookmark | None:
    """The bookmark that contributions give, merged in their order; None where none is left.

    What was edited by hand (``whole``) stays when a source from before the edit has it no more.
    """
    valid: list[Contribution] = []
    for item in contributions:
        if item.whole:
            valid = []
        elif item.key:
            valid = [other for other in valid if other.key != item.key]
        if item.bookmark is not None:
            valid.append(item)
    bookmark: Bookmark | None = None
    for item in valid:
        if item.bookmark is not None:
            bookmark = merge(bookmark, item.bookmark) if bookmark else item.bookmark
    return bookmark


def merge(stored: Bookmark, incoming: Bookmark, *, newer: bool = True) -> Bookmark:
    """``stored`` with what ``incoming``, another account of the same page, adds to it.

    Tags and annotations unite, two descriptions are both kept, the earliest date and the most views
    stay. The incoming title stands, unless it says nothing. The first contributor stays, and the
    annotations of another one keep their author. What any source calls private is private, what any
    calls a topic is a topic. Of two ways to write the url the plainer one stays.

    Annotations are told apart by their ids, or by text and author where a source has ids of its own;
    none is lost, since a saved page may have folded some: they take the incoming order where it holds
    all of them; otherwise the new ones follow the stored ones.

    Merging the same bookmark again changes nothing.

    Args:
        newer: whether the incoming account is the newer one; of two in one file neither is, and the
            title of the first stands, unless it says nothing.
    """
    contributor = stored.contributor or incoming.contributor
    dates = [moment for moment in (stored.created_at, incoming.created_at) if moment]
    return Bookmark(
        id=stored.id,
        title=_title(stored, incoming) if newer else _title(incoming, stored),
        url=_plainer(stored.url, incoming.url),
        description=_both(stored.description, incoming.description),
        tags=_united(stored.tags, incoming.tags),
        contributor=contributor,
        created_at=min(dates, default=None),
        views=max(stored.views, incoming.views),
        kind="topic" if "topic" in (stored.kind, incoming.kind) else "bookmark",
        language=incoming.language or stored.language,
        annotations=_merge_annotations(
            _attributed(stored, contributor), _attributed(incoming, contributor), contributor
        ),
        # Most sources say nothing about it, and what is private must not come out by an import.
        visibility="private" if "private" in (stored.visibility, incoming.visibility) else "public",
    )


def says_something(title: str, url: str = "") -> bool:
    """Whether a title tells anything about its page that the page's url does not."""
    plain = " ".join(title.split()).casefold().strip(".…[]()<>-–— ")
    if not plain or plain in _SAY_NOTHING:
        return False
    if plain.startswith(("http://", "https://")):
        return False
    return plain.rstrip("/") not in _names_of(url)


def _names_of(url: str) -> tuple[str, ...]:
    address = url.casefold().split("://", 1)[-1].rstrip("/")
    return address, address.removeprefix("www."), address.rsplit("/", 1)[-1]


def _title(stored: Bookmark, incoming: Bookmark) -> str:
    if says_something(incoming.title, incoming.url) or not stored.title:
        return incoming.title or stored.title
    return stored.title


def _plainer(stored: str, incoming: str) -> str:
    """The one of two ways to write a url that a reader would rather follow."""
    if not stored or not incoming:
        return stored or incoming
    return min(
        (stored, incoming),
        key=lambda url: (not url.lower().startswith("https://"), len(url), url != stored),
    )


def _both(stored: str, incoming: str) -> str:
    """Two descriptions one after the other; one of them where it says what the other says."""
    if " ".join(incoming.split()) in " ".join(stored.split()):
        return stored
    if " ".join(stored.split()) in " ".join(incoming.split()):
        return incoming
    return f"{stored}\n\n{incoming}"


def _united(stored: tuple[str, ...], incoming: tuple[str, ...]) -> tuple[str, ...]:
    """The tags of both, each once whatever its case."""
    once = {tag.casefold(): tag for tag in reversed((*stored, *incoming))}
    return tuple(once[key] for key in dict.fromkeys(tag.casefold() for tag in (*stored, *incoming)))


def _attributed(bookmark: Bookmark, contributor: str) -> tuple[Annotation, ...]:
    """The annotations as they are to be in a bookmark of this contributor: none changes its author.

    An annotation without an author is by the bookmark's contributor.
    """
    if bookmark.contributor in ("", contributor):
        return bookmark.annotations
    return tuple(
        annotation
        if annotation.author
        else replace(
            annotation,
            author=bookmark.contributor,
            id=_reattributed(bookmark, annotation, contributor),
        )
        for annotation in bookmark.annotations
    )


def _reattributed(bookmark: Bookmark, annotation: Annotation, contributor: str) -> str:
    """The id of an annotation with its author named, where it is told by text and author."""
    if annotation.id != annotation_id(bookmark.id, annotation, bookmark.contributor):
        return annotation.id
    return annotation_id(bookmark.id, replace(annotation, author=bookmark.contributor), contributor)


def _merge_annotations(
    stored: tuple[Annotation, ...], incoming: tuple[Annotation, ...], contributor: str
) -> tuple[Annotation, ...]:
    olds = {annotation.id: annotation for annotation in stored}
    said = {_said(annotation, contributor): annotation.id for annotation in reversed(stored)}
    news: dict[str, Annotation] = {}
    for annotation in incoming:
        key = annotation.id
        if key not in olds:
            # Not twice to one of the stored ones: where a source tells two apart, they stay two.
            same = said.pop(_said(annotation, contributor), key)
            key = key if same in news else same
        news[key] = replace(annotation, id=key)
    order = news if olds.keys() <= news.keys() else {**olds, **news}
    return tuple(
        _merge_annotation(olds[key], news[key])
        if key in olds and key in news
        else news.get(key) or olds[key]
        for key in order
    )


def _said(annotation: Annotation, contributor: str) -> tuple[str, str]:
    """What an annotation says and who says it, whatever its id."""
    author = "" if annotation.author == contributor else annotation.author
    return author, plain(annotation.text) or f"note\x1f{plain(annotation.note)}"


def _merge_annotation(stored: Annotation, incoming: Annotation) -> Annotation:
    dates = [moment for moment in (stored.created_at, incoming.created_at) if moment]
    return replace(
        stored,
        note=_both(stored.note, incoming.note),
        created_at=min(dates, default=None),
    )


def without_repeats(bookmark: Bookmark) -> tuple[Bookmark, int]:
    """The bookmark with each annotation once, at its first place, and how many repeats there were."""
    once: dict[str, Annotation] = {}
    for annotation in bookmark.annotations:
        first = once.get(annotation.id)
        once[annotation.id] = _merge_annotation(first, annotation) if first else annotation
    repeats = len(bookmark.annotations) - len(once)
    return (replace(bookmark, annotations=tuple(once.values())) if repeats else bookmark), repeats


def storable(bookmark: Bookmark) -> Bookmark:
    """The bookmark exactly as the catalog will give it back: sound Unicode, times in UTC."""
    return Bookmark(
        id=_text(bookmark.id),
        title=_text(bookmark.title),
        url=_text(bookmark.url),
        description=_text(bookmark.description),
        tags=tuple(_text(tag.replace(TAG_SEPARATOR, " ")) for tag in bookmark.tags if tag),
        contributor=_text(bookmark.contributor),
        created_at=_utc(bookmark.created_at),
        views=min(max(bookmark.views, 0), MAX_VIEWS),
        kind=bookmark.kind,
        language=bookmark.language,
        visibility=bookmark.visibility,
        annotations=tuple(
            Annotation(
                id=_text(annotation.id),
                text=_text(annotation.text),
                note=_text(annotation.note),
                author=_text(annotation.author),
                created_at=_utc(annotation.created_at),
            )
            for annotation in bookmark.annotations
        ),
    )


def _text(text: str) -> str:
    """The text with halves of surrogate pairs replaced, which UTF-8 cannot hold."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC; one without a zone is taken to be in UTC."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # at the ends of the calendar a shift of zone leaves it
        return moment.replace(tzinfo=UTC)
