"""What size costs: ``python -m benchmarks.scale --passages 100000 300000 1000000``.

Each size is measured in processes of its own, so memory is that of the one thing measured: the catalog is
filled, the index is built (vectors are made by an encoder that costs nothing, and their storing is counted
apart), and it is opened and asked. One JSON line a size is printed, and added to ``--out``;
``--plot`` draws them all.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lifelike import PASSAGES, LifelikeEncoder, Source, bookmarks, every_vector, source
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.machine import cores
from glane_indexer.settings import Settings
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Query

RECALL_AT = 100
RECALLED = 50
LONGEST_QUESTION = 16


def fill(library: Path, passages: int, real: Source) -> dict[str, Any]:
    """Take the bookmarks of so many passages into a new catalog."""
    found = list(bookmarks(real, max(1, passages // PASSAGES)))
    return _measured("import", lambda: _upsert(library, found)) | {"bookmarks": len(found)}


def _upsert(library: Path, found: list[Any]) -> None:
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert(found)


def build(library: Path, real: Source) -> dict[str, Any]:
    """Build the index; what storing new vectors took is not part of ``build_s``."""
    encoder = LifelikeEncoder(real)
    reports = []
    measured = _measured("build", lambda: reports.append(build_generation(library, encoder)))
    (report,) = reports
    storing = report.embedded / report.passages_per_second if report.embedded else 0.0
    files = list((library / "index").iterdir())
    return measured | {
        "passages": report.passages,
        "build_s": round(measured["build_s"] - storing, 1),
        "vectors_stored_s": round(storing, 1),
        "build_rss_mb": _peak_mb(),
        "index_mb": round(sum(path.stat().st_size for path in files) / 1e6),
        "catalog_mb": round((library / "catalog.duckdb").stat().st_size / 1e6),
        "segments": sum(path.suffix == ".safetensors" for path in files),
    }


def serve(library: Path, real: Source, searches: int) -> dict[str, Any]:
    """Open the index and ask it; the encoder costs nothing."""
    encoder = LifelikeEncoder(real)
    opened: list[SearchEngine] = []
    report = _measured(
        "open", lambda: opened.append(SearchEngine(Generation.open(library).view("member"), encoder))
    )
    (engine,) = opened
    # What people type into a search field, and not whole letters.
    asked = [text for text in dict.fromkeys(real.questions) if len(text.split()) <= LONGEST_QUESTION]
    asked = [asked[place % len(asked)] for place in range(searches)]
    tags = engine.names("tags")
    rare = min(tags, key=lambda pair: abs(pair[1] - engine.view.count / 100))[0]
    for name, query in (
        ("hybrid", lambda text: Query(text)),
        ("keyword", lambda text: Query(text, mode="keyword")),
        ("vector", lambda text: Query(text, mode="vector")),
        ("filter_1_percent", lambda text: Query(text, filters=Filters(tags=(rare,)))),
    ):
        report[f"{name}_ms"] = _times(engine, query, asked)
    report["serving_rss_mb"] = _resident_mb()
    return report | _recall(engine, encoder, asked[:RECALLED])


def _recall(engine: SearchEngine, encoder: LifelikeEncoder, asked: list[str]) -> dict[str, Any]:
    """The share of the truly nearest passages that the vector leg finds, and how long it takes."""
    from glane_indexer.index.local.vectors import nearest

    vectors = engine.view._vectors  # type: ignore[attr-defined]
    recalls, times = [], []
    for question in encoder.encode_queries(asked):
        started = time.perf_counter()
        found = nearest(vectors.pieces, question, RECALL_AT, vectors.alive)[1]
        times.append((time.perf_counter() - started) * 1000)
        scores = every_vector([piece.vectors for piece in vectors.pieces], question)
        best = np.argpartition(-scores, RECALL_AT)[:RECALL_AT]
        recalls.append(len(np.intersect1d(found, best)) / RECALL_AT)
    return {
        f"recall_at_{RECALL_AT}": round(statistics.mean(recalls), 4),
        "nearest_ms": round(statistics.median(times), 2),
    }


def _times(engine: SearchEngine, query: Callable[[str], Query], asked: list[str]) -> dict[str, float]:
    for text in asked[: len(asked) // 4]:
        engine.search(query(text))
    times, spent = [], []
    for text in asked:
        started, busy = time.perf_counter(), time.thread_time()
        engine.search(query(text))
        times.append((time.perf_counter() - started) * 1000)
        spent.append((time.thread_time() - busy) * 1000)
    # On a busy machine the time of the thread alone says more than that of the clock.
    return {
        "p50": round(statistics.median(times), 2),
        "p99": round(sorted(times)[-1 - len(times) // 100], 2),
        "cpu_p50": round(statistics.median(spent), 2),
    }


def _measured(name: str, work: Callable[[], Any]) -> dict[str, Any]:
    started, busy = time.perf_counter(), time.process_time()
    work()
    return {
        f"{name}_s": round(time.perf_counter() - started, 2),
        f"{name}_cpu_s": round(time.process_time() - busy, 2),
    }


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _resident_mb() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return _peak_mb()
    return next(int(line.split()[1]) // 1024 for line in status.read_text().splitlines() if "VmRSS" in line)


def measure(passages: int, searches: int, corpus: Path | None) -> dict[str, Any]:
    """All figures of one size, each stage in a process of its own."""
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {cores()} cores, {platform.system()}",
    }
    with tempfile.TemporaryDirectory() as folder:
        for stage in ("fill", "build", "serve"):
            command = [sys.executable, "-m", "benchmarks.scale", "--stage", stage, "--library", folder]
            command += ["--passages", str(passages), "--searches", str(searches)]
            command += ["--corpus", str(corpus)] if corpus else []
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
            report |= json.loads(done.stdout)
            print(f"{passages} {stage}: {done.stdout.strip()}", file=sys.stderr)
    return report


def main() -> int:
    """Print one JSON line a size."""
    parser = argparse.ArgumentParser(description="Measure what the size of a library costs.")
    parser.add_argument("--passages", type=int, nargs="+", default=[100_000], help="sizes (100000)")
    parser.add_argument("--searches", type=int, default=200, help="questions of each kind (200)")
    parser.add_argument("--corpus", type=Path, help="BEIR folder of real texts (the sample library)")
    parser.add_argument("--out", type=Path, help="add the lines to this file")
    parser.add_argument("--plot", type=Path, help="draw what --out holds into this SVG file")
    parser.add_argument("--stage", choices=("fill", "build", "serve"), help=argparse.SUPPRESS)
    parser.add_argument("--library", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        real = source(load_encoder(Settings.from_env()), options.corpus)
        if options.stage:
            (size,) = options.passages
            stages: dict[str, Callable[[], dict[str, Any]]] = {
                "fill": lambda: fill(options.library, size, real),
                "build": lambda: build(options.library, real),
                "serve": lambda: serve(options.library, real, options.searches),
            }
            print(json.dumps(stages[options.stage]()))
            return 0
        for size in options.passages:
            line = json.dumps(measure(size, options.searches, options.corpus))
            print(line, flush=True)
            if options.out:
                with options.out.open("a", encoding="utf-8") as stream:
                    stream.write(line + "\n")
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if options.plot and options.out:
        from benchmarks.plots import draw_scale

        draw_scale(options.out, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
