"""Fits how sure a result is: ``python -m glane_eval.calibration DATASET… [--write]``.

Questions asked of their own library are to be answered, those of the other sets are not. The table shows
each set when it was left out: neither its library nor its questions took part. ``--write`` fits all sets
together and puts the numbers where the service reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from glane_eval.answerability import auroc, keeping
from glane_eval.arms import EngineArm
from glane_eval.reliability import measure
from glane_eval.sources import Source, library_of, open_source
from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, UsageError
from glane_indexer.settings import Settings
from glane_service.search.query import Query
from glane_service.search.ranking import confidence
from glane_service.search.ranking.candidates import fuse, order
from glane_service.search.ranking.confidence import SIGNALS, Background, Calibration, Regression, signals
from glane_service.search.ranking.parameters import Parameters
from glane_service.terminal import Progress

Matrix = NDArray[np.float64]
# Questions of a set that are asked, spread over all of it, and the results of each that are read.
QUESTIONS = 250
RESULTS = 10
# What all foreign questions of a library weigh together, beside its own.
FOREIGN = 1.6
# Ridge on the standardised weights.
RIDGE = 0.1
KEPT = 0.95


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions of one set asked in one library.

    ``signals`` are those of each question's best results, ``[n, results, 6]``; ``relevant`` says which of
    them are judged to answer, and ``answerable`` which questions have a judged answer there.
    """

    library: str
    questions: str
    signals: Matrix
    relevant: NDArray[np.bool_]
    answerable: NDArray[np.bool_]

    @property
    def own(self) -> bool:
        """Whether the questions belong to the library."""
        return self.library == self.questions


@dataclass(frozen=True, slots=True)
class Left:
    """How it does on a set that took no part in the fit: answerable and foreign questions told apart, and
    the error of the confidences of the results of its own questions, all and first ones."""

    name: str
    auroc: float
    false_alarms: float
    kept: float
    passed: float
    error: float
    first: float


def background(encoder: Encoder) -> tuple[Matrix, Matrix]:
    """The mean vectors of everyday questions and of everyday passages, ``[d]`` each."""
    folder = files("glane_eval") / "background"

    def lines(name: str) -> list[str]:
        return (folder / name).read_text("utf-8").splitlines()

    return (
        encoder.encode_queries(lines("questions.txt")).mean(axis=0, dtype=np.float64),
        encoder.encode_passages(lines("passages.txt")).mean(axis=0, dtype=np.float64),
    )


def ask(name: str, arm: EngineArm, source: Source, calibration: Calibration) -> Asked:
    """Ask the questions of a set in a library, and read the signals of the best results."""
    parameters = Parameters()
    beside = Background(arm.engine.view, calibration)
    ids = arm.engine.view.ids
    texts = list(source.queries.items())
    rows: list[Matrix] = []
    relevant: list[list[bool]] = []
    answerable: list[bool] = []
    places = np.unique(np.linspace(0, len(texts) - 1, min(QUESTIONS, len(texts))).astype(int))
    for query, text in (texts[place] for place in places.tolist()):
        found = arm.engine.candidates(Query(text), parameters, background=beside)
        best = order(found.rows, fuse(found, parameters))[:RESULTS]
        if len(best) == RESULTS:
            grades = source.qrels[query]
            rows.append(signals(found, parameters)[best].astype(np.float64))
            relevant.append([grades.get(ids[row], 0) > 0 for row in found.rows[best]])
            answerable.append(any(grade > 0 for grade in grades.values()))
    return Asked(name, source.name, np.array(rows), np.array(relevant), np.array(answerable))


def fit_belongs(asked: Sequence[Asked]) -> Regression:
    """Whether a question belongs to the library, of the best result of each."""
    values, labels, weights = [], [], []
    for each, weight in _weighed(asked):
        used = each.signals[each.answerable, 0] if each.own else each.signals[:, 0]
        values.append(used)
        labels.append(np.full(len(used), each.own))
        weights.append(np.full(len(used), weight / len(used)))
    return fit(np.concatenate(values), np.concatenate(labels), np.concatenate(weights))


def fit_answers(asked: Sequence[Asked]) -> Regression:
    """Whether a result answers, of the best results of each question."""
    values, labels, weights = [], [], []
    for each, weight in _weighed(asked):
        chosen = each.answerable if each.own else np.ones(len(each.signals), bool)
        used = each.signals[chosen]
        values.append(used.reshape(-1, used.shape[2]))
        labels.append(each.relevant[chosen].ravel() if each.own else np.zeros(used[..., 0].size, bool))
        weights.append(np.full(used[..., 0].size, weight / used[..., 0].size))
    return fit(np.concatenate(values), np.concatenate(labels), np.concatenate(weights))


def _weighed(asked: Sequence[Asked]) -> Iterator[tuple[Asked, float]]:
    """What the questions of each set weigh in each library, which weigh alike themselves."""
    for library in dict.fromkeys(each.library for each in asked):
        here = [each for each in asked if each.library == library]
        foreign = sum(not each.own for each in here)
        for each in here:
            yield each, 1 if each.own else FOREIGN / foreign


def fit(values: Matrix, labels: NDArray[np.bool_], weights: Matrix) -> Regression:
    """Logistic regression with a ridge on the standardised weights.

    Args:
        values: the signals, ``[n, 6]``; one that is the same everywhere gets no weight.
        labels: what is to be likely.
        weights: what each row counts.
    """
    middle, spread = values.mean(axis=0), values.std(axis=0)
    told = spread > 1e-9
    z = np.column_stack([(values - middle)[:, told] / spread[told], np.ones(len(values))])
    y, w = labels.astype(float), weights * len(weights) / weights.sum()

    def loss(theta: Matrix) -> tuple[float, Matrix]:
        margin = z @ theta
        probability = 1 / (1 + np.exp(-margin))
        shrunk = RIDGE * np.append(theta[:-1], 0)
        value = w @ (np.logaddexp(0, margin) - y * margin) + shrunk @ theta / 2
        return float(value), z.T @ (w * (probability - y)) + shrunk

    theta = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    found = np.zeros(values.shape[1])
    found[told] = theta[:-1] / spread[told]
    return Regression(found.astype(np.float32), float(theta[-1] - found @ middle))


def leave_out(name: str, asked: Sequence[Asked], line: float) -> Left:
    """Fit without a set's library and without its questions, and see how it does there."""
    others = [each for each in asked if name not in (each.library, each.questions)]
    belongs, answers = fit_belongs(others), fit_answers(others)
    (own,) = (each for each in asked if each.library == name and each.own)
    yes = belongs(own.signals[own.answerable, 0])
    no = [belongs(each.signals[:, 0]) for each in asked if each.library == name and not each.own]
    every = np.concatenate(no)
    pairs = [
        list(zip(answers(each).tolist(), relevant.tolist(), strict=True))
        for each, relevant in zip(own.signals, own.relevant, strict=True)
    ]
    calibrated = measure(pairs)
    return Left(
        name,
        auroc(yes.tolist(), every.tolist()),
        float((every >= keeping(yes.tolist(), KEPT)).mean()),
        float((yes >= line).mean()),
        float(np.mean([(each >= line).mean() for each in no])),
        calibrated.error,
        calibrated.first,
    )


def table(found: Sequence[Left], line: float) -> str:
    """The Markdown table of ``eval/README.md``."""
    lines = [
        f"| left out | AUROC | false alarms, 95 % kept | kept at {line} | false alarms | error | first |",
        "|---|---|---|---|---|---|---|",
    ]
    values = [
        [each.auroc, each.false_alarms, each.kept, each.passed, each.error, each.first] for each in found
    ]
    names = [*(each.name for each in found), "mean"]
    for name, row in zip(names, [*values, np.mean(values, axis=0)], strict=True):
        lines.append("| {} | {:.3f} | {:.2f} | {:.2f} | {:.2f} | {:.3f} | {:.3f} |".format(name, *row))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m glane_eval.calibration", description=__doc__)
    parser.add_argument("datasets", nargs="+", metavar="DATASET", help="at least three")
    parser.add_argument(
        "--related",
        action="append",
        default=[],
        metavar="LIBRARY:SET",
        help="a library that answers questions of a set which is not its own: they are left aside",
    )
    parser.add_argument("--write", action="store_true", help="fit all together, and keep the numbers")
    chosen = parser.parse_args(arguments)
    try:
        if len(chosen.datasets) < 3:
            raise UsageError("a set is left out of the others: name at least three")
        _calibrate(chosen.datasets, set(chosen.related), write=chosen.write)
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _calibrate(datasets: Sequence[str], related: set[str], *, write: bool) -> None:
    settings = Settings.from_env()
    encoder = load_encoder(settings, for_indexing=True)
    questions, passages = background(encoder)
    nothing = Regression(np.zeros(len(SIGNALS), np.float32), 0.0)
    rough = Calibration(
        encoder.info.name,
        nothing,
        nothing,
        questions.astype(np.float32),
        passages.astype(np.float32),
    )
    sources = [open_source(name) for name in datasets]
    asked = []
    with Progress("texts") as progress:
        for number, library in enumerate(sources, start=1):
            folder = library_of(library, settings, encoder, progress)
            arm = EngineArm(folder, encoder, parameters=Parameters())
            foreign = [each for each in sources if f"{library.name}:{each.name}" not in related]
            asked += [ask(library.name, arm, each, rough) for each in foreign]
            progress("Asking", number, len(sources))
    line = Parameters().line
    print(table([leave_out(each.name, asked, line) for each in sources], line))
    done = replace(rough, belongs=fit_belongs(asked), answers=fit_answers(asked))
    print(done.belongs.to_json(), done.answers.to_json(), sep="\n")
    if write:
        place = Path(confidence.__file__).with_name(confidence.CALIBRATION_FILE)
        place.write_text(json.dumps(done.to_json(), separators=(", ", ": ")) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
