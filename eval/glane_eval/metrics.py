"""Measures of a run against judgments (pure).

The values are those of ``ir_measures``, which calls trec_eval for most of them: the same run file gives
the same numbers here and there, per query. What is added: every judged query has a value (0 where the
run does not answer it), and the queries that cannot count are named instead of lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glane_eval.qrels import Qrels
from glane_eval.runs import Run
from glane_indexer.errors import DatasetError, UsageError

DEFAULT_METRICS = ("nDCG@10", "MRR@10", "R@10", "R@100", "MAP", "P@5", "judged@10", "success@1")

# Lower-case name to the name that ir_measures knows; MRR and MAP are means of RR and AP.
_KNOWN = {
    "ndcg": "nDCG", "mrr": "RR", "rr": "RR", "r": "R", "recall": "R", "map": "AP", "ap": "AP", "p": "P",
    "judged": "Judged", "success": "Success",
}  # fmt: skip
_WITHOUT_CUTOFF = {"nDCG", "RR", "AP"}
# Checked here: trec_eval ends the whole process on a cutoff of 0.
_NAME = re.compile(r"([a-z]+)(?:@([1-9][0-9]{0,5}))?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The values of one run.

    Attributes:
        values: metric to query to value, one for every query of the judgments, in their order.
        unanswered: judged queries for which the run holds no document; they have the value 0.
        unanswerable: judged queries without any relevant document. They have 0 whatever the run, and
            lower every mean alike, as in trec_eval.
        unjudged: queries of the run that have no judgments; they have no value.
    """

    values: dict[str, dict[str, float]]
    unanswered: tuple[str, ...]
    unanswerable: tuple[str, ...]
    unjudged: tuple[str, ...]

    def means(self) -> dict[str, float]:
        """Metric to its mean over all judged queries, as trec_eval and ir_measures average."""
        return {name: mean(values.values()) for name, values in self.values.items()}


def evaluate(run: Run, qrels: Qrels, names: Sequence[str] = DEFAULT_METRICS) -> Evaluation:
    """Measure a run, query by query.

    Equal scores are ordered as each measure's own tool orders them (see :class:`glane_eval.runs.Run`).

    Args:
        run: the run.
        qrels: the judgments.
        names: measures by their usual names, in any case and with any cutoff from 1: nDCG, MRR (or RR),
            MAP (or AP), and, with a cutoff, R (or recall), P, Judged, Success.

    Raises:
        UsageError: a name is not a measure.
        DatasetError: the judgments are empty.
    """
    import ir_measures

    if not qrels:
        raise DatasetError("there are no judgments")
    measures = {name: _measure(name) for name in names}
    # ir_measures divides by zero on a query with an empty list.
    answers = {query: dict(scored) for query, scored in run.ranked.items() if scored}
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(qrels, 0.0) for name in names}
    named: dict[Any, list[str]] = {}
    for name, measure in measures.items():
        named.setdefault(measure, []).append(name)
    for found in ir_measures.iter_calc(list(named), qrels, answers):
        for name in named[found.measure]:
            values[name][found.query_id] = float(found.value)
    return Evaluation(
        values,
        unanswered=tuple(query for query in qrels if query not in answers),
        unanswerable=tuple(query for query, grades in qrels.items() if not any(grades.values())),
        unjudged=tuple(query for query in run.ranked if query not in qrels),
    )


def mean(values: Iterable[float]) -> float:
    """The arithmetic mean.

    Raises:
        DatasetError: there are no values.
    """
    return float(np.mean(_array(values)))


def bootstrap_interval(
    values: Iterable[float], *, seed: int = 0, samples: int = 2000, level: float = 0.95
) -> tuple[float, float]:
    """The interval of the mean: percentiles of the means of resampled queries (Efron's bootstrap).

    Args:
        values: one value a query.
        seed: equal seeds give equal intervals.
        samples: how many times the queries are drawn anew, with replacement.
        level: the share of the means inside the interval, between 0 and 1.

    Raises:
        DatasetError: there are no values.
    """
    array = _array(values)
    rng = np.random.default_rng(seed)
    # At most about 2 million draws (16 MB) at a time, whatever the number of queries.
    rows = max(1, 2_000_000 // len(array))
    means = np.concatenate(
        [
            array[rng.integers(0, len(array), (min(rows, samples - start), len(array)))].mean(axis=1)
            for start in range(0, samples, rows)
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def recall_by_depth(run: Run, qrels: Qrels, depth: int = 100) -> list[float]:
    """Mean recall after 1, 2, … ``depth`` documents, over the queries that have a relevant document.

    The documents stand in the run's own order; at each depth this is ``R@depth`` where no scores tie.

    Raises:
        DatasetError: no query has a relevant document.
    """
    curves = []
    for query, grades in qrels.items():
        relevant = {doc for doc, grade in grades.items() if grade > 0}
        if relevant:
            hits = np.zeros(depth)
            for rank, doc in enumerate(run.top(query, depth)):
                hits[rank] = doc in relevant
            curves.append(np.cumsum(hits) / len(relevant))
    if not curves:
        raise DatasetError("no query has a relevant document")
    return [float(value) for value in np.mean(curves, axis=0)]


def _measure(name: str) -> Any:
    import ir_measures

    match = _NAME.fullmatch(name)
    known = _KNOWN.get(match[1].lower()) if match else None
    if match is None or known is None or not (match[2] or known in _WITHOUT_CUTOFF):
        raise UsageError(
            f"{name!r} is not a measure",
            hint=f"Measures are {', '.join(DEFAULT_METRICS)}, with any cutoff.",
        )
    return ir_measures.parse_measure(f"{known}@{match[2]}" if match[2] else known)


def _array(values: Iterable[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    array = np.fromiter(values, dtype=np.float64)
    if not len(array):
        raise DatasetError("there are no values to average")
    return array
