"""What the service counts, in Prometheus' form.

With several workers each process writes its numbers to a shared folder, which
:mod:`glane_service.serve` names in ``PROMETHEUS_MULTIPROC_DIR``, and ``/metrics`` adds up those of
all, whichever one answers.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from glane_indexer.errors import GlaneError
from glane_service.access import PUBLIC
from glane_service.following import state_of
from glane_service.http.backend import Backend

if TYPE_CHECKING:
    from glane_service.search.results import Results

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# Dense between 1 and 25 ms, where a search on a library of ordinary size is.
BUCKETS = (0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.018, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
# A stage of a search takes a tenth of a millisecond, the encoder and large libraries up to twenty.
STAGE_BUCKETS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.1, 1.0)


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        # When a series began is of no use here, and would double their number.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._series: dict[tuple[Any, ...], Any] = {}
        self._requests = Counter(
            "glane_http_requests_total",
            "Requests answered, by method, route and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "glane_http_request_seconds",
            "Time to answer a request, by route",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._searches = Counter(
            "glane_searches_total",
            "Searches, by the mode that was used and by where they came from",
            ["mode", "source"],
            registry=registry,
        )
        self._search_seconds = Histogram(
            "glane_search_seconds",
            "Time in the engine, by mode",
            ["mode"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "glane_stage_seconds",
            "Time in the engine, by stage: question (its words and filters), encoder, keyword, vector, "
            "rank, present, facets",
            ["stage"],
            buckets=STAGE_BUCKETS,
            registry=registry,
        )
        self._empty = Counter(
            "glane_searches_without_result_total",
            "Searches that found nothing, by mode",
            ["mode"],
            registry=registry,
        )
        self._waits = Histogram(
            "glane_wait_seconds",
            "Time that requests waited for their turn",
            buckets=BUCKETS,
            registry=registry,
        )
        self._shed = Counter(
            "glane_requests_shed_total",
            "Requests that were not worked on: queue (too many waited), late (its turn did not come), "
            "gone (its client had left)",
            ["reason"],
            registry=registry,
        )
        self._size = Gauge(
            "glane_library_size",
            "What the library holds, by kind",
            ["what"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self._generation = Gauge(
            "glane_generation",
            "Number of the index generation that answers; 0 where none does",
            registry=registry,
            multiprocess_mode="mostrecent",
        )

        self._follow_seq, self._follow_lag, self._follow_ok, self._follow_bytes = (
            Gauge(name, help, registry=registry, multiprocess_mode="mostrecent")
            for name, help in (
                ("glane_follow_seq", "Last change of the source that is here; 0 where none is followed"),
                (
                    "glane_follow_lag_seconds",
                    "Time since this server was known to have what its source has",
                ),
                ("glane_follow_ok", "1 while the source can be followed, 0 while it cannot"),
                ("glane_follow_bytes", "Bytes that have come from the source"),
            )
        )

        self._damaged = self._of_library("glane_index_damaged", "1 where the index is damaged, else 0")
        self._segments = self._of_library("glane_index_segments", "Segments of the public index")
        self._merges = self._of_library("glane_index_merges", "How often segments were merged so far")
        self._waiting = self._of_library(
            "glane_changes_waiting", "Changes that are acknowledged and not yet in the answers"
        )

    def _of_library(self, name: str, about: str) -> Gauge:
        """A number that is the same whichever process tells it."""
        return Gauge(name, about, registry=self._registry, multiprocess_mode="mostrecent")

    def _of(self, metric: Any, *labels: str) -> Any:
        """One series of a metric; found faster than by the metric itself, which minds threads and types."""
        found = self._series.get((metric, *labels))
        if found is None:
            found = self._series[(metric, *labels)] = metric.labels(*labels)
        return found

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; ``route`` is the pattern, not the address, so that they stay few."""
        self._of(self._requests, method, route, str(status)).inc()
        self._of(self._seconds, route).observe(seconds)

    def waited(self, seconds: float) -> None:
        """Count how long one request waited until it was worked on."""
        self._waits.observe(seconds)

    def shed(self, reason: str) -> None:
        """Count one request that is not worked on; ``reason`` is ``queue``, ``late`` or ``gone``."""
        self._shed.labels(reason).inc()

    def searched(self, results: Results, source: str) -> None:
        """Count one search; ``source`` is ``api``, ``page``, ``feed`` or ``instantsearch``."""
        self._of(self._searches, results.mode_used, source).inc()
        self._of(self._search_seconds, results.mode_used).observe(results.took_ms / 1000)
        for stage, milliseconds in results.stages.items():
            self._of(self._stage_seconds, stage).observe(milliseconds / 1000)
        if not results.total:
            self._empty.labels(results.mode_used).inc()

    def render(self, backend: Backend) -> bytes:
        """Everything counted so far, as text."""
        self._observe(backend)
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _observe(self, backend: Backend) -> None:
        self._damaged.set(bool(backend.damage))
        if opened := backend.generation():
            manifest = opened.manifest
            self._segments.set(sum(item.file.visibility == "public" for item in manifest.members))
            self._merges.set(manifest.merges)
        state = state_of(backend.settings)
        if state is not None:
            self._follow_seq.set(state.seq)
            # What never was like its source is behind by all of time.
            self._follow_lag.set(lag if (lag := state.lag()) is not None else math.inf)
            self._follow_ok.set(not state.error)
            self._follow_bytes.set(state.moved)
        try:
            self._waiting.set(backend.waiting())
            status = backend.engine_for(PUBLIC).status()
        except GlaneError:
            self._generation.set(0)
            return
        for what in (
            "bookmarks",
            "annotations",
            "descriptions",
            "passages",
            "contributors",
            "bytes",
        ):
            if isinstance(status.get(what), int):
                self._size.labels(what).set(status[what])
        generation = str(status.get("generation") or "0")
        self._generation.set(int(generation) if generation.isdigit() else 0)
