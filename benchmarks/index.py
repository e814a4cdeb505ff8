"""How fast and how exact the vector index is at size: ``python -m benchmarks.index``.

The passages are synthetic: their vectors are mixtures of real ones of the sample library, which keeps
the narrow cone that an encoder's vectors lie in, and their words follow Zipf's law.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.encoder import passages as sample_passages
from glane_indexer.encoder.base import Encoder, EncoderInfo, Progress, Vectors
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.local.vectors import PassageVectors, codes_of
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import text_hash
from glane_indexer.sample.load import queries
from glane_indexer.settings import Settings

SEEDS = 300
ANNOTATIONS = 9


class Mixtures:
    """Vectors that mix three real ones, with noise: many, in the shape of an encoder's."""

    def __init__(self, encoder: Encoder) -> None:
        self.seeds = encoder.encode_passages(sample_passages(encoder, SEEDS))

    def draw(self, count: int, seed: int) -> Vectors:
        """Unit rows, ``[count, dimensions]``."""
        random = np.random.default_rng(seed)
        dimensions = self.seeds.shape[1]
        vectors = np.empty((count, dimensions), np.float32)
        for start in range(0, count, 10_000):
            size = min(10_000, count - start)
            chosen = self.seeds[random.integers(0, len(self.seeds), (size, 3))]
            weights = random.dirichlet((1, 1, 1), size).astype(np.float32)
            noise = random.normal(0, 0.45 / np.sqrt(dimensions), (size, dimensions))
            vectors[start : start + size] = np.einsum("nkd,nk->nd", chosen, weights) + noise
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / norms, np.float32)


class SyntheticEncoder:
    """The real encoder for questions; for passages a mixture chosen by the text's hash."""

    def __init__(self, encoder: Encoder, mixtures: Mixtures) -> None:
        info = encoder.info
        self.info = EncoderInfo(
            "synthetic", f"synthetic-{info.fingerprint}", info.dimensions, info.max_tokens
        )
        self._encoder = encoder
        self._pool = mixtures.draw(50_000, seed=3)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The real vectors of questions."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors by hash: two passages in 50,000 share one by chance."""
        if progress:
            progress(len(texts))
        return self._pool[[int(text_hash(text)[:8], 16) % len(self._pool) for text in texts]]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About the real number."""
        return [len(text) // 3 for text in texts]


def bookmarks(passages: int) -> Iterator[Bookmark]:
    """Bookmarks that come to so many passages: a title card and nine annotations each."""
    random = np.random.default_rng(5)
    common = sorted({word.lower() for question in queries().values() for word in question.split()})
    rare = [f"mot{number:05d}" for number in range(60_000)]
    words = np.array(common + rare)
    share = 1 / np.arange(1, len(words) + 1)
    share /= share.sum()
    for number in range(passages // (ANNOTATIONS + 1)):
        drawn = words[random.choice(len(words), 22 * ANNOTATIONS + 6, p=share)]
        yield Bookmark(
            title=" ".join(drawn[:6]),
            url=f"https://page{number}.example/",
            tags=(f"tag{number % 100}",),
            contributor=f"contributor {number % 40}",
            language="fr",
            annotations=tuple(
                Annotation(f"{' '.join(drawn[6 + 22 * place : 28 + 22 * place])} {place}")
                for place in range(ANNOTATIONS)
            ),
        )


def measure(encoder: Encoder, count: int, searches: int) -> dict[str, Any]:
    """Times and recall of the index of ``count`` passages, against the exact answer."""
    mixtures = Mixtures(encoder)
    vectors = mixtures.draw(count, seed=1)
    asked = np.concatenate(
        [encoder.encode_queries(list(queries().values())), mixtures.draw(searches, seed=2)]
    )
    asked = asked[:searches]
    started = time.perf_counter()
    codes = codes_of(vectors)
    build = time.perf_counter() - started
    size = vectors.nbytes + (codes.nbytes if codes is not None else 0)
    index = PassageVectors(vectors, codes)
    random = np.random.default_rng(4)
    few = random.random(count) < 0.01
    report: dict[str, Any] = {
        "passages": count,
        "exact": index.exact,
        "build_s": round(build, 2),
        "megabytes": round(size / 1e6),
    }
    for name, depth, allowed in (
        ("top_100", 100, None),
        ("top_300", 300, None),
        ("filter_1_percent", 100, few),
    ):
        times, recalls = [], []
        for vector in asked:
            started = time.perf_counter()
            _, rows = index.search(vector, depth, allowed)
            times.append((time.perf_counter() - started) * 1000)
            scores = vectors @ vector
            if allowed is not None:
                scores[~allowed] = -2
            best = np.argpartition(-scores, 100)[:100]
            recalls.append(len(np.intersect1d(rows, best)) / 100)
        report[name] = {
            "p50_ms": round(statistics.median(times), 2),
            "p99_ms": round(sorted(times)[-1 - len(times) // 100], 2),
            "recall_at_100": round(statistics.mean(recalls), 4),
        }
    return report


def main() -> int:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description="Measure the vector index against exact search.")
    parser.add_argument("--passages", type=int, default=100_000, help="how many passages (100000)")
    parser.add_argument("--searches", type=int, default=200, help="how many searches (200)")
    options = parser.parse_args()
    try:
        encoder = load_encoder(Settings.from_env())
        print(json.dumps(measure(encoder, options.passages, options.searches), indent=2))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
