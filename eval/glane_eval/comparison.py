"""Comparison of runs on the same judgments: how far apart, and could that be chance (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glane_eval.metrics import evaluate, mean
from glane_eval.qrels import Qrels
from glane_eval.runs import Run
from glane_eval.significance import holm, randomisation_p, t_test_p
from glane_indexer.errors import DatasetError, UsageError

COMPARED_METRICS = ("nDCG@10", "MRR@10", "R@100")
# Differences this small are rounding, not ranking: such queries are ties.
TIE = 1e-9
TOP = 10


@dataclass(frozen=True, slots=True)
class Move:
    """One query that two runs answer differently: its values, and the first ten ids of each run.

    ``difference`` is ``after - before``.
    """

    query: str
    before: float
    after: float
    difference: float
    top_before: tuple[str, ...]
    top_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run (``after``) against the first one (``before``) by one metric.

    Attributes:
        difference: mean of ``after`` less mean of ``before``; above 0 the run is better.
        p_randomisation: two-sided paired randomisation test.
        p_t: two-sided paired t test.
        p_holm: ``p_randomisation``, corrected for all comparisons made together.
        differences: query to difference, for every query counted.
        wins, ties, losses: numbers of queries that rose, stayed and fell.
        moved: the queries that moved most, up or down, the furthest first.
    """

    metric: str
    before_name: str
    after_name: str
    before: float
    after: float
    difference: float
    p_randomisation: float
    p_t: float
    p_holm: float
    wins: int
    ties: int
    losses: int
    differences: dict[str, float]
    moved: tuple[Move, ...]

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain JSON values."""
        return asdict(self)


def compare(
    qrels: Qrels,
    runs: Sequence[Run],
    metrics: Sequence[str] = COMPARED_METRICS,
    *,
    seed: int = 0,
    most: int = 10,
) -> list[Comparison]:
    """Compare every run with the first, by every metric.

    A query that a run does not answer counts 0.

    Args:
        qrels: the judgments.
        runs: two or more; the first is the one the others are measured against.
        metrics: names as :func:`glane_eval.metrics.evaluate` takes them.
        seed: of the randomisation test.
        most: how many of the queries that moved most are listed.

    Returns:
        one comparison a run and metric, runs in their order and the metrics within.

    Raises:
        UsageError: fewer than two runs, no metric, or a name that is no metric.
        DatasetError: a run answers no query of the judgments (an arm that never ran is not a loser),.
    """
    if len(runs) < 2 or not metrics:
        raise UsageError("a comparison needs two runs or more, and a metric")
    evaluations = [evaluate(run, qrels, metrics) for run in runs]
    for run, evaluation in zip(runs, evaluations, strict=True):
        if len(evaluation.unanswered) == len(qrels):
            raise DatasetError(
                f"the run {run.name!r} answers no query of the judgments",
                hint="Was it made on another data set, or not at all?",
            )
    pairs = [
        (run, metric, evaluations[0].values[metric], evaluation.values[metric])
        for run, evaluation in zip(runs[1:], evaluations[1:], strict=True)
        for metric in metrics
    ]
    differences = [
        {query: after[query] - before[query] for query in before} for _, _, before, after in pairs
    ]
    p_values = [randomisation_p(list(by_query.values()), seed=seed) for by_query in differences]
    return [
        Comparison(
            metric=metric,
            before_name=runs[0].name,
            after_name=run.name,
            before=mean(before.values()),
            after=mean(after.values()),
            difference=mean(by_query.values()),
            p_randomisation=p_value,
            p_t=t_test_p(list(by_query.values())),
            p_holm=corrected,
            wins=sum(difference > TIE for difference in by_query.values()),
            ties=sum(abs(difference) <= TIE for difference in by_query.values()),
            losses=sum(difference < -TIE for difference in by_query.values()),
            differences=by_query,
            moved=_moved(by_query, before, after, runs[0], run, most),
        )
        for (run, metric, before, after), by_query, p_value, corrected in zip(
            pairs, differences, p_values, holm(p_values), strict=True
        )
    ]


def _moved(
    differences: dict[str, float],
    before: dict[str, float],
    after: dict[str, float],
    first: Run,
    second: Run,
    most: int,
) -> tuple[Move, ...]:
    queries = sorted(
        (query for query, difference in differences.items() if abs(difference) > TIE),
        key=lambda query: (-abs(differences[query]), query),
    )
    return tuple(
        Move(
            query,
            before[query],
            after[query],
            differences[query],
            tuple(first.top(query, TOP)),
            tuple(second.top(query, TOP)),
        )
        for query in queries[:most]
    )
