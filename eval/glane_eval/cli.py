"""The command ``glane-eval``: what it understands. What the commands do is in :mod:`.commands`."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from glane_indexer.errors import UsageError
from glane_indexer.settings import Settings
from glane_service.guard import guarded
from glane_service.version import glane_version

# What the extra `eval` brings; `pip install .` alone does not.
NEEDED = ("ir_measures", "scipy")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 the work failed or the gate is shut, 2 wrong usage."""
    options = build_parser().parse_args(arguments)

    def work() -> int:
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise UsageError(
                f"measuring needs packages that are not here: {', '.join(missing)}",
                hint="Run pip install 'glane[eval]', or in the repository `make install`",
            )
        from glane_eval import commands

        code: int = getattr(commands, options.function)(options, Settings.from_env())
        return code

    return guarded("glane-eval", work)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; also what the documentation is checked against."""
    parser = argparse.ArgumentParser(
        prog="glane-eval",
        description="Measure, compare, gate and tune the ranking.",
        epilog="DATASET is a BEIR folder, a library with judgments, a set of `make-set`, or `sample`.",
    )
    parser.add_argument("--version", action="version", version=f"glane-eval {glane_version()}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    shared.add_argument("--seed", type=int, default=0, help="of every random choice (0)")
    asked = argparse.ArgumentParser(add_help=False)
    asked.add_argument(
        "--library", type=Path, metavar="DIR", help="ask this library instead of one made for the set"
    )
    asked.add_argument("--url", default="", help="ask this running service")
    asked.add_argument("--generation", metavar="NAME", help="ask this generation of the library")
    asked.add_argument("--metrics", default="", help="names, separated by commas (nDCG@10,MRR@10,…)")
    part = argparse.ArgumentParser(add_help=False)
    part.add_argument("--questions", type=int, default=0, metavar="N", help="ask N of them (0: all)")
    part.add_argument(
        "--documents", type=int, default=0, metavar="N", help="of N documents of a BEIR corpus (0: all)"
    )
    further = argparse.ArgumentParser(add_help=False)
    further.add_argument(
        "--foreign", action="append", default=[], metavar="DATASET",
        help="also ask the questions of this set, which should not be answered; may be repeated",
    )  # fmt: skip
    further.add_argument("--typos", action="store_true", help="also ask every question with a misspelling")
    further.add_argument("--rerank", action="store_true", help="also measure with GLANE_RERANKER")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, help: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=f"{help}.", parents=[shared, *parents])
        made.set_defaults(function=f"{name.replace('-', '_')}_command")
        return made

    run = command("run", "Ask every question of a data set and measure the answers", asked, part, further)
    run.add_argument("dataset", metavar="DATASET")
    run.add_argument("--modes", default="hybrid,keyword,vector", help="separated by commas (all three)")
    run.add_argument(
        "--runs", type=Path, metavar="DIR", help="write a TREC run file a mode into this folder"
    )

    compare = command("compare", "Compare TREC runs with the first of them, with significance")
    compare.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    compare.add_argument(
        "--qrels", type=Path, required=True, metavar="FILE", help="judgments, or a data set's folder"
    )
    compare.add_argument("--metrics", default="", help="names, separated by commas (nDCG@10,MRR@10,R@100)")
    compare.add_argument("--moved", type=int, default=5, help="queries to show that moved most (5)")

    report = command("report", "Write an HTML page of a data set's results", asked, part, further)
    report.add_argument("dataset", metavar="DATASET")
    report.add_argument("--modes", default="hybrid,keyword,vector", help="separated by commas (all three)")
    report.add_argument("--output", type=Path, default=Path("report.html"), help="the file (report.html)")
    report.add_argument("--shown", type=int, metavar="N", help="list the N questions answered worst (all)")

    gate = command("gate", "Exit 1 when the ranking is worse than a baseline", asked, part)
    gate.add_argument("datasets", nargs="+", metavar="DATASET")
    gate.add_argument("--baseline", type=Path, required=True, metavar="FILE")
    gate.add_argument("--max-drop", type=float, default=0.01, help="that a metric may drop by (0.01)")
    gate.add_argument("--mode", default="hybrid", help="the mode that is checked (hybrid)")
    gate.add_argument("--write", action="store_true", help="write the baseline instead of checking it")

    tune = command("tune", "Search better numbers for the ranking, with one set or fold left out in turn")
    tune.add_argument("datasets", nargs="+", metavar="DATASET")
    tune.add_argument(
        "--library", type=Path, metavar="DIR", help="the library that --write changes, and that is asked"
    )
    tune.add_argument("--folds", type=int, default=5, help="of a single set (5)")
    tune.add_argument("--questions", type=int, default=0, metavar="N", help="of each set (0: all)")
    tune.add_argument(
        "--holdout",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="keep questions aside and measure on them (0)",
    )
    tune.add_argument("--write", action="store_true", help="put the numbers into the library's settings")

    calibrate = command("calibrate", "Learn from a library's judgments how sure its answers are")
    calibrate.add_argument("dataset", metavar="DATASET")
    calibrate.add_argument(
        "--library", type=Path, metavar="DIR", help="the library that --write changes, and that is asked"
    )
    calibrate.add_argument("--questions", type=int, default=0, metavar="N", help="take N of them (0: all)")
    calibrate.add_argument(
        "--write", action="store_true", help="put the numbers into the library's settings"
    )

    from glane_eval.judge import add_arguments

    judge = command("judge", "Collect graded judgments in the terminal")
    add_arguments(judge)

    made = command("make-set", "Make a data set of a library's own passages, without judging")
    made.add_argument("library", type=Path, metavar="LIBRARY")
    made.add_argument("folder", type=Path, metavar="FOLDER")
    made.add_argument("--queries", type=int, default=200, help="how many questions (200)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
