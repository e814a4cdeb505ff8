"""What a change costs in a large library, and what many small segments cost a search.

Vectors are hashed words, so what is measured is the index and the catalog. ``python -m benchmarks.living``
prints JSON: the first build, one bookmark more (seconds until a view of it is open, and bytes written to
the index), searches in one segment and in fifty more, and a merge of all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index import bookmarks
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors
from glane_indexer.index import merge
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import text_hash
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query

DIMENSIONS = 384
SEGMENTS = 50
ASKED = ("protection sociale", "travail plateforme données", "mot00007 mot00100", "qui décide du prix ?")


class Instant:
    """An encoder that costs nothing: unit vectors by hash."""

    info = EncoderInfo("instant", "instant-1", DIMENSIONS, 512)

    def __init__(self) -> None:
        drawn = np.random.default_rng(0).standard_normal((5000, DIMENSIONS)).astype(np.float32)
        self._pool = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    def encode_queries(self, texts: list[str]) -> Vectors:
        """One vector a text."""
        found: Vectors = self._pool[[int(text_hash(text)[:8], 16) % len(self._pool) for text in texts]]
        return found

    def encode_passages(self, texts: list[str], progress: Progress | None = None) -> Vectors:
        """One vector a text."""
        if progress:
            progress(len(texts))
        return self.encode_queries(texts)

    def count_tokens(self, texts: list[str]) -> list[int]:
        """About the real number."""
        return [len(text) // 3 for text in texts]


def new(number: int) -> Bookmark:
    """One bookmark more."""
    return Bookmark(
        f"Une page de plus {number}",
        f"https://plus.example/{number}",
        annotations=tuple(Annotation(f"Une phrase de plus {number} {place}.") for place in range(4)),
    )


def search_ms(engine: SearchEngine, rounds: int = 15) -> float:
    """The median of a search, in milliseconds."""
    times = []
    for _ in range(rounds):
        for text in ASKED:
            started = time.perf_counter()
            engine.search(Query(text))
            times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times[len(ASKED) :]), 2)


def measure(count: int) -> dict[str, Any]:
    """All numbers, for a library of ``count`` bookmarks of ten passages each."""
    encoder: Any = Instant()
    report: dict[str, Any] = {"bookmarks": count}
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder)
        index = library / "index"
        with Catalog.open(library, create=True) as catalog:
            catalog.upsert(bookmarks(count * 10))
        started = time.perf_counter()
        built = build_generation(library, encoder)
        report["first_build"] = {"seconds": _seconds(started), "passages": built.passages}
        report["first_build"]["megabytes"] = round(
            sum(path.stat().st_size for path in index.iterdir()) / 1e6
        )
        started = time.perf_counter()
        opened = Generation.open(library)
        engine = SearchEngine(open_view(opened, "public"), encoder)
        report["open_s"] = _seconds(started)
        one = search_ms(engine)
        costs = []
        for number in range(3):
            before = {path.name for path in index.iterdir()}
            started = time.perf_counter()
            with Catalog.open(library) as catalog:
                catalog.upsert([new(number)])
            build_generation(library, encoder, reuse=opened)
            opened = Generation.open(library, reuse=opened)
            open_view(opened, "public")
            took = _seconds(started)
            written = [path.stat().st_size for path in index.iterdir() if path.name not in before]
            costs.append({"seconds": took, "bytes": sum(written)})
        report["one_bookmark"] = costs
        fanout, merge.FANOUT = merge.FANOUT, 10_000
        for number in range(3, SEGMENTS):
            with Catalog.open(library) as catalog:
                catalog.upsert([new(number)])
            build_generation(library, encoder, reuse=opened)
            opened = Generation.open(library, reuse=opened)
        many = search_ms(SearchEngine(open_view(opened, "public"), encoder))
        report["search_p50_ms"] = {
            "segments": [1, len(opened.segments)],
            "ms": [one, many],
            "ratio": round(many / one, 2),
        }
        merge.FANOUT = fanout
        started = time.perf_counter()
        merge.compact(library)
        report["compact_s"] = _seconds(started)
    return report


def _seconds(started: float) -> float:
    return round(time.perf_counter() - started, 2)


def main() -> int:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description="Measure what a change of a library costs.")
    parser.add_argument("--bookmarks", type=int, default=10_000, help="of ten passages each (10000)")
    print(json.dumps(measure(parser.parse_args().bookmarks), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
