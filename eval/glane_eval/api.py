"""Evaluation from Python: the functions behind ``glane-eval``, with the same numbers.

    import glane_eval

    result = glane_eval.run("my-dataset")
    result.modes["hybrid"].evaluation.means()["nDCG@10"]

Settings are those of the environment unless others are given. Everything raises
:class:`glane_indexer.errors.GlaneError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glane_eval.comparison import Comparison
    from glane_eval.gating import GateResult
    from glane_eval.held_out import HeldOut
    from glane_eval.own_calibration import OwnCalibration
    from glane_eval.running import Result
    from glane_eval.searching import Questions
    from glane_eval.sources import Progress
    from glane_eval.tuning import Tuning
    from glane_indexer.settings import Settings


def run(
    dataset: str | Path,
    *,
    modes: Sequence[str] = ("hybrid", "keyword", "vector"),
    metrics: Sequence[str] = (),
    library: Path | None = None,
    url: str = "",
    generation: str | None = None,
    foreign: Sequence[str | Path] = (),
    typos: bool = False,
    rerank: bool = False,
    certainty: bool = True,
    questions: int = 0,
    documents: int = 0,
    keep_vectors: bool = False,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Result:
    """Ask every question of a data set in every mode, and measure the answers.

    Args:
        dataset: a folder, or ``sample``; see :func:`glane_eval.sources.open_source`.
        metrics: names; those of :data:`glane_eval.metrics.DEFAULT_METRICS` where none are given.
        library: ask this library instead of one made from the data set's documents.
        url: ask this running service.
        generation: ask this generation of the library instead of the current one.
        foreign: other data sets, whose questions this one should not answer.
        typos: ask every question with a misspelling too.
        rerank: measure the hybrid mode with the reranker of the settings too, as ``reranked``.
        certainty: measure how sure the answers are, which takes a search more for every question.
        questions: how many to ask, the same ones each time; 0: all.
        documents: how many to ask them of, all judged ones among them; 0: all.
        keep_vectors: keep the vectors of questions in the cache: the next run takes less time, and no
            times are to be believed.
        seed: of the intervals and the misspellings.
    """
    from glane_eval.arms import EngineArm, ServiceArm, check_known
    from glane_eval.metrics import DEFAULT_METRICS
    from glane_eval.running import measure
    from glane_eval.slicing import sliced
    from glane_eval.sources import library_of, open_source
    from glane_indexer.encoder.load import load_encoder
    from glane_indexer.errors import UsageError
    from glane_indexer.settings import Settings
    from glane_service.search.reranking import reranking_of

    settings = settings or Settings.from_env()
    source = open_source(str(dataset), corpus=not (url or library), within=settings.datasets)
    source = sliced(source, questions=questions, documents=documents)
    others = [open_source(str(other), corpus=False, within=settings.datasets) for other in foreign]
    ask = partial(
        measure,
        modes=modes,
        metrics=tuple(metrics) or DEFAULT_METRICS,
        foreign={other.name: sliced(other, questions=questions).queries for other in others},
        typos=typos,
        certainty=certainty,
        seed=seed,
        progress=progress,
    )
    if rerank and (url or not settings.reranker):
        raise UsageError(
            "there is no reranker to measure", hint="Name one with GLANE_RERANKER; a service has its own"
        )
    if url:
        return ask(source, ServiceArm(url))
    encoder = load_encoder(settings, quiet=progress is None, for_indexing=library is None)
    folder = library or library_of(source, settings, encoder, progress or _silent)
    kept = settings.cache / "eval" / source.name if keep_vectors else None
    reranking = reranking_of(settings) if rerank else None
    arm = EngineArm(folder, encoder, name=generation, reranking=reranking, kept=kept)
    check_known(source, arm)
    result = ask(source, arm)
    arm.keep()
    return result


def compare(
    runs: Sequence[Path], qrels: Path, *, metrics: Sequence[str] = (), seed: int = 0
) -> list[Comparison]:
    """Compare TREC run files, of whatever engine, with the first of them.

    Args:
        qrels: judgments, in BEIR's columns or TREC's; or the folder of a data set.
    """
    from glane_eval.comparison import COMPARED_METRICS
    from glane_eval.comparison import compare as compare_runs
    from glane_eval.qrels import read_qrels
    from glane_eval.runs import Run, read_run

    read = [Run(path.name.removesuffix(".gz").removesuffix(".run"), read_run(path).ranked) for path in runs]
    return compare_runs(read_qrels(qrels), read, tuple(metrics) or COMPARED_METRICS, seed=seed)


def gate(
    result: Result,
    baseline: Path,
    *,
    max_drop: float = 0.01,
    metrics: Sequence[str] = ("nDCG@10",),
    mode: str = "hybrid",
) -> GateResult:
    """Whether a result is as good as a baseline, but for ``max_drop``.

    Args:
        baseline: a file, of this data set or of several.
    """
    from glane_eval.gating import check, read_baseline

    values = result.modes[mode].evaluation.values
    return check(values, read_baseline(baseline, result.dataset), max_drop, metrics, seed=result.seed)


def report(
    result: Result, path: Path, *, shown: int | None = None, notes: dict[str, str] | None = None
) -> None:
    """Write a result as one HTML page that needs nothing else."""
    from glane_eval.report_data import Further, build_report
    from glane_eval.report_html import write_report

    modes = result.modes.values()
    typos = {name: item.means() for name, item in result.typos.evaluations.items()} if result.typos else {}
    data = build_report(
        result.dataset,
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        result.queries,
        result.qrels,
        [mode.run for mode in modes],
        metrics=tuple(next(iter(modes)).evaluation.values),
        latencies_ms={mode.run.name: mode.latency.times_ms for mode in modes},
        titles=result.titles,
        origin=result.origin,
        notes=notes,
        seed=result.seed,
        shown=shown,
        further=Further(result.passages, result.answerability, result.calibration, typos),
    )
    write_report(path, data)


def tune(
    datasets: Sequence[str | Path],
    *,
    library: Path | None = None,
    folds: int = 5,
    holdout: float = 0.0,
    questions: int = 0,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Search the ranking's numbers on data sets; see :mod:`glane_eval.tuning`.

    Args:
        folds: that a single data set is cut into; of several each is left out in turn.
        holdout: share of the questions to keep aside, and to measure the result on at the end.
        questions: how many of each set to take, the same ones each time; 0: all.
        library: start from its numbers, and ask it where a data set has no documents of its own.
    """
    from glane_eval.tuning import tune as search
    from glane_service.search.ranking.parameters import Parameters, library_parameters

    start = library_parameters(library) if library else Parameters()
    with asked(
        datasets, library=library, questions=questions, settings=settings, progress=progress
    ) as sets:
        return search(sets, start, folds=folds, holdout=holdout, seed=seed, progress=progress)


def calibrate(
    dataset: str | Path,
    *,
    library: Path | None = None,
    questions: int = 0,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> OwnCalibration:
    """Learn from judgments how sure answers are; see :mod:`glane_eval.own_calibration`.

    Args:
        library: start from its numbers, and ask it where the data set has no documents of its own.
        questions: how many to take, the same ones each time; 0: all.
    """
    from glane_eval.own_calibration import calibrate as learn
    from glane_service.search.ranking.parameters import Parameters, library_parameters

    start = library_parameters(library) if library else Parameters()
    with asked(
        [dataset], library=library, questions=questions, settings=settings, progress=progress
    ) as sets:
        return learn(sets[0], start, seed=seed, progress=progress)


@contextmanager
def asked(
    datasets: Sequence[str | Path],
    *,
    library: Path | None = None,
    questions: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Iterator[list[Questions]]:
    """The questions of data sets with the engines that answer them, for tuning.

    The vectors of the questions are kept in the cache when all is done, so a second time costs little.
    """
    from glane_eval.arms import EngineArm
    from glane_eval.searching import questions_of
    from glane_eval.slicing import sliced
    from glane_eval.sources import library_of, open_source
    from glane_indexer.encoder.load import load_encoder
    from glane_indexer.settings import Settings
    from glane_service.search.ranking.parameters import Parameters

    settings = settings or Settings.from_env()
    encoder = load_encoder(settings, quiet=progress is None, for_indexing=True)
    arms, sets = [], []
    for dataset in datasets:
        source = open_source(str(dataset), corpus=library is None, within=settings.datasets)
        source = sliced(source, questions=questions)
        folder = library or library_of(source, settings, encoder, progress or _silent)
        kept = settings.cache / "eval" / source.name
        arms.append(EngineArm(folder, encoder, parameters=Parameters(), kept=kept))
        sets.append(questions_of(source, arms[-1]))
    try:
        yield sets
    finally:
        for arm in arms:
            arm.keep()


def make_set(library: Path, folder: Path, *, queries: int = 200, seed: int = 0) -> HeldOut:
    """Write a data set of held-out passages of a library into a folder, without any judging."""
    from glane_eval.datasets import write_judgments
    from glane_eval.files import write_lines
    from glane_eval.held_out import make_set as choose
    from glane_eval.sources import LIBRARY_FILE
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.importers import jsonl

    with Catalog.open(library, read_only=True) as catalog:
        made = choose(catalog.bookmarks(), queries=queries, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / LIBRARY_FILE, (jsonl.dump(bookmark) for bookmark in made.bookmarks))
    write_judgments(folder, made.queries, made.qrels, origin=made.origin)
    return made


def _silent(stage: str, done: int, total: int) -> Any:
    """For work that nobody watches."""
