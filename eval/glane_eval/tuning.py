"""Looks for better numbers of the ranking, and says honestly what they would bring.

Of one data set the questions are cut into folds: for each fold the numbers are chosen on all the others
alone, and measured on it (nested cross-validation; Cawley and Talbot, 2010, "On over-fitting in model
selection"). Of several sets each is left out in turn: the numbers are chosen on the others, and measured on
it, which says what to expect in a library that nobody tuned to. What is proposed in the end is chosen
on everything.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_eval.metrics import bootstrap_interval, mean
from glane_eval.searching import MOST_LOSS, Floats, Progress, Questions, Table, changes, search
from glane_indexer.errors import DatasetError, UsageError
from glane_service.search.ranking.parameters import Parameters

FOLDS = 5


@dataclass(frozen=True, slots=True)
class DatasetGain:
    """nDCG@10 on one data set, on questions that the numbers were not chosen on.

    ``chosen`` are the numbers that were chosen without this set, where there are several, and differ:
    before and after by parameter.
    """

    dataset: str
    queries: int
    before: float
    expected: float
    gain: float
    interval: tuple[float, float]
    chosen: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fresh:
    """nDCG@10 on questions that were kept aside until the end: with the old numbers, and the new."""

    dataset: str
    queries: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """What :func:`tune` found; ``changes`` are (before, after) by parameter.

    ``before`` and ``expected`` are means over the data sets, and ``fresh`` measurements on questions kept
    aside, where some were.
    """

    changes: dict[str, tuple[float, float]]
    parameters: Parameters
    datasets: tuple[DatasetGain, ...]
    before: float
    expected: float
    gain: float
    interval: tuple[float, float]
    fresh: tuple[Fresh, ...] = ()

    @property
    def worthwhile(self) -> bool:
        """Whether a gain is to be expected.

        On one set its interval is above 0; on several their mean rises when each is left out, and none of
        them falls by more than .005.
        """
        if not self.changes:
            return False
        if len(self.datasets) == 1:
            return self.interval[0] > 0
        return self.gain > 0 and min(item.gain for item in self.datasets) >= -MOST_LOSS

    def to_json(self) -> dict[str, Any]:
        """The result as ``glane-eval tune --json`` prints it."""
        return {**asdict(self), "parameters": self.parameters.to_json(), "worthwhile": self.worthwhile}


def tune(
    sets: Sequence[Questions],
    start: Parameters,
    *,
    folds: int = FOLDS,
    holdout: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """Search the parameters on several data sets at once; each counts the same, whatever its size.

    Args:
        folds: of a single set; several are left out in turn.
        holdout: the share of the questions that is kept aside, to measure the result on at the end.

    Raises:
        DatasetError: a single data set has fewer questions than folds.
        UsageError: ``holdout`` is not a share.
    """
    sets, aside = _split(sets, holdout, seed)
    table = Table(sets, progress)
    if len(sets) == 1:
        held_out, chosen = [_cross_validated(table, start, folds, seed)], [start]
    else:
        chosen = left_out(table, start, progress)
        held_out = [table.values(place, numbers) for place, numbers in enumerate(chosen)]
    best = search(table, start, dict.fromkeys(range(len(sets))))
    before = [table.values(place, start) for place in range(len(sets))]
    gains = [after - then for after, then in zip(held_out, before, strict=True)]
    return Tuning(
        changes=changes(start, best),
        parameters=best,
        datasets=tuple(
            DatasetGain(
                item.name,
                len(item.queries),
                mean(then),
                mean(after),
                mean(gain),
                bootstrap_interval(gain, seed=seed),
                changes(start, numbers),
            )
            for item, then, after, gain, numbers in zip(sets, before, held_out, gains, chosen, strict=True)
        ),
        before=float(np.mean([then.mean() for then in before])),
        expected=float(np.mean([after.mean() for after in held_out])),
        gain=float(np.mean([gain.mean() for gain in gains])),
        interval=_interval(gains, seed),
        fresh=_measured(aside, start, best, progress),
    )


def left_out(table: Table, start: Parameters, progress: Progress | None = None) -> list[Parameters]:
    """For each set the numbers that are best on all the others."""
    places = range(len(table.sets))
    found = []
    for place in places:
        found.append(search(table, start, {other: None for other in places if other != place}))
        if progress:
            progress("Leaving one set out", place + 1, len(places))
    return found


def _cross_validated(table: Table, start: Parameters, folds: int, seed: int) -> Floats:
    """The value of each question of the only set, with numbers chosen on the other folds."""
    (item,) = table.sets
    if len(item.queries) < max(2, folds):
        raise DatasetError(f"{len(item.queries)} questions are too few for {folds} folds", where=item.name)
    assigned = folds_of(len(item.queries), folds, seed)
    held_out = np.zeros(len(item.queries))
    for fold in range(folds):
        chosen = search(table, start, {0: assigned != fold})
        held_out[assigned == fold] = table.values(0, chosen)[assigned == fold]
    return held_out


def _split(sets: Sequence[Questions], holdout: float, seed: int) -> tuple[list[Questions], list[Questions]]:
    """The questions to tune on, and those kept aside; chosen at random."""
    if not 0 <= holdout < 1:
        raise UsageError(f"{holdout} is not a share from 0 to below 1", where="--holdout")
    kept, aside = [], []
    for item in sets:
        order_of = list(item.queries)
        random.Random(seed).shuffle(order_of)  # noqa: S311 - not for secrets
        chosen = set(order_of[: int(len(order_of) * holdout)])
        texts = item.queries.items()
        kept.append(replace(item, queries={key: text for key, text in texts if key not in chosen}))
        aside.append(replace(item, queries={key: text for key, text in texts if key in chosen}))
    return kept, [item for item in aside if item.queries]


def _measured(
    sets: Sequence[Questions], start: Parameters, best: Parameters, progress: Progress | None
) -> tuple[Fresh, ...]:
    table = Table(sets, progress)
    return tuple(
        Fresh(
            item.name, len(item.queries), mean(table.values(place, start)), mean(table.values(place, best))
        )
        for place, item in enumerate(sets)
    )


def folds_of(count: int, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each question: equal shares, at random."""
    places = [number % folds for number in range(count)]
    random.Random(seed).shuffle(places)  # noqa: S311 - not for secrets
    return np.array(places)


def _interval(gains: Sequence[Floats], seed: int, samples: int = 2000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean over data sets; questions are drawn within each."""
    generator = np.random.default_rng(seed)
    means = [
        np.mean([gain[generator.integers(0, len(gain), len(gain))].mean() for gain in gains])
        for _ in range(samples)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
