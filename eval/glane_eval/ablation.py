"""Each part of the ranking off, in turn: ``python -m glane_eval.ablation DATASET…``.

The table of ``eval/README.md`` is what this prints. Other ways to fuse the legs, as the literature has
them, are computed here from the same candidates.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from glane_eval.arms import EngineArm, check_known
from glane_eval.metrics import mean
from glane_eval.significance import randomisation_p
from glane_eval.sources import Source, library_of, open_source
from glane_eval.tuning import Questions, ndcg
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.settings import Settings
from glane_service.search.query import Query
from glane_service.search.ranking.candidates import Candidates, Floats, fuse, order
from glane_service.search.ranking.parameters import Parameters
from glane_service.terminal import Progress

Score = Callable[[Candidates, Parameters], Floats]
DEFAULT = Parameters()
# The usual constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
RRF_K = 60


def _min_max(candidates: Candidates, parameters: Parameters) -> Floats:
    def stretched(scores: Floats) -> Floats:
        span = np.ptp(scores) if len(scores) else 0
        return np.asarray((scores - scores.min()) / span if span else np.zeros_like(scores))

    return 0.7 * stretched(candidates.vector(parameters)) + 0.3 * stretched(candidates.keyword)


def _z_scores(candidates: Candidates, parameters: Parameters) -> Floats:
    def standard(scores: Floats) -> Floats:
        spread = scores.std() if len(scores) else 0
        return np.asarray((scores - scores.mean()) / spread if spread else np.zeros_like(scores))

    return 0.7 * standard(candidates.vector(parameters)) + 0.3 * standard(candidates.keyword)


def _rrf(candidates: Candidates, parameters: Parameters) -> Floats:
    total = np.zeros(len(candidates.rows))
    for scores in (candidates.vector(parameters), candidates.keyword):
        ranks = np.empty(len(scores))
        ranks[order(candidates.rows, scores)] = np.arange(1, len(scores) + 1)
        total += np.where(scores > 0, 1 / (RRF_K + ranks), 0)
    return total.astype(np.float32)


def _mode(mode: str) -> Score:
    return lambda candidates, parameters: fuse(candidates, parameters, mode)  # type: ignore[arg-type]


VARIANTS: dict[str, tuple[Parameters, Score]] = {
    "as it is": (DEFAULT, _mode("hybrid")),
    "keyword leg alone": (DEFAULT, _mode("keyword")),
    "vector leg alone": (DEFAULT, _mode("vector")),
    "without exact forms": (replace(DEFAULT, exact_weight=0.0), _mode("hybrid")),
    "without folded forms": (replace(DEFAULT, folded_weight=0.0), _mode("hybrid")),
    "stems alone": (replace(DEFAULT, exact_weight=0.0, folded_weight=0.0), _mode("hybrid")),
    "passages alone": (replace(DEFAULT, document_share=0.0), _mode("hybrid")),
    "whole bookmarks alone": (replace(DEFAULT, document_share=1.0), _mode("hybrid")),
    "title card never": (replace(DEFAULT, title_share=0.0), _mode("hybrid")),
    "title's words as all others": (replace(DEFAULT, title_weight=0.0), _mode("hybrid")),
    "title covered or not": (replace(DEFAULT, title_scale=0.0), _mode("hybrid")),
    "titles tell nothing": (
        replace(DEFAULT, title_share=0.0, title_weight=0.0, title_scale=0.0, telling_discount=0.0),
        _mode("hybrid"),
    ),
    "words weigh the same everywhere": (replace(DEFAULT, telling_discount=0.0), _mode("hybrid")),
    "language left in the cosines": (replace(DEFAULT, language_share=0.0), _mode("hybrid")),
    "words of other languages in full": (replace(DEFAULT, possible_power=0.0), _mode("hybrid")),
    "min–max fusion, .7 / .3": (DEFAULT, _min_max),
    "z-score fusion, .7 / .3": (DEFAULT, _z_scores),
    "reciprocal rank fusion": (DEFAULT, _rrf),
}


def values(item: Questions, parameters: Parameters, score: Score) -> NDArray[np.float64]:
    """The nDCG@10 of every question, in their order."""
    row = {identifier: place for place, identifier in enumerate(item.ids)}
    found = []
    for query, text in item.queries.items():
        candidates = item.fetch(Query(text), parameters)
        best = candidates.rows[order(candidates.rows, score(candidates, parameters))]
        found.append(ndcg(best, item.qrels[query], row))
    return np.array(found)


def table(sets: Sequence[Questions], progress: Callable[[str, int, int], None]) -> list[str]:
    """The lines of a Markdown table: nDCG@10, the change, and its p (randomisation test)."""
    lines = ["| ranking | " + " | ".join(f"{item.name} | change" for item in sets) + " | mean |"]
    lines.append("|---" * (2 + 2 * len(sets)) + "|")
    before: list[NDArray[np.float64]] = []
    for number, (name, (parameters, score)) in enumerate(VARIANTS.items()):
        cells, means = [], []
        for place, item in enumerate(sets):
            progress("Variants", number * len(sets) + place, len(VARIANTS) * len(sets))
            now = values(item, parameters, score)
            means.append(mean(now))
            if number == 0:
                before.append(now)
                cells += [f"**{mean(now):.4f}**", ""]
                continue
            change = now - before[place]
            cells += [f"{mean(now):.4f}", f"{change.mean():+.4f} (p = {randomisation_p(list(change)):.4f})"]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {mean(means):.4f} |")
    return lines


def _questions(source: Source, settings: Settings, progress: Callable[[str, int, int], None]) -> Questions:
    encoder = load_encoder(settings, for_indexing=True)
    arm = EngineArm(library_of(source, settings, encoder, progress), encoder, parameters=DEFAULT)
    check_known(source, arm)
    ids = arm.engine.view.ids
    return Questions(source.name, source.queries, source.qrels, ids, arm.candidates)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure the ranking with each of its parts off.")
    parser.add_argument("datasets", nargs="+", metavar="DATASET")
    options = parser.parse_args()
    try:
        settings = Settings.from_env()
        with Progress("variants") as progress:
            sets = [_questions(open_source(name), settings, progress) for name in options.datasets]
            lines = table(sets, progress)
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
