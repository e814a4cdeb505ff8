"""All highlights of a library as one stream, the newest first."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from glane_indexer.models import Annotation, Bookmark
from glane_service.search.query import Filters, Query

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

PAGE_SIZE = 30
_ALL = 1 << 40


@dataclass(frozen=True, slots=True)
class Highlight:
    """One annotation in its bookmark; ``when`` is its own date, else its bookmark's."""

    bookmark: Bookmark
    annotation: Annotation
    when: datetime | None

    @property
    def author(self) -> str:
        """Who marked it, or who added the bookmark where that is not known."""
        return self.annotation.author or self.bookmark.contributor


class Stream:
    """The highlights of each engine, ordered once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The ids alone are kept: texts are read again for the few that a page shows.
        self._ordered: WeakKeyDictionary[SearchEngine, list[tuple[str, str]]] = WeakKeyDictionary()

    def page(self, engine: SearchEngine, filters: Filters, number: int) -> tuple[list[Highlight], int]:
        """One page of the highlights that pass ``filters``, from 1, and how many there are in all."""
        ordered = self._all(engine)
        if filters.to_json():
            listed = engine.ranking(Query("", sort="date", filters=filters), _ALL)
            allowed = {identifier for identifier, _ in listed}
            ordered = [pair for pair in ordered if pair[0] in allowed]
        first = (number - 1) * PAGE_SIZE
        shown = []
        for bookmark_id, annotation_id in ordered[first : first + PAGE_SIZE]:
            bookmark = engine.bookmark(bookmark_id)
            annotation = next(item for item in bookmark.annotations if item.id == annotation_id)
            shown.append(Highlight(bookmark, annotation, annotation.created_at or bookmark.created_at))
        return shown, len(ordered)

    def _all(self, engine: SearchEngine) -> list[tuple[str, str]]:
        with self._lock:
            if engine not in self._ordered:
                self._ordered[engine] = engine.view.highlights()
            return self._ordered[engine]
