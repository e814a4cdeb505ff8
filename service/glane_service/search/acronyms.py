"""A question's acronyms beside what they stand for, and the reverse, where the library spells it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glane_indexer.acronyms import MARK, Definition, read_entry
from glane_indexer.index.protocol import Term, View
from glane_indexer.text import Token, fold, is_stop_word, tokens
from glane_service.search.parsing import Parsed, with_text

# Acronyms and long forms of one question that are said both ways.
MOST = 4
# Two letters stand for too much else to be looked for where they were not typed.
SHORTEST_ADDED = 3
# What more than this share of the bookmarks names is what all of them are about.
COMMON = 0.5
_CAPITALS = 2


class Acronyms:
    """The acronyms that the bookmarks of a view define."""

    def __init__(self, view: View) -> None:
        self._view = view
        # The definition that most bookmarks give comes first.
        found = [read_entry(word) for word, _ in view.words(MARK)]
        self._long: dict[str, Definition] = {}
        self._short: dict[str, list[Definition]] = {}
        held = view.document_frequencies([Term("text", "folded", each.acronym) for each in found])
        for definition, frequency in zip(found, held.tolist(), strict=True):
            if frequency <= COMMON * view.count:
                self._long.setdefault(definition.acronym, definition)
        for definition in self._long.values():
            if len(definition.acronym) < SHORTEST_ADDED:
                continue
            self._short.setdefault(fold(definition.words[0]), []).append(definition)
        self._plain: dict[str, bool] = {}

    def said_both_ways(self, parsed: Parsed) -> Parsed:
        """The question with the long form after each acronym, and the acronym after each long form.

        Both legs then find what writes the one, and what writes the other. An acronym in small letters is
        one only where no other word of the library begins so: ``arts`` is most often what it seems to be.
        """
        if not self._long:
            return parsed
        text = parsed.text
        words = tokens(text)
        added = [*self._lengthened(text, words), *self._shortened(words)][:MOST]
        for end, more in sorted(added, reverse=True):
            text = f"{text[:end]} ({more}){text[end:]}"
        return with_text(parsed, text) if added else parsed

    def _lengthened(self, text: str, words: Sequence[Token]) -> Iterator[tuple[int, str]]:
        """Where the acronyms end, and what is said after each."""
        said = {fold(token.form) for token in words}
        for token in words:
            definition = self._long.get(fold(token.form))
            if definition is None or not self._meant(text[token.start : token.end]):
                continue
            if not all(fold(word) in said or is_stop_word(word) for word in definition.words):
                yield token.end, " ".join(definition.words)

    def _shortened(self, words: Sequence[Token]) -> Iterator[tuple[int, str]]:
        """Where the long forms end, and the acronym of each."""
        forms = [fold(token.form) for token in words]
        for place, form in enumerate(forms):
            for definition in self._short.get(form, ()):
                end = place + len(definition.words)
                if forms[place:end] == [*map(fold, definition.words)] and definition.acronym not in forms:
                    yield words[end - 1].end, definition.acronym.upper()

    def _meant(self, typed: str) -> bool:
        """Whether a word that is spelt as an acronym is one."""
        if sum(letter.isupper() for letter in typed) >= _CAPITALS:
            return True
        word = fold(typed.casefold())
        if is_stop_word(word):
            return False
        if word not in self._plain:
            root = word.removesuffix("s") if len(word) > SHORTEST_ADDED else word
            others = (other for other, _ in self._view.words(root, 4))
            self._plain[word] = any(other not in (root, word, f"{word}s") for other in others)
        return not self._plain[word]
