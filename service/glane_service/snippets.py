"""Which words of a passage match a question, and where they stand (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from glane_indexer.text import Token, compounds, fold, fold_text, query_stems, stem, tokens

from glane_service.results import Span

# How telling a match is by its form: the same word, the same without accents, the same stem.
EXACT, FOLDED, STEMMED = 1.0, 0.9, 0.8
# Letters of a stem that a form of the word must begin with; a cheap test before the real one.
_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Matcher:
    """The words of a question, ready to be looked for in texts of a language."""

    words: tuple[str, ...]
    by_stem: dict[str, str] = field(default_factory=dict)
    by_fold: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, words: Iterable[str]) -> Matcher:
        """A matcher of exact forms, as :func:`glane_indexer.text.tokens` gives them."""
        words = tuple(dict.fromkeys(words))
        by_stem: dict[str, str] = {}
        for word in words:
            for text in query_stems(word):
                by_stem.setdefault(text, word)
        return cls(words, by_stem, {fold(word): word for word in words})

    def match(self, form: str, language: str) -> tuple[str, float] | None:
        """The question's word that an exact form matches, and how well; None where there is none."""
        if form in self.words:
            return form, EXACT
        folded = fold(form)
        if folded in self.by_fold:
            return self.by_fold[folded], FOLDED
        word = self.by_stem.get(stem(form, language))
        return (word, STEMMED) if word is not None else None

    def coverage(self, text: str, language: str, weights: dict[str, float]) -> float:
        """The summed weights of the question's words that a text holds, each at its best form."""
        if not self.possible(text):
            return 0.0
        best: dict[str, float] = {}
        for token in _all_tokens(text):
            found = self.match(token.form, language)
            if found is not None and found[1] > best.get(found[0], 0.0):
                best[found[0]] = found[1]
        return sum(weights.get(word, 1.0) * quality for word, quality in best.items())

    def possible(self, text: str) -> bool:
        """Whether a text can hold any of the words at all; False is certain, and cheap to know."""
        folded = fold_text(text)
        return any(item[:_PREFIX] in folded for item in self.by_stem)

    def highlights(self, text: str, language: str) -> tuple[Span, ...]:
        """The places of the question's words in a text: code points, in order, none overlapping."""
        spans = [
            (token.start, token.end)
            for token in _all_tokens(text)
            if self.match(token.form, language) is not None
        ]
        return merge(spans)

    def found_in(self, texts: Sequence[str], language: str) -> tuple[str, ...]:
        """Those of the question's words that any of the texts holds, in the question's order."""
        found = set()
        for text in texts:
            for token in _all_tokens(text):
                hit = self.match(token.form, language)
                if hit is not None:
                    found.add(hit[0])
        return tuple(word for word in self.words if word in found)


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, with those that overlap joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _all_tokens(text: str) -> list[Token]:
    words = tokens(text)
    return words + list(compounds(text, words))
