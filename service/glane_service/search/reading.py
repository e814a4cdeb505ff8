"""The texts of bookmarks made ready to be searched for words, and kept for as long as their view lives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from glane_indexer.index.protocol import PassagePlace, View
from glane_indexer.models import Bookmark, PassageKind
from glane_indexer.passages import source_text
from glane_service.search.matching import bounded
from glane_service.search.ranking.candidates import Rows

# Those that answer the common questions; about 5 KB each.
KEPT = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """A bookmark with all of its text in one: its passages first, in their order, a line between.

    ``kinds`` is what each passage is of, ``starts`` where each begins in ``text``, and ``bounded`` what
    :func:`.matching.bounded` has made of it.
    """

    bookmark: Bookmark
    passages: tuple[PassagePlace, ...]
    kinds: tuple[PassageKind, ...]
    starts: tuple[int, ...]
    text: str
    bounded: str

    @classmethod
    def of(cls, bookmark: Bookmark, passages: list[PassagePlace]) -> Reading:
        """The reading of a bookmark with these passages."""
        texts = [
            source_text(bookmark, place.kind, place.annotation)[place.start : place.start + place.length]
            for place in passages
        ]
        starts, end = [], 0
        for text in texts:
            starts.append(end)
            end += len(text) + 1
        texts += [*bookmark.tags, bookmark.url, *(item.note for item in bookmark.annotations if item.note)]
        whole = "\n".join(texts)
        kinds = tuple(place.kind for place in passages)
        return cls(bookmark, tuple(passages), kinds, tuple(starts), whole, bounded(whole))

    def passage(self, place: int) -> str:
        """The text of one passage."""
        start = self.starts[place]
        return self.text[start : start + self.passages[place].length]


class Readings:
    """The readings of one view, the latest kept. Safe to share between threads."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Reading] = OrderedDict()

    def of(self, rows: Rows) -> list[Reading]:
        """The readings of some rows, in their order; those that are not kept are read together."""
        wanted = rows.tolist()
        with self._lock:
            found = {row: self._kept[row] for row in wanted if row in self._kept}
            for row in found:
                self._kept.move_to_end(row)
        missing = [row for row in dict.fromkeys(wanted) if row not in found]
        if missing:
            for row, bookmark in zip(missing, self.view.bookmarks(missing), strict=True):
                found[row] = Reading.of(bookmark, self.view.passages(row))
            with self._lock:
                self._kept.update((row, found[row]) for row in missing)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return [found[row] for row in wanted]
