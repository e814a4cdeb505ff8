"""Words that the library does not know, taken for those that they were meant for.

Only a word that stands in no bookmark in any form is taken for another, so what is right is left alone; the
answer says what was taken for what, and it can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from glane_indexer.index.protocol import Term, View
from glane_indexer.text import fold, is_stop_word, query_stems, tokens
from glane_service.search.completing import written_in
from glane_service.search.results import Correction

# A shorter word has too many neighbours; a long one may be mistyped twice.
LEAST_LENGTH = 4
TWICE_FROM = 9
# In a shorter word another letter makes too easily another word ("tarte", "tante").
WRONG_LETTER_FROM = 7
# Unknown words looked up of one question: a person mistypes a few, and the cost is bounded.
MOST_WORDS = 6
# Keys beside one another on a French keyboard, which is also most often what is typed in their place.
_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn")
_BESIDE = 0.5


class Vocabulary:
    """The folded words of a view by their length, each with the number of bookmarks that hold it."""

    def __init__(self, by_length: Mapping[int, Sequence[tuple[str, int]]]) -> None:
        self._words = {length: [word for word, _ in pairs] for length, pairs in by_length.items()}
        self._counts = {word: count for pairs in by_length.values() for word, count in pairs}

    @classmethod
    def of(cls, view: View) -> Vocabulary:
        """The words of a view that could be meant: made of letters, and not too short."""
        found: dict[int, list[tuple[str, int]]] = {}
        for word, count in view.words(""):
            if len(word) >= LEAST_LENGTH - 1 and word.isalpha():
                found.setdefault(len(word), []).append((word, count))
        return cls(found)

    def nearest(self, typed: str) -> str | None:
        """The word that a folded word was most likely meant for; None where none is near.

        One edit away (a letter missing, doubled, wrong, or two swapped: optimal string alignment), or two
        in a long word where none is one away. Of several the one with the cheapest edit, then the one
        that most bookmarks hold, then by the alphabet.
        """
        for most in (1, 2) if len(typed) >= TWICE_FROM else (1,):
            near = [
                (self._cost(typed, word, int(distance)), -self._counts[word], word)
                for length in range(len(typed) - most, len(typed) + most + 1)
                for word, distance, _ in process.extract(
                    typed, self._words.get(length, ()), scorer=OSA.distance, score_cutoff=most, limit=None
                )
                # The first letter is hardly ever mistyped; two at the start may be swapped.
                if word[0] == typed[0] or sorted(word[:2]) == sorted(typed[:2])
            ]
            near = [item for item in near if not _another_word(typed, item[2], item[0])]
            if near:
                return min(near)[2]
        return None

    @staticmethod
    def _cost(typed: str, word: str, distance: int) -> float:
        """The edits, of which one of a key for its neighbour, two swapped or one doubled counts half."""
        if distance != 1:
            return float(distance)
        if sorted(typed) == sorted(word):
            return _BESIDE
        if len(typed) == len(word):
            (pair,) = [pair for pair in zip(typed, word, strict=True) if pair[0] != pair[1]]
            return _BESIDE if frozenset(pair) in _neighbours() else 1.0
        return 1.0


def _another_word(typed: str, word: str, cost: float) -> bool:
    """Whether a short word differs in a letter that no finger slips to."""
    return len(typed) < WRONG_LETTER_FROM and len(typed) == len(word) and cost >= 1


@lru_cache(1)
def _neighbours() -> frozenset[frozenset[str]]:
    beside = {frozenset(row[place : place + 2]) for row in _ROWS for place in range(len(row) - 1)}
    for upper, lower in pairwise(_ROWS):
        beside |= {frozenset(pair) for pair in zip(upper, lower, strict=False)}
    return frozenset(beside)


def corrected(
    view: View, vocabulary: Callable[[], Vocabulary], text: str
) -> tuple[str, tuple[Correction, ...]]:
    """A question's text with the words that nothing holds replaced, and what was replaced.

    The word that takes the place is as a bookmark has it, accents included, so that the encoder reads
    what a writer of the library would have written. ``vocabulary`` is asked for only where a word is
    unknown.
    """
    asked = [(token, fold(token.form)) for token in tokens(text)]
    asked = [
        (token, typed)
        for token, typed in asked
        if len(typed) >= LEAST_LENGTH and typed.isalpha() and not is_stop_word(typed)
    ]
    if not asked:
        return text, ()
    terms = [[*_stems(token.form), Term("text", "folded", typed)] for token, typed in asked]
    held = iter(view.document_frequencies([term for own in terms for term in own]).tolist())
    # Of each word all of its forms are counted, so that those of the next begin where they end.
    counts = [sum([next(held) for _ in own]) for own in terms]
    unknown = [token for (token, _), count in zip(asked, counts, strict=True) if not count]
    known = len(asked) - len(unknown)
    # Where most words are unknown the question is in a language that the library lacks, or about
    # something else: each would find a neighbour that it was never meant for.
    if len(unknown) > max(1, known):
        return text, ()
    nearest = [(token, vocabulary().nearest(fold(token.form))) for token in unknown[:MOST_WORDS]]
    found = [(token, _as_written(view, word)) for token, word in nearest if word is not None]
    for token, word in reversed(found):
        text = text[: token.start] + word + text[token.end :]
    return text, tuple(Correction(token.form, word) for token, word in found)


def _stems(form: str) -> list[Term]:
    return [Term("text", "stem", stem) for stem in query_stems(form)]


def _as_written(view: View, folded: str) -> str:
    """A folded word as the first bookmark that holds it writes it."""
    rows, _ = view.keyword([(Term("text", "folded", folded), 1.0)], limit=1)
    texts = (
        text
        for bookmark in view.bookmarks(rows)
        for text in (
            bookmark.title,
            bookmark.description,
            *bookmark.tags,
            *(item.text for item in bookmark.annotations),
        )
    )
    return written_in(texts, folded)
