"""What more shards would do, simulated: ``python -m benchmarks.cluster``. Not a measurement of a cluster.

A question goes to all shards at once and waits for the slowest; each has its share of the passages. How
long one takes is drawn from a measured distribution, and grows with the logarithm of its passages, as the
search of a graph does (Malkov and Yashunin, 2018, "Efficient and robust approximate nearest neighbor search
using hierarchical navigable small world graphs"). Recall is that of one shard: each is asked for as many as
are wanted, and finds the same share of what is nearest among its own. ``--measure N`` measures one shard
here (Qdrant's own code, in this process); otherwise it is :data:`MEASURED`.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.edge import EdgeStore
from benchmarks.index import Mixtures
from glane_indexer.encoder.load import load_encoder
from glane_indexer.index.qdrant.points import Ask, Dense, Layout, Point
from glane_indexer.settings import Settings

DRAWN = 20_000
QUESTIONS, NEAREST = 200, 100
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


# On two cores that twenty other processes wanted: ratios between clusters say more than milliseconds.
MEASURED = Shard(30_000, 58.6, 101.9, 0.979)


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


def measure(passages: int, depth: int) -> Shard:
    """One shard of so many passages, whose vectors are mixtures of an encoder's."""
    mixtures = Mixtures(load_encoder(Settings.from_env(), quiet=True))
    vectors, asked = mixtures.draw(passages, seed=1), mixtures.draw(QUESTIONS, seed=2)
    ids = [str(uuid.UUID(int=number)) for number in range(passages)]
    with tempfile.TemporaryDirectory() as folder:
        store = EdgeStore(Path(folder))
        store.create("shard", Layout({"passage": Dense(vectors.shape[1])}))
        store.upsert("shard", [Point(id, {"passage": row}) for id, row in zip(ids, vectors, strict=True)])
        store.settle("shard")
        times, recalls = [], []
        for vector in asked:
            started = time.perf_counter()
            (hits,) = store.query("shard", [Ask(vector, "passage", depth)])
            times.append((time.perf_counter() - started) * 1000)
            best = set(np.argsort(-(vectors @ vector))[:NEAREST].tolist())
            recalls.append(len(best & {uuid.UUID(hit.id).int for hit in hits}) / NEAREST)
        store.close()
    p50, p95 = np.quantile(times, (0.5, 0.95)).round(2).tolist()
    return Shard(passages, p50, p95, round(statistics.mean(recalls), 4))


def main() -> int:
    """Simulate, and print."""
    parser = argparse.ArgumentParser(description="Simulate a cluster from what was measured of a shard.")
    parser.add_argument("--measure", type=int, metavar="N", help="measure a shard of N passages first")
    parser.add_argument("--depth", type=int, default=400, help="passages that each shard gives (400)")
    options = parser.parse_args()
    shard = measure(options.measure, options.depth) if options.measure else MEASURED
    rows = [simulated(shard, size, count, options.depth) for size in SIZES for count in SHARDS]
    print(json.dumps({"shard": asdict(shard), "clusters": rows}, indent=2))
    for row in rows:
        print("".join(f"{value!s:>14}" for value in row.values()), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
