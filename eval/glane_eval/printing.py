"""What the commands of ``glane-eval`` print on a terminal."""

from __future__ import annotations

import json

from glane_eval.comparison import Comparison
from glane_eval.gating import GateResult
from glane_eval.own_calibration import OwnCalibration
from glane_eval.running import Result
from glane_eval.tuning import Tuning

# Queries that fell, as listed on a terminal.
SHOWN_FALLS = 20


def print_result(result: Result) -> None:
    """The table of a run, and what else was measured."""
    shown = result.to_json()
    print(
        f"{result.dataset}: {len(result.queries)} queries" + (f", {result.origin}" if result.origin else "")
    )
    if shown["unanswerable"]:
        print(f"{shown['unanswerable']} of them have no relevant document, and count 0 in every mean.")
    for number, (name, mode) in enumerate(shown["modes"].items()):
        metrics = [key for key in mode if key not in ("intervals", "latency_ms", "unanswered")]
        if number == 0:
            print("".join(f"{title:>11}" for title in ("", *metrics, "p50 ms", "p99 ms")))
        times = (mode["latency_ms"]["p50"], mode["latency_ms"]["p99"])
        print(
            f"{name:>11}"
            + "".join(f"{mode[key]:11.4f}" for key in metrics)
            + "".join(f"{t:11.1f}" for t in times)
        )
        low, high = mode["intervals"][metrics[0]]
        print(f"{'':11} {metrics[0]} 95 % from {low:.4f} to {high:.4f}")
    for name, item in result.modes.items():
        if item.evaluation.unjudged:
            print(f"{name}: {len(item.evaluation.unjudged)} queries of the run have no judgments")
    _print_further(result)


def print_calibration(found: OwnCalibration) -> None:
    """What was learnt of a library's confidence, and what it brings."""
    numbers = found.parameters
    print(
        f"{found.questions} questions: line {numbers.line}, confidence_slope {numbers.confidence_slope}, "
        f"confidence_middle {numbers.confidence_middle}"
    )
    print("On questions that they were not learnt from, before and after:")
    for name, (before, after) in (
        ("calibration error of ten results", found.error),
        ("of the first", found.first),
        ("questions above the line", found.kept),
    ):
        print(f"{name:>33}  {before:.3f}  {after:.3f}")


def _print_further(result: Result) -> None:
    if result.reranker:
        late, asked = result.reranker.late, result.reranker.asked
        print(f"reranked by {result.reranker.name}; out of time, order left alone: {late} of {asked}")
    if result.typos:
        origin = "made here" if result.typos.made else "the set's own"
        print(f"With a misspelling in each question ({origin}):")
        for name, evaluation in result.typos.evaluations.items():
            plain, mistyped = result.modes[name].evaluation.means(), evaluation.means()
            first = next(iter(mistyped))
            values = "".join(f"{value:11.4f}" for value in mistyped.values())
            print(f"{name:>11}{values}  {first} {mistyped[first] - plain[first]:+.4f}")
    for name, item in result.passages.items():
        print(
            f"{name}: the passage shown first is the judged one in {item.first:.1%} of {item.questions} "
            f"questions; in {item.of_found:.1%} of the {item.found} whose bookmark is on the first page"
        )
    known = result.answerability
    if known:
        print(f"Answered: {known.answered:.1%} of the {known.questions} questions with an answer")
        for name, group in known.groups.items():
            print(
                f"  {name} ({group.questions} questions): AUROC {group.auroc:.4f}; false alarms "
                f"{group.false_alarms:.1%} where 95 % are kept (from {group.threshold:.3f} on); "
                f"{group.told:.1%} told that there is no good answer"
            )
    if result.calibration:
        made = result.calibration
        print(
            f"Expected calibration error: {made.error:.4f} over {made.results} results, "
            f"{made.first:.4f} over the first ones"
        )


def print_moves(item: Comparison, count: int) -> None:
    """The queries that a run moved most, with both lists."""
    print(f"\n{item.after_name}")
    for move in item.moved[:count]:
        print(f"  {move.query}: {move.before:.3f} → {move.after:.3f}")
        before, after = (list(ids) + [""] * 5 for ids in (move.top_before, move.top_after))
        for rank in range(5):
            if before[rank] or after[rank]:
                print(f"    {rank + 1}. {before[rank][:36]:36} {after[rank][:36]}")


def print_tuning(found: Tuning) -> None:
    """What is to be expected of each set, and the numbers that are proposed."""
    several = len(found.datasets) > 1
    for item in found.datasets:
        low, high = item.interval
        where = "chosen on the other sets" if several else "expected on fresh questions"
        print(
            f"{item.dataset}: nDCG@10 {item.before:.4f} now, {item.expected:.4f} {where} "
            f"({item.gain:+.4f}, 95 % from {low:+.4f} to {high:+.4f}; {item.queries} questions)"
        )
        if several:
            chosen = ", ".join(
                f"{name} {before} → {after}" for name, (before, after) in item.chosen.items()
            )
            print(f"  without it: {chosen or 'nothing to change'}")
    if several:
        low, high = found.interval
        print(
            f"Mean: {found.before:.4f} now, {found.expected:.4f} when left out ({found.gain:+.4f}, 95 % "
            f"from {low:+.4f} to {high:+.4f})"
        )
    for fresh in found.fresh:
        print(
            f"{fresh.dataset}: on {fresh.queries} questions kept aside {fresh.before:.4f} with the numbers "
            f"of now, {fresh.after:.4f} with the new ones"
        )
    for name, (before, after) in found.changes.items():
        print(f"  {name}: {before} → {after}")


def print_gate(checked: GateResult, result: Result) -> None:
    """Whether each metric passes, and which questions fell."""
    for item in checked.checks:
        verdict = "passes" if item.passed else "FAILS"
        moved = f"{item.before:.4f} → {item.after:.4f} (p = {item.p:.4f})"
        print(f"{result.dataset}: {item.metric} {verdict}: {moved}")
        for fall in item.fallen[:SHOWN_FALLS]:
            text = json.dumps(result.queries.get(fall.query, ""), ensure_ascii=False)
            print(f"  {fall.query} {fall.before:.3f} → {fall.after:.3f} {text}")
        if len(item.fallen) > SHOWN_FALLS:
            print(f"  … and {len(item.fallen) - SHOWN_FALLS} more")
