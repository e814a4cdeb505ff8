"""Looks for better numbers of the ranking, and says honestly what they would bring.

The questions are cut into folds. For each fold the numbers are chosen on all the others alone, and
measured on it: the mean over the folds is what to expect of numbers chosen so on fresh questions
(nested cross-validation; Cawley and Talbot, 2010, "On over-fitting in model selection"). What is
proposed in the end is chosen on all questions.

BM25's k1 and b are the index's, and measured to matter less than .003
(eval/README.md); everything else that the ranking counts with is searched.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_eval.metrics import bootstrap_interval, mean
from glane_eval.qrels import Qrels
from glane_indexer.errors import DatasetError, UsageError
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import Candidates, fuse, order
from glane_service.search.ranking.parameters import Parameters

FOLDS = 5
CUTOFF = 10
# A change has to bring this much on the questions it is chosen on: below it, it is chance.
LEAST_GAIN = 0.0005
# Values tried for each number that the fusion uses; the candidates are fetched once for all of them.
FUSION_GRID: dict[str, tuple[float, ...]] = {
    "keyword_scale": (4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 17.0, 20.0, 25.0, 30.0, 40.0),
    "keyword_power": (1.0, 1.25, 1.5, 1.75, 2.0, 2.5),
    "document_share": (0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0),
    "language_share": (0.0, 0.25, 0.5, 0.75, 1.0, 1.25),
    "title_share": (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0),
}
# Values tried for what the keyword leg and the depths use; each pair needs its own candidates.
RETRIEVAL_GRID: dict[str, tuple[float, ...]] = {
    "exact_weight": (0.0, 0.15, 0.3, 0.5),
    "folded_weight": (0.0, 0.1, 0.2),
    "passage_depth": (300, 600),
}

Floats = NDArray[np.float64]
Fetch = Callable[[Query, Parameters], Candidates]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Questions:
    """One data set to tune on: its judged questions, and how to fetch candidates for one.

    ``ids`` are the bookmark ids by row.
    """

    name: str
    queries: dict[str, str]
    qrels: Qrels
    ids: Sequence[str]
    fetch: Fetch


@dataclass(frozen=True, slots=True)
class DatasetGain:
    """nDCG@10 on one data set, on questions that the numbers were not chosen on."""

    dataset: str
    queries: int
    before: float
    expected: float
    gain: float
    interval: tuple[float, float]


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

    ``fresh`` are measurements on questions kept aside, where some were.
    """

    changes: dict[str, tuple[float, float]]
    parameters: Parameters
    datasets: tuple[DatasetGain, ...]
    gain: float
    interval: tuple[float, float]
    fresh: tuple[Fresh, ...] = ()

    @property
    def worthwhile(self) -> bool:
        """Whether a gain is to be expected: its interval is above 0."""
        return bool(self.changes) and self.interval[0] > 0

    def to_json(self) -> dict[str, Any]:
        """The result as ``glane-eval tune --json`` prints it."""
        return {**asdict(self), "parameters": self.parameters.to_json(), "worthwhile": self.worthwhile}


# The candidates of a question, its grades, and the rows of the bookmarks by id.
_Question = tuple[Candidates, dict[str, int], dict[str, int]]


class _Table:
    """The nDCG@10 of every question under any parameters, from candidates fetched as needed."""

    def __init__(self, sets: Sequence[Questions], progress: Progress | None) -> None:
        self._sets = sets
        self._progress = progress
        self._fetched: dict[tuple[Any, ...], list[list[_Question]]] = {}
        self._values: dict[Parameters, list[Floats]] = {}

    def values(self, parameters: Parameters) -> list[Floats]:
        """One array a data set, one value a question."""
        if parameters not in self._values:
            self._values[parameters] = [
                np.array([self._value(question, parameters) for question in part])
                for part in self._candidates(parameters)
            ]
        return self._values[parameters]

    @staticmethod
    def _value(question: _Question, parameters: Parameters) -> float:
        candidates, grades, row = question
        best = order(candidates.rows, fuse(candidates, parameters))[:CUTOFF]
        return ndcg(candidates.rows[best], grades, row)

    def _candidates(self, parameters: Parameters) -> list[list[_Question]]:
        key = tuple(getattr(parameters, name) for name in RETRIEVAL_GRID)
        if key not in self._fetched:
            self._fetched[key] = [self._fetch(item, parameters) for item in self._sets]
        return self._fetched[key]

    def _fetch(self, item: Questions, parameters: Parameters) -> list[_Question]:
        row = {identifier: place for place, identifier in enumerate(item.ids)}
        found = []
        for number, (query, text) in enumerate(item.queries.items(), start=1):
            found.append((item.fetch(Query(text), parameters), item.qrels[query], row))
            if self._progress:
                self._progress(f"Asking {item.name}", number, len(item.queries))
        return found


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
        holdout: the share of the questions that is kept aside, to measure the result on at the end.

    Raises:
        DatasetError: a data set has fewer questions than folds.
    """
    sets, aside = _split(sets, holdout, seed)
    for item in sets:
        if len(item.queries) < max(2, folds):
            raise DatasetError(
                f"{len(item.queries)} questions are too few for {folds} folds", where=item.name
            )
    table = _Table(sets, progress)
    assigned = [_folds(len(item.queries), folds, seed) for item in sets]
    before = table.values(start)
    held_out = [np.zeros(len(item.queries)) for item in sets]
    for fold in range(folds):
        chosen = _search(table, start, [places != fold for places in assigned])
        for number, values in enumerate(table.values(chosen)):
            mine = assigned[number] == fold
            held_out[number][mine] = values[mine]
        if progress:
            progress("Tuning", fold + 1, folds + 1)
    best = _search(table, start, [np.ones(len(places), np.bool_) for places in assigned])
    if progress:
        progress("Tuning", folds + 1, folds + 1)
    gains = [after - then for after, then in zip(held_out, before, strict=True)]
    return Tuning(
        changes={
            name: (getattr(start, name), value)
            for name, value in best.to_json().items()
            if value != getattr(start, name)
        },
        parameters=best,
        datasets=tuple(
            DatasetGain(
                item.name,
                len(item.queries),
                mean(then),
                mean(after),
                mean(gain),
                bootstrap_interval(gain, seed=seed),
            )
            for item, then, after, gain in zip(sets, before, held_out, gains, strict=True)
        ),
        gain=float(np.mean([gain.mean() for gain in gains])),
        interval=_interval(gains, seed),
        fresh=_measured(aside, start, best, progress),
    )


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
    table = _Table(sets, progress)
    pairs = zip(sets, table.values(start), table.values(best), strict=True)
    return tuple(
        Fresh(item.name, len(item.queries), mean(before), mean(after)) for item, before, after in pairs
    )


def _search(table: _Table, start: Parameters, chosen: Sequence[NDArray[np.bool_]]) -> Parameters:
    """Coordinate ascent from where we are: one number at a time, until none helps."""

    def score(parameters: Parameters) -> float:
        values = table.values(parameters)
        return float(np.mean([part[mask].mean() for part, mask in zip(values, chosen, strict=True)]))

    best, best_score = start, score(start)
    moved = True
    while moved:
        moved = False
        for name, grid in {**FUSION_GRID, **RETRIEVAL_GRID}.items():
            for value in grid:
                tried = replace(best, **{name: type(getattr(best, name))(value)})
                tried_score = score(tried)
                if tried_score > best_score + LEAST_GAIN:
                    best, best_score, moved = tried, tried_score, True
    return best


def _folds(count: int, folds: int, seed: int) -> NDArray[np.int64]:
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


def ndcg(rows: Sequence[int] | NDArray[np.int64], grades: dict[str, int], row: dict[str, int]) -> float:
    """nDCG@10 with gain = grade (Järvelin and Kekäläinen, 2002; as trec_eval's ndcg_cut).

    Args:
        rows: the ranking.
        grades: bookmark id to grade.
        row: bookmark id to row.
    """
    ideal = _dcg(np.sort(np.array(list(grades.values()), float))[::-1][:CUTOFF])
    by_row = {row[doc]: float(grade) for doc, grade in grades.items() if doc in row}
    gains = np.array([by_row.get(int(place), 0.0) for place in rows[:CUTOFF]])
    return _dcg(gains) / ideal if ideal > 0 else 0.0


def _dcg(gains: Floats) -> float:
    return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum())
