"""What the first page offers before anything is asked: questions, tags, what is new."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from glane_indexer.language import detect
from glane_service.pages.views import clip
from glane_service.search.query import Query
from glane_service.search.results import Hit

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

EXAMPLES = 3
NEWEST = 5
HIGHLIGHTS = 4
TAGS = 24
# So many questions are tried before the best are offered; longer ones do not fit a line.
TRIED = 24
LOOKED_THROUGH = 100
LONGEST = 90
SHORTEST_HIGHLIGHT = 40
# A tag that most bookmarks have tells nothing about any of them.
COMMON = 0.5


@dataclass(frozen=True, slots=True)
class Offers:
    """What one generation offers; ``examples`` are those of one language."""

    examples: tuple[str, ...]
    tags: tuple[tuple[str, int], ...]
    newest: tuple[Hit, ...]
    highlighted: tuple[Hit, ...]


class Home:
    """The offers of each engine and language, made once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: WeakKeyDictionary[SearchEngine, dict[str, Offers]] = WeakKeyDictionary()

    def offers(self, engine: SearchEngine, language: str) -> Offers:
        """What ``engine`` offers to readers of ``language``."""
        with self._lock:
            made = self._made.setdefault(engine, {})
            if language not in made:
                made[language] = offers(engine, language)
            return made[language]


def offers(engine: SearchEngine, language: str) -> Offers:
    """What a library offers: its newest bookmarks and highlights, telling tags, good questions."""
    listed = engine.search(Query("", sort="date", per_page=LOOKED_THROUGH))
    tags = [
        (item.value, item.count)
        for item in listed.facets.get("tags", ())
        if item.count <= max(1, COMMON * listed.total)
    ]
    marked = [
        hit
        for hit in listed.hits
        if any(len(item.text) >= SHORTEST_HIGHLIGHT for item in hit.bookmark.annotations)
    ]
    return Offers(
        examples=tuple(_examples(engine, listed.hits, language)),
        tags=tuple(tags[:TAGS]),
        newest=listed.hits[:NEWEST],
        highlighted=tuple(marked[:HIGHLIGHTS]),
    )


def _examples(engine: SearchEngine, newest: tuple[Hit, ...], language: str) -> Iterator[str]:
    """Questions that find something of their own: those that judges answered, else the library's."""
    seen: set[str] = set()
    found = 0
    for text in _candidates(engine, newest, language):
        results = engine.search(Query(text, per_page=1))
        hits = results.hits
        if not results.answered or not hits or hits[0].bookmark.id in seen:
            continue
        seen.add(hits[0].bookmark.id)
        yield text
        found += 1
        if found == EXAMPLES:
            return


def _candidates(engine: SearchEngine, newest: tuple[Hit, ...], language: str) -> list[str]:
    """Questions to try, the likeliest first: judged ones, then those that titles and passages ask."""
    # A topic's title names a talk, not a question.
    bookmarks = [hit for hit in newest if hit.bookmark.kind == "bookmark"]
    judged = [text for text, answers in engine.names("questions") if answers and len(text) <= LONGEST]
    asked = [
        " ".join(text.split())
        for hit in bookmarks
        for text in (hit.bookmark.title, *(item.text for item in hit.bookmark.annotations))
        if text.rstrip().endswith("?") and len(text) <= LONGEST
    ]
    titles = [
        clip(hit.bookmark.title.strip(), LONGEST)
        for hit in sorted(bookmarks, key=lambda hit: (-len(hit.bookmark.annotations), hit.bookmark.id))
        if hit.bookmark.title.strip()
    ]
    ordered = list(dict.fromkeys([*judged, *asked, *titles]))[: 10 * TRIED]
    # In the reader's language first; a few words may be of any.
    ordered.sort(key=lambda text: detect(text) not in ("", language))
    return ordered[:TRIED]
