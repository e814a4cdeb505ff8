"""Each part of the ranking off, in turn: ``python -m glane_eval.ablation DATASET…``.

Of several sets each is left out in turn: on it the ranking counts with the numbers that are best on the
others, so what a part brings there is what it brings in a library that nobody tuned to. The table of
``eval/README.md`` is what this prints. Other ways to fuse the legs, as the literature has them, are
computed here from the same candidates.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glane_eval import api
from glane_eval.metrics import mean
from glane_eval.searching import Floats, Progress, Questions, Score, Table
from glane_eval.significance import randomisation_p
from glane_eval.tuning import left_out
from glane_indexer.errors import GlaneError
from glane_indexer.settings import Settings
from glane_service.search.ranking.candidates import Candidates, fuse, order
from glane_service.search.ranking.candidates import Floats as Scores
from glane_service.search.ranking.parameters import Parameters
from glane_service.terminal import Progress as Bar

# The usual constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
RRF_K = 60


def _min_max(candidates: Candidates, parameters: Parameters) -> Scores:
    def stretched(scores: Scores) -> Scores:
        span = np.ptp(scores) if len(scores) else 0
        return np.asarray((scores - scores.min()) / span if span else np.zeros_like(scores))

    return 0.7 * stretched(candidates.vector(parameters)) + 0.3 * stretched(candidates.keyword)


def _z_scores(candidates: Candidates, parameters: Parameters) -> Scores:
    def standard(scores: Scores) -> Scores:
        spread = scores.std() if len(scores) else 0
        return np.asarray((scores - scores.mean()) / spread if spread else np.zeros_like(scores))

    return 0.7 * standard(candidates.vector(parameters)) + 0.3 * standard(candidates.keyword)


def _rrf(candidates: Candidates, parameters: Parameters) -> Scores:
    total = np.zeros(len(candidates.rows))
    for scores in (candidates.vector(parameters), candidates.keyword):
        ranks = np.empty(len(scores))
        ranks[order(candidates.rows, scores)] = np.arange(1, len(scores) + 1)
        total += np.where(scores > 0, 1 / (RRF_K + ranks), 0)
    return total.astype(np.float32)


def _unread(candidates: Candidates, parameters: Parameters) -> Scores:
    return fuse(replace(candidates, gain=np.zeros_like(candidates.gain)), parameters)


def _mode(mode: str) -> Score:
    return lambda candidates, parameters: fuse(candidates, parameters, mode)  # type: ignore[arg-type]


# What each variant changes of the numbers, and how it scores.
VARIANTS: dict[str, tuple[dict[str, Any], Score]] = {
    "keyword leg alone": ({}, _mode("keyword")),
    "vector leg alone": ({}, _mode("vector")),
    "without exact forms": ({"exact_weight": 0.0}, fuse),
    "without folded forms": ({"folded_weight": 0.0}, fuse),
    "stems alone": ({"exact_weight": 0.0, "folded_weight": 0.0}, fuse),
    "passages alone": ({"document_share": 0.0}, fuse),
    "whole bookmarks alone": ({"document_share": 1.0}, fuse),
    "title card never": ({"title_share": 0.0}, fuse),
    "title's words as all others": ({"title_weight": 0.0}, fuse),
    "title covered or not": ({"title_scale": 0.0}, fuse),
    "titles tell nothing": (
        {"title_share": 0.0, "title_weight": 0.0, "title_scale": 0.0, "telling_discount": 0.0},
        fuse,
    ),
    "words weigh the same everywhere": ({"telling_discount": 0.0}, fuse),
    "no passage read for the words": ({}, _unread),
    "language left in the cosines": ({"language_share": 0.0}, fuse),
    "words of other languages in full": ({"possible_power": 0.0}, fuse),
    "min–max fusion, .7 / .3": ({}, _min_max),
    "z-score fusion, .7 / .3": ({}, _z_scores),
    "reciprocal rank fusion": ({}, _rrf),
}


def table(sets: Sequence[Questions], *, defaults: bool = False, progress: Progress) -> list[str]:
    """The lines of a Markdown table: nDCG@10 and, below it, the change and its p (randomisation test).

    Args:
        defaults: count with the defaults, and leave no set out.
    """
    values, start = Table(sets, progress), Parameters()
    places = range(len(sets))
    before = [values.values(place, start) for place in places]
    lines = [
        "| ranking | " + " | ".join(item.name for item in sets) + " | mean | change |",
        "|---" * (3 + len(sets)) + "|",
        _line("with the defaults", before, None),
    ]
    numbers = [start] * len(sets)
    if len(sets) > 1 and not defaults:
        numbers = left_out(values, start, progress)
        chosen = [values.values(place, numbers[place]) for place in places]
        lines.append(_line("with the numbers that are best on the other sets", chosen, before))
        before = chosen
    for done, (name, (changed, score)) in enumerate(VARIANTS.items()):
        now = [values.scored(place, replace(numbers[place], **changed), score) for place in places]
        lines.append(_line(name, now, before))
        progress("Variants", done + 1, len(VARIANTS))
    return lines


def _line(name: str, now: Sequence[Floats], before: Sequence[Floats] | None) -> str:
    """A row: of each set the mean, its change and p; then the mean over sets, and its change."""
    means = [mean(values) for values in now]
    if before is None:
        cells = [*(f"**{value:.4f}**" for value in means), f"**{np.mean(means):.4f}**", ""]
    else:
        moved = [after - then for after, then in zip(now, before, strict=True)]
        cells = [
            f"{value:.4f}<br>{change.mean():+.4f} ({randomisation_p(list(change)):.4f})"
            for value, change in zip(means, moved, strict=True)
        ]
        cells += [f"{np.mean(means):.4f}", f"{np.mean([change.mean() for change in moved]):+.4f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure the ranking with each of its parts off.")
    parser.add_argument("datasets", nargs="+", metavar="DATASET")
    parser.add_argument("--questions", type=int, default=0, metavar="N", help="of each set (0: all)")
    parser.add_argument("--defaults", action="store_true", help="leave no set out: count with the defaults")
    options = parser.parse_args()
    try:
        with (
            Bar("variants") as progress,
            api.asked(
                options.datasets,
                questions=options.questions,
                settings=Settings.from_env(),
                progress=progress,
            ) as sets,
        ):
            lines = table(sets, defaults=options.defaults, progress=progress)
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
