"""Whether a facet counts what a click on it finds: ``python -m benchmarks.facets --bookmarks 20000``.

Every value of every facet is clicked, in every mode, and the totals compared; beside it the time of a
question with everything compared, and with the legs' depths alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.living import Instant
from glane_indexer.importers import jsonl
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Annotation, Bookmark
from glane_service.search import finding
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Mode, Query

WORDS = (
    "haie",
    "mur",
    "pont",
    "rive",
    "forge",
    "moulin",
    "verger",
    "source",
    "grange",
    "sentier",
    "digue",
    "lac",
)
QUESTIONS = ("haie", "moulin près du pont", "une digue sur la rive 17")
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector")
ROUNDS = 15
_FILTERS = {"contributors": "contributor", "sites": "site", "languages": "language", "kinds": "kind"}


def bookmarks(count: int) -> Iterator[Bookmark]:
    """Bookmarks whose words, tags, sites and contributors are common and rare."""
    for place in range(count):
        word, other = WORDS[place % 12], WORDS[place // 12 % 12]
        yield Bookmark(
            id=f"b{place:06}",
            title=f"{word} {other} {place % 97}",
            url=f"https://{('', 'pages.')[place % 2]}site{place % 40}.example/{place}",
            tags=(("Été", "été")[place % 2], f"tag{place % 31}", f"rare{place % 997}"),
            contributor=f"Contributor {place % 17}",
            created_at=datetime(2005 + place % 20, 1 + place % 12, 1, tzinfo=UTC) if place % 9 else None,
            language=("fr", "en", "es")[place % 3],
            annotations=(Annotation(f"{word} près du {other}, {place % 53}", id=f"a{place}"),),
        )


def clicked(query: Query, facet: str, value: str) -> Query:
    """The query with a value of a facet as a filter."""
    filters = query.filters
    if facet == "tags":
        changed = replace(filters, tags=(*filters.tags, value))
    elif facet == "years":
        changed = replace(filters, after=date(int(value), 1, 1), before=date(int(value), 12, 31))
    else:
        changed = replace(filters, **{_FILTERS[facet]: value})  # type: ignore[arg-type]
    return replace(query, filters=changed)


def measure(count: int) -> dict[str, Any]:
    """How many values were clicked, those whose total is another, and milliseconds of a question."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "library")
        lines = "".join(jsonl.dump(bookmark) + "\n" for bookmark in bookmarks(count)).encode()
        import_bytes(lines, library, format="jsonl", name="facets")
        build_generation(library, Instant())
        engine = SearchEngine(Generation.open(library).view("public"), Instant())
        values, unequal = 0, []
        for text in QUESTIONS:
            for mode in MODES:
                for filters in (Filters(), Filters(tags=("été",))):
                    query = Query(text, mode=mode, filters=filters)
                    for facet, items in engine.search(query).facets.items():
                        for item in items:
                            values += 1
                            total = engine.search(clicked(query, facet, item.value)).total
                            if total != item.count:
                                unequal.append([text, mode, facet, item.value, item.count, total])
        every = _milliseconds(engine)
        with patch.object(finding, "MOST_COMPARED", 0):
            depths = _milliseconds(engine)
    return {
        "bookmarks": count,
        "values": values,
        "unequal": unequal,
        "everything_compared_ms": every,
        "depths_alone_ms": depths,
    }


def _milliseconds(engine: SearchEngine) -> float:
    times = []
    for place in range(ROUNDS):
        started = time.perf_counter()
        engine.search(Query(QUESTIONS[place % len(QUESTIONS)]))
        times.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(times), 1)


def main() -> int:
    """Print the measurements as JSON; 1 where a count is not what a click finds."""
    parser = argparse.ArgumentParser(description="Click every value of every facet.")
    parser.add_argument("--bookmarks", type=int, default=20_000, help="of the library (20000)")
    found = measure(parser.parse_args().bookmarks)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 1 if found["unequal"] else 0


if __name__ == "__main__":
    sys.exit(main())
