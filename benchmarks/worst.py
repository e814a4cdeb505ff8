"""What the dearest question costs the engine: ``python -m benchmarks.worst``.

A thousand characters of words that no bookmark holds, a hundred and ten exclusions, common words that every
bookmark holds, and misspelt ones, each asked of a synthetic library; times are the engine's, without the
encoder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.index import Mixtures, SyntheticEncoder
from benchmarks.index import bookmarks as synthetic
from benchmarks.service import questions
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.settings import Settings
from glane_service.search.engine import SearchEngine
from glane_service.search.query import MAX_TEXT, Query

TIMES = 5


def worst() -> dict[str, str]:
    """The dear questions by what makes them dear."""
    letters = "abcdefghijklmnopqrst"
    strange = [f"zq{letters[n % 20]}{letters[n // 20]}xkwv" for n in range(110)]
    common = " ".join(questions(200))[:MAX_TEXT]
    misspelt = " ".join(word[:2] + word[3:] for word in common.split() if len(word) > 5)
    return {
        "unknown words": " ".join(strange)[:MAX_TEXT],
        "exclusions": ("travail " + " ".join(f"-mot{n:05d}" for n in range(110)))[:MAX_TEXT],
        "common words": common,
        "misspelt words": misspelt[:MAX_TEXT],
        "phrases": " ".join(f'"{left}"' for left in questions(32))[:MAX_TEXT],
    }


def main() -> int:
    """Print the milliseconds of each question, the median and the most of five."""
    parser = argparse.ArgumentParser(description="Measure the dearest questions.")
    parser.add_argument("--bookmarks", type=int, default=50_000, help="of the library (50000)")
    options = parser.parse_args()
    try:
        encoder = load_encoder(Settings.from_env())
        made = SyntheticEncoder(encoder, Mixtures(encoder))
        with tempfile.TemporaryDirectory() as folder:
            with Catalog.open(Path(folder), create=True) as catalog:
                catalog.upsert(synthetic(options.bookmarks * 10))
            build_generation(Path(folder), made)
            engine = SearchEngine(open_view(Generation.open(Path(folder)), "public"), made)
            engine.prepare()
            print(f"{'question':<16} {'mode':<8} {'p50 ms':>8} {'most ms':>8}")
            for name, text in worst().items():
                for mode in ("hybrid", "keyword"):
                    taken = []
                    for _ in range(TIMES):
                        begun = time.perf_counter()
                        stages = engine.search(Query(text, mode=mode, everything=True)).stages
                        whole = (time.perf_counter() - begun) * 1000
                        taken.append(whole - stages.get("encoder", 0.0))
                    print(f"{name:<16} {mode:<8} {statistics.median(taken):8.1f} {np.max(taken):8.1f}")
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
