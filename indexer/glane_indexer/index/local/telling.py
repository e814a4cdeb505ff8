"""How much a view's titles tell, and where its words are at home (pure).

All of it is read from the library itself, without judgments: titles that many bookmarks share say little of
each, and a word that stands in no text of a language cannot be looked for there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.segment_words import SegmentWords
from glane_indexer.index.local.words import word_hash
from glane_indexer.index.protocol import Field
from glane_indexer.text import STOP_WORDS, fold, is_stop_word, stem

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Parts = Sequence[tuple[SegmentWords, Ints]]


def masses(parts: Parts, count: int, field: Field) -> Floats:
    """What the words of a field weigh together in each bookmark: the sum over its distinct stems of their
    inverse document frequency in the whole text, function words aside.

    Args:
        parts: the words of each segment, and of each of its rows that of the view, or -1.
        count: the bookmarks of the view.

    Returns:
        float32 ``[count]``, in nats.
    """
    held = [words.frequencies("text", "stem", own >= 0) for words, own in parts]
    every = np.concatenate([np.zeros(0, np.uint64), *(hashes for hashes, _ in held)])
    counts = np.concatenate([np.zeros(0, np.int64), *(frequencies for _, frequencies in held)])
    known, place = np.unique(every, return_inverse=True)
    frequency = np.bincount(place, counts, minlength=len(known))
    stops = np.array(sorted(_stop_hashes()), np.uint64)
    total = np.zeros(count, np.float64)
    for words, own in parts:
        hashes, rows, lengths = words.postings(field, "stem")
        n = frequency[np.searchsorted(known, hashes)]
        weights = np.log(1 + (count - n + 0.5) / (n + 0.5))
        weights[np.isin(hashes, stops)] = 0
        alive = own[rows] >= 0
        total += np.bincount(own[rows][alive], np.repeat(weights, lengths)[alive], minlength=count)
    return total.astype(np.float32)


def distinct_share(titles: Iterable[str], count: int) -> float:
    """The share of ``count`` bookmarks whose title no other has; the empty title is nobody's own."""
    held = Counter(titles)
    return sum(1 for title, times in held.items() if times == 1 and title) / max(1, count)


@lru_cache(1)
def _stop_hashes() -> frozenset[int]:
    words = {word for language in STOP_WORDS.values() for word in language}
    stems = {stem(word, language) for word in words for language in ("fr", "en")} | set(map(fold, words))
    return frozenset(word_hash(word) for word in stems if is_stop_word(word))
