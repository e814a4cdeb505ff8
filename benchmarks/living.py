"""What a change costs in a large library, and what many small segments cost a search.

``python -m benchmarks.living`` makes a library of 20,000 bookmarks and 100,000 passages, whose vectors are
drawn by hash, since only their number matters here. A service with the real encoder is started on it, and
bookmarks are written to it: the seconds from the 202 until a search finds each, the first after the start
apart, and the bytes that the service wrote for it. Then searches in one segment and in fifty more are
measured in turns, question by question, and a merge of all. It prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.drills.processes import Service
from benchmarks.index import bookmarks
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder, EncoderInfo, Progress, Vectors
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, ServiceError
from glane_indexer.index import merge
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import text_hash
from glane_indexer.settings import Settings
from glane_service.keys import KeyRing
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query

ANNOTATIONS = 4
SEGMENTS = 50
WRITES = 6
ROUNDS = 15
ASKED = ("protection sociale", "travail plateforme données", "mot00007 mot00100", "qui décide du prix ?")


class Instant:
    """An encoder that costs nothing: unit vectors by hash, under another encoder's name."""

    def __init__(self, info: EncoderInfo) -> None:
        self.info = info
        drawn = np.random.default_rng(0).standard_normal((5000, info.dimensions)).astype(np.float32)
        self._pool = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One vector a text."""
        found: Vectors = self._pool[[int(text_hash(text)[:8], 16) % len(self._pool) for text in texts]]
        return found

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One vector a text."""
        if progress:
            progress(len(texts))
        return self.encode_queries(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About the real number."""
        return [len(text) // 3 for text in texts]


def new(number: int) -> Bookmark:
    """One bookmark more."""
    return Bookmark(
        f"Une page de plus {number}",
        f"https://plus.example/{number}",
        annotations=tuple(
            Annotation(f"Une phrase de plus {number} {place}.") for place in range(ANNOTATIONS)
        ),
    )


def build(library: Path, encoder: Any, count: int) -> dict[str, Any]:
    """The first build of ``count`` bookmarks of five passages each."""
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert(
            replace(item, annotations=item.annotations[:ANNOTATIONS]) for item in bookmarks(count * 10)
        )
    started = time.perf_counter()
    built = build_generation(library, encoder)
    size = sum(path.stat().st_size for path in (library / "index").iterdir())
    return {"seconds": _seconds(started), "passages": built.passages, "megabytes": round(size / 1e6)}


def writes(library: Path) -> dict[str, Any]:
    """One bookmark after another over HTTP: what each takes until it is found, and what is written for it.

    Raises:
        ServiceError: one is not acknowledged, or not found within five seconds.
    """
    _, key = KeyRing(library).add("benchmark", "write")
    service = Service(library)
    costs = []
    try:
        with httpx.Client(base_url=service.address, timeout=30) as client:
            client.get("/api/search", params={"q": "travail"})
            for number in range(WRITES):
                written, files = _written(service.pid), _files(library)
                record: dict[str, Any] = {
                    "title": f"Ornithorynque {number}",
                    "url": f"https://neuf.example/{number}",
                }
                record["annotations"] = [
                    {"text": f"Cet animal {number} pond des œufs, dit-on {place} fois."}
                    for place in range(ANNOTATIONS)
                ]
                headers = {"Authorization": f"Bearer {key}"}
                answer = client.post("/api/bookmarks", json=record, headers=headers)
                acknowledged = time.perf_counter()
                question = {
                    "q": f'"ornithorynque {number}"',
                    "min_seq": answer.json().get("seq", 0),
                    "all": "true",
                }
                found = client.get("/api/search", params=question).json()
                took = _seconds(acknowledged)
                if answer.status_code != 202 or not found.get("results"):
                    raise ServiceError(f"a bookmark was not found: {answer.text} {found}")
                # What can wait is done after the answer.
                time.sleep(1)
                own = _files(library)
                costs.append(
                    {
                        "searchable_after_s": took,
                        "index_bytes": sum(size for name, size in own.items() if name not in files),
                        "all_bytes_written": _written(service.pid) - written,
                    }
                )
    finally:
        service.kill()
    return {"start_s": round(service.seconds, 2), "first": costs[0], "next": costs[1:]}


def searches(library: Path, encoder: Encoder, instant: Any) -> dict[str, Any]:
    """The median of a search in one segment and in many, the two in turns."""
    merge.compact(library)
    opened = Generation.open(library)
    one = SearchEngine(open_view(opened, "public"), encoder)
    fanout, merge.FANOUT = merge.FANOUT, 10_000
    for number in range(SEGMENTS):
        with Catalog.open(library) as catalog:
            catalog.upsert([new(number)])
        build_generation(library, instant, reuse=opened)
        opened = Generation.open(library, reuse=opened)
    merge.FANOUT = fanout
    many = SearchEngine(open_view(opened, "public"), encoder)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for text in ASKED:
            for own, engine in zip(times, (one, many), strict=True):
                started = time.perf_counter()
                engine.search(Query(text))
                if number:
                    own.append((time.perf_counter() - started) * 1000)
    medians = [statistics.median(own) for own in times]
    return {
        "segments": [1, len(opened.segments)],
        "ms": [round(median, 2) for median in medians],
        "ratio": round(medians[1] / medians[0], 2),
    }


def measure(count: int) -> dict[str, Any]:
    """All numbers, for a library of ``count`` bookmarks of five passages each."""
    encoder = load_encoder(Settings.from_env())
    instant: Any = Instant(encoder.info)
    report: dict[str, Any] = {"bookmarks": count}
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        report["first_build"] = build(library, instant, count)
        report["one_bookmark"] = writes(library)
        report["search_p50"] = searches(library, encoder, instant)
        started = time.perf_counter()
        merge.compact(library)
        report["compact_s"] = _seconds(started)
    return report


def _files(library: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (library / "index").iterdir()}


def _written(pid: int) -> int:
    """The bytes that a process has given to the system to write, to files and to sockets (Linux)."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar:")))


def _seconds(started: float) -> float:
    return round(time.perf_counter() - started, 2)


def main() -> int:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description="Measure what a change of a library costs.")
    parser.add_argument("--bookmarks", type=int, default=20_000, help="of five passages each (20000)")
    try:
        print(json.dumps(measure(parser.parse_args().bookmarks), indent=2))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
