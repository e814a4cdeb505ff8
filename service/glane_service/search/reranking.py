"""A second look at the first results: a cross-encoder reads the question and each passage together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glane_indexer.errors import EncoderError
from glane_service.search.ranking.candidates import Rows

if TYPE_CHECKING:
    from glane_indexer.reranker.base import Reranker
    from glane_indexer.settings import Settings
    from glane_service.search.results import Hit

logger = logging.getLogger("glane")
# Results that are looked at again.
DEPTH = 30


class Reranking:
    """A reranker with the time that it is given for a question; safe to use from several threads.

    ``asked`` counts the answers that it was to put in order, and ``late`` those of them that were left as
    they were.

    Args:
        milliseconds: from the moment that the passages are known.
    """

    def __init__(self, reranker: Reranker, milliseconds: float) -> None:
        self.name = reranker.name
        self.asked = 0
        self.late = 0
        self._reranker = reranker
        self._seconds = milliseconds / 1000
        self._lock = threading.Lock()

    def order(self, question: str, hits: Sequence[Hit]) -> Rows | None:
        """The places of the hits from best to worst; None where the time ran out.

        What is read of a hit is its title and the passage that is shown. Equal scores keep their order. A
        model that fails leaves the order alone too, and the log says so.
        """
        passages = [
            hit.passage.text if hit.passage.kind == "title" else f"{hit.bookmark.title}\n{hit.passage.text}"
            for hit in hits
        ]
        scores = None
        try:
            scores = self._reranker.scores(question, passages, time.perf_counter() + self._seconds)
        except EncoderError as error:
            logger.error("the order of results is left alone: %s", error)
        with self._lock:
            self.asked += 1
            self.late += scores is None
        return None if scores is None else np.argsort(-np.array(scores), kind="stable").astype(np.int64)


def reranking_of(settings: Settings) -> Reranking | None:
    """The reranker of these settings with its time; None where they name none.

    Raises:
        EncoderError: it cannot be prepared or loaded.
    """
    from glane_indexer.reranker.load import load_reranker

    reranker = load_reranker(settings)
    return None if reranker is None else Reranking(reranker, settings.reranker_ms)
