"""What a report shows, computed from runs and judgments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from glane_eval.answerability import Answerability
from glane_eval.comparison import Comparison, compare
from glane_eval.metrics import DEFAULT_METRICS, bootstrap_interval, evaluate, mean, recall_by_depth
from glane_eval.qrels import Qrels
from glane_eval.reliability import Reliability
from glane_eval.runs import Run
from glane_eval.shown import PassageAccuracy

DEPTH = 100
LISTED = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the queries of a mode took, in milliseconds: each of them, and percentiles."""

    times_ms: tuple[float, ...]
    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class ModeReport:
    """One way of ranking: metric to estimate, recall after 1, 2, … documents, and times if measured."""

    name: str
    metrics: dict[str, Estimate]
    recall: list[float]
    latency: Latency | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in the list of a query; ``grade`` is None where nobody judged it."""

    id: str
    title: str
    grade: int | None


@dataclass(frozen=True, slots=True)
class Relevant:
    """A relevant document of a query, and its rank (from 1) by mode; None where it was not found."""

    id: str
    title: str
    grade: int
    ranks: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class QueryReport:
    """One query: its values by mode and metric, its relevant documents, and the list of each mode."""

    id: str
    text: str
    values: dict[str, dict[str, float]]
    relevant: tuple[Relevant, ...]
    lists: dict[str, tuple[Listed, ...]]


@dataclass(frozen=True, slots=True)
class Further:
    """What is measured beside the order of results; empty, or None, where it was not.

    ``passages`` is by mode, ``typos`` the means of misspelt questions by mode and metric.
    """

    passages: Mapping[str, PassageAccuracy] = field(default_factory=dict)
    answerability: Answerability | None = None
    calibration: Reliability | None = None
    typos: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that a report shows; the first metric is the one that the queries are told apart by.

    ``origin`` says where the judgments come from where that needs to be said, and ``queries`` may hold
    fewer than the ``query_count`` that were measured. ``unanswerable`` queries count 0.
    """

    dataset: str
    created: str
    metrics: tuple[str, ...]
    modes: tuple[ModeReport, ...]
    comparisons: tuple[Comparison, ...]
    queries: tuple[QueryReport, ...]
    query_count: int
    unanswerable: tuple[str, ...] = ()
    origin: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    further: Further = field(default_factory=Further)


def build_report(
    dataset: str,
    created: str,
    queries: Mapping[str, str],
    qrels: Qrels,
    runs: Sequence[Run],
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    latencies_ms: Mapping[str, Sequence[float]] | None = None,
    titles: Mapping[str, str] | None = None,
    origin: str = "",
    notes: Mapping[str, str] | None = None,
    seed: int = 0,
    shown: int | None = None,
    further: Further | None = None,
) -> ReportData:
    """Measure the runs and gather what a report shows.

    Args:
        dataset: its name.
        created: when, as it is to be shown.
        queries: query id to text.
        qrels: the judgments.
        runs: one a mode; with two or more, the others are compared with the first.
        metrics: names as :func:`glane_eval.metrics.evaluate` takes them.
        latencies_ms: run name to the time of each query, in milliseconds.
        titles: document id to title; the id is shown where there is none.
        origin: where the judgments come from.
        notes: further facts to show, name to value (encoder, generation, …).
        seed: of intervals and tests.
        shown: how many queries to show with their lists, the worst answered first; None for all.
        further: what is measured beside the order of results.

    Raises:
        UsageError: a name is no metric.
        DatasetError: as :func:`glane_eval.comparison.compare`.
    """
    latencies_ms, titles = latencies_ms or {}, titles or {}
    evaluations = [evaluate(run, qrels, metrics) for run in runs]
    modes = []
    for run, evaluation in zip(runs, evaluations, strict=True):
        estimates = {
            name: Estimate(mean(values.values()), *bootstrap_interval(values.values(), seed=seed))
            for name, values in evaluation.values.items()
        }
        times = latencies_ms.get(run.name)
        latency = summarise(times) if times else None
        modes.append(ModeReport(run.name, estimates, recall_by_depth(run, qrels, DEPTH), latency))
    worst_first = sorted(
        qrels, key=lambda query: (sum(item.values[metrics[0]][query] for item in evaluations), query)
    )
    return ReportData(
        dataset=dataset,
        created=created,
        metrics=tuple(metrics),
        modes=tuple(modes),
        comparisons=tuple(compare(qrels, runs, metrics[:1], seed=seed)) if len(runs) > 1 else (),
        queries=tuple(
            QueryReport(
                query,
                queries.get(query, ""),
                {
                    run.name: {name: item.values[name][query] for name in metrics}
                    for run, item in zip(runs, evaluations, strict=True)
                },
                _relevant(query, qrels[query], runs, titles),
                {
                    run.name: tuple(
                        Listed(doc, titles.get(doc, ""), qrels[query].get(doc))
                        for doc in run.top(query, LISTED)
                    )
                    for run in runs
                },
            )
            for query in worst_first[:shown]
        ),
        query_count=len(qrels),
        unanswerable=evaluations[0].unanswerable if evaluations else (),
        origin=origin,
        notes=dict(notes or {}),
        further=further or Further(),
    )


def summarise(times_ms: Sequence[float]) -> Latency:
    """Times with their percentiles; all in milliseconds, and at least one."""
    p50, p90, p99 = (float(value) for value in np.percentile(times_ms, [50, 90, 99]))
    return Latency(tuple(times_ms), p50, p90, p99)


def _relevant(
    query: str, grades: Mapping[str, int], runs: Sequence[Run], titles: Mapping[str, str]
) -> tuple[Relevant, ...]:
    ranks = {
        run.name: {doc: rank for rank, (doc, _) in enumerate(run.ranked.get(query, []), start=1)}
        for run in runs
    }
    found = (
        Relevant(doc, titles.get(doc, ""), grade, {name: by_doc.get(doc) for name, by_doc in ranks.items()})
        for doc, grade in grades.items()
        if grade > 0
    )
    return tuple(sorted(found, key=lambda item: (-item.grade, item.id)))
