"""Asks every question in every mode and measures what comes back."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit

from glane_eval.metrics import DEFAULT_METRICS, Evaluation, bootstrap_interval, evaluate
from glane_eval.qrels import Qrels
from glane_eval.report_data import Latency, summarise
from glane_eval.runs import Run, from_rankings
from glane_eval.sources import Progress, Source
from glane_indexer.encoder.base import Encoder, EncoderInfo, Vectors
from glane_indexer.errors import DatasetError, ServiceError, UsageError

if TYPE_CHECKING:
    from glane_service.search.query import Query
    from glane_service.search.ranking.candidates import Candidates
    from glane_service.search.ranking.parameters import Parameters

MODES = ("hybrid", "keyword", "vector")
# Results kept of each answer: what R@100 needs, and the most that a service gives on one page.
DEPTH = 100
TIMEOUT_S = 60


class Arm(Protocol):
    """Something that ranks: an engine here, or a service elsewhere."""

    def rank(self, text: str, mode: str) -> tuple[list[str], float]:
        """The ids for a question, best first, and the milliseconds it took."""
        ...


class _Remembering:
    """An encoder that keeps the vectors of questions, and how long each took.

    Every mode is asked every question, and its vector is the same in all of them; ``reused`` are the
    seconds that this has saved.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, tuple[Vectors, float]] = {}
        self.reused = 0.0

    @property
    def info(self) -> EncoderInfo:
        return self._encoder.info

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        if len(texts) != 1:
            return self._encoder.encode_queries(texts)
        if texts[0] in self._known:
            vectors, seconds = self._known[texts[0]]
            self.reused += seconds
            return vectors
        started = time.perf_counter()
        vectors = self._encoder.encode_queries(texts)
        self._known[texts[0]] = vectors, time.perf_counter() - started
        return vectors

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        return self._encoder.encode_passages(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)


class EngineArm:
    """The engine that the service and the command line use, in this process.

    Args:
        library: an indexed library.
        encoder: the one that it was indexed with.
        name: a generation; None: the current one.
        parameters: of the ranking; None: the library's own.

    Raises:
        GenerationError: the library has no index that can be opened.
    """

    def __init__(
        self,
        library: Path,
        encoder: Encoder,
        *,
        name: str | None = None,
        parameters: Parameters | None = None,
    ) -> None:
        from glane_indexer.index.generation import Generation, open_view
        from glane_service.search.engine import SearchEngine
        from glane_service.search.ranking.parameters import library_parameters

        self._encoder = _Remembering(encoder)
        generation = Generation.open(library, name, encoder=encoder.info)
        view = open_view(generation, "public")
        self.engine = SearchEngine(view, self._encoder, parameters or library_parameters(library))

    def rank(self, text: str, mode: str) -> tuple[list[str], float]:
        """The ids for a question, best first, and the milliseconds of encoding and ranking."""
        from glane_service.search.query import Query

        self._encoder.reused = 0.0
        started = time.perf_counter()
        found = self.engine.ranking(Query(text, mode=mode), DEPTH)  # type: ignore[arg-type]
        seconds = time.perf_counter() - started + self._encoder.reused
        return [identifier for identifier, _ in found], seconds * 1000

    def candidates(self, query: Query, parameters: Parameters) -> Candidates:
        """What both legs find for a query under other parameters."""
        return self.engine.candidates(query, parameters)

    def titles(self) -> dict[str, str]:
        """The title of every bookmark by its id."""
        view = self.engine.view
        return {bookmark.id: bookmark.title for bookmark in view.bookmarks(range(view.count))}

    def known(self) -> set[str]:
        """The ids of all bookmarks."""
        return set(self.engine.view.ids)


class ServiceArm:
    """A running service, asked over HTTP on one connection.

    Raises:
        UsageError: the address is not an http(s) url.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("this is not an http(s) address", where=url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def rank(self, text: str, mode: str) -> tuple[list[str], float]:
        """The ids for a question, best first, and the milliseconds of the whole request.

        Raises:
            ServiceError: it cannot be reached, or its answer is not a search result.
        """
        path = f"{self._path}/api/search?" + urlencode({"q": text, "mode": mode, "per_page": DEPTH})
        started = time.perf_counter()
        try:
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            body = answer.read()
            took = (time.perf_counter() - started) * 1000
            record = json.loads(body)
            if answer.status != 200:
                detail = record.get("detail") or record.get("title") or answer.reason
                raise ServiceError(f"the service answered {answer.status}: {detail}", where=self._url)
            return [str(item["bookmark"]["id"]) for item in record["results"]], took
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServiceError(
                f"the service cannot be reached: {error}", where=self._url, hint="Check the address"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ServiceError(
                f"the answer is not a search result: {error!r}", where=f"{self._url}/api/search"
            ) from error


@dataclass(frozen=True, slots=True)
class ModeResult:
    """One mode: its run, its values, and the time of each question."""

    run: Run
    evaluation: Evaluation
    latency: Latency

    def to_json(self, seed: int) -> dict[str, Any]:
        """Means, 95 % intervals and latencies."""
        values = self.evaluation.values
        return {
            **{name: round(mean, 6) for name, mean in self.evaluation.means().items()},
            "intervals": {
                name: [round(end, 6) for end in bootstrap_interval(by_query.values(), seed=seed)]
                for name, by_query in values.items()
            },
            "unanswered": len(self.evaluation.unanswered),
            "latency_ms": {"p50": round(self.latency.p50, 3), "p99": round(self.latency.p99, 3)},
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What :func:`measure` gives."""

    dataset: str
    queries: dict[str, str]
    qrels: Qrels
    modes: dict[str, ModeResult]
    origin: str = ""
    seed: int = 0
    titles: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The result as ``glane-eval run --json`` prints it."""
        shown: dict[str, Any] = {
            "dataset": self.dataset,
            "queries": len(self.queries),
            "unanswerable": len(next(iter(self.modes.values())).evaluation.unanswerable),
            "modes": {name: mode.to_json(self.seed) for name, mode in self.modes.items()},
        }
        return {**shown, "origin": self.origin} if self.origin else shown


def measure(
    source: Source,
    arm: Arm,
    *,
    modes: Sequence[str] = MODES,
    metrics: Sequence[str] = DEFAULT_METRICS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Result:
    """Ask every question in every mode.

    Raises:
        UsageError: there is no such mode or metric.
        DatasetError: a mode answers nothing at all.
    """
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes:
        raise UsageError(
            f"{', '.join(unknown) or 'nothing'} is not a mode", hint=f"Modes are {', '.join(MODES)}"
        )
    if not source.queries:
        raise DatasetError("no question has judgments", where=source.name)
    ranked: dict[str, dict[str, list[str]]] = {mode: {} for mode in modes}
    times: dict[str, list[float]] = {mode: [] for mode in modes}
    # What is loaded or compiled at first use is not the time of a question.
    arm.rank(next(iter(source.queries.values())), modes[0])
    for number, (query, text) in enumerate(source.queries.items(), start=1):
        for mode in modes:
            ranked[mode][query], took = arm.rank(text, mode)
            times[mode].append(took)
        if progress:
            progress("Asking", number, len(source.queries))
    results = {}
    for mode in modes:
        if not any(ranked[mode].values()):
            raise DatasetError(f"the mode {mode} found nothing for any question", where=source.name)
        run = from_rankings(mode, ranked[mode])
        results[mode] = ModeResult(run, evaluate(run, source.qrels, metrics), summarise(times[mode]))
    titles = arm.titles() if isinstance(arm, EngineArm) else {}
    return Result(source.name, source.queries, source.qrels, results, source.origin, seed, titles)


def check_known(source: Source, arm: EngineArm) -> None:
    """See that the judged bookmarks are in the library that is asked.

    Raises:
        DatasetError: none of them is; a library of something else scores 0 without a word.
    """
    judged = {doc for grades in source.qrels.values() for doc in grades}
    if judged.isdisjoint(arm.known()):
        raise DatasetError(
            "none of the judged documents is in this library",
            where=source.name,
            hint="Is it the right one?",
        )
