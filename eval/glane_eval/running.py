"""Asks every question in every mode and measures what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from glane_eval import answerability, reliability
from glane_eval.answerability import Answerability, Verdict
from glane_eval.arms import RERANKED, Arm, EngineArm
from glane_eval.metrics import DEFAULT_METRICS, Evaluation, bootstrap_interval, evaluate
from glane_eval.misspelling import misspell
from glane_eval.qrels import Qrels
from glane_eval.reliability import Reliability
from glane_eval.report_data import Latency, summarise
from glane_eval.runs import Run, from_rankings
from glane_eval.shown import Answer, PassageAccuracy, passage_accuracy
from glane_eval.sources import Progress, Source
from glane_indexer.errors import DatasetError, UsageError
from glane_indexer.text import fold, tokens

MODES = ("hybrid", "keyword", "vector")


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
class Reranker:
    """What reordered the mode ``reranked``: how often it was asked to, and how often its time ran out."""

    name: str
    asked: int
    late: int


@dataclass(frozen=True, slots=True)
class Typos:
    """The same questions with a misspelling in each: the values by mode.

    ``made`` says that they were made here; else they are those of the set's own file.
    """

    made: bool
    queries: dict[str, str]
    evaluations: dict[str, Evaluation]


@dataclass(frozen=True, slots=True)
class Result:
    """What :func:`measure` gives; ``skipped`` counts questions without a text.

    ``passages`` is by mode, where the set has judged passages; ``answerability`` and ``calibration`` are of
    the first mode that says how sure it is, where there are questions without an answer, and confidences.
    """

    dataset: str
    queries: dict[str, str]
    qrels: Qrels
    modes: dict[str, ModeResult]
    origin: str = ""
    seed: int = 0
    titles: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    passages: dict[str, PassageAccuracy] = field(default_factory=dict)
    answerability: Answerability | None = None
    calibration: Reliability | None = None
    typos: Typos | None = None
    reranker: Reranker | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as ``glane-eval run --json`` prints it."""
        shown: dict[str, Any] = {
            "dataset": self.dataset,
            "queries": len(self.queries),
            "unanswerable": len(next(iter(self.modes.values())).evaluation.unanswerable),
            "modes": {name: mode.to_json(self.seed) for name, mode in self.modes.items()},
        }
        if self.skipped:
            shown["skipped"] = self.skipped
        if self.reranker:
            shown["reranker"] = asdict(self.reranker)
        if self.passages:
            shown["passages"] = {name: item.to_json() for name, item in self.passages.items()}
        if self.answerability:
            shown["answerability"] = self.answerability.to_json()
        if self.calibration:
            shown["calibration"] = self.calibration.to_json()
        if self.typos:
            shown["typos"] = {
                "made": self.typos.made,
                "modes": {
                    name: {metric: round(value, 6) for metric, value in evaluation.means().items()}
                    for name, evaluation in self.typos.evaluations.items()
                },
            }
        return {**shown, "origin": self.origin} if self.origin else shown


def measure(
    source: Source,
    arm: Arm,
    *,
    modes: Sequence[str] = MODES,
    metrics: Sequence[str] = DEFAULT_METRICS,
    foreign: Mapping[str, Mapping[str, str]] | None = None,
    typos: bool = False,
    certainty: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Result:
    """Ask every question in every mode, and of an engine with a reranker also with that.

    Args:
        foreign: questions of other sets by the set's name: the library should say that it has no answer.
        typos: ask every question with a misspelling too.
        certainty: look at the answers as they are shown, for how sure they are.

    Raises:
        UsageError: there is no such mode or metric.
        DatasetError: a mode answers nothing at all.
    """
    reranking = arm.reranking if isinstance(arm, EngineArm) else None
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes:
        raise UsageError(
            f"{', '.join(unknown) or 'nothing'} is not a mode", hint=f"Modes are {', '.join(MODES)}"
        )
    modes = [*modes, RERANKED] if reranking else modes
    if not source.queries:
        raise DatasetError("no question has judgments", where=source.name)
    # What is loaded or compiled at first use is not the time of a question.
    arm.rank(next(iter(source.queries.values())), modes[0])
    runs, times = _asked(source, arm, source.queries, modes, progress)
    results = {}
    for mode in modes:
        if not any(runs[mode].ranked.values()):
            raise DatasetError(f"the mode {mode} found nothing for any question", where=source.name)
        results[mode] = ModeResult(
            runs[mode], evaluate(runs[mode], source.qrels, metrics), summarise(times[mode])
        )
    titles = arm.titles() if isinstance(arm, EngineArm) else {}
    mistyped = _mistyped(source, titles, seed) if typos else {}
    typed_runs, _ = _asked(source, arm, mistyped, modes, progress) if typos else ({}, {})
    return Result(
        source.name,
        source.queries,
        source.qrels,
        results,
        source.origin,
        seed,
        titles,
        source.skipped,
        {mode: _passages(source, arm, mode) for mode in modes if source.companions.passages},
        *(_certainty(source, arm, modes, foreign or {}, progress) if certainty else (None, None)),
        typos=Typos(
            not source.companions.typos,
            mistyped,
            {mode: evaluate(run, source.qrels, metrics) for mode, run in typed_runs.items()},
        )
        if typos
        else None,
        reranker=Reranker(reranking.name, reranking.asked, reranking.late) if reranking else None,
    )


def _asked(
    source: Source, arm: Arm, queries: Mapping[str, str], modes: Sequence[str], progress: Progress | None
) -> tuple[dict[str, Run], dict[str, list[float]]]:
    """The run of each mode, and the milliseconds of each question in it."""
    ranked: dict[str, dict[str, list[str]]] = {mode: {} for mode in modes}
    times: dict[str, list[float]] = {mode: [] for mode in modes}
    for number, (query, text) in enumerate(queries.items(), start=1):
        for mode in modes:
            ranked[mode][query], took = arm.rank(text, mode)
            times[mode].append(took)
        if progress:
            progress(f"Asking {source.name}", number, len(queries))
    return {mode: from_rankings(mode, ranked[mode]) for mode in modes}, times


def _mistyped(source: Source, titles: Mapping[str, str], seed: int) -> dict[str, str]:
    """Every question with one misspelling: the set's own file of them, or made here."""
    found = {}
    for query, text in source.queries.items():
        telling = {
            fold(token.form)
            for doc, grade in source.qrels[query].items()
            if grade > 0
            for token in tokens(titles.get(doc, ""))
        }
        made = misspell(text, seed=seed, telling=telling)
        found[query] = source.companions.typos.get(query) or (made.text if made else text)
    return found


def _passages(source: Source, arm: Arm, mode: str) -> PassageAccuracy:
    expected = source.companions.passages
    return passage_accuracy(
        {query: arm.answer(source.queries[query], mode) for query in expected}, expected
    )


def _certainty(
    source: Source,
    arm: Arm,
    modes: Sequence[str],
    foreign: Mapping[str, Mapping[str, str]],
    progress: Progress | None,
) -> tuple[Answerability | None, Reliability | None]:
    """How well the engine knows what it can answer, and how well its confidences are meant."""
    # The keyword mode is exact, and has no line.
    mode = next((mode for mode in modes if mode != "keyword"), None)
    if mode is None:
        return None, None
    others = {"unanswerable": source.companions.unanswerable, **foreign}
    others = {name: texts for name, texts in others.items() if texts}
    judged = [query for query, grades in source.qrels.items() if any(grades.values())]
    answers: dict[str, Answer] = {}
    for number, query in enumerate(judged, start=1):
        answers[query] = arm.answer(source.queries[query], mode)
        if progress:
            progress("Looking at the answers", number, len(judged))
    pairs = [
        [
            (hit.confidence, source.qrels[query].get(hit.id, 0) > 0)
            for hit in answer.shown
            if hit.confidence is not None
        ]
        for query, answer in answers.items()
    ]
    if not any(pairs):
        return None, None
    calibrated = reliability.measure(pairs)
    if not others:
        return None, calibrated
    verdicts = {
        name: [_verdict(arm.answer(text, mode)) for text in texts.values()]
        for name, texts in others.items()
    }
    return answerability.measure([_verdict(answer) for answer in answers.values()], verdicts), calibrated


def _verdict(answer: Answer) -> Verdict:
    best = answer.shown[0].confidence if answer.shown else 0.0
    return Verdict(best or 0.0, answer.answered)
