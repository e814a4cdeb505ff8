"""The formats that Glane writes, and which bookmarks of a library are asked for (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from glane_indexer.exporters import beir, csv_table, markdown, netscape, webannotation
from glane_indexer.importers import jsonl
from glane_indexer.models import Bookmark


@dataclass(frozen=True, slots=True)
class Export:
    """A format by its name: ``write`` gives the parts of the file, in their order.

    ``loses`` says what an import of the file does not bring back, "" where it brings back everything.
    """

    name: str
    about: str
    loses: str
    write: Callable[[Iterable[Bookmark]], Iterator[str]]


def _jsonl(bookmarks: Iterable[Bookmark]) -> Iterator[str]:
    for bookmark in bookmarks:
        yield jsonl.dump(bookmark) + "\n"


EXPORTS = {
    item.name: item
    for item in (
        Export("jsonl", "Glane's own: a bookmark a line", "", _jsonl),
        Export("webannotation", "W3C Web Annotations, as one JSON-LD collection", "", webannotation.write),
        Export(
            "netscape",
            "bookmarks as every browser reads them (HTML)",
            "ids, contributor, views, kind and language; annotations become text of the description",
            netscape.write,
        ),
        Export(
            "csv",
            "a table with Diigo's columns",
            "ids, contributor, authors and dates of annotations, views, kind, language and visibility",
            csv_table.write,
        ),
        Export(
            "markdown",
            "a page to read: each bookmark a heading, its highlights quoted",
            "ids, views, kind, language and visibility; authors and times of day of annotations",
            markdown.write,
        ),
        Export(
            "beir",
            "the corpus of a BEIR dataset, to measure with",
            "annotations become text of the description",
            beir.write,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which bookmarks to write: those with every tag, by this contributor, from this moment on."""

    tags: tuple[str, ...] = ()
    by: str = ""
    after: datetime | None = None

    def takes(self, bookmark: Bookmark) -> bool:
        """Whether the bookmark is asked for; capitals make no difference."""
        held = {tag.casefold() for tag in bookmark.tags}
        if not all(tag.casefold() in held for tag in self.tags):
            return False
        if self.by and self.by.casefold() != bookmark.contributor.casefold():
            return False
        return self.after is None or (bookmark.created_at is not None and bookmark.created_at >= self.after)
