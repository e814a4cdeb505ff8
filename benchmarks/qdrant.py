"""The same library in the local index and in Qdrant: ``python -m benchmarks.qdrant --folder F``.

Qdrant's own code runs inside the process (``qdrant-edge-py``), so what is measured is its index and
Glane's use of it, without a network. Texts and vectors are those of :mod:`benchmarks.lifelike`. Each
stage is a process of its own, with a memory of its own, and its figures are kept in the folder: what was
ended goes on at the stage where it was, a publishing with the points that are not there yet. On a busy
machine seconds of the processors say more than those of the clock. Prints JSON, and a table on stderr.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import scale
from benchmarks.edge import EdgeStore
from benchmarks.lifelike import LifelikeEncoder, Source, every_vector, source
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.protocol import View
from glane_indexer.index.qdrant.layout import Names
from glane_indexer.index.qdrant.published import Published
from glane_indexer.index.qdrant.publishing import publish
from glane_indexer.settings import Settings
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.search.results import Mode

QUESTIONS = 60
LONGEST_QUESTION = 16
NEAREST = 100
DEPTH = 400
LIBRARY, EDGE, FIGURES, ANSWERS, TRUTH = "library", "edge", "figures.json", "answers.json", "truth.json"
NAMES = Names("glane")
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector")

Figures = dict[str, Any]


def fill(folder: Path, passages: int, real: Source) -> Figures:
    """The catalog."""
    return scale.fill(folder / LIBRARY, passages, real)


def build(folder: Path, _: int, real: Source) -> Figures:
    """The local index."""
    return scale.build(folder / LIBRARY, real)


def search_local(folder: Path, _: int, real: Source) -> Figures:
    """The local index, and what the nearest bookmarks really are."""
    started = time.perf_counter()
    generation = Generation.open(folder / LIBRARY)
    view = open_view(generation, "public")
    report: Figures = {"open_s": round(time.perf_counter() - started, 2)}
    truth = [_nearest(generation, vector) for vector in LifelikeEncoder(real).encode_queries(asked(real))]
    report |= measured(view, real, truth)
    (folder / ANSWERS).write_text(json.dumps(report.pop("answers")))
    (folder / TRUTH).write_text(json.dumps(truth))
    return report


def publish_edge(folder: Path, _: int, real: Source) -> Figures:
    """The library, published into shards in a folder."""
    store = _Timed(folder / EDGE)
    started, busy = time.perf_counter(), time.process_time()
    report = publish(folder / LIBRARY, store, NAMES.library, progress=_shown)
    spent = {"publish_s": time.perf_counter() - started, "publish_cpu_s": time.process_time() - busy}
    store.close()
    return {
        **{name: round(value, 1) for name, value in {**spent, **store.spent}.items()},
        "written": report.written,
        "publish_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "index_mb": _megabytes(folder / EDGE),
    }


def search_edge(folder: Path, _: int, real: Source) -> Figures:
    """The published library."""
    store = EdgeStore(folder / EDGE)
    started = time.perf_counter()
    view = Published.open(store, NAMES).view("public")
    report: Figures = {"open_s": round(time.perf_counter() - started, 2)}
    report |= measured(view, real, json.loads((folder / TRUTH).read_text()))
    report["tables_mb"] = round(view.size / 1e6)
    local, own = json.loads((folder / ANSWERS).read_text()), report.pop("answers")
    for mode in MODES:
        # What finds nothing in either is the same.
        shared = [
            len(set(a) & set(b)) / max(len(a), len(b)) if a or b else 1.0
            for a, b in zip(local[mode], own[mode], strict=True)
        ]
        report[f"{mode}_same_first_10"] = round(statistics.mean(shared), 4)
    store.close()
    return report


STAGES: dict[str, Callable[[Path, int, Source], Figures]] = {
    "fill": fill,
    "build": build,
    "search_local": search_local,
    "publish_edge": publish_edge,
    "search_edge": search_edge,
}


class _Timed(EdgeStore):
    """Says how much of its time went into Qdrant's writing, and how much into its indexing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.spent = {"write_cpu_s": 0.0, "index_s": 0.0, "index_cpu_s": 0.0}

    def upsert(self, *arguments: Any) -> None:
        busy = time.process_time()
        super().upsert(*arguments)
        self.spent["write_cpu_s"] += time.process_time() - busy

    def settle(self, collection: str) -> None:
        started, busy = time.perf_counter(), time.process_time()
        super().settle(collection)
        self.spent["index_s"] += time.perf_counter() - started
        self.spent["index_cpu_s"] += time.process_time() - busy


def asked(real: Source) -> list[str]:
    """What people type into a search field, and not whole letters."""
    return [text for text in dict.fromkeys(real.questions) if len(text.split()) <= LONGEST_QUESTION][
        :QUESTIONS
    ]


def _nearest(generation: Generation, vector: np.ndarray[Any, Any]) -> list[str]:
    """The ids of the bookmarks whose best passages are the nearest of all."""
    found: list[tuple[float, str]] = []
    for segment in generation.segments:
        first = np.concatenate(([0], np.asarray(segment.passages["last"], np.int64)[:-1]))
        best = np.maximum.reduceat(every_vector([segment.arrays["vectors"]], vector), first)
        near = np.argsort(-best, kind="stable")[:NEAREST]
        found += zip(best[near].tolist(), [segment.ids[row] for row in near.tolist()], strict=True)
    return [id for _, id in sorted(found, reverse=True)[:NEAREST]]


def measured(view: View, real: Source, truth: list[list[str]]) -> Figures:
    """Times of the modes and of the vector leg alone, its recall, and the first ten answers.

    The encoder costs nothing.
    """
    engine = SearchEngine(view, LifelikeEncoder(real))
    report: Figures = {"answers": {}}
    for mode in MODES:
        report["answers"][mode] = []

        def ask(text: str, mode: Mode = mode) -> Any:
            return engine.search(Query(text, mode=mode, per_page=10, as_typed=True, everything=True))

        ask(asked(real)[0])
        times = _Times()
        for text in asked(real):
            found = times.of(lambda text=text: ask(text))  # type: ignore[misc]
            report["answers"][mode].append([hit.bookmark.id for hit in found.hits])
        report |= times.figures(mode)
    times, recalls = _Times(), []
    for vector, nearest in zip(engine.encoder.encode_queries(asked(real)), truth, strict=True):
        comparison = view.compare(vector)
        rows = times.of(
            lambda comparison=comparison: comparison.nearest(  # type: ignore[misc]
                NEAREST, allowed=None, depth=DEPTH, language_share=0.0
            )
        )
        recalls.append(len({view.ids[row] for row in rows.tolist()} & set(nearest)) / len(nearest))
    report |= times.figures("nearest")
    report["recall_at_100"] = round(statistics.mean(recalls), 4)
    report["rss_mb"] = _resident_mb()
    return report


class _Times:
    """How long calls took."""

    def __init__(self) -> None:
        self._clock: list[float] = []
        self._busy: list[float] = []

    def of(self, work: Callable[[], Any]) -> Any:
        started, busy = time.perf_counter(), time.process_time()
        result = work()
        self._clock.append((time.perf_counter() - started) * 1000)
        self._busy.append((time.process_time() - busy) * 1000)
        return result

    def figures(self, name: str) -> Figures:
        """Median and 95th percentile by the clock, and the median by the processors, in ms."""
        ordered = sorted(self._clock)
        return {
            f"{name}_p50_ms": round(statistics.median(ordered), 1),
            f"{name}_p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
            f"{name}_cpu_ms": round(statistics.median(self._busy), 1),
        }


def _shown(stage: str, done: int, total: int) -> None:
    if done % 10_000 == 0 or done == total:
        print(f"{time.strftime('%H:%M:%S')} {stage}: {done} of {total}", file=sys.stderr, flush=True)


def _resident_mb() -> int:
    status = Path("/proc/self/statm").read_text(encoding="ascii")
    return round(int(status.split()[1]) * resource.getpagesize() / 1e6)


def _megabytes(folder: Path) -> int:
    # Blocks, not lengths: Qdrant's files have holes.
    return round(sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6)


def measure(folder: Path, passages: int, again: list[str]) -> Figures:
    """The figures of all stages; those that are kept are not measured again, but for ``again``."""
    kept = folder / FIGURES
    figures: Figures = json.loads(kept.read_text()) if kept.exists() else {"passages": passages}
    for stage in STAGES:
        if stage in figures and stage not in again:
            continue
        command = [sys.executable, "-m", "benchmarks.qdrant", "--stage", stage]
        command += ["--folder", str(folder), "--passages", str(figures["passages"])]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - itself
        figures[stage] = json.loads(done.stdout)
        kept.write_text(json.dumps(figures, indent=1))
    return figures


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure Qdrant beside the local index.")
    parser.add_argument("--passages", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--folder", type=Path, help="keep everything here (a temporary folder)")
    parser.add_argument("--again", nargs="+", choices=STAGES, default=[], help="measure these anew")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        if options.stage:
            real = source(load_encoder(Settings.from_env(), quiet=True))
            print(json.dumps(STAGES[options.stage](options.folder, options.passages, real)))
            return 0
        with tempfile.TemporaryDirectory() as temporary:
            folder = options.folder or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            figures = measure(folder, options.passages, options.again)
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(figures, indent=2))
    local, remote = (
        {name: value for stage in stages for name, value in figures[stage].items()}
        for stages in (("fill", "build", "search_local"), ("publish_edge", "search_edge"))
    )
    print(f"{figures['passages']:<22}{'local':>12}{'qdrant':>12}", file=sys.stderr)
    for name in dict.fromkeys([*local, *remote]):
        print(f"{name:22}{local.get(name, '')!s:>12}{remote.get(name, '')!s:>12}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
