"""A bookmark as one text for an assistant: every quotation fenced, in order, within a budget (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from glane_indexer.errors import QueryError
from glane_indexer.models import Bookmark
from glane_service.search.quoting import Citation, estimated_tokens, fenced, one_line


def whole_bookmark(
    bookmark: Bookmark, max_tokens: int, cursor: str, about: str
) -> tuple[str, dict[str, str], str | None]:
    """The text of a bookmark, its metadata, and the cursor of what does not fit.

    ``cursor`` is the number of a quotation and the offset in it, ``3:1200``. ``about`` stands first.

    Raises:
        QueryError: the cursor is not one of this bookmark.
    """
    quotes = list(_quotes(bookmark))
    number, offset = _place(cursor, quotes)
    metadata = _metadata(bookmark)
    blocks = [about, *(f"{name.replace('_', ' ').capitalize()}: {text}" for name, text in metadata.items())]
    if number == offset == 0:
        blocks.insert(1, f"Title: {one_line(bookmark.title)}")
    parts = ["\n".join(blocks)]
    budget = max_tokens - estimated_tokens(parts[0])
    while number < len(quotes):
        citation = quotes[number]
        rest = Citation(
            bookmark, citation.field, citation.quote[offset:], citation.start + offset, citation.annotation
        )
        part = _block(rest)
        cost = estimated_tokens(part)
        if cost > budget and len(parts) > 1:
            return "\n\n".join(parts), metadata, f"{number}:{offset}"
        if cost > budget:
            # Even the first does not fit: as much of it as does, and never nothing.
            head = estimated_tokens(part) - estimated_tokens(rest.quote)
            cut = rest.clipped(max(16, budget - head))
            parts.append(_block(cut))
            if cut.end < rest.end:
                return "\n\n".join(parts), metadata, f"{number}:{offset + len(cut.quote)}"
        else:
            parts.append(part)
        budget -= cost
        number, offset = number + 1, 0
    return "\n\n".join(parts), metadata, None


def _quotes(bookmark: Bookmark) -> Iterator[Citation]:
    """What was written and marked, in order: the description, then each annotation and its note."""
    if bookmark.description:
        yield Citation(bookmark, "description", bookmark.description)
    for annotation in bookmark.annotations:
        if annotation.text:
            yield Citation(bookmark, "text", annotation.text, 0, annotation)
        if annotation.note:
            yield Citation(bookmark, "note", annotation.note, 0, annotation)


def _block(citation: Citation) -> str:
    """A quotation with the line that says what it is."""
    annotation = citation.annotation
    span = f"characters {citation.start} to {citation.end}"
    if annotation is None:
        return f"Description, {span}:\n{fenced(citation.quote)}"
    name = "Annotation" if citation.field == "text" else "Note on annotation"
    author = f" by {one_line(citation.author)}" if citation.author else ""
    return f"{name} {one_line(annotation.id)}{author}, {span}:\n{fenced(citation.quote)}"


def _metadata(bookmark: Bookmark) -> dict[str, str]:
    facts = {
        "contributor": bookmark.contributor,
        "date": _day(bookmark.created_at),
        "site": bookmark.site,
        "tags": ", ".join(bookmark.tags),
        "kind": bookmark.kind,
        "language": bookmark.language,
        "annotations": str(len(bookmark.annotations)),
    }
    return {name: one_line(text) for name, text in facts.items() if text}


def _day(moment: datetime | None) -> str:
    return moment.astimezone(UTC).date().isoformat() if moment else ""


def _place(cursor: str, quotes: list[Citation]) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    number, _, offset = cursor.partition(":")
    digits = all(part.isascii() and part.isdigit() and len(part) < 9 for part in (number, offset))
    if not digits or int(number) >= len(quotes) or int(offset) > len(quotes[int(number)].quote):
        raise QueryError(
            "it is not a cursor of this bookmark", where="cursor", hint="Fetch the bookmark without it"
        )
    return int(number), int(offset)
