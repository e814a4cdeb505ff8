"""The ranking's numbers, searched: what each question is worth under any of them, and which are best.

BM25's k1 and b are the index's, and measured to matter less than .003; how many passages are fetched
matters only where there are too many to compare all. Everything else that the ranking counts with is
searched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glane_eval.arms import EngineArm, check_known
from glane_eval.qrels import Qrels
from glane_eval.sources import Source
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import Candidates, fuse
from glane_service.search.ranking.parameters import Parameters

CUTOFF = 10
# A change has to bring this much on the questions it is chosen on, and more than the standard error of what
# it brings: below these, it is chance.
LEAST_GAIN = 0.0005
# What one set may lose for the others' gain.
MOST_LOSS = 0.005
# Values tried for each number that the fusion uses; the candidates are fetched once for all of them.
FUSION_GRID: dict[str, tuple[float, ...]] = {
    "nat_scale": (0.2, 0.4, 0.6, 0.8, 1.0, 1.2),
    "telling_discount": (0.0, 0.25, 0.4, 0.55, 0.7, 0.85),
    "document_share": (0.0, 0.15, 0.25, 0.35, 0.5, 0.75, 1.0),
    "language_share": (0.0, 0.5, 1.0, 1.25),
    "title_share": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "title_scale": (0.0, 0.4, 0.75, 1.25, 2.0),
    "possible_power": (0.0, 2.0, 4.0, 6.0, 8.0),
}
# Values tried for what the keyword leg uses; each needs its own candidates, so they are tried when the
# others stand.
RETRIEVAL_GRID: dict[str, tuple[float, ...]] = {
    "exact_weight": (0.0, 0.3, 0.5),
    "folded_weight": (0.0, 0.1, 0.2),
    "title_weight": (0.0, 0.3, 0.6),
}

Floats = NDArray[np.float64]
Fetch = Callable[[Query, Parameters], Candidates]
Score = Callable[[Candidates, Parameters], NDArray[np.float32]]
Progress = Callable[[str, int, int], None]
Masks = Mapping[int, NDArray[np.bool_] | None]


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


def questions_of(source: Source, arm: EngineArm) -> Questions:
    """The questions of a source, asked of its library.

    Raises:
        DatasetError: the library is of something else.
    """
    check_known(source, arm)
    return Questions(source.name, source.queries, source.qrels, arm.engine.view.ids, arm.candidates)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The candidates of a question, the places and gains of the relevant ones, and the best DCG."""

    candidates: Candidates
    places: NDArray[np.int64]
    gains: Floats
    ideal: float


class Gain(NamedTuple):
    """A mean gain, its standard error, and that of the set which gains least."""

    mean: float
    error: float
    least: float


class Table:
    """The nDCG@10 of every question under any parameters, from candidates fetched as needed."""

    def __init__(self, sets: Sequence[Questions], progress: Progress | None = None) -> None:
        self.sets = sets
        self._progress = progress
        self._fetched: dict[tuple[Any, ...], list[_Asked]] = {}
        self._values: dict[tuple[int, Parameters], Floats] = {}

    def values(self, place: int, parameters: Parameters) -> Floats:
        """One value a question of a set, in their order."""
        key = place, parameters
        if key not in self._values:
            self._values[key] = self.scored(place, parameters, fuse)
        return self._values[key]

    def scored(self, place: int, parameters: Parameters, score: Score) -> Floats:
        """The same for another way to score the candidates."""
        return np.array(
            [
                ndcg(score(asked.candidates, parameters), asked.places, asked.gains, asked.ideal)
                for asked in self._candidates(place, parameters)
            ]
        )

    def gain(self, before: Parameters, after: Parameters, masks: Masks) -> Gain:
        """What some numbers bring over others: over sets, each counting the same, the mean of the means
        over their questions; some of these, or all."""
        means, errors = [], []
        for place, mask in masks.items():
            moved = self.values(place, after) - self.values(place, before)
            moved = moved if mask is None else moved[mask]
            means.append(moved.mean())
            errors.append(moved.var() / len(moved))
        return Gain(float(np.mean(means)), float(np.sqrt(np.sum(errors)) / len(errors)), float(min(means)))

    def _candidates(self, place: int, parameters: Parameters) -> list[_Asked]:
        key = (place, *(getattr(parameters, name) for name in RETRIEVAL_GRID))
        if key not in self._fetched:
            self._fetched[key] = self._fetch(self.sets[place], parameters)
        return self._fetched[key]

    def _fetch(self, item: Questions, parameters: Parameters) -> list[_Asked]:
        row = {identifier: place for place, identifier in enumerate(item.ids)}
        found = []
        for number, (query, text) in enumerate(item.queries.items(), start=1):
            candidates = item.fetch(Query(text), parameters)
            grades = item.qrels[query]
            relevant = {row[doc]: float(grade) for doc, grade in grades.items() if grade > 0 and doc in row}
            places = np.flatnonzero(np.isin(candidates.rows, list(relevant)))
            gains = np.array([relevant[int(at)] for at in candidates.rows[places]])
            found.append(_Asked(candidates, places, gains, ideal(grades.values())))
            if self._progress:
                self._progress(f"Asking {item.name}", number, len(item.queries))
        return found


def search(table: Table, start: Parameters, masks: Masks) -> Parameters:
    """The best numbers for some questions of some sets: coordinate ascent from where we are.

    One number at a time, until none helps: those of the fusion first, then those that need other
    candidates, and again while these have moved. A step has to bring more than its standard error
    (Breiman et al., 1984, "Classification and Regression Trees": the rule of one standard error), and to
    cost no set more than .005: numbers stay where the questions do not say otherwise.

    Args:
        masks: place of a set to which of its questions count; None: all.
    """
    best = start
    grids = (FUSION_GRID, RETRIEVAL_GRID)
    turn = still = 0
    while still < len(grids):
        moved = False
        for name, grid in grids[turn % len(grids)].items():
            steps = []
            for value in grid:
                tried = replace(best, **{name: type(getattr(best, name))(value)})
                gain = table.gain(best, tried, masks)
                if gain.mean > max(LEAST_GAIN, gain.error) and gain.least >= -MOST_LOSS:
                    steps.append((gain.mean, tried))
            if steps:
                best, moved = max(steps, key=lambda step: step[0])[1], True
        if moved:
            still = 0
        else:
            still, turn = still + 1, turn + 1
    return best


def changes(start: Parameters, found: Parameters) -> dict[str, tuple[float, float]]:
    """The numbers that differ, before and after, by name."""
    return {
        name: (getattr(start, name), value)
        for name, value in found.to_json().items()
        if value != getattr(start, name)
    }


def ndcg(scores: NDArray[np.float32], places: NDArray[np.int64], gains: Floats, best: float) -> float:
    """nDCG@10 with gain = grade (Järvelin and Kekäläinen, 2002; as trec_eval's ndcg_cut).

    Only the ranks of the relevant candidates are looked for: those before a candidate are those with a
    higher score, and those of its score that stand before it (see :func:`.candidates.order`).

    Args:
        scores: of all candidates, by row.
        places: of the relevant ones among them.
        gains: of these.
        best: the DCG of the best ranking there is, as :func:`ideal` gives it; 0 where nothing is relevant.
    """
    if not len(places) or best <= 0:
        return 0.0
    own = scores[places, None]
    before = (scores[None, :] > own) | (
        (scores[None, :] == own) & (np.arange(len(scores)) < places[:, None])
    )
    ranks = before.sum(axis=1)
    return float(np.where(ranks < CUTOFF, gains / np.log2(ranks + 2), 0).sum() / best)


def ideal(grades: Any) -> float:
    """The DCG@10 of the best ranking for these grades."""
    gains = np.sort(np.array(list(grades), float))[::-1][:CUTOFF]
    return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum())
