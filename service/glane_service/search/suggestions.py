"""What to offer while a question is typed: titles, tags, contributors and known questions (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from glane_indexer.text import fold_text, tokens

SuggestionKind = Literal["title", "tag", "contributor", "question"]
# At equal merit, what is few and short first; a question that has an answer before a title.
_PRIORITY: dict[SuggestionKind, int] = {"tag": 0, "contributor": 1, "question": 2, "title": 3}

# Two letters begin too many words for one of them to be meant.
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One completion, and what in the library it names."""

    kind: SuggestionKind
    text: str


@dataclass(frozen=True, slots=True)
class _Entry:
    suggestion: Suggestion
    folded: str
    words: tuple[str, ...]
    weight: int


class Suggester:
    """Finds the entries of which some word begins with each word typed so far."""

    def __init__(
        self,
        titles: Iterable[tuple[str, int]],
        tags: Iterable[tuple[str, int]],
        contributors: Iterable[tuple[str, int]],
        questions: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Every text with its weight: views for a title, bookmarks for all else."""
        self._entries: list[_Entry] = []
        # Each word as it is written, with how many entries have it; by its form without accents.
        self._words: dict[str, tuple[str, int]] = {}
        self._words_by_prefix: dict[str, list[str]] = {}
        self._by_prefix: dict[str, list[int]] = {}
        groups: list[tuple[SuggestionKind, Iterable[tuple[str, int]]]] = [
            ("tag", tags),
            ("contributor", contributors),
            ("question", questions),
            ("title", titles),
        ]
        for kind, texts in groups:
            for text, weight in texts:
                self._add(Suggestion(kind, text), weight)

    def suggest(self, typed: str, limit: int = 8) -> list[Suggestion]:
        """The best completions of what is typed, accents and case aside; none for nothing."""
        words = [fold_text(token.form) for token in tokens(typed)]
        if not words:
            return []
        longest = max(words, key=len)
        places = self._by_prefix.get(longest[:2], ())
        start = fold_text(" ".join(typed.split()))
        matching = []
        for place in places:
            entry = self._entries[place]
            if all(any(word.startswith(part) for word in entry.words) for part in words):
                rank = (
                    not entry.folded.startswith(start),
                    _PRIORITY[entry.suggestion.kind],
                    -entry.weight,
                    entry.suggestion.text,
                )
                matching.append((rank, entry.suggestion))
        return [suggestion for _, suggestion in sorted(matching, key=lambda item: item[0])[:limit]]

    def completion(self, start: str) -> str:
        """The word in most entries that begins with ``start``; "" where none does, or it is one."""
        folded = fold_text(start)
        if len(folded) < _SHORTEST or folded in self._words:
            return ""
        longer = [
            word for word in self._words_by_prefix.get(folded[:_SHORTEST], ()) if word.startswith(folded)
        ]
        if not longer:
            return ""
        return self._words[min(longer, key=lambda word: (-self._words[word][1], len(word), word))][0]

    def _add(self, suggestion: Suggestion, weight: int) -> None:
        forms = [token.form for token in tokens(suggestion.text)]
        words = tuple(fold_text(form) for form in forms)
        for word, form in dict(zip(words, forms, strict=True)).items():
            if word not in self._words:
                self._words_by_prefix.setdefault(word[:_SHORTEST], []).append(word)
            written, count = self._words.get(word, (form, 0))
            self._words[word] = (written, count + 1)
        place = len(self._entries)
        self._entries.append(_Entry(suggestion, fold_text(suggestion.text), words, weight))
        for prefix in {word[:size] for word in words for size in (1, 2)}:
            self._by_prefix.setdefault(prefix, []).append(place)
