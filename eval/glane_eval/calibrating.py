"""Fits how sure a result is: ``python -m glane_eval.calibrating DATASET… [--write]``.

Questions asked of their own library are to be answered, those of the other sets are not. The table shows
each set when it was left out: neither its library nor its questions took part. ``--write`` fits all sets
together and puts the numbers where the service reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from glane_eval.answerability import auroc
from glane_eval.arms import EngineArm
from glane_eval.sources import Source, library_of, open_source
from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, UsageError
from glane_indexer.settings import Settings
from glane_service.search.query import Query
from glane_service.search.ranking import confidence
from glane_service.search.ranking.candidates import fuse
from glane_service.search.ranking.confidence import SIGNALS, Background, Calibration, signals
from glane_service.search.ranking.parameters import Parameters
from glane_service.terminal import Progress

Matrix = NDArray[np.float64]
# Questions of a set that are asked, spread over all of it.
QUESTIONS = 250
# What all foreign questions of a library weigh together, beside its own.
FOREIGN = 1.6
# Ridge on the standardised weights.
RIDGE = 0.1
KEPT = 0.95


@dataclass(frozen=True, slots=True)
class Asked:
    """The signals of the best result of each question of one set in one library, ``[n, 5]``, and which of
    the questions have a judged answer there."""

    library: str
    questions: str
    signals: Matrix
    answerable: NDArray[np.bool_]

    @property
    def own(self) -> bool:
        """Whether the questions belong to the library."""
        return self.library == self.questions


@dataclass(frozen=True, slots=True)
class Left:
    """How well answerable and foreign questions of a set are told apart that took no part in the fit."""

    name: str
    auroc: float
    false_alarms: float
    kept: float
    passed: float


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
    """Ask the questions of a set in a library, and read the signals of each best result."""
    parameters = Parameters()
    beside = Background(arm.engine.view, calibration)
    texts = list(source.queries.items())
    rows: list[Matrix] = []
    answerable: list[bool] = []
    places = np.unique(np.linspace(0, len(texts) - 1, min(QUESTIONS, len(texts))).astype(int))
    for query, text in (texts[place] for place in places.tolist()):
        found = arm.engine.candidates(Query(text), parameters, background=beside)
        if len(found.rows):
            best = int(fuse(found, parameters).argmax())
            rows.append(signals(found, parameters)[best].astype(np.float64))
            answerable.append(any(grade > 0 for grade in source.qrels[query].values()))
    return Asked(name, source.name, np.array(rows), np.array(answerable))


def fit(asked: Sequence[Asked]) -> tuple[Matrix, float]:
    """The weights of the signals and the base: logistic regression with a ridge on standardised weights.

    Each library weighs as much as any other: its own questions 1, all foreign ones :data:`FOREIGN`.
    """
    values, labels, weights = [], [], []
    for library in {each.library for each in asked}:
        here = [each for each in asked if each.library == library]
        foreign = sum(not each.own for each in here)
        for each in here:
            used = each.signals[each.answerable] if each.own else each.signals
            values.append(used)
            labels.append(np.full(len(used), float(each.own)))
            weights.append(np.full(len(used), (1 if each.own else FOREIGN / foreign) / len(used)))
    x, y, w = np.concatenate(values), np.concatenate(labels), np.concatenate(weights)
    middle, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = np.column_stack([(x - middle) / spread, np.ones(len(x))])
    w *= len(w) / w.sum()

    def loss(theta: Matrix) -> tuple[float, Matrix]:
        margin = z @ theta
        probability = 1 / (1 + np.exp(-margin))
        shrunk = RIDGE * np.append(theta[:-1], 0)
        value = w @ (np.logaddexp(0, margin) - y * margin) + shrunk @ theta / 2
        return float(value), z.T @ (w * (probability - y)) + shrunk

    theta = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    return theta[:-1] / spread, float(theta[-1] - theta[:-1] @ (middle / spread))


def leave_out(name: str, asked: Sequence[Asked], line: float) -> Left:
    """Fit without a set's library and without its questions, and see how it does there."""
    weights, base = fit([each for each in asked if name not in (each.library, each.questions)])

    def sure(each: Asked) -> Matrix:
        return np.asarray(1 / (1 + np.exp(-(each.signals @ weights + base))))

    (own,) = (each for each in asked if each.library == name and each.own)
    yes = sure(own)[own.answerable]
    no = [sure(each) for each in asked if each.library == name and not each.own]
    every = np.concatenate(no)
    return Left(
        name,
        auroc(yes.tolist(), every.tolist()),
        float((every >= np.quantile(yes, 1 - KEPT)).mean()),
        float((yes >= line).mean()),
        float(np.mean([(each >= line).mean() for each in no])),
    )


def table(found: Sequence[Left], line: float) -> str:
    """The Markdown table of ``eval/README.md``."""
    lines = [
        f"| left out | AUROC | false alarms at 95 % kept | kept at {line} | false alarms |",
        "|---|---|---|---|---|",
    ]
    values = [[each.auroc, each.false_alarms, each.kept, each.passed] for each in found]
    names = [*(each.name for each in found), "mean"]
    for name, row in zip(names, [*values, np.mean(values, axis=0)], strict=True):
        lines.append("| {} | {:.3f} | {:.2f} | {:.2f} | {:.2f} |".format(name, *row))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m glane_eval.calibrating", description=__doc__)
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
    nothing = np.zeros(len(SIGNALS), np.float32)
    rough = Calibration(
        encoder.info.name, nothing, 0.0, questions.astype(np.float32), passages.astype(np.float32)
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
    weights, base = fit(asked)
    print({name: round(float(w), 3) for name, w in zip(SIGNALS, weights, strict=True)}, round(base, 3))
    if write:
        done = Calibration(rough.encoder, weights.astype(np.float32), base, rough.questions, rough.passages)
        place = Path(confidence.__file__).with_name(confidence.CALIBRATION_FILE)
        place.write_text(json.dumps(done.to_json(), separators=(", ", ": ")) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
