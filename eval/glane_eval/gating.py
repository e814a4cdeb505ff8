"""The gate: does the ranking still do as well as the baseline that was written down?"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glane_eval.comparison import TIE
from glane_eval.files import read_lines, write_lines
from glane_eval.metrics import mean
from glane_eval.significance import randomisation_p
from glane_indexer.errors import DatasetError

Values = Mapping[str, Mapping[str, float]]
"""Metric to query to value."""

# A drop this many times what is allowed fails even where too few queries were asked to prove it.
INTOLERABLE = 3


@dataclass(frozen=True, slots=True)
class Baseline:
    """The values that a ranking had when it was accepted, and when that was (ISO 8601, UTC)."""

    dataset: str
    metrics: dict[str, dict[str, float]]
    created: str


@dataclass(frozen=True, slots=True)
class Fall:
    """A query whose value is lower than it was."""

    query: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """One metric against the baseline: means, the drop between them (below 0: a rise), and who fell.

    ``p`` is the one-sided randomisation test of the drop; ``fallen`` has the furthest fall first.
    """

    metric: str
    passed: bool
    before: float
    after: float
    drop: float
    p: float
    fallen: tuple[Fall, ...]


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether all metrics pass, and each of them."""

    passed: bool
    checks: tuple[MetricCheck, ...]

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return asdict(self)


def check(
    current: Values,
    baseline: Baseline,
    max_drop: float,
    metrics: Sequence[str] = ("nDCG@10",),
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> GateResult:
    """Compare per-query values with the baseline.

    A metric fails when its mean drops by more than ``max_drop`` and the drop is significant (one-sided
    paired randomisation test, p < ``alpha``); so neither a small drop on thousands of queries nor the
    chance of a single query stops a release. It also fails, significant or not, when the drop is more
    than three times ``max_drop``: a small data set proves little, and must not let everything pass.

    Args:
        current: metric to query to value, for the queries of the baseline or more; queries that the
            baseline does not know are left out.
        baseline: as :func:`read_baseline` gives it.
        max_drop: how far a mean may drop, in the unit of the metric (0.01 is one point of nDCG).
        metrics: the metrics to check.
        alpha: the level of the test.
        seed: of the test.

    Raises:
        DatasetError: ``max_drop`` is negative, a metric is missing on either side, or a query of the
            baseline is missing now.
    """
    if not max_drop >= 0:
        raise DatasetError(f"the allowed drop {max_drop} is not 0 or above")
    checks = []
    for metric in metrics:
        if not baseline.metrics.get(metric):
            raise DatasetError(f"the baseline holds no values of {metric}", hint="Write a new baseline.")
        if metric not in current:
            raise DatasetError(f"{metric} was not measured")
        checks.append(_check(metric, current[metric], baseline.metrics[metric], max_drop, alpha, seed))
    return GateResult(all(item.passed for item in checks), tuple(checks))


def read_baseline(path: Path, dataset: str = "") -> Baseline:
    """Read a baseline file; of one that holds several data sets, that of ``dataset``.

    Raises:
        DatasetError: the file is missing, is not what :func:`write_baseline` writes, or does not hold the
            data set.
    """
    record = _record(path)
    try:
        if "sets" in record:
            if dataset not in record["sets"]:
                raise DatasetError(
                    f"the baseline holds nothing of the data set {dataset!r}",
                    where=str(path),
                    hint="Write it with --write",
                )
            record = record["sets"][dataset]
        metrics = {
            str(metric): {str(query): float(value) for query, value in values.items()}
            for metric, values in record["metrics"].items()
        }
        baseline = Baseline(str(record["dataset"]), metrics, str(record["created"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _no_baseline(path, error) from error
    if not all(math.isfinite(value) for values in metrics.values() for value in values.values()):
        raise DatasetError("a value of the baseline is not a finite number", where=str(path))
    return baseline


def write_baseline(path: Path, values: Mapping[str, Values]) -> list[Baseline]:
    """Write the values of data sets as the baseline from now on, all or nothing, and give it back.

    A file of several data sets keeps those that are not named.

    Args:
        values: data set to metric to query to value.

    Raises:
        DatasetError: the file is there, and is no baseline.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found = [
        Baseline(name, {metric: dict(by_query) for metric, by_query in metrics.items()}, now)
        for name, metrics in values.items()
    ]
    kept: dict[str, Any] = _record(path).get("sets", {}) if path.exists() else {}
    if len(found) == 1 and not kept:
        record = asdict(found[0])
    else:
        record = {"sets": {**kept, **{baseline.dataset: asdict(baseline) for baseline in found}}}
    # One query a line and in order, so that a baseline under version control shows what changed.
    write_lines(path, [json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True)])
    return found


def _record(path: Path) -> dict[str, Any]:
    text = "\n".join(line for _, line in read_lines(path))
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_baseline(path, error) from error
    if not isinstance(record, dict) or not isinstance(record.get("sets", {}), dict):
        raise _no_baseline(path, TypeError(type(record).__name__))
    return record


def _no_baseline(path: Path, error: Exception) -> DatasetError:
    return DatasetError(
        f"this is not a baseline ({error!r})", where=str(path), hint="Write it anew with the gate command."
    )


def _check(
    metric: str,
    now: Mapping[str, float],
    then: Mapping[str, float],
    max_drop: float,
    alpha: float,
    seed: int,
) -> MetricCheck:
    missing = [query for query in then if query not in now]
    if missing:
        others = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise DatasetError(
            f"the query {missing[0]!r}{others} of the baseline has no value of {metric} now",
            hint="Run the same data set, or write a new baseline.",
        )
    drops = {query: value - now[query] for query, value in then.items()}
    drop = mean(drops.values())
    p_value = randomisation_p(list(drops.values()), seed=seed, one_sided=True)
    significant = drop > max_drop + TIE and p_value < alpha
    fallen = sorted(
        (Fall(query, then[query], now[query]) for query, fell in drops.items() if fell > TIE),
        key=lambda fall: (fall.after - fall.before, fall.query),
    )
    return MetricCheck(
        metric=metric,
        passed=not significant and drop <= INTOLERABLE * max_drop + TIE,
        before=mean(then.values()),
        after=mean(now[query] for query in then),
        drop=drop,
        p=p_value,
        fallen=tuple(fallen),
    )
