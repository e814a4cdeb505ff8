"""How fast the service answers here: ``python -m benchmarks.service``.

First a service on the sample library, asked over HTTP by one client; then the engine alone on a large
synthetic library. Questions are all different, so that no cache of questions could help.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, ServiceError
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.sample.load import library_bytes, queries
from glane_indexer.settings import Settings

WARM_UP = 50
START_LIMIT_S = 60


def questions(count: int) -> list[str]:
    """Different questions: those of the sample, and recombinations of their halves."""
    known = [text.split() for text in queries().values()]
    made: dict[str, None] = {" ".join(words): None for words in known}
    for left in known:
        for right in known:
            if len(made) >= count:
                return list(made)[:count]
            made[" ".join(left[: (len(left) + 1) // 2] + right[len(right) // 2 :])] = None
    return list(made)[:count]


def over_http(settings: Settings, encoder: Encoder, count: int) -> dict[str, Any]:
    """Start-up, memory and latency of a real service on the sample library."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        import_bytes(library_bytes(), library, name="sample")
        build_generation(library, encoder)
        with closing(socket.socket()) as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        command = [sys.executable, "-m", "glane_service.cli", "serve", "--library", str(library)]
        command += ["--port", str(port)]
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            command, env={**os.environ, "GLANE_LOG_LEVEL": "error"}, stdout=subprocess.DEVNULL
        )
        try:
            _wait(port, process)
            ready = time.perf_counter() - started
            times, inside = _ask(port, questions(count + WARM_UP))
            maps = Path(f"/proc/{process.pid}/maps").read_text()
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.terminate()
            process.wait()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return {
        "ready_s": round(ready, 2),
        "resident_mb": round(resident / 1024),
        "torch_imported": "libtorch" in maps,
        "questions": len(times),
        "request_ms": _summary(times),
        "engine_ms": _summary(inside),
    }


def at_size(encoder: Encoder, passages: int, count: int) -> dict[str, Any]:
    """Latency of the engine on a synthetic library, per mode and with a filter."""
    from benchmarks.index import Mixtures, SyntheticEncoder, bookmarks
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.index.generation import Generation, open_view
    from glane_service.search.engine import SearchEngine
    from glane_service.search.query import Filters, Query

    synthetic = SyntheticEncoder(encoder, Mixtures(encoder))
    asked = questions(count + 10)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder)
        with Catalog.open(library, create=True) as catalog:
            catalog.upsert(bookmarks(passages))
        started = time.perf_counter()
        build_generation(library, synthetic)
        build = time.perf_counter() - started
        engine = SearchEngine(open_view(Generation.open(library), "public"), synthetic)
        arms: dict[str, dict[str, Any]] = {
            "hybrid": {},
            "vector": {"mode": "vector"},
            "keyword": {"mode": "keyword"},
            "hybrid_filter_1_percent": {"filters": Filters(tags=("tag7",))},
        }
        times: dict[str, list[float]] = {name: [] for name in arms}
        for number, text in enumerate(asked):
            for name, options in arms.items():
                begun = time.perf_counter()
                engine.search(Query(text, **options))
                if number >= 10:
                    times[name].append((time.perf_counter() - begun) * 1000)
        counts = engine.view.counts
    return {
        "bookmarks": counts.bookmarks,
        "passages": counts.passages,
        "build_s": round(build, 1),
        "search_ms": {name: _summary(values) for name, values in times.items()},
    }


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise ServiceError(f"the service was not ready within {START_LIMIT_S} s", where=f"port {port}")


def _ask(port: int, texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """The milliseconds of each request after the warm-up, and of the engine within it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times, inside = [], []
    for number, text in enumerate(texts):
        begun = time.perf_counter()
        connection.request("GET", f"/api/search?q={quote(text)}")
        body = connection.getresponse().read()
        if number >= WARM_UP:
            times.append((time.perf_counter() - begun) * 1000)
            inside.append(float(json.loads(body)["took_ms"]))
    return times, inside


def _summary(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50": round(statistics.median(ordered), 2), "p99": round(ordered[-1 - len(ordered) // 100], 2)}


def main() -> int:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description="Measure the service and the engine.")
    parser.add_argument("--questions", type=int, default=500, help="over HTTP (500)")
    parser.add_argument("--passages", type=int, default=100_000, help="of the large library (100000)")
    options = parser.parse_args()
    settings = replace(Settings.from_env(), model="default")
    try:
        encoder = load_encoder(settings)
        report = {
            "sample_over_http": over_http(settings, encoder, options.questions),
            "synthetic": at_size(encoder, options.passages, 200),
        }
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
