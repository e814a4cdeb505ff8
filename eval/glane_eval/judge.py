"""``glane-eval judge``: graded judgments in the terminal, their export, and how far judges agree."""

from __future__ import annotations

import getpass
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from glane_eval.agreement import agreement
from glane_eval.datasets import write_judgments
from glane_indexer.catalog.judgments import Judgments
from glane_indexer.errors import DatasetError, InputError
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    from glane_service.judging import Task
    from glane_service.search.engine import SearchEngine

HELP = "0 no, 1 marginal, 2 good, 3 the answer; u takes the last one back, q stops"


def add_arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--library", type=Path, metavar="DIR", help="the library (GLANE_LIBRARY)")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="add questions, one a line")
    parser.add_argument("--judge", default="", metavar="NAME", help="who judges (the user's name)")
    parser.add_argument("--depth", type=int, default=10, help="results of each mode to judge (10)")
    parser.add_argument("--export", type=Path, metavar="FOLDER", help="write queries.jsonl and qrels.tsv")
    parser.add_argument("--agreement", action="store_true", help="show how far the judges agree")
    parser.add_argument("--from-feedback", action="store_true", help="export readers' votes as judgments")


def command(options: Namespace, settings: Settings) -> int:
    """``glane-eval judge``.

    Raises:
        DatasetError: there is nothing to export.
        InputError: the questions cannot be read.
    """
    from glane_service.terminal import print_json

    library = options.library or settings.library
    judgments = Judgments(library)
    report: dict[str, Any] = {"library": str(library)}
    if options.questions:
        report["added"] = judgments.add_questions(_lines(options.questions))
    if options.export:
        report["exported"] = export(library, options.export, feedback=options.from_feedback)
    if options.agreement:
        report["agreement"] = agreement(judgments.all())
    if len(report) == 1:
        report["judged"] = _in_terminal(options, settings, library, judgments)
    if options.json:
        print_json(report)
        return 0
    for name in ("added", "exported", "judged"):
        if name in report:
            print(f"{report[name]} {'questions added' if name == 'added' else f'judgments {name}'}")
    for row in report.get("agreement", []):
        first, second = row["judges"]
        print(f"{first} and {second}: {row['shared']} results in common, kappa {row['kappa']}")
    return 0


def export(library: Path, folder: Path, *, feedback: bool = False) -> int:
    """Write the judgments (or the readers' votes) as a data set; how many there were.

    Raises:
        DatasetError: there are none.
    """
    from glane_indexer.library import feedback as votes

    if feedback:
        texts, grades = votes.as_grades(votes.votes(library))
        origin = "votes of readers (no human judgment)"
    else:
        judgments = Judgments(library)
        texts, grades, origin = judgments.questions(), judgments.qrels(), ""
    grades = {query: by_bookmark for query, by_bookmark in grades.items() if query in texts}
    if not grades:
        raise DatasetError("there is nothing to export yet", where=str(library))
    folder.mkdir(parents=True, exist_ok=True)
    write_judgments(folder, {query: texts[query] for query in grades}, grades, origin=origin)
    return sum(map(len, grades.values()))


def judge_results(
    engine: SearchEngine,
    judgments: Judgments,
    judge: str,
    *,
    depth: int = 10,
    source: TextIO | None = None,
    target: TextIO | None = None,
) -> int:
    """Show one result after another and keep the grades that are typed; how many were given.

    Args:
        source: where the grades are typed; None: standard input.
        target: where the results are shown; None: standard error.
    """
    from glane_service.judging import next_task

    source, target = source or sys.stdin, target or sys.stderr
    print(HELP, file=target)
    given = 0
    while (task := next_task(engine, judgments.questions(), judgments.all(), judge, depth)) is not None:
        _show(task, target)
        answer = source.readline()
        key = answer.strip().lower()
        if not answer or key == "q":
            return given
        if key == "u":
            given -= judgments.undo(judge) is not None
        elif key in ("0", "1", "2", "3"):
            judgments.record(judge, task.question_id, task.hit.bookmark.id, int(key))
            given += 1
        else:
            print(HELP, file=target)
    print("Everything is judged.", file=target)
    return given


def _in_terminal(options: Namespace, settings: Settings, library: Path, judgments: Judgments) -> int:
    from glane_service.live import LiveEngine

    if not judgments.questions():
        raise InputError(
            "there are no questions to judge yet", where=str(library), hint="Add some with --questions FILE"
        )
    live = LiveEngine(replace(settings, library=library), follow=False)
    try:
        return judge_results(
            live.engine, judgments, options.judge or getpass.getuser(), depth=options.depth
        )
    finally:
        live.close()


def _show(task: Task, target: TextIO) -> None:
    hit = task.hit
    question = f"question {task.question_number} of {task.questions}"
    place = f"{question}, result {task.result_number} of {task.results}"
    print(f"\n{task.question}\n({place})\n  {hit.bookmark.title}", file=target)
    for text in dict.fromkeys((hit.passage.text, hit.bookmark.description)):
        if text:
            print(
                textwrap.fill(text[:600], 96, initial_indent="    ", subsequent_indent="    "), file=target
            )
    print("> ", end="", file=target, flush=True)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the questions cannot be read: {error}", where=str(path)) from error
