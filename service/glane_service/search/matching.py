"""Which words of a text match a question, and where they stand (pure).

A search shows a page of bookmarks, each of perhaps fifty passages, and analysing all of them would take
longer than finding them. So a plain text search first finds the words that begin as a stem of the
question does, and only those are analysed, in the way that the index did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glane_indexer.text import Token, fold, query_stems, stem, tokens
from glane_service.search.results import Span

# How telling a match is by its form: the same word, the same without accents, the same stem.
EXACT, FOLDED, STEMMED = 1.0, 0.9, 0.8
# Letters that every form of a word shares with its stem. Stemmers change endings only.
_PREFIX = 3
_HYPHENS = "-\u2010\u2011"
# From here on scripts have no spaces: every character is a word, and a word can follow it.
_UNSPACED = 0x3040
# A word with what belongs to it, and the second half of a hyphenated one.
_WORD = re.compile(rf"[\w\u0300-\u036f]+(?:[{_HYPHENS}][\w\u0300-\u036f]+)?")


def _letters() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Of every code point below :data:`_UNSPACED`: its plain small letter, and the same with a space for
    whatever stands in no word."""
    plain = np.arange(_UNSPACED, dtype=np.uint32)
    for code in range(_UNSPACED):
        letter = fold(chr(code).lower())
        if len(letter) == 1:
            plain[code] = ord(letter)
    # Opened ligatures would move places: their first letter stands for them.
    for ligature, letter in ("œo", "Œo", "æa", "Æa", "ßs"):
        plain[ord(ligature)] = ord(letter)
    letters = plain.copy()
    letters[[code for code in range(_UNSPACED) if not chr(code).isalnum()]] = ord(" ")
    return plain, letters


_PLAIN, _BOUNDED = _letters()


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _text(codes: NDArray[np.uint32]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def bounded(text: str) -> str:
    """A space, and then a text in plain small letters, of the same length, in which all but words is space.

    What begins a word stands after a space, so ``bounded(text).find(" pro")`` is the place of a word in
    ``text`` that begins so, and what stands within words is passed over.
    """
    codes = _codes(text)
    if codes.size and codes.max() >= _UNSPACED:
        codes = np.where(codes < _UNSPACED, codes, ord(" "))
    return " " + _text(_BOUNDED[codes])


@lru_cache(maxsize=1 << 16)
def _words(candidate: str) -> tuple[Token, ...]:
    """The words of a short text: those of a library are few, and looked at again and again."""
    return tuple(tokens(candidate))


class Match(NamedTuple):
    """A word of a text that matches a word of the question: which, how well (0 to 1), and where."""

    word: str
    quality: float
    start: int
    end: int


class Matcher:
    """The words of one question, ready to be looked for in texts."""

    def __init__(self, words: Iterable[str]) -> None:
        """Exact forms, as :func:`glane_indexer.text.tokens` gives them."""
        self.words = tuple(dict.fromkeys(words))
        self._known = frozenset(self.words)
        self._by_fold = {fold(word): word for word in self.words}
        self._by_stem: dict[str, str] = {}
        for word in self.words:
            for text in query_stems(word):
                self._by_stem.setdefault(text, word)
        starts = {_start(text) for text in self._by_stem}
        self._starts = tuple(f" {start}" for start in starts if ord(start[0]) < _UNSPACED)
        self._unspaced = tuple(start for start in starts if ord(start[0]) >= _UNSPACED)
        self._seen: dict[tuple[str, str], tuple[tuple[str, float, int], ...]] = {}

    def scan(self, text: str, language: str, ready: str | None = None) -> list[Match]:
        """The matches in a text of a language, in order.

        Args:
            text: in NFC, as importers leave it.
            ready: what :func:`bounded` makes of it, where that is known.
        """
        if not self.words:
            return []
        if ready is None:
            ready = bounded(text)
        places = set()
        for where, starts in ((ready, self._starts), (text, self._unspaced)):
            for start in starts:
                place = where.find(start)
                while place >= 0:
                    places.add(place)
                    place = where.find(start, place + 1)
        return [match for place in sorted(places) for match in self._at(text, place, language)]

    def _at(self, text: str, place: int, language: str) -> Iterator[Match]:
        """The match of the word that begins at a place, and of the hyphenated one that it begins."""
        candidate = _WORD.match(text, place)
        if candidate is None:
            return
        key = (candidate[0], language)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = tuple(self._matches(*key))
        for word, quality, length in found:
            yield Match(word, quality, place, place + length)

    def _matches(self, candidate: str, language: str) -> Iterator[tuple[str, float, int]]:
        """Which words of the question a word's beginning is, how well, and of what length."""
        words = _words(candidate)
        if not words or words[0].start:
            return
        found = self._match(words[0].form, language)
        if found is not None:
            yield *found, words[0].end
        if len(words) == 2:
            found = self._match(words[0].form + words[1].form, language)
            if found is not None:
                yield *found, words[1].end

    def highlights(self, text: str, language: str) -> tuple[Span, ...]:
        """The places of the question's words in a text: code points, in order, none overlapping."""
        return spans_of(self.scan(text, language))

    def found_in(self, texts: Sequence[str], language: str) -> tuple[str, ...]:
        """Those of the question's words that any of the texts holds, in the question's order."""
        # One long text takes a tenth of the time of a hundred short ones.
        return self.among(self.scan("\n".join(texts), language))

    def among(self, matches: Iterable[Match]) -> tuple[str, ...]:
        """Those of the question's words that are matched, in the question's order."""
        found = {match.word for match in matches}
        return tuple(word for word in self.words if word in found)

    def _match(self, form: str, language: str) -> tuple[str, float] | None:
        if form in self._known:
            return form, EXACT
        word = self._by_fold.get(fold(form))
        if word is not None:
            return word, FOLDED
        word = self._by_stem.get(stem(form, language))
        return (word, STEMMED) if word is not None else None


def coverage(matches: Iterable[Match], weights: Mapping[str, float]) -> float:
    """The summed weights of the words that are matched, each at its best form."""
    best: dict[str, float] = {}
    for match in matches:
        best[match.word] = max(match.quality, best.get(match.word, 0.0))
    return sum(weights.get(word, 0.0) * quality for word, quality in best.items())


def spans_of(matches: Iterable[Match], start: int = 0) -> tuple[Span, ...]:
    """The places of some matches, in order, with those that overlap joined; ``start`` counts as 0."""
    merged: list[Span] = []
    for first, end in sorted((match.start - start, match.end - start) for match in matches):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return tuple(merged)


@lru_cache(maxsize=1 << 14)
def _start(text: str) -> str:
    """The letters that a word of this stem begins with."""
    codes = _codes(text[:_PREFIX])
    start = _text(np.where(codes < _UNSPACED, _PLAIN[np.minimum(codes, _UNSPACED - 1)], codes))
    # A ligature stands for its first letter alone.
    return start[0] if start[:2] in ("oe", "ae", "ss") else start.split("oe")[0].split("ae")[0]
