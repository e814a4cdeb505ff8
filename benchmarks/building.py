"""What a build of the index costs without the encoder: ``python -m benchmarks.building``.

``--beside FOLDER`` names the working tree of an earlier version, which builds the same library in turns
with this one: what counts is the ratio. Every build is a process of its own. ``first`` builds where vectors
are still to be stored, ``again`` where all are there (``--force``), which is the index alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

BOOKMARKS = 20_000
ANNOTATIONS = 5
WORDS = 22
SEEDS = 5000
DIMENSIONS = 384


class Instant:
    """An encoder that costs nothing: unit vectors by hash, of either version."""

    def __init__(self) -> None:
        base = import_module("glane_indexer.encoder.base")
        self.info = base.EncoderInfo("instant", "instant-1", DIMENSIONS, 512)
        drawn = np.random.default_rng(0).standard_normal((SEEDS, DIMENSIONS)).astype(np.float32)
        self._pool = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        self._hash = import_module("glane_indexer.passages").text_hash

    def encode_passages(self, texts: Sequence[str], progress: Any = None) -> Any:
        """One vector a text."""
        if progress:
            progress(len(texts))
        return self._pool[[int(self._hash(text)[:8], 16) % SEEDS for text in texts]]

    def encode_queries(self, texts: Sequence[str]) -> Any:
        """One vector a text."""
        return self.encode_passages(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About the real number."""
        return [len(text) // 3 for text in texts]


def library(count: int) -> Iterator[Any]:
    """Bookmarks whose words follow Zipf's law, six passages each."""
    models = import_module("glane_indexer.models")
    chance = np.random.default_rng(5)
    words = np.array([f"mot{number:05d}" for number in range(60_000)], object)
    bounds = np.cumsum(1 / np.arange(1, len(words) + 1))
    for number in range(count):
        places = np.searchsorted(bounds, chance.random(WORDS * ANNOTATIONS + 6) * bounds[-1])
        said = words[np.minimum(places, len(words) - 1)].tolist()
        yield models.Bookmark(
            title=" ".join(said[:6]),
            url=f"https://page{number}.example/",
            tags=(f"tag{number % 100}",),
            contributor=f"contributor {number % 40}",
            language="fr",
            annotations=tuple(
                models.Annotation(f"{' '.join(said[6 + WORDS * place : 6 + WORDS * (place + 1)])} {place}")
                for place in range(ANNOTATIONS)
            ),
        )


def fill(folder: Path, count: int) -> None:
    """Take the bookmarks into a new catalog."""
    try:
        catalogs = import_module("glane_indexer.catalog.bookmarks")
    except ImportError:  # where version 0.1 has it
        catalogs = import_module("glane_indexer.catalog")
    with catalogs.Catalog.open(folder, create=True) as catalog:
        catalog.upsert(library(count))


def build(folder: Path, force: bool) -> None:
    """Build the index."""
    import_module("glane_indexer.index.build").build_generation(folder, Instant(), force=force)


def stage(name: str, folder: Path, count: int) -> dict[str, float]:
    """Do one stage in this process."""
    started, busy = time.perf_counter(), time.process_time()
    if name == "import":
        fill(folder, count)
    else:
        build(folder, force=name == "again")
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - busy, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def measure(count: int, beside: Path | None) -> dict[str, Any]:
    """All stages of this version, and of the one beside, in turns; and the ratios."""
    here = Path(__file__).parent.parent
    trees = {"this": here} | ({"beside": beside} if beside else {})
    report: dict[str, Any] = {"bookmarks": count}
    with tempfile.TemporaryDirectory() as temporary:
        for name in ("import", "first", "again"):
            report[name] = {}
            for version, tree in trees.items():
                roots = [str(tree / part) for part in ("indexer", "service", "eval")]
                command = [sys.executable, str(Path(__file__).resolve()), "--stage", name]
                command += ["--library", str(Path(temporary) / version), "--bookmarks", str(count)]
                done = subprocess.run(  # noqa: S603
                    command,
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(roots)},
                )
                report[name][version] = json.loads(done.stdout)
            if beside:
                own, other = report[name]["this"], report[name]["beside"]
                report[name]["ratio"] = {key: round(own[key] / max(other[key], 1e-9), 2) for key in own}
    return report


def main() -> int:
    """Print the numbers as JSON."""
    parser = argparse.ArgumentParser(description="Measure what building the index costs.")
    parser.add_argument("--bookmarks", type=int, default=BOOKMARKS, help="of six passages each (20000)")
    parser.add_argument("--beside", type=Path, help="working tree of an earlier version")
    parser.add_argument("--stage", choices=("import", "first", "again"), help=argparse.SUPPRESS)
    parser.add_argument("--library", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stage:
        print(json.dumps(stage(options.stage, options.library, options.bookmarks)))
    else:
        print(json.dumps(measure(options.bookmarks, options.beside), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
