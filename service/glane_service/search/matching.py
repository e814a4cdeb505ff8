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
# A word with what belongs to it, and the second half of a hyphenated one.
_WORD = re.compile(rf"[\w\u0300-\u036f]+(?:[{_HYPHENS}][\w\u0300-\u036f]+)?")


def _plain_letters() -> NDArray[np.uint32]:
    """Of every code point below 0x2000: its plain small letter, or itself."""
    table = np.arange(0x2000, dtype=np.uint32)
    for code in range(0x2000):
        plain = fold(chr(code).lower())
        if len(plain) == 1:
            table[code] = ord(plain)
    # Opened ligatures would move places: their first letter stands for them.
    for ligature, letter in ("œo", "Œo", "æa", "Æa", "ßs"):
        table[ord(ligature)] = ord(letter)
    return table


_PLAIN_LETTERS = _plain_letters()


# The passages of the bookmarks that answer most questions: about 15 MB.
@lru_cache(maxsize=16_384)
def _plain(text: str) -> str:
    """A text in plain small letters, of the same length."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    plain = np.where(codes < 0x2000, _PLAIN_LETTERS[np.minimum(codes, 0x1FFF)], codes)
    return plain.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


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
        self._starts = tuple({_start(text) for text in self._by_stem})

    def scan(self, text: str, language: str) -> Iterator[Match]:
        """The matches in a text of a language, in order. The text is in NFC, as importers leave it."""
        plain = _plain(text)
        places = set()
        for start in self._starts:
            place = plain.find(start)
            while place >= 0:
                if place == 0 or _ends_word(plain[place - 1]) or not start.isascii():
                    places.add(place)
                place = plain.find(start, place + 1)
        for place in sorted(places):
            yield from self._at(text, place, language)

    def _at(self, text: str, place: int, language: str) -> Iterator[Match]:
        """The match of the word that begins at a place, and of the hyphenated one that it begins."""
        candidate = _WORD.match(text, place)
        if candidate is None:
            return
        words = _words(candidate[0])
        if not words or words[0].start:
            return
        found = self._match(words[0].form, language)
        if found is not None:
            yield Match(*found, place, place + words[0].end)
        if len(words) == 2:
            found = self._match(words[0].form + words[1].form, language)
            if found is not None:
                yield Match(*found, place, place + words[1].end)

    def coverage(self, text: str, language: str, weights: Mapping[str, float]) -> float:
        """The summed weights of the question's words that a text holds, each at its best form."""
        best: dict[str, float] = {}
        for match in self.scan(text, language):
            best[match.word] = max(match.quality, best.get(match.word, 0.0))
        return sum(weights.get(word, 0.0) * quality for word, quality in best.items())

    def highlights(self, text: str, language: str) -> tuple[Span, ...]:
        """The places of the question's words in a text: code points, in order, none overlapping."""
        return _merge((match.start, match.end) for match in self.scan(text, language))

    def found_in(self, texts: Sequence[str], language: str) -> tuple[str, ...]:
        """Those of the question's words that any of the texts holds, in the question's order."""
        found: set[str] = set()
        # One long text takes a tenth of the time of a hundred short ones.
        for match in self.scan("\n".join(texts), language):
            found.add(match.word)
            if len(found) == len(self.words):
                break
        return tuple(word for word in self.words if word in found)

    def _match(self, form: str, language: str) -> tuple[str, float] | None:
        if form in self._known:
            return form, EXACT
        word = self._by_fold.get(fold(form))
        if word is not None:
            return word, FOLDED
        word = self._by_stem.get(stem(form, language))
        return (word, STEMMED) if word is not None else None


def _merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, with those that overlap joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _ends_word(char: str) -> bool:
    """Whether a word can begin after this character; those of unspaced scripts are words alone."""
    return not char.isalnum() or char >= "\u3040"


def _start(text: str) -> str:
    """The letters that a word of this stem begins with."""
    start = _plain(text[:_PREFIX])
    # A ligature stands for its first letter alone.
    return start[0] if start[:2] in ("oe", "ae", "ss") else start.split("oe")[0].split("ae")[0]
