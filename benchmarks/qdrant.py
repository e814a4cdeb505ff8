"""The same library in the local index and in Qdrant: ``python -m benchmarks.qdrant --passages N``.

Qdrant's own code runs inside the process (``qdrant-edge-py``), so what is measured is its index and Glane's
use of it, without a network. Each phase is a process of its own, with a memory of its own. Prints JSON, and
a table on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.edge import EdgeStore
from benchmarks.index import Mixtures, SyntheticEncoder, bookmarks
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.load import load_encoder
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.protocol import View
from glane_indexer.index.qdrant.layout import Names
from glane_indexer.index.qdrant.published import Published
from glane_indexer.index.qdrant.publishing import publish
from glane_indexer.sample.load import queries
from glane_indexer.settings import Settings
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.search.results import Mode

QUESTIONS = 60
NEAREST = 100
DEPTH = 400
LIBRARY, EDGE, ANSWERS, TRUTH = "library", "edge", "answers.json", "truth.npz"
NAMES = Names("glane")
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector")


def encoder() -> SyntheticEncoder:
    """The real encoder for questions, mixtures of its vectors for passages."""
    real = load_encoder(Settings.from_env(), quiet=True)
    return SyntheticEncoder(real, Mixtures(real))


def asked() -> list[str]:
    """The sample's questions."""
    return list(queries().values())[:QUESTIONS]


def build(folder: Path, passages: int) -> dict[str, Any]:
    """The library and its local index."""
    with Catalog.open(folder / LIBRARY, create=True) as catalog, catalog.transaction():
        catalog.upsert(bookmarks(passages))
    made = encoder()
    started = time.perf_counter()
    build_generation(folder / LIBRARY, made)
    return {
        "build_s": round(time.perf_counter() - started, 1),
        "disk_mb": _megabytes(folder / LIBRARY / "index"),
    }


def search_local(folder: Path) -> dict[str, Any]:
    """The local index, and what the nearest bookmarks really are."""
    made = encoder()
    started = time.perf_counter()
    generation = Generation.open(folder / LIBRARY)
    view = open_view(generation, "public")
    opened = time.perf_counter() - started
    (segment,) = generation.segments
    first = np.asarray(segment.passages["last"], np.int64)[:-1]
    truth = []
    for vector in made.encode_queries(asked()):
        cosines = np.asarray(segment.arrays["vectors"], np.float32) @ vector
        best = np.maximum.reduceat(cosines, np.concatenate(([0], first)))
        truth.append(np.argsort(-best, kind="stable")[:NEAREST])
    np.savez(folder / TRUTH, rows=np.array(truth))
    report = {"open_s": round(opened, 2), **measured(view, made, np.array(truth))}
    (folder / ANSWERS).write_text(json.dumps(report.pop("answers")))
    return report


def publish_edge(folder: Path) -> dict[str, Any]:
    """The library, published into shards in a folder."""
    store = EdgeStore(folder / EDGE)
    report = publish(folder / LIBRARY, store, NAMES.library)
    store.close()
    return {"build_s": round(report.seconds, 1), "disk_mb": _megabytes(folder / EDGE)}


def search_edge(folder: Path) -> dict[str, Any]:
    """The published library."""
    made = encoder()
    store = EdgeStore(folder / EDGE)
    started = time.perf_counter()
    view = Published.open(store, NAMES).view("public")
    opened = time.perf_counter() - started
    report = {"open_s": round(opened, 2), **measured(view, made, np.load(folder / TRUTH)["rows"])}
    report["service_mb"] = round(view.size / 1e6)
    local, own = json.loads((folder / ANSWERS).read_text()), report.pop("answers")
    for mode in MODES:
        shared = [
            len(set(a) & set(b)) / max(1, len(a)) for a, b in zip(local[mode], own[mode], strict=True)
        ]
        report[f"{mode}_same_first_10"] = round(statistics.mean(shared), 4)
    store.close()
    return report


def measured(view: View, made: SyntheticEncoder, truth: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Times of the modes and of the vector leg alone, its recall, and the first ten answers."""
    engine = SearchEngine(view, made)
    report: dict[str, Any] = {"answers": {}}
    for mode in MODES:
        engine.search(Query(asked()[0], mode=mode, as_typed=True, everything=True))
        times, report["answers"][mode] = [], []
        for text in asked():
            started = time.perf_counter()
            found = engine.search(Query(text, mode=mode, per_page=10, as_typed=True, everything=True))
            times.append((time.perf_counter() - started) * 1000)
            report["answers"][mode].append([hit.bookmark.id for hit in found.hits])
        report[f"{mode}_p50_ms"], report[f"{mode}_p95_ms"] = _quantiles(times)
    times, recalls = [], []
    for vector, rows in zip(made.encode_queries(asked()), truth, strict=True):
        started = time.perf_counter()
        near = view.compare(vector).nearest(NEAREST, allowed=None, depth=DEPTH, language_share=0.0)
        times.append((time.perf_counter() - started) * 1000)
        recalls.append(len(np.intersect1d(near, rows)) / len(rows))
    report["nearest_p50_ms"], report["nearest_p95_ms"] = _quantiles(times)
    report["nearest_recall"] = round(statistics.mean(recalls), 4)
    report["rss_mb"] = round(_resident() / 1e6)
    return report


def _quantiles(times: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return round(statistics.median(ordered), 1), round(ordered[int(0.95 * (len(ordered) - 1))], 1)


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123 - no file of ours
        return int(stream.read().split()[1]) * resource.getpagesize()


def _megabytes(folder: Path) -> int:
    # Blocks, not lengths: Qdrant's files have holes.
    return round(sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6)


PHASES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "search_local": search_local,
    "publish_edge": publish_edge,
    "search_edge": search_edge,
}


def _apart(name: str, folder: Path) -> dict[str, Any]:
    """One phase in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.qdrant", "--phase", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)  # noqa: S603 - itself
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure Qdrant beside the local index.")
    parser.add_argument("--passages", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--folder", type=Path, help="keep everything here (a temporary folder)")
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phase:
        print(json.dumps(PHASES[options.phase](options.folder)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        report: dict[str, Any] = {"passages": options.passages, "local": {}, "qdrant": {}}
        if not (folder / LIBRARY).exists():
            report["local"] |= build(folder, options.passages)
        report["local"] |= _apart("search_local", folder)
        if not (folder / EDGE).exists():
            report["qdrant"] |= _apart("publish_edge", folder)
        report["qdrant"] |= _apart("search_edge", folder)
    print(json.dumps(report, indent=2))
    print(f"{'':22}{'local':>10}{'qdrant':>10}", file=sys.stderr)
    for name in dict.fromkeys([*report["local"], *report["qdrant"]]):
        own = [str(report[side].get(name, "")) for side in ("local", "qdrant")]
        print(f"{name:22}{own[0]:>10}{own[1]:>10}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
