"""What more shards would do: ``python -m benchmarks.cluster [REPORT]``, a simulation, not a measurement.

A question goes to all shards at once and waits for the slowest; each has its share of the passages. How
long one takes is drawn from a measured distribution (of ``python -m benchmarks.qdrant``, else the one
below, which was measured on 100,000 passages), and grows with the logarithm of its passages, as the
search of a graph does (Malkov and Yashunin, 2018, "Efficient and robust approximate nearest neighbor
search using hierarchical navigable small world graphs"). Recall is that of one shard: each is asked for
as many as are wanted, and finds the same share of what is nearest among its own.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

DRAWN = 20_000
SHARDS = (1, 3, 6, 12, 24, 48)
SIZES = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
# Between a service and a shard in one data centre, and for each hit of an answer, in milliseconds.
NETWORK_MS, HIT_MS = 0.5, 0.001
# A graph's edges and the ids of its points, and four bytes a number; Qdrant's rule of thumb adds a half.
BYTES_A_PASSAGE, ROOM = 384 * 4, 1.5


@dataclass(frozen=True, slots=True)
class Shard:
    """What was measured of one: passages, the median and the 95th percentile in ms, and recall."""

    passages: int
    p50_ms: float
    p95_ms: float
    recall: float

    def times(self, passages: float, random: np.random.Generator) -> np.ndarray[Any, Any]:
        """Drawn times of a shard of so many passages: log-normal, through both measured quantiles."""
        deviation = math.log(max(self.p95_ms / self.p50_ms, 1.001)) / 1.645
        grown = self.p50_ms * math.log(max(passages, 2)) / math.log(self.passages)
        return np.asarray(grown * random.lognormal(0.0, deviation, DRAWN))


MEASURED = Shard(100_000, 8.0, 16.0, 0.97)


def simulated(shard: Shard, passages: int, shards: int, depth: int) -> dict[str, Any]:
    """The times of a cluster, and what each of its shards holds."""
    random = np.random.default_rng(shards)
    slowest = np.zeros(DRAWN)
    for _ in range(shards):
        slowest = np.maximum(slowest, shard.times(passages / shards, random))
    # All answers come to one place, where they are merged.
    times = slowest + NETWORK_MS + HIT_MS * depth * shards
    return {
        "passages": passages,
        "shards": shards,
        "p50_ms": round(float(np.quantile(times, 0.5)), 1),
        "p99_ms": round(float(np.quantile(times, 0.99)), 1),
        "recall": shard.recall,
        "gigabytes_a_shard": round(passages / shards * BYTES_A_PASSAGE * ROOM / 1e9, 1),
        "work": round(shards * math.log(max(passages / shards, 2)) / math.log(max(passages, 2)), 2),
    }


def measured(path: Path | None) -> Shard:
    """What a report of ``benchmarks.qdrant`` says of one shard."""
    if path is None:
        return MEASURED
    report = json.loads(path.read_text("utf-8"))
    found = report["qdrant"]
    return Shard(
        report["passages"], found["nearest_p50_ms"], found["nearest_p95_ms"], found["nearest_recall"]
    )


def main() -> int:
    """Simulate, and print."""
    parser = argparse.ArgumentParser(description="Simulate a cluster from what was measured of a shard.")
    parser.add_argument("report", nargs="?", type=Path, help="what `benchmarks.qdrant` has printed")
    parser.add_argument("--depth", type=int, default=400, help="passages that each shard gives (400)")
    options = parser.parse_args()
    shard = measured(options.report)
    rows = [simulated(shard, size, count, options.depth) for size in SIZES for count in SHARDS]
    print(json.dumps({"shard": vars_of(shard), "clusters": rows}, indent=2))
    for row in rows:
        print("".join(f"{value!s:>14}" for value in row.values()), file=sys.stderr)
    return 0


def vars_of(shard: Shard) -> dict[str, float]:
    """A shard's figures by name."""
    return {name: getattr(shard, name) for name in ("passages", "p50_ms", "p95_ms", "recall")}


if __name__ == "__main__":
    sys.exit(main())
