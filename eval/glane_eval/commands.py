"""What the commands of ``glane-eval`` do: options and settings in, an exit code out."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glane_eval import api
from glane_eval.gating import write_baseline
from glane_eval.printing import print_calibration, print_gate, print_moves, print_result, print_tuning
from glane_eval.running import Result
from glane_eval.runs import write_run
from glane_indexer.errors import UsageError
from glane_indexer.settings import Settings
from glane_service.terminal import Progress, print_json

if TYPE_CHECKING:
    from glane_eval.own_calibration import OwnCalibration
    from glane_eval.tuning import Tuning


def run_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval run``."""
    result = _run(
        options,
        settings,
        options.modes,
        foreign=options.foreign,
        typos=options.typos,
        rerank=options.rerank,
    )
    if options.runs:
        options.runs.mkdir(parents=True, exist_ok=True)
        for name, mode in result.modes.items():
            write_run(options.runs / f"{result.dataset}-{name}.run", mode.run)
    if options.json:
        print_json(result.to_json())
    else:
        print_result(result)
    return 0


def compare_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval compare``."""
    compared = api.compare(options.runs, options.qrels, metrics=_names(options.metrics), seed=options.seed)
    if options.json:
        print_json([item.to_json() for item in compared])
        return 0
    head = f"{'metric':10} {'run':24} {'mean':>7} {'change':>8} {'p':>7} {'p (t)':>7} {'Holm':>7}"
    print(f"{head}  wins/ties/losses")
    for item in compared:
        print(
            f"{item.metric:10} {item.after_name[:24]:24} {item.after:7.4f} {item.difference:+8.4f} "
            f"{item.p_randomisation:7.4f} {item.p_t:7.4f} {item.p_holm:7.4f}  "
            f"{item.wins}/{item.ties}/{item.losses}"
        )
    first = compared[0]
    print(f"\nAgainst {first.before_name} ({first.metric} {first.before:.4f}). Queries that moved most:")
    for item in compared:
        if item.metric == first.metric:
            print_moves(item, options.moved)
    return 0


def report_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval report``."""
    result = _run(
        options,
        settings,
        options.modes,
        foreign=options.foreign,
        typos=options.typos,
        rerank=options.rerank,
    )
    api.report(result, options.output, shown=options.shown)
    if options.json:
        print_json({**result.to_json(), "report": str(options.output)})
    else:
        print_result(result)
        print(f"The report is in {options.output}.")
    return 0


def gate_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval gate``."""
    if len(options.datasets) > 1 and (options.library or options.url):
        raise UsageError("one library or service is asked one data set")
    results = [
        _run(
            Namespace(**{**vars(options), "dataset": dataset}),
            settings,
            options.mode,
            certainty=False,
            keep_vectors=True,
        )
        for dataset in options.datasets
    ]
    metrics = _names(options.metrics) or ("nDCG@10",)
    if options.write:
        return _write_baseline(options, results, metrics)
    checked = [
        api.gate(result, options.baseline, max_drop=options.max_drop, metrics=metrics, mode=options.mode)
        for result in results
    ]
    passed = all(item.passed for item in checked)
    if options.json and len(checked) == 1:
        print_json(checked[0].to_json())
    elif options.json:
        sets = {result.dataset: item.to_json() for result, item in zip(results, checked, strict=True)}
        print_json({"passed": passed, "sets": sets})
    else:
        for result, item in zip(results, checked, strict=True):
            print_gate(item, result)
    return 0 if passed else 1


def _write_baseline(options: Namespace, results: Sequence[Result], metrics: Sequence[str]) -> int:
    values = {result.dataset: result.modes[options.mode].evaluation.values for result in results}
    write_baseline(
        options.baseline,
        {name: {metric: found[metric] for metric in metrics} for name, found in values.items()},
    )
    queries = sum(len(result.queries) for result in results)
    if options.json:
        print_json({"baseline": str(options.baseline), "queries": queries, "metrics": list(metrics)})
    else:
        print(f"The baseline of {queries} queries is in {options.baseline}.")
    return 0


def calibrate_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval calibrate``."""
    _check_written(options)
    with Progress("questions", quiet=options.json) as progress:
        found = api.calibrate(
            options.dataset,
            library=options.library,
            questions=options.questions,
            seed=options.seed,
            settings=settings,
            progress=progress,
        )
    if not _wrote(options, found):
        print_calibration(found)
        _print_written(options, found, "confidence would come no nearer to what is judged")
    return 0


def tune_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval tune``."""
    _check_written(options)
    with Progress("questions", quiet=options.json) as progress:
        found = api.tune(
            options.datasets,
            library=options.library,
            folds=options.folds,
            holdout=options.holdout,
            questions=options.questions,
            seed=options.seed,
            settings=settings,
            progress=progress,
        )
    if not _wrote(options, found):
        print_tuning(found)
        _print_written(options, found, "no gain is to be expected")
    return 0


def _check_written(options: Namespace) -> None:
    if options.write and options.library is None:
        raise UsageError(
            "--write needs the library whose settings are to change", hint="Name it with --library"
        )


def _wrote(options: Namespace, found: OwnCalibration | Tuning) -> bool:
    """Write what was learnt where that was asked for; whether all was said, as one JSON document."""
    written = bool(options.write and found.worthwhile)
    if written:
        from glane_service.search.ranking.parameters import write_parameters

        write_parameters(options.library, found.parameters)
    if options.json:
        print_json({**found.to_json(), "written": written})
    return bool(options.json)


def _print_written(options: Namespace, found: OwnCalibration | Tuning, otherwise: str) -> None:
    if not found.worthwhile:
        print(f"Nothing to change: {otherwise}.")
    elif options.write:
        print(f"Written to the settings of {options.library}.")


def judge_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval judge``."""
    from glane_eval.judge import command

    return command(options, settings)


def make_set_command(options: Namespace, settings: Settings) -> int:
    """``glane-eval make-set``."""
    made = api.make_set(options.library, options.folder, queries=options.queries, seed=options.seed)
    if options.json:
        print_json({"folder": str(options.folder), "queries": len(made.queries), "origin": made.origin})
    else:
        print(f"{len(made.queries)} questions in {options.folder}: {made.origin}.")
    return 0


def _run(options: Namespace, settings: Settings, modes: str, **further: Any) -> Result:
    if options.url and (options.library or options.generation):
        raise UsageError("--url asks a service; --library and --generation name something here")
    with Progress("questions", quiet=options.json) as progress:
        return api.run(
            options.dataset,
            modes=_names(modes),
            metrics=_names(options.metrics),
            library=options.library,
            url=options.url,
            generation=options.generation,
            questions=options.questions,
            documents=options.documents,
            seed=options.seed,
            settings=settings,
            progress=progress,
            **further,
        )


def _further(options: Namespace) -> dict[str, Any]:
    return {"foreign": options.foreign, "typos": options.typos, "rerank": options.rerank}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
