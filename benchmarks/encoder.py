"""How fast the encoder is here: ``python -m benchmarks.encoder``.

The prepared encoder and sentence-transformers (torch, full precision) take the same passages in turns,
so that whatever else the machine does weighs on both; the ratio is what counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import Any

from glane_indexer.encoder import store
from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.load import load_encoder, source_of
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import GlaneError
from glane_indexer.models import Bookmark
from glane_indexer.sample.load import library_bytes, queries
from glane_indexer.settings import Settings

PASSAGE_TOKENS = 130
ROUNDS = 5


def passages(encoder: Encoder, count: int) -> list[str]:
    """Texts of about :data:`PASSAGE_TOKENS` tokens, from the sentences of the sample library."""
    from glane_indexer.importers import jsonl
    from glane_indexer.importers.source import Source

    sentences = [
        annotation.text
        for item in jsonl.read(Source(library_bytes()))
        if isinstance(item, Bookmark)
        for annotation in item.annotations
    ]
    tokens = encoder.count_tokens(sentences)
    made: list[str] = []
    place = 0
    while len(made) < count:
        text, length = "", 0
        while length < PASSAGE_TOKENS:
            # A step that shares no factor with most lengths: other neighbours at every turn.
            place = (place + 7) % len(sentences)
            text, length = f"{text} {sentences[place]}".strip(), length + tokens[place]
        words = text.split()
        made.append(" ".join(words[: max(1, len(words) * PASSAGE_TOKENS // length)]))
    return made


def measure(settings: Settings, count: int) -> dict[str, Any]:
    """Passages a second of both runtimes, and the median time of a question."""
    encoder = load_encoder(settings)
    prepared = store.read(store.folder_of(settings))
    texts = passages(encoder, count)
    reference = _sentence_transformers(settings, prepared)
    prefix = prepared.passage_prefix if prepared else ""
    runs: dict[str, Any] = {
        "glane": encoder.encode_passages,
        "sentence_transformers": lambda part: reference.encode(
            [prefix + text for text in part], batch_size=32
        ),
    }
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for encode in runs.values():
        encode(texts[:16])
    size = count // ROUNDS
    for number in range(ROUNDS):
        part = texts[number * size : (number + 1) * size]
        for name, encode in runs.items():
            started = time.perf_counter()
            encode(part)
            speeds[name].append(len(part) / (time.perf_counter() - started))
    median = {name: statistics.median(values) for name, values in speeds.items()}
    questions = list(queries().values()) * 4
    times = []
    for question in questions:
        started = time.perf_counter()
        encoder.encode_queries([question])
        times.append((time.perf_counter() - started) * 1000)
    return {
        "encoder": encoder.info.to_json(),
        "mean_tokens": round(statistics.mean(encoder.count_tokens(texts))),
        "passages_per_second": {name: round(value, 1) for name, value in median.items()},
        "ratio": round(median["glane"] / median["sentence_transformers"], 2),
        "query_ms": {
            "p50": round(statistics.median(times), 2),
            "p99": round(sorted(times)[-len(times) // 100], 2),
        },
    }


def _sentence_transformers(settings: Settings, prepared: PreparedModel | None) -> Any:
    from sentence_transformers import SentenceTransformer

    source = source_of(prepared, store.folder_of(settings)) if prepared else ""
    return SentenceTransformer(source, device="cpu")


def main() -> int:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description="Measure the encoder against sentence-transformers.")
    parser.add_argument("--passages", type=int, default=200, help="how many passages (200)")
    options = parser.parse_args()
    try:
        print(json.dumps(measure(Settings.from_env(), options.passages), indent=2))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
