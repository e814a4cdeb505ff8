"""Whether the depths of the legs leave out what would be found with a filter.

What a facet counts is what a click on it finds only if what is found does not depend on how many
candidates were fetched. Both legs fetch a few hundred bookmarks, which is enough for the best; a broad
question has more answers, and then everything is compared. Without a calibration there is no line, and
everything is found.
"""

from __future__ import annotations

import numpy as np

from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.confidence import COMPLETE, SIGNALS, Calibration, signals
from glane_service.search.ranking.parameters import Parameters

# Bookmarks that are compared one by one at most; past it, the depths hold.
MOST_COMPARED = 50_000
# Of each leg, the candidates at its end that stand for those beyond it.
EDGE = 50


def may_leave_out(
    candidates: Candidates, allowed: int, parameters: Parameters, calibration: Calibration
) -> bool:
    """Whether some bookmark that neither leg fetched may lie above the line.

    The best that one could be is as near as the nearest at the vector leg's end, and holds as many words
    as the one at the end of the keyword leg that holds most.

    Args:
        candidates: of both legs.
        allowed: how many bookmarks may be found at all.
    """
    if not len(candidates.rows) < allowed <= MOST_COMPARED:
        return False
    nearness = np.maximum(candidates.passage, candidates.title)
    nearness = nearness - np.float32(parameters.language_share) * candidates.language
    by_nearness = np.argsort(-nearness, kind="stable")[: parameters.vector_depth]
    held = np.flatnonzero(candidates.keyword)
    words = 0.0
    if len(held) >= parameters.keyword_depth:
        by_words = held[np.argsort(-candidates.keyword[held], kind="stable")][-EDGE:]
        if parameters.line <= COMPLETE and candidates.complete[by_words].any():
            return True
        words = float(candidates.keyword[by_words].max())
    edge = signals(candidates, parameters)[by_nearness[-EDGE:]]
    edge[:, SIGNALS.index("words")] = words
    return bool((calibration.belongs(edge) >= parameters.line).any())
